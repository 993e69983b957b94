"""The reference pages written by hand say what the code says."""

from __future__ import annotations

import inspect
import json
import re
import textwrap
from typing import TYPE_CHECKING, Any

import pytest
from doc_pages import ROOT, pages

from pytest_orchestrator import hookspecs, plugin
from pytest_orchestrator.config.options import OPTIONS, flag
from pytest_orchestrator.config.schema import json_schema
from pytest_orchestrator.config.values import RESERVED_VARIABLES
from pytest_orchestrator.process.supervisor.marks import RUN_VARIABLE
from pytest_orchestrator.scripts.environment import NOT_INHERITED

if TYPE_CHECKING:
    from pytest_orchestrator.config.option import Option

GENERATED = {ROOT / "docs" / "reference" / name for name in ("options.md", "configuration.md")}
BY_HAND = "\n".join(page.read_text(encoding="utf-8") for page in pages() if page not in GENERATED)
HOOKS: list[tuple[str, Any]] = [
    (name, function) for name, function in vars(hookspecs).items() if name.startswith("pytest_orchestrator_")
]


def _page(name: str) -> str:
    return (ROOT / "docs" / "reference" / name).read_text(encoding="utf-8")


def test_the_schema_beside_the_pages_is_the_one_that_the_command_prints() -> None:
    # When this fails: pytest-orchestrator schema > docs/reference/orchestrator.schema.json
    assert json.loads(_page("orchestrator.schema.json")) == json_schema()


@pytest.mark.parametrize("option", OPTIONS, ids=lambda option: option.name)
def test_every_option_is_told_of_outside_of_the_generated_pages(option: Option) -> None:
    spellings = [rf"\b{option.name}:", rf"`{option.name}`", rf"`{option.name}:", rf"\borchestrate_{option.name}\b"]
    if option.key:
        spellings += [rf"^  {option.key}:", rf"`{option.key}(?:`|: )"]
    if option.has_flag:
        spellings.append(rf"{re.escape(flag(option))}(?![a-z-])")
    assert re.search("|".join(spellings), BY_HAND, re.MULTILINE)


@pytest.mark.parametrize(("name", "hook"), HOOKS, ids=[name for name, _ in HOOKS])
def test_a_hook_has_a_section_with_its_signature_and_its_example(name: str, hook: Any) -> None:
    page = _page("hooks.md")
    start = page.index(f"\n## {name}\n")
    end = page.find("\n## ", start + 1)
    section = page[start : end if end > 0 else None]
    names = ", ".join(inspect.signature(hook).parameters)
    assert f"{name}({names})" in section
    documented = inspect.getdoc(hook) or ""
    example = textwrap.dedent(documented.partition("::\n\n")[2]).strip()
    assert f"def {name}(" in example
    assert example in section


def test_no_hook_is_described_that_does_not_exist() -> None:
    assert re.findall(r"^## (pytest_orchestrator_\w+)$", _page("hooks.md"), re.MULTILINE) == [name for name, _ in HOOKS]


def test_every_fixture_has_a_section() -> None:
    headings = " ".join(re.findall(r"^## (.+)$", _page("fixtures.md"), re.MULTILINE))
    names = {name for name in plugin.__all__ if not name.startswith(("_", "pytest_"))}
    assert names <= set(re.findall(r"\w+", headings))


def test_every_exit_code_of_pytest_is_explained() -> None:
    page = _page("exit-codes.md")
    rows = {int(code): name for code, name in re.findall(r"^\| (\d) \| `(\w+)` \|", page, re.MULTILINE)}
    # The page tells of the newest pytest; an older one has fewer.
    assert {int(code): code.name for code in pytest.ExitCode}.items() <= rows.items()


def test_every_variable_that_is_set_or_removed_is_explained() -> None:
    page = _page("environment.md")
    names = [*RESERVED_VARIABLES, RUN_VARIABLE.decode(), "PYTHONPATH", *(name.decode() for name in NOT_INHERITED)]
    assert [name for name in names if f"`{name}`" not in page] == []
