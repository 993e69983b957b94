"""The baseline: known findings do not fail, new ones do, and it only goes down."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from rule_findings import written

from pytest_orchestrator.config.skill_settings import SkillSettings
from pytest_orchestrator.errors import ConfigurationError, ReportError
from pytest_orchestrator.skills.baseline import read_baseline
from pytest_orchestrator.skills.checker import check_skills
from pytest_orchestrator.skills.library import SkillLibrary

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from pytest_orchestrator.skills.report import SkillReport

FRONT = "---\nname: {0}\ndescription: {1}\n---\n# X\n\n"
DESCRIPTIONS = {
    "a": "Boils water for tea. Use when somebody is thirsty.",
    "b": "Sends letters by mail. Use when a stamp is at hand.",
    "c": "Paints walls in bright colours. Use after the plaster has dried.",
}
NOTES = "TODO: say more.\n"
OTHER = "TODO: say less.\n"


class Skills:
    """Skills with one baseline."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.file = root / "known.json"

    def check(self, *, update: bool = False, baseline: Path | None = None, **bodies: str) -> dict[str, SkillReport]:
        return self.check_all(bodies, update=update, baseline=baseline)

    def check_all(
        self, bodies: Mapping[str, str], *, update: bool = False, baseline: Path | None = None
    ) -> dict[str, SkillReport]:
        skills = written(
            {
                f"{name}/SKILL.md": FRONT.format(name, DESCRIPTIONS.get(name, name)) + body
                for name, body in bodies.items()
            },
            self.root,
        )
        settings = SkillSettings(baseline=baseline or self.file)
        reports = check_skills(skills, settings, update_baseline=update)
        return {skill.name: reports[skill.path] for skill in skills}

    def known(self) -> Any:
        return json.loads(self.file.read_text())["findings"]


@pytest.fixture
def skills(tmp_path: Path) -> Skills:
    return Skills(tmp_path)


def codes(report: SkillReport) -> list[str]:
    return [finding.code for finding in report.findings]


def test_what_is_there_when_it_is_written_is_known(skills: Skills) -> None:
    reports = skills.check(update=True, a=NOTES + "\n" + OTHER, b="Text.\n")
    assert [(codes(report), len(report.baselined)) for report in reports.values()] == [([], 2), ([], 0)]
    assert list(skills.known()) == ["a/SKILL.md"]
    again = skills.check(a=NOTES + "\n" + OTHER, b="Text.\n")
    assert [(codes(report), len(report.baselined)) for report in again.values()] == [([], 2), ([], 0)]


def test_a_known_finding_stays_known_when_lines_move(skills: Skills) -> None:
    skills.check(update=True, a=NOTES)
    report = skills.check(a=f"Text.\n\nMore text.\n\n{NOTES}")["a"]
    assert (codes(report), len(report.baselined)) == ([], 1)


def test_numbers_in_a_message_do_not_count(skills: Skills) -> None:
    skills.check(update=True, a="Pour.\n" * 501)
    report = skills.check(a="Pour.\n" * 502)["a"]
    assert (codes(report), len(report.baselined)) == ([], 1)


@pytest.mark.parametrize("body", [NOTES + "\n" + OTHER, NOTES + "\n" + NOTES, NOTES + "\n```\nopen\n"])
def test_a_new_finding_is_one_also_of_a_rule_or_message_that_is_known(skills: Skills, body: str) -> None:
    skills.check(update=True, a=NOTES)
    report = skills.check(a=body)["a"]
    assert (len(report.findings), len(report.baselined)) == (1, 1)


def test_what_is_gone_is_a_finding_until_it_is_taken_out(skills: Skills) -> None:
    skills.check(update=True, a=NOTES + "\n" + NOTES + "\n" + OTHER)
    report = skills.check(a=OTHER)["a"]
    assert (codes(report), len(report.baselined)) == (["SK193"], 1)
    assert "(2 times)" in report.findings[0].message
    assert str(report.findings[0].part) == "structure"
    report = skills.check(update=True, a=OTHER)["a"]
    assert (codes(report), len(report.baselined)) == ([], 1)
    assert len(skills.known()["a/SKILL.md"]["SK212"]) == 1


def test_an_update_takes_nothing_new_in(skills: Skills) -> None:
    skills.check(update=True, a=NOTES)
    report = skills.check(update=True, a=NOTES + "\n" + OTHER)["a"]
    assert (codes(report), len(report.baselined)) == (["SK212"], 1)
    assert len(skills.known()["a/SKILL.md"]["SK212"]) == 1
    report = skills.check(update=True, a=NOTES, b=NOTES)["b"]
    assert codes(report) == ["SK212"]


def test_an_update_keeps_what_was_not_checked_and_forgets_what_does_not_exist(skills: Skills) -> None:
    skills.check(update=True, a=NOTES, b=NOTES, c=NOTES)
    (skills.root / "c/SKILL.md").unlink()
    skills.check(update=True, a="Text.\n")
    assert list(skills.known()) == ["b/SKILL.md"]
    assert read_baseline(skills.file, "known.json").gone_skills() == []


def test_what_is_known_of_rules_that_cannot_be_asked_here_stays(skills: Skills) -> None:
    skills.check(update=True, a=NOTES)
    path = str(skills.root / "a/SKILL.md")
    baseline = read_baseline(skills.file, "known.json")
    assert baseline.reduced({path: []}, {"SK212"}).known == baseline.known
    assert baseline.reduced({path: []}, {"SK213"}).known == {}


