"""Every id that is ever printed is accepted back as an argument, and runs what it named."""

from __future__ import annotations

import json
import os
import re
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import pytest
from odd_names import NAMES, make_odd, ran
from orchestrated import STARTED, Project

from pytest_orchestrator.core.names import unescape_name

if TYPE_CHECKING:
    from pathlib import Path

CASED = "scripts: {a.sh: {cases: {one: {}, two: {}}}}"


@pytest.fixture
def odd(project: Project) -> Project:
    """A project of odd names."""
    project.ini("")
    make_odd(project)
    return project


def name_in(nodeid: str) -> bytes:
    return os.fsencode(unescape_name(nodeid.removesuffix("::run")).removeprefix("scripts/"))


def printed_with_v(project: Project, *arguments: str) -> list[str]:
    run = project.run("-v", *arguments)
    assert run.code == 0, run.out
    return [
        match[1]
        for line in run.result.outlines
        if (match := re.fullmatch(r"(.*?) PASSED +\[ *\d+%\]", line)) is not None
    ]


def test_ids_are_readable_ascii_safe_and_one_to_each_file(odd: Project) -> None:
    ids = odd.ids()
    assert len(ids) == len(set(ids)) == len(NAMES)
    assert sorted(map(name_in, ids)) == sorted(NAMES)
    assert "scripts/plain.sh::run" in ids
    assert "scripts/two words.sh::run" in ids
    assert r"scripts/br\x5back\x5det.sh::run" in ids
    assert r"scripts/latin\xe9.sh::run" in ids
    assert r"scripts/\x2ddash.sh::run" in ids
    for nodeid in ids:
        assert nodeid.isprintable()
        assert nodeid.count("::") == 1
        assert not set("[]") & set(nodeid)


def test_each_id_selects_its_script_and_no_other(odd: Project) -> None:
    for nodeid in odd.ids():
        run = odd.run("-q", "--orchestrate-reports=off", nodeid)
        assert run.code == 0, (nodeid, run.out)
        assert ran(odd) == [name_in(nodeid)]


def test_all_ids_at_once_run_every_script_once(odd: Project) -> None:
    run = odd.run(*odd.ids())
    assert run.code == 0, run.out
    assert ran(odd) == sorted(NAMES)
    assert sorted(run.rows) == sorted(odd.ids())


def test_ids_without_their_last_part_work_too(odd: Project) -> None:
    run = odd.run(*(nodeid.removesuffix("::run") for nodeid in odd.ids()))
    assert run.code == 0, run.out
    assert ran(odd) == sorted(NAMES)


def test_names_as_they_are_work_too(odd: Project) -> None:
    run = odd.run(*(os.path.join("scripts", os.fsdecode(name)) for name in NAMES))
    assert run.code == 0, run.out
    assert ran(odd) == sorted(NAMES)


def test_ids_printed_with_v_are_accepted_back(odd: Project) -> None:
    ids = printed_with_v(odd)
    assert sorted(ids) == sorted(odd.ids())
    ran(odd)


@pytest.mark.parametrize("where", ["scripts", "scripts/deep/er", "elsewhere"])
def test_ids_work_from_another_directory(odd: Project, monkeypatch: pytest.MonkeyPatch, where: str) -> None:
    """--co -q shows ids relative to the rootdir there too, -v relative to the current directory."""
    (odd.path / where).mkdir(parents=True, exist_ok=True)
    shown = odd.ids()
    monkeypatch.chdir(odd.path / where)
    run = odd.run(*shown)
    assert run.code == 0, run.out
    assert ran(odd) == sorted(NAMES)
    ids = printed_with_v(odd, str(odd.path / "scripts"))
    assert len(ids) == len(NAMES)
    ran(odd)
    run = odd.run(*ids)
    assert run.code == 0, run.out
    assert ran(odd) == sorted(NAMES)


