"""The sentence why an agent failed names what it complained of."""

from __future__ import annotations

import pytest

from pytest_orchestrator.agents.budget import Budget
from pytest_orchestrator.agents.settings import Extras
from pytest_orchestrator.agents.verdict import judge
from pytest_orchestrator.config.settings import Limits
from pytest_orchestrator.core.result import Limit
from pytest_orchestrator.core.transcript import Transcript
from pytest_orchestrator.process.command import Capture, Outcome


@pytest.mark.parametrize(
    ("stderr", "said"),
    [
        (Capture(), ""),
        (Capture(b" \n\n"), ""),
        (Capture(b"usage: agent\nerror: unknown option '--x'\n\n"), """: "error: unknown option '--x'\""""),
        (Capture(b"Error: no value\n\nFor more information, try '--help'.\n"), ": 'Error: no value'"),
        (Capture(b"beginning\n", b"end \x1b\xff", 999), r": 'end \x1b\\xff'"),
        (Capture(b"y" * 999), f": '{'y' * 200}'"),
    ],
)
def test_an_agent_that_failed_without_a_word_in_its_stream_is_told_by_its_last_line_of_complaint(
    stderr: Capture, said: str
) -> None:
    outcome = Outcome(0.0, 0.0, 0.0, exit_code=2, stderr=stderr)
    verdict = judge(outcome, Transcript(cli="x"), Extras(), None, None)
    assert verdict.error == f"exit 2{said}"


@pytest.mark.parametrize(
    ("code", "limits", "told"),
    [
        (-24, Limits(cpu_seconds=2), (152, "stopped by its limit: cpu_seconds 2 s", "cpu_seconds 2 s", "SIGXCPU")),
        (152, Limits(cpu_seconds=2), (152, "stopped by its limit: cpu_seconds 2 s", "cpu_seconds 2 s", None)),
        (-11, Limits(memory_mb=50), (139, "killed by SIGSEGV (under limits: memory_mb 50)", "None", "SIGSEGV")),
        (3, Limits(open_files=9), (3, "exit 3 (under limits: open_files 9)", "None", None)),
        (-24, Limits(), (152, "killed by SIGXCPU", "None", "SIGXCPU")),
    ],
)
def test_a_limit_that_the_system_enforced_is_told(
    code: int, limits: Limits, told: tuple[int, str, str, str | None]
) -> None:
    outcome = Outcome(0.0, 0.0, 0.0, exit_code=code)
    verdict = judge(outcome, Transcript(cli="x"), Extras(limits=limits), None, None)
    assert (verdict.exit_code, verdict.error, str(verdict.limit), verdict.signal) == told


@pytest.mark.parametrize("code", [0, 1])
@pytest.mark.parametrize(
    ("budget", "allowance", "limit", "error"),
    [
        (None, Limit("max_cost_usd", 0.5), "max_cost_usd 0.5", "stopped by its limit: max_cost_usd 0.5: 'too much'"),
        (
            Budget(usd=2.0),
            Limit("budget_usd", 0.25),
            "budget_usd 2",
            "stopped: the budget is spent (budget_usd 2; 0.25 was left): 'too much'",
        ),
    ],
    ids=["its own", "what was left"],
)
def test_what_stops_itself_for_its_cost_is_told_by_the_bound_that_it_was_given(
    code: int, budget: Budget | None, allowance: Limit, limit: str, error: str
) -> None:
    outcome = Outcome(0.0, 0.0, 0.0, exit_code=code)
    said = Transcript(cli="x", is_error=True, error="too much", error_kind="max_cost", is_complete=True)
    verdict = judge(outcome, said, Extras(budget=budget), None, None, allowance)
    assert (verdict.status, verdict.exit_code, str(verdict.limit), verdict.error) == ("failed", 1, limit, error)


def test_a_cost_that_nobody_here_has_bounded_names_no_limit() -> None:
    said = Transcript(cli="x", is_error=True, error="too much", error_kind="max_cost", is_complete=True)
    verdict = judge(Outcome(0.0, 0.0, 0.0, exit_code=1), said, Extras(), None, None)
    assert (verdict.limit, verdict.error) == (None, "exit 1: 'too much'")


def test_what_it_says_in_its_stream_comes_first() -> None:
    outcome = Outcome(0.0, 0.0, 0.0, exit_code=2, stderr=Capture(b"warning\n"))
    verdict = judge(outcome, Transcript(cli="x", error="no such model"), Extras(), None, None)
    assert verdict.error == "exit 2: 'no such model'"
