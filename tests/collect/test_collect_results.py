"""What ends up in results.jsonl and beside it: retries, flaky passes, leftovers, logs, and nothing of the last run."""

from __future__ import annotations

import json
from typing import Any

import pytest
from orchestrated import STARTED, Project

JOBS = pytest.mark.parametrize("jobs", [(), ("--orchestrate-jobs=3",), ("-n1",)], ids=["jobs1", "jobs3", "n1"])
SEED_KEYS = [
    "script", "name", "subdirectory", "start_time", "end_time", "status", "exit_code", "execution_time", "stdout",
    "stderr", "error",
]  # fmt: skip


@JOBS
def test_a_retried_script_shows_every_attempt_and_a_flaky_pass_is_told(project: Project, jobs: tuple[str, ...]) -> None:
    project.file("scripts/a.sh", STARTED + "test $(grep -c a.sh started.txt) -ge 2")
    project.file("scripts/b.sh", STARTED + "exit 4")
    project.file("scripts/c.sh", STARTED)
    project.file("scripts/orchestrator.yaml", "default: {retry: {max_attempts: 3}}")
    run = project.run(*jobs)
    assert run.code == 1
    assert run.statuses == {"a.sh": "passed", "b.sh": "failed", "c.sh": "passed"}
    assert [attempt["exit_code"] for attempt in run.data("a.sh")["attempts"]] == [1, 0]
    assert [attempt["exit_code"] for attempt in run.data("b.sh")["attempts"]] == [4, 4, 4]
    assert run.data("c.sh")["attempts"] == []
    assert sorted(project.started()) == ["a.sh"] * 2 + ["b.sh"] * 3 + ["c.sh"]
    assert "flaky: scripts/a.sh::run" in run.out
    assert "attempt:  3 of 3: exit 4, expected 0, after 0." in run.out
    assert "Flaky" in (project.report_dir / "report.md").read_text()


@pytest.mark.parametrize("jobs", [(), ("--orchestrate-jobs=3",)], ids=["jobs1", "jobs3"])
def test_skip_exit_codes_skip(project: Project, jobs: tuple[str, ...]) -> None:
    project.file("scripts/a.sh", "exit 77")
    project.file("scripts/orchestrator.yaml", "default: {skip_exit_codes: [77]}")
    run = project.run("-rs", *jobs)
    assert run.code == 0
    assert run.outcomes == {"skipped": 1}
    assert run.statuses == {"a.sh": "skipped"}
    assert run.data("a.sh")["exit_code"] == 77
    assert "exit 77 means skipped (skip_exit_codes)" in run.out


@JOBS
def test_left_processes_are_told(project: Project, jobs: tuple[str, ...]) -> None:
    project.file("scripts/a.sh", "sleep 60 &\n")
    project.file("scripts/b.sh", "sleep 61 &\n")
    project.file("scripts/orchestrator.yaml", "scripts: {b.sh: {left_processes: fail}}")
    run = project.run(*jobs)
    assert run.statuses == {"a.sh": "passed", "b.sh": "failed"}
    (left,) = run.data("a.sh")["left_processes"]
    assert left["command"] == "sleep 60"
    assert "b.sh: left 1 background process: sleep 61" in run.out
    assert "left 2 processes: scripts/a.sh::run and 1 more" in run.out


@pytest.mark.parametrize("jobs", [(), ("-n1",)], ids=["jobs1", "n1"])
def test_a_result_has_the_keys_of_the_contract_and_plain_json_only(project: Project, jobs: tuple[str, ...]) -> None:
    project.file("scripts/sub/a.sh", "echo hi; echo there >&2; exit 2")
    run = project.run(*jobs)
    data = run.data("a.sh")
    assert list(data)[:11] == SEED_KEYS
    assert (data["name"], data["subdirectory"], data["exit_code"]) == ("a.sh", "sub", 2)
    assert (data["stdout"], data["stderr"], data["error"]) == ("hi\n", "there\n", "exit 2, expected 0")
    assert data["start_time"][-6] in "+-"
    assert data["start_time"] <= data["end_time"]
    assert run.rows["scripts/sub/a.sh::run"]["duration"] == pytest.approx(data["execution_time"], abs=1e-3)
    assert json.loads((project.report_dir / "logs/scripts/sub/a.sh.json").read_text())["stdout"] == "hi\n"


PLAIN = """
import json
import pytest

@pytest.hookimpl(trylast=True)
def pytest_runtest_logreport(report):
    assert json.loads(json.dumps(report.user_properties)) is not None
    for name, value in vars(report).items():
        if name.startswith("orchestrator_"):
            json.dumps(value, allow_nan=False)
"""


@JOBS
def test_reports_carry_plain_json_only(project: Project, jobs: tuple[str, ...]) -> None:
    """One object of another type under xdist is an internal error."""
    project.file("conftest.py", PLAIN)
    project.file("scripts/a.sh", "exit 1")
    project.file("scripts/b.sh", "sleep 60 &")
    project.file("scripts/c.sh", "sleep 60")
    project.file("scripts/orchestrator.yaml", "default: {timeout: 0.2, retry: 2}\nskip: [b.sh]")
    run = project.run("--junitxml=x.xml", *jobs)
    assert run.code == 1
    assert "INTERNALERROR" not in run.out
    assert run.statuses == {"a.sh": "failed", "b.sh": "skipped", "c.sh": "timeout"}


def test_a_second_run_replaces_the_logs_and_keeps_the_history(project: Project) -> None:
    project.file("scripts/a.sh", "echo first")
    project.file("scripts/gone.sh")
    project.run()
    (project.path / "scripts/gone.sh").unlink()
    project.file("scripts/a.sh", "echo second")
    run = project.run()
    assert run.data("a.sh")["stdout"] == "second\n"
    assert list(run.rows) == ["scripts/a.sh::run"]
    logs = [path.name for path in (project.report_dir / "logs").rglob("*") if path.is_file()]
    assert logs == ["a.sh.json"]
    assert len((project.report_dir / "history.jsonl").read_text().splitlines()) == 2
    assert not (project.report_dir / "work").exists()


