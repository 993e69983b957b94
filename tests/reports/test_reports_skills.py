"""What was found in skills, in the summary and the report."""

from __future__ import annotations

from typing import Any

import pytest

from pytest_orchestrator.core.document import ResultRow, RunDocument, RunFacts
from pytest_orchestrator.core.status import Status
from pytest_orchestrator.reports.markdown import LIMIT_BYTES, render_markdown
from pytest_orchestrator.reports.skills import found_in_skills, skills_summary
from pytest_orchestrator.reports.summary import summarize
from pytest_orchestrator.reports.terminal import closing_lines

RUN = RunFacts(run_id="1", started="2026-01-01T00:00:00+00:00", rootdir_name="r")


def finding(
    severity: str = "error", line: int = 1, message: str = "there is no file 'x'", **more: Any
) -> dict[str, Any]:
    return {
        "code": "SK401", "severity": severity, "line": line, "column": 1, "message": message, "remedy": "add it",
        "part": "links", "path": "skills/x/SKILL.md", **more,
    }  # fmt: skip


def row(name: str, part: str, *findings: dict[str, Any], worker: str = "", **more: Any) -> ResultRow:
    bad = any(each["severity"] == "error" for each in findings)
    data = {
        "profile": "spec", "profile_reason": "no field of another profile", "findings": list(findings),
        "error": "1 error" if bad else None, "ignored": 0, "baselined": 0, "notes": [], **more,
    }  # fmt: skip
    status = Status.FAILED if bad else Status.PASSED
    return ResultRow(f"skills/{name}/SKILL.md::{part}", "skill", status, 0.0, worker, data).digest()


def document(*rows: ResultRow) -> RunDocument:
    return RunDocument(RUN, rows)


def test_findings_are_put_together_by_skill_with_the_worst_first() -> None:
    skills = found_in_skills(
        [
            row("c", "links", finding("warning")),
            row("a", "links"),
            row("b", "links", finding(), worker="gw0"),
            row("b", "code", finding("warning"), worker="gw1", ignored=2, baselined=3),
        ]
    )
    assert [found.path for found in skills] == [f"skills/{name}/SKILL.md" for name in "bca"]
    assert skills[0].counts == {"error": 1, "warning": 1, "note": 0}
    assert (skills[0].ignored, skills[0].baselined) == (2, 3)


def test_findings_of_several_workers_that_all_did_all_count_once() -> None:
    rows = [row("a", "links", finding(), worker=worker) for worker in ("gw0", "gw1")]
    assert skills_summary(rows)["findings"]["error"] == 1


def test_the_summary_counts_them() -> None:
    summary = summarize(document(row("a", "links", finding(), finding("note")), row("b", "code")))["skills"]
    assert summary == {
        "count": 2,
        "findings": {"error": 1, "warning": 0, "note": 1},
        "ignored": 0,
        "baselined": 0,
        "concerned": {"count": 1, "paths": ["skills/a/SKILL.md"]},
    }
    assert summarize(document())["skills"]["count"] == 0


@pytest.mark.parametrize(
    ("rows", "line"),
    [
        ([row("a", "links", finding())], "skills: 1 error in skills/a/SKILL.md"),
        (
            [row("a", "links", finding(), finding("warning")), row("b", "links", finding("warning"))],
            "skills: 1 error, 2 warnings in 2 skills, first skills/a/SKILL.md",
        ),
        (
            [row("a", "links", finding("warning")), row("b", "links")],
            "skills: 1 warning in 1 of 2 skills, first skills/a/SKILL.md",
        ),
        (
            [row("a", "links", finding(), baselined=3), row("b", "links", ignored=1, baselined=1)],
            "skills: besides, 1 ignored, 4 in the baseline",
        ),
        ([row("a", "links", baselined=3)], "skills: nothing found; 3 in the baseline"),
    ],
)
def test_the_closing_lines_name_them(rows: list[ResultRow], line: str) -> None:
    assert line in closing_lines(summarize(document(*rows)), "out", 80, ascii_only=False)


def test_notes_alone_are_no_line() -> None:
    lines = closing_lines(summarize(document(row("a", "links", finding("note")))), "out", 80, ascii_only=False)
    assert not [line for line in lines if line.startswith("skills:")]


def test_the_report_has_a_section_by_skill_errors_first() -> None:
    found = [finding("warning", 3), finding(line=9), finding("note", 1, "unimportant")]
    text = render_markdown(document(row("a", "links", *found), row("b", "links")))
    section = text.partition("## Skills: findings in 1 of 2\n")[2].partition("\n## ")[0]
    assert "### `skills/a/SKILL.md`\n\nprofile `spec` (`no field of another profile`); 1 error, 1 warning" in section
    first, second = [line for line in section.splitlines() if line.startswith("- ")]
    assert first == "- error `SK401` `skills/x/SKILL.md:9:1`: `there is no file 'x'; add it`"
    assert second.startswith("- warning `SK401` `skills/x/SKILL.md:3:1`")
    assert "unimportant" not in text
    assert "- `skills/a/SKILL.md::links`: `1 error`" in text.partition("## Failures (1)")[2].partition("\n## ")[0]


def test_a_report_names_profiles_and_what_was_passed_over_even_where_nothing_was_found() -> None:
    rows = [row("a", "links", ignored=2), row("b", "links", baselined=4), row("c", "links", profile="claude-code")]
    text = render_markdown(document(*rows))
    section = text.partition("## Skills: findings in 0 of 3\n\n")[2].partition("\n\n## ")[0]
    assert section == "3 skills (1 `claude-code`, 2 `spec`): nothing found; 2 ignored, 4 in the baseline"
    assert "## Skills" not in render_markdown(document())


def test_failed_parts_of_skills_have_no_heading_about_others() -> None:
    assert "### Parts of skills (see *Skills* below)\n\n- " in render_markdown(document(row("a", "links", finding())))
    assert "\n\n\n" not in render_markdown(document(row("a", "links", finding()), row("b", "links")))


def test_text_of_a_skill_is_never_taken_for_markdown() -> None:
    text = render_markdown(document(row("a", "links", finding(message="`<b>` @me #1 | [x](y)\n# z"))))
    assert "\n# z" not in text
    assert "`` `<b>` @me #1 | [x](y)\\n# z; add it ``" in text


def test_many_findings_are_counted_beyond_a_bound() -> None:
    text = render_markdown(document(row("a", "links", *(finding(line=line) for line in range(1, 101)))))
    assert text.count("- error ") == 25
    assert "- … and 75 more\n" in text


def test_a_report_of_many_skills_stays_within_its_limit() -> None:
    long = "x" * 400
    rows = [row(f"{number:05}", "links", *(finding(line=line, message=long) for line in range(1, 30)))
            for number in range(3000)]  # fmt: skip
    text = render_markdown(document(*rows))
    assert len(text.encode()) <= LIMIT_BYTES
    assert " more skills with findings, all in `results.jsonl`" in text


def test_rows_without_sense_are_taken_as_they_come() -> None:
    odd = ResultRow("skills/a/SKILL.md::links", "skill", Status.FAILED, 0.0, "", {
        "findings": [1, {"severity": "worst"}, {"line": "x", "severity": "error"}], "ignored": "many", "profile": 3,
    })  # fmt: skip
    text = render_markdown(document(odd.digest()))
    assert "`?:x:1`" in text
