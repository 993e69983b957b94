"""Skills as pytest items: what is collected, under which ids, and what becomes of findings."""

from __future__ import annotations

import json
import os
import re
from typing import TYPE_CHECKING

import pytest
from skill_projects import BROKEN, FRONT, GOOD, PARTS, WARNS, data_of, ids, skill, status_of

from pytest_orchestrator.skills.discovery import find_skills

if TYPE_CHECKING:
    from orchestrated import Project


def test_each_part_of_a_skill_is_an_item(project: Project) -> None:
    skill(project, "skills/tea")
    run = project.run("skills")
    assert run.code == 0, run.out
    assert list(run.rows) == ids("skills/tea")
    assert {row["kind"] for row in run.results} == {"skill"}
    run.assert_adds_up()


def test_skills_are_found_wherever_they_are_below_the_path(project: Project) -> None:
    for name in ("skills/b", "skills/a", "skills/a/inner", "skills/deep/er/c"):
        skill(project, name)
    skill(project, "skills/lower", file="skill.md")
    skill(project, "skills/both")
    skill(project, "skills/both", "nothing", file="skill.md")
    skill(project, "skills/.hidden")
    skill(project, "skills/a/references/sample")
    skill(project, "elsewhere")
    project.file("skills/README.md", "# no skill")
    found = [name.removesuffix("::links") for name in project.ids("skills") if name.endswith("::links")]
    # pytest's order: a file of a directory stands before or behind a sub-directory as its name does.
    assert sorted(found) == [
        "skills/a/SKILL.md", "skills/a/inner/SKILL.md", "skills/b/SKILL.md", "skills/both/SKILL.md",
        "skills/deep/er/c/SKILL.md", "skills/lower/skill.md",
    ]  # fmt: skip
    assert found == [name.removesuffix("::links") for name in project.ids("skills") if name.endswith("::links")]


def test_what_is_said_about_paths_holds_for_skills(project: Project) -> None:
    skill(project, "skills/a")
    skill(project, "skills/old/b")
    assert project.ids("skills", "--orchestrate-exclude=old/**") == ids("skills/a")
    assert project.ids("skills", "--orchestrate-max-depth=1") == ids("skills/a")
    assert project.ids("skills", "--orchestrate-include=*.sh") == []
    assert project.ids("skills", "--orchestrate-subdirs=old") == ids("skills/old/b")


@pytest.mark.parametrize("workers", [(), ("-n2",)], ids=["process", "n2"])
def test_every_printed_id_is_accepted_back(project: Project, workers: tuple[str, ...]) -> None:
    for name in ("skills/a", "skills/b", "skills/odd [1]"):
        skill(project, name, FRONT.format("a") + "# A\n\n```sh orchestrate:run\ntrue\n```\n")
    printed = project.ids("skills")
    assert len(printed) == 3 * (len(PARTS) + 1)
    assert r"skills/odd \x5b1\x5d/SKILL.md::code[7]" in printed
    for chosen in (printed[:1], printed[6:8], printed[-1:], printed):
        run = project.run(*workers, *chosen)
        assert sorted(run.rows) == sorted(chosen)
        run.assert_adds_up()


def test_a_skill_can_be_named(project: Project) -> None:
    skill(project, "skills/a")
    skill(project, "skills/b")
    assert project.ids("skills/a/SKILL.md") == ids("skills/a")
    assert project.ids("skills/a") == ids("skills/a")
    assert project.ids("skills/a/SKILL.md", "skills/b/SKILL.md::links") == ids("skills/a") + ids("skills/b", "links")


def test_a_part_that_a_skill_has_not_is_a_usage_error(project: Project) -> None:
    skill(project, "skills/a", GOOD + "\n```sh orchestrate:run\ntrue\n```\n")
    run = project.run("skills/a/SKILL.md::run", "skills/a/SKILL.md::code[1]")
    assert run.code == 4
    has = "skills/a/SKILL.md has frontmatter, structure, directive, links, code, files, code[10]"
    assert f"skills/a/SKILL.md::code\\x5b1\\x5d: there is no such item; {has}" in run.out or (
        f"skills/a/SKILL.md::code[1]: there is no such item; {has}" in run.out
    )
    assert f"skills/a/SKILL.md::run: there is no such item; {has}" in run.out


