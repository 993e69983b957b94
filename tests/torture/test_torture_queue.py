"""What waits for a place when a session ends early never gets one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from process_watch import until
from torture_sessions import Torture

if TYPE_CHECKING:
    from pathlib import Path

COUNT = 20
JOBS = 2


@pytest.fixture
def torture(tmp_path: Path) -> Torture:
    """A project of scripts that say that they were started, and then take long."""
    project = Torture(tmp_path)
    for number in range(COUNT):
        project.script(f"s{number:02}.sh", f"echo {number:02} >> started.txt; exec sleep {{mark}}\n")
    return project


def started(project: Torture) -> list[str]:
    """Return the numbers of the scripts that were started."""
    file = project.path / "started.txt"
    return sorted(file.read_text().split()) if file.exists() else []


def test_ctrl_c_starts_no_script_that_was_waiting_for_a_place(torture: Torture) -> None:
    with torture.session(f"--orchestrate-jobs={JOBS}") as session:
        until(lambda: len(started(torture)) == JOBS, "scripts in every place")
        before = started(torture)
        session.interrupt()
        assert session.wait() == pytest.ExitCode.INTERRUPTED
    assert started(torture) == before == ["00", "01"]
    statuses = torture.statuses()
    assert [statuses[f"s{number:02}.sh"] for number in range(COUNT)] == ["cancelled"] * JOBS + ["not_run"] * (
        COUNT - JOBS
    )


def test_pytest_exit_in_a_hook_starts_no_script_that_was_waiting_for_a_place(torture: Torture) -> None:
    torture.script("s00.sh", "echo 00 >> started.txt; until grep -q 01 started.txt; do sleep 0.02; done\n")
    (torture.path / "conftest.py").write_text(
        "import pytest\n\ndef pytest_orchestrator_verdict(item, result):\n    pytest.exit('enough')\n"
    )
    with torture.session(f"--orchestrate-jobs={JOBS}") as session:
        assert session.wait() == pytest.ExitCode.INTERRUPTED
    # The place of the first one was free before anybody wanted to stop.
    assert started(torture)[:JOBS] == ["00", "01"]
    assert len(started(torture)) <= JOBS + 1
    assert "not_run" in torture.statuses().values()
