"""The reference page of strategies and patterns: its examples, its signatures, and that it leaves nothing out."""

from __future__ import annotations

import doctest
import inspect
import re
import sys
from dataclasses import fields
from pathlib import Path

import pytest

import pytest_orchestrator
from pytest_orchestrator.agents.patterns.aggregation import Aggregate
from pytest_orchestrator.agents.progress import ProgressEvent, Stage

PAGE = Path(__file__).resolve().parents[2] / "docs/reference/agent-patterns.md"
TEXT = PAGE.read_text(encoding="utf-8")
_BLOCK = re.compile(r"^```(\w+)(?: (\S+))?\n(.*?)^```$", re.MULTILINE | re.DOTALL)
BLOCKS = [(match[1], match[2] or "", match[3]) for match in _BLOCK.finditer(TEXT)]
FUNCTIONS = (
    "run_parallel", "run_sequential", "run_with_fallback", "run_batched", "aggregate", "n_version", "debate",
    "cascade", "expert_panel",
)  # fmt: skip


def test_every_example_gives_what_is_shown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for _, name, text in BLOCKS:
        if name:
            (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / name).write_text(text)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", sys.path[:])
    names: dict[str, object] = {"__name__": "examples"}
    runner = doctest.DocTestRunner(verbose=False, optionflags=doctest.ELLIPSIS)
    told: list[str] = []
    examples = 0
    for language, _, text in BLOCKS:
        if language == "pycon":
            test = doctest.DocTestParser().get_doctest(text, names, PAGE.name, PAGE.name, 0)
            examples += len(test.examples)
            runner.run(test, out=told.append, clear_globs=False)
            names = test.globs
    sys.modules.pop("agents", None)
    assert "".join(told) == ""
    assert examples > 20


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_signature_is_that_of_the_function(name: str) -> None:
    shown = re.search(rf"^## {name}\n\n`{name}\((.*)\) -> (.*)`$", TEXT, re.MULTILINE)
    assert shown is not None
    signature = inspect.signature(getattr(pytest_orchestrator, name))
    parts = []
    for parameter in signature.parameters.values():
        if parameter.kind is parameter.KEYWORD_ONLY and "*" not in parts:
            parts.append("*")
        default = "" if parameter.default is parameter.empty else f"={parameter.default!r}".replace("'", '"')
        parts.append(parameter.name + (default if parameter.name != "rebuttal" else "=…"))
    # What all have in common is left out where there is much else.
    common = ", ".join(parts[-3:])
    assert common == "on_progress=None, retry=None, retry_on=None" or name == "aggregate"
    assert shown[1] in (", ".join(parts), ", ".join([*parts[:-3], "…"]))
    assert shown[2] == signature.return_annotation


@pytest.mark.parametrize("name", [field.name for field in fields(ProgressEvent)])
def test_every_attribute_of_an_event_is_told(name: str) -> None:
    section = TEXT.partition("\n## ProgressEvent\n")[2].partition("\n## ")[0]
    assert f"`{name}`" in section
    assert all(f"`{stage}`" in section for stage in Stage)


@pytest.mark.parametrize("name", [field.name for field in fields(Aggregate)])
def test_every_attribute_of_a_vote_is_told(name: str) -> None:
    section = TEXT.partition("\n## aggregate\n")[2].partition("\n## ")[0]
    assert f"`{name}`" in section


@pytest.mark.parametrize("name", ["NVersion", "Debate", "Cascade", "ExpertPanel"])
def test_every_attribute_of_what_patterns_return_is_told(name: str) -> None:
    section = TEXT.partition(f"-> {name}`")[2].partition("\n## ")[0]
    kind = getattr(pytest_orchestrator, name)
    wanted = {field.name for field in fields(kind)} | {
        attribute for attribute, value in vars(kind).items() if isinstance(value, property)
    }
    assert {attribute for attribute in wanted if f"`{attribute}`" not in section} == set()
