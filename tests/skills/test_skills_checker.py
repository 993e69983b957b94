"""The check of skills: settings, exceptions, comments that silence, and how rules are found."""

from __future__ import annotations

import pkgutil
from typing import TYPE_CHECKING, Any

import pytest
from rule_findings import written

import pytest_orchestrator.skills.rules
from pytest_orchestrator.config.project import ProjectConfig
from pytest_orchestrator.config.resolve import FLAGS, INI, Layer
from pytest_orchestrator.config.skill_settings import SkillSettings, skill_settings
from pytest_orchestrator.skills.checker import check_skills
from pytest_orchestrator.skills.document import parse_skill
from pytest_orchestrator.skills.finding import Part, Severity
from pytest_orchestrator.skills.profiles import detect_profile
from pytest_orchestrator.skills.registry import MODULES, rule, rules
from pytest_orchestrator.skills.rule import Profile

if TYPE_CHECKING:
    from pathlib import Path

    from pytest_orchestrator.skills.report import SkillReport

TODO = "TODO: say more."
"""A paragraph that breaks SK212, a warning."""
FRONT = "---\nname: x\ndescription: Does x. Use when x is to be done.\n---\n"


def report_of(body: str, root: Path, settings: SkillSettings | None = None, front: str = FRONT) -> SkillReport:
    """Return the report about one skill, ``x``."""
    skills = written({"x/SKILL.md": front + body}, root)
    return check_skills(skills, settings or SkillSettings())[str(root / "x/SKILL.md")]


def places_of(report: SkillReport) -> list[str]:
    return [f"{finding.line} {finding.code} {finding.severity}" for finding in report.findings]


def configured(root: Path, **section: Any) -> SkillSettings:
    project = ProjectConfig.from_plain({"skills": section}, root)
    return skill_settings(project, Layer(INI, {}), Layer(FLAGS, {}))


# -- the rules ------------------------------------------------------------------------------------------------


def test_every_module_of_rules_counts() -> None:
    there = [module.name for module in pkgutil.iter_modules(pytest_orchestrator.skills.rules.__path__)]
    assert sorted(MODULES) == sorted(there)


def test_codes_and_names_are_unique_and_a_code_tells_the_part() -> None:
    names = [each.name for each in rules().values()]
    assert len(set(names)) == len(names)
    parts = {
        "1": {Part.FRONTMATTER}, "2": {Part.STRUCTURE}, "3": {Part.DIRECTIVE}, "4": {Part.LINKS, Part.FILES},
        "5": {Part.CODE},
    }  # fmt: skip
    for code, each in rules().items():
        assert code == each.code
        assert each.part in parts[code[2]], code


def test_a_rule_is_found_by_its_code_and_by_its_name() -> None:
    for each in rules().values():
        assert rule(each.code) is rule(each.name) is each
    assert rule("SK000") is None


# -- severities and exceptions ----------------------------------------------------------------------------------


def test_a_severity_can_be_set_by_code_or_name(tmp_path: Path) -> None:
    body = f"# X\n\n{TODO}\n"
    assert places_of(report_of(body, tmp_path)) == ["7 SK212 warning"]
    assert places_of(report_of(body, tmp_path, configured(tmp_path, rules={"SK212": "error"}))) == ["7 SK212 error"]
    assert places_of(report_of(body, tmp_path, configured(tmp_path, rules={"placeholder": "note"}))) == ["7 SK212 note"]
    assert places_of(report_of(body, tmp_path, configured(tmp_path, rules={"placeholder": "off"}))) == []


@pytest.mark.parametrize("path", ["x/SKILL.md", "x/", "SKILL.md", "**/x/*.md"])
def test_an_exception_holds_for_the_files_that_it_names(tmp_path: Path, path: str) -> None:
    body = f"# X\n\n{TODO}\n"
    report = report_of(
        body, tmp_path, configured(tmp_path, exceptions={path if path != "SKILL.md" else "*.md": "SK212"})
    )
    assert (places_of(report), len(report.ignored)) == ([], 1)
    elsewhere = report_of(body, tmp_path, configured(tmp_path, exceptions={"y/": "SK212", "x/": {"rules": ["SK211"]}}))
    assert (places_of(elsewhere), len(elsewhere.ignored)) == (["7 SK212 warning"], 0)


