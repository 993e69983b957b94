"""The examples in ``example_scripts/workflows/``: what each case ends as and says, and that nothing is left."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import jsonschema  # type: ignore[import-untyped]  # it ships no types
import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
PREFIX = "example_scripts/workflows/"

SUMMARIES = {
    "deploy.workflow.yaml::workflow[good]": ("passed", "Deployment successful"),
    "deploy.workflow.yaml::workflow[unhealthy]": (
        "xfailed",
        "Rolled back due to health check failure: verify: exit 1: error: 1 of 3 replicas are available",
    ),
    "deploy.workflow.yaml::workflow[refused]": (
        "xfailed",
        (
            'Deploy failed: deploy: exit 1: error: error validating "manifests/shop-refused.json": missing required'
            ' field "image"'
        ),
    ),
    "restart-crashed.workflow.yaml::workflow[all]": (
        "passed",
        (
            "Found 3 pods in CrashLoopBackOff\nRestarted 2/2 deployments \n"
            "Advice: 2 to restart, memory limits first: default/mail, tools/search"
        ),
    ),
    "restart-crashed.workflow.yaml::workflow[none]": (
        "passed",
        "Found 0 pods in CrashLoopBackOff\nRestarted 0/0 deployments \nAdvice: none",
    ),
    "restart-crashed.workflow.yaml::workflow[locked]": (
        "xfailed",
        (
            "Found 3 pods in CrashLoopBackOff\n"
            "Restarted 1/2 deployments restart[1]: exit 1: error: deployments.apps 'search' is paused\n"
            "Advice: 2 to restart, memory limits first: default/mail, tools/search"
        ),
    ),
    "tickets.workflow.yaml::workflow[created]": ("passed", "Found 1 unhealthy services\nCreated 1 tickets OPS-1"),
    "tickets.workflow.yaml::workflow[well]": ("passed", "Found 0 unhealthy services\nCreated 0 tickets "),
    "tickets.workflow.yaml::workflow[down]": (
        "xfailed",
        (
            "Found 1 unhealthy services\n"
            "Created 0 tickets tickets: exit 1: the tracker answered 503: maintenance until 6:00"
        ),
    ),
}


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the project in which all examples of workflows have run."""
    root = tmp_path_factory.mktemp("project")
    shutil.copytree(ROOT / "example_scripts", root / "example_scripts", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", root)
    (root / "tmp").mkdir()
    outer = ("PYTEST", "EXAMPLE_", "ORCHESTRATOR_")
    environment = {name: value for name, value in os.environ.items() if not name.startswith(outer)}
    environment |= {"TMPDIR": str(root / "tmp"), "PYTHONDONTWRITEBYTECODE": "1"}
    command = [sys.executable, "-m", "pytest", "--orchestrate", PREFIX, "-p", "no:cacheprovider"]
    done = subprocess.run(command, cwd=root, env=environment, capture_output=True, text=True, timeout=100)
    assert done.returncode == 0, done.stdout + done.stderr
    return root


@pytest.fixture(scope="module")
def rows(root: Path) -> dict[str, dict[str, Any]]:
    lines = map(json.loads, (root / ".orchestrator" / "results.jsonl").read_text(encoding="utf-8").splitlines())
    return {line["nodeid"].removeprefix(PREFIX): line for line in lines if line["type"] == "result"}


def test_every_case_ends_as_it_should_and_says_so_in_its_summary(rows: dict[str, dict[str, Any]]) -> None:
    assert {name: (row["status"], row["data"]["summary"]) for name, row in rows.items()} == SUMMARIES


def test_what_was_not_healthy_was_rolled_back_and_what_was_never_deployed_was_not(
    rows: dict[str, dict[str, Any]],
) -> None:
    def states(case: str) -> dict[str, str]:
        tasks = rows[f"deploy.workflow.yaml::workflow[{case}]"]["data"]["tasks"]
        return {task["name"]: task["state"] for task in tasks}

    done = {"cluster": "passed", "deploy": "passed", "tidy": "passed"}
    assert states("good") == {**done, "verify": "passed", "roll_back": "skipped"}
    assert states("unhealthy") == {**done, "verify": "failed", "roll_back": "passed"}
    assert states("refused") == {**done, "deploy": "failed", "verify": "skipped", "roll_back": "skipped"}
    verify = rows["deploy.workflow.yaml::workflow[unhealthy]"]["data"]["tasks"][2]
    assert verify["attempts"] == 3


def test_nothing_is_left_behind(root: Path) -> None:
    assert [path.name for path in (root / "tmp").iterdir() if path.name.startswith("cluster-")] == []
    assert not list((root / "example_scripts" / "workflows").rglob("__pycache__"))


def test_every_case_of_every_example_is_in_the_table_above() -> None:
    files = {path.name for path in (ROOT / PREFIX).glob("*.workflow.yaml")}
    assert {name.partition("::")[0] for name in SUMMARIES} == files


def test_the_examples_name_a_schema_that_accepts_them() -> None:
    for path in (ROOT / PREFIX).glob("*.workflow.yaml"):
        text = path.read_text(encoding="utf-8")
        named = text.partition("$schema=")[2].partition("\n")[0]
        schema = json.loads((path.parent / named).read_text(encoding="utf-8"))
        assert list(jsonschema.Draft202012Validator(schema).iter_errors(yaml.safe_load(text))) == [], path.name
