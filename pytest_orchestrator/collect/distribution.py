"""What differs under pytest-xdist: the controller runs nothing, and knows items by their ids only."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from .. import __version__
from ..core.names import escape_name, unescape_name
from .items import ITEM_NAME
from .order import LONGEST_FIRST, RECORDED
from .remote import HOST, SHOWN, VERSION
from .report_paths import shown_report_path

if TYPE_CHECKING:
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


def tell_controller(config: pytest.Config, collected: int) -> None:
    """Tell the controller, if there is one, how many scripts were found."""
    output: dict[str, Any] | None = getattr(config, "workeroutput", None)
    if output is not None:
        output[COLLECTED] = collected


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

    def _is_script(self, nodeid: str) -> bool:
        return self._script_path(nodeid) is not None

    def _script_path(self, nodeid: str) -> str | None:
        """Return the path of the script that an id names; None when it names none."""
        shown, separator, part = nodeid.partition("::")
        named_so = bool(separator) and (part == ITEM_NAME or part.startswith(f"{ITEM_NAME}["))
        path = os.path.join(self._orchestration.rootdir, unescape_name(shown))
        return path if named_so and path not in self._orchestration.pytests_own else None
