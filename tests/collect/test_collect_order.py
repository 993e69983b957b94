"""What is started first: what took long before; what is reported first: whatever was asked for."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING

import pytest
from orchestrated import PYTEST, STARTED

from pytest_orchestrator.collect.order import brought_forward, longest_first, shuffled
from pytest_orchestrator.reports.durations import Recorded, durations_of, read_durations, write_durations

if TYPE_CHECKING:
    from pathlib import Path

    from orchestrated import Project

NAMES = ["a", "b", "c", "d", "e"]
SECONDS = {"a": 0.1, "b": 0.01, "c": 2.0, "d": 3.0}
KNOWN = {name: Recorded(seconds, 1000.0) for name, seconds in SECONDS.items()}


def never(index: int) -> bool:
    """Return that nothing has changed."""
    return False


# -- the order, as numbers ------------------------------------------------------------------------------------------


def test_new_ones_and_long_ones_are_brought_forward() -> None:
    assert [NAMES[index] for index in brought_forward(NAMES, KNOWN, never, 2)] == ["e", "d", "c", "a"]


def test_a_changed_one_goes_before_those_that_are_longer() -> None:
    assert [NAMES[index] for index in brought_forward(NAMES, KNOWN, lambda i: i == 2, 2)] == ["e", "c", "d", "a"]


def test_nothing_recorded_changes_nothing() -> None:
    assert brought_forward(NAMES, {}, never, 2) == []
    assert longest_first(NAMES, {}, never) == [0, 1, 2, 3, 4]


def test_longest_first_has_new_and_changed_ones_first() -> None:
    assert [NAMES[index] for index in longest_first(NAMES, KNOWN, lambda i: i == 1)] == ["e", "b", "d", "c", "a"]


def test_a_thousand_equal_ones_keep_their_order() -> None:
    names = [str(number) for number in range(1000)]
    assert brought_forward(names, {name: Recorded(0.01, 0.0) for name in names}, never, 2) == []


def test_a_seed_gives_one_order() -> None:
    assert shuffled(50, "7") == shuffled(50, "7") != shuffled(50, "8")
    assert sorted(shuffled(50, "7")) == list(range(50))


# -- the file -------------------------------------------------------------------------------------------------------


def test_durations_are_read_as_they_were_written(tmp_path: Path) -> None:
    path = tmp_path / "durations.json"
    assert read_durations(path) == {}
    write_durations(path, KNOWN)
    assert read_durations(path) == KNOWN


@pytest.mark.parametrize(
    "value",
    [None, [], {}, {"format": 2, "durations": {}}, {"format": 1, "durations": {"a": 1}},
     {"format": 1, "durations": {"a": [-1, 0]}}, {"format": 1, "durations": {"a": [float("nan"), 0]}}],
)  # fmt: skip
def test_what_holds_no_durations_is_refused(value: object) -> None:
    with pytest.raises(ValueError, match=r"expected"):
        durations_of(value)


# -- a run ----------------------------------------------------------------------------------------------------------

FALLBACK = ("-p", "no:cacheprovider")


def two_slow_last(project: Project) -> None:
    """Make six quick scripts and two that are recorded as slow, the last ones."""
    for name in "abcdef":
        project.file(f"scripts/{name}.sh", STARTED)
    for name in "yz":
        project.file(f"scripts/{name}.sh", STARTED)
    project.ini("")


def let_them_meet(project: Project) -> None:
    """Let the two slow ones wait until both have started."""
    for name, other in ("yz", "zy"):
        project.file(f"scripts/{name}.sh", f"{STARTED}touch {name}.up; until [ -e {other}.up ]; do sleep 0.01; done\n")


def record(project: Project, seconds: dict[str, float], *, when: float = 4e9) -> None:
    """Record durations where a run without pytest's cache looks for them."""
    project.report_dir.mkdir(exist_ok=True)
    (project.report_dir / "CACHEDIR.TAG").touch()
    known = {f"scripts/{name}.sh::run": Recorded(value, when) for name, value in seconds.items()}
    write_durations(project.report_dir / "durations.json", known)


QUICK = dict.fromkeys("abcdef", 0.001)


def test_what_took_long_is_started_first_and_reported_in_its_place(project: Project) -> None:
    two_slow_last(project)
    let_them_meet(project)
    record(project, {**QUICK, "y": 5.0, "z": 7.0})
    run = project.run(*FALLBACK, "--orchestrate-jobs=2")
    assert run.code == 0
    assert sorted(project.started()[:2]) == ["y.sh", "z.sh"]
    assert list(run.statuses) == [f"{name}.sh" for name in "abcdefyz"]


def test_path_order_starts_in_the_order_of_the_report(project: Project) -> None:
    two_slow_last(project)
    record(project, {**QUICK, "y": 5.0, "z": 7.0})
    run = project.run(*FALLBACK, "--orchestrate-jobs=2", "--orchestrate-order=path")
    assert sorted(run.statuses, key=lambda name: str(run.data(name)["start_time"])) == sorted(run.statuses)


def test_longest_first_is_an_order_of_the_report_too(project: Project) -> None:
    two_slow_last(project)
    record(project, {**QUICK, "y": 5.0, "z": 7.0})
    run = project.run(*FALLBACK, "--orchestrate-order=longest-first")
    assert project.started() == list(run.statuses) == [f"{name}.sh" for name in "zyabcdef"]
    assert "order longest-first" in run.out


