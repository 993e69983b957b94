"""The public names of the package: there on demand, with the signatures of seed 004, and free until used."""

from __future__ import annotations

import ast
import inspect
import json
from pathlib import Path

import pytest
from library_scripts import python

import pytest_orchestrator
from pytest_orchestrator.public_names import HOMES

LOADED = "import sys, json; print(json.dumps(sorted(name for name in sys.modules if 'pytest' in name)))"


def test_importing_the_package_imports_nothing_else_of_it(tmp_path: Path) -> None:
    done = python(tmp_path, f"import pytest_orchestrator; {LOADED}")
    assert json.loads(done.stdout) == ["pytest_orchestrator"]


def test_running_a_script_imports_no_pytest(tmp_path: Path) -> None:
    (tmp_path / "a.sh").write_text("true")
    done = python(tmp_path, f"import pytest_orchestrator as o; assert o.run_script('a.sh')['exit_code'] == 0; {LOADED}")
    assert "pytest" not in json.loads(done.stdout), done.stderr


def test_every_public_name_can_be_imported_and_is_listed() -> None:
    for name in pytest_orchestrator.__all__:
        assert getattr(pytest_orchestrator, name) is not None
    assert set(pytest_orchestrator.__all__) <= set(dir(pytest_orchestrator))


def test_type_checkers_are_told_the_same_names_from_the_same_modules() -> None:
    stub = ast.parse(Path(pytest_orchestrator.__file__).with_suffix(".pyi").read_text())
    imported = {
        name.name: str(node.module)
        for node in stub.body
        if isinstance(node, ast.ImportFrom) and node.level == 1
        for name in node.names
    }
    assert imported == HOMES
    (listed,) = [node.value for node in stub.body if isinstance(node, ast.Assign)]
    assert sorted(ast.literal_eval(listed)) == pytest_orchestrator.__all__


def test_a_star_import_gives_the_public_names(tmp_path: Path) -> None:
    done = python(tmp_path, "from pytest_orchestrator import *; print(run_script.__name__, Status.PASSED)")
    assert done.stdout == "run_script passed\n"


def test_a_name_that_does_not_exist_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="module 'pytest_orchestrator' has no attribute 'run_scripts'"):
        pytest_orchestrator.run_scripts  # type: ignore[attr-defined]  # noqa: B018 - the look-up is what is tested


@pytest.mark.parametrize(
    ("name", "parameters"),
    [
        ("discover_scripts", "scripts_dir, subdirs=None, pattern=None, max_depth=None"),
        ("load_config", "scripts_dir"),
        ("get_script_config", "script, scripts_dir, config"),
        ("run_script", "script_path, timeout=60, env=None, cwd=None, config=None, memory_limit_mb=None"),
        ("run_function", "func, args=(), kwargs=None, timeout=60, memory_limit_mb=None"),
        ("save_log", "result, output_dir"),
        ("generate_report", "results, output_dir"),
        ("generate_script_documentation", "scripts_dir, output_file"),
        ("run_orchestrator", "argv=None"),
    ],
)
def test_signatures_are_those_of_the_seed(name: str, parameters: str) -> None:
    signature = inspect.signature(getattr(pytest_orchestrator, name))
    shown = [
        parameter.name if parameter.default is parameter.empty else f"{parameter.name}={parameter.default!r}"
        for parameter in signature.parameters.values()
        if parameter.kind is parameter.POSITIONAL_OR_KEYWORD
    ]
    assert ", ".join(shown) == parameters
