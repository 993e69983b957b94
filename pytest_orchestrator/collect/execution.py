"""Running the items: from a pytest item to a result, through the engine, with the user's hooks in between."""

from __future__ import annotations

from dataclasses import field, replace
from functools import cached_property
from typing import TYPE_CHECKING

import pytest

from ..core.names import escape_name
from ..core.status import Reason, Status
from ..errors import OrchestratorError
from ..quick_dataclasses import dataclass
from ..reports.logs import output_files
from ..scripts.circumstances import redactor_of, working_directory
from ..scripts.judge import not_startable, result_of
from ..scripts.prepare import Prepared, unmet_requirement
from ..scripts.runner import Runner, Started
from ..scripts.spec import ScriptSpec
from .ahead import RunAhead
from .harmless import harmless_text
from .hooks import adapted, judged
from .orchestration import KEY, Orchestration
from .stopping import STEP
from .timeouts import timed_by_us

if TYPE_CHECKING:
    from ..config.settings import ScriptSettings
    from ..core.result import RunResult
    from ..process.redaction import Redactor
    from .items import ScriptItem
    from .leftovers import Leftovers
    from .live import LiveOutput
    from .stopping import Stopping

EXECUTION = pytest.StashKey["Execution"]()

LIVE_SECONDS = 0.05
"""How often new output of running programs is looked for. Only with ``-s``."""


@dataclass(frozen=True, slots=True)
class ItemSpec(ScriptSpec):
    """What is to be run, and the item that it was made of."""

    node: ScriptItem = field(kw_only=True)


def _item_of(spec: ScriptSpec) -> ScriptItem:
    assert isinstance(spec, ItemSpec)  # all that this room hands out
    return spec.node


