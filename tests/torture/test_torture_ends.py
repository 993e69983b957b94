"""However a session ends, no program is left, pytest does not hang, and the reports have what is known."""

from __future__ import annotations

import os
import signal
from typing import TYPE_CHECKING

import pytest
from process_watch import files_below, marked, until, until_dead
from torture_sessions import HIDDEN, HIDES, SECRET, STUBBORN, WAYS, WORKERS_2, Torture

from pytest_orchestrator.reports.writer import render_all

if TYPE_CHECKING:
    from pathlib import Path

    from torture_sessions import Session

SPEAKS = "echo before the end, password $MY_PASSWORD\n"


@pytest.fixture
def torture(tmp_path: Path) -> Torture:
    """A project whose second script hides processes in every way and never ends; the others are quick."""
    project = Torture(tmp_path)
    project.script("a_done.sh", "echo a is done\n")
    project.script("b_hides.sh", f"{SPEAKS}{HIDES}sleep 600\n")
    for name in "cdef":
        project.script(f"{name}_later.sh", "echo later\n")
    return project


def assert_reports_can_be_rendered(project: Torture, name: str = "a_done.sh") -> None:
    """Hold that every report can be made of what results.jsonl has, and that nothing in them is secret."""
    render_all(project.reports)
    report = (project.reports / "report.md").read_text()
    assert name in report
    for file in files_below(project.reports):
        path = project.reports / file
        if path.is_file():
            assert SECRET not in path.read_text(errors="replace"), file


@pytest.mark.parametrize("way", WAYS)
def test_ctrl_c(way: str, torture: Torture) -> None:
    with torture.session(*WAYS[way], hiding=HIDDEN) as session:
        session.until_row("a_done.sh")
        session.interrupt()
        assert session.wait() == pytest.ExitCode.INTERRUPTED
    assert torture.statuses()["a_done.sh"] == "passed"
    assert torture.statuses()["b_hides.sh"] == "cancelled"
    assert sum(torture.statuses()[f"{name}_later.sh"] in ("passed", "not_run", "cancelled") for name in "cdef") == 4
    if way != "-n2":
        assert torture.rows()["b_hides.sh"]["data"]["stdout"] == "before the end, password [redacted]\n"
    assert_reports_can_be_rendered(torture)


def test_ctrl_c_twice(torture: Torture) -> None:
    torture.script("b_hides.sh", f"{HIDES}{STUBBORN}trap '' TERM INT; sleep 600\n")
    with torture.session(*WAYS["jobs 1"], hiding=HIDDEN + 1) as session:
        session.interrupt()
        session.interrupt()
        assert session.wait() != 0
    assert_reports_can_be_rendered(torture)


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_pytest_is_killed(way: str, number: signal.Signals, torture: Torture) -> None:
    torture.script("b_hides.sh", f"{SPEAKS}{HIDES}{STUBBORN}sleep 600\n")
    with torture.session(*WAYS[way], hiding=HIDDEN + 1) as session:
        session.until_row("a_done.sh")
        os.kill(session.process.pid, number)
        assert session.wait() == -number
    assert torture.statuses()["a_done.sh"] == "passed"
    kept = kept_output(torture)
    assert kept.pop("scripts/b_hides.stdout") == "before the end, password [redacted]\n"
    assert set(kept.values()) <= {"later\n"}  # what another worker had just started
    assert_reports_can_be_rendered(torture)


def kept_output(project: Torture) -> dict[str, str]:
    """Return the files of output below the reports."""
    logs = project.reports / "logs"
    names = [name for name in files_below(logs) if name.endswith((".stdout", ".stderr"))]
    return {name.replace(".sh", "").replace("::run", ""): (logs / name).read_text() for name in names}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_the_supervisor_is_killed(way: str, number: signal.Signals, torture: Torture) -> None:
    with torture.session(*WAYS[way], hiding=HIDDEN) as session:
        session.until_row("a_done.sh")
        for supervisor in supervisors_that_hide(session):
            os.kill(supervisor, number)
        assert session.wait() == pytest.ExitCode.TESTS_FAILED
    lost = torture.rows()["b_hides.sh"]
    assert (lost["status"], lost["data"]["reason"]) == ("error", "infrastructure")
    assert "supervisor" in lost["data"]["error"]
    assert lost["data"]["stdout"] == "before the end, password [redacted]\n"
    others = {name: status for name, status in torture.statuses().items() if name != "b_hides.sh"}
    assert set(others.values()) == {"passed"}
    assert_reports_can_be_rendered(torture)


def test_the_supervisor_is_killed_while_three_scripts_write_as_fast_as_they_can(torture: Torture) -> None:
    for name in "abc":
        torture.script(f"{name}_writes.sh", f"{SPEAKS}exec yes {torture.mark}-{'x' * 900}\n")
    names = [f"{name}_writes.sh" for name in "abc"]
    files = torture.reports / "work"
    with torture.session(*WAYS["jobs 4"], *(f"scripts/{name}" for name in names)) as session:

        def have_written() -> bool:
            return sum(path.stat().st_size > 1 << 20 for path in files.rglob("stdout.*")) == 3

        until(have_written, "a MiB of each")
        for pid, command in session.below(session.process.pid).items():
            if "supervisor.main" in command:
                os.kill(pid, signal.SIGKILL)
        until(lambda: not marked(f"{torture.mark}-"), "the end of all that write", 5)
        assert session.wait() == pytest.ExitCode.TESTS_FAILED
    for name in names:
        lost = torture.rows()[name]
        assert (lost["status"], lost["data"]["reason"]) == ("error", "infrastructure")
        assert lost["data"]["stdout"].startswith("before the end, password [redacted]\n")
        whole = torture.reports / lost["data"]["stdout_file"]
        with whole.open() as output:
            assert output.readline() == "before the end, password [redacted]\n"
        whole.unlink()  # it is long
    assert not files.exists()
    assert_reports_can_be_rendered(torture, "a_writes.sh")


