"""The skills in ``example_scripts/skills``: without a finding, found by what people ask, and their programs work."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from pytest_orchestrator import SkillLibrary
from pytest_orchestrator.skills.checker import check_skills
from pytest_orchestrator.skills.configuration import settings_of
from pytest_orchestrator.skills.directives_page import directive_states

ROOT = Path(__file__).resolve().parents[2] / "example_scripts" / "skills"


@pytest.fixture(scope="module")
def library() -> SkillLibrary:
    return SkillLibrary.of(root=ROOT)


def test_no_rule_has_anything_to_say_and_every_profile_is_there(library: SkillLibrary) -> None:
    reports = check_skills(library.skills, settings_of(library.skills))
    assert [str(finding) for report in reports.values() for finding in report.findings] == []
    assert {report.name: str(report.profile) for report in reports.values()} == {
        "group-log-errors": "script-first",
        "mend-red-run": "claude-code",
        "write-script": "spec",
    }


def test_one_is_script_first(library: SkillLibrary) -> None:
    has = [
        state.skill.name
        for state in directive_states(library.skills)
        if state.words == "script_first and the directive"
    ]
    assert has == ["group-log-errors"]


@pytest.mark.parametrize(
    ("question", "name"),
    [
        ("find all ERROR lines in yesterday's logs", "group-log-errors"),
        ("the nightly pytest run is red, why", "mend-red-run"),
        ("I need a backup script for CI", "write-script"),
    ],
)
def test_what_people_ask_finds_the_skill_for_it(library: SkillLibrary, question: str, name: str) -> None:
    assert library.search(question)[0].name == name


def run(*words: object, code: int = 0) -> str:
    done = subprocess.run([str(word) for word in words], capture_output=True, text=True, timeout=60)
    assert done.returncode == code, done.stderr
    return done.stdout + done.stderr


def test_the_template_groups_the_errors_of_many_files(library: SkillLibrary, tmp_path: Path) -> None:
    (template, *_) = library.get("group-log-errors").body.fences
    program = tmp_path / "group.py"
    program.write_text(template.code)
    logs = tmp_path / "logs"
    logs.mkdir()
    for number in range(20):
        lines = [f"12:00 INFO request {number}", f"12:01 ERROR: payment {number} refused by 'bank {number}'"]
        (logs / f"shop-{number:02}.log").write_text("\n".join([*lines, "12:02 FATAL out of memory"][: 2 + number % 2]))
    (logs / "bytes.log").write_bytes(b"12:00 ERROR \xff\n")
    assert run(sys.executable, program, logs).splitlines() == [
        "Files: 21, lines: 51, errors: 31, causes: 3",
        f"  20 x payment … refused by … (first at {logs}/shop-00.log:2)",
        f"  10 x out of memory (first at {logs}/shop-01.log:3)",
        f"  1 x \ufffd (first at {logs}/bytes.log:1)",
    ]
    told = run(sys.executable, program, tmp_path / "gone.log", logs / "shop-00.log", code=1)
    assert "errors: 1, causes: 1" in told
    assert f"Not read: 1, as {tmp_path}/gone.log: No such file or directory" in told
    assert told.count("\n") <= 7


def test_what_did_not_pass_is_listed_worst_first(tmp_path: Path) -> None:
    entries = [
        {"type": "run", "format": 1},
        {"type": "result", "nodeid": "a.sh::run", "status": "timeout", "data": {"error": "timeout after 1 s"}},
        {"type": "result", "nodeid": "b.sh::run", "status": "passed", "data": {}},
        {
            "type": "result",
            "nodeid": "c.sh::run",
            "status": "failed",
            "data": {"error": None, "stderr": "x\nno disk\n"},
        },
        {"type": "result", "nodeid": "d.sh::run", "status": "error", "data": None},
        {"type": "end", "exit_status": 1},
    ]
    (tmp_path / "results.jsonl").write_text("".join(f"{json.dumps(entry)}\n" for entry in entries))
    program = ROOT / "mend-red-run/scripts/not_passed.py"
    assert run(sys.executable, program, tmp_path).splitlines() == [
        "failed: c.sh::run: no disk",
        "timeout: a.sh::run: timeout after 1 s",
        "error: d.sh::run: no output",
        "3 of 4 items did not pass",
    ]
    assert "nowhere/results.jsonl cannot be read" in run(sys.executable, program, tmp_path / "nowhere", code=2)


def test_the_script_template_can_be_run_twice_and_tells_its_mistakes(tmp_path: Path) -> None:
    program = ROOT / "write-script/assets/template.sh"
    source, target = tmp_path / "source", tmp_path / "target"
    source.mkdir()
    (source / "a b.txt").write_text("a")
    (source / "c.txt").write_text("c")
    assert run("bash", program, source, target) == "copied 2, unchanged 0\n"
    assert run("bash", program, source, target) == "copied 0, unchanged 2\n"
    (source / "c.txt").write_text("changed")
    assert run("bash", program, source, target) == "copied 1, unchanged 1\n"
    assert (target / "c.txt").read_text() == "changed"
    assert run("bash", program, source, code=2) == "usage: template.sh SOURCE TARGET\n"
    assert run("bash", program, tmp_path / "gone", target, code=1) == f"there is no directory {tmp_path}/gone\n"
