"""The examples of the library's reference page do what the page says."""

from __future__ import annotations

import doctest
import inspect
import re
import subprocess
import sys
from pathlib import Path

import pytest

import pytest_orchestrator

PAGE = Path(__file__).resolve().parents[2] / "docs/reference/library.md"
TEXT = PAGE.read_text(encoding="utf-8")
_BLOCK = re.compile(r"^```(\w+)(?: (\S+))?\n(.*?)^```$", re.MULTILINE | re.DOTALL)
PUBLIC = pytest_orchestrator.__all__
BLOCKS = [(match[1], match[2] or "", match[3]) for match in _BLOCK.finditer(TEXT)]


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The directory that the page describes."""
    for _, name, text in BLOCKS:
        if name:
            (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / name).write_text(text)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", sys.path[:])
    return tmp_path


def test_every_example_gives_what_is_shown(place: Path) -> None:
    names: dict[str, object] = {"__name__": "examples"}
    flags = doctest.ELLIPSIS
    runner = doctest.DocTestRunner(verbose=False, optionflags=flags)
    told: list[str] = []
    examples = 0
    for language, _, text in BLOCKS:
        if language == "pycon":
            test = doctest.DocTestParser().get_doctest(text, names, "library.md", "library.md", 0)
            examples += len(test.examples)
            runner.run(test, out=told.append, clear_globs=False)
            names = test.globs
    sys.modules.pop("invoices", None)
    assert "".join(told) == ""
    assert examples > 30


def test_the_program_with_a_guard_runs(place: Path) -> None:
    (program,) = (text for language, name, text in BLOCKS if language == "python" and not name)
    (place / "program.py").write_text(program)
    done = subprocess.run([sys.executable, "program.py"], capture_output=True, text=True)
    assert (done.stdout, done.stderr) == ("42\n", "")


def test_the_tests_with_the_fixtures_pass_with_and_without_orchestrate(place: Path) -> None:
    for flags in ([], ["--orchestrate"]):
        words = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *flags, "tests"]
        done = subprocess.run(words, capture_output=True, text=True)
        assert "2 passed" in done.stdout, done.stdout
    assert not (place / ".orchestrator/logs").exists()


def test_every_public_name_is_on_the_page() -> None:
    assert [name for name in pytest_orchestrator.__all__ if name != "__version__" and f"`{name}" not in TEXT] == []


@pytest.mark.parametrize(
    "name",
    sorted(name for name in pytest_orchestrator.__all__ if inspect.isfunction(getattr(pytest_orchestrator, name))),
)
def test_the_signature_on_the_page_is_the_real_one(name: str) -> None:
    parameters = inspect.signature(getattr(pytest_orchestrator, name)).parameters.values()
    shown = [
        parameter.name if parameter.default is parameter.empty else f"{parameter.name}={parameter.default!r}"
        for parameter in parameters
        if parameter.kind is parameter.POSITIONAL_OR_KEYWORD
    ]
    assert f"`{name}({', '.join(shown)}) -> " in TEXT
