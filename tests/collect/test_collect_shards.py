"""``--orchestrate-shard I/N`` and ``report merge``: several runs do what one would, and one report tells of all."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

from pytest_orchestrator.reports.durations import Recorded, read_durations, write_durations

if TYPE_CHECKING:
    from pathlib import Path

    from orchestrated import Project, Run

SCRIPTS = {f"scripts/{name}.sh": f"echo {name}\n" for name in "abcdefgh"}
NAMES = {f"{name}.sh" for name in "abcdefgh"}


def shards(project: Project, count: int, *arguments: str) -> list[Run]:
    """Run every shard, each with a report directory of its own."""
    runs = []
    for index in range(1, count + 1):
        project.report_dir = project.path / f"r{index}"
        runs.append(
            project.run(f"--orchestrate-shard={index}/{count}", f"--orchestrate-report-dir=r{index}", *arguments)
        )
    return runs


def merge(project: Project, *words: str) -> subprocess.CompletedProcess[str]:
    """Run the command that merges."""
    command = [sys.executable, "-m", "pytest_orchestrator", "report", "merge", *words]
    return subprocess.run(command, cwd=project.path, capture_output=True, text=True, timeout=60)


def lines(directory: Path) -> list[dict[str, Any]]:
    """Return the lines of the results in ``directory``."""
    return [json.loads(line) for line in (directory / "results.jsonl").read_text().splitlines()]


@pytest.fixture
def recorded(project: Project) -> Path:
    """A file that all shards share; ``a`` takes as long as all others together."""
    project.files({"pytest.ini": "[pytest]\n", **SCRIPTS})
    path = project.path / "durations.json"
    write_durations(path, {f"scripts/{name}": Recorded(seconds, 1.0) for name, seconds in [
        ("a.sh::run", 7.0), *((f"{name}.sh::run", 1.0) for name in "bcdefgh"),
    ]})  # fmt: skip
    return path


@pytest.mark.parametrize("workers", [(), ("-n2",)], ids=["one process", "two workers"])
def test_every_script_runs_in_one_shard(project: Project, recorded: Path, workers: tuple[str, ...]) -> None:
    runs = shards(project, 2, "--orchestrate-durations=durations.json", *workers)
    assert [set(run.statuses) for run in runs] == [{"a.sh"}, NAMES - {"a.sh"}]
    assert all(run.code == 0 for run in runs)
    if not workers:
        assert "7 deselected" in runs[0].out
    assert "shard 1/2 by durations" in runs[0].out
    assert recorded.read_text()


def test_without_durations_a_hash_decides(project: Project) -> None:
    project.files(SCRIPTS)
    project.run()  # leaves durations of its own, which other machines do not have
    runs = shards(project, 3)
    names = [name for run in runs for name in run.statuses]
    assert sorted(names) == sorted(NAMES)
    assert "shard 1/3 by a hash of each id" in runs[0].out


def test_a_file_of_durations_that_is_not_there_yet_is_said_so_in_the_header(project: Project) -> None:
    project.files(SCRIPTS)
    assert "by a hash of each id" in shards(project, 2, "--orchestrate-durations=none.json")[0].out


def test_tests_are_divided_as_well(project: Project, recorded: Path) -> None:
    project.file("scripts/test_x.py", "import pytest\n@pytest.mark.parametrize('n', range(9))\ndef test_n(n): pass\n")
    runs = shards(project, 3, "--orchestrate-durations=durations.json")
    assert sum(run.outcomes["passed"] for run in runs) == 17


def test_a_shard_with_nothing_to_do_has_done_it(project: Project) -> None:
    project.file("scripts/a.sh")
    for workers in ((), ("-n1",)):
        codes = [run.code for run in shards(project, 3, *workers)]
        assert codes == [0, 0, 0]


def test_a_selection_that_matches_nothing_is_still_none(project: Project) -> None:
    project.files(SCRIPTS)
    assert [run.code for run in shards(project, 2, "-k", "nothing_like_it")] == [5, 5]


@pytest.mark.parametrize("shard", ["0/2", "3/2", "x", "1/0"])
def test_what_is_no_shard_is_a_usage_error(project: Project, shard: str) -> None:
    project.files(SCRIPTS)
    run = project.run(f"--orchestrate-shard={shard}")
    assert run.code == 4
    assert f"'{shard}'" in run.out
    assert "I/N" in run.out


def test_a_file_that_holds_no_durations_is_a_usage_error(project: Project) -> None:
    project.files(SCRIPTS)
    project.file("durations.json", "[1]")
    run = project.run("--orchestrate-shard=1/2", "--orchestrate-durations=durations.json")
    assert run.code == 4
    assert "holds no durations" in run.out


# -- merge ----------------------------------------------------------------------------------------------------------


def test_one_report_tells_of_all_shards(project: Project, recorded: Path) -> None:
    project.file("scripts/c.sh", "echo broken; exit 3\n")
    project.file("scripts/d.sh", "yes 'a long line of output' | head -c 200000\n")
    shards(project, 3, "--orchestrate-durations=durations.json")
    merged = merge(project, "r1", "r2", "r3", "-o", "all")
    assert merged.returncode == 0, merged.stderr
    assert merged.stdout.split() == [
        f"all/{name}" for name in ("summary.json", "report.md", "history.jsonl", "logs", "durations.json")
    ]
    summary = json.loads((project.path / "all/summary.json").read_text())
    assert (summary["collected"], summary["totals"]["passed"], summary["totals"]["failed"]) == (8, 7, 1)
    assert summary["exit_status"] == 1
    report = (project.path / "all/report.md").read_text()
    assert report.startswith("# Failed: ")
    assert "scripts/c.sh::run" in report
    assert {path.name for path in (project.path / "all/logs/scripts").iterdir()} == {
        *(f"{name}.json" for name in NAMES), "d.sh.stdout",
    }  # fmt: skip
    ids = [line["nodeid"] for line in lines(project.path / "all") if line["type"] == "result"]
    assert sorted(ids) == sorted(f"scripts/{name}::run" for name in NAMES)
    assert set(read_durations(project.path / "all/durations.json")) == set(ids)


def test_the_merged_durations_divide_the_next_run(project: Project, recorded: Path) -> None:
    shards(project, 2)
    merge(project, "r1", "r2", "-o", "all")
    for number in (1, 2):
        (project.path / f"r{number}").rename(project.path / f"old{number}")
    runs = shards(project, 2, "--orchestrate-durations=all/durations.json")
    assert sorted(name for run in runs for name in run.statuses) == sorted(NAMES)


def test_the_order_of_the_directories_does_not_matter_to_the_counts(project: Project, recorded: Path) -> None:
    shards(project, 2)
    merge(project, "r1", "r2", "-o", "one")
    merge(project, "r2", "r1", "-o", "two")
    totals = [json.loads((project.path / name / "summary.json").read_text())["totals"] for name in ("one", "two")]
    assert totals[0] == totals[1]


def test_what_does_not_belong_together_is_refused_with_all_reasons(project: Project, recorded: Path) -> None:
    shards(project, 3, "--orchestrate-durations=durations.json")
    os.rename(project.path / "r3", project.path / "by-durations-3")
    shards(project, 3)
    os.rename(project.path / "r2", project.path / "r4")
    shards(project, 2)
    project.run()
    refused = merge(project, "r1", "by-durations-3", "r4", ".orchestrator", "-o", "all")
    assert refused.returncode == 2
    assert "'.orchestrator' is a whole run, others are shards" in refused.stderr
    assert "'by-durations-3' is shard 3/3, 'r1' is shard 1/2" in refused.stderr
    assert not (project.path / "all").exists()


def test_shards_that_were_divided_in_different_ways_are_refused(project: Project, recorded: Path) -> None:
    shards(project, 2, "--orchestrate-durations=durations.json")
    project.run("--orchestrate-shard=2/2", "--orchestrate-report-dir=other")
    refused = merge(project, "r1", "other", "-o", "all")
    assert refused.returncode == 2
    assert "was divided by a hash of the ids, 'r1' by the durations" in refused.stderr
    assert "give all shards the same file of durations" in refused.stderr


def test_a_missing_shard_is_named_unless_that_is_wanted(project: Project, recorded: Path) -> None:
    shards(project, 3)
    refused = merge(project, "r3", "r1", "-o", "all")
    assert refused.returncode == 2
    assert "shard 2/3 missing" in refused.stderr
    assert merge(project, "r3", "r1", "-o", "all", "--partial").returncode == 0
    assert json.loads((project.path / "all/summary.json").read_text())["verdict"] == "incomplete"


def test_a_partial_report_says_which_shard_is_missing_and_of_what_it_was_merged(
    project: Project, recorded: Path
) -> None:
    shards(project, 3)
    assert merge(project, "r3", "r1", "-o", "all", "--partial").returncode == 0
    first = lines(project.path / "all")[0]
    assert (first["missing"], first["shards"], first["merged"], first["command"]) == (["2/3"], 3, 2, [])
    report = (project.path / "all/report.md").read_text()
    assert report.startswith("# Incomplete: ")
    assert "> **Shard 2/3 is missing:**" in report
    assert "- merged from 2 of 3 shards\n" in report
    for wrong in ("killed", "command:", "--orchestrate-shard"):
        assert wrong not in report


def test_a_partial_report_also_says_that_a_shard_crashed(project: Project, recorded: Path) -> None:
    shards(project, 3)
    path = project.path / "r3/results.jsonl"
    path.write_text("".join(path.read_text().splitlines(keepends=True)[:-1]))
    assert merge(project, "r3", "r1", "-o", "all", "--partial").returncode == 0
    report = (project.path / "all/report.md").read_text()
    assert report.startswith("# Crashed: ")
    assert "> **Shard 2/3 is missing:**" in report
    assert "> **1 of the 2 merged runs did not end:**" in report


def test_a_merged_report_does_not_show_the_command_of_one_shard(project: Project, recorded: Path) -> None:
    shards(project, 2)
    assert merge(project, "r1", "r2", "-o", "all").returncode == 0
    report = (project.path / "all/report.md").read_text()
    assert "- merged from 2 shards\n" in report
    assert "command:" not in report


def test_a_shard_that_crashed_leaves_the_whole_run_unfinished(project: Project, recorded: Path) -> None:
    shards(project, 2)
    path = project.path / "r2/results.jsonl"
    path.write_text("".join(path.read_text().splitlines(keepends=True)[:-1]))
    assert merge(project, "r1", "r2", "-o", "all").returncode == 0
    assert "1 of the 2 merged runs did not end" in (project.path / "all/report.md").read_text()


def test_whole_runs_of_different_folders_are_merged_too(project: Project) -> None:
    project.files({"one/a.sh": "", "two/b.sh": "exit 1\n"})
    project.run("one", "--orchestrate-report-dir=r1")
    project.run("two", "--orchestrate-report-dir=r2")
    assert merge(project, "r1", "r2", "-o", "all").returncode == 0
    assert json.loads((project.path / "all/summary.json").read_text())["collected"] == 2
    refused = merge(project, "r1", "r1", "-o", "again")
    assert refused.returncode == 2


def test_a_report_is_not_written_over(project: Project, recorded: Path) -> None:
    shards(project, 2)
    refused = merge(project, "r1", "r2", "-o", "r1")
    assert refused.returncode == 2
    assert "has results already" in refused.stderr


@pytest.mark.parametrize(
    ("words", "why"),
    [(["r1", "r2"], "needs --output-dir"), (["r1", "nowhere", "-o", "all"], "there is no results file")],
)
def test_a_mistake_is_one_line(project: Project, recorded: Path, words: list[str], why: str) -> None:
    shards(project, 2)
    refused = merge(project, *words)
    assert (refused.returncode, refused.stdout) == (2, "")
    assert why in refused.stderr
    assert "Traceback" not in refused.stderr
