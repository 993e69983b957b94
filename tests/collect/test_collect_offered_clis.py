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


def package(pytester: pytest.Pytester, text: str, entry: str) -> None:
    """Install a package with a module ``house_agent``, as far as its metadata go."""
    pytester.makepyfile(house_agent=f"from pytest_orchestrator import AgentCli, PlainParser\n{text}\n")
    info = pytester.mkdir("house_agent-1.0.dist-info")
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: house-agent\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(f"[pytest_orchestrator.agents]\n{entry}\n")


def executable_of(pytester: pytest.Pytester, name: str) -> pytest.RunResult:
    return pytester.run(
        sys.executable, "-c", f"import pytest_orchestrator as o; print(o.agent_cli({name!r}).executable)"
    )


MADE = 'AgentCli("packaged", "bash", lambda launch: ["-s"], lambda: PlainParser("packaged"))'


@pytest.mark.parametrize("text", [f"CLI = {MADE}", f"def CLI():\n    return {MADE}"], ids=["object", "function"])
def test_a_package_offers_its_command_line_as_an_entry_point(pytester: pytest.Pytester, text: str) -> None:
    package(pytester, text, "packaged = house_agent:CLI")
    result = executable_of(pytester, "packaged")
    assert result.outlines == ["bash"], result.errlines


def test_a_broken_entry_point_does_not_keep_the_others_out_and_is_told_of(pytester: pytest.Pytester) -> None:
    broken = "a = house_agent:NOTHING\nb = house_agent:__name__\nc = no_such_module:X\npackaged = house_agent:CLI"
    package(pytester, f"CLI = {MADE}", broken)
    assert executable_of(pytester, "packaged").outlines == ["bash"]
    told = executable_of(pytester, "other").errlines[-1]
    assert told.startswith("pytest_orchestrator.errors.AgentError: no agent command line is called 'other'")
    assert "'packaged'" in told
    for name in ("a", "b", "c"):
        assert f"the entry point '{name}' (" in told
    assert executable_of(pytester, "claude").outlines == ["claude"]


def test_a_command_line_with_wrong_fields_is_a_usage_error(pytester: pytest.Pytester) -> None:
    pytester.makeconftest(OFFER.replace("lambda: PlainParser", "PlainParser"))
    pytester.makepyfile(TEST)
    result = pytester.runpytest_subprocess()
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(
        "ERROR: pytest_orchestrator_agent_clis: AgentCli 'house-agent': parser: *PlainParser* is not a function"
    )