def test_notes_are_not_in_it(skills: Skills) -> None:
    text = FRONT.format("a", DESCRIPTIONS["a"]).replace("# X\n", "")
    (skill,) = written({"a/SKILL.md": f"{text}Text.\n"}, skills.root)
    report = check_skills([skill], SkillSettings(baseline=skills.file), update_baseline=True)[skill.path]
    assert [str(finding.severity) for finding in report.findings] == ["note"]
    assert skills.known() == {}


def test_odd_names_are_written_escaped(skills: Skills) -> None:
    odd = {"a\nb": NOTES}
    before = skills.check_all(odd, update=True)
    (name,) = skills.known()
    assert name == r"a\x0ab/SKILL.md"
    assert [codes(report) for report in skills.check_all(odd).values()] == [codes(report) for report in before.values()]
    assert read_baseline(skills.file, "known.json").gone_skills() == []


@pytest.mark.parametrize(
    ("text", "mistake"),
    [
        ("", "1:1: the baseline is broken: not JSON: Expecting value"),
        ('{\n"format": 1,,}', "2:13: the baseline is broken: not JSON"),
        ("[]", '1:1: the baseline is broken: it is no object with "format" and "findings"'),
        ('{"format": 2, "findings": {}}', "1:1: the baseline is broken: its format is 2, this version reads 1"),
        ('{"format": 1, "findings": {"a": []}}', "what it has for 'a' is no object of codes"),
        ('{"format": 1, "findings": {"a": {"SK1": 3}}}', "what it has for SK1 of 'a' is no list of messages"),
        ("[" * 100_000, "the baseline is broken"),
    ],
)
def test_a_broken_one_is_a_mistake_with_its_place(skills: Skills, text: str, mistake: str) -> None:
    skills.file.write_text(text)
    for update in (False, True):
        with pytest.raises(ConfigurationError) as caught:
            skills.check(update=update, a=NOTES)
        assert mistake in str(caught.value)
        assert skills.file.read_text() == text


def test_one_that_is_no_utf_8_or_not_there_is_a_mistake(skills: Skills) -> None:
    with pytest.raises(ConfigurationError, match="there is no such file; write it with --update-baseline "):
        skills.check(a=NOTES)
    skills.file.write_bytes(b"\xff")
    with pytest.raises(ConfigurationError, match="cannot be read"):
        skills.check(a=NOTES)
    with pytest.raises(ConfigurationError, match="cannot be read: it is no regular file"):
        skills.check(a=NOTES, baseline=skills.root)


def test_one_that_cannot_be_written_is_an_error_and_leaves_nothing_behind(skills: Skills) -> None:
    with pytest.raises(ReportError, match="cannot write the baseline"):
        skills.check(update=True, a=NOTES, baseline=skills.root / "missing" / "known.json")
    skills.check(update=True, a=NOTES)
    assert sorted(path.name for path in skills.root.iterdir()) == ["a", "known.json"]


RIVALS = {
    "a": "Boils green tea in a pot of hot water. Use when somebody is thirsty.",
    "b": "Boils black tea in a pot of hot water. Use when somebody is thirsty.",
}


def describe(monkeypatch: pytest.MonkeyPatch, descriptions: Mapping[str, str]) -> None:
    for name, text in descriptions.items():
        monkeypatch.setitem(DESCRIPTIONS, name, text)


def test_what_is_known_of_two_skills_is_not_gone_where_one_is_checked_alone(
    skills: Skills, monkeypatch: pytest.MonkeyPatch
) -> None:
    describe(monkeypatch, RIVALS)
    both = skills.check(update=True, a=NOTES, b="Text.\n", c="Text.\n")
    assert [len(report.baselined) for report in both.values()] == [2, 1, 0]
    for bodies in ({"a": NOTES}, {"a": NOTES, "c": "Text.\n"}):
        assert codes(skills.check_all(bodies)["a"]) == []
        assert codes(skills.check_all(bodies, update=True)["a"]) == []
        assert list(skills.known()["a/SKILL.md"]) == ["SK161", "SK212"]
    assert codes(skills.check(a="Text.\n", c="Text.\n")["a"]) == ["SK193"]


def test_what_was_known_of_two_skills_is_gone_where_both_are_checked(
    skills: Skills, monkeypatch: pytest.MonkeyPatch
) -> None:
    describe(monkeypatch, RIVALS)
    skills.check(update=True, a="Text.\n", b="Text.\n")
    describe(monkeypatch, {"b": "Paints walls. Use when they are grey."})
    assert [codes(report) for report in skills.check(a="Text.\n", b="Text.\n").values()] == [["SK193"], ["SK193"]]


def test_a_finding_about_two_skills_is_known_from_every_directory(
    skills: Skills, monkeypatch: pytest.MonkeyPatch
) -> None:
    describe(monkeypatch, RIVALS)
    skills.check(update=True, a="Text.\n", b="Text.\n")
    library = SkillLibrary.of(".", root=skills.root / "a").below("..")
    reports = check_skills(library.skills, SkillSettings(baseline=skills.file))
    assert [(codes(report), len(report.baselined)) for report in reports.values()] == [([], 1), ([], 1)]


def test_a_skill_that_is_a_link_to_nowhere_is_still_there(skills: Skills) -> None:
    skills.check(update=True, a=NOTES, b="Text.\n")
    (skills.root / "a/SKILL.md").unlink()
    baseline = read_baseline(skills.file, "known.json")
    assert baseline.gone_skills() == ["a/SKILL.md"]
    (skills.root / "a/SKILL.md").symlink_to("nowhere")
    assert baseline.gone_skills() == []
