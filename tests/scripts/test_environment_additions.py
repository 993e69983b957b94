"""What a script finds in its environment, and what is told of it."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest
from script_runs import context, runner_in, spec

from pytest_orchestrator import run_script
from pytest_orchestrator.scripts.environment import additions, current_environment, shown_additions, source_directory
from pytest_orchestrator.scripts.prepare import prepare

if TYPE_CHECKING:
    from pathlib import Path


def test_the_nearest_src_directory_up_to_the_root_counts(tmp_path: Path) -> None:
    deep = tmp_path / "root" / "a" / "b"
    deep.mkdir(parents=True)
    (tmp_path / "src").mkdir()
    root = tmp_path / "root"
    assert source_directory(str(deep), context(root)) is None
    (root / "src").mkdir()
    assert source_directory(str(deep), context(root)) == f"{root}/src"
    (root / "a" / "src").mkdir()
    assert source_directory(str(deep), context(root)) == f"{root}/a/src"
    assert source_directory("/", context(root)) is None


def test_a_src_directory_that_is_made_between_two_calls_counts_for_the_second(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("PYTHONPATH", raising=False)
    (tmp_path / "a.sh").write_text('printf %s "$PYTHONPATH"')
    assert run_script("a.sh")["stdout"] == ""
    (tmp_path / "src").mkdir()
    assert run_script("a.sh")["stdout"] == str(tmp_path / "src")
    (tmp_path / "src").rmdir()
    assert run_script("a.sh")["stdout"] == ""


@pytest.mark.parametrize(
    ("outer", "own", "expected"),
    [
        (None, {}, "{src}"),
        ("", {}, "{src}"),
        ("/outer", {}, "{src}:/outer"),
        ("/outer", {"PYTHONPATH": "/mine"}, "{src}:/mine"),
        ("/outer", {"PYTHONPATH": ""}, "{src}"),
        ("/outer", {"PYTHONPATH": None}, None),
    ],
)
def test_src_is_first_on_pythonpath(
    outer: str | None, own: dict[str, str | None], expected: str | None, tmp_path: Path
) -> None:
    (tmp_path / "src").mkdir()
    around = context(tmp_path) if outer is None else context(tmp_path, PYTHONPATH=outer)
    with runner_in(tmp_path) as runner:
        shown = runner.run(spec(tmp_path, 'echo "${PYTHONPATH-unset}"', env=own), around).stdout
    assert shown == ("unset" if expected is None else expected.format(src=tmp_path / "src")) + "\n"


def test_variables_are_added_changed_and_removed(tmp_path: Path) -> None:
    around = context(tmp_path, GONE="1", OLD="1")
    made = spec(tmp_path, env={"GONE": None, "OLD": "2", "NEW": "ü\udcff"})
    added, removed = additions(made, around)
    assert added == {
        b"ORCHESTRATOR_REPORT_DIR": os.fsencode(tmp_path / "reports"), b"OLD": b"2", b"NEW": "ü".encode() + b"\xff",
    }  # fmt: skip
    assert removed == (b"GONE",)
    assert additions(spec(tmp_path), context(tmp_path, reports=False)) == ({}, ())


def test_no_secret_is_shown(tmp_path: Path) -> None:
    around = context(tmp_path, reports=False, DB_PASSWORD="hunter22")
    made = spec(tmp_path, env={"URL": "db://me:hunter22@host", "MY_TOKEN": "abc", "HOME": None})
    shown = shown_additions(prepare(made, around).command, around)
    assert shown == {"URL": "db://me:[redacted]@host", "MY_TOKEN": "[redacted]", "HOME": None}


def test_the_name_of_the_running_test_is_not_handed_on() -> None:
    assert "PYTEST_CURRENT_TEST" in os.environ
    assert b"PYTEST_CURRENT_TEST" not in current_environment()
