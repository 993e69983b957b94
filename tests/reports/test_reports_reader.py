"""Reading results.jsonl, whatever a crash made of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pytest_orchestrator.core.document import end_line, result_line, run_line, section_line
from pytest_orchestrator.core.status import Status
from pytest_orchestrator.errors import OrchestratorError, ReportError
from pytest_orchestrator.reports.reader import iter_results, read_results

if TYPE_CHECKING:
    from pathlib import Path

RUN = run_line(
    run_id="r1",
    started=1000.0,
    rootdir_name="project",
    command=["pytest", "--orchestrate", "scripts"],
    version="0.1",
    python="3.11",
    pytest="9.0",
    platform="linux",
    jobs=2,
    workers=0,
)
ONE = result_line("scripts/a.sh::run", "script", Status.PASSED, 0.25, None, {"stdout": "hello"})
TWO = result_line("scripts/b.sh::run", "script", Status.FAILED, 0.5, "gw1", {"stdout": "x" * 9999, "error": "exit 3"})
END = end_line(exit_status=1, ended=1002.0, totals={Status.PASSED: 1, Status.FAILED: 1}, collected=2)


def _file(tmp_path: Path, text: str | bytes) -> Path:
    path = tmp_path / "results.jsonl"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def test_a_whole_file_gives_the_run_its_rows_and_its_end(tmp_path: Path) -> None:
    document = read_results(_file(tmp_path, RUN + ONE + TWO + section_line("Costs", "*none*") + END))
    assert [row.nodeid for row in document.rows] == ["scripts/a.sh::run", "scripts/b.sh::run"]
    assert document.end is not None
    assert (document.end.exit_status, document.duration, document.crashed) == (1, 2.0, False)
    assert document.sections == (("Costs", "*none*"),)
    assert document.unreadable == 0


def test_a_file_without_an_end_is_a_crashed_run(tmp_path: Path) -> None:
    document = read_results(_file(tmp_path, RUN + ONE))
    assert document.crashed
    assert len(document.rows) == 1


@pytest.mark.parametrize("cut", [1, 20, len(TWO) - 2])
def test_a_last_line_cut_short_is_left_out(tmp_path: Path, cut: int) -> None:
    document = read_results(_file(tmp_path, RUN + ONE + TWO[:cut]))
    assert [row.nodeid for row in document.rows] == ["scripts/a.sh::run"]
    assert document.unreadable == 0


def test_a_whole_last_line_without_its_newline_counts(tmp_path: Path) -> None:
    assert not read_results(_file(tmp_path, RUN + ONE + END.rstrip("\n"))).crashed


@pytest.mark.parametrize(
    "line",
    [
        b"{broken\n",
        b"[1]\n",
        b"\xff\xfe\n",
        b"\0\0\0\n",
        b'{"type":"result"}\n',
        b'{"type":"result","nodeid":"a","status":"odd"}\n',
        b"[" * 99999 + b"\n",
    ],
)
def test_a_line_that_is_no_result_is_counted_and_the_others_are_read(tmp_path: Path, line: bytes) -> None:
    document = read_results(_file(tmp_path, RUN.encode() + line + ONE.encode()))
    assert document.unreadable == 1
    assert len(document.rows) == 1


def test_line_types_and_keys_of_a_later_version_are_passed_over(tmp_path: Path) -> None:
    later = '{"type":"weather","sky":"blue"}\n' + ONE.replace('"kind"', '"mood":"good","kind"')
    document = read_results(_file(tmp_path, RUN + later + END))
    assert document.unreadable == 0
    assert len(document.rows) == 1


@pytest.mark.parametrize("text", ["", "\n", '{"type":"ru'])
def test_an_empty_file_says_that_the_run_ended_too_early(tmp_path: Path, text: str) -> None:
    with pytest.raises(ReportError, match="is empty: the run ended before it wrote its first line"):
        read_results(_file(tmp_path, text))


@pytest.mark.parametrize("text", ["hello\n", '{"type":"result"}\n', "[]\n"])
def test_a_file_of_another_kind_is_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(OrchestratorError, match="not a results file"):
        read_results(_file(tmp_path, text))


def test_another_format_is_refused_with_the_place(tmp_path: Path) -> None:
    with pytest.raises(ReportError, match=r"results\.jsonl:1: format 99 is not known here"):
        read_results(_file(tmp_path, RUN.replace('"format":1', '"format":99')))


def test_a_missing_file_says_what_to_give(tmp_path: Path) -> None:
    with pytest.raises(ReportError, match=r"there is no results file .* give the directory"):
        read_results(tmp_path / "results.jsonl")


def test_a_directory_in_its_place_is_an_error_with_the_reason(tmp_path: Path) -> None:
    with pytest.raises(ReportError, match=r"cannot read the results file .*: Is a directory"):
        read_results(tmp_path)


def test_rows_are_also_read_one_by_one_with_all_their_data(tmp_path: Path) -> None:
    rows = list(iter_results(_file(tmp_path, RUN + ONE + "{broken\n" + TWO + END)))
    assert [len(row.data["stdout"]) for row in rows] == [5, 9999]
