"""Commands that stand in for real ones on ``PATH``: they answer as a test says, and write down every call."""

from __future__ import annotations

import marshal
import os
import py_compile
import re
import shlex
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import ArgumentError
from . import stand_in
from .fake_call import FakeCall, read_calls
from .fake_rule import FakeRule, rule_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_COMMANDS = "bin"
_PROGRAM = "stand_in.pyc"
_SHELL_START = "environment.sh"
_EXPANDED = re.compile(r'[$`"\\]')
"""What means something to bash in the value of ``BASH_ENV``, which it expands."""
_LISTED = 20
"""Unexpected calls that a message lists."""


class FakeCommand:
    """One command that is stood in for. Without a rule every call of it is unexpected."""

    def __init__(self, name: str, owner: FakeCommands) -> None:
        """Not for direct use: :meth:`FakeCommands.command` returns it."""
        self.name = name
        self._owner = owner
        self._rules: list[FakeRule] = []

    def __repr__(self) -> str:
        return f"<fake command {self.name!r}, {len(self._rules)} rules>"

    def reply(
        self,
        pattern: str | Sequence[str],
        *,
        stdout: str | bytes = "",
        stderr: str | bytes = "",
        exit_code: int = 0,
        stdin: str | None = None,
        times: int | None = None,
        delay: float = 0.0,
        files: Mapping[str, str | bytes] | None = None,
    ) -> FakeCommand:
        r"""Expect calls with certain arguments, and say what they are answered. Return the command itself.

        The first rule that fits a call and is not used up answers it.

        ``pattern``: a regular expression that must match all arguments joined by blanks, from the first character to
        the last (``.`` matches a newline too); or a list of expressions, one for each argument. ``stdin``: a regular
        expression that must be found in the first MiB of standard input, which is only read where a rule that fits
        the arguments asks for it. ``times``: how many calls it answers (default: any number). ``delay``: seconds until
        the answer. ``stdout``, ``stderr``, ``exit_code``: the answer. ``files``: what is written before, relative to
        the caller's working directory: names (in which ``\1`` and ``\g<name>`` stand for groups of a ``pattern`` that
        is one expression) with text or bytes; one that starts with ``#!`` is made executable.

        Raise ArgumentError, with all mistakes, for what makes no rule.
        """
        given = {"stdout": stdout, "stderr": stderr, "exit_code": exit_code, "stdin": stdin, "times": times}
        self._rules.append(rule_of(pattern, {**given, "delay": delay, "files": {} if files is None else files}))
        self._owner.write_rules(self)
        return self

    def then(self, **answer: Any) -> FakeCommand:
        """Say what the same calls are answered after that: the rule before counts once, unless it says how often.

        It takes the arguments of :meth:`reply` but for ``pattern`` and ``stdin``, which stay as they are.
        """
        if not self._rules:
            raise ArgumentError(f"there is no rule for {self.name!r} yet that another answer could follow; use reply()")
        wrong = sorted(answer.keys() - {"stdout", "stderr", "exit_code", "times", "delay", "files"})
        if wrong:
            raise ArgumentError(f"then() does not take {', '.join(wrong)}; use reply() for other calls")
        last = self._rules[-1]
        self._rules[-1] = replace(last, times=1 if last.times is None else last.times)
        try:
            return self.reply(last.pattern, stdin=last.stdin, **answer)
        except ArgumentError:
            self._rules[-1] = last
            raise

    @property
    def rules(self) -> tuple[FakeRule, ...]:
        """The rules, in the order in which they are asked."""
        return tuple(self._rules)

    @property
    def calls(self) -> list[FakeCall]:
        """The calls of this command so far, in the order in which they were answered."""
        return [call for call in self._owner.calls if call.command == self.name]


