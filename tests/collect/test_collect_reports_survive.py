"""Reports that cannot be written never cost the user what pytest shows of the scripts."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from pathlib import Path


def run(project: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """Run ``pytest --orchestrate`` in ``project``."""
    (project / "pytest.ini").write_text("[pytest]\n")
    return subprocess.run(
        [sys.executable, "-m", "pytest", "--orchestrate", "-p", "no:cacheprovider", *words],
        cwd=project,
        capture_output=True,
        text=True,
        check=False,
    )


def rows(project: Path) -> list[dict[str, Any]]:
    """Return the result lines of the last run."""
    lines = (project / ".orchestrator" / "results.jsonl").read_text().splitlines()
    return [row for row in map(json.loads, lines) if row["type"] == "result"]


def test_a_script_that_removes_the_report_directory_costs_the_reports_only(tmp_path: Path) -> None:
    """As ``git clean -fdx`` does: pytest's own summary is there, the run fails, and one line says why."""
    (tmp_path / "clean.sh").write_text("rm -rf .orchestrator\n")
    (tmp_path / "fails.sh").write_text("exit 3\n")
    result = run(tmp_path, "clean.sh", "fails.sh")
    assert "1 failed, 1 passed" in result.stdout
    assert "1 failed, 1 passed; 2 collected in" in result.stdout
    assert f"the report directory '{tmp_path}/.orchestrator' was removed while scripts ran\n" in result.stdout
    assert "Traceback" not in result.stdout + result.stderr
    assert result.returncode == 1


@pytest.mark.parametrize("workers", [(), ("--orchestrate-jobs=2",), ("-n2",)], ids=["one", "jobs", "workers"])
def test_scripts_after_one_that_removes_the_report_directory_run_and_so_does_the_next_run(
    tmp_path: Path, workers: tuple[str, ...]
) -> None:
    """Both runs have scripts with long output and with temporary files after the removal."""
    (tmp_path / "a_clean.sh").write_text('rm -rf "$ORCHESTRATOR_REPORT_DIR"\n')
    (tmp_path / "b_long.sh").write_text("yes | head -c 300000\n")
    (tmp_path / "c_tmp.sh").write_text('echo kept > "$ORCHESTRATOR_TMP/file"; test -f "$ORCHESTRATOR_TMP/file"\n')
    scripts = ["a_clean.sh", "b_long.sh", "c_tmp.sh"]
    for _ in range(2):
        result = run(tmp_path, *scripts, *workers)
        assert "was removed while scripts ran" in result.stdout
        # What runs at the same moment may lose its files under its feet.
        assert workers or "3 passed" in result.stdout
    (tmp_path / "a_clean.sh").write_text("true\n")
    assert run(tmp_path, *scripts).returncode == 0


def test_what_a_script_puts_in_the_place_of_the_report_directory_is_not_taken_for_ours(tmp_path: Path) -> None:
    """The next run refuses to remove it."""
    (tmp_path / "takes.sh").write_text(
        "rm -rf .orchestrator; mkdir -p .orchestrator/logs; echo > .orchestrator/logs/my\n"
    )
    assert "was removed while scripts ran" in run(tmp_path, "takes.sh").stdout
    refused = run(tmp_path, "takes.sh")
    assert refused.returncode == 4
    assert "was not made by pytest-orchestrator and holds 'logs'" in refused.stderr


def test_a_failure_names_no_log_that_was_removed(tmp_path: Path) -> None:
    """The script itself removes the directory, and fails."""
    (tmp_path / "clean.sh").write_text("rm -rf .orchestrator; exit 3\n")
    (tmp_path / "fails.sh").write_text("exit 3\n")
    assert "log: " not in run(tmp_path, "clean.sh", "fails.sh").stdout


