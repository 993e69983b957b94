"""The section ``skills`` of a configuration file, and what comes of it."""

from __future__ import annotations

import pytest
from config_files import HOME, NO_FLAGS, NO_INI, content_of, mistakes_in, project_of, the_mistake_in

from pytest_orchestrator.config.content import Content
from pytest_orchestrator.config.project import ProjectConfig
from pytest_orchestrator.config.resolve import FLAGS, INI, Layer, discovery_settings
from pytest_orchestrator.config.skill_settings import SkillSettings, skill_settings


def settings_of(text: str, ini: Layer = NO_INI, flags: Layer = NO_FLAGS) -> SkillSettings:
    return skill_settings(project_of(text), ini, flags, rootdir=HOME / "root", here=HOME / "here")


@pytest.mark.parametrize(
    ("text", "mistake"),
    [
        ("skills: 5", "1:9: skills: 5 is not a mapping of settings; write key: value below it"),
        ("skills: {profil: spec}", "1:10: skills.profil: unknown key; did you mean 'profile'?"),
        (
            "skills: {zzz: 1}",
            "1:10: skills.zzz: unknown key; known keys are profile, rules, exceptions, baseline and run_scripts",
        ),
        (
            "skills: {profile: claude}",
            "1:19: skills.profile: 'claude' is not 'auto', 'spec', 'claude-code' or 'script-first'; did you mean",
        ),
        ("skills: {rules: [SK212]}", "1:17: skills.rules: a list is not a mapping; write rule: severity"),
        ("skills: {rules: {sk212: off}}", "1:18: skills.rules: 'sk212' is no rule; did you mean 'SK212'?"),
        (
            "skills: {rules: {placeholders: off}}",
            "1:18: skills.rules: 'placeholders' is no rule; did you mean",
        ),
        (
            "skills: {rules: {SK999: off}}",
            "1:18: skills.rules: 'SK999' is no rule; write a code as in SK101, or the na",
        ),
        (
            "skills: {rules: {SK212: of}}",
            "1:25: skills.rules.SK212: 'of' is not 'off', 'note', 'warning' or 'error'; did you mean 'off'?",
        ),
        (
            "skills: {rules: {SK212: off, placeholder: note}}",
            "1:30: skills.rules: placeholder is the same rule as an earlier entry; remove one of them",
        ),
        (
            "skills: {exceptions: [a]}",
            "1:22: skills.exceptions: a list is not a mapping; write path: [rule], or path: {rules: [rule], reason: wh",
        ),
        (
            "skills: {exceptions: {a/: [SK212, SK1]}}",
            "1:35: skills.exceptions.a/: 'SK1' is no rule; write a code as in",
        ),
        ("skills: {exceptions: {a/: {reason: x}}}", "1:27: skills.exceptions.a/: rules is missing; name the rules"),
        ("skills: {exceptions: {../a: SK212}}", "1:23: skills.exceptions: '../a' leaves the directory of this file by"),
        ("skills: {exceptions: {a: }}", "1:26: skills.exceptions.a: nothing is not text or a list of texts"),
        ("skills: {baseline: }", "1:20: skills.baseline: nothing is not a path"),
        ("skills: {run_scripts: 'yes'}", "1:23: skills.run_scripts: 'yes' is not true or false; remove the quotes"),
        ("profile: spec", "1:1: profile: unknown key; it belongs under skills"),
        (
            "skills: {run_scripts: true}\ndiscovery: {skill_scripts: false}",
            "1:1: skills.run_scripts is true and discovery.skill_scripts false; they say the same, remove one of them",
        ),
    ],
)
def test_a_mistake_has_its_place(text: str, mistake: str) -> None:
    assert the_mistake_in(text).startswith(mistake)


def test_all_mistakes_are_told_at_once() -> None:
    text = "skills:\n  profile: x\n  rules: {a: off, SK212: b}\n  exceptions: {c: d}\n  nope: 1\n"
    assert [mistake.partition(" ")[0] for mistake in mistakes_in(text)] == ["2:12:", "3:11:", "3:26:", "4:19:", "5:3:"]


@pytest.mark.parametrize("text", ["", "skills:", "skills: {}", "skills: {rules: , exceptions: }"])
def test_an_empty_section_says_nothing(text: str) -> None:
    assert content_of(text).skills == Content().skills
    settings = settings_of(text)
    assert (settings.profile, settings.profile_source, settings.severities, settings.baseline) == (
        "auto", "default", {}, None,
    )  # fmt: skip


def test_rules_are_known_by_their_codes() -> None:
    assert settings_of("skills: {rules: {no-title: off, SK212: 'error'}}").severities == {
        "SK205": "off",
        "SK212": "error",
    }


def test_all_exceptions_that_match_a_file_count_together() -> None:
    exceptions = settings_of(
        "skills: {exceptions: {a/: SK212, 'a/x.md': [no-title], '*.md': {rules: [SK401], reason: why}}}"
    ).exceptions
    covered = [code for code in ("SK212", "SK205", "SK401", "SK402") if exceptions.cover(f"{HOME}/a/x.md", code)]
    assert covered == ["SK212", "SK205", "SK401"]
    assert not exceptions.cover(f"{HOME}/b/x.md", "SK212")
    assert not exceptions.cover("/elsewhere/a/x.md", "SK401")


def test_the_stronger_source_wins_and_a_path_is_relative_to_where_it_was_given() -> None:
    text = "skills: {profile: spec, baseline: a.json}"
    ini, flags = (
        Layer(INI, {"skill_profile": "claude-code", "skill_baseline": "b.json"}),
        Layer(FLAGS, {"skill_profile": "script-first", "skill_baseline": "c.json"}),
    )

    def given(settings: SkillSettings) -> tuple[str, str, str]:
        return settings.profile, settings.profile_source, str(settings.baseline)

    assert given(settings_of("", ini)) == ("claude-code", "orchestrate_skill_profile", f"{HOME}/root/b.json")
    assert given(settings_of(text, ini)) == ("spec", "o.yaml", f"{HOME}/a.json")
    assert given(settings_of(text, ini, flags)) == (
        "script-first", "--orchestrate-skill-profile", f"{HOME}/here/c.json",
    )  # fmt: skip


@pytest.mark.parametrize("text", ["skills: {run_scripts: true}", "discovery: {skill_scripts: true}"])
def test_run_scripts_means_the_same_as_skill_scripts(text: str) -> None:
    assert discovery_settings(project_of(text), NO_INI, NO_FLAGS).skill_scripts
    assert not discovery_settings(project_of(""), NO_INI, NO_FLAGS).skill_scripts
    off = Layer(FLAGS, {"skill_scripts": False})
    assert not discovery_settings(project_of(text), NO_INI, off).skill_scripts


def test_plain_data_says_it_all() -> None:
    text = "skills: {profile: spec, rules: {SK212: off}, exceptions: {a/: {rules: SK401, reason: b}}, baseline: c}"
    plain = project_of(text).as_plain()
    assert plain["skills"] == {
        "profile": "spec",
        "rules": {"SK212": "off"},
        "exceptions": {"a/": {"rules": ["SK401"], "reason": "b"}},
        "baseline": "c",
    }
    assert ProjectConfig.from_plain(plain, HOME).as_plain() == plain
