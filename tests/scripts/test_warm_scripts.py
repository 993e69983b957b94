"""Which scripts are started warm, and what is said of the others."""

from __future__ import annotations

import os
import sys
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from script_runs import context, runner_in, spec

from pytest_orchestrator.core.status import Reason, Status
from pytest_orchestrator.process.command import Warm
from pytest_orchestrator.scripts.interpreter import NotStartableError
from pytest_orchestrator.scripts.prepare import Prepared, prepare

if TYPE_CHECKING:
    from pathlib import Path

PYTHON = os.path.realpath(sys.executable)


def prepared(
    root: Path, text: str, name: str = "scripts/a.py", *, executable: bool = False, run: bool = True, **settings: Any
) -> Prepared:
    """Return what comes of a script in a run that is warm, or is not."""
    script = spec(root, text, name, **settings)
    if executable:
        os.chmod(script.path, 0o755)
    (root / "bin").mkdir(exist_ok=True)
    (root / "bin" / "python3").unlink(missing_ok=True)
    (root / "bin" / "python3").symlink_to(PYTHON)
    made = context(root, PATH=f"{root}/bin:{os.environ['PATH']}")
    return prepare(script, replace(made, is_warm=run, warm_imports=("json",)))


def words(warm: Warm | None) -> list[str]:
    """Return the command line of a warm start."""
    assert warm is not None
    return [os.fsdecode(word) for word in warm.words]


def test_a_python_file_is_started_from_the_running_interpreter(tmp_path: Path) -> None:
    made = prepared(tmp_path, "print(1)", args=("-x",))
    assert words(made.command.warm) == [sys.executable, f"{tmp_path}/scripts/a.py", "-x"]
    assert made.command.warm == Warm(os.fsencode(sys.executable), made.command.argv, b"", ("json",))
    assert made.notes == ()


def test_a_shebang_that_names_python_is_honoured(tmp_path: Path) -> None:
    made = prepared(tmp_path, f"#!{PYTHON}\n", "scripts/a-long-name-it-is", executable=True)
    path = f"{tmp_path}/scripts/a-long-name-it-is"
    assert made.command.warm == Warm(
        os.fsencode(PYTHON), (os.fsencode(PYTHON), os.fsencode(path)), b"a-long-name-it-", ("json",)
    )


def test_a_shebang_through_env_is_looked_up_as_env_does(tmp_path: Path) -> None:
    made = prepared(tmp_path, "#!/usr/bin/env python3\n", executable=True)
    assert made.command.warm is not None
    assert made.command.warm.executable == os.fsencode(tmp_path / "bin" / "python3")
    assert words(made.command.warm) == ["python3", f"{tmp_path}/scripts/a.py"]
    assert made.command.warm.name == b""


@pytest.mark.parametrize(
    ("shebang", "shown"),
    [(f"#!{PYTHON} -u", "-u"), (f"#!{PYTHON} -I -S", "-I -S"), ("#!/usr/bin/env -S python3 -E", "-S python3 -E")],
    ids=["one option", "several", "through env"],
)
def test_an_interpreter_with_options_is_started_plainly(shebang: str, shown: str, tmp_path: Path) -> None:
    made = prepared(tmp_path, f"{shebang}\n", executable=True)
    assert made.command.warm is None
    assert made.notes == (f"not started warm: its interpreter is given options ({shown})",)


def test_a_shim_is_started_plainly(tmp_path: Path) -> None:
    shim = tmp_path / "python3"
    shim.write_text(f'#!/bin/sh\nexec {PYTHON} "$@"\n')
    shim.chmod(0o755)
    made = prepared(tmp_path, f"#!{shim}\n", executable=True)
    assert made.command.warm is None
    assert "is a script that starts another: name that one" in made.notes[0]


def test_a_configured_python_is_honoured(tmp_path: Path) -> None:
    made = prepared(tmp_path, "", "scripts/a.txt", interpreter=("{python}",))
    assert words(made.command.warm) == [sys.executable, f"{tmp_path}/scripts/a.txt"]


@pytest.mark.parametrize(
    ("text", "name", "executable"),
    [("echo", "scripts/a.sh", False), ("#!/bin/sh\n", "scripts/a", True)],
    ids=["by extension", "by shebang"],
)
def test_what_is_not_pythons_is_passed_over_in_silence(text: str, name: str, executable: bool, tmp_path: Path) -> None:
    made = prepared(tmp_path, text, name, executable=executable)
    assert (made.command.warm, made.notes) == (None, ())


def test_nothing_is_warm_unless_it_is_asked_for(tmp_path: Path) -> None:
    assert prepared(tmp_path, "", run=False).command.warm is None


def test_one_script_may_be_warm_and_one_may_be_plain(tmp_path: Path) -> None:
    assert prepared(tmp_path, "", run=False, interpreter=("warm",)).command.warm is not None
    plain = prepared(tmp_path, "", interpreter=("plain",))
    assert (plain.command.warm, plain.notes) == (None, ())
    assert plain.shown == (sys.executable, f"{tmp_path}/scripts/a.py")


def test_asking_for_a_warm_shell_script_is_refused(tmp_path: Path) -> None:
    with pytest.raises(NotStartableError) as refused:
        prepared(tmp_path, "", "scripts/a.sh", run=False, interpreter=("warm",))
    assert "`interpreter: warm` is for scripts that Python runs, and this one is run by 'sh'" in str(refused.value)
    with runner_in(tmp_path) as runner:
        result = runner.run(spec(tmp_path, "", interpreter=("warm",)), context(tmp_path))
    assert (result.status, result.reason) == (Status.ERROR, Reason.NOT_STARTABLE)


def test_other_arguments_keep_the_warm_start_and_another_program_does_not(tmp_path: Path) -> None:
    made = prepared(tmp_path, "", args=("a",))
    surroundings = context(tmp_path)
    again = made.with_argv((*made.shown[:2], "b", "c"), surroundings)
    assert words(again.command.warm) == [sys.executable, f"{tmp_path}/scripts/a.py", "b", "c"]
    assert made.with_argv(("nice", *made.shown), surroundings).command.warm is None
    assert made.with_argv((sys.executable, "-X", "dev", *made.shown[1:]), surroundings).command.warm is None


def test_another_path_may_mean_another_interpreter(tmp_path: Path) -> None:
    made = prepared(tmp_path, "")
    assert made.with_environment({"A": "1"}).command.warm is not None
    assert made.with_environment({"PATH": "/bin"}).command.warm is None


def test_the_result_of_a_script_that_was_not_started_warm_says_why(tmp_path: Path) -> None:
    surroundings = replace(context(tmp_path), is_warm=True)
    with runner_in(tmp_path) as runner:
        warm = runner.run(spec(tmp_path, "print(1)", "scripts/a.py"), surroundings)
        plain = runner.run(spec(tmp_path, "print(1)", "scripts/b.py", env={"PYTHONPATH": "lib"}), surroundings)
    assert (warm.stdout, warm.notes) == ("1\n", ())
    assert (plain.stdout, plain.status) == ("1\n", Status.PASSED)
    assert plain.notes == ("not started warm: its PYTHONPATH has an entry that is no absolute path",)
