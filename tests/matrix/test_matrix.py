"""One project, every option that matters, in one process with one job and with four, and under xdist."""

from __future__ import annotations

import gc
import json
import re
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import pytest
from orchestrated import STARTED, Project, Run
from process_watch import Holdings, tcp_sockets, until

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

MODES = {"jobs1": ("-p", "no:randomly"), "jobs4": ("--orchestrate-jobs=4",), "n2": ("-n2",)}

BASE = {
    "a.sh": "passed",
    "b.sh": "failed",
    "c.sh": "timeout",
    "d.sh": "skipped",
    "e.sh": "xfailed",
    "f.sh[one]": "passed",
    "f.sh[two]": "failed",
    "g.py": "passed",
}
NOT_STARTED = {"skipped", "not_run"}
TESTS = {"test_ok": "passed", "test_bad": "failed"}

CONFIG = """
default: {grace: 0.1}
skip: [{d.sh: not today}]
scripts:
  c.sh: {timeout: 0.6}
  e.sh: {xfail: known}
  f.sh:
    cases:
      one: {args: ["0"]}
      two: {args: ["2"]}
"""
FILES = {
    "pytest.ini": "[pytest]\n",
    "scripts/orchestrator.yaml": CONFIG,
    "scripts/a.sh": STARTED + "echo fine",
    "scripts/b.sh": STARTED + "echo to stdout; echo to stderr >&2; exit 3",
    "scripts/c.sh": STARTED + "echo before; sleep 30",
    "scripts/d.sh": STARTED,
    "scripts/e.sh": STARTED + "exit 1",
    "scripts/f.sh": STARTED + 'exit "$1"',
    "scripts/g.py": "import os\nopen('started.txt', 'a').write(os.environ['ORCHESTRATOR_ITEM'] + '\\n')\n",
    "scripts/conftest.py": "import pytest\n\n@pytest.fixture\ndef number():\n    return 1\n",
    "scripts/test_plain.py": "def test_ok(number): assert number == 1\n\ndef test_bad(number): assert number == 2\n",
    "nodebugger.py": (
        "import pdb\n\nclass Silent(pdb.Pdb):\n    def interaction(self, *_):\n"
        "        with open('debugged.txt', 'a') as file:\n            file.write('x')\n"
    ),
}


@pytest.fixture(scope="module", autouse=True)
def nothing_is_left_by_all_of_it() -> Iterator[None]:
    """Count descriptors and processes, zombies too, over all runs: what leaks in one, a hundred make plain."""
    gc.collect()
    before = replace(Holdings.now(), descriptors=Holdings.now().descriptors - tcp_sockets())
    yield
    # A process that was killed has to be reaped by whoever it fell to.
    until(lambda: Holdings.now().children <= before.children, "the end of every process")
    gc.collect()
    assert Holdings.now().descriptors - tcp_sockets() <= before.descriptors


@pytest.fixture
def matrix(project: Project) -> Project:
    """The project that every option is tried on."""
    project.files(FILES)
    project.pytester.syspathinsert()
    return project


def only(*names: str) -> dict[str, str]:
    """Return the usual statuses of some scripts."""
    return {name: BASE[name] for name in names}


def counts(statuses: dict[str, str], tests: dict[str, str]) -> dict[str, int]:
    """Return what pytest's last line counts."""
    given = [status for status in [*statuses.values(), *tests.values()] if status not in ("not_run", "cancelled")]
    return {status: given.count(status) for status in given}


@dataclass(frozen=True)
class Case:
    """An option, and what is to come of it."""

    arguments: tuple[str, ...]
    scripts: dict[str, str] = field(default_factory=lambda: BASE)
    tests: dict[str, str] = field(default_factory=lambda: TESTS)
    code: int = 1
    also: Callable[[Project, Run, str], None] = lambda project, run, mode: None
    counted: bool = True
    """Whether pytest's last line is there to be looked at."""
    times: int = 1
    """How often a script that fails is started."""


def shows(*texts: str, without: tuple[str, ...] = ()) -> Callable[[Project, Run, str], None]:
    def check(project: Project, run: Run, mode: str) -> None:
        for text in texts:
            assert text in run.out
        for text in without:
            assert text not in run.out

    return check


