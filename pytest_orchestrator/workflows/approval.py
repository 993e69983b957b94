"""Gates: a task that waits until a person says yes, here or from another terminal."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import pwd
import secrets
import time
from typing import TYPE_CHECKING, Any

from ..core.result import iso_time
from ..errors import OrchestratorError
from .errors import TaskTimeoutError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

EVERY = 0.2
"""Seconds between two looks for an answer from elsewhere."""
_ASKED, _ANSWERED = ".asked.json", ".answer.json"


class ApprovalError(OrchestratorError):
    """Nobody said yes, or nobody can be asked."""


def who(user: int | None = None) -> str:
    """Return the name of a user by the number that the system knows him by; by default of who answers here.

    No variable is asked: ``LOGNAME=boss`` makes nobody the boss.
    """
    number = os.getuid() if user is None else user
    try:
        return pwd.getpwuid(number).pw_name
    except KeyError:  # a user without a name
        return str(number)


def in_ci() -> bool:
    """Return whether this runs in CI, where nobody can be asked."""
    return os.environ.get("CI", "").lower() not in ("", "0", "false", "no")


class Gate:
    """Asks people. Answers come from a terminal, if there is one, or from :func:`answer` in another process."""

    def __init__(
        self,
        directory: Path | None,
        *,
        auto: str | None = None,
        in_ci: bool = False,
        prompt: Callable[[str, str], None] | None = None,
        read: Callable[[], str | None] | None = None,
    ) -> None:
        """``directory`` is where questions and answers are kept; None where nobody can answer from elsewhere.

        ``auto`` says who has approved everything beforehand; ``in_ci`` lets all else fail at once. ``prompt`` shows a
        question with the name of its task; ``read`` returns what was typed since it was called last, None for nothing.
        """
        self._directory = directory
        self._auto = auto
        self._in_ci = in_ci
        self._prompt = prompt
        self._read = read
        self._turn = asyncio.Lock()
        self._asked: dict[str, str] = {}
        """What the answer to the question of a task must repeat."""

    async def ask(self, task: str, question: str, timeout: float | None = None) -> dict[str, Any]:
        """Wait for a yes and return who said so and when. Raise ApprovalError for a no, TaskTimeoutError in the end."""
        if self._auto is not None:
            return _decision(question, approved=True, who=self._auto)
        if self._in_ci:
            message = f"nobody can be asked in CI: {question!r}; give --orchestrate-approve to approve beforehand"
            raise ApprovalError(message)
        if self._directory is None and self._read is None:
            raise ApprovalError(
                f"nobody can be asked here: {question!r}; give --orchestrate-approve to approve beforehand"
            )
        self._write(task, question)
        try:
            async with asyncio.timeout(timeout):
                decision = await self._decision(task, question)
        except TimeoutError:
            raise TaskTimeoutError(f"nobody answered {question!r} within {timeout:g} s") from None
        finally:
            self._remove(task)
        if not decision["approved"]:
            raise ApprovalError(f"rejected by {decision['who']} at {decision['when']}: {question!r}")
        return decision

    async def _decision(self, task: str, question: str) -> dict[str, Any]:
        if self._read is None:
            if self._prompt is not None:
                self._prompt(task, question)
            while (given := self._from_elsewhere(task)) is None:
                await asyncio.sleep(EVERY)
            return {**given, "question": question}
        async with self._turn:  # one question at a time
            assert self._prompt is not None
            self._prompt(task, question)
            while True:
                given = self._from_elsewhere(task)
                if given is not None:
                    return {**given, "question": question}
                typed = self._read()
                if typed is not None:
                    word = typed.strip().lower()
                    if word in ("y", "yes", "n", "no"):
                        return _decision(question, approved=word[0] == "y", who=who())
                    self._prompt(task, question)
                await asyncio.sleep(EVERY / 2)

    def _from_elsewhere(self, task: str) -> dict[str, Any] | None:
        if self._directory is None:
            return None
        with contextlib.suppress(OSError, ValueError):
            with open(self._directory / f"{task}{_ANSWERED}", encoding="utf-8") as file:
                found = json.load(file)
                owner = os.fstat(file.fileno()).st_uid
            # An answer to what was asked before, perhaps in other words, is none.
            if isinstance(found, dict) and found.get("id") == self._asked[task]:
                # Who wrote it is known; only yes is yes.
                return {"approved": found.get("approved") is True, "who": who(owner), "when": str(found.get("when"))}
        return None

    def _write(self, task: str, question: str) -> None:
        if self._directory is None:
            return
        self._remove(task)
        self._asked[task] = secrets.token_hex(8)
        asked = {"task": task, "id": self._asked[task], "question": question, "asked": iso_time(time.time())}
        _put(self._directory, f"{task}{_ASKED}", asked)

    def _remove(self, task: str) -> None:
        if self._directory is not None:
            for end in (_ASKED, _ANSWERED):
                with contextlib.suppress(OSError):
                    (self._directory / f"{task}{end}").unlink()


def _decision(question: str, *, approved: bool, who: str) -> dict[str, Any]:
    return {"approved": approved, "who": who, "when": iso_time(time.time()), "question": question}


def _put(directory: Path, name: str, content: Mapping[str, Any]) -> None:
    directory.mkdir(parents=True, exist_ok=True, mode=0o700)
    new = directory / f".{name}.{os.getpid()}"
    new.unlink(missing_ok=True)
    descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    with open(descriptor, "w", encoding="utf-8") as stream:
        json.dump(content, stream)
    new.replace(directory / name)


def questions(directory: Path) -> dict[str, str]:
    """Return the questions that wait for an answer, by the names of their tasks."""
    return {task: question for task, (question, _) in _questions(directory).items()}


def _questions(directory: Path) -> dict[str, tuple[str, str]]:
    """Return the questions that wait, each with what its answer must repeat."""
    found = {}
    with contextlib.suppress(OSError):
        for file in sorted(directory.glob(f"*{_ASKED}")):
            with contextlib.suppress(OSError, ValueError, KeyError):
                asked = json.loads(file.read_text("utf-8"))
                found[str(asked["task"])] = (str(asked["question"]), str(asked["id"]))
    return found


def answer(directory: Path, task: str, *, approved: bool) -> str:
    """Answer the question of a task that waits in another process, and return the question.

    Raise ApprovalError when none of that name waits.
    """
    waiting = _questions(directory)
    if task not in waiting:
        there = f"there wait {', '.join(waiting)}" if waiting else "none does"
        raise ApprovalError(f"no task {task!r} waits for an answer; {there}")
    question, asked = waiting[task]
    _put(directory, f"{task}{_ANSWERED}", {**_decision(question, approved=approved, who=who()), "id": asked})
    return question