def test_odd_names_survive_xdist_and_junit_xml(odd: Project) -> None:
    ids = odd.ids()
    for arguments in (["scripts"], ids, [os.path.join("scripts", os.fsdecode(name)) for name in NAMES]):
        run = odd.run("-n2", "--junitxml=out.xml", "-rA", *arguments)
        assert run.code == 0, run.out
        assert ran(odd) == sorted(NAMES)
        assert sorted(run.rows) == sorted(ids)
        cases = list(ET.parse(odd.path / "out.xml").iter("testcase"))
        assert len(cases) == len(NAMES)
        assert {case.get("name") for case in cases} == {"run"}


def test_odd_names_that_fail_come_back_with_lf(odd: Project) -> None:
    failing = [name for name in NAMES if b"e" in name]
    for name in failing:
        with open(os.path.join(os.fsencode(odd.path), b"scripts", name), "ab") as file:
            file.write(b"exit 1\n")
    run = odd.run("--junitxml=out.xml")
    assert run.code == 1
    assert ran(odd) == sorted(NAMES)
    run = odd.run("--lf")
    assert ran(odd) == sorted(failing)
    # By their ids too: pytest skips files in which it knows no failure.
    run = odd.run("--lf", *odd.ids())
    assert ran(odd) == sorted(failing)
    assert run.outcomes["failed"] == len(failing)


def test_odd_names_that_are_skipped_are_shown(odd: Project) -> None:
    odd.file("scripts/orchestrator.yaml", "skip: ['*', '**/*']\n")
    for arguments in ((), ("-n1",)):
        run = odd.run("-rs", *arguments)
        assert run.code == 0, run.out
        assert run.outcomes == {"skipped": len(NAMES)}
        assert set(run.statuses.values()) == {"skipped"}
        assert r"SKIPPED [1] scripts/latin\xe9.sh: skipped by scripts/orchestrator.yaml" in run.out


def test_reports_name_odd_files_readably_and_are_valid(odd: Project) -> None:
    run = odd.run()
    for row in run.results:
        assert row["data"]["script"].isprintable()
        assert json.dumps(row)
    logs = [path for path in (odd.report_dir / "logs").rglob("*.json") if json.loads(path.read_text())["nodeid"]]
    assert len(logs) == len(NAMES)