@pytest.mark.skipif(os.geteuid() != 0 or shutil.which("unshare") is None, reason="needs to mount a small disk")
def test_on_a_full_disk_it_is_said_that_output_was_lost(tmp_path: Path) -> None:
    """Neither is a part of the output called all of it, nor is a log named that could not be written."""
    (tmp_path / "pytest.ini").write_text("[pytest]\n")
    (tmp_path / "long.sh").write_text("yes | head -c 20000000; exit 1\n")
    (tmp_path / "short.sh").write_text("echo hello; exit 1\n")
    (tmp_path / "small").mkdir()
    command = f"{sys.executable} -m pytest --orchestrate -p no:cacheprovider --orchestrate-report-dir=small"
    result = subprocess.run(
        [
            "unshare",
            "--mount",
            "sh",
            "-c",
            f"mount -t tmpfs -o size=3m tmpfs small || exit 99; {command} long.sh short.sh",
        ],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    if result.returncode == 99 or "unshare" in result.stderr:
        pytest.skip("nothing can be mounted here")
    assert result.stdout.count("note:     output was lost, or may have been: the disk") == 2
    assert "what was kept of it in small/logs/long.sh.stdout" in result.stdout
    for untrue in ("all of it in", "log: "):
        assert untrue not in result.stdout


def test_a_run_without_its_reports_does_not_pass(tmp_path: Path) -> None:
    """Every script passes, and the exit code is 1 all the same."""
    (tmp_path / "clean.sh").write_text("rm -rf .orchestrator\n")
    result = run(tmp_path, "clean.sh")
    assert "1 passed" in result.stdout
    assert result.returncode == 1


_BEFORE_THE_FIRST_LINE = """
import os, pytest, shutil
@pytest.hookimpl(tryfirst=True)
def pytest_sessionstart():
    {statement}
"""


@pytest.mark.parametrize(
    ("statement", "why"),
    [
        ("shutil.rmtree('.orchestrator')", "No such file or directory"),
        ("os.symlink('/dev/full', '.orchestrator/results.jsonl')", "No space left on device"),
    ],
)
def test_a_results_file_that_cannot_be_written_costs_the_reports_only(tmp_path: Path, statement: str, why: str) -> None:
    """Not even its first line: the scripts run and are judged as always."""
    (tmp_path / "conftest.py").write_text(_BEFORE_THE_FIRST_LINE.format(statement=statement))
    (tmp_path / "fine.sh").write_text("true\n")
    (tmp_path / "fails.sh").write_text("exit 3\n")
    result = run(tmp_path, "fine.sh", "fails.sh")
    assert "1 failed, 1 passed" in result.stdout
    assert "orchestrator: the reports are not complete: cannot write" in result.stdout
    assert f"results.jsonl': {why}\n" in result.stdout
    assert "Traceback" not in result.stdout + result.stderr
    assert result.returncode == 1


def test_a_report_directory_on_a_full_disk_is_refused_in_one_line(tmp_path: Path) -> None:
    """The directory is there already, and its lock cannot be written."""
    (tmp_path / "fine.sh").write_text("true\n")
    run(tmp_path, "fine.sh")
    (tmp_path / ".orchestrator" / ".lock").unlink()
    (tmp_path / ".orchestrator" / ".lock").symlink_to("/dev/full")
    result = run(tmp_path, "fine.sh")
    assert "cannot write reports to" in result.stderr
    assert "No space left on device; name another directory with --orchestrate-report-dir" in result.stderr
    assert "INTERNALERROR" not in result.stdout + result.stderr
    assert result.returncode == 4


def test_a_locked_directory_that_a_script_left_does_not_stop_the_next_run(tmp_path: Path) -> None:
    """A kept temporary directory with a directory in it that nobody may enter."""
    (tmp_path / "locks.sh").write_text('mkdir -p "$ORCHESTRATOR_TMP/d/e"; chmod 000 "$ORCHESTRATOR_TMP/d"; exit 1\n')
    assert run(tmp_path, "locks.sh").returncode == 1
    assert run(tmp_path, "locks.sh").returncode == 1


def test_with_dist_each_every_worker_has_logs_and_output_of_its_own(tmp_path: Path) -> None:
    """Two workers run the same script; what each printed is kept, and the report names both logs."""
    text = "i=0; while [ $i -lt 9000 ]; do echo $PYTEST_XDIST_WORKER-line-$i; i=$((i+1)); done; exit 1\n"
    (tmp_path / "long.sh").write_text(text)
    run(tmp_path, "long.sh", "--dist", "each", "--tx", "2*popen")
    kept = {row["worker"]: row["data"]["stdout_file"] for row in rows(tmp_path)}
    assert sorted(kept) == ["gw0", "gw1"]
    for worker, file in kept.items():
        assert (tmp_path / ".orchestrator" / file).read_text().startswith(f"{worker}-line-0\n")
    report = (tmp_path / ".orchestrator" / "report.md").read_text()
    logs = sorted(path.name for path in (tmp_path / ".orchestrator" / "logs").glob("*.json"))
    assert len(logs) == 2
    first = json.loads((tmp_path / ".orchestrator" / "results.jsonl").read_text().partition("\n")[0])
    assert (first["workers"], first["per_worker"]) == (2, True)
    assert all(name in report for name in logs)


def test_a_fixture_that_fails_in_its_teardown_says_so_in_the_row(tmp_path: Path) -> None:
    """The script passed; the row is an error with a reason."""
    (tmp_path / "conftest.py").write_text(
        "import pytest\n@pytest.fixture(autouse=True)\ndef database():\n    yield\n    raise OSError('still in use')\n"
    )
    (tmp_path / "fine.sh").write_text("true\n")
    run(tmp_path, "fine.sh")
    (row,) = rows(tmp_path)
    assert row["status"] == "error"
    assert "still in use" in row["data"]["error"]
    assert row["data"]["reason"] == "infrastructure"


def test_a_wrong_answer_of_a_report_hook_is_one_line(tmp_path: Path) -> None:
    """Everything else of the report is there."""
    (tmp_path / "conftest.py").write_text("def pytest_orchestrator_report_sections(config, document):\n    return 5\n")
    (tmp_path / "fine.sh").write_text("true\n")
    result = run(tmp_path, "fine.sh")
    assert "pytest_orchestrator_report_sections" in result.stdout
    assert "Traceback" not in result.stdout + result.stderr
    assert (tmp_path / ".orchestrator" / "report.md").exists()


def test_the_last_line_of_the_results_is_the_end(tmp_path: Path) -> None:
    """Sections of hooks stand before it."""
    (tmp_path / "conftest.py").write_text(
        "def pytest_orchestrator_report_sections(config, document):\n    return [('Title', 'Text')]\n"
    )
    (tmp_path / "fine.sh").write_text("true\n")
    run(tmp_path, "fine.sh")
    lines = (tmp_path / ".orchestrator" / "results.jsonl").read_text().splitlines()
    assert [json.loads(line)["type"] for line in lines] == ["run", "result", "section", "end"]
    assert "Title" in (tmp_path / ".orchestrator" / "report.md").read_text()