def durations(project: Project, run: Run, mode: str) -> None:
    """Of the program, not of pytest's waiting: nothing but the timeout takes that long."""
    (line,) = [line for line in run.result.outlines if line.endswith("c.sh::run") and " call " in line]
    assert 0.6 <= float(line.split("s")[0]) < 5


def junit(project: Project, run: Run, mode: str) -> None:
    cases = {case.get("name", ""): case for case in ET.parse(project.path / "out.xml").iter("testcase")}
    assert len(cases) == len({*BASE, *TESTS}) - 5  # six scripts without a case share the name "run"
    suite = next(iter(ET.parse(project.path / "out.xml").iter("testsuite")))
    assert {key: suite.get(key) for key in ("tests", "failures", "skipped", "errors")} == {
        "tests": "10", "failures": "4", "skipped": "2", "errors": "0",
    }  # fmt: skip


def setups(project: Project, run: Run, mode: str) -> None:
    shown = re.search(r"^        scripts/a\.sh::run ?\.$", run.out, re.MULTILINE)
    assert (shown is not None) == (mode != "n2")  # xdist's workers have no terminal


def attempted_twice(project: Project, run: Run, mode: str) -> None:
    assert run.outcomes["rerun"] == 4
    for name, status in BASE.items():
        data = run.data(name)
        tried = data["attempts"]
        assert len(tried) == (2 if status in ("failed", "timeout") else 0), name


CASES = {
    "plain": Case(()),
    "lf": Case(("--lf",), only("b.sh", "f.sh[two]"), {"test_bad": "failed"}),
    "ff": Case(("--ff",)),
    "nf": Case(("--nf",)),
    "k": Case(("-k", "a.sh or two"), only("a.sh", "f.sh[two]"), {}),
    "k-not": Case(("-k", "not script and not two and not c.sh and not b.sh"), {}, {}, code=5, counted=False),
    "m": Case(("-m", "script"), BASE, {}),
    "m-not": Case(("-m", "not script"), {}, TESTS),
    "ids": Case(("scripts/a.sh::run", "scripts/f.sh::run[two]", "scripts/test_plain.py::test_ok"),
                only("a.sh", "f.sh[two]"), {"test_ok": "passed"}),
    "deselect": Case(("--deselect", "scripts/b.sh", "--deselect", "scripts/f.sh::run[two]"),
                     only("a.sh", "c.sh", "d.sh", "e.sh", "f.sh[one]", "g.py")),
    "durations": Case(("--durations=3", "-vv"), also=durations),
    "junitxml": Case(("--junitxml=out.xml",), also=junit),
    "setup-show": Case(("--setup-show",), also=setups),
    "setup-only": Case(("--setup-only",), {**dict.fromkeys(BASE, "not_run"), "d.sh": "skipped"}, {}, code=0,
                       counted=False),
    "no-cacheprovider": Case(("-p", "no:cacheprovider")),
    "no-timeout": Case(("-p", "no:timeout")),
    "no-terminal": Case(("-p", "no:terminal"), counted=False),
    "reruns": Case(("--reruns=1",), also=attempted_twice, times=2),
    "s": Case(("-s",)),
    "q": Case(("-q",), also=shows("report: .orchestrator/report.md", without=("results: ",))),
    "qq": Case(("-qq",), counted=False, also=shows(without=(".orchestrator/report.md",))),
    "v": Case(("-v",), also=shows("scripts/f.sh::run[two]", "TIMEOUT")),
    "vv": Case(("-vv",), also=shows("scripts/f.sh::run[two]", "TIMEOUT")),
    "tb-short": Case(("--tb=short",), also=shows("b.sh: exit 3, expected 0\ncommand:")),
    "tb-line": Case(("--tb=line",), also=shows("\nscripts/b.sh::run: exit 3, expected 0\n", without=("command:",))),
    "tb-no": Case(("--tb=no",), also=shows(without=("command:", "FAILURES"))),
    "tb-native": Case(("--tb=native",), also=shows("b.sh: exit 3, expected 0\ncommand:")),
    "rA": Case(("-rA",), also=shows("PASSED scripts/a.sh::run", "TIMEOUT scripts/c.sh::run", "XFAIL scripts/e.sh::run",
                                    "SKIPPED [1] scripts/d.sh: not today", "Captured stdout call")),
    "show-capture": Case(("--show-capture=no",), also=shows(without=("to stdout", "to stderr"))),
    "show-capture-err": Case(("--show-capture=stderr",), also=shows("to stderr", without=("to stdout",))),
    "importlib": Case(("--import-mode=importlib",)),
    "reports-off": Case(("--orchestrate-reports=off",)),
}  # fmt: skip


