"""The lines of results.jsonl: one line each, plain JSON, and read back as they were written."""

from __future__ import annotations

import json
import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_orchestrator.core.document import (
    NO_DATA,
    TAIL_CHARS,
    ResultRow,
    RunDocument,
    RunEnd,
    RunFacts,
    end_line,
    result_line,
    run_line,
)
from pytest_orchestrator.core.jsontext import compact, readable
from pytest_orchestrator.core.status import Status

_ANY_TEXT = st.text(alphabet=st.characters(exclude_categories=()))


def _run(**extra: Any) -> str:
    return run_line(
        run_id="r1", started=0.0, rootdir_name="project", command=["pytest", "--orchestrate"], version="0.1",
        python="3.11", pytest="9.0", platform="linux", jobs=2, workers=0, **extra,
    )  # fmt: skip


@given(st.dictionaries(_ANY_TEXT, st.one_of(_ANY_TEXT, st.floats(), st.integers(), st.lists(_ANY_TEXT))))
def test_any_result_is_one_line_of_strict_json(data: dict[str, Any]) -> None:
    line = result_line("a.sh::run", "script", Status.PASSED, 0.5, None, data)
    assert line.endswith("\n")
    assert len(line.splitlines()) == 1
    line.encode("utf-8")
    assert json.loads(line, parse_constant=lambda name: pytest.fail(f"{name} is no JSON"))["status"] == "passed"


@given(st.dictionaries(st.text(), st.one_of(st.none(), st.booleans(), st.text(), st.integers(), st.lists(st.text()))))
def test_plain_data_comes_back_as_it_was(data: dict[str, Any]) -> None:
    row = ResultRow.from_json(json.loads(result_line("a.sh::run", "script", Status.FAILED, 1.25, "gw0", data)))
    assert (row.nodeid, row.kind, row.status, row.duration, row.worker) == (
        "a.sh::run",
        "script",
        Status.FAILED,
        1.25,
        "gw0",
    )
    assert row.data == data
    assert json.loads(readable(data)) == data


def test_a_byte_that_is_no_text_is_shown_by_its_number() -> None:
    assert compact("\udcff\ud800ü\u2028") == r'"\\xff\\ud800ü\u2028"'


def test_values_without_a_json_form_become_text() -> None:
    cyclic: list[Any] = []
    cyclic.append(cyclic)
    data = {"nan": math.nan, "set": {1}, ("a", 1): b"x", "cyclic": cyclic}
    assert json.loads(compact({k: v for k, v in data.items() if k != "cyclic"})) == {
        "nan": "nan",
        "set": "{1}",
        "('a', 1)": "b'x'",
    }
    assert "[[...]]" in compact(data)


def test_a_readable_log_has_one_key_a_line() -> None:
    assert readable({"a": 1, "b": "x"}) == '{\n "a": 1,\n "b": "x"\n}\n'


def test_the_run_line_holds_its_facts_and_unknown_keys_do_no_harm() -> None:
    facts = RunFacts.from_json({**json.loads(_run(collected=7)), "colour": "blue"})
    assert facts.command == ("pytest", "--orchestrate")
    assert (facts.run_id, facts.jobs, facts.collected) == ("r1", 2, 7)
    assert json.loads(_run())["started"].startswith(("1970", "1969"))


def test_another_format_is_refused_and_both_are_named() -> None:
    with pytest.raises(ValueError, match=r"format 2 is not known here; this version reads format 1"):
        RunFacts.from_json({"type": "run", "format": 2})


def test_the_end_line_counts_every_status() -> None:
    line = json.loads(end_line(exit_status=1, ended=2.5, totals={Status.FAILED: 1}, collected=1))
    assert line["totals"] == {str(status): int(status is Status.FAILED) for status in Status}


def test_a_run_lasts_from_its_start_to_its_end() -> None:
    run = RunFacts.from_json(json.loads(_run()))
    end = RunEnd.from_json(json.loads(end_line(exit_status=0, ended=2.5, totals={}, collected=3)))
    assert RunDocument(run, end=end).duration == 2.5
    assert RunDocument(run).duration is None


def test_items_without_a_row_are_counted() -> None:
    row = ResultRow("a.sh::run", "script", Status.PASSED, 0.1)
    document = RunDocument(RunFacts("r1", "", collected=5), (row,))
    assert (document.collected, document.unrecorded, document.crashed) == (5, 4, True)


@pytest.mark.parametrize(
    ("nodeid", "directory"),
    [
        ("a.sh::run", "."),
        ("x/y/a.sh::run[b/c]", "x/y"),
        ("/a.sh::run", "/"),
        ("../a.sh::run", ".."),
        ("x/orchestrator.yaml", "x"),
    ],
)
def test_the_directory_of_an_item_is_read_from_its_id(nodeid: str, directory: str) -> None:
    assert ResultRow(nodeid, "script", Status.PASSED, 0).directory == directory


def test_a_digest_of_an_uneventful_pass_holds_nothing() -> None:
    data = {"stdout": "x" * 9000, "notes": [], "attempts": [], "command": ["sh"], "error": None}
    assert ResultRow("a", "script", Status.PASSED, 0, "", data).digest().data is NO_DATA


def test_a_digest_of_a_failure_keeps_the_end_of_its_output() -> None:
    data = {"stdout": "x" * 9000 + "end", "stderr": "", "error": "exit 3", "exit_code": 3, "mine": 1}
    row = ResultRow("a", "script", Status.FAILED, 0, "", data)
    assert row.digest().data == {"stdout": ("x" * 9000 + "end")[-TAIL_CHARS:], "error": "exit 3", "exit_code": 3}
    assert "stdout" not in row.digest(output=False).data
