"""What agents did in a test, on its report: sections for people, properties for programs, a record for the results."""

from __future__ import annotations

import json
import os
import sysconfig
from typing import TYPE_CHECKING, Any

import pytest

from ..agents.evidence import shortened, totals
from ..agents.narration import narrated_commands, narrated_run, narrated_workspace
from ..core.names import escape_name
from ..errors import OrchestratorError
from ..process.pool import shared_pool
from ..reports.quoting import clean
from .agent_record import AGENTS_ATTRIBUTE
from .stop_request import end_with_controller

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator, Mapping
    from types import TracebackType

AGENT_TEST = pytest.StashKey[Any]()
"""Where an item keeps what its agent fixtures share."""
SECTION_CHARS = 64_000
"""Characters of a section that are kept: pytest keeps the reports of all tests to the end."""
_OWN = pytest.StashKey[list[tuple[str, object]]]()
"""The properties of a test that are ours."""
_PACKAGE = os.path.dirname(os.path.dirname(__file__)) + os.sep
_HERE = os.path.join(os.path.dirname(__file__), "agent_test.py")
_LIBRARY = sysconfig.get_path("stdlib") + os.sep
_SITES = tuple(sysconfig.get_path(name) + os.sep for name in ("purelib", "platlib"))
_PLUGIN = "orchestrator-agents"


def watch_agents(config: pytest.Config) -> None:
    """Have what agents do attached to reports from now on: when the first fixture asks for it, not before."""
    if not config.pluginmanager.has_plugin(_PLUGIN):
        config.pluginmanager.register(AgentReports(), _PLUGIN)
        end_with_controller(config)
        config.add_cleanup(shared_pool().close_idle)


class AgentReports:
    """The hook that attaches the evidence. Registered by the first test that uses a fixture of agents."""

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item, call: pytest.CallInfo[None]
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        """Attach what is known when the test has ended, and again if more came while fixtures were torn down."""
        if call.excinfo is not None and not item.config.getoption("fulltrace"):
            _cut_to_caller(call.excinfo)
        test = item.stash.get(AGENT_TEST, None)
        if test is None or call.when == "setup":
            return (yield)
        told = 0 if test.evidence is None else len(test.evidence["runs"])
        evidence = test.new_evidence()
        if evidence is not None:
            _attach(item, call.when, evidence, told, test.log_place)
        report = yield
        if call.when == "call":
            if report.skipped and isinstance(report.longrepr, tuple) and report.longrepr[0] == _HERE:
                # Where the test is, not where this plugin gave up.
                report.longrepr = (str(item.path), (item.location[1] or 0) + 1, report.longrepr[2])
            test.outcome = _outcome(report)
            trouble = test.trouble() if report.failed else None
            if trouble is not None:
                test.outcome = "error"
                _make_error(report, trouble)
        else:
            if report.failed:
                test.outcome = "error"
            if test.evidence is not None and test.is_recorded:
                setattr(report, AGENTS_ATTRIBUTE, {**test.evidence, "outcome": test.outcome})
            del item.stash[AGENT_TEST]  # items live as long as the session
        return report


def _cut_to_caller(excinfo: pytest.ExceptionInfo[BaseException]) -> None:
    """Let a traceback end where the test called us, if what is below tells nothing.

    That is so of our own errors, which tell of a mistake there, and of pytest-timeout's where it found us waiting. To
    hide our frames would not do: those of the standard library in which we wait would stay.
    """
    frames, is_late = _frames(excinfo.value.__traceback__)
    theirs = [each for each in frames if not _is_in(each, _PACKAGE)]
    is_waiting = is_late and frames[-1:] != theirs[-1:]
    if not is_waiting and not isinstance(excinfo.value, OrchestratorError):
        return
    last = theirs[-1] if theirs else None
    # Where no test called us, as in the teardown of a fixture of ours, there is nothing to end at.
    if last is not None and str(last.tb_frame.f_globals.get("__name__")).partition(".")[0] not in ("_pytest", "pluggy"):
        last.tb_next = None


def _frames(tb: TracebackType | None) -> tuple[list[TracebackType], bool]:
    """Return what led to an exception, without the standard library, and whether it is pytest-timeout's."""
    frames: list[TracebackType] = []
    while tb is not None:
        if tb.tb_frame.f_globals.get("__name__") == "pytest_timeout":
            return frames, True
        if not _is_in(tb, _LIBRARY) or _is_in(tb, *_SITES):
            frames.append(tb)
        tb = tb.tb_next
    return frames, False


