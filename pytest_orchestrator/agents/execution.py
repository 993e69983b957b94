"""One run of an agent's command line: started, followed, judged, and written down."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import shlex
import shutil
import threading
import time
import uuid
from dataclasses import replace
from typing import TYPE_CHECKING

from ..config.phrases import clipped
from ..core.names import escape_name
from ..core.result import Limit
from ..core.status import Status
from ..errors import AgentError
from ..process.command import Command
from ..process.dispatcher import shared_dispatcher
from ..process.outcomes import text_of
from ..process.pool import shared_pool
from ..process.redaction import Redactor
from .environment import agent_environment, as_bytes
from .following import Following
from .log import ProcessLog, utc_time
from .result import CANCELLED, ProcessResult
from .verdict import Verdict, flooded, judge, not_found, not_started, refused_by

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from ..core.transcript import Transcript
    from ..process.command import Outcome
    from ..process.runs import Run
    from .settings import ProcessSpec
    from .stream import StreamParser

MAX_ARGUMENT = 131_071
"""Bytes of the longest word that Linux takes on a command line (MAX_ARG_STRLEN, its NUL left out)."""


class Execution:
    """What becomes of a :class:`~pytest_orchestrator.agents.settings.ProcessSpec` when it is run."""

    def __init__(self, spec: ProcessSpec, log_path: Path, secret_names: Sequence[str]) -> None:
        """``log_path`` is an empty file that is there; ``secret_names`` are those of variables with secrets."""
        self._spec = spec
        self._secret_names = secret_names
        self._log_path = log_path
        self._key = f"{spec.process_id}#{uuid.uuid4().hex[:12]}"
        """Its name in the books of the budget."""
        self._parser: StreamParser = spec.cli.parser()
        self._budget_limit: Limit | None = None
        self._allowance: Limit | None = None
        """What it may cost, for command lines that see to that themselves."""
        self._guard = threading.Lock()
        self._is_unwanted = False
        self._is_suspended = False
        self._run: Run | None = None

    # -- from any thread --------------------------------------------------------------------------------------

    def cancel(self) -> None:
        """End it; if it was not started, do not start it."""
        with self._guard:
            self._is_unwanted = True
            run = self._run
        if run is not None:
            run.cancel()

    def suspend(self) -> None:
        """Let it stand still, from its start on if it has not been started."""
        with self._guard:
            self._is_suspended = True
            run = self._run
        if run is not None:
            run.suspend()

    def resume(self) -> None:
        """Let it go on."""
        with self._guard:
            self._is_suspended = False
            run = self._run
        if run is not None:
            run.resume()

    # -- the run ----------------------------------------------------------------------------------------------

    def run(self) -> ProcessResult:
        """Run it and return its result. An exception from outside (Ctrl-C) ends it, then goes on."""
        budget = self._spec.extras.budget
        if not self._is_unwanted:
            shared_dispatcher().get_ready()
        try:
            with contextlib.ExitStack() as stack:
                fresh = self._spec.extras.isolation == "fresh"
                home = stack.enter_context(shared_pool().directory()) if fresh else None
                environment = agent_environment(self._spec.cli, self._spec.extras, os.environ, home)
                redactor = Redactor(self._secret_names, {**os.environ, **environment})
                log = ProcessLog(self._log_path, redactor)
                stack.callback(log.close)
                return self._run_logged(environment, redactor, log)
        finally:
            if budget is not None:
                budget.settle(self._key)

    def _run_logged(self, environment: dict[str, str], redactor: Redactor, log: ProcessLog) -> ProcessResult:
        try:
            spec = self._spec
            executable = shutil.which(spec.cli.executable, path=environment.get("PATH", os.defpath))
            if executable is not None:
                executable = os.path.abspath(executable)  # it is started from another directory
            self._allowance = self._least_bound()
            most = None if self._allowance is None else self._allowance.value
            words = [executable or spec.cli.executable, *spec.cli.words(spec.launch(most))]
            for line in self._head(words, environment, redactor):
                log.note(line)
            obstacle = self._obstacle(executable, words, environment)
            if obstacle is not None:
                return self._finished(log, self._result(None, obstacle))
            following = Following(spec, self._parser, redactor, log)
            run = self._run = shared_dispatcher().prepare(self._command(words, environment))
            outcome = following.follow(run, lambda: self._begin(run), lambda: self._watch_budget(run))
        except BaseException as error:
            log.note(f"interrupted: {type(error).__name__}")
            raise
        budget = self._spec.extras.budget
        if budget is not None:
            self._note_cost()
        if outcome.cancelled and following.is_flooded and following.bound is not None:
            verdict = flooded(following.bound)
        else:
            verdict = judge(
                outcome, self._parser.transcript, spec.extras, spec.timeout, self._budget_limit, self._allowance
            )
        return self._finished(log, self._result(outcome, verdict))

    def _obstacle(self, executable: str | None, words: Sequence[str], environment: Mapping[str, str]) -> Verdict | None:
        """Return the verdict if it cannot be started."""
        spec = self._spec
        if self._is_unwanted:
            return Verdict(Status.CANCELLED, CANCELLED, "not started: its result was no longer wanted")
        if executable is None:
            found = shutil.which(spec.cli.executable, os.F_OK, environment.get("PATH", os.defpath))
            if found is not None:
                return not_started(f"{found!r} may not be executed (chmod +x)")
            return not_found(spec.cli.executable, spec.cli.install)
        given = [(clipped(word), word) for word in words]
        given += [(f"the variable {name}", text) for name, text in environment.items()]
        odd = next((name for name, text in given if not _can_be_given(text)), None)
        if odd is not None:
            return not_started(f"no program can be given {odd}: it has half a character or a NUL")
        if not os.path.isdir(spec.working_dir):
            trouble = "is no directory" if os.path.exists(spec.working_dir) else "does not exist"
            return not_started(f"its working directory {str(spec.working_dir)!r} {trouble}")
        size = len(spec.prompt.encode("utf-8", "surrogateescape")) if spec.extras.stdin == "terminal" else 0
        if size > MAX_ARGUMENT:
            return not_started(
                f"its prompt is too long for an argument: {size} bytes, {MAX_ARGUMENT} are allowed; use stdin='prompt'"
            )
        extras = spec.extras
        if extras.budget is not None:
            try:
                limit = extras.budget.reserve(self._key, extras.max_cost_usd, extras.max_tokens)
            except AgentError as error:
                return not_started(str(error))
            if limit is not None:
                return refused_by(limit)
        return None

    def _least_bound(self) -> Limit | None:
        """Return the US dollars that it may cost, named after what sets the bound; None for no bound."""
        extras = self._spec.extras
        left = None if extras.budget is None else extras.budget.left_usd
        bounds = [("max_cost_usd", extras.max_cost_usd), ("budget_usd", left)]
        return min((Limit(name, usd) for name, usd in bounds if usd), key=lambda limit: limit.value, default=None)

    def _command(self, words: Sequence[str], environment: dict[str, str]) -> Command:
        spec, extras = self._spec, self._spec.extras
        prompt = None if extras.stdin == "terminal" else spec.prompt.encode("utf-8", "surrogateescape")
        whole = os.fsencode(self._log_path)
        return Command(
            argv=tuple(os.fsencode(word) for word in words),
            cwd=os.fsencode(spec.working_dir.absolute()),
            base_env=as_bytes(environment),
            item=escape_name(spec.process_id),
            stdin=prompt,
            terminal=extras.stdin == "terminal",
            timeout=spec.timeout,
            idle_timeout=extras.idle_timeout,
            grace=extras.grace,
            interrupt=spec.cli.ends_on_interrupt,
            limits=extras.limits,
            # Where the supervisor keeps it if this process is killed.
            keep_stdout=whole + b".stdout",
            keep_stderr=whole + b".stderr",
            redact=tuple(self._secret_names),
            whole_output=True,
        )

    def _begin(self, run: Run) -> None:
        shared_dispatcher().begin(run)
        with self._guard:
            unwanted, suspended = self._is_unwanted, self._is_suspended
        if unwanted:
            run.cancel()
        elif suspended:
            run.suspend()

    # -- the budget -------------------------------------------------------------------------------------------

    def _note_cost(self) -> None:
        budget = self._spec.extras.budget
        assert budget is not None
        budget.update(self._key, self._parser.cost_usd, self._parser.usage.total)

    def _watch_budget(self, run: Run) -> None:
        budget = self._spec.extras.budget
        if budget is None or self._budget_limit is not None:
            return
        self._note_cost()
        self._budget_limit = budget.exceeded()
        if self._budget_limit is not None:
            run.cancel()

    # -- what is told -----------------------------------------------------------------------------------------

    def _head(self, words: Sequence[str], environment: dict[str, str], redactor: Redactor) -> list[str]:
        spec = self._spec
        prompt = spec.prompt.encode("utf-8", "surrogateescape")
        shown = [word for word in words if word is not words[-1]] if spec.extras.stdin == "terminal" else words
        limits = {"timeout": spec.timeout, "idle_timeout": spec.extras.idle_timeout, "grace": spec.extras.grace}
        return [
            f"process {spec.process_id!r}, {utc_time(time.time())}",
            f"working directory {str(spec.working_dir)!r}",
            f"command {redactor.text(shlex.join(shown))}",
            f"prompt sha256:{hashlib.sha256(prompt).hexdigest()}, {len(spec.prompt)} characters, {len(prompt)} bytes",
            "limits " + ", ".join(f"{name} {value:g} s" for name, value in limits.items() if value is not None),
            f"isolation {spec.extras.isolation}; variables {' '.join(sorted(environment))}",
        ]

    def _result(self, outcome: Outcome | None, verdict: Verdict) -> ProcessResult:
        spec, parser = self._spec, self._parser
        transcript: Transcript | None = parser.transcript if outcome is not None and outcome.was_started else None
        return ProcessResult(
            exit_code=verdict.exit_code,
            output=parser.text,
            stderr="" if outcome is None else text_of(outcome.stderr),
            duration=0.0 if outcome is None else outcome.duration,
            process_id=spec.process_id,
            status=verdict.status,
            reason=verdict.reason,
            error=verdict.error,
            signal=verdict.signal,
            limit=verdict.limit,
            transcript=transcript,
            usage=parser.usage,
            cost_usd=parser.cost_usd,
            session_id=None if transcript is None else transcript.session_id,
            log_path=self._log_path,
            started=0.0 if transcript is None or outcome is None else outcome.started,
            cli=spec.cli.name,
            model=spec.model if transcript is None else transcript.model or spec.model,
            left_processes=() if outcome is None else tuple(left.command for left in outcome.left),
        )

    @staticmethod
    def _finished(log: ProcessLog, result: ProcessResult) -> ProcessResult:
        # All of what is left out is above.
        told = replace(result, output="", stderr="", transcript=None).as_dict()
        for name in ("output", "stderr", "transcript", "log_path"):
            del told[name]
        log.result(json.dumps(told, ensure_ascii=False))
        return result


def _can_be_given(text: str) -> bool:
    try:
        return b"\0" not in os.fsencode(text)
    except UnicodeEncodeError:
        return False