def test_reports_go_where_they_are_wanted_and_ignore_themselves(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    project.ini("orchestrate_report_dir = from_ini")
    project.file("scripts/a.sh", 'test "$ORCHESTRATOR_REPORT_DIR" = "$PWD/${WANTED:-from_ini}"')
    (project.path / "sub").mkdir()
    assert project.run().code == 0
    assert (project.path / "from_ini/results.jsonl").exists()
    assert (project.path / "from_ini/.gitignore").read_text().endswith("*\n")
    monkeypatch.chdir(project.path / "sub")
    monkeypatch.setenv("WANTED", "sub/here")
    assert project.run("--orchestrate-report-dir=here").code == 0
    assert (project.path / "sub/here/results.jsonl").exists()


@pytest.mark.parametrize("how", ["a file is there", "no permission to make it"])
def test_a_report_directory_that_cannot_be_had_is_a_usage_error(project: Project, how: str) -> None:
    project.file("scripts/a.sh", STARTED)
    project.file("blocked", "a file")
    run = project.run(f"--orchestrate-report-dir={'blocked' if how.startswith('a') else 'blocked/below'}")
    assert run.code == 4
    assert "ERROR: " in run.out
    assert "blocked" in run.out
    assert not project.started()


def test_long_output_is_kept_beside_the_log(project: Project) -> None:
    project.file("scripts/a.py", "import sys\nsys.stdout.write('x' * 3_000_000)\nsys.exit(1)\n")
    run = project.run()
    data = run.data("a.py")
    assert data["stdout_bytes"] == 3_000_000
    assert "left out here" in data["stdout"]
    assert (project.report_dir / data["stdout_file"]).stat().st_size == 3_000_000
    assert f"all of it in .orchestrator/{data['stdout_file']}" in run.out
    assert max(map(len, run.result.outlines)) < 5000


def test_secrets_are_redacted_everywhere(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MY_API_KEY", "hunter2hunter2")
    project.file("scripts/a.sh", 'echo "$MY_API_KEY"; echo "$MY_API_KEY" >&2; exit 1')
    project.file("scripts/b.sh", 'echo "$MY_API_KEY"')
    for arguments in ((), ("-s", "--orchestrate-jobs=2"), ("-n1",)):
        run = project.run("-rA", "--junitxml=x.xml", *arguments, "-k", "a.sh or b.sh or hunter2hunter2")
        assert "hunter2hunter2" not in run.out.replace("or hunter2hunter2", "")
        for path in [project.path / "x.xml", *project.report_dir.rglob("*")]:
            if path.is_file():
                assert "hunter2hunter2" not in path.read_text(), path


def test_an_interrupted_run_says_what_was_running_and_what_not(project: Project) -> None:
    """The script interrupts pytest, which waits for it: above it are the supervisor, its guard, and then pytest."""
    project.file("scripts/a.sh", STARTED)
    recorded = "until grep -q scripts/a.sh::run .orchestrator/results.jsonl; do sleep 0.02; done\n"
    interrupt = "guard=$(cut -d' ' -f4 /proc/$PPID/stat); kill -INT $(cut -d' ' -f4 /proc/$guard/stat); sleep 30\n"
    project.file("scripts/b.sh", STARTED + recorded + interrupt)
    project.file("scripts/c.sh", STARTED)
    run = project.run_process()
    assert run.code == 2
    assert run.statuses == {"a.sh": "passed", "b.sh": "cancelled", "c.sh": "not_run"}
    assert project.started() == ["a.sh", "b.sh"]
    run.assert_adds_up()


def test_pytest_exit_in_a_hook_leaves_a_row_for_each_item(project: Project) -> None:
    project.file(
        "scripts/conftest.py",
        "import pytest\n\ndef pytest_runtest_logfinish(nodeid):\n    if 'a.sh' in nodeid:\n"
        "        pytest.exit('enough')\n",
    )
    for name in "abc":
        project.file(f"scripts/{name}.sh")
    run = project.run("--orchestrate-jobs=2")
    assert run.code == 2
    assert run.statuses["a.sh"] == "passed"
    assert set(run.statuses.values()) <= {"passed", "cancelled", "not_run"}
    run.assert_adds_up()


def test_nothing_is_left_in_the_work_directory(project: Project) -> None:
    project.file("scripts/a.sh", 'touch "$ORCHESTRATOR_TMP/kept"; exit 1')
    project.file("scripts/b.sh", 'touch "$ORCHESTRATOR_TMP/gone"')
    run = project.run()
    kept = run.data("a.sh")["tmp"]
    assert f"kept:     {kept}" in run.out
    assert [path.name for path in (project.report_dir / "work").rglob("*") if path.is_file()] == ["kept"]
    assert run.data("b.sh")["tmp"] is None


def test_reports_off_leave_nothing_behind(project: Project, monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr("tempfile.tempdir", None)
    project.file("scripts/a.sh", 'touch "$ORCHESTRATOR_TMP/x"; test -z "$ORCHESTRATOR_REPORT_DIR" && exit 1')
    run = project.run("--orchestrate-reports=off", "-p", "no:cacheprovider")
    assert run.code == 1
    assert "reports" not in next(line for line in run.result.outlines if line.startswith("orchestrator:"))
    assert not project.report_dir.exists()
    left = [path for path in tmp_path.rglob("*") if path.is_file() and "pytest-of" not in str(path)]
    assert not left
