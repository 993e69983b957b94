"""With several jobs programs run ahead of their items; what that may and may not change."""

from __future__ import annotations

import pytest
from orchestrated import STARTED, Project


def wait_for(name: str) -> str:
    """Shell lines that wait until a file is there, and fail if it does not come."""
    return f"for i in $(seq 500); do test -e {name} && break; sleep 0.02; done; test -e {name} || exit 9\n"


def test_a_known_stop_starts_nothing_more(project: Project) -> None:
    """b fails while a is still running: pytest has not seen it, and the engine has."""
    project.file("scripts/a.sh", STARTED + "echo $$ > a.pid; " + wait_for("b.done") + "sleep 0.3\n")
    project.file("scripts/b.sh", STARTED + "touch b.done; exit 1\n")
    for name in "cdef":
        project.file(f"scripts/{name}.sh", STARTED)
    run = project.run("-x", "--orchestrate-jobs=2")
    assert run.code == 1
    assert run.statuses == {
        "a.sh": "passed", "b.sh": "failed", **dict.fromkeys(["c.sh", "d.sh", "e.sh", "f.sh"], "not_run"),
    }  # fmt: skip
    assert sorted(project.started()) == ["a.sh", "b.sh"]
    run.assert_adds_up()


@pytest.mark.parametrize("stop", ["-x", "--maxfail=1", "--sw"])
def test_what_was_started_in_vain_is_cancelled_and_the_rest_not_run(project: Project, stop: str) -> None:
    project.file("scripts/a.sh", STARTED + wait_for("d.started") + "exit 1\n")
    for name in "bcd":
        project.file(f"scripts/{name}.sh", STARTED + f"touch {name}.started; sleep 30 && touch {name}.finished\n")
    for name in "efg":
        project.file(f"scripts/{name}.sh", STARTED)
    run = project.run(stop, "--orchestrate-jobs=4")
    assert run.code == (2 if stop == "--sw" else 1)
    assert run.statuses == {
        "a.sh": "failed",
        **dict.fromkeys(["b.sh", "c.sh", "d.sh"], "cancelled"),
        **dict.fromkeys(["e.sh", "f.sh", "g.sh"], "not_run"),
    }
    assert sorted(project.started()) == ["a.sh", "b.sh", "c.sh", "d.sh"]
    assert not list(project.path.glob("*.finished"))
    assert run.data("b.sh")["error"] == "stopped because its result was no longer wanted"
    assert "1 failed, 3 cancelled, 3 not run; 7 collected" in run.out
    run.assert_adds_up()


def test_strict_with_a_bound_on_failures_looks_ahead_by_nothing(project: Project) -> None:
    for name in "abcd":
        project.file(f"scripts/{name}.sh", f"{STARTED}sleep 0.1; {'exit 1' if name == 'b' else ''}\n")
    for stop in ("-x", "--maxfail=1", "--sw"):
        run = project.run(stop, "--orchestrate-strict", "--orchestrate-jobs=4")
        assert run.statuses == {"a.sh": "passed", "b.sh": "failed", "c.sh": "not_run", "d.sh": "not_run"}
        assert project.started() == ["a.sh", "b.sh"]
        assert "because of --orchestrate-strict with a bound on failures" in run.out


@pytest.mark.parametrize("arguments", [(), ("--orchestrate-jobs=4",)], ids=["jobs1", "jobs4"])
def test_with_a_bound_on_failures_one_job_never_runs_past_a_failure(
    project: Project, arguments: tuple[str, ...]
) -> None:
    project.file("scripts/a.sh", STARTED)
    project.file("scripts/b.sh", STARTED + "exit 1")
    project.file("scripts/c.sh", STARTED)
    run = project.run("-x", *arguments)
    assert run.code == 1
    if not arguments:
        assert project.started() == ["a.sh", "b.sh"]


def test_results_come_in_pytests_order_whatever_ends_first(project: Project) -> None:
    project.file("scripts/a.sh", wait_for("c.done"))
    project.file("scripts/b.sh", wait_for("c.done"))
    project.file("scripts/c.sh", "touch c.done")
    run = project.run("--orchestrate-jobs=3")
    assert run.code == 0, run.out
    assert list(run.statuses) == ["a.sh", "b.sh", "c.sh"]


def test_skips_do_not_hold_up_what_is_behind_them(project: Project) -> None:
    """Four waiting for one another, with skips of every kind between them."""
    skips = {
        "b1": "skip: because",
        "b2": "requires: {commands: [no-such-command-anywhere]}",
        "b3": "requires: {env: [NOT_SET_ANYWHERE]}",
    }
    for name in ("a", "c", "d"):
        others = "".join(wait_for(f"{other}.here") for other in ("a", "c", "d"))
        project.file(f"scripts/{name}.sh", f"touch {name}.here\n{others}")
    for name in skips:
        project.file(f"scripts/{name}.sh", STARTED)
    lines = "".join(f"  {name}.sh: {{{text}}}\n" for name, text in skips.items())
    project.file("scripts/orchestrator.yaml", f"default: {{timeout: 15}}\nscripts:\n{lines}")
    project.file(
        "scripts/conftest.py",
        "import pytest\n\ndef pytest_collection_modifyitems(items):\n    for item in items:\n"
        "        if item.path.name == 'c.sh':\n            item.add_marker(pytest.mark.skipif(False, reason='no'))\n",
    )
    run = project.run("--orchestrate-jobs=4")
    assert run.statuses == {
        **dict.fromkeys(["a.sh", "c.sh", "d.sh"], "passed"),
        **dict.fromkeys(["b1.sh", "b2.sh", "b3.sh"], "skipped"),
    }
    assert not project.started()


