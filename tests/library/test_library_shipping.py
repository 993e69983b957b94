"""Functions are found in the other process wherever this one found them."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from library_scripts import python, script

if TYPE_CHECKING:
    from pathlib import Path

MAIN = """\
from pytest_orchestrator import run_function

class Point:
    def __init__(self, x):
        self.x = x

def move(point, by):
    return Point(point.x + by)

def nested(point):
    return run_function(move, (point, 1))["result"]

if __name__ == "__main__":
    result = run_function({function}, (Point(1){more}))
    print(result["status"], type(result["result"]) is Point, getattr(result["result"], "x", result["error"]))
"""


def run(directory: Path, *arguments: str) -> str:
    done = subprocess.run(
        [sys.executable, *arguments], cwd=directory, capture_output=True, text=True, check=False, timeout=100
    )
    assert done.stderr == ""
    return done.stdout


@pytest.mark.parametrize(
    ("arguments", "place"),
    [(["program.py"], "program.py"), (["program"], "program"), (["-m", "package.program"], "package/program.py"),
     (["-m", "package"], "package/__main__.py")],
    ids=["file", "file without extension", "module", "package"],
)  # fmt: skip
def test_a_function_of_the_main_program_is_found(tmp_path: Path, arguments: list[str], place: str) -> None:
    text = MAIN.format(function="move", more=", 2")
    if "package" in place:
        script(tmp_path, "", "package/__init__.py")
        script(tmp_path, "", "package/helper.py")
        text = f"from . import helper\n{text}"
    script(tmp_path, text, place)
    assert run(tmp_path, *arguments) == "passed True 3\n"


def test_a_function_may_call_run_function_itself(tmp_path: Path) -> None:
    script(tmp_path, MAIN.format(function="nested", more=","), "program.py")
    assert run(tmp_path, "program.py") == "passed True 2\n"


def test_a_function_typed_into_an_interpreter_cannot_be_sent(tmp_path: Path) -> None:
    program = (
        "from pytest_orchestrator import run_function\ndef typed(): pass\n"
        "result = run_function(typed); print(result['status'], result['error'])"
    )
    done = python(tmp_path, program)
    assert done.stdout.startswith(
        "error typed cannot be sent to another process: the function 'typed' is defined in an"
    )
    assert "write it into a module and import it from there" in done.stdout


@pytest.mark.parametrize("place", ["main", "module"])
def test_a_call_without_a_guard_ends_with_a_sentence_and_not_never(tmp_path: Path, place: str) -> None:
    text = (
        "from pytest_orchestrator import run_function\ndef work(): return 1\n"
        "result = run_function(work)\nprint(result['status'], result['error'])\n"
    )
    script(tmp_path, text, "program.py")
    printed = run(tmp_path, "program.py") if place == "main" else run(tmp_path, "-c", "import program")
    assert printed.startswith("error it cannot be imported in a process of its own: ")
    assert "put the call below 'if __name__ == \"__main__\":' or into a function" in printed
    assert printed.count("\n") == 1


def test_a_module_that_cannot_be_imported_again_is_an_error(tmp_path: Path) -> None:
    text = "import os\nif os.path.exists('used'): raise LookupError('used up')\nopen('used', 'w')\ndef work(): pass\n"
    script(tmp_path, text, "once.py")
    program = (
        "from once import work; from pytest_orchestrator import run_function\n"
        "result = run_function(work); print(result['status'], result['error']); print(result['traceback'])"
    )
    printed = python(tmp_path, program).stdout
    assert printed.startswith("error it cannot be imported in a process of its own: LookupError: used up\n")
    assert 'once.py", line 2' in printed


def test_a_module_that_is_gone_is_an_error_that_says_how_to_have_it_found(tmp_path: Path) -> None:
    script(tmp_path, "def work(): pass\n", "gone.py")
    program = (
        "import os; from gone import work; os.unlink('gone.py'); from pytest_orchestrator import run_function\n"
        "print(run_function(work)['error'])"
    )
    assert python(tmp_path, program).stdout == (
        "it cannot be imported in a process of its own: ModuleNotFoundError: No module named 'gone'; its file must be "
        "in a directory on sys.path (PYTHONPATH) of this process, where it can still be imported\n"
    )


def test_a_function_replaced_under_its_name_is_an_error_that_says_so(tmp_path: Path) -> None:
    text = "def wrap(inner):\n    return lambda: inner()\ndef work(): pass\nplain = work\nwork = wrap(work)\n"
    script(tmp_path, text, "replaced.py")
    program = (
        "from replaced import plain; from pytest_orchestrator import run_function; print(run_function(plain)['error'])"
    )
    assert (
        "not the same object as replaced.work: something replaced it under its name" in python(tmp_path, program).stdout
    )


def test_a_program_may_shadow_modules_of_the_standard_library(tmp_path: Path) -> None:
    script(tmp_path, "raise SystemExit('shadowed')", "work/pickle.py")
    script(tmp_path, MAIN.format(function="move", more=", 2"), "program.py")
    assert run(tmp_path / "work", "../program.py") == "passed True 3\n"


TEST_MODULE = """\
from pytest_orchestrator import run_function
{imports}

def double(number):
    return {value}

def test_it():
    result = run_function(double, (4,))
    assert result["result"] == 8, result
"""


@pytest.mark.parametrize("mode", ["prepend", "append", "importlib"])
def test_functions_of_test_modules_are_found_in_every_import_mode(tmp_path: Path, mode: str) -> None:
    # Two modules of one name, which only importlib takes at all, and a helper that a conftest puts in reach.
    script(
        tmp_path, "import sys, pathlib\nsys.path.append(str(pathlib.Path(__file__).parent / 'lib'))\n", "conftest.py"
    )
    script(tmp_path, "def times_two(number):\n    return number * 2\n", "lib/helper_of_tests.py")
    helped = TEST_MODULE.format(imports="from helper_of_tests import times_two", value="times_two(number)")
    script(tmp_path, helped, "a/test_same.py")
    if mode == "importlib":
        script(tmp_path, TEST_MODULE.format(imports="", value="number + 4"), "b/test_same.py")
    arguments = ["-m", "pytest", "-q", f"--import-mode={mode}", "-p", "no:cacheprovider", "a"]
    printed = run(tmp_path, *arguments, *(["b"] if mode == "importlib" else []))
    assert f"{2 if mode == 'importlib' else 1} passed" in printed
