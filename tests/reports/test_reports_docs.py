"""The page about the format names every key that is written."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from report_documents import document, row

from pytest_orchestrator.core.document import collection_error_line, end_line, result_line, run_line, section_line
from pytest_orchestrator.core.kinds import SKILL_PARTS
from pytest_orchestrator.core.result import RunResult
from pytest_orchestrator.core.status import Reason, Status
from pytest_orchestrator.reports.history import history_entry
from pytest_orchestrator.reports.summary import summarize
from pytest_orchestrator.skills.finding import Severity
from pytest_orchestrator.skills.result import SkillResult

_DOCS = Path(__file__).parents[2] / "docs"
_SUMMARY = summarize(document(row("a.sh")))
_RUN = run_line(
    run_id="", started=0.0, rootdir_name="", command=[], version="", python="", pytest="", platform="", jobs=1,
    workers=0, collected=0, order="",
)  # fmt: skip
_RESULT = RunResult("", "", "", 0.0, 0.0, Status.PASSED, 0, 0.0)

_OF_SKILL = SkillResult("", "links", None, Status.PASSED)
_HEADINGS = {
    "## Status": [*Status, *Reason],
    "## results.jsonl": [
        *json.loads(_RUN),
        *json.loads(result_line("", "script", Status.PASSED, 0.0, None, None)),
        *json.loads(section_line("", "")),
        *json.loads(collection_error_line("", "")),
        *json.loads(end_line(exit_status=0, ended=0.0, totals={}, collected=0)),
    ],
    "## The result dictionary": [*_RESULT.as_dict()],
    "## The result dictionary of a skill": [*_OF_SKILL.as_dict(), *SKILL_PARTS, *Severity],
    "## summary.json": [
        *_SUMMARY,
        *_SUMMARY["run"],
        *_SUMMARY["by_kind"]["script"],
        *_SUMMARY["left_processes"],
        *_SUMMARY["skills"],
    ],
    "## history.jsonl": [*history_entry(_SUMMARY)],
}


@pytest.mark.skipif(not _DOCS.is_dir(), reason="the documentation is not beside these tests")
@pytest.mark.parametrize("heading", _HEADINGS)
def test_every_key_has_its_place_in_the_reference(heading: str) -> None:
    page = (_DOCS / "reference/result-format.md").read_text()
    section = page.split(f"\n{heading}\n", 1)[1].split("\n## ", 1)[0]
    named = set(re.findall(r"[`\"](\w+)[`\"]", section))
    assert set(map(str, _HEADINGS[heading])) - named == set()
