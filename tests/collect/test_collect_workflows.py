"""Workflow files as pytest items: ids, subtests, failures, reports, and pytest's own options."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import pytest

# Imported once for all runs in this process: pytester forgets what a run imported first.
import pytest_orchestrator.collect.workflow_execution
import pytest_orchestrator.collect.workflow_failure  # noqa: F401

if TYPE_CHECKING:
    from orchestrated import Project

BAD = """
tasks:
  build: {run: "echo v=1 >> $ORCHESTRATOR_OUTPUT"}
  check: {run: "echo not healthy >&2; exit 3", needs: build}
  tell: {run: "true", needs: check}
  undo: {run: "true", needs: tell, if: failure()}
  lint: {run: exit 1, continue_on_error: true}
  each: {run: "test ${{ matrix.n }} = 1", matrix: {n: [1]}}
"""
GOOD = """
inputs: {n: 1}
cases: {one: {}, two: {n: 2}}
tasks:
  say: {run: "echo said ${{ inputs.n }}"}
summary: "n is ${{ inputs.n }}: ${{ tasks.say.stdout }}"
"""
IDS = ["flows/bad.workflow.yaml::workflow", "flows/good.workflow.yml::workflow[one]",
       "flows/good.workflow.yml::workflow[two]"]  # fmt: skip


@pytest.fixture
def flows(project: Project, monkeypatch: pytest.MonkeyPatch) -> Project:
    monkeypatch.delenv("CI", raising=False)
    project.file("flows/bad.workflow.yaml", BAD)
    project.file("flows/good.workflow.yml", GOOD)
    return project


def test_each_file_or_case_is_an_item_of_its_own_kind(flows: Project) -> None:
    flows.file("flows/run.sh", "true\n")
    run = flows.run("flows")
    assert run.code == 1
    assert [(row["nodeid"], row["status"]) for row in run.results if row["kind"] == "workflow"] == [
        (IDS[0], "failed"), (IDS[1], "passed"), (IDS[2], "passed")
    ]  # fmt: skip
    assert flows.ids("flows", "-m", "workflow") == IDS
    assert flows.ids("flows", "-m", "script") == ["flows/run.sh::run"]
    assert flows.ids("flows", "-k", "good and two") == IDS[2:]
    run.assert_adds_up()


def test_every_task_is_a_subtest_that_v_shows(flows: Project) -> None:
    run = flows.run("flows/bad.workflow.yaml", "-v")
    shown = re.findall(r"(SUB\w+)\[(\S+)\]", run.out.partition("FAILURES")[0])
    assert sorted(shown) == [
        ("SUBFAILED", "check"), ("SUBPASSED", "build"), ("SUBPASSED", "each[0]"), ("SUBPASSED", "undo"),
        ("SUBSKIPPED", "tell"), ("SUBXFAIL", "lint"),
    ]  # fmt: skip
    quiet = flows.run("flows/good.workflow.yml")
    assert "SUB" not in quiet.out
    assert "2 passed" in quiet.out


def test_the_failure_says_what_broke_what_was_skipped_and_how_to_resume(flows: Project) -> None:
    run = flows.run("flows/bad.workflow.yaml")
    text = run.out.partition("bad.workflow.yaml workflow ___")[2].partition("short test summary")[0]
    lines = text.splitlines()
    assert "bad.workflow.yaml: task 'check' failed: exit 3: not healthy" in lines
    assert any(line.startswith("failed:  check failed: exit 3") for line in lines)
    assert "    not healthy" in lines
    assert "skipped:  tell: 'check' failed" in lines
    assert "resume:   pytest-orchestrator workflow resume flows/bad.workflow.yaml" in lines
    log = next(line for line in lines if line.startswith("  log: ")).removeprefix("  log: ")
    assert "not healthy" in (flows.path / log).read_text()


def test_the_results_have_the_data_of_every_task_and_the_report_has_the_graph(flows: Project) -> None:
    run = flows.run("flows")
    data = run.rows[IDS[0]]["data"]
    tasks = {task["name"]: task for task in data["tasks"]}
    assert list(tasks) == ["build", "check", "tell", "undo", "lint", "each", "each[0]"]
    assert tasks["build"]["outputs"] == {"v": "1"}
    assert (tasks["check"]["state"], tasks["check"]["error"], tasks["check"]["exit_code"]) == (
        "failed", "exit 3: not healthy", 3,
    )  # fmt: skip
    assert tasks["tell"]["why"] == "'check' failed"
    assert data["counts"]["passed"] == 3
    assert run.rows[IDS[2]]["data"]["summary"] == "n is 2: said 2"
    report = (run.report_dir / "report.md").read_text()
    assert "## Workflows (3)" in report
    assert '```mermaid\nflowchart TD\n    t0["build<br/>passed, ' in report
    assert "t0 --> t1" in report
    assert "pytest --orchestrate flows/bad.workflow.yaml::workflow" in report


@pytest.mark.parametrize("workers", [(), ("-n2",)], ids=["process", "n2"])
def test_every_printed_id_is_accepted_back(flows: Project, workers: tuple[str, ...]) -> None:
    flows.file("flows/odd [1].workflow.yaml", "tasks: {a: {run: 'true'}}\n")
    printed = flows.ids("flows")
    assert len(printed) == 4
    run = flows.run(*printed, *workers)
    assert sorted(run.rows) == sorted(printed)
    assert [run.rows[name]["status"] for name in IDS] == ["failed", "passed", "passed"]


def test_ids_of_cases_and_of_a_whole_file(flows: Project) -> None:
    assert flows.ids("flows/good.workflow.yml::workflow[two]") == IDS[2:]
    assert flows.ids("flows/good.workflow.yml::workflow") == IDS[1:]
    run = flows.run("flows/good.workflow.yml::workflow[three]")
    assert run.code == 4
    assert "there is no such item; flows/good.workflow.yml has workflow[one], workflow[two]" in run.out


def test_last_failed_and_exitfirst(flows: Project) -> None:
    run = flows.run("flows", "-x")
    assert [run.rows[name]["status"] for name in IDS] == ["failed", "not_run", "not_run"]
    again = flows.run("flows", "--lf")
    assert list(again.rows) == IDS[:1]


def test_junit_xml_has_one_result_for_each_workflow(flows: Project) -> None:
    run = flows.run("flows", "--junitxml=junit.xml")
    assert run.code == 1
    suite = ET.parse(flows.path / "junit.xml").getroot()[0]
    assert (suite.get("tests"), suite.get("failures"), suite.get("skipped")) == ("3", "1", "0")
    properties = {each.get("name"): each.get("value") for each in suite.iter("property")}
    assert (properties["task.check"], properties["task.tell"]) == ("failed", "skipped")


def test_a_broken_file_is_one_collection_error_with_all_mistakes(flows: Project) -> None:
    flows.file("flows/broken.workflow.yaml", "tasks:\n  a: {rum: x}\n  b: {run: x, needs: c}\n")
    run = flows.run("flows")
    assert run.code == 1
    assert "flows/broken.workflow.yaml:2:7: tasks.a.rum: unknown key; did you mean 'run'?" in run.out
    assert "flows/broken.workflow.yaml:3:22: tasks.b.needs: there is no task 'c'" in run.out
    assert "Traceback" not in run.out
    assert sorted(run.rows) == IDS, "the others run all the same"


def test_a_broken_child_is_a_collection_error_of_the_file_that_runs_it(flows: Project) -> None:
    flows.file(
        "flows/outer.workflow.yaml", "tasks: {a: {run: touch ran}, b: {workflow: ../parts/inner.workflow.yaml}}\n"
    )
    flows.file("parts/inner.workflow.yaml", "tasks:\n  a: {rum: x}\n")
    run = flows.run("flows")
    assert run.code == 1
    assert "ERROR flows/outer.workflow.yaml" in run.out
    assert "parts/inner.workflow.yaml:2:7: tasks.a.rum: unknown key; did you mean 'run'?" in run.out
    assert "Traceback" not in run.out
    assert sorted(run.rows) == IDS
    assert not (flows.path / "flows" / "ran").exists()


def test_inputs_that_nobody_gives_are_an_error_of_the_item(flows: Project) -> None:
    flows.file("flows/needs.workflow.yaml", "inputs: {x: {required: true}}\ntasks: {a: {run: touch ran}}\n")
    run = flows.run("flows/needs.workflow.yaml")
    row = run.rows["flows/needs.workflow.yaml::workflow"]
    assert (row["status"], row["data"]["reason"]) == ("error", "configuration")
    assert "input 'x' is missing" in row["data"]["error"]


def test_a_gate_fails_fast_in_ci_and_can_be_approved_beforehand(
    flows: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CI", "true")
    flows.file("flows/gate.workflow.yaml", "tasks: {gate: {approve: Sure?}}\n")
    name = "flows/gate.workflow.yaml::workflow"
    refused = flows.run("flows/gate.workflow.yaml")
    assert "nobody can be asked in CI: 'Sure?'" in refused.rows[name]["data"]["error"]
    approved = flows.run("flows/gate.workflow.yaml", "--orchestrate-approve")
    task = approved.rows[name]["data"]["tasks"][0]
    assert (task["state"], task["approval"]["question"]) == ("passed", "Sure?")
    assert task["approval"]["who"].startswith("--orchestrate-approve by ")


def test_a_secret_of_the_file_is_not_in_what_a_task_that_failed_is_reported_with(flows: Project) -> None:
    flows.file(
        "flows/bad.workflow.yaml",
        "env: {SHOP_TOKEN: hunter2hunter2}\ntasks: {a: {run: 'true', cwd: '${{ env.SHOP_TOKEN }}'}}\n",
    )
    run = flows.run("flows/bad.workflow.yaml", "-v", "-rA")
    assert run.code == 1
    assert "[redacted]" in run.out
    assert "hunter2" not in run.out


def test_a_time_limit_of_the_workflow_is_a_timeout(flows: Project) -> None:
    flows.file("flows/slow.workflow.yaml", "timeout: 0.3\ntasks: {a: {run: sleep 60}, b: {run: 'true', needs: a}}\n")
    run = flows.run("flows/slow.workflow.yaml")
    row = run.rows["flows/slow.workflow.yaml::workflow"]
    assert row["status"] == "timeout"
    assert "TIMEOUT" in flows.run("flows/slow.workflow.yaml", "-v").out


def test_the_limit_of_pytest_timeout_is_one_for_the_workflow_and_ends_its_programs(flows: Project) -> None:
    flows.file("flows/slow.workflow.yaml", "tasks: {a: {run: 'echo $$ > pid; exec sleep 60'}}\n")
    run = flows.run("flows/slow.workflow.yaml", "--timeout=0.5")
    row = run.rows["flows/slow.workflow.yaml::workflow"]
    assert (row["status"], row["data"]["error"]) == (
        "timeout",
        "task 'a' timed out: the workflow timed out after 0.5 s",
    )
    pid = (flows.path / "flows" / "pid").read_text().strip()
    assert not Path(f"/proc/{pid}").exists()


def test_ctrl_c_ends_the_programs_and_the_row_says_how_far_it_came(flows: Project) -> None:
    flows.file(
        "flows/slow.workflow.yaml",
        "tasks: {a: {run: 'true'}, b: {run: 'echo $$ > pid; kill -INT \"$WHO\"; exec sleep 60', needs: a}}\n",
    )
    flows.file("conftest.py", "import os\nos.environ['WHO'] = str(os.getpid())\n")
    run = flows.run_process("flows/slow.workflow.yaml")
    assert run.code == 2
    row = run.rows["flows/slow.workflow.yaml::workflow"]
    assert row["status"] == "cancelled"
    assert [task["state"] for task in row["data"]["tasks"]] == ["passed", "cancelled"]
    assert row["data"]["resume"] == "pytest-orchestrator workflow resume flows/slow.workflow.yaml"
    pid = (flows.path / "flows" / "pid").read_text().strip()
    assert not Path(f"/proc/{pid}").exists()


def test_a_dry_run_shows_the_tasks_and_runs_none(flows: Project) -> None:
    run = flows.run("-p", "pytest_orchestrator.collect.dry_run", "--collect-only", "-q", "flows")
    assert "  tasks        build (run)\n               check (run) after build\n" in run.out
    assert "  inputs       n=2\n" in run.out


def test_nothing_is_kept_without_reports(flows: Project) -> None:
    run = flows.run("flows", "--orchestrate-reports=off")
    assert run.code == 1
    assert "resume:" not in run.out
    assert not (flows.path / ".orchestrator").exists()


def test_a_workflow_expected_to_fail_is_so_with_all_its_tasks(flows: Project) -> None:
    flows.file(
        "conftest.py",
        "import pytest\n\ndef pytest_collection_modifyitems(items):\n    for item in items:\n"
        "        item.add_marker(pytest.mark.xfail(reason='known'))\n",
    )
    run = flows.run("flows/bad.workflow.yaml")
    assert (run.code, run.rows[IDS[0]]["status"]) == (0, "xfailed")


def test_orchestrator_yaml_can_skip_a_workflow(flows: Project) -> None:
    flows.file("flows/orchestrator.yaml", "skip:\n  - bad.workflow.yaml: not today\n")
    run = flows.run("flows")
    assert (run.code, run.rows[IDS[0]]["status"]) == (0, "skipped")
    assert json.dumps(run.rows[IDS[0]]["data"]).count("not today") == 1