def skills_in(project: Project, *arguments: str) -> list[str]:
    return sorted(name.removesuffix("::links") for name in project.ids(*arguments) if name.endswith("::links"))


def test_in_directories_of_agents_skills_are_found_and_nothing_else(project: Project) -> None:
    skill(project, "all/.claude/skills/a")
    skill(project, "all/.cursor/b")
    skill(project, "all/.other/c")
    for name in ("all/.claude/hooks/hook.sh", "all/.claude/skills/a/run.sh", "all/.github/scripts/deploy.sh"):
        project.file(name)
    for name in ("all/.github/test_it.py", "all/.claude/skills/a/scripts/test_it.py"):
        project.file(name, "def test_it() -> None:\n    pass\n")
    assert skills_in(project, "all") == ["all/.claude/skills/a/SKILL.md", "all/.cursor/b/SKILL.md"]
    assert len(project.ids("all")) == 2 * len(PARTS)
    with_scripts = project.ids("all", "--orchestrate-skill-scripts")
    assert [name for name in with_scripts if name.endswith("::run")] == ["all/.claude/skills/a/run.sh::run"]
    assert project.ids("all/.claude/hooks") == ["all/.claude/hooks/hook.sh::run"]
    assert project.ids("all/.github/test_it.py") == ["all/.github/test_it.py::test_it"]


def test_a_skill_that_agents_share_by_links_is_found_once_as_the_command_finds_it(project: Project) -> None:
    for name in ("all/.agents/skills/a", "all/skills/b", "all/skills/b/inner"):
        skill(project, name)
    (project.path / "all/.claude").mkdir()
    (project.path / "all/.claude/skills").symlink_to("../.agents/skills")
    (project.path / "all/.agents/skills/b").symlink_to("../../skills/b")
    (project.path / "all/more").symlink_to(".agents/skills")
    found = skills_in(project, "all")
    assert found == ["all/.agents/skills/a/SKILL.md", "all/skills/b/SKILL.md", "all/skills/b/inner/SKILL.md"]
    assert [os.path.relpath(path, project.path) for path in find_skills(["all"], str(project.path))] == found


def test_a_skill_may_be_called_like_what_builds_leave_behind(project: Project) -> None:
    for name in ("all/build", "all/venv", "all/output", "all/node_modules/dependency", "all/.git"):
        skill(project, name)
    project.file("all/build/run.sh")
    found = skills_in(project, "all")
    assert found == ["all/build/SKILL.md", "all/output/SKILL.md", "all/venv/SKILL.md"]
    assert [os.path.relpath(path, project.path) for path in find_skills(["all"], str(project.path))] == found
    assert len(project.ids("all")) == 3 * len(PARTS)
    project.file("all/orchestrator.yaml", "discovery: {skip_dirs: [build]}\n")
    assert skills_in(project, "all", "--ignore=all/venv") == ["all/output/SKILL.md"]


@pytest.mark.parametrize(
    ("ini", "configuration", "arguments"),
    [
        ("", "", ["--ignore=all/.claude"]),
        ("", "", ["--ignore-glob=*/.claude"]),
        ("norecursedirs = .claude\n", "", []),
        ("", "discovery: {exclude: ['.claude/**']}\n", []),
        ("", "discovery: {skip_dirs: [.claude]}\n", []),
        ("", "discovery: {max_depth: 0}\n", []),
    ],
    ids=["ignore", "ignore-glob", "norecursedirs", "exclude", "skip_dirs", "max_depth"],
)
def test_the_directory_of_an_agent_can_be_left_out(
    project: Project, ini: str, configuration: str, arguments: list[str]
) -> None:
    skill(project, "all/.claude/skills/a")
    project.file("all/.claude/test_it.py", "def test_it() -> None:\n    pass\n")
    project.file("all/z.sh")
    project.file("pytest.ini", f"[pytest]\n{ini}")
    if configuration:
        project.file("all/orchestrator.yaml", configuration)
    assert project.ids("all", *arguments) == ["all/z.sh::run"]