def test_a_skipif_that_does_not_hold_still_runs_its_script(project: Project) -> None:
    project.file(
        "scripts/conftest.py",
        "import pytest\n\ndef pytest_collection_modifyitems(items):\n    for item in items:\n"
        "        item.add_marker(pytest.mark.skipif(f'{item.path.name!r} == \"b.sh\"', reason='yes'))\n",
    )
    for name in "abcd":
        project.file(f"scripts/{name}.sh", STARTED)
    run = project.run("--orchestrate-jobs=4")
    assert run.statuses == {"a.sh": "passed", "b.sh": "skipped", "c.sh": "passed", "d.sh": "passed"}
    assert sorted(project.started()) == ["a.sh", "c.sh", "d.sh"]


def test_programs_overlap_up_to_the_number_of_jobs(project: Project) -> None:
    """Each notes how many are running; a lock keeps the count right."""
    body = (
        "count() { flock n.lock sh -c 'n=$(($(cat n || echo 0) '\"$1\"' 1)); echo $n > n; echo $n >> all'; }\n"
        "count + 2>/dev/null; sleep 0.15; count -\n"
    )
    for name in "abcdefgh":
        project.file(f"scripts/{name}.sh", body)
    run = project.run("--orchestrate-jobs=3")
    assert run.code == 0, run.out
    assert max(map(int, (project.path / "all").read_text().split())) == 3


def test_one_job_runs_one_program_at_a_time(project: Project) -> None:
    for name in "abcd":
        project.file(f"scripts/{name}.sh", "mkdir busy || exit 1; sleep 0.05; rmdir busy")
    assert project.run().code == 0


def test_jobs_auto_is_taken_and_shown(project: Project) -> None:
    project.file("scripts/a.sh")
    run = project.run("--orchestrate-jobs=auto")
    assert run.code == 0
    (header,) = [line for line in run.result.outlines if line.startswith("orchestrator: ")]
    assert "jobs auto" not in header
    assert "jobs " in header


def test_output_is_shown_live_and_prefixed_when_several_run(project: Project) -> None:
    project.file("scripts/a.sh", "echo from a; echo error of a >&2")
    project.file("scripts/b.sh", "printf 'no newline at the end'")
    alone = project.run("-s")
    assert "from a" in alone.result.stdout.str()
    assert "a.sh: from a" not in alone.out
    several = project.run("-s", "--orchestrate-jobs=2")
    assert any(line.endswith("a.sh: from a") for line in several.result.outlines)
    assert several.result.errlines == ["a.sh: error of a"]
    assert any(line.endswith("b.sh: no newline at the end") for line in several.result.outlines)
    assert "from a" not in project.run().out


def test_a_worker_runs_one_program_at_a_time(project: Project) -> None:
    for number in range(12):
        project.file(f"scripts/{number:02}.sh", "mkdir busy || exit 9; sleep 0.01; rmdir busy\n")
    run = project.run("-n1")
    assert run.outcomes == {"passed": 12}
    run.assert_adds_up()


def test_a_worker_that_may_stop_starts_nothing_behind_a_failure(project: Project) -> None:
    for name in "abcd":
        project.file(f"scripts/{name}.sh", f"{STARTED}{'exit 1' if name == 'b' else ''}\n")
    run = project.run("-n1", "-x")
    assert run.statuses["b.sh"] == "failed"
    # xdist lets a worker finish what it has in hand: the one behind the failure, and no other.
    assert project.started() in (["a.sh", "b.sh"], ["a.sh", "b.sh", "c.sh"])
    run.assert_adds_up()


def test_a_worker_leaves_the_item_behind_alone_when_a_hook_is_to_see_it_first(project: Project) -> None:
    project.file("conftest.py", "import os\ndef pytest_runtest_setup(item): os.environ['WHO'] = item.name\n")
    for name in "abc":
        project.file(f"scripts/{name}.sh", 'echo "$WHO"\n')
    run = project.run("-n1")
    assert [run.data(f"{name}.sh")["stdout"] for name in "abc"] == [f"{name}.sh::run\n" for name in "abc"]


def test_a_worker_starts_no_script_twice_whose_turn_comes_the_long_way(project: Project) -> None:
    names = [f"{letter}.sh" for letter in "abcdef"]
    for name in names:
        project.file(f"scripts/{name}", STARTED)
    project.file(
        "conftest.py",
        "import pytest\n"
        "def pytest_collection_modifyitems(items):\n"
        "    for item in items[1::2]: item.add_marker(pytest.mark.xfail(reason='known', strict=False))\n",
    )
    run = project.run("-n1")
    assert run.outcomes == {"passed": 3, "xpassed": 3}
    assert project.started() == names
