"""What differs under pytest-xdist: the controller runs nothing, and knows items by their ids only."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from .. import __version__
from ..core.kinds import kind_of
from ..core.names import escape_name, unescape_name
from ..core.status import Status
from ..quick_dataclasses import dataclass
from .order import LONGEST_FIRST, RECORDED
from .remote import HOST, SHOWN, VERSION
from .report_paths import shown_report_path
from .stop_request import request_stop

if TYPE_CHECKING:
    from collections.abc import Generator

    from ..reports.recorder import Recorder
    from .hosts import OtherHosts
    from .orchestration import Orchestration
    from .recording import Recording

REPORT_DIR = "orchestrator_report_dir"
"""Key of what the controller tells a worker: where it reports to, as bytes; None when it does not."""
PER_WORKER = "orchestrator_per_worker"
"""Key of what the controller tells a worker: whether every worker runs every item (``--dist each``)."""
ORDER = "orchestrator_order"
"""Key of what the controller tells a worker: the order of the scripts, with the seed of a random one."""
COLLECTED = "orchestrator_collected"
"""Key of what a worker tells the controller: how many scripts it found, before any were deselected."""


CANCELLED = "orchestrator_cancelled"
"""Key of what a worker tells the controller: its :class:`Cancelled` scripts, as lists, when it ends."""


@dataclass(frozen=True, slots=True)
class Cancelled:
    """A script that was started, then stopped because nobody wanted it any more."""

    nodeid: str
    status: str
    duration: float
    worker: str | None
    data: dict[str, Any] | None

    def record(self, recorder: Recorder) -> None:
        """Write its row, unless it has one."""
        recorder.row(self.nodeid, Status(self.status), self.duration, self.worker, self.data)


def is_controller(config: pytest.Config) -> bool:
    """Return whether this process hands items out to workers instead of running them."""
    return (
        not hasattr(config, "workerinput")
        and config.getoption("dist", "no") != "no"
        and bool(config.getoption("tx", None))
    )


def other_hosts(config: pytest.Config) -> OtherHosts | None:
    """Return what sees to workers with files of their own, if there are any.

    Raise ``pytest.UsageError`` if they cannot be served.
    """
    given: list[str] = config.getoption("tx", None) or []
    plain = all(specification.rpartition("*")[2] == "popen" for specification in given)
    if plain or not is_controller(config) or config.getoption("collectonly"):
        return None
    from .hosts import OtherHosts, is_elsewhere, refuse_what_cannot_be_sent, specifications

    specs = specifications(config)
    if not any(is_elsewhere(spec) or spec.via for spec in specs):
        return None
    refuse_what_cannot_be_sent(config, specs)
    return OtherHosts(config, specs)


def worker_count(config: pytest.Config) -> int:
    """Return how many xdist workers there will be; 0 without xdist. ``--tx 3*popen`` stands for three."""
    specifications: list[str] = (config.getoption("tx", None) or []) if is_controller(config) else []
    factors = (specification.partition("*") for specification in specifications)
    return sum(int(factor) if star and factor.isdecimal() else 1 for factor, star, _ in factors)


def worker_input(config: pytest.Config) -> dict[str, Any] | None:
    """Return what the controller told this worker; None if this process is none."""
    given: dict[str, Any] | None = getattr(config, "workerinput", None)
    return given


def worker_of(report: pytest.TestReport) -> str | None:
    """Return the name of the worker that a report is from, or that crashed; None where there is none."""
    name: str | None = getattr(report, "worker_id", None)
    if name is None:  # what pytest-xdist itself reports of a worker that crashed
        name = getattr(getattr(getattr(report, "node", None), "gateway", None), "id", None)
    return name


def report_dir_of_worker(given: dict[str, Any]) -> Path | None:
    """Return where the session reports to."""
    directory: bytes | None = given.get(REPORT_DIR)
    return None if directory is None else Path(os.fsdecode(directory))


def tell_controller(config: pytest.Config, key: str, value: object) -> None:
    """Tell the controller, if there is one, something in plain types: it hears of it when this worker ends."""
    output: dict[str, Any] | None = getattr(config, "workeroutput", None)
    if output is not None:
        output[key] = value


def make_arguments_transferable(config: pytest.Config) -> None:
    """Replace arguments that cannot be sent to a worker (names that are no UTF-8) by their escaped form."""
    given = config.invocation_params
    if not all(_is_transferable(str(argument)) for argument in given.args):
        config.invocation_params = pytest.Config.InvocationParams(
            args=[_transferable(str(argument)) for argument in given.args], plugins=given.plugins, dir=given.dir
        )


def _is_transferable(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _transferable(text: str) -> str:
    return text if _is_transferable(text) else escape_name(text)


class XdistController:
    """What only the controller sees."""

    def __init__(self, orchestration: Orchestration, recorder: Recorder | None, recording: Recording) -> None:
        self._orchestration = orchestration
        self._recorder = recorder
        self._recording = recording
        self._nodes: list[Any] = []
        self._silent: dict[str, None] = {}
        """Scripts that were started, and of which nothing was reported since."""
        self._arrived: dict[int, pytest.TestReport] = {}
        """Reports that came from a worker, as long as xdist has not passed them on."""

    @pytest.hookimpl(optionalhook=True)
    def pytest_xdist_make_scheduler(self, config: pytest.Config, log: Any) -> Any:
        """Called before items are handed out: with ``--dist load``, and where durations are known, by those."""
        wanted = self._orchestration.settings.order in (RECORDED, LONGEST_FIRST)
        if not wanted or config.getoption("dist") != "load" or not self._recording.known:
            return None
        from .scheduling import LongestFirstScheduling

        return LongestFirstScheduling(config, log, self._recording, self._script_path)

    @pytest.hookimpl(optionalhook=True)
    def pytest_configure_node(self, node: Any) -> None:
        """Called before a worker starts: tell it where to keep output."""
        directory = self._orchestration.report_dir
        self._nodes.append(node)
        node.workerinput[PER_WORKER] = node.config.getoption("dist") == "each"
        node.workerinput[ORDER] = self._orchestration.settings.order
        node.workerinput[REPORT_DIR] = None if directory is None else os.fsencode(directory)
        node.workerinput[VERSION] = __version__
        node.workerinput[HOST] = self._host(node)
        node.workerinput[SHOWN] = None if directory is None else shown_report_path(directory, node.config)
        node.workerinput["mainargv"] = [_transferable(str(word)) for word in node.workerinput["mainargv"]]

    @staticmethod
    def _host(node: Any) -> str | None:
        from .hosts import host_of

        found: str | None = host_of(node.gateway.spec, node.config)
        return found

    @pytest.hookimpl(optionalhook=True)
    def pytest_xdist_node_collection_finished(self, node: Any, ids: list[str]) -> None:
        """Called when a worker has collected: all collect the same."""
        scripts = list(filter(self._is_script, ids))
        # Counted here as well, because an interrupted worker does not get as far as telling its count.
        self._orchestration.collected = max(self._orchestration.collected, len(scripts))
        if self._recorder is not None:
            self._recorder.expect(scripts, node.gateway.id)

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any) -> None:
        """Called when a worker has ended."""
        output: dict[str, Any] = getattr(node, "workeroutput", {})
        self._orchestration.collected = max(self._orchestration.collected, output.get(COLLECTED, 0))
        self._record_cancelled(node)

    # -- an interrupted session -------------------------------------------------------------------------------

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_logstart(self, nodeid: str) -> None:
        """Called when a worker has told that it starts an item."""
        if self._is_script(nodeid):
            self._silent[nodeid] = None

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Called when xdist passes a report on."""
        self._arrived.pop(id(report), None)
        self._silent.pop(report.nodeid, None)

    @pytest.hookimpl(wrapper=True)
    def pytest_report_from_serializable(self) -> Generator[None, object, object]:
        """Called, in another thread, when a report arrives; xdist does not pass it on after an interrupt."""
        report = yield
        if isinstance(report, pytest.TestReport):
            self._arrived[id(report)] = report
        return report

    def stop(self) -> int:
        """Ask all workers to stop what they run; return how many scripts that seem to be."""
        for node in self._nodes:
            request_stop(node)
        return len(self._silent)

    def finish(self) -> None:
        """Write rows for what the workers told when nobody listened any more; they have ended."""
        if self._recorder is None:
            return
        for report in list(self._arrived.values()):
            self._silent.pop(report.nodeid, None)
            self._recorder.report(report, worker_of(report))
        told = [self._record_cancelled(node) for node in self._nodes]
        if not all(told) and self._nodes and not self._orchestration.per_worker:
            # A worker that was killed has told nothing. What it had started is known, though not what came of it.
            for nodeid in self._silent:
                Cancelled(nodeid, str(Status.CANCELLED), 0.0, None, None).record(self._recorder)

    def _record_cancelled(self, node: Any) -> bool:
        """Write rows for what a worker has stopped, if it has told that; return whether it has."""
        rows: list[list[Any]] | None = getattr(node, "workeroutput", {}).get(CANCELLED)
        if self._recorder is not None:
            for row in rows or ():
                Cancelled(*row).record(self._recorder)
        return rows is not None

    def _is_script(self, nodeid: str) -> bool:
        return self._script_path(nodeid) is not None

    def _script_path(self, nodeid: str) -> str | None:
        """Return the path of the script or skill that an id names; None when it names none."""
        if kind_of(nodeid) is None:
            return None
        path = os.path.join(self._orchestration.rootdir, unescape_name(nodeid.partition("::")[0]))
        return None if path in self._orchestration.pytests_own else path
