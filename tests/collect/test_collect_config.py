"""orchestrator.yaml in a real run: broken ones, unmatched ones, which one counts, and where its settings come from."""

from __future__ import annotations

import pytest
from orchestrated import STARTED, Project

BROKEN = "default:\n  timeout: soon\n  tiemout: 5\nskip: nothing\n"
WORKERS = pytest.mark.parametrize("workers", [(), ("-n2",)], ids=["process", "n2"])


@WORKERS
def test_a_broken_file_is_one_collection_error_and_the_rest_runs(project: Project, workers: tuple[str, ...]) -> None:
    project.file("scripts/bad/orchestrator.yaml", BROKEN)
    project.file("scripts/bad/a.sh", STARTED)
    project.file("scripts/bad/deeper/b.sh", STARTED)
    project.file("scripts/bad/own/c.sh", STARTED)
    project.file("scripts/bad/own/orchestrator.yaml", "default: {timeout: 5}")
    project.file("scripts/bad/test_it.py", "def test_it(): pass")
    project.file("scripts/good/d.sh", STARTED)
    run = project.run(*workers)
    assert run.code == 1
    assert run.outcomes == {"passed": 3, "errors": 1}
    assert sorted(project.started()) == ["c.sh", "d.sh"]
    assert run.out.count("ERROR collecting scripts/bad/orchestrator.yaml") == 1
    assert "scripts/bad/orchestrator.yaml:2:12: default.timeout: 'soon' is not" in run.out
    assert "scripts/bad/orchestrator.yaml:3:3: default.tiemout: unknown key; did you mean 'timeout'?" in run.out
    assert "scripts/bad/orchestrator.yaml:4:7: skip: 'nothing' is not a list" in run.out
    assert "Traceback" not in run.out
    assert "INTERNALERROR" not in run.out
    run.assert_adds_up()


@pytest.mark.parametrize(
    "text", ["default: [", "\tdefault: {}", "default: {}\ndefault: {}", "just words", "- a\n- b", "a: &x [*x]"]
)
def test_whatever_is_wrong_with_the_file_it_is_told_by_line(project: Project, text: str) -> None:
    project.file("scripts/orchestrator.yaml", text)
    project.file("scripts/a.sh", STARTED)
    run = project.run()
    assert run.code == 1
    assert run.outcomes == {"error": 1} or run.outcomes == {"errors": 1}
    assert "scripts/orchestrator.yaml:" in run.out
    assert "Traceback" not in run.out
    assert not project.started()


@pytest.mark.parametrize(("argument", "code"), [("scripts/a.sh", 1), ("scripts/a.sh::run", 4)])
def test_a_named_script_whose_file_is_broken_is_an_error(project: Project, argument: str, code: int) -> None:
    """With the codes that pytest has for a test module that cannot be imported."""
    project.file("scripts/orchestrator.yaml", BROKEN)
    project.file("scripts/a.sh", STARTED)
    run = project.run(argument)
    assert run.code == code
    assert run.out.count("default.timeout: 'soon' is not") == 1
    assert not project.started()


def test_a_mended_file_is_no_failure_that_lf_remembers(project: Project) -> None:
    project.file("scripts/orchestrator.yaml", BROKEN)
    project.file("scripts/a.sh", STARTED)
    project.file("scripts/b.sh", STARTED)
    assert project.run("--lf").code == 1
    project.file("scripts/orchestrator.yaml", "")
    run = project.run("--lf")
    assert run.code == 0
    assert sorted(project.started()) == ["a.sh", "b.sh"]
    assert "no previously failed tests" in project.run("--lf").out


def test_two_spellings_in_one_directory_are_a_mistake(project: Project) -> None:
    project.file("scripts/orchestrator.yaml")
    project.file("scripts/orchestrator.yml")
    project.file("scripts/a.sh")
    run = project.run()
    assert run.code == 1
    assert "orchestrator.yml lies beside it and both cannot count" in run.out


