"""The hooks of this plugin: each with the example of its docstring, and what happens when one misbehaves."""

from __future__ import annotations

import inspect
import re
import textwrap

import pytest
from orchestrated import STARTED, Project

from pytest_orchestrator import hookspecs

JOBS = pytest.mark.parametrize("jobs", [(), ("--orchestrate-jobs=3",), ("-n1",)], ids=["jobs1", "jobs3", "n1"])


def example(hook: str) -> str:
    """Return the example in a hook's docstring as the text of a conftest.py."""
    documented = inspect.getdoc(getattr(hookspecs, hook))
    assert documented is not None
    match = re.search(r"^Example[^\n]*::\n\n((?: {4}[^\n]*\n?|\n)+)", documented, re.MULTILINE)
    assert match is not None, documented
    return textwrap.dedent(match[1]) + "\n"


def test_every_hook_has_an_example() -> None:
    hooks = [name for name in vars(hookspecs) if name.startswith("pytest_orchestrator_")]
    assert len(hooks) == 5
    for hook in hooks:
        assert f"def {hook}(" in example(hook)


@JOBS
def test_the_example_for_the_command_runs_scripts_at_low_priority(project: Project, jobs: tuple[str, ...]) -> None:
    project.file("scripts/conftest.py", example("pytest_orchestrator_command"))
    for name in "ab":
        project.file(f"scripts/{name}.sh", 'test "$(nice)" -ge 19 && test "$1" = word')
    project.file("scripts/orchestrator.yaml", "default: {args: [word]}")
    run = project.run(*jobs)
    assert run.code == 0, run.out
    assert (
        run.data("a.sh")["command"][:4] == ["nice", "-n", "19", "/usr/bin/sh"]
        or run.data("a.sh")["command"][0] == "nice"
    )


