"""Running the items: from a pytest item to a result, through the engine, with the user's hooks in between."""

from __future__ import annotations

import os
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from ..core.names import escape_name
from ..core.status import Reason, Status
from ..errors import OrchestratorError
from ..reports.logs import output_path
from ..scripts.judge import not_startable, result_of
from ..scripts.prepare import Prepared, unmet_requirement, working_directory
from ..scripts.runner import Runner, Started
from ..scripts.spec import ScriptSpec
from .ahead import RunAhead
from .failure import ScriptFailedError
from .live import SECONDS, LiveOutput
from .orchestration import KEY, Orchestration

if TYPE_CHECKING:
    from ..core.result import RunResult
    from .nodes import ScriptItem

EXECUTION = pytest.StashKey["Execution"]()

_VERDICTS = {str(status): status for status in (Status.PASSED, Status.FAILED, Status.ERROR, Status.SKIPPED)}


class Execution:
    """Runs the items of one session."""

    def __init__(self, config: pytest.Config, orchestration: Orchestration) -> None:
        self._config = config
        self._orchestration = orchestration
        self._items: dict[str, ScriptItem] = {}
        hooks = config.pluginmanager.hook
        has_hooks = hooks.pytest_orchestrator_command.get_hookimpls() or (
            hooks.pytest_orchestrator_environment.get_hookimpls()
        )
        self._live = LiveOutput(orchestration.settings.jobs > 1) if self._shows_output() else None
        self._runner = Runner(
            orchestration.engine,
            tick=self._tick,
            every=SECONDS if self._live else None,
            adapt=self._adapt if has_hooks else None,
        )
        self.ahead = RunAhead(orchestration, config, self._start)
        self._shown: dict[ScriptItem, Started] = {}
        self._interrupted: dict[ScriptItem, Started] = {}
        """Items whose run was given up by an exception: Ctrl-C, pytest.exit, pytest-timeout."""

    def _shows_output(self) -> bool:
        return self._config.getoption("capture", None) == "no" and self._orchestration.worker is None

    # -- one item ---------------------------------------------------------------------------------------------

    def run(self, item: ScriptItem) -> RunResult:
        """Return the result of ``item``, waiting for it."""
        started = self.ahead.take(item)
        context = self._orchestration.context()
        self._interrupted[item] = started
        result = self._runner.finish(started, context)
        del self._interrupted[item]
        self._items.pop(item.nodeid, None)
        result = self._ask_for_verdict(item, result)
        self.ahead.after(item, passed=not result.status.is_bad)
        return result

    def _start(self, item: ScriptItem) -> Started:
        orchestration = self._orchestration
        spec = self.spec(item)
        self._items[item.nodeid] = item
        keep: tuple[bytes | None, bytes | None] = (None, None)
        if orchestration.report_dir is not None:
            keep = (
                os.fsencode(orchestration.report_dir / output_path(item.nodeid, "stdout")),
                os.fsencode(orchestration.report_dir / output_path(item.nodeid, "stderr")),
            )
        started = self._runner.start(spec, orchestration.context(), keep)
        if self._live is not None:
            self._shown[item] = started
        return started

    def spec(self, item: ScriptItem) -> ScriptSpec:
        """Return what is to be run for ``item``."""
        return ScriptSpec(str(item.path), item.nodeid, item.effective_settings(), item.case)

    def _adapt(self, spec: ScriptSpec, prepared: Prepared) -> Prepared:
        """Let the user's hooks change command and environment."""
        item = self._items[spec.item]
        hook = item.ihook
        argv = hook.pytest_orchestrator_command(item=item, argv=list(prepared.shown))
        if argv is not None:
            prepared = prepared.with_argv(_words(argv, "pytest_orchestrator_command"), self._orchestration.context())
        changes: dict[str, str | None] = {}
        for given in hook.pytest_orchestrator_environment(item=item):
            for name, value in given.items():
                changes.setdefault(name, value)
        return prepared.with_environment(changes) if changes else prepared

    def _ask_for_verdict(self, item: ScriptItem, result: RunResult) -> RunResult:
        hook = item.ihook.pytest_orchestrator_verdict
        if not hook.get_hookimpls():
            return result
        answer = hook(item=item, result=result.as_dict())
        if answer is None:
            return result
        status = _VERDICTS.get(answer.get("status", ""))
        if status is None:
            message = (
                f"pytest_orchestrator_verdict returned status {answer.get('status')!r} for {item.nodeid}; "
                f"allowed are {', '.join(_VERDICTS)}"
            )
            raise OrchestratorError(message)
        return replace(
            result,
            status=status,
            error=answer.get("error"),
            reason=Reason.CONFIGURATION if status is Status.ERROR else None,
            changed_by="pytest_orchestrator_verdict",
        )

    # -- meanwhile --------------------------------------------------------------------------------------------

    def _tick(self) -> None:
        self.ahead.pump_if_parallel()
        if self._live is not None:
            self._show_output()

    def _show_output(self) -> None:
        assert self._live is not None
        engine = self._orchestration.engine
        redactor = self._orchestration.context().redactor
        for item, started in list(self._shown.items()):
            if started.ticket is None:
                del self._shown[item]
                continue
            name = escape_name(item.path.name)
            outcome = engine.peek(started.ticket)
            if outcome is None:
                self._live.show(started.ticket, name, engine.output_files(started.ticket), redactor)
            else:
                self._live.finish(started.ticket, name, outcome, redactor)
                del self._shown[item]

    # -- the end ----------------------------------------------------------------------------------------------

    def close(self) -> list[tuple[ScriptItem, RunResult]]:
        """Stop what nobody wants any more and return the results of what had been started."""
        engine = self._orchestration.engine
        rest = {**self._interrupted, **self.ahead.unwanted()}
        for started in rest.values():
            if started.ticket is not None:
                engine.cancel(started.ticket)
        cancelled = []
        context = self._orchestration.context()
        for item, started in rest.items():
            if started.ticket is None or not engine.knows(started.ticket):
                continue
            outcome = engine.wait(started.ticket)
            if outcome.was_started:
                outcome = replace(outcome, cancelled=True)
                cancelled.append((item, result_of(started.spec, context, started.prepared, outcome, started.cwd)))
        engine.close()
        return cancelled

    def not_executed(self, item: ScriptItem, status: Status, error: str | None) -> RunResult:
        """Return the record of an item that was never executed: skipped, or broken before its script could start."""
        spec = self.spec(item)
        cwd = working_directory(spec, self._orchestration.context())
        result = result_of(spec, self._orchestration.context(), None, not_startable(error or ""), cwd)
        reason = Reason.INFRASTRUCTURE if status is Status.ERROR else None
        return replace(result, status=status, error=error, reason=reason)


def _words(argv: Any, hook: str) -> tuple[str, ...]:
    if not argv or not all(isinstance(word, str) for word in argv):
        message = f"{hook} returned {argv!r}; a command is a list of texts that is not empty"
        raise OrchestratorError(message)
    return tuple(argv)


def check_before_run(item: ScriptItem) -> None:
    """Skip ``item`` if something that it requires is missing here."""
    missing = unmet_requirement(item.effective_settings().requires)
    if missing is not None and not item.config.stash[KEY].settings.strict:
        pytest.skip(missing)


def run_item(item: ScriptItem) -> None:
    """Run ``item`` and tell pytest how it went: return, skip, or raise ScriptFailedError."""
    execution = item.config.stash[EXECUTION]
    missing = unmet_requirement(item.effective_settings().requires)
    if missing is not None:
        result = execution.not_executed(item, Status.FAILED, f"{missing} (--orchestrate-strict)")
    else:
        result = execution.run(item)
    item.result = result
    if result.status is Status.SKIPPED:
        pytest.skip(result.error or "skipped")
    if result.status is not Status.PASSED:
        raise ScriptFailedError(result)
    for name, text in (("stdout", result.stdout), ("stderr", result.stderr)):
        if text:
            item.add_report_section("call", name, text)
