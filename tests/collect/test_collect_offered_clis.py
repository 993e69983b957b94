"""The hook that offers command lines of agents: known to fixtures and sessions, gone when pytest is."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

from pytest_orchestrator.agents.clis import agent_cli
from pytest_orchestrator.errors import AgentError

if TYPE_CHECKING:
    from orchestrated import Project

OFFER = """
from pytest_orchestrator import AgentCli, PlainParser

def pytest_orchestrator_agent_clis(config):
    return [AgentCli("house-agent", "bash", lambda launch: ["-s"], lambda: PlainParser("house-agent"))]
"""
TEST = """
from pytest_orchestrator import OrchestratorSession

def test_it(tmp_path):
    with OrchestratorSession("x", tmp_path, cli="house-agent") as session:
        assert session.create_process("echo hello", stream_output=False).run().output == "hello\\n"
"""


@pytest.mark.parametrize(
    "arguments", [[], ["--orchestrate", "test_it.py"], ["-n1"]], ids=["plain", "orchestrate", "xdist"]
)
def test_an_offered_command_line_is_known_in_tests(pytester: pytest.Pytester, arguments: list[str]) -> None:
    pytester.makeconftest(OFFER)
    pytester.makepyfile(test_it=TEST)
    pytester.runpytest_subprocess(*arguments).assert_outcomes(passed=1)


def test_it_is_not_known_any_more_when_pytest_has_ended(project: Project, pytester: pytest.Pytester) -> None:
    pytester.makeconftest(OFFER)
    pytester.makepyfile("import pytest_orchestrator\ndef test_it(): pytest_orchestrator.agent_cli('house-agent')")
    pytester.runpytest_inprocess().assert_outcomes(passed=1)
    with pytest.raises(AgentError, match="no agent command line is called 'house-agent'"):
        agent_cli("house-agent")


def test_of_two_with_one_name_the_hook_called_first_wins(pytester: pytest.Pytester) -> None:
    pytester.makeconftest(OFFER)
    pytester.makepyfile(other=OFFER.replace('"bash"', '"never-called"'))
    pytester.makepyfile(TEST)
    pytester.syspathinsert()
    pytester.runpytest_subprocess("-p", "other").assert_outcomes(passed=1)


def test_what_is_no_list_of_command_lines_is_a_usage_error(pytester: pytest.Pytester) -> None:
    pytester.makeconftest("def pytest_orchestrator_agent_clis(config):\n    return 'claude'")
    pytester.makepyfile(TEST)
    result = pytester.runpytest_subprocess()
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(
        ["ERROR: pytest_orchestrator_agent_clis returned 'claude', which is no list of AgentCli"]
    )


def test_a_package_offers_its_command_line_as_an_entry_point(pytester: pytest.Pytester) -> None:
    made = 'AgentCli("packaged", "bash", lambda launch: ["-s"], lambda: PlainParser("packaged"))'
    pytester.makepyfile(house_agent=f"from pytest_orchestrator import AgentCli, PlainParser\nCLI = {made}\n")
    info = pytester.mkdir("house_agent-1.0.dist-info")
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: house-agent\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[pytest_orchestrator.agents]\npackaged = house_agent:CLI\n")
    program = "import pytest_orchestrator as o; print(o.agent_cli('packaged').executable)"
    result = pytester.run(sys.executable, "-c", program)
    assert result.outlines == ["bash"], result.errlines
