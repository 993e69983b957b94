"""Arguments that make no sense: one kind of error, all mistakes of a call at once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

import pytest_orchestrator as library

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

CALLS: dict[str, tuple[Callable[[Any], object], list[str]]] = {
    "discover_scripts": (
        lambda call: call(5, subdirs=[1], pattern=2, max_depth="deep"),
        ["scripts_dir: 5 is not a path", "subdirs: 1 is not", "pattern: 2 is not", "max_depth: 'deep' is not"],
    ),
    "load_config": (lambda call: call(None), ["scripts_dir: None is not a path"]),
    "get_script_config": (
        lambda call: call(1, 2, None),
        ["script: 1 is not", "scripts_dir: 2 is not", "config: None is not a mapping; give what load_config returned"],
    ),
    "run_script": (
        lambda call: call("a.sh", timeout=-1, env={"A=": "1"}, cwd=7),
        ["run_script(): env: ", "run_script(): timeout: ", "cwd: 7 is not a path"],
    ),
    "save_log": (lambda call: call(None, 3), ["result: None is not a mapping", "output_dir: 3 is not a path"]),
    "generate_report": (
        lambda call: call({"script": "x"}, None),
        ["results: {'script': 'x'} is not a list", "output_dir: None is not a path"],
    ),
    "generate_script_documentation": (
        lambda call: call(1, 2),
        ["scripts_dir: 1 is not a path", "output_file: 2 is not a path"],
    ),
    "run_orchestrator": (lambda call: call("scripts"), ["argv: 'scripts' is not a list of words"]),
}


@pytest.mark.parametrize("name", CALLS)
def test_every_mistake_of_a_call_is_told_at_once(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    call, sentences = CALLS[name]
    with pytest.raises(library.ArgumentError) as caught:
        call(getattr(library, name))
    lines = str(caught.value).splitlines()
    assert len(lines) == len(sentences)
    for sentence in sentences:
        assert any(line.startswith(sentence) for line in lines), (sentence, lines)


def test_words_that_are_no_texts_are_refused_one_by_one() -> None:
    with pytest.raises(library.ArgumentError, match="argv: 1 is not a text\nargv: 2 is not a text"):
        library.run_orchestrator([1, "x", 2])  # type: ignore[list-item]


def test_a_page_that_cannot_be_written_is_a_report_error(tmp_path: Path) -> None:
    (tmp_path / "scripts").mkdir()
    with pytest.raises(library.ReportError, match=r"cannot write .*: Is a directory"):
        library.generate_script_documentation(tmp_path / "scripts", tmp_path / "scripts")