TOGETHER = (
    ("nf", "setup-show", "vv", "tb-native", "show-capture-err"),
    ("durations", "junitxml", "no-cacheprovider", "rA", "tb-short"),
    ("ff", "no-timeout", "s", "tb-line", "importlib"),
    ("q", "tb-no", "show-capture"),
)
"""Options that are about different things: under xdist, which is slow to start, one run tries them all."""


def run_case(project: Project, case: Case, mode: str) -> Run:
    if "--lf" in case.arguments:
        failed = ["scripts/b.sh::run", "scripts/f.sh::run[two]", "scripts/test_plain.py::test_bad"]
        project.file(".pytest_cache/v/cache/lastfailed", json.dumps(dict.fromkeys(failed, True)))
    return project.run(*MODES[mode], *case.arguments)


_NOT_ALONE = {(name, "n2") for names in TOGETHER for name in names}
TRIALS = [(name, mode) for name in CASES for mode in MODES if (name, mode) not in _NOT_ALONE]


@pytest.mark.parametrize(("name", "mode"), TRIALS)
def test_an_option_means_what_it_always_means(matrix: Project, name: str, mode: str) -> None:
    case = CASES[name]
    run = run_case(matrix, case, mode)
    assert run.code == case.code, run.out
    if name == "reports-off":
        assert not matrix.report_dir.exists()
    else:
        assert run.statuses == case.scripts
        run.assert_adds_up()
    started = [name for name, status in case.scripts.items() if status not in NOT_STARTED]
    again = [name for name in started if case.scripts[name] in ("failed", "timeout")] * (case.times - 1)
    assert sorted(matrix.started()) == sorted([*started, *again])
    if case.counted:
        expected = counts(case.scripts, case.tests)
        assert {key: value for key, value in run.outcomes.items() if key in expected} == expected
    case.also(matrix, run, mode)


@pytest.mark.parametrize("names", TOGETHER, ids="+".join)
def test_options_mean_the_same_together_under_xdist(matrix: Project, names: tuple[str, ...]) -> None:
    run = matrix.run("-n2", *(word for name in names for word in CASES[name].arguments))
    assert run.code == 1, run.out
    assert run.statuses == BASE
    run.assert_adds_up()
    assert sorted(matrix.started()) == sorted(name for name, status in BASE.items() if status not in NOT_STARTED)
    expected = counts(BASE, TESTS)
    assert {key: value for key, value in run.outcomes.items() if key in expected} == expected
    for name in names:
        CASES[name].also(matrix, run, "n2")


@pytest.mark.parametrize("mode", MODES)
def test_collect_only_runs_and_writes_nothing(matrix: Project, mode: str) -> None:
    run = matrix.run(*MODES[mode], "--co", "-q")
    assert run.code == 0
    assert [line for line in run.result.outlines if "::" in line] == [
        "scripts/a.sh::run",
        "scripts/b.sh::run",
        "scripts/c.sh::run",
        "scripts/d.sh::run",
        "scripts/e.sh::run",
        "scripts/f.sh::run[one]",
        "scripts/f.sh::run[two]",
        "scripts/g.py::run",
        "scripts/test_plain.py::test_ok",
        "scripts/test_plain.py::test_bad",
    ]
    assert not matrix.report_dir.exists()
    assert not matrix.started()


