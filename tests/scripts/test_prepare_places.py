"""Where a script runs, and where what runs it is looked for."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

import pytest
from script_runs import context, runner_in, spec

from pytest_orchestrator import run_script
from pytest_orchestrator.config.settings import Expectation, Requirements, ScriptSettings
from pytest_orchestrator.core.status import Reason, Status
from pytest_orchestrator.scripts.prepare import prepare, unmet_requirement

if TYPE_CHECKING:
    from pathlib import Path


def command_in(directory: Path, name: str, text: str = "#!/bin/sh\nexit 0\n") -> None:
    """Make a program."""
    directory.mkdir(exist_ok=True)
    (directory / name).write_text(text)
    (directory / name).chmod(0o755)


@pytest.mark.parametrize("cwd", ["{tmp}", "{tmp}/", "{tmp}/.", "{tmp}/a", "{tmp}/a/b c/", "{tmp}/a/../b"])
def test_a_directory_below_the_temporary_one_is_made(cwd: str, tmp_path: Path) -> None:
    text = 'pwd; echo "$ORCHESTRATOR_TMP"; touch made.txt'
    with runner_in(tmp_path) as runner:
        made = spec(tmp_path, text, cwd=cwd, expect=Expectation(files=("made.txt",)))
        results = [runner.run(made, context(tmp_path)) for _ in range(2)]
    for result in results:
        assert result.status is Status.PASSED, result
        directory, temporary = result.stdout.splitlines()
        assert directory == os.path.normpath(cwd.replace("{tmp}", temporary))
        assert result.cwd == directory
        assert not os.path.exists(temporary)
    assert not (tmp_path / "reports" / "work").exists()


def test_a_directory_that_was_made_for_a_failing_script_is_not_kept_for_itself(tmp_path: Path) -> None:
    with runner_in(tmp_path) as runner:
        empty = runner.run(spec(tmp_path, "exit 1", cwd="{tmp}/a/b"), context(tmp_path))
        full = runner.run(spec(tmp_path, "echo > file; exit 1", cwd="{tmp}/a/b"), context(tmp_path))
        unstartable = runner.run(spec(tmp_path, interpreter=("/nowhere/sh",), cwd="{tmp}/c"), context(tmp_path))
        after = runner.run(spec(tmp_path, "ls -A", cwd="{tmp}"), context(tmp_path))
    assert (empty.status, empty.tmp) == (Status.FAILED, None)
    assert full.tmp is not None
    assert os.path.exists(f"{full.tmp}/a/b/file")
    assert full.cwd == f"{full.tmp}/a/b"
    assert unstartable.reason is Reason.NOT_STARTABLE
    assert (after.status, after.stdout) == (Status.PASSED, "")


@pytest.mark.parametrize("cwd", ["{tmp}/..", "{tmp}/a/../../b", "sub/{tmp}", "{tmp}x", "{tmp}/{tmp}", "{tmp}//../x"])
def test_a_directory_that_is_not_in_the_temporary_one_is_refused(cwd: str, tmp_path: Path) -> None:
    with runner_in(tmp_path) as runner:
        result = runner.run(spec(tmp_path, "echo ran", cwd=cwd), context(tmp_path))
    assert (result.status, result.reason, result.stdout) == (Status.ERROR, Reason.NOT_STARTABLE, "")
    assert (
        result.error
        == f"not startable: cwd {cwd!r} does not name a directory in {{tmp}}: write {{tmp}} or {{tmp}}/NAME"
    )
    assert run_script(tmp_path / "scripts/a.sh", config={"cwd": cwd})["error"] == result.error


def test_an_interpreter_is_found_on_the_path_that_the_script_has(tmp_path: Path) -> None:
    command_in(tmp_path / "bin", "sh", '#!/bin/sh\necho "my sh runs $1"\n')
    command_in(tmp_path / "bin", "mine", '#!/bin/sh\necho "mine runs $1"\n')
    path = {"PATH": f"{tmp_path}/bin:{os.environ['PATH']}"}
    with runner_in(tmp_path) as runner:
        by_extension = runner.run(spec(tmp_path, "exit 3", env=path), context(tmp_path))
        configured = runner.run(spec(tmp_path, "exit 3", env=path, interpreter=("mine",)), context(tmp_path))
        by_shebang = runner.run(spec(tmp_path, "#!/usr/bin/env mine\n", name="scripts/b", env=path), context(tmp_path))
        without = runner.run(spec(tmp_path, "#!/usr/bin/env mine\n", name="scripts/b"), context(tmp_path))
    assert by_extension.stdout == f"my sh runs {tmp_path}/scripts/a.sh\n"
    assert configured.stdout == f"mine runs {tmp_path}/scripts/a.sh\n"
    assert by_shebang.stdout == f"mine runs {tmp_path}/scripts/b\n"
    assert without.reason is Reason.NOT_STARTABLE
    assert "'mine' named in its first line is not on PATH" in (without.error or "")


@pytest.mark.parametrize("entry", ["bin", "./bin", ""])
def test_relative_entries_of_the_path_count_from_where_the_script_runs(entry: str, tmp_path: Path) -> None:
    command_in(tmp_path / "place", "mine")
    command_in(tmp_path / "place" / "bin", "mine")
    made = spec(tmp_path, "", interpreter=("mine",), cwd="place", env={"PATH": f"/nowhere:{entry}"})
    expected = os.path.join(tmp_path, "place", entry, "mine")
    assert prepare(made, context(tmp_path)).command.argv[0] == os.fsencode(expected)


@pytest.mark.parametrize("path", ["/nowhere", None])
def test_a_script_without_a_useful_path_is_still_run_by_what_the_session_finds(
    path: str | None, tmp_path: Path
) -> None:
    with runner_in(tmp_path) as runner:
        result = runner.run(spec(tmp_path, 'echo "${PATH-none}"', env={"PATH": path}), context(tmp_path))
    assert result.status is Status.PASSED


def test_a_hook_s_command_is_found_on_the_path_that_the_script_has(tmp_path: Path) -> None:
    command_in(tmp_path / "bin", "mine")
    around = context(tmp_path)
    prepared = prepare(spec(tmp_path, "", env={"PATH": f"{tmp_path}/bin"}), around)
    assert prepared.with_argv(("mine", "x"), around).command.argv == (os.fsencode(tmp_path / "bin" / "mine"), b"x")
    assert prepared.with_argv(("cat", "x"), around).command.argv[0].endswith(b"/cat")


def test_what_a_script_requires_is_looked_for_in_its_own_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    command_in(tmp_path / "bin", "mine")
    monkeypatch.setenv("OUTER", "1")

    def unmet(own: dict[str, str | None], **requires: tuple[str, ...]) -> str | None:
        return unmet_requirement(ScriptSettings(env=own, requires=Requirements(**requires)))

    assert unmet({}, commands=("mine",)) == "requires command mine, not found on PATH"
    assert unmet({"PATH": f"{tmp_path}/bin"}, commands=("mine",)) is None
    assert unmet({"PATH": f"{tmp_path}/bin"}, commands=("cat",)) == "requires command cat, not found on PATH"
    assert unmet({"PATH": None}, commands=("cat",)) is None
    assert unmet({}, env=("OUTER",)) is None
    assert unmet({"OUTER": None}, env=("OUTER",)) == "requires environment variable OUTER, not set"
    assert unmet({"MINE": "1"}, env=("MINE",)) is None


def test_everything_that_is_missing_is_named_at_once() -> None:
    requires = Requirements(platform=("no-platform",), commands=("no-command",), env=("NO_VARIABLE",))
    assert unmet_requirement(ScriptSettings(requires=requires)) == (
        f"requires platform no-platform, this is {sys.platform}; command no-command, not found on PATH; "
        "environment variable NO_VARIABLE, not set"
    )
