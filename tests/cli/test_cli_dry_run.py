"""``pytest-orchestrator run --dry-run``: what would be run, and how, without running it."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from cli_runs import command, make_project

if TYPE_CHECKING:
    from pathlib import Path


def shown(root: Path, *words: str) -> dict[str, list[str]]:
    """Return what is shown about each script, by its id."""
    done = command(root, "run", "--dry-run", *words)
    assert done.stderr == ""
    about: dict[str, list[str]] = {}
    for line in done.stdout.splitlines():
        if line.startswith("  "):
            about[next(reversed(about))].append(" ".join(line.split()))
        elif "::" in line:
            about[line] = []
    return about


def test_it_shows_everything_about_each_script_in_order_and_runs_none(tmp_path: Path) -> None:
    make_project(tmp_path, b="touch ran", a="touch ran", sub__c="touch ran")
    (tmp_path / "src").mkdir()
    (tmp_path / "orchestrator.yaml").write_text(
        "default: {timeout: 5}\n"
        "skip: [{scripts/b.sh: pages people}]\n"
        "scripts:\n"
        "  scripts/a.sh: {args: [--full, x y], env: {API_TOKEN: hunter2-hunter2, LEVEL: a b}, idle_timeout: 3}\n"
        "  scripts/sub/c.sh: {timeout: 0, cwd: '{tmp}', env: {LEVEL: null}, xfail: too early}\n"
    )
    about = shown(tmp_path)
    assert list(about) == ["scripts/a.sh::run", "scripts/b.sh::run", "scripts/sub/c.sh::run"]
    path = os.pathsep.join(filter(None, [f"environment PYTHONPATH={tmp_path}/src", os.environ.get("PYTHONPATH")]))
    shell = about["scripts/a.sh::run"][0].split()[1]
    assert shell.endswith("/sh")
    assert about["scripts/a.sh::run"] == [
        f"command {shell} {tmp_path}/scripts/a.sh --full 'x y'",
        f"directory {tmp_path}",
        path,
        "API_TOKEN=[redacted]",
        "LEVEL='a b'",
        "time limit 5 s (orchestrator.yaml), idle_timeout 3 s (orchestrator.yaml)",
    ]
    assert about["scripts/b.sh::run"][-2:] == ["time limit 5 s (orchestrator.yaml)", "skipped pages people"]
    assert about["scripts/sub/c.sh::run"][1:] == [
        "directory a temporary one",
        path,
        "LEVEL (removed)",
        "time limit none (orchestrator.yaml)",
        "xfail too early",
    ]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["orchestrator.yaml", "pyproject.toml", "scripts", "src"]


@pytest.mark.parametrize(
    ("words", "limit"),
    [
        ([], "60 s (default)"),
        (["--timeout", "9"], "9 s (--orchestrate-timeout)"),
        (["--", "--timeout", "4"], "4 s (--timeout)"),
    ],
)
def test_the_limit_is_told_with_its_source(tmp_path: Path, words: list[str], limit: str) -> None:
    make_project(tmp_path, a="true")
    assert f"time limit {limit}" in shown(tmp_path, "scripts", *words)["scripts/a.sh::run"]


def test_markers_and_hooks_of_a_conftest_are_seen(tmp_path: Path) -> None:
    make_project(tmp_path, a="true", b="true", c="true", d="true")
    (tmp_path / "scripts/conftest.py").write_text("""
import pytest

def pytest_collection_modifyitems(items):
    marks = {"a": pytest.mark.orchestrate(timeout=3), "b": pytest.mark.skip(reason="by hand"),
             "c": pytest.mark.skipif(True, reason="not here"), "d": pytest.mark.orchestrate(tiemout=3)}
    for item in items:
        item.add_marker(marks[item.path.stem])

def pytest_orchestrator_command(item, argv):
    return ["nice", *argv] if item.path.stem == "a" else None

def pytest_orchestrator_environment(item):
    if item.path.stem == "b":
        raise LookupError("no such host")
    return {"DEPLOY": "staging"}
