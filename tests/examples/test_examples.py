"""The examples in ``example_scripts/``: their exact outcome, whichever way they are run, and that nothing is left."""

from __future__ import annotations

import itertools
import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any
from uuid import uuid4

import jsonschema  # type: ignore[import-untyped]  # it ships no types
import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
MARK = "EXAMPLE_RUN_MARK"

SKILLS = [f"skills/{name}/SKILL.md" for name in ("group-log-errors", "mend-red-run", "write-script")]
SKILL_PARTS = ("frontmatter", "structure", "directive", "links", "code", "files")

OUTCOMES = {
    "operations/backup.sh::run": "passed",
    "operations/check_manifests.py::run": "passed",
    "operations/disk_usage.sh::run": "passed",
    "operations/health_check.py::run": "passed",
    "operations/log_report.py::run": "passed",
    "operations/reindex.py::run[customers]": "passed",
    "operations/reindex.py::run[invoices]": "passed",
    "operations/reindex.py::run[orders]": "passed",
    "operations/release-notes::run": "passed",
    "outcomes/certificate_expiry.py::run": "xfailed",
    "outcomes/check_replication.sh::run": "skipped",
    "outcomes/forgets_helper.sh::run": "passed",
    "outcomes/hangs.sh::run": "xfailed",
    "outcomes/page_on_call.sh::run": "skipped",
    "outcomes/retired.sh::run": "skipped",
    "outcomes/start_agent.sh::run": "passed",
    "outcomes/warm_cache.sh::run": "passed",
    "patterns/aggregate_errors.py::run": "passed",
    "patterns/aggregate_errors.sh::run": "passed",
    "patterns/deploy_or_roll_back.py::run[broken]": "passed",
    "patterns/deploy_or_roll_back.py::run[good]": "passed",
    "patterns/deploy_or_roll_back.py::run[unhealthy]": "passed",
    "patterns/parallel_checks.py::run": "passed",
    "patterns/sequential.py::run": "passed",
    **{f"{skill}::{part}": "passed" for skill in SKILLS for part in SKILL_PARTS},
    "skills/group-log-errors/SKILL.md::code[43]": "passed",
    "with_fixtures/report_inventory.py::run": "passed",
}


@dataclass(frozen=True)
class Run:
    """One run of the examples in a copy of the project."""

    root: Path
    process: subprocess.CompletedProcess[str]
    files_before: frozenset[str]
    mark: str

    @cached_property
    def lines(self) -> list[dict[str, Any]]:
        text = (self.root / ".orchestrator" / "results.jsonl").read_text(encoding="utf-8")
        return [json.loads(line) for line in text.splitlines()]

    @cached_property
    def rows(self) -> dict[str, dict[str, Any]]:
        found = [line for line in self.lines if line["type"] == "result"]
        rows = {row["nodeid"].removeprefix("example_scripts/"): row for row in found}
        assert len(rows) == len(found)
        return rows

    def data(self, nodeid: str) -> dict[str, Any]:
        data: dict[str, Any] = self.rows[nodeid]["data"]
        return data


def files_below(root: Path) -> frozenset[str]:
    return frozenset(
        str(path.relative_to(root)) for path in root.rglob("*") if path.relative_to(root).parts[0] != ".orchestrator"
    )


def processes_marked(mark: str) -> list[int]:
    """Return the processes that inherited our mark."""
    wanted = f"{MARK}={mark}".encode()
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                environment = (entry / "environ").read_bytes()
            except OSError:
                continue
            if wanted in environment.split(b"\0"):
                found.append(int(entry.name))
    return found


@pytest.fixture(scope="module", params=["--orchestrate-jobs=1", "--orchestrate-jobs=4", "-n2"])
def run(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Run:
    root = tmp_path_factory.mktemp("project")
    shutil.copytree(ROOT / "example_scripts", root / "example_scripts", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", root)
    (root / "tmp").mkdir()
    before = files_below(root)
    mark = uuid4().hex
    environment = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("PYTEST", "EXAMPLE_", "ORCHESTRATOR_"))
    }
    environment |= {MARK: mark, "TMPDIR": str(root / "tmp"), "PYTHONDONTWRITEBYTECODE": "1"}
    command = [sys.executable, "-m", "pytest", "--orchestrate", "example_scripts/", "-p", "no:cacheprovider"]
    process = subprocess.run(
        [*command, str(request.param)], cwd=root, env=environment, capture_output=True, text=True, timeout=100
    )
    return Run(root, process, before, mark)


def test_every_example_ends_as_it_should(run: Run) -> None:
    assert {nodeid: row["status"] for nodeid, row in run.rows.items()} == OUTCOMES, run.process.stdout


def test_the_run_is_green(run: Run) -> None:
    assert run.process.returncode == 0, run.process.stdout + run.process.stderr
    assert "39 passed, 3 skipped, 2 xfailed" in run.process.stdout
    assert "warning" not in run.process.stdout.lower()


