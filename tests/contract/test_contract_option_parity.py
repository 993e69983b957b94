"""Every row of the option table works in every form that it promises: flag, ini option, TOML, YAML, marker."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from pytest_orchestrator.config.options import OPTIONS, flag, ini

if TYPE_CHECKING:
    from pathlib import Path


def run(project: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """Run pytest on the scripts of ``project``."""
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *words],
        cwd=project,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture(scope="module")
def help_text(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Return what ``pytest --help`` prints."""
    return run(tmp_path_factory.mktemp("help"), "--help").stdout


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """Return a project with one script that shows a limit, and takes a moment."""
    (tmp_path / "scripts").mkdir()
    (tmp_path / "scripts" / "wait.sh").write_text("sleep 30\n")
    return tmp_path


@pytest.mark.parametrize("option", [option for option in OPTIONS if option.has_flag], ids=lambda option: option.name)
def test_an_option_with_a_flag_is_in_the_help(option: object, help_text: str) -> None:
    """So is its help text, at least its first words."""
    assert f"{flag(option)}" in help_text  # type: ignore[arg-type]  # a row of the table


@pytest.mark.parametrize("option", [option for option in OPTIONS if option.has_ini], ids=lambda option: option.name)
def test_an_option_with_an_ini_twin_is_in_the_help(option: object, help_text: str) -> None:
    """pytest lists ini options at the end of its help."""
    assert f"\n  {ini(option)} " in help_text  # type: ignore[arg-type]  # a row of the table


def limit_of(project: Path) -> dict[str, object]:
    """Return the limit that stopped the script of the last run."""
    for line in (project / ".orchestrator" / "results.jsonl").read_text().splitlines():
        row = json.loads(line)
        if row["type"] == "result":
            limit = row["data"]["limit"]
            assert isinstance(limit, dict)
            return limit
    raise AssertionError


CONFTEST = "import pytest\ndef pytest_collection_modifyitems(items):\n    for item in items:\n        "
FORMS: dict[str, tuple[dict[str, str], tuple[str, ...]]] = {
    "flag": ({}, ("--orchestrate-timeout", "0.3")),
    "ini": ({"pytest.ini": "[pytest]\norchestrate_timeout = 0.3\n"}, ()),
    "ini override": ({}, ("-o", "orchestrate_timeout=0.3")),
    "native TOML text": ({"pytest.toml": '[pytest]\norchestrate_timeout = "0.3"\n'}, ()),
    "native TOML number": ({"pytest.toml": "[pytest]\norchestrate_timeout = 0.3\n"}, ()),
    "pyproject": ({"pyproject.toml": "[tool.pytest]\norchestrate_timeout = 0.3\n"}, ()),
    "YAML default": ({"scripts/orchestrator.yaml": "default: {timeout: 0.3}\n"}, ()),
    "YAML script": ({"scripts/orchestrator.yaml": "scripts: {wait.sh: {timeout: 0.3}}\n"}, ()),
    "YAML override": ({"scripts/orchestrator.yaml": "timeout_override: {wait.sh: 0.3}\n"}, ()),
    "marker": ({"conftest.py": f"{CONFTEST}item.add_marker(pytest.mark.orchestrate(timeout=0.3))\n"}, ()),
}


@pytest.mark.parametrize("form", FORMS)
def test_a_time_limit_can_be_given_in_every_form(project: Path, form: str) -> None:
    """The script is stopped by the limit of 0.3 seconds, and the result says where it came from."""
    files, words = FORMS[form]
    if form.startswith(("native TOML number", "pyproject")) and not _takes_numbers():
        pytest.skip("this pytest takes texts only for options of several types")
    for name, text in files.items():
        (project / name).write_text(text)
    result = run(project, "--orchestrate", "scripts", *words)
    assert result.returncode == 1, result.stdout
    limit = limit_of(project)
    assert (limit["name"], limit["value"]) == ("timeout", 0.3)
    assert limit["source"]


def _takes_numbers() -> bool:
    return tuple(int(part) for part in pytest.__version__.split(".")[:2]) >= (9, 2)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--orchestrate-timeout", "soon"), "--orchestrate-timeout"),
        (("--orchestrate-jobs", "0"), "--orchestrate-jobs"),
        (("-o", "orchestrate_timeout=-1"), "orchestrate_timeout"),
        (("--orchestrate-left-processes", "keep"), "--orchestrate-left-processes"),
    ],
)
def test_a_wrong_value_is_a_usage_error_that_names_the_option(
    project: Path, words: tuple[str, ...], message: str
) -> None:
    """Exit code 4, one line, no traceback."""
    result = run(project, "--orchestrate", "scripts", *words)
    assert result.returncode == 4
    assert message in result.stderr
    assert "Traceback" not in result.stderr + result.stdout