def test_a_rootdir_with_brackets_works(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    project.file("pro[j]ect/pytest.ini", "[pytest]\n")
    project.file("pro[j]ect/scripts/a.sh", STARTED)
    project.file("pro[j]ect/scripts/[b]/c.sh", STARTED)
    monkeypatch.chdir(project.path / "pro[j]ect")
    for arguments in (
        ("scripts",),
        (),
        ("scripts/a.sh", r"scripts/\x5bb\x5d/c.sh::run"),
        ("scripts/a.sh", "scripts/[b]"),
    ):
        run = project.run(*arguments)
        assert run.code == 0, run.out
        lines = (project.path / "pro[j]ect/started.txt").read_text().splitlines()
        assert sorted(lines) == ["scripts/\\x5bb\\x5d/c.sh::run", "scripts/a.sh::run"]
        (project.path / "pro[j]ect/started.txt").unlink()


def test_what_pytest_would_drop_silently_is_refused(project: Project) -> None:
    project.file("scripts/[x].sh")
    project.file("scripts/test_it.py", "def test_a(): pass\n\ndef test_b(): pass\n")
    run = project.run("scripts/[x].sh", "scripts/test_it.py::test_a")
    assert run.code == 4
    assert "pytest cannot take 'scripts/[x].sh' together with 'scripts/test_it.py::test_a'" in run.out
    assert "give them to two runs" in run.out


SELECTIONS: list[tuple[list[str], list[str]]] = [
    (["scripts/a.sh"], ["a.sh[one]", "a.sh[two]"]),
    (["scripts/a.sh::run"], ["a.sh[one]", "a.sh[two]"]),
    (["scripts/a.sh::run[two]"], ["a.sh[two]"]),
    (["scripts/a.sh::run[two]", "scripts/a.sh::run[one]"], ["a.sh[two]", "a.sh[one]"]),
    (["scripts/b.sh::run", "scripts/a.sh::run[one]"], ["b.sh", "a.sh[one]"]),
    (["scripts", "scripts/b.sh::run"], ["a.sh[one]", "a.sh[two]", "b.sh"]),
    (["scripts/b.sh", "scripts/b.sh::run"], ["b.sh"]),
    (["scripts/b.sh", "scripts/b.sh"], ["b.sh"]),
    (["./scripts/../scripts/b.sh"], ["b.sh"]),
]


@pytest.fixture
def cased(project: Project) -> Project:
    """A script with cases and one without."""
    project.file("scripts/a.sh", STARTED)
    project.file("scripts/b.sh", STARTED)
    project.file("scripts/orchestrator.yaml", CASED)
    return project


@pytest.mark.parametrize(("arguments", "expected"), SELECTIONS)
def test_arguments_select_scripts_and_cases(cased: Project, arguments: list[str], expected: list[str]) -> None:
    run = cased.run(*arguments)
    assert run.code == 0, run.out
    assert cased.started() == expected


@pytest.mark.parametrize(("arguments", "expected"), SELECTIONS[3:6])
def test_arguments_select_the_same_under_xdist(cased: Project, arguments: list[str], expected: list[str]) -> None:
    run = cased.run("-n2", *arguments)
    assert run.code == 0, run.out
    assert sorted(cased.started()) == sorted(expected)


@pytest.mark.parametrize(
    "argument", ["scripts/a.sh::nope", "scripts/a.sh::run[three]", "scripts/b.sh::run[one]", "scripts::run", "nowhere"]
)
def test_an_id_that_names_nothing_is_a_usage_error(cased: Project, argument: str) -> None:
    run = cased.run(argument)
    assert run.code == 4
    assert "ERROR: " in run.out
    assert not cased.started()


def test_what_is_named_twice_runs_twice_with_keep_duplicates(project: Project) -> None:
    project.file("scripts/a.sh", STARTED)
    run = project.run("--keep-duplicates", "scripts/a.sh", "scripts/a.sh")
    assert run.code == 0, run.out
    assert project.started() == ["a.sh", "a.sh"]


def test_many_named_files_are_collected_once_each(project: Project) -> None:
    """pytest collects the directory anew for each of them; a quadratic number of items would take minutes here."""
    names = [f"scripts/{number:04}.sh" for number in range(600)]
    for name in names:
        project.file(name)
    assert project.ids(*names) == [f"{name}::run" for name in names]


def outside(tmp_path: Path) -> Path:
    path = tmp_path / "outside"
    (path / "deep").mkdir(parents=True)
    (path / "a.sh").write_text(STARTED)
    (path / "deep" / "b.sh").write_text(STARTED)
    return path


def test_paths_outside_the_rootdir_work_and_their_ids_too(
    project: Project, tmp_path_factory: pytest.TempPathFactory
) -> None:
    other = outside(tmp_path_factory.mktemp("other"))
    project.ini("")
    project.file("scripts/c.sh", STARTED)
    where = f"--rootdir={project.path}"
    run = project.run(where, str(other), "scripts")
    assert run.code == 0, run.out
    assert sorted(project.started()) == ["a.sh", "b.sh", "c.sh"]
    ids = project.ids(where, str(other))
    assert len(ids) == 2
    assert all(nodeid.startswith("../") for nodeid in ids)
    for arguments in (ids, [str(other / "a.sh"), f"{other}/deep/b.sh::run"]):
        run = project.run(where, *arguments)
        assert run.code == 0, run.out
        assert sorted(project.started()) == ["a.sh", "b.sh"]
        run.assert_adds_up()
    assert project.run(where, "-n1", *ids).code == 0
    assert sorted(project.started()) == ["a.sh", "b.sh"]