class FakeCommands:
    """Commands that stand in for real ones, in a directory of their own that comes first on ``PATH``."""

    def __init__(self, directory: str | os.PathLike[str]) -> None:
        """Make the stand-ins in ``directory``, which is made if it is not there, and must be empty."""
        self._directory = os.path.abspath(directory)
        self._commands: dict[str, FakeCommand] = {}
        self.allow_unexpected = False
        """Whether calls that no rule is for are all right; they are refused and written down all the same."""
        if os.pathsep in self._directory:
            raise ArgumentError(f"{self._directory!r} cannot be on PATH, whose entries {os.pathsep!r} divides")
        try:
            os.makedirs(self._directory, exist_ok=True)
            is_empty = not os.listdir(self._directory)
        except OSError as error:
            message = f"fake commands cannot be made in {self._directory!r}: {error.strerror}; name another directory"
            raise ArgumentError(message) from error
        if not is_empty:
            raise ArgumentError(f"fake commands need an empty directory, and {self._directory!r} is not empty")
        for name in (_COMMANDS, stand_in.RULES, stand_in.COUNTS):
            os.mkdir(self._below(name))
        for name in (stand_in.LOG, stand_in.LOCK):
            with open(self._below(name), "wb"):
                pass
        # Compiled, because Python compiles a program anew at every start.
        py_compile.compile(
            stand_in.__file__,
            self._below(_PROGRAM),
            dfile="stand_in.py",
            doraise=True,
            optimize=2,
            invalidation_mode=py_compile.PycInvalidationMode.UNCHECKED_HASH,
        )
        self._write(_SHELL_START, _shell_start(os.fspath(self.path), os.environ.get("BASH_ENV", "")))

    def __repr__(self) -> str:
        return f"<fake commands {', '.join(self._commands) or 'without any'}>"

    @property
    def path(self) -> Path:
        """The directory of the stand-ins: put it first on ``PATH``, or take :attr:`environment`."""
        return Path(self._below(_COMMANDS))

    @property
    def environment(self) -> dict[str, str]:
        """Variables that put the stand-ins first on ``PATH``, also in login shells of bash, which set it anew."""
        others = os.environ.get("PATH", os.defpath)
        path = os.fspath(self.path)
        return {
            "PATH": f"{path}{os.pathsep}{others}" if others else path,
            "BASH_ENV": _EXPANDED.sub(r"\\\g<0>", self._below(_SHELL_START)),
        }

    def command(self, name: str) -> FakeCommand:
        """Return the stand-in for the command ``name``, which is there from now on. The same one for the same name.

        Raise ArgumentError for a name that no command on ``PATH`` can have.
        """
        if name not in self._commands:
            if not isinstance(name, str) or "/" in name or "\0" in name or name in ("", ".", ".."):
                raise ArgumentError(f"{name!r} is no name of a command: it is looked up on PATH, so it has no '/'")
            command = FakeCommand(name, self)
            self.write_rules(command)
            words = shlex.join([os.path.realpath(sys.executable), "-X", "utf8", "-IS", self._below(_PROGRAM)])
            line = f'exec {words} {shlex.quote(self._directory)} {shlex.quote(name)} "$@"'
            self._write(os.path.join(_COMMANDS, name), f"#!/bin/sh\n{line}\n", 0o755)
            self._commands[name] = command
        return self._commands[name]

    @property
    def calls(self) -> list[FakeCall]:
        """All calls so far, in the order in which they were answered.

        Raise AgentError when their log was removed or changed.
        """
        return read_calls(self._below(stand_in.LOG), self._rule_text)

    @property
    def unexpected(self) -> list[FakeCall]:
        """The calls so far that no rule was for, and that were refused."""
        return [call for call in self.calls if not call.is_expected]

    def complaint(self) -> str | None:
        """Return what is to be said of unexpected calls, in some lines; None when there was none or they are allowed.

        Raise AgentError as :attr:`calls` does.
        """
        calls = [] if self.allow_unexpected else self.unexpected
        if not calls:
            return None
        count = "an unexpected call was" if len(calls) == 1 else f"{len(calls)} unexpected calls were"
        lines = [f"{count} made of fake commands, and refused:"]
        lines += [f"  {call.shown}" for call in calls[:_LISTED]]
        if len(calls) > _LISTED:
            lines.append(f"  and {len(calls) - _LISTED} more")
        for name in sorted({call.command for call in calls}):
            rules = self._commands[name].rules
            lines.append(f"scripted for {name}: {'; '.join(map(str, rules)) if rules else 'nothing'}")
        lines.append("script them with command(…).reply(…), or set allow_unexpected = True")
        return "\n".join(lines)

    def write_rules(self, command: FakeCommand) -> None:
        """Give the stand-in of ``command`` its rules. Calls that are under way have those of before."""
        plain = marshal.dumps([rule.as_plain() for rule in command.rules])
        self._write(os.path.join(stand_in.RULES, command.name), plain)

    def _rule_text(self, name: str, index: int) -> str:
        return str(self._commands[name].rules[index])

    def _below(self, name: str) -> str:
        return os.path.join(self._directory, name)

    def _write(self, name: str, text: str | bytes, mode: int = 0o644) -> None:
        """Write a file so that whoever reads it finds the old or the new one."""
        new = self._below(".new")
        with open(new, "wb") as file:
            file.write(text if isinstance(text, bytes) else os.fsencode(text))
        os.chmod(new, mode)
        os.replace(new, self._below(name))


def _shell_start(path: str, others: str) -> str:
    """Return what bash reads before it runs a command: it puts ``path`` first, unless it is."""
    # What was there is expanded as bash does it: between double quotes.
    also = f'if [ -r "{others}" ]; then . "{others}"; fi\n' if others and '"' not in others else ""
    first = shlex.quote(path)
    return f'{also}case ":$PATH:" in\n:{first}:*) ;;\n*) PATH={first}${{PATH:+:$PATH}}; export PATH ;;\nesac\n'