# -- comments that silence ----------------------------------------------------------------------------------------

IGNORE = "<!-- orchestrate: ignore SK212 for a reason -->"


@pytest.mark.parametrize(
    "body",
    [
        f"{IGNORE}\n# X\n\n{TODO}\n",
        f"# X\n\n{IGNORE}\n\nText.\n\n{TODO}\n",
        f"# X\n\nText.\n\n{IGNORE}\n{TODO}\n",
        f"# X\n\nText.\n\n{IGNORE}\n\n{TODO}\n",
        f"# X\n\nText.\n\n{IGNORE}\n<!-- another comment -->\n{TODO}\n",
        f"# X\n\nText.\n\n{IGNORE}\n- one\n- {TODO}\n",
        f"# X\n\nText.\n\nSome {IGNORE} words.\n{TODO}\n",
        f"# X\n\nText.\n\n- one\n\n  {IGNORE}\n\n  {TODO}\n",
        f"# X\n\nText.\n\n<!-- orchestrate: ignore placeholder, SK201: why -->\n{TODO}\n",
        f"# X\n\nText.\n\n<!--\norchestrate: ignore\nSK201 SK212\nfor a reason\n-->\n{TODO}\n",
    ],
    ids=[
        "below the front matter", "below the title", "before a paragraph", "with an empty line",
        "with a comment between", "before a list", "within a paragraph", "within a list", "by name",
        "over several lines",
    ],
)  # fmt: skip
def test_a_comment_silences_a_rule(tmp_path: Path, body: str) -> None:
    report = report_of(body, tmp_path)
    assert not any("SK212" in place for place in places_of(report)), places_of(report)
    assert len(report.ignored) == 1


@pytest.mark.parametrize(
    "body",
    [
        f"# X\n\nText.\n\n{IGNORE}\nText.\n\n{TODO}\n",
        f"# X\n\nText.\n\n{TODO}\n\n{IGNORE}\n",
        f"# X\n\nText.\n\n```\n{IGNORE}\n```\n\n{TODO}\n",
        f"# X\n\nText `{IGNORE}`\n\n{TODO}\n",
        f"# X\n\nText.\n\n<!-- orchestrate: ignore SK211 for a reason -->\n{TODO}\n",
        f"# X\n\nText.\n\n<!-- orchestrate: ignore SK212 -->\n{TODO}\n",
        f"# X\n\nText.\n\n<!-- orchestrate: ignore SK212 --- -->\n{TODO}\n",
        f"# X\n\nText.\n\n<!-- orchestrate: ignored SK212 for a reason -->\n{TODO}\n",
    ],
    ids=["another block", "behind it", "in a fence", "in code", "another rule", "no reason", "a dash", "misspelt"],
)
def test_a_comment_silences_nothing_else(tmp_path: Path, body: str) -> None:
    report = report_of(body, tmp_path)
    assert any("SK212" in place for place in places_of(report))
    assert len(report.ignored) == 0


def test_an_unused_comment_belongs_to_the_item_of_the_rule_that_it_names(tmp_path: Path) -> None:
    report = report_of(f"# X\n\nText.\n\n{IGNORE}\n\nText.\n", tmp_path)
    assert places_of(report) == ["9 SK190 warning"]
    assert report.findings[0].part is Part.STRUCTURE


def test_a_comment_for_a_rule_that_is_off_is_no_finding(tmp_path: Path) -> None:
    body = f"# X\n\nText.\n\n{IGNORE}\n\nText.\n"
    assert places_of(report_of(body, tmp_path, configured(tmp_path, rules={"SK212": "off"}))) == []


def test_a_comment_about_other_skills_is_of_use_where_one_is_checked_alone(tmp_path: Path) -> None:
    body = "# X\n\n<!-- orchestrate: ignore SK161, SK160, SK320 the other is for another agent -->\n\nText.\n"
    assert places_of(report_of(body, tmp_path)) == []