@pytest.mark.parametrize("jobs", [(), ("--orchestrate-jobs=3",)], ids=["jobs1", "jobs3"])
def test_the_example_for_the_environment_adds_and_removes(
    project: Project, jobs: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("http_proxy", "http://proxy")
    project.file("scripts/conftest.py", example("pytest_orchestrator_environment"))
    project.file("scripts/a.sh", 'test "$DEPLOY_TARGET" = staging && test -z "${http_proxy+set}"')
    project.file("scripts/b.sh", 'test "$DEPLOY_TARGET" = staging')
    assert project.run(*jobs).code == 0


@JOBS
def test_the_example_for_the_verdict_fails_a_script_that_warns(project: Project, jobs: tuple[str, ...]) -> None:
    project.file("scripts/conftest.py", example("pytest_orchestrator_verdict"))
    project.file("scripts/a.sh", "echo WARNING: old >&2")
    project.file("scripts/b.sh", "echo fine")
    run = project.run(*jobs)
    assert run.statuses == {"a.sh": "failed", "b.sh": "passed"}
    assert "a.sh: printed a warning" in run.out
    data = run.data("a.sh")
    assert (data["exit_code"], data["error"], data["changed_by"]) == (
        0,
        "printed a warning",
        "pytest_orchestrator_verdict",
    )


@pytest.mark.parametrize("jobs", [(), ("-n1",)], ids=["jobs1", "n1"])
def test_the_example_for_sections_adds_to_the_report(
    project: Project, jobs: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GIT_COMMIT", "abc123")
    project.file("conftest.py", example("pytest_orchestrator_report_sections"))
    project.file("scripts/a.sh")
    assert project.run(*jobs).code == 0
    report = (project.report_dir / "report.md").read_text()
    assert re.search(r"^## `?Deployment`?$", report, re.MULTILINE)
    assert "`abc123`" in report


@pytest.mark.parametrize(
    ("status", "code", "outcome"), [("passed", 0, "passed"), ("failed", 1, "failed"), ("skipped", 0, "skipped")]
)
def test_a_verdict_may_be_any_of_the_plain_ones(project: Project, status: str, code: int, outcome: str) -> None:
    project.file(
        "scripts/conftest.py", f"def pytest_orchestrator_verdict(item, result):\n    return {{'status': {status!r}}}\n"
    )
    project.file("scripts/a.sh", "exit 3" if status == "passed" else "")
    run = project.run()
    assert run.code == code
    assert run.outcomes == {outcome: 1}
    assert run.statuses == {"a.sh": status}
    assert run.data("a.sh")["changed_by"] == "pytest_orchestrator_verdict"


def test_hooks_apply_to_their_folder_only(project: Project) -> None:
    body = "def pytest_orchestrator_environment(item):\n    return {'WHERE': 'here'}\n"
    project.file("scripts/one/conftest.py", body)
    project.file("scripts/one/a.sh", 'test "$WHERE" = here')
    project.file("scripts/two/b.sh", 'test -z "$WHERE"')
    for jobs in ((), ("--orchestrate-jobs=2",)):
        run = project.run(*jobs)
        assert run.code == 0, run.out


def test_hooks_do_not_keep_scripts_from_running_at_the_same_time(project: Project) -> None:
    project.file("scripts/conftest.py", "def pytest_orchestrator_environment(item):\n    return {'X': 'y'}\n")
    for name, other in ("ab", "ba"):
        project.file(
            f"scripts/{name}.sh",
            f"touch {name}.here; for i in $(seq 400); do test -e {other}.here && exit 0; sleep 0.02; done; exit 1",
        )
    assert project.run("--orchestrate-jobs=2").code == 0


def test_the_first_of_several_environments_wins(project: Project) -> None:
    body = "import pytest\n\n@pytest.hookimpl({how})\ndef pytest_orchestrator_environment(item):\n    return {given}\n"
    project.file("scripts/conftest.py", body.format(how="tryfirst=True", given="{'A': 'inner', 'B': None}"))
    project.file("conftest.py", body.format(how="trylast=True", given="{'A': 'outer', 'B': 'outer', 'C': 'outer'}"))
    project.file("scripts/a.sh", 'test "$A$B$C" = innerouter')
    run = project.run()
    assert run.code == 0, run.out


RAISES = "def {hook}(item{more}):\n    if item.path.name == 'b.sh':\n        raise ValueError('of the hook')\n"
COMMAND = "pytest_orchestrator_command"
HOOKS = {
    "pytest_orchestrator_command": ", argv",
    "pytest_orchestrator_environment": "",
    "pytest_orchestrator_verdict": ", result",
}


@pytest.mark.parametrize(
    ("hook", "jobs"),
    [(hook, jobs) for hook in HOOKS for jobs in ((), ("--orchestrate-jobs=3",))] + [(COMMAND, ("-n1",))],
)
def test_a_hook_that_raises_is_an_error_of_its_item(project: Project, hook: str, jobs: tuple[str, ...]) -> None:
    project.file("scripts/conftest.py", RAISES.format(hook=hook, more=HOOKS[hook]))
    for name in "abcd":
        project.file(f"scripts/{name}.sh", STARTED)
    run = project.run(*jobs)
    assert run.code == 1
    assert run.statuses == {"a.sh": "passed", "b.sh": "error", "c.sh": "passed", "d.sh": "passed"}
    assert "ValueError: of the hook" in run.out
    assert "scripts/conftest.py:3: ValueError" in run.out
    assert "INTERNALERROR" not in run.out
    assert "pluggy" not in run.out.partition("= FAILURES =")[2]
    assert run.data("b.sh")["reason"] == "infrastructure"
    run.assert_adds_up()


@pytest.mark.parametrize(
    ("hook", "answer", "message"),
    [
        ("pytest_orchestrator_command", "'sh -c true'", "a command is a list of texts"),
        ("pytest_orchestrator_command", "[]", "a command is a list of texts"),
        ("pytest_orchestrator_command", "['a', 1]", "a command is a list of texts"),
        ("pytest_orchestrator_environment", "['A=b']", "it is a dictionary of names to texts"),
        ("pytest_orchestrator_environment", "{'A': 1}", "it is a dictionary of names to texts"),
        ("pytest_orchestrator_environment", "{'A=B': 'c'}", "it is a dictionary of names to texts"),
        ("pytest_orchestrator_verdict", "'failed'", "allowed is a dictionary of 'status' and 'error'"),
        ("pytest_orchestrator_verdict", "{'error': 'x'}", "allowed is a dictionary of 'status' and 'error'"),
        ("pytest_orchestrator_verdict", "{'status': 'great'}", "allowed are passed, failed, error, skipped"),
    ],
)
@pytest.mark.parametrize("jobs", [(), ("--orchestrate-jobs=3",)], ids=["jobs1", "jobs3"])
def test_an_answer_that_is_none_is_an_error_that_says_what_is_allowed(
    project: Project, hook: str, answer: str, message: str, jobs: tuple[str, ...]
) -> None:
    project.file("scripts/conftest.py", f"def {hook}(item):\n    return {answer} if item.name[0] == 'a' else None\n")
    project.file("scripts/a.sh")
    project.file("scripts/b.sh")
    run = project.run(*jobs)
    assert run.code == 1
    assert run.statuses == {"a.sh": "error", "b.sh": "passed"}
    assert f"{hook} returned" in run.out
    assert message in run.out
    assert "Traceback" not in run.out
    assert "INTERNALERROR" not in run.out


@pytest.mark.parametrize("body", ["raise ValueError('of the hook')", "return ['one']", "return [('title', 5)]"])
def test_a_section_hook_that_misbehaves_is_told_and_the_report_is_there(project: Project, body: str) -> None:
    project.file("conftest.py", f"def pytest_orchestrator_report_sections(document):\n    {body}\n")
    project.file("scripts/a.sh", "exit 1")
    run = project.run()
    assert run.code == 1
    (line,) = [line for line in run.result.outlines if "pytest_orchestrator_report_sections" in line]
    assert line.startswith("orchestrator: pytest_orchestrator_report_sections ")
    assert "scripts/a.sh" in (project.report_dir / "report.md").read_text()
    assert "INTERNALERROR" not in run.out


def test_a_command_that_does_not_exist_is_an_error_in_words(project: Project) -> None:
    project.file(
        "scripts/conftest.py", "def pytest_orchestrator_command(item, argv):\n    return ['no-such-program', *argv]\n"
    )
    project.file("scripts/a.sh")
    run = project.run()
    assert run.statuses == {"a.sh": "error"}
    assert run.data("a.sh")["reason"] == "not_startable"
    assert "a.sh: not startable: 'no-such-program' does not exist" in run.out


def test_the_command_hook_is_asked_again_for_each_attempt(project: Project) -> None:
    project.file(
        "scripts/conftest.py",
        "calls = []\n\ndef pytest_orchestrator_command(item, argv):\n"
        "    calls.append(1)\n    return [*argv, str(len(calls))]\n",
    )
    project.file("scripts/a.sh", 'test "$1" = 3')
    project.file("scripts/orchestrator.yaml", "default: {retry: 3}")
    run = project.run()
    assert run.code == 0, run.out
    assert run.data("a.sh")["command"][-1] == "3"