def supervisors_that_hide(session: Session) -> list[int]:
    return [pid for pid in session.supervisors() if set(session.below(pid)) & set(session.sleepers)]


def test_an_xdist_worker_is_killed(torture: Torture) -> None:
    with torture.session(*WORKERS_2, hiding=HIDDEN) as session:
        session.until_row("a_done.sh")
        worker = session.worker_that_hides()
        os.kill(worker, signal.SIGKILL)
        until_dead(worker)
        assert session.wait() == pytest.ExitCode.TESTS_FAILED
    statuses = torture.statuses()
    assert statuses.pop("b_hides.sh") == "error"
    assert set(statuses.values()) == {"passed"}
    assert len(statuses) == 5
    kept = kept_output(torture)
    assert kept.pop("scripts/b_hides.stdout") == "before the end, password [redacted]\n"
    assert set(kept.values()) <= {"later\n"}  # what another worker had just started
    assert_reports_can_be_rendered(torture)


def test_the_whole_session_is_killed_at_once(torture: Torture) -> None:
    with torture.session(*WORKERS_2, hiding=HIDDEN) as session:
        session.until_row("a_done.sh")
        for pid in (*session.workers(), session.process.pid):
            os.kill(pid, signal.SIGKILL)
        assert session.wait() == -signal.SIGKILL
    assert_reports_can_be_rendered(torture)


def test_pytest_and_its_supervisor_run_in_a_session_that_is_hung_up(torture: Torture) -> None:
    with torture.session(*WAYS["jobs 4"], hiding=HIDDEN) as session:
        session.until_row("a_done.sh")
        os.killpg(session.process.pid, signal.SIGHUP)
        assert session.wait() == -signal.SIGHUP
    assert_reports_can_be_rendered(torture)


def test_stopping_at_the_first_failure_ends_what_runs_ahead(torture: Torture) -> None:
    torture.script("a_done.sh", "until [ -e started ]; do sleep 0.01; done\nexit 1\n")
    torture.script("b_hides.sh", f"{HIDES}echo > started\nsleep 600\n")
    with torture.session(*WAYS["jobs 4"], "-x") as session:
        assert session.wait() == pytest.ExitCode.TESTS_FAILED
    assert torture.statuses()["a_done.sh"] == "failed"
    assert torture.statuses()["b_hides.sh"] == "cancelled"


def test_what_may_stay_ends_with_the_session(torture: Torture) -> None:
    torture.script("b_hides.sh", HIDES)
    (torture.path / "scripts/orchestrator.yaml").write_text("default: {left_processes: allow}\n")
    last = "for i in $(seq 1000); do [ -e go ] && exit 0; sleep 0.02; done; exit 1\n"
    torture.script("f_later.sh", last)
    with torture.session(*WAYS["jobs 1"], hiding=HIDDEN) as session:
        session.until_row("e_later.sh")
        assert len(session.sleepers) == HIDDEN
        (torture.path / "go").touch()
        assert session.wait() == 0
    assert len(torture.rows()["b_hides.sh"]["data"]["left_processes"]) >= 5  # some are still forking


def test_a_session_without_reports_leaves_no_file(torture: Torture) -> None:
    torture.script("b_hides.sh", f"{HIDES}touch $ORCHESTRATOR_TMP/file; sleep 600\n")
    with torture.session(*WAYS["jobs 4"], "--orchestrate-reports=off", hiding=HIDDEN) as session:
        session.process.kill()
    assert not torture.reports.exists()
    torture.script("b_hides.sh", f"{HIDES}touch $ORCHESTRATOR_TMP/file; exit 1\n")
    with torture.session(*WAYS["jobs 4"], "--orchestrate-reports=off") as session:
        assert session.wait() == pytest.ExitCode.TESTS_FAILED
    assert not torture.reports.exists()
    left = [name for name in files_below(torture.temporary) if not name.endswith(".lock") and "/" not in name]
    assert [
        name
        for name in left
        if name.startswith("pytest-orchestrator-") and name != f"pytest-orchestrator-{os.getuid()}"
    ] == []


def test_pytest_timeout_ends_what_it_times_out(torture: Torture) -> None:
    torture.script("conftest.py", "import pytest\n@pytest.fixture(autouse=True)\ndef around():\n    yield\n")
    with torture.session(*WAYS["jobs 4"], "--timeout=1") as session:
        assert session.wait() == pytest.ExitCode.TESTS_FAILED
    assert torture.statuses()["b_hides.sh"] == "timeout"
    assert set(torture.statuses().values()) == {"passed", "timeout"}