def test_the_nearest_file_counts_and_only_that(project: Project) -> None:
    project.ini("")
    project.file("orchestrator.yaml", "default: {args: [root], env: {A: root}}")
    project.file("scripts/inner/orchestrator.yaml", "default: {args: [inner]}")
    project.file("scripts/a.sh", 'test "$1$A" = rootroot')
    project.file("scripts/inner/b.sh", 'test "$1$A" = inner')
    project.file("scripts/inner/deep/c.sh", 'test "$1$A" = inner')
    assert project.run().code == 0


def test_a_file_above_the_rootdir_is_not_looked_for(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    project.file("orchestrator.yaml", "default: {args: [above]}")
    project.file("root/pytest.ini", "[pytest]\n")
    project.file("root/scripts/a.sh", "test $# = 0")
    monkeypatch.chdir(project.path / "root")
    assert project.run().code == 0


def test_the_flag_names_another_file_and_the_header_says_so(project: Project) -> None:
    project.ini("")
    project.file("scripts/orchestrator.yaml", "default: {args: [near]}")
    project.file("other.yaml", "default: {args: [other]}\nskip: [scripts/b.sh]")
    project.file("scripts/a.sh", 'test "$1" = other')
    project.file("scripts/b.sh", "exit 1")
    for arguments in (("--orchestrate-config=other.yaml",), ("-o", "orchestrate_config=other.yaml")):
        run = project.run(*arguments)
        assert run.code == 0, run.out
        assert run.statuses == {"a.sh": "passed", "b.sh": "skipped"}
        assert "config other.yaml" in run.out


def test_a_named_file_that_is_missing_is_an_error(project: Project) -> None:
    project.file("scripts/a.sh", STARTED)
    run = project.run("--orchestrate-config=nowhere.yaml")
    assert run.code in (1, 4)
    assert "nowhere.yaml" in run.out
    assert "Traceback" not in run.out
    assert not project.started()


UNMATCHED = "skip: [gone.sh]\nscripts:\n  aa.sh: {timeout: 5}\n  '*.nothing': {timeout: 5}\n"


@WORKERS
def test_paths_that_name_nothing_are_warned_of(project: Project, workers: tuple[str, ...]) -> None:
    project.file("scripts/orchestrator.yaml", UNMATCHED)
    project.file("scripts/a.sh", STARTED)
    run = project.run(*workers, "-W", "default")
    assert run.code == 0
    assert "scripts/orchestrator.yaml:1" in run.out
    assert "PytestCollectionWarning: skip: there is no file 'gone.sh'; correct or remove it" in run.out
    assert "PytestCollectionWarning: scripts: there is no file 'aa.sh'; did you mean 'a.sh'?" in run.out
    assert "*.nothing" not in run.out
    assert project.started() == ["a.sh"]


@WORKERS
def test_with_strict_a_file_with_paths_that_name_nothing_is_broken_and_runs_nothing_that_it_governs(
    project: Project, workers: tuple[str, ...]
) -> None:
    project.file("scripts/inner/orchestrator.yaml", UNMATCHED)
    project.file("scripts/inner/a.sh", STARTED)
    project.file("other/b.sh", STARTED)
    run = project.run(*workers, "--orchestrate-strict", "scripts/inner", "other")
    assert run.code == 1
    assert run.outcomes == {"passed": 1, "errors": 1}
    assert project.started() == ["b.sh"]
    assert "inner/orchestrator.yaml:1:8: skip: there is no file 'gone.sh'; correct or remove it (--orches" in run.out


@WORKERS
def test_paths_that_name_nothing_are_errors_where_warnings_are(project: Project, workers: tuple[str, ...]) -> None:
    project.file("scripts/orchestrator.yaml", UNMATCHED)
    project.file("scripts/a.sh", STARTED)
    run = project.run(*workers, "-W", "error")
    assert run.code == 1
    assert run.outcomes == {"passed": 1, "errors": 1}
    assert "scripts/orchestrator.yaml:1:8: skip: there is no file 'gone.sh'" in run.out
    assert "INTERNALERROR" not in run.out


def test_flags_beat_the_file_and_the_file_beats_ini(project: Project) -> None:
    project.file("scripts/a.sh", "exit 0")
    project.ini("orchestrate_left_processes = allow\norchestrate_retry = 2\norchestrate_cwd = .")
    project.file("scripts/orchestrator.yaml", "default: {retry: 3, left_processes: fail, cwd: scripts}")
    project.file("scripts/b.sh", STARTED.replace("started.txt", "../started.txt") + "exit 1")
    run = project.run("--orchestrate-retry=4")
    assert run.statuses == {"a.sh": "passed", "b.sh": "failed"}
    assert len(run.data("b.sh")["attempts"]) == 4
    assert project.started() == ["b.sh"] * 4
    assert len(project.run().data("b.sh")["attempts"]) == 3
    project.file("scripts/orchestrator.yaml", "default: {cwd: scripts}")
    assert len(project.run().data("b.sh")["attempts"]) == 2


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--orchestrate-jobs=0",), "--orchestrate-jobs: '0' is not a whole number from 1 to 4096 or 'auto'"),
        (("--orchestrate-jobs=many",), "--orchestrate-jobs: 'many' is not a whole number"),
        (("--orchestrate-timeout=soon",), "--orchestrate-timeout: 'soon' is not a number of seconds"),
        (("--orchestrate-reports=maybe",), "--orchestrate-reports: 'maybe' is not"),
        (("-o", "orchestrate_grace=-1"), "orchestrate_grace: '-1' is not a number of seconds"),
        (("-o", "orchestrate_retry=x"), "orchestrate_retry: "),
        (("-o", "orchestrate_strict=perhaps"), "perhaps"),
        (("--orchestrate-include='unclosed",), "--orchestrate-include: "),
    ],
)
def test_a_value_that_is_not_allowed_is_a_usage_error(
    project: Project, arguments: tuple[str, ...], message: str
) -> None:
    project.file("scripts/a.sh", STARTED)
    run = project.run(*arguments)
    assert run.code == 4, run.out
    assert message in run.out
    assert "Traceback" not in run.out
    assert not project.started()