def test_markers_choose_skills_or_scripts(project: Project) -> None:
    skill(project, "all/a", GOOD + "\n```sh orchestrate:run\ntrue\n```\n")
    project.file("all/b.sh")
    assert project.ids("all", "-m", "skill") == ids("all/a", *PARTS, "code[10]")
    assert project.ids("all", "-m", "script and not skill") == ["all/b.sh::run"]
    assert project.ids("all", "-m", "script") == [*ids("all/a", "code[10]"), "all/b.sh::run"]
    assert project.ids("all", "-k", "links") == ids("all/a", "links")


def test_an_error_fails_its_item_only(project: Project) -> None:
    skill(project, "skills/a", BROKEN)
    run = project.run("skills")
    assert run.code == 1
    assert [name for name, row in run.rows.items() if row["status"] != "passed"] == ids("skills/a", "links")
    assert data_of(run, "links")["error"] == "1 error: SK401 broken-link"
    assert [finding["code"] for finding in data_of(run, "links")["findings"]] == ["SK401"]
    run.assert_adds_up()


def test_a_failure_is_one_line_and_then_a_line_for_each_finding(project: Project) -> None:
    skill(project, "skills/a", BROKEN + "\nSee [another](other.md).\n")
    run = project.run("skills")
    lines = run.result.outlines
    start = lines.index("SKILL.md: 2 errors: SK401 broken-link")
    assert lines[start + 1] == "profile:  spec, no field of another profile"
    assert re.match(r"skills/a/SKILL\.md:10:\d+: SK401 error: .*; .*", lines[start + 2])
    assert re.match(r"skills/a/SKILL\.md:12:\d+: SK401 error: .*; .*", lines[start + 3])
    (line,) = run.summary_lines
    assert line.startswith("FAILED skills/a/SKILL.md::links - SKILL.md: 2 errors: SK401 broken-link")


def test_a_warning_is_reported_and_fails_only_with_strict(project: Project) -> None:
    skill(project, "skills/a", WARNS)
    run = project.run("skills")
    assert run.code == 0
    assert "skills: 1 warning in skills/a/SKILL.md" in run.out
    assert [finding["code"] for finding in data_of(run, "structure")["findings"]] == ["SK212"]
    run = project.run("skills", "--orchestrate-strict")
    assert run.code == 1
    assert data_of(run, "structure")["error"] == "1 warning: SK212 placeholder (--orchestrate-strict)"
    assert "SKILL.md: 1 warning: SK212 placeholder (--orchestrate-strict)\n" in run.out


def test_the_findings_of_a_pass_can_be_shown(project: Project) -> None:
    skill(project, "skills/a", WARNS)
    shown = project.run("skills", "-rP").out
    assert re.search(r"skills/a/SKILL\.md:10:1: SK212 warning: ", shown)
    without = project.run("skills", "--orchestrate-reports=off")
    assert "skills: 1 warning in skills/a/SKILL.md" in without.out


def test_notes_are_shown_with_v_only(project: Project) -> None:
    skill(project, "skills/a", FRONT + "\nBoil water. TODO: say how much.\n")
    assert "SK204" not in project.run("skills", "-rP").out
    run = project.run("skills", "-rP", "-v")
    assert "SK204 note" in run.out
    assert "SK204" in {finding["code"] for finding in data_of(run, "structure")["findings"]}


@pytest.mark.parametrize("workers", [(), ("-n2",)], ids=["process", "n2"])
def test_skills_are_looked_at_together(project: Project, workers: tuple[str, ...]) -> None:
    """Two skills of one name are found also where only some of their items are run."""
    for name in ("a/tea", "b/tea"):
        skill(project, f"skills/{name}")
    run = project.run(*workers, "skills", "-k", "frontmatter")
    codes = [{each["code"] for each in row["data"]["findings"]} for row in run.results]
    assert len(codes) == 2
    assert {"SK160"} <= codes[0] | codes[1]
    alone = project.run("skills/a")
    assert not data_of(alone, "frontmatter", "skills/a/tea")["findings"]


