"""``pytest-orchestrator run``: pytest underneath, with its exit codes."""

from __future__ import annotations

import json
import os
import shlex
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest
from cli_runs import COMMAND, clean_environment, command, make_project, python
from process_watch import new_mark, sleepers, until, until_dead

from pytest_orchestrator import run_orchestrator
from pytest_orchestrator.cli import _parse_run, pytest_arguments

if TYPE_CHECKING:
    from pathlib import Path

BASE = ["-p", "orchestrator", "--orchestrate"]


def results(root: Path, directory: str = ".orchestrator") -> dict[str, dict[str, Any]]:
    lines = map(json.loads, (root / directory / "results.jsonl").read_text().splitlines())
    return {line["nodeid"]: line for line in lines if line["type"] == "result"}


# -- options -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "arguments"),
    [
        ("", []),
        ("a b::run", ["a", "b::run"]),
        ("--scripts-dir jobs", ["jobs"]),
        ("jobs --subdirs a 'b c'", ["--orchestrate-subdirs=a 'b c'", "jobs"]),
        ("--filter '*ok [x]*'", ["--orchestrate-include='*ok [x]*'"]),
        ("--timeout 2.5 a --jobs auto b", ["--orchestrate-timeout=2.5", "--orchestrate-jobs=auto", "a", "b"]),
        ("--max-depth 0 --output-dir out", ["--orchestrate-max-depth=0", "--orchestrate-report-dir=out"]),
        ("-vv a", ["-vv", "a"]),
    ],
)
def test_options_become_those_of_pytest(words: str, arguments: list[str]) -> None:
    assert pytest_arguments(_parse_run("run", shlex.split(words)), []) == BASE + arguments


def test_words_after_two_dashes_go_to_pytest_as_they_are(tmp_path: Path) -> None:
    make_project(tmp_path, good="true", bad="exit 1")
    done = command(tmp_path, "run", "scripts", "--", "-k", "good", "--collect-only", "-q")
    assert done.stdout.splitlines()[0] == "scripts/good.sh::run"
    assert "bad" not in done.stdout


# -- what comes of it --------------------------------------------------------------------------------------------------


def test_a_run_writes_the_reports_where_it_was_told_to(tmp_path: Path) -> None:
    make_project(tmp_path, a="echo a", sub__b="echo b", other__c="exit 1")
    words = ["--scripts-dir", "scripts", "--subdirs", "sub", "--timeout", "7", "--output-dir", "out", "--jobs", "2"]
    done = command(tmp_path, "run", *words)
    assert (done.returncode, done.stderr) == (0, "")
    (row,) = results(tmp_path, "out").items()
    assert row[0] == "scripts/sub/b.sh::run"
    assert row[1]["data"]["timeout"] == 7
    assert not (tmp_path / ".orchestrator").exists()


def test_a_filter_is_a_glob_and_a_depth_a_bound(tmp_path: Path) -> None:
    make_project(tmp_path, good="true", not_good="true", bad="exit 1", sub__good="true", sub__deep="exit 1")
    assert command(tmp_path, "run", "--filter", "*good.sh").returncode == 0
    assert set(results(tmp_path)) == {f"scripts/{name}.sh::run" for name in ("good", "not_good", "sub/good")}
    assert command(tmp_path, "run", "--filter", "good*", "--max-depth", "0").returncode == 0
    assert set(results(tmp_path)) == {"scripts/good.sh::run"}


@pytest.mark.parametrize(
    ("words", "code", "told"),
    [
        (["scripts/good.sh"], 0, "1 passed"),
        ([], 1, "1 failed, 1 passed"),
        (["nowhere"], 4, "file or directory not found: nowhere"),
        (["--filter", "*none*"], 5, "no scripts found in scripts; looked for"),
        (["--subdirs", "none", "--scripts-dir", "scripts"], 4, "no sub-directory 'none' in 'scripts': it has none"),
    ],
    ids=["passed", "failed", "no path", "filter", "subdirs"],
)
def test_the_exit_code_is_that_of_pytest(tmp_path: Path, words: list[str], code: int, told: str) -> None:
    make_project(tmp_path, good="true", bad="exit 1")
    done = command(tmp_path, "run", *words)
    assert done.returncode == code
    assert told in done.stdout + done.stderr


def test_plugins_that_are_not_loaded_by_themselves_are_no_obstacle(tmp_path: Path) -> None:
    make_project(tmp_path, good="true")
    assert command(tmp_path, "run", PYTEST_DISABLE_PLUGIN_AUTOLOAD="1").returncode == 0


def test_warnings_as_errors_are_no_obstacle(tmp_path: Path) -> None:
    make_project(tmp_path, good="true")
    (tmp_path / "pyproject.toml").write_text("[tool.pytest]\nfilterwarnings = ['error']\n")
    done = command(tmp_path, "run")
    assert (done.returncode, done.stderr) == (0, "")


def test_a_reader_that_goes_away_is_no_traceback(tmp_path: Path) -> None:
    make_project(tmp_path, **{f"s{number}": "true" for number in range(40)})
    shell = f"{' '.join(COMMAND)} run -v | head -n 1; exit ${{PIPESTATUS[0]}}"
    done = subprocess.run(
        ["bash", "-c", shell], cwd=tmp_path, env=clean_environment(), capture_output=True, text=True, timeout=100
    )
    assert done.stderr == ""
    assert done.stdout.count("\n") == 1


# -- run_orchestrator --------------------------------------------------------------------------------------------------


