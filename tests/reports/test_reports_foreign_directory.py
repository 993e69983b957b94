"""A report directory that is not ours keeps everything that is in it."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from pytest_orchestrator.core.document import run_line
from pytest_orchestrator.errors import ReportError
from pytest_orchestrator.reports.directory import ReportDirectory
from pytest_orchestrator.reports.library import generate_report

if TYPE_CHECKING:
    from pathlib import Path

RUN = run_line(
    run_id="r", started=0.0, rootdir_name="p", command=["pytest"], version="", python="", pytest="", platform="",
    jobs=1, workers=0,
)  # fmt: skip


def _below(directory: Path) -> list[str]:
    return sorted(str(path.relative_to(directory)) for path in directory.rglob("*"))


@pytest.mark.parametrize(
    "name", ["logs/app.log", "work/thesis.tex", "results.jsonl", "summary.json", "report.md", "history.jsonl", ".lock"]
)
def test_a_directory_with_files_of_the_user_is_refused_and_not_touched(tmp_path: Path, name: str) -> None:
    mine = tmp_path / name
    mine.parent.mkdir(exist_ok=True)
    mine.write_text('{"type": "mine"}\n')
    before = _below(tmp_path)
    with pytest.raises(ReportError) as caught:
        ReportDirectory.claim(tmp_path)
    assert _below(tmp_path) == before
    assert mine.read_text() == '{"type": "mine"}\n'
    message = str(caught.value)
    assert (repr(str(tmp_path)) in message, repr(name.partition("/")[0]) in message) == (True, True)
    assert message.endswith("name an empty or a new directory with --orchestrate-report-dir")
    assert "\n" not in message


def test_a_cache_of_another_program_is_not_ours(tmp_path: Path) -> None:
    (tmp_path / "CACHEDIR.TAG").write_text("Signature: 8a477f597d28d172789f06886806bc55\n# Made by another program.\n")
    (tmp_path / "logs").mkdir()
    with pytest.raises(ReportError, match="'logs'"):
        ReportDirectory.claim(tmp_path)


def test_a_directory_without_such_names_is_taken_and_known_again_by_the_next_run(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("mine")
    first = ReportDirectory.claim(tmp_path)
    (tmp_path / "logs").mkdir()
    first.release()
    second = ReportDirectory.claim(tmp_path)
    second.release()
    assert not (tmp_path / "logs").exists()
    assert (tmp_path / "notes.txt").read_text() == "mine"


def test_results_of_a_run_show_that_a_directory_is_ours(tmp_path: Path) -> None:
    (tmp_path / "results.jsonl").write_text(RUN)
    (tmp_path / "report.md").write_text("# Passed")
    ReportDirectory.claim(tmp_path).release()
    assert not (tmp_path / "report.md").exists()


def test_a_directory_that_only_sounds_like_that_of_a_session_is_kept(tmp_path: Path) -> None:
    (tmp_path / "session-notes").mkdir()
    (tmp_path / "session-notes" / "monday.txt").write_text("mine")
    ReportDirectory.claim(tmp_path).release()
    assert (tmp_path / "session-notes" / "monday.txt").read_text() == "mine"


def test_the_directory_of_an_earlier_session_beside_another_is_removed(tmp_path: Path) -> None:
    first = ReportDirectory.claim(tmp_path / "reports")
    beside = ReportDirectory.claim(tmp_path / "reports")
    assert (beside.path.name, beside.taken_by) == (f"session-{os.getpid()}", str(os.getpid()))
    first.release()
    beside.release()
    ReportDirectory.claim(tmp_path / "reports").release()
    assert not beside.path.exists()


def test_a_report_of_plain_results_replaces_no_file_of_the_user(tmp_path: Path) -> None:
    (tmp_path / "report.md").write_text("mine")
    with pytest.raises(ReportError, match=r"holds 'report\.md', which reports would replace"):
        generate_report([], tmp_path)
    assert _below(tmp_path) == ["report.md"]