def test_what_could_not_be_looked_at_is_skipped_and_not_passed(project: Project) -> None:
    project.file("skills/a/SKILL.md", "---\nname: a\n")
    run = project.run("skills")
    assert run.code == 1
    assert status_of(run, "frontmatter") == "failed"
    assert status_of(run, "links") == "skipped"
    assert data_of(run, "links")["error"] == "not looked at: its front matter never ends"


def test_an_unreadable_or_empty_file_is_one_failure(project: Project) -> None:
    project.file("skills/a/SKILL.md", "")
    (project.path / "skills/b").mkdir()
    (project.path / "skills/b/SKILL.md").symlink_to("gone")
    (project.path / "skills/c").mkdir()
    (project.path / "skills/c/SKILL.md").write_bytes(b"---\nname: c\n---\n\xff\xfe")
    run = project.run("skills")
    assert [name for name, row in run.rows.items() if row["status"] == "failed"] == [
        "skills/a/SKILL.md::frontmatter",
        "skills/b/SKILL.md::frontmatter",
        "skills/c/SKILL.md::frontmatter",
    ]
    run.assert_adds_up()


def test_x_lf_and_stepwise_work(project: Project) -> None:
    skill(project, "skills/a", BROKEN)
    skill(project, "skills/b")
    run = project.run("skills", "-x")
    assert run.code == 1
    assert [row["status"] for row in run.results].count("not_run") == 6 + 2
    run.assert_adds_up()
    again = project.run("skills", "--lf")
    assert list(again.rows) == ids("skills/a", "links")
    assert project.run("skills", "--sw").code == 2


def test_junit_xml_has_every_item(project: Project) -> None:
    skill(project, "skills/a", BROKEN)
    run = project.run("skills", "--junitxml=junit.xml")
    text = (project.path / "junit.xml").read_text()
    assert run.code == 1
    assert text.count("<testcase ") == 6
    assert 'message="SKILL.md: 1 error: SK401 broken-link"' in text
    assert '<property name="skill" value="skills/a/SKILL.md"' in text


def test_collect_only_checks_nothing(project: Project) -> None:
    skill(project, "skills/a", BROKEN)
    run = project.run("skills", "--co", "-q")
    assert run.code == 0
    assert not project.report_dir.exists()


def test_skipped_skills_are_skipped_as_a_whole(project: Project) -> None:
    skill(project, "skills/a", BROKEN)
    project.file("skills/orchestrator.yaml", "skip: [{a/: it is being rewritten}]")
    run = project.run("skills")
    assert run.code == 0
    assert set(run.statuses.values()) == {"skipped"}
    assert data_of(run, "links")["error"] == "it is being rewritten"


def test_a_conftest_can_skip_mark_and_fail_items(project: Project) -> None:
    skill(project, "skills/a", BROKEN)
    project.file(
        "skills/conftest.py",
        """
import pytest

def pytest_collection_modifyitems(items):
    for item in items:
        if item.name.endswith("links"):
            item.add_marker(pytest.mark.xfail(reason="the recipe is not written yet"))

@pytest.fixture(autouse=True)
def kettle(request):
    if request.node.name.endswith("files"):
        raise RuntimeError("no kettle")
""",
    )
    run = project.run("skills")
    assert run.code == 1
    assert status_of(run, "links") == "xfailed"
    assert data_of(run, "links")["xfail"] == "the recipe is not written yet"
    assert status_of(run, "files") == "error"
    assert "no kettle" in data_of(run, "files")["error"]
    run.assert_adds_up()


def test_reruns_work(project: Project) -> None:
    skill(project, "skills/a", BROKEN)
    run = project.run("skills", "--reruns=1")
    assert run.code == 1
    assert len(data_of(run, "links")["attempts"]) == 2
    run.assert_adds_up()