class Execution:
    """Runs the items of one session."""

    def __init__(self, config: pytest.Config, orchestration: Orchestration) -> None:
        self._config = config
        self._orchestration = orchestration
        hooks = config.pluginmanager.hook
        has_hooks = hooks.pytest_orchestrator_command.get_hookimpls() or (
            hooks.pytest_orchestrator_environment.get_hookimpls()
        )
        self._live = self._live_output()
        self._runner = Runner(
            orchestration.engine,
            tick=self._tick,
            every=self._seconds_between_ticks(),
            adapt=self._adapt if has_hooks else None,
            abandon=self._abandon,
            watch=self._watch if self._live else None,
        )
        self.ahead = RunAhead(orchestration, config, self._start)
        self._shown: dict[int, tuple[str, Redactor]] = {}
        """Tickets whose output is shown, with the names of their scripts and what knows their secrets."""
        self._interrupted: dict[ScriptItem, Started] = {}
        """Items whose run was given up by an exception: Ctrl-C, pytest.exit, pytest-timeout."""
        self._reruns = bool(config.getoption("reruns", None)) or _ini_reruns(config)

    def _live_output(self) -> LiveOutput | None:
        if self._config.getoption("capture", None) != "no" or self._orchestration.worker is not None:
            return None
        from .live import LiveOutput

        return LiveOutput(self._orchestration.settings.jobs > 1)

    def _seconds_between_ticks(self) -> float | None:
        if self._live is not None:
            return LIVE_SECONDS
        return None if self._orchestration.worker is None else STEP

    # -- one item ---------------------------------------------------------------------------------------------

    def run(self, item: ScriptItem) -> RunResult:
        """Return the result of ``item``, waiting for it."""
        self._heed_stop_request()
        codex = self._orchestration.codex_files.cleaned(item.path)
        if codex is None:
            started, result = self._run(item)
        else:
            with self._leftovers.watched(codex, self._tick) as watch:
                started, result = self._run(item)
                result = self._leftovers.judged(codex, result, watch)
        result = judged(item, result, lambda: self._redactor(started))
        if self._orchestration.remote is not None:
            result = self._orchestration.remote.located(result, self._orchestration.report_dir)
        self.ahead.after(item, is_final=not result.status.is_bad or not self._comes_back(item))
        return result

    @cached_property
    def _leftovers(self) -> Leftovers:
        from .leftovers import Leftovers

        return Leftovers(self._orchestration)

    def _run(self, item: ScriptItem) -> tuple[Started, RunResult]:
        started = self.ahead.take(item)
        self._interrupted[item] = started
        if self._live is not None:
            self._show_output()  # what ended before anybody waited for it
        with timed_by_us(item):
            result = self._runner.finish(started, self._orchestration.context())
        del self._interrupted[item]
        return started, result

    def _redactor(self, started: Started) -> Redactor:
        """Return what knows the secrets of one run."""
        prepared = started.prepared
        env = None if prepared is None else prepared.command.env
        return redactor_of(started.spec, self._orchestration.context(), env)

    def _comes_back(self, item: ScriptItem) -> bool:
        """Return whether a failure of ``item`` may end the session or be followed by another run of it."""
        return self.ahead.is_bounded or self._reruns or item.get_closest_marker("flaky") is not None

    def _start(self, item: ScriptItem) -> Started:
        orchestration = self._orchestration
        settings = item.effective_settings()
        spec = ItemSpec(str(item.path), item.nodeid, settings, item.case, item.program, node=item)
        keep: tuple[bytes | None, bytes | None] = (None, None)
        if orchestration.report_dir is not None:
            keep = output_files(str(orchestration.report_dir), orchestration.log_id(item.nodeid))
        return self._runner.start(spec, orchestration.context(), keep)

    @staticmethod
    def spec(item: ScriptItem, settings: ScriptSettings | None = None) -> ItemSpec:
        """Return what is to be run for ``item``, by default with the settings in effect."""
        return ItemSpec(str(item.path), item.nodeid, settings or item.effective_settings(), item.case, node=item)

    def _adapt(self, spec: ScriptSpec, prepared: Prepared) -> Prepared:
        """Let the user's hooks change command and environment."""
        return adapted(_item_of(spec), prepared, self._orchestration.context())

    # -- meanwhile --------------------------------------------------------------------------------------------

    def _heed_stop_request(self) -> None:
        if self._orchestration.is_stop_requested:
            raise KeyboardInterrupt  # as Ctrl-C does, which reaches the worker as well when it comes from a terminal

    def _tick(self) -> None:
        self._heed_stop_request()
        self.ahead.pump_if_parallel()
        if self._live is not None:
            self._show_output()

    def _watch(self, started: Started) -> None:
        if started.ticket is not None:
            name = escape_name(_item_of(started.spec).path.name)
            self._shown[started.ticket] = name, self._redactor(started)

    def _show_output(self) -> None:
        assert self._live is not None
        engine = self._orchestration.engine
        for ticket, (name, redactor) in self._shown.items():
            self._live.show(ticket, name, engine, redactor)
        # Only now: while the output of one was read, the end of any other may have arrived.
        for ticket, (name, redactor) in list(self._shown.items()):
            outcome = engine.peek(ticket)
            if outcome is not None:
                self._live.finish(ticket, name, outcome, redactor)
            if outcome is not None or not engine.knows(ticket):
                del self._shown[ticket]

    # -- the end ----------------------------------------------------------------------------------------------

    def withdraw(self) -> None:
        """Start no program any more that waits for a place; without it, each that is stopped would let one start."""
        if self._orchestration.has_engine:
            self._orchestration.engine.withdraw()

    def _abandon(self, reason: BaseException) -> None:
        if isinstance(reason, KeyboardInterrupt | pytest.exit.Exception):
            self.withdraw()  # after pytest-timeout's exception the others go on

    def close(self, stopping: Stopping) -> list[tuple[ScriptItem, RunResult]]:
        """Stop what nobody wants any more and return the results of what had been started."""
        self.withdraw()
        rest = {**self._interrupted, **self.ahead.unwanted()}
        context = self._orchestration.context()
        results = self._runner.give_up(*rest.values(), context=context, tick=stopping.look, every=STEP)
        self._orchestration.engine.close(stopping.look, STEP)
        return [(item, result) for item, result in zip(rest, results, strict=True) if result is not None]

    def not_executed(self, item: ScriptItem, status: Status, error: str | None) -> RunResult:
        """Return the record of an item that was never executed: skipped, or broken before its script could start."""
        reason = Reason.INFRASTRUCTURE if status is Status.ERROR else None
        try:
            settings = item.effective_settings()
        except OrchestratorError:  # that is what is broken
            settings, reason = item.settings, Reason.CONFIGURATION
        spec = self.spec(item, settings)
        cwd = working_directory(spec, self._orchestration.context())
        result = result_of(spec, self._orchestration.context(), None, not_startable(error or ""), cwd)
        # What a fixture, a hook or a reason says may hold a secret as well.
        redactor = redactor_of(spec, self._orchestration.context(), None)
        shown = None if error is None else redactor.text(error)
        return replace(result, status=status, error=shown, reason=reason)


def _ini_reruns(config: pytest.Config) -> bool:
    return config.pluginmanager.hasplugin("rerunfailures") and bool(config.getini("reruns"))


def check_before_run(item: ScriptItem) -> None:
    """Skip ``item`` if something that it requires is missing here; fail it if a marker holds mistakes."""
    mistakes = None
    try:
        missing = unmet_requirement(item.effective_settings())
    except OrchestratorError as error:
        mistakes = str(error)
    if mistakes is not None:
        # Not where the error is at hand: pytest would show both, one as the other's cause.
        pytest.fail(mistakes, pytrace=False)
    if missing is not None and not item.config.stash[KEY].settings.strict:
        pytest.skip(missing)


def run_item(item: ScriptItem) -> None:
    """Run ``item`` and tell pytest how it went: return, skip, or raise ScriptFailedError."""
    execution = item.config.stash[EXECUTION]
    missing = unmet_requirement(item.effective_settings())
    if missing is not None:
        result = execution.not_executed(item, Status.FAILED, f"{missing} (--orchestrate-strict)")
    else:
        result = execution.run(item)
    item.result = result
    if result.status is Status.SKIPPED:
        pytest.skip(result.error or "skipped")
    if result.status is not Status.PASSED:
        from .failure import ScriptFailedError

        raise ScriptFailedError(result)
    for name, text in (("stdout", result.stdout), ("stderr", result.stderr)):
        if text:
            item.add_report_section("call", name, harmless_text(text))
