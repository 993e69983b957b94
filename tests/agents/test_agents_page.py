"""The reference page of agents leaves nothing out, and names nothing that is not there."""

from __future__ import annotations

import inspect
import re
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest

from pytest_orchestrator.agents.budget import Budget
from pytest_orchestrator.agents.clis import AgentCli
from pytest_orchestrator.agents.environment import ALWAYS
from pytest_orchestrator.agents.process import CliProcess
from pytest_orchestrator.agents.result import ProcessResult
from pytest_orchestrator.agents.session import OrchestratorSession
from pytest_orchestrator.agents.settings import Extras, Launch

PAGE = (Path(__file__).resolve().parents[2] / "docs/reference/agents.md").read_text(encoding="utf-8")


def section(name: str) -> str:
    start = PAGE.index(f"\n## {name}\n")
    end = PAGE.find("\n## ", start + 1)
    return PAGE[start : end if end > 0 else None]


def rows(name: str) -> set[str]:
    """Return the names in the first cells of a section's tables."""
    cells = re.findall(r"^\| (`.*?) \|", section(name), re.MULTILINE)
    return {word for cell in cells for word in re.findall(r"`(\w+)", cell)}


def parameters(function: Any) -> set[str]:
    kinds = (inspect.Parameter.VAR_KEYWORD, inspect.Parameter.VAR_POSITIONAL)
    given = inspect.signature(function).parameters.values()
    return {parameter.name for parameter in given if parameter.kind not in kinds} - {"self"}


def public(kind: type) -> set[str]:
    """Return the members of a class that are for its users."""
    mine = {"before", "after", "note_call", "secret_names"}  # between a session and its processes and strategies
    return {name for name in vars(kind) if not name.startswith("_")} - mine


def test_all_arguments_of_a_process_are_there_and_no_others() -> None:
    arguments = (parameters(CliProcess.__init__) - {"cli"}) | {field.name for field in fields(Extras)}
    members = public(CliProcess) - {"CLI", "is_unwanted"} | {"log_path"}
    assert rows("Process classes") == arguments | members


def test_all_fields_of_a_result_are_there_and_no_others() -> None:
    assert {name for name in rows("ProcessResult") if not name.isdigit()} - {"exit_code"} == {
        field.name for field in fields(ProcessResult)
    } - {"exit_code"}


def test_all_of_a_session_is_there_and_nothing_else() -> None:
    signature = re.search(r"^`OrchestratorSession\((.*)\)`$", section("OrchestratorSession"), re.MULTILINE)
    assert signature is not None
    names = re.findall(r"(\w+)(?:=|,|$)", re.sub(r"=[^,]+", "", signature[1]))
    assert set(names) == parameters(OrchestratorSession.__init__)
    members = public(OrchestratorSession) | {"budget"}
    assert rows("OrchestratorSession") - parameters(OrchestratorSession.__init__) == members - {"resume"}


@pytest.mark.parametrize(("name", "kind"), [("AgentCli", AgentCli)])
def test_all_fields_of_a_command_line_are_there_and_no_others(name: str, kind: Any) -> None:
    assert rows(name) == {field.name for field in fields(kind)}
    assert [field.name for field in fields(Launch) if f"`{field.name}`" not in section(name)] == []


def test_all_of_a_budget_is_there() -> None:
    told_to_processes = {"reserve", "update", "settle"}
    assert rows("Budget") == public(Budget) - told_to_processes


def test_every_variable_that_is_passed_on_is_named() -> None:
    text = section("Environment")
    assert [name for name in ALWAYS if f"`{name}`" not in text and f"`{name.upper()}`" not in text] == []