def test_rows_have_what_a_reader_wants_to_know(project: Project) -> None:
    skill(project, "skills/a", WARNS)
    data = data_of(project.run("skills"), "structure")
    assert data.keys() == {
        "skill", "name", "part", "profile", "profile_reason", "start_time", "end_time", "status", "execution_time",
        "error", "reason", "findings", "ignored", "baselined", "notes",
    }  # fmt: skip
    assert (data["name"], data["part"], data["profile"]) == ("a", "structure", "spec")
    log = json.loads((project.report_dir / "logs/skills/a/SKILL.md@@structure.json").read_text())
    assert log == {**data, "nodeid": "skills/a/SKILL.md::structure"}


@pytest.mark.parametrize("workers", [(), ("-n2",)], ids=["process", "n2"])
def test_the_timeout_of_pytest_timeout_is_not_for_checks(project: Project, workers: tuple[str, ...]) -> None:
    skill(project, "skills/a")
    run = project.run(*workers, "skills", "--timeout=0.001")
    assert run.code == 0, run.out


def test_a_broken_configuration_keeps_its_skills_from_being_checked(project: Project) -> None:
    skill(project, "skills/a")
    skill(project, "skills/b")
    project.file("skills/a/orchestrator.yaml", "skills: {profile: no}")
    run = project.run("skills")
    assert run.code == 1
    assert "skills/a/orchestrator.yaml:1:19: skills.profile: no is not 'auto'" in run.out
    assert sorted(run.rows) == sorted(ids("skills/b"))


def test_the_profile_can_be_set_in_every_place(project: Project) -> None:
    skill(project, "skills/a")

    def profile(*words: str) -> tuple[str, str]:
        data = data_of(project.run("skills", *words), "frontmatter")
        return data["profile"], data["profile_reason"]

    assert profile() == ("spec", "no field of another profile")
    assert profile("-o", "orchestrate_skill_profile=claude-code") == (
        "claude-code", "chosen by orchestrate_skill_profile",
    )  # fmt: skip
    project.file("skills/orchestrator.yaml", "skills: {profile: script-first}")
    assert profile("-o", "orchestrate_skill_profile=claude-code") == (
        "script-first", "chosen by skills/orchestrator.yaml",
    )  # fmt: skip
    assert profile("--orchestrate-skill-profile=spec") == ("spec", "chosen by --orchestrate-skill-profile")


def test_secrets_of_the_environment_are_not_in_findings(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KETTLE_TOKEN", "hot-water-4711")
    skill(project, "skills/a", GOOD + "\nSee [it](hot-water-4711.md).\n")
    run = project.run("skills")
    assert run.code == 1
    assert "hot-water-4711" not in run.out
    assert "hot-water-4711" not in (run.report_dir / "results.jsonl").read_text()


def test_skills_and_scripts_run_side_by_side(project: Project) -> None:
    skill(project, "all/a")
    for name in ("b", "c"):
        project.file(f"all/{name}.sh")
    for words in (("--orchestrate-jobs=2",), ("-n2",), ("--orchestrate-order=random:1",), ("--orchestrate-shard=1/1",)):
        run = project.run("all", *words)
        assert run.code == 0, run.out
        assert len(run.results) == 8
        run.assert_adds_up()
        totals = json.loads((run.report_dir / "summary.json").read_text())["by_kind"]
        assert {kind: group["collected"] for kind, group in totals.items()} == {"script": 2, "skill": 6}


def test_the_dry_run_names_checks_and_commands(project: Project) -> None:
    skill(project, "skills/a", GOOD + "\n```sh orchestrate:run\ntrue\n```\n")
    run = project.run("skills", "-p", "pytest_orchestrator.collect.dry_run", "--collect-only", "-q")
    lines = run.result.outlines
    at = lines.index("skills/a/SKILL.md::links")
    assert lines[at + 1] == "  check        all skills are checked together, and nothing is run"
    at = lines.index("skills/a/SKILL.md::code[10]")
    assert lines[at + 1].split()[-1] == "skills/a/SKILL.md:10"
    assert not project.report_dir.exists()