""")
    about = shown(tmp_path)
    command_line, _, environment, limit = about["scripts/a.sh::run"]
    assert command_line.startswith("command nice ")
    assert environment == "environment DEPLOY=staging"
    assert limit == "time limit 3 s (the orchestrate marker)"
    assert about["scripts/b.sh::run"][0] == "error LookupError: no such host"
    assert about["scripts/b.sh::run"][-1] == "skipped by hand"
    assert about["scripts/c.sh::run"][-1] == "skipped not here"
    (mistake,) = about["scripts/d.sh::run"]
    assert "tiemout: unknown key; did you mean 'timeout'?" in mistake


def test_what_is_missing_is_a_skip_and_with_strict_a_failure(tmp_path: Path) -> None:
    make_project(tmp_path, a="true")
    (tmp_path / "orchestrator.yaml").write_text("default: {requires: {commands: [no-such-command]}}")
    missing = "requires command no-such-command, not found on PATH"
    assert shown(tmp_path)["scripts/a.sh::run"][-1] == f"skipped {missing}"
    strict = shown(tmp_path, "--", "--orchestrate-strict")
    assert strict["scripts/a.sh::run"][-1] == f"fails {missing} (--orchestrate-strict)"


def test_a_script_that_cannot_be_started_says_why(tmp_path: Path) -> None:
    make_project(tmp_path)
    path = tmp_path / "scripts/a"
    path.write_text("#!/nowhere/interpreter\n")
    path.chmod(0o755)
    about = shown(tmp_path)["scripts/a::run"]
    assert about[0].startswith("error not startable: interpreter '/nowhere/interpreter' named in its first line does")


def test_odd_names_and_values_stay_readable(tmp_path: Path) -> None:
    make_project(tmp_path)
    (tmp_path / "scripts/a\n[1].sh").write_text("true")
    (tmp_path / "orchestrator.yaml").write_text('default: {args: ["a\\tb", "[x]"]}')
    about = shown(tmp_path)
    assert list(about) == ["scripts/a\\x0a\\x5b1\\x5d.sh::run"]
    (first, *_) = about.values()
    assert first[0].endswith(" 'a\\x09b' '[x]'")


def test_tests_of_pytests_own_are_counted(tmp_path: Path) -> None:
    make_project(tmp_path, a="true")
    (tmp_path / "scripts/test_it.py").write_text("def test_it(): open('ran', 'w')\n")
    done = command(tmp_path, "run", "--dry-run")
    assert "and 1 test of pytest's own\n" in done.stdout
    assert "2 tests collected" in done.stdout
    assert not (tmp_path / "ran").exists()


def test_a_broken_configuration_is_told_and_the_exit_code_is_not_0(tmp_path: Path) -> None:
    make_project(tmp_path, a="true")
    (tmp_path / "orchestrator.yaml").write_text("default: {tiemout: 3}")
    done = command(tmp_path, "run", "--dry-run")
    assert done.returncode == 1
    assert "orchestrator.yaml:1:11: default.tiemout: unknown key; did you mean 'timeout'?" in done.stdout
    assert "Traceback" not in done.stdout + done.stderr


def test_nothing_found_is_exit_code_5(tmp_path: Path) -> None:
    make_project(tmp_path)
    done = command(tmp_path, "run", "--dry-run")
    assert done.returncode == 5
    assert "no scripts found in scripts" in done.stdout


def test_the_command_that_is_shown_can_be_pasted(tmp_path: Path) -> None:
    make_project(tmp_path, a='printf "%s|" "$@"')
    (tmp_path / "orchestrator.yaml").write_text("""default: {args: ["$HOME", "it's", "*", ""]}""")
    line = next(line for line in shown(tmp_path)["scripts/a.sh::run"] if line.startswith("command "))
    done = subprocess.run(["sh", "-c", line.removeprefix("command ")], capture_output=True, text=True)
    assert done.stdout == "$HOME|it's|*||"
    assert sys.executable not in line