def test_nothing_is_left_running(run: Run) -> None:
    assert processes_marked(run.mark) == []


def test_no_file_is_created_outside_of_the_report_directory(run: Run) -> None:
    # Named locks are files that stay: removing one that somebody waits for would make two locks of one. And pytest
    # has a temporary directory of its own under xdist.
    own = (f"tmp/pytest-orchestrator-{os.getuid()}", "tmp/pytest-of-")
    assert {path for path in files_below(run.root) - run.files_before if not path.startswith(own)} == set()
    assert run.files_before <= files_below(run.root)


def test_no_temporary_file_stays_in_the_report_directory(run: Run) -> None:
    assert not (run.root / ".orchestrator" / "work").exists()
    assert list((run.root / ".orchestrator").glob("warm_cache*")) == []


def test_the_patterns_print_a_summary_and_nothing_else(run: Run) -> None:
    patterns = [run.data(nodeid) for nodeid in OUTCOMES if nodeid.startswith("patterns/")]
    assert len(patterns) == 7
    for data in patterns:
        assert 1 <= data["stdout"].count("\n") <= 6, data["stdout"]
        assert data["stderr"] == ""


def test_the_flaky_example_needs_two_attempts(run: Run) -> None:
    attempts = run.data("outcomes/warm_cache.sh::run")["attempts"]
    assert [(attempt["status"], attempt["exit_code"]) for attempt in attempts] == [("failed", 75), ("passed", 0)]


def test_the_example_that_hangs_is_stopped_by_its_limit(run: Run) -> None:
    data = run.data("outcomes/hangs.sh::run")
    assert data["limit"] == {"name": "timeout", "value": 0.5, "source": "example_scripts/orchestrator.yaml"}
    assert data["stdout"] == "waiting for the maintenance window\n"


def test_left_processes_are_reported(run: Run) -> None:
    leaving = {nodeid for nodeid, row in run.rows.items() if (row["data"] or {}).get("left_processes")}
    assert leaving == {"outcomes/forgets_helper.sh::run", "outcomes/start_agent.sh::run"}
    assert [left["command"] for left in run.data("outcomes/forgets_helper.sh::run")["left_processes"]] == ["sleep 300"]


def test_what_is_skipped_says_why(run: Run) -> None:
    reasons = {nodeid: row["data"]["error"] for nodeid, row in run.rows.items() if row["status"] == "skipped"}
    assert reasons == {
        "outcomes/check_replication.sh::run": "exit 77 means skipped (skip_exit_codes)",
        "outcomes/page_on_call.sh::run": "requires environment variable EXAMPLE_PAGER_URL, not set",
        "outcomes/retired.sh::run": "the mail server that it checks was switched off",
    }


def test_scripts_that_share_a_resource_never_overlap(run: Run) -> None:
    spans = sorted(
        (data["start_time"], data["end_time"])
        for nodeid in OUTCOMES
        if nodeid.startswith("operations/reindex.py")
        for data in [run.data(nodeid)]
    )
    assert len(spans) == 3
    assert all(earlier[1] <= later[0] for earlier, later in itertools.pairwise(spans))


def test_inline_metadata_is_noted(run: Run) -> None:
    (note,) = run.data("operations/check_manifests.py::run")["notes"]
    assert note.startswith("its PEP 723 dependencies (pyyaml) are not installed for it")


def test_the_section_of_the_conftest_is_in_the_report(run: Run) -> None:
    report = (run.root / ".orchestrator" / "report.md").read_text(encoding="utf-8")
    assert "Whom to ask" in report
    assert "- `operations`: the platform team" in report


def test_every_example_is_in_the_table_above() -> None:
    # The table is about items; this is about files: one that is never collected would go unnoticed otherwise.
    known = {nodeid.partition("::")[0] for nodeid in OUTCOMES}
    base = ROOT / "example_scripts"
    no_scripts = {
        "orchestrator.yaml",
        "conftest.py",
        "with_fixtures/conftest.py",
        "lib/common.sh",
    }
    files = {str(path.relative_to(base)) for path in base.rglob("*") if path.is_file() and path.suffix != ".pyc"}
    # What comes with a skill is checked with it, and the examples of agents and workflows have tests of their own.
    directories = ("agents/", "lib/stand-ins/", "workflows/", *(skill.removesuffix("SKILL.md") for skill in SKILLS))
    parts = {file for file in files if file.startswith(directories)} - set(SKILLS)
    assert files - no_scripts - parts == known


def test_the_configuration_names_a_schema_that_accepts_it() -> None:
    path = ROOT / "example_scripts" / "orchestrator.yaml"
    text = path.read_text(encoding="utf-8")
    named = text.partition("$schema=")[2].partition("\n")[0]
    schema = json.loads((path.parent / named).read_text(encoding="utf-8"))
    assert list(jsonschema.Draft202012Validator(schema).iter_errors(yaml.safe_load(text))) == []