def _is_in(tb: TracebackType, *directories: str) -> bool:
    return tb.tb_frame.f_code.co_filename.startswith(directories)


def _outcome(report: pytest.TestReport) -> str:
    if hasattr(report, "wasxfail"):
        return "xpassed" if report.passed else "xfailed"
    return str(report.outcome)


def _make_error(report: pytest.TestReport, trouble: str) -> None:
    """Let a failure count as an error: what the test found wrong says nothing of the agent.

    pytest and all who read its reports, JUnit XML included, call a failure an error where it came in the setup.
    """
    report.when = "setup"
    crash = getattr(report.longrepr, "reprcrash", None)
    if crash is None:
        report.longrepr = f"{trouble}\n\n{report.longrepr}"
    elif trouble not in crash.message:
        crash.message = f"{trouble}; the test then failed with {crash.message}"
    report.sections.append(("Not the agent's failure", f"{trouble}\n"))


# -- what is attached -----------------------------------------------------------------------------------------


def _attach(item: pytest.Item, when: str, evidence: Mapping[str, Any], told: int, log_place: str) -> None:
    before = item.stash.get(_OWN, [])
    own = item.stash[_OWN] = list(properties(evidence))
    item.user_properties[:] = [*(pair for pair in item.user_properties if pair not in before), *own]
    for title, text in sections(evidence, told, log_place):
        item.add_report_section(when, f"agent {title}", text)


def sections(evidence: Mapping[str, Any], told: int, log_place: str) -> Iterator[tuple[str, str]]:
    """Yield title and text of each run but the first ``told``, of workspaces and fake commands, for a terminal.

    ``log_place`` is put before relative paths of logs.
    """
    for run in evidence["runs"][told:]:
        if run["log_path"] is not None and not os.path.isabs(run["log_path"]):
            run = {**run, "log_path": log_place + run["log_path"]}
        yield escape_name(run["process_id"])[:100], _shown(narrated_run(run))
    for workspace in evidence["workspaces"]:
        yield "workspace", _shown(narrated_workspace(workspace))
    if evidence["commands"] is not None:
        yield "fake commands", _shown(narrated_commands(evidence["commands"]))


def _shown(text: str) -> str:
    return shortened(clean(text), SECTION_CHARS)


def properties(evidence: Mapping[str, Any]) -> Iterator[tuple[str, object]]:
    """Yield name and value of the properties of a test: numbers and texts only, lists of files as JSON."""
    for run in evidence["runs"]:
        named = f"agent.{run['process_id']}."
        facts = {
            "status": run["status"],
            "reason": run["reason"],
            "error": run["error"],
            "limit": None if run["limit"] is None else run["limit"]["name"],
            "cli": run["cli"],
            "model": run["model"],
            "duration": run["duration"],
            "turns": run["turns"],
            "tool_calls": run["tools"],
            "tokens": run["usage"]["total"],
            "cost_usd": run["cost_usd"],
            "log": run["log_path"],
        }
        yield from ((named + name, value) for name, value in facts.items() if value is not None)
    if evidence["runs"]:
        yield from ((f"agents.{name}", value) for name, value in evidence["totals"].items() if value is not None)
    for number, workspace in enumerate(evidence["workspaces"], start=1):
        named = "workspace." if number == 1 else f"workspace.{number}."
        for name in ("created", "modified", "deleted"):
            if name in workspace:
                yield named + name, json.dumps(workspace[name], ensure_ascii=False)
        if "problem" in workspace:
            yield f"{named}problem", workspace["problem"]
    if evidence["commands"] is not None:
        yield "fake_commands.calls", evidence["commands"]["count"]
        yield "fake_commands.unexpected", evidence["commands"]["unexpected"]


def evidence_of(
    runs: list[dict[str, Any]], workspaces: list[dict[str, Any]], commands: dict[str, Any] | None
) -> dict[str, Any]:
    """Return the evidence of a test, put together from that of its parts: plain JSON types."""
    return {"runs": runs, "workspaces": workspaces, "commands": commands, "totals": totals(runs)}
