"""The other commands: docs, report, schema; and how mistakes are told."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from cli_runs import COMMAND, clean_environment, command, make_project

from pytest_orchestrator.cli import main
from pytest_orchestrator.config.schema import json_schema

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ([], "the following arguments are required: COMMAND"),
        (["rnu"], "argument COMMAND: invalid choice: 'rnu' (choose from "),
        (["run", "--timeout", "soon"], "argument --timeout: 'soon' is not a number of seconds of at least 0"),
        (["run", "--max-depth", "-1"], "argument --max-depth: '-1' is not a whole number of at least 0"),
        (["run", "--bogus"], "unrecognized arguments: --bogus"),
        (["docs", "scripts"], "the following arguments are required: -o/--output"),
        (["docs", "nowhere", "-o", "page.md"], "the scripts directory 'nowhere' does not exist: name one that does"),
        (["docs", "scripts", "-o", "pyproject.toml/page.md"], "cannot write 'pyproject.toml/page.md': "),
        (["report", "nowhere"], "there is no results file 'nowhere/results.jsonl': give the directory"),
        (["schema", "--", "-x"], "'-x': only the command run takes words after --"),
    ],
)
def test_a_mistake_is_one_line_on_stderr_and_exit_code_2(
    tmp_path: Path, words: list[str], told: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(make_project(tmp_path, a="true"))
    assert main(words) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.startswith("pytest-orchestrator")
    assert told in said.err
    assert said.err.count("\n") == 1


def test_the_command_and_the_module_are_the_same_thing(tmp_path: Path) -> None:
    installed = f"{sys.executable.rpartition('/')[0]}/pytest-orchestrator"
    for words in ([*COMMAND, "--version"], [installed, "--version"]):
        done = subprocess.run(words, cwd=tmp_path, env=clean_environment(), capture_output=True, text=True)
        assert (done.returncode, done.stdout.split()[0]) == (0, "pytest-orchestrator")


def test_schema_prints_the_schema_and_imports_no_pytest(tmp_path: Path) -> None:
    program = (
        "import sys; from pytest_orchestrator.cli import main; code = main(['schema']);"
        " sys.exit(code or ('pytest' in sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0
    assert json.loads(done.stdout) == json_schema()


def test_a_reader_that_goes_away_is_no_traceback(tmp_path: Path) -> None:
    # The schema is longer than a pipe takes, so that true is gone for certain before all of it is written.
    shell = f"{' '.join(COMMAND)} schema | true; exit ${{PIPESTATUS[0]}}"
    done = subprocess.run(["bash", "-c", shell], cwd=tmp_path, env=clean_environment(), capture_output=True, text=True)
    assert (done.stdout, done.stderr) == ("", "")
    assert done.returncode in (0, 141)


def test_docs_writes_a_page_from_text_and_configuration_and_runs_nothing(tmp_path: Path) -> None:
    make_project(tmp_path, backup="# Backs the database up.\ntouch ran\n", old="true")
    (tmp_path / "orchestrator.yaml").write_text(
        "discovery: {exclude: [old.sh]}\n"
        "scripts: {scripts/backup.sh: {timeout: 90, env: {DB_PASSWORD: hunter2-hunter2, LEVEL: '3'}}}\n"
    )
    done = command(tmp_path, "docs", "scripts", "-o", "docs/scripts.md")
    assert (done.returncode, done.stdout, done.stderr) == (0, "docs/scripts.md\n", "")
    page = (tmp_path / "docs/scripts.md").read_text()
    assert "Backs the database up." in page
    assert "90" in page
    assert "LEVEL" in page
    assert "hunter2" not in page
    assert "old.sh" not in page
    assert not (tmp_path / "ran").exists()


def test_docs_of_a_broken_configuration_tells_every_mistake_with_its_place(tmp_path: Path) -> None:
    make_project(tmp_path, a="true")
    (tmp_path / "orchestrator.yaml").write_text("default: {tiemout: 3}\nskipp: []\n")
    done = command(tmp_path, "docs", "scripts", "-o", "page.md")
    assert done.returncode == 2
    first, second = done.stderr.splitlines()
    assert "orchestrator.yaml:1:11: default.tiemout: unknown key" in first
    assert "orchestrator.yaml:2:1: skipp: unknown key" in second
    assert not (tmp_path / "page.md").exists()


def test_report_makes_the_same_reports_again(tmp_path: Path) -> None:
    make_project(tmp_path, a="echo a", b="exit 1")
    assert command(tmp_path, "run").returncode == 1
    reports = tmp_path / ".orchestrator"
    names = ["summary.json", "report.md", "history.jsonl", "logs/scripts/a.sh.json"]
    before = {name: (reports / name).read_bytes() for name in names}
    (reports / "report.md").unlink()
    (reports / "summary.json").write_text("broken")
    done = command(tmp_path, "report", ".orchestrator")
    assert (done.returncode, done.stderr) == (0, "")
    assert ".orchestrator/report.md" in done.stdout.splitlines()
    assert {name: (reports / name).read_bytes() for name in names} == before
