"""The history remembers each run once, and the last thousand of them."""

from __future__ import annotations

import json
import multiprocessing
from typing import TYPE_CHECKING, Any

import pytest
from report_documents import document, row

from pytest_orchestrator.errors import ReportError
from pytest_orchestrator.reports.history import append_history, history_entry
from pytest_orchestrator.reports.summary import summarize

if TYPE_CHECKING:
    from pathlib import Path


def _entries(path: Path) -> list[dict[str, Any]]:
    lines = path.read_text(errors="replace").splitlines()
    return [json.loads(line) for line in lines if line.endswith("}")]


def _ids(path: Path) -> list[object]:
    return [entry["run_id"] for entry in _entries(path)]


def test_a_run_is_one_line_with_its_facts(tmp_path: Path) -> None:
    path = tmp_path / "history.jsonl"
    append_history(path, history_entry(summarize(document(row("a.sh")))))
    (line,) = path.read_text().splitlines()
    entry = json.loads(line)
    assert list(entry) == ["run_id", "started", "duration", "verdict", "exit_status", "collected", "totals"]
    assert (entry["run_id"], entry["duration"], entry["totals"]["passed"]) == ("r1", 10.5, 1)


def test_the_oldest_are_forgotten(tmp_path: Path) -> None:
    path = tmp_path / "history.jsonl"
    for number in range(100):
        append_history(path, {"run_id": str(number)}, keep=8)
        assert len(_ids(path)) <= 10
    assert _ids(path)[-8:] == [str(number) for number in range(92, 100)]


def test_a_run_that_is_rendered_again_keeps_its_place(tmp_path: Path) -> None:
    path = tmp_path / "history.jsonl"
    for run_id in ("one", "two"):
        append_history(path, {"run_id": run_id, "verdict": "crashed"})
    before = path.read_bytes()
    append_history(path, {"run_id": "one", "verdict": "crashed"})
    assert path.read_bytes() == before
    append_history(path, {"run_id": "one", "verdict": "passed"})
    assert _entries(path) == [{"run_id": "one", "verdict": "passed"}, {"run_id": "two", "verdict": "crashed"}]


def test_a_line_cut_short_by_a_crash_swallows_no_other(tmp_path: Path) -> None:
    path = tmp_path / "history.jsonl"
    path.write_text('{"run_id": "one"}\n{"run_id": "tw')
    append_history(path, {"run_id": "three"})
    assert _ids(path) == ["one", "three"]


def test_lines_of_another_kind_are_passed_over(tmp_path: Path) -> None:
    path = tmp_path / "history.jsonl"
    path.write_bytes(b'[1]\n\xff\n{"run_id":"one"}\n')
    append_history(path, {"run_id": "two"})
    append_history(path, {"run_id": "two", "verdict": "passed"})
    assert path.read_text() == '{"run_id":"one"}\n{"run_id":"two","verdict":"passed"}\n'


def _write_many(path: str, writer: int) -> None:
    for number in range(25):
        append_history(path, {"run_id": f"{writer}-{number}"}, keep=60)


def test_writers_at_the_same_time_lose_no_line(tmp_path: Path) -> None:
    path = tmp_path / "history.jsonl"
    context = multiprocessing.get_context("spawn")
    writers = [context.Process(target=_write_many, args=(str(path), writer)) for writer in range(2)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    assert [writer.exitcode for writer in writers] == [0, 0]
    assert sorted(map(str, _ids(path))) == sorted(f"{writer}-{number}" for writer in range(2) for number in range(25))


def test_writers_that_also_forget_leave_whole_lines_and_the_newest(tmp_path: Path) -> None:
    path = tmp_path / "history.jsonl"
    path.write_text("".join(f'{{"run_id":"old-{number}"}}\n' for number in range(70)))
    context = multiprocessing.get_context("spawn")
    writers = [context.Process(target=_write_many, args=(str(path), writer)) for writer in range(2)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    ids = list(map(str, _ids(path)))
    assert len(ids) == len(path.read_text().splitlines()) <= 75
    assert {f"{writer}-{number}" for writer in range(2) for number in range(25)} <= set(ids)


def test_a_history_that_cannot_be_written_says_why(tmp_path: Path) -> None:
    with pytest.raises(ReportError, match="cannot write the history"):
        append_history(tmp_path, {"run_id": "one"})
