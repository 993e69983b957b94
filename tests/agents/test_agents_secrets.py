"""Secrets that agents print do not reach the disk, whatever happens to the program that runs them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from process_watch import new_mark, sleepers, until
from session_programs import programs_in, shell_session, until_file

if TYPE_CHECKING:
    from pathlib import Path

    from orchestrated import Project

SECRET = "pale-blue-elephant"


@pytest.mark.parametrize("name", ["MY_TOKEN", "MY_PIN"])
def test_what_is_saved_of_the_output_of_a_killed_program_is_without_secrets(tmp_path: Path, name: str) -> None:
    mark = new_mark()
    script = f"echo key=${name}; touch said; sleep {mark}"
    text = f"""
s = session()
s.secret_names = (*s.secret_names, "*_PIN")
quiet(s, {script!r}, "told", pass_env=[{name!r}]).run()
"""
    with programs_in(tmp_path) as programs:
        program = programs.start(text, **{name: SECRET})
        directory = program.store().path
        until_file(tmp_path / "said")
        program.kill()
        until(lambda: sleepers(mark) == {}, "the end of its agent")
        until_file(directory / "told.log.stdout")
    assert (directory / "told.log.stdout").read_text() == "key=[redacted]\n"
    assert [path for path in directory.rglob("*") if path.is_file() and SECRET in path.read_text()] == []


def test_a_variable_that_was_set_after_its_session_began_is_a_secret_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with shell_session(tmp_path) as session:
        monkeypatch.setenv("MY_TOKEN", SECRET)
        result = session.create_process("echo key=$MY_TOKEN", pass_env=["MY_TOKEN"], stream_output=False).run()
        session.log(f"it said {result.output}")
    assert result.output == f"key={SECRET}\n"
    written = [path for path in session.log_dir.rglob("*") if path.is_file()]
    assert [path for path in written if SECRET in path.read_text()] == []
    assert any("key=[redacted]" in path.read_text() for path in written)


REPORTED = f"""
def test_it(orchestrator_session, monkeypatch):
    session = orchestrator_session(cli="shell")
    monkeypatch.setenv("MY_TOKEN", "{SECRET[:4]}" + "{SECRET[4:]}")
    result = session.create_process("echo key=$MY_TOKEN", pass_env=["MY_TOKEN"]).run()
    assert result.output == ""
"""


def test_the_report_of_a_test_is_without_what_it_has_set_itself(project: Project) -> None:
    project.file("conftest.py", "import agent_shell\n")
    project.file("test_it.py", REPORTED)
    run = project.run("test_it.py", "-rA", "--tb=no")
    assert run.outcomes == {"failed": 1}, run.out
    told = [path for path in project.report_dir.rglob("*") if path.is_file() and "key=[redacted]" in path.read_text()]
    assert told
    files = [path for path in project.report_dir.rglob("*") if path.is_file()]
    # The message of the assertion is the test's own.
    assert [path.name for path in files if f"key={SECRET}" in path.read_text()] == []


ASKED = f"""
def test_it(orchestrator_session):
    session = orchestrator_session(cli="shell", defaults={{"env": {{"MY_PIN": "{SECRET[:4]}" + "{SECRET[4:]}"}}}})
    assert session.create_process("echo key=$MY_PIN").run().ok
"""


def test_what_the_user_says_is_secret_is_kept_out_of_the_logs_of_agents(project: Project) -> None:
    project.file("conftest.py", "import agent_shell\n")
    project.file("test_it.py", ASKED)
    run = project.run("test_it.py", "--orchestrate-redact", "*_PIN")
    assert run.outcomes == {"passed": 1}, run.out
    files = [path for path in project.report_dir.rglob("*") if path.is_file()]
    assert [path.name for path in files if "key=[redacted]" in path.read_text()]
    assert [path.name for path in files if SECRET in path.read_text()] == []