def test_skips_show_who_skipped_and_why(project: Project) -> None:
    project.file("scripts/orchestrator.yaml", "skip: [a.sh, {b.sh: broken since March}]\nscripts: {c.sh: {skip: true}}")
    for name in "abc":
        project.file(f"scripts/{name}.sh", STARTED)
    run = project.run("-rs")
    assert run.statuses == {"a.sh": "skipped", "b.sh": "skipped", "c.sh": "skipped"}
    assert run.data("b.sh")["error"] == "broken since March"
    assert "SKIPPED [1] scripts/a.sh: skipped by scripts/orchestrator.yaml" in run.out
    assert "SKIPPED [1] scripts/b.sh: broken since March" in run.out
    assert not project.started()


def test_what_is_required_and_missing_skips_and_with_strict_fails(project: Project) -> None:
    project.file(
        "scripts/orchestrator.yaml",
        "scripts:\n  a.sh: {requires: {commands: [no-such-command]}}\n  b.sh: {requires: {env: [NOT_SET_HERE]}}\n"
        "  c.sh: {requires: {platform: [plan9]}}\n  d.sh: {requires: {commands: [sh], env: [HOME]}}\n",
    )
    for name in "abcd":
        project.file(f"scripts/{name}.sh", STARTED)
    run = project.run("-rs")
    assert run.code == 0
    assert list(run.statuses.values()) == ["skipped"] * 3 + ["passed"]
    assert run.data("a.sh")["error"] == "requires command no-such-command, not found on PATH"
    assert project.started() == ["d.sh"]
    run = project.run("--orchestrate-strict")
    assert run.code == 1
    assert list(run.statuses.values()) == ["failed"] * 3 + ["passed"]
    assert "a.sh: requires command no-such-command, not found on PATH (--orchestrate-strict)" in run.out
    assert project.started() == ["d.sh"]
    run.assert_adds_up()