def test_a_comment_at_the_top_stands_for_the_front_matter_too(tmp_path: Path) -> None:
    front = FRONT.replace("name: x", "name: y")
    codes = {each.code for each in report_of("# X\n\nText.\n", tmp_path, front=front).findings}
    assert len(codes) == 1
    body = f"<!-- orchestrate: ignore {codes.pop()} it is renamed when it is packed -->\n\n# X\n\nText.\n"
    report = report_of(body, tmp_path, front=front)
    assert (places_of(report), len(report.ignored)) == ([], 1)


# -- profiles ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("front", "profile", "why"),
    [
        ("name: x\ndescription: y", Profile.SPEC, "no field of another profile"),
        ("name: x\ndescription: y\nzzz: 1", Profile.SPEC, "no field of another profile"),
        ("", Profile.SPEC, "no field of another profile"),
        ("name: x\ntags: [a]\nintent: y", Profile.SCRIPT_FIRST, "it has intent"),
        ("name: x\ndescription: y\nintent: y", Profile.SCRIPT_FIRST, "it has intent"),
        ("name: x\nscript_first: true", Profile.SCRIPT_FIRST, "it has script_first and no description"),
        ("name: x\ndescription: y\ntags: [a]", Profile.SPEC, "no field of another profile"),
        ("description: y\nmodel: opus\npaths: x", Profile.CLAUDE_CODE, "it has model, paths"),
        ("description: y\nallowed-tools: [Read]", Profile.CLAUDE_CODE, "its allowed-tools are a list"),
        ("description: y\nallowed-tools: Read", Profile.SPEC, "no field of another profile"),
    ],
)
def test_the_profile_is_told_from_the_fields(front: str, profile: Profile, why: str) -> None:
    skill = parse_skill(f"---\n{front}\n---\n# X\n".encode(), "/x/SKILL.md", "x/SKILL.md")
    assert detect_profile(skill) == (profile, why)


def test_a_profile_that_was_chosen_says_who_chose_it(tmp_path: Path) -> None:
    settings = configured(tmp_path, profile="claude-code")
    report = report_of("# X\n\nText.\n", tmp_path, settings)
    assert (report.profile, report.why) == (Profile.CLAUDE_CODE, "chosen by config")
    project = ProjectConfig.from_plain({"skills": {"profile": "spec"}}, tmp_path)
    by_flag = skill_settings(project, Layer(INI, {}), Layer(FLAGS, {"skill_profile": "script-first"}))
    assert (by_flag.profile, by_flag.profile_source) == ("script-first", "--orchestrate-skill-profile")


def test_each_skill_has_settings_of_its_own(tmp_path: Path) -> None:
    one, two = written({f"{name}/SKILL.md": FRONT.replace("x", name) + f"# X\n\n{TODO}\n" for name in "ab"}, tmp_path)
    reports = check_skills(
        [one, two], {one.path: SkillSettings(severities={"SK212": "off"}), two.path: SkillSettings(profile="spec")}
    )
    assert [len(report.findings) for report in reports.values()] == [0, 1]


def test_findings_are_sorted_by_place_and_say_it_all(tmp_path: Path) -> None:
    report = report_of(f"# X\n\n{TODO}\n\n{TODO}\n", tmp_path)
    assert [finding.place for finding in report.findings] == sorted(finding.place for finding in report.findings)
    data = report.as_dict()
    assert (data["path"], data["profile"], data["name"]) == ("x/SKILL.md", "spec", "x")
    assert data["findings"][0]["severity"] == Severity.WARNING


@pytest.mark.parametrize(
    ("data", "unread"),
    [
        (b"", "the file is empty"),
        (b"---\nname: x\n", "its front matter never ends"),
        (b"---\nname: x\n---\n\xff", "byte 0xff is no UTF-8"),
        (b"# X\n", ""),
    ],
)
def test_what_was_not_looked_at_is_told(data: bytes, unread: str) -> None:
    skill = parse_skill(data, "/x/SKILL.md", "x/SKILL.md")
    assert check_skills([skill], SkillSettings())[skill.path].unread == unread