@pytest.mark.parametrize("mode", ["jobs1", "jobs4"])
@pytest.mark.parametrize(
    ("arguments", "run_until", "code"),
    [(("-x",), "b.sh", 1), (("--maxfail=2",), "c.sh", 1), (("--sw",), "b.sh", 2)],
    ids=["x", "maxfail", "sw"],
)
def test_a_stop_leaves_the_rest_cancelled_or_not_run(
    matrix: Project, mode: str, arguments: tuple[str, ...], run_until: str, code: int
) -> None:
    run = matrix.run(*MODES[mode], *arguments)
    assert run.code == code
    run.assert_adds_up()
    names = list(BASE)
    done = names[: names.index(run_until) + 1]
    assert {name: run.statuses[name] for name in done} == only(*done)
    rest = {name: status for name, status in run.statuses.items() if name not in done}
    assert set(rest.values()) <= ({"not_run"} if mode == "jobs1" else {"not_run", "cancelled"})
    started = matrix.started()
    assert len(started) == len(set(started))
    # What was cancelled had been started; it may have been stopped before its first line.
    assert set(started) <= {*done, *(name for name, status in rest.items() if status == "cancelled")}


@pytest.mark.parametrize("arguments", [("-x",), ("--maxfail=2",), ("--sw",)], ids=["x", "maxfail", "sw"])
def test_a_stop_under_xdist_leaves_a_row_for_each_item(matrix: Project, arguments: tuple[str, ...]) -> None:
    run = matrix.run("-n2", *arguments)
    assert run.code == (2 if arguments == ("--sw",) or run.code == 2 else 1)
    run.assert_adds_up()
    assert run.statuses.keys() == BASE.keys()
    for name, status in run.statuses.items():
        assert status in (BASE[name], "not_run", "cancelled")
    assert "failed" in {*run.statuses.values(), *(["failed"] if "test_bad" in run.out else [])}
    started = matrix.started()
    assert len(started) == len(set(started))


@pytest.mark.parametrize("mode", MODES)
def test_pdb_is_entered_at_each_failure(matrix: Project, mode: str) -> None:
    run = matrix.run(*MODES[mode], "--pdb", "--pdbcls=nodebugger:Silent")
    if mode == "n2":
        assert run.code == 4
        assert "--pdb is incompatible with distributing tests" in run.out
        return
    assert run.code == 1
    assert run.statuses == BASE
    assert (matrix.path / "debugged.txt").read_text() == "xxxx"
    assert sorted(matrix.started()) == sorted(set(BASE) - {"d.sh"})


@pytest.mark.parametrize("mode", ["jobs1", "jobs4"])
def test_it_works_without_xdist(matrix: Project, mode: str) -> None:
    run = matrix.run(*MODES[mode], "-p", "no:xdist")
    assert run.code == 1
    assert run.statuses == BASE
    run.assert_adds_up()


@pytest.mark.parametrize("mode", MODES)
def test_a_flaky_mark_runs_a_script_again(project: Project, mode: str) -> None:
    """pytest-rerunfailures: each run is started anew, and the report tells of each."""
    project.file("scripts/a.sh", STARTED)
    project.file("scripts/b.sh", STARTED + "test -e second || { touch second; exit 1; }")
    project.file("scripts/c.sh", STARTED + "exit 7")
    project.file("scripts/d.sh", STARTED)
    project.file(
        "scripts/conftest.py",
        "import pytest\n\ndef pytest_collection_modifyitems(items):\n    for item in items:\n"
        "        if item.path.name in ('b.sh', 'c.sh'):\n"
        "            item.add_marker(pytest.mark.flaky(reruns=2))\n",
    )
    run = project.run(*MODES[mode])
    assert run.code == 1
    assert run.outcomes == {"failed": 1, "passed": 3, "rerun": 3}
    assert run.statuses == {"a.sh": "passed", "b.sh": "passed", "c.sh": "failed", "d.sh": "passed"}
    run.assert_adds_up()
    assert [attempt["status"] for attempt in run.data("b.sh")["attempts"]] == ["failed", "passed"]
    assert [attempt["exit_code"] for attempt in run.data("c.sh")["attempts"]] == [7, 7, 7]
    assert "flaky: scripts/b.sh::run" in run.out
    assert sorted(project.started()) == ["a.sh", "b.sh", "b.sh", "c.sh", "c.sh", "c.sh", "d.sh"]
