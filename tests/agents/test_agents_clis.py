"""Command lines of others: what is wrong with one is told when it is made known, or where its words are asked for."""

from __future__ import annotations

from importlib.metadata import EntryPoint
from typing import TYPE_CHECKING, Any

import pytest

from pytest_orchestrator.agents import clis
from pytest_orchestrator.agents.clis import AgentCli, agent_cli, register_agent_cli
from pytest_orchestrator.agents.plain_stream import PlainParser
from pytest_orchestrator.agents.process import CliProcess
from pytest_orchestrator.errors import AgentError, ArgumentError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture(autouse=True)
def _none_is_left_behind() -> Iterator[None]:
    before = clis.registered_clis()
    yield
    clis.restore_clis(before)


def plain() -> PlainParser:
    return PlainParser("other")


def test_all_wrong_fields_are_told_at_once() -> None:
    given: Any = {"name": "", "executable": 5, "arguments": ["-x"], "parser": plain(), "variables": "X", "homes": ["Y"]}
    with pytest.raises(ArgumentError) as caught:
        register_agent_cli(AgentCli(**given))
    assert [line.split(": ")[:2] for line in str(caught.value).splitlines()] == [
        ["AgentCli ''", field] for field in ("name", "executable", "arguments", "parser", "variables", "homes")
    ]


@pytest.mark.parametrize("words", ["-x", ["-x", 5], None])
def test_words_that_are_no_list_of_texts_are_told_before_anything_runs(tmp_path: Path, words: Any) -> None:
    register_agent_cli(AgentCli("other", "sh", lambda _: words, plain))
    with pytest.raises(AgentError, match=r"'other': its arguments function returned .*, no list of texts"):
        CliProcess("x", "x", tmp_path, tmp_path / "logs", cli="other")


def test_what_a_process_needs_and_is_not_there_is_told_with_its_remedy(tmp_path: Path) -> None:
    register_agent_cli(AgentCli("other", "sh", lambda _: ["-c", "true"], plain))
    file = tmp_path / "file"
    file.touch()
    result = CliProcess("x", "x", file, tmp_path / "logs", stream_output=False, cli="other").run()
    assert (result.exit_code, result.error) == (126, f"not startable: its working directory '{file}' is no directory")
    process = CliProcess("x", "it's", tmp_path, file, cli="other")
    with pytest.raises(
        FileExistsError, match=r'the log of process "it.s" cannot be made: .* name another place, log_dir'
    ):
        process.run()


def test_entry_points_that_give_something_else_are_told_with_the_name_that_is_missing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    values = {"number": "math:pi", "tuple": "sys:version_info", "gone": "nosuchmodule:X"}
    entries = [EntryPoint(name, value, clis.ENTRY_POINTS) for name, value in values.items()]
    monkeypatch.setattr("importlib.metadata.entry_points", lambda **_: entries)
    monkeypatch.setattr(clis, "_has_entry_points", False)
    monkeypatch.setattr(clis, "_problems", [])
    with pytest.raises(AgentError) as caught:
        agent_cli("nobody")
    told = str(caught.value)
    assert "'number' (math:pi) in the group pytest_orchestrator.agents gives 3.14" in told
    assert "'tuple' (sys:version_info) in the group pytest_orchestrator.agents gives sys.version_info" in told
    assert "'gone' (nosuchmodule:X) in the group pytest_orchestrator.agents cannot be loaded: ModuleNotFound" in told