def test_a_script_that_changed_since_goes_first(project: Project) -> None:
    two_slow_last(project)
    record(project, {**QUICK, "y": 5.0, "z": 7.0})
    os.utime(project.path / "scripts/c.sh", (5e9, 5e9))
    run = project.run(*FALLBACK, "--orchestrate-order=longest-first")
    assert list(run.statuses)[:3] == ["c.sh", "z.sh", "y.sh"]


@pytest.mark.parametrize("workers", [(), ("-n2",)], ids=["one process", "two workers"])
def test_random_can_be_repeated(project: Project, workers: tuple[str, ...]) -> None:
    two_slow_last(project)
    first = project.run("--orchestrate-order=random", *workers)
    assert first.code == 0
    (order,) = [word for word in first.out.replace(",", " ").split() if word.startswith("random:")]
    again = project.run(f"--orchestrate-order={order}", *workers)
    assert again.code == 0
    assert len(again.statuses) == 8
    if not workers:
        assert list(first.statuses) == list(again.statuses) != sorted(first.statuses)


def test_an_order_that_is_none_is_a_usage_error(project: Project) -> None:
    two_slow_last(project)
    run = project.run("--orchestrate-order=fastest")
    assert run.code == 4
    assert "'recorded', 'longest-first', 'path', 'random'" in run.out


@pytest.mark.parametrize("bound", ["-x", "--maxfail=3", "--sw"])
def test_where_pytest_may_stop_scripts_start_in_its_order(project: Project, bound: str) -> None:
    two_slow_last(project)
    project.file("scripts/a.sh", f"{STARTED}exit 1\n")
    record(project, {**QUICK, "y": 5.0, "z": 7.0})
    project.run(bound, "-o", "cache_dir=cache", "--orchestrate-jobs=2")
    assert not {"y.sh", "z.sh"} & set(project.started()[:2])


def test_a_script_with_fixtures_is_not_overtaken(project: Project) -> None:
    """What stands behind it may need what it leaves."""
    two_slow_last(project)
    project.file("scripts/f/conftest.py", "import pytest\n@pytest.fixture(autouse=True)\ndef around(): yield\n")
    project.file("scripts/f/f.sh", STARTED)
    project.file("scripts/g.sh", STARTED)
    record(project, {**QUICK, "b": 3.0, "g": 4.0, "y": 5.0, "z": 7.0})
    assert project.run(*FALLBACK, "--orchestrate-jobs=2").code == 0
    started = project.started()
    assert started.index("f.sh") < min(map(started.index, ["g.sh", "y.sh", "z.sh"]))


def test_each_run_records_what_ran_and_remembers_the_rest(project: Project) -> None:
    two_slow_last(project)
    project.file("scripts/b.sh", "exit 1\n")
    project.file("scripts/c.sh", "exit 77\n")
    project.file("scripts/orchestrator.yaml", "scripts: {c.sh: {skip_exit_codes: [77]}}\n")
    record(project, {"z": 7.0, "gone": 9.0})
    assert project.run("scripts/a.sh", "scripts/b.sh", "scripts/c.sh").code == 1
    durations = read_durations(project.report_dir / "durations.json")
    assert set(durations) == {f"scripts/{name}.sh::run" for name in "abz"}
    assert durations["scripts/z.sh::run"].seconds == 7.0
    cached = json.loads(json.loads((project.path / ".pytest_cache/v/orchestrator/durations").read_text()))
    assert durations_of(cached) == durations


def test_a_broken_record_is_as_good_as_none(project: Project) -> None:
    two_slow_last(project)
    project.report_dir.mkdir()
    (project.report_dir / "CACHEDIR.TAG").touch()
    (project.report_dir / "durations.json").write_text("{")
    assert project.run(*FALLBACK, "--orchestrate-jobs=2").code == 0
    assert len(read_durations(project.report_dir / "durations.json")) == 8


# -- workers --------------------------------------------------------------------------------------------------------


def test_workers_are_given_the_longest_first(project: Project) -> None:
    two_slow_last(project)
    let_them_meet(project)
    record(project, {**QUICK, "y": 5.0, "z": 7.0})
    run = project.run(*FALLBACK, "-n2")
    assert run.code == 0
    assert set(project.started()[:2]) == {"y.sh", "z.sh"}
    run.assert_adds_up()


@pytest.mark.parametrize("mode", ["load", "worksteal", "loadfile", "loadscope", "each"])
def test_every_mode_runs_each_script_as_often_as_it_should(project: Project, mode: str) -> None:
    two_slow_last(project)
    record(project, {**QUICK, "y": 5.0, "z": 7.0})
    run = project.run(*FALLBACK, "-n2", "--dist", mode)
    assert run.code == 0
    assert sorted(project.started()) == sorted([f"{name}.sh" for name in "abcdefyz"] * (2 if mode == "each" else 1))


def test_tests_among_the_scripts_keep_xdists_own_order(project: Project) -> None:
    two_slow_last(project)
    project.file("scripts/test_a.py", "import pytest\n@pytest.mark.parametrize('n', range(20))\ndef test_n(n): pass\n")
    record(project, {**QUICK, "y": 5.0, "z": 7.0})
    run = project.run(*FALLBACK, "-n2")
    assert run.outcomes == {"passed": 28}


def test_a_worker_that_dies_loses_one_script_and_the_rest_still_runs(project: Project) -> None:
    two_slow_last(project)
    project.file(
        "scripts/z.sh",
        f"kill -9 {PYTEST}; sleep 30\n",
    )
    record(project, {**QUICK, "y": 5.0, "z": 7.0})
    run = project.run(*FALLBACK, "-n2")
    assert run.statuses == {**{f"{name}.sh": "passed" for name in "abcdefy"}, "z.sh": "error"}