def test_inside_of_a_test_pytest_gets_a_process_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make_project(tmp_path, good="test -z $PYTEST_CURRENT_TEST", bad="exit 1")
    (tmp_path / "scripts/conftest.py").write_text("import pytest\n")
    monkeypatch.chdir(tmp_path)
    modules = set(sys.modules)
    assert run_orchestrator(["scripts/good.sh"]) == 0
    assert run_orchestrator(["scripts"]) == 1
    assert results(tmp_path)["scripts/bad.sh::run"]["status"] == "failed"
    assert set(sys.modules) - modules <= {name for name in sys.modules if name.startswith("pytest_orchestrator")}
    assert os.environ["PYTEST_CURRENT_TEST"].startswith("tests/cli/")


def test_a_current_directory_that_is_gone_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "gone").mkdir()
    run = subprocess.run(
        ["sh", "-c", 'cd gone && rmdir ../gone && exec "$@"', "sh", *COMMAND, "run", "scripts"],
        cwd=tmp_path,
        env=clean_environment(),
        capture_output=True,
        text=True,
        timeout=100,
    )
    assert run.returncode == 2
    assert run.stderr == (
        "pytest-orchestrator: the current directory does not exist any more; change to one that can be worked in\n"
    )


def test_wrong_options_are_a_number_and_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert run_orchestrator(["--jobs", "many"]) == 2
    told = capsys.readouterr()
    assert told.out == ""
    assert told.err.startswith("run_orchestrator: argument --jobs: 'many' is not a whole number from 1 to")
    assert told.err.count("\n") == 1


def test_help_is_printed_and_is_a_success(capsys: pytest.CaptureFixture[str]) -> None:
    assert run_orchestrator(["--help"]) == 0
    assert "5 no script found" in " ".join(capsys.readouterr().out.split())


def test_a_program_may_call_it_again_and_again_and_from_threads(tmp_path: Path) -> None:
    make_project(tmp_path, good="true", bad="exit 1")
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "conftest.py").write_text(f"NAME = {name!r}\n")
        (tmp_path / name / "a.sh").write_text("true")
    program = """
import sys
from concurrent.futures import ThreadPoolExecutor
from pytest_orchestrator import run_orchestrator
with ThreadPoolExecutor(1) as thread:
    answers = [thread.submit(run_orchestrator, ["one"]).result()]
answers.append("pytest" in sys.modules)
answers += [run_orchestrator(["two"]), "pytest" in sys.modules, run_orchestrator(["one"]), run_orchestrator()]
print("answers", answers)
"""
    done = python(tmp_path, program)
    assert done.stderr == ""
    assert done.stdout.splitlines()[-1] == "answers [0, False, 0, True, 0, 1]"


def test_ctrl_c_is_told_to_the_caller_after_pytest_has_ended(tmp_path: Path) -> None:
    mark = new_mark()
    make_project(tmp_path, slow=f"exec sleep {mark}")
    program = """
import _pytest.config
from pytest_orchestrator import run_orchestrator
try:
    run_orchestrator()
except KeyboardInterrupt:
    print("told")
"""
    (tmp_path / "program.py").write_text(program)
    # A session of its own: the interrupt goes to all of it, as from a terminal.
    process = subprocess.Popen(
        [sys.executable, "program.py"], cwd=tmp_path, env=clean_environment(), text=True, start_new_session=True,
        stdout=subprocess.PIPE,
    )  # fmt: skip
    until(lambda: sleepers(mark), "the script runs")
    os.killpg(process.pid, signal.SIGINT)
    out = process.communicate(timeout=60)[0]
    assert "KeyboardInterrupt" in out
    assert out.endswith("told\n")
    assert sleepers(mark) == {}
    assert results(tmp_path)["scripts/slow.sh::run"]["status"] == "cancelled"


def test_an_interrupt_of_the_caller_alone_is_handed_on(tmp_path: Path) -> None:
    mark = new_mark()
    make_project(tmp_path, slow=f"exec sleep {mark}")
    program = """
import _pytest.config
from pytest_orchestrator import run_orchestrator
from pytest_orchestrator.process import foreground
foreground.PATIENCE = 0.1
try:
    run_orchestrator()
except KeyboardInterrupt:
    print("told")
"""
    (tmp_path / "program.py").write_text(program)
    process = subprocess.Popen(
        [sys.executable, "program.py"], cwd=tmp_path, env=clean_environment(), text=True, stdout=subprocess.PIPE
    )
    until(lambda: sleepers(mark), "the script runs")
    process.send_signal(signal.SIGINT)
    assert process.communicate(timeout=60)[0].endswith("told\n")
    assert sleepers(mark) == {}


def test_nothing_runs_on_when_the_caller_is_killed(tmp_path: Path) -> None:
    mark = new_mark()
    make_project(tmp_path, slow=f"exec sleep {mark}")
    (tmp_path / "program.py").write_text(
        "import _pytest.config\nfrom pytest_orchestrator import run_orchestrator\nrun_orchestrator()\n"
    )
    process = subprocess.Popen(
        [sys.executable, "program.py"], cwd=tmp_path, env=clean_environment(), stdout=subprocess.DEVNULL
    )
    until(lambda: sleepers(mark), "the script runs")
    (script,) = sleepers(mark)
    process.kill()
    process.wait()
    until_dead(script)


def test_several_runs_of_one_project_at_a_time_do_not_mix(tmp_path: Path) -> None:
    make_project(tmp_path, good="true", bad="exit 1")
    with ThreadPoolExecutor(2) as threads:
        runs = [
            threads.submit(command, tmp_path, "run", f"scripts/{name}.sh", "--output-dir", name)
            for name in ("good", "bad")
        ]
    assert [run.result().returncode for run in runs] == [0, 1]
    assert (set(results(tmp_path, "good")), set(results(tmp_path, "bad"))) == (
        {"scripts/good.sh::run"},
        {"scripts/bad.sh::run"},
    )
