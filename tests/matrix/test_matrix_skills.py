"""Skills, scripts and tests in one run, with every option that matters, in one process and under xdist."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import pytest

if TYPE_CHECKING:
    from orchestrated import Project, Run

MODES = {"jobs1": (), "jobs4": ("--orchestrate-jobs=4",), "n2": ("-n2",)}
PARTS = ("frontmatter", "structure", "directive", "links", "code", "files")
GOOD = "---\nname: {0}\ndescription: {1} Use when somebody asks for it.\n---\n# {0}\n\nDo it with care.\n"
ABOUT = {
    "good": "Boils water for tea.", "warns": "Sends letters by mail.", "fails": "Paints walls in bright colours.",
    "runs": "Counts sheep until morning.",
}  # fmt: skip
MORE = {
    "good": "",
    "warns": "\nTODO: say more.\n",
    "fails": "\nSee [it](gone.md).\n",
    "runs": "\n```sh orchestrate:run\necho counted\n```\n\n```sh orchestrate:run\nexit 4\n```\n",
}
BASE = {
    **{f"all/{name}/SKILL.md::{part}": "passed" for name in ABOUT for part in PARTS},
    "all/fails/SKILL.md::links": "failed",
    "all/runs/SKILL.md::code[9]": "passed",
    "all/runs/SKILL.md::code[13]": "failed",
    "all/z.sh::run": "passed",
}
STRICT = BASE | {"all/warns/SKILL.md::structure": "failed"}
TESTS = 1


@pytest.fixture
def matrix(project: Project) -> Project:
    for name, about in ABOUT.items():
        project.file(f"all/{name}/SKILL.md", GOOD.format(name, about) + MORE[name])
    project.file("all/z.sh", "echo hello\n")
    project.file("all/test_it.py", "def test_it(): pass\n")
    project.ini("")
    return project


def junit(project: Project, run: Run) -> None:
    suite = next(iter(ET.parse(project.path / "out.xml").iter("testsuite")))
    assert (suite.get("tests"), suite.get("failures"), suite.get("errors")) == (str(len(BASE) + TESTS), "2", "0")


def finds(*texts: str) -> object:
    def check(project: Project, run: Run) -> None:
        for text in texts:
            assert re.search(text, run.out), text

    return check


CASES: dict[str, tuple[tuple[str, ...], dict[str, str], object]] = {
    "plain": ((), BASE, finds(r"SKILL\.md: 1 error: SK401 broken-link", "skills: 1 error, 1 warning in 2 of 4 skills")),
    "strict": (("--orchestrate-strict",), STRICT, finds(r"1 warning: SK212 placeholder \(--orchestrate-strict\)")),
    "verbose": (("-v",), BASE, finds(r"all/good/SKILL\.md::links PASSED|PASSED all/good/SKILL\.md::links")),
    "quiet": (("-q",), BASE, finds("skills: 1 error")),
    "line": (("--tb=line",), BASE, finds(r"all/fails/SKILL\.md::links: 1 error")),
    "no": (("--tb=no",), BASE, None),
    "short": (("--tb=short",), BASE, finds(r"all/fails/SKILL\.md:9:\d+: SK401 error: ")),
    "all": (("-rA",), BASE, finds("SK212 warning", "PASSED all/good/SKILL.md::links")),
    "junit": (("--junitxml=out.xml",), BASE, junit),
    "durations": (("--durations=3",), BASE, None),
    "uncaptured": (("-s",), BASE, None),
    "setup-show": (("--setup-show",), BASE, None),
    "no-cache": (("-p", "no:cacheprovider"), BASE, None),
    "no-timeout": (("-p", "no:timeout"), BASE, None),
    "no-reruns": (("-p", "no:rerunfailures"), BASE, None),
    "timeout": (("--timeout=20",), BASE, None),
    "reruns": (("--reruns=1",), BASE, None),
    "random": (("--orchestrate-order=random:3",), BASE, None),
    "warm": (("--orchestrate-python=warm",), BASE, None),
    "warnings": (("-W", "error"), BASE, None),
    "keyword": (("-k", "links"), {name: BASE[name] for name in BASE if "links" in name}, None),
    "marker": (("-m", "skill"), {name: BASE[name] for name in BASE if "z.sh" not in name}, None),
    "both": (("-m", "skill and script"), {name: BASE[name] for name in BASE if "[" in name}, None),
    "setup-only": (("--setup-only",), dict.fromkeys(BASE, "not_run"), None),
}


TOGETHER = (
    ("short", "junit", "durations", "setup-show", "no-cache", "timeout", "random"),
    ("line", "reruns", "warm", "warnings", "no-timeout"),
    ("all", "uncaptured", "no-reruns"),
)
"""Options that are about different things: under xdist, which is slow to start, one run tries them all."""
_NOT_ALONE = {(name, "n2") for names in TOGETHER for name in names}
# Only blocks of code are programs: to what the others do, jobs are nothing.
_OF_PROGRAMS = {"plain", "strict", "reruns", "random", "warm", "both"}
TRIALS = [
    (case, mode)
    for case in CASES
    for mode in MODES
    if (case, mode) not in _NOT_ALONE and (mode != "jobs4" or case in _OF_PROGRAMS)
]


@pytest.mark.parametrize("names", TOGETHER, ids="+".join)
def test_options_work_together_under_xdist(matrix: Project, names: tuple[str, ...]) -> None:
    run = matrix.run("all", "-n2", *(word for name in names for word in CASES[name][0]))
    assert {name: row["status"] for name, row in run.rows.items()} == BASE, run.out
    assert run.code == 1
    run.assert_adds_up()
    assert "Traceback" not in run.out
    assert "INTERNALERROR" not in run.out
    for name in names:
        check = CASES[name][2]
        if callable(check):
            check(matrix, run)


@pytest.mark.parametrize(("case", "mode"), TRIALS)
def test_every_option_works_for_skills(matrix: Project, case: str, mode: str) -> None:
    arguments, expected, check = CASES[case]
    run = matrix.run("all", *MODES[mode], *arguments)
    assert {name: row["status"] for name, row in run.rows.items()} == expected, run.out
    assert run.code == int("failed" in expected.values())
    run.assert_adds_up()
    assert "Traceback" not in run.out
    assert "INTERNALERROR" not in run.out
    if callable(check):
        check(matrix, run)


@pytest.mark.parametrize("mode", MODES)
def test_without_reports_the_outcome_is_the_same(matrix: Project, mode: str) -> None:
    run = matrix.run("all", *MODES[mode], "--orchestrate-reports=off")
    assert run.code == 1
    assert run.outcomes == {"passed": len(BASE) - 2 + TESTS, "failed": 2}
    assert "skills: 1 error, 1 warning in 2 of 4 skills, first all/fails/SKILL.md" in run.out
    assert not matrix.report_dir.exists()


@pytest.mark.parametrize("mode", ["jobs1", "n2"])
@pytest.mark.parametrize("option", ["--lf", "--ff", "--nf", "--sw"])
def test_options_of_the_cache_work(matrix: Project, mode: str, option: str) -> None:
    matrix.run("all")
    run = matrix.run("all", *MODES[mode], option)
    failed = {name for name, status in BASE.items() if status == "failed"}
    assert run.code in (1, 2)
    ran = {name for name, row in run.rows.items() if row["status"] not in ("not_run", "cancelled")}
    if option == "--lf":
        assert ran == failed
    elif option == "--sw":
        assert "all/fails/SKILL.md::links" in ran
    else:
        assert ran == set(BASE)
    run.assert_adds_up()


def test_every_worker_can_run_every_item(matrix: Project) -> None:
    run = matrix.run("all", "--dist=each", "--tx=2*popen")
    assert run.code == 1
    assert len(run.results) == 2 * len(BASE)
    run.assert_adds_up()
    assert "skills: 1 error, 1 warning in 2 of 4 skills" in run.out


def test_shards_divide_the_items_and_one_report_has_them_all(matrix: Project) -> None:
    from pytest_orchestrator.reports.merge import merge_reports
    from pytest_orchestrator.reports.reader import read_results

    for number in (1, 2):
        matrix.run("all", f"--orchestrate-shard={number}/2", f"--orchestrate-report-dir=part{number}")
    merge_reports([matrix.path / "part1", matrix.path / "part2"], matrix.path / "whole")
    document = read_results(matrix.path / "whole/results.jsonl")
    assert {row.nodeid: str(row.status) for row in document.rows} == BASE
    report = (matrix.path / "whole/report.md").read_text()
    assert "## Skills: findings in 2 of 4" in report
