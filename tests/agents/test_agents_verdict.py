"""The sentence why an agent failed names what it complained of."""

from __future__ import annotations

import pytest

from pytest_orchestrator.agents.settings import Extras
from pytest_orchestrator.agents.verdict import judge
from pytest_orchestrator.core.transcript import Transcript
from pytest_orchestrator.process.command import Capture, Outcome


@pytest.mark.parametrize(
    ("stderr", "said"),
    [
        (Capture(), ""),
        (Capture(b" \n\n"), ""),
        (Capture(b"usage: agent\nerror: unknown option '--x'\n\n"), """: "error: unknown option '--x'\""""),
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


def test_what_it_says_in_its_stream_comes_first() -> None:
    outcome = Outcome(0.0, 0.0, 0.0, exit_code=2, stderr=Capture(b"warning\n"))
    verdict = judge(outcome, Transcript(cli="x", error="no such model"), Extras(), None, None)
    assert verdict.error == "exit 2: 'no such model'"
