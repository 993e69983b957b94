"""Each flag and ini option of the option table is read, from every kind of file, and both mean the same."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from pytest_orchestrator.collect.given import given_flags, given_ini, run_settings
from pytest_orchestrator.config.option import Kind
from pytest_orchestrator.config.options import OPTIONS, Option, flag, ini

if TYPE_CHECKING:
    from orchestrated import Project

WITH_FLAG = [option for option in OPTIONS if option.has_flag]
WITH_INI = [option for option in OPTIONS if option.has_ini]

SAMPLES: dict[str, tuple[str, Any]] = {
    Kind.BOOL: ("true", True),
    Kind.INT: ("3", 3),
    Kind.NUMBER: ("1.5", 1.5),
    Kind.SECONDS: ("1.5", 1.5),
    Kind.TEXT: ("some text", "some text"),
    Kind.PATH: ("some/where", "some/where"),
    Kind.TEXTS: ("one two", ["one", "two"]),
    Kind.INTS: ("1 2", [1, 2]),
    Kind.PATTERNS: ("a+", ["a+"]),
    Kind.TABLE: ("3", {"max_attempts": 3}),
}
BY_NAME: dict[str, tuple[str, Any]] = {
    "allowed_extensions": (".rb .pl", [".rb", ".pl"]),
    "order": ("random:7", "random:7"),
    "shard": ("2/3", "2/3"),
}


def sample(option: Option) -> tuple[str, Any]:
    """Return a value as text, and what it means."""
    if option.kind is Kind.CHOICE:
        return option.choices[-1], option.choices[-1]
    return BY_NAME.get(option.name) or SAMPLES[option.kind]


def parsed(project: Project, *arguments: str) -> pytest.Config:
    return project.pytester.parseconfig(*arguments)


def test_our_options_cannot_be_mistaken_for_another_plugins() -> None:
    assert all(flag(option).startswith("--orchestrate") for option in WITH_FLAG)
    assert all(ini(option).startswith("orchestrate") for option in WITH_INI)


def test_whatever_can_be_set_for_a_run_or_for_discovery_has_both() -> None:
    for option in OPTIONS:
        if option.scope in ("run", "discovery") and option.name != "paths":  # paths are pytest's own arguments
            assert option.has_flag, option.name
            assert option.has_ini, option.name
        assert option.has_ini or not option.has_flag, option.name


def test_every_flag_is_read(project: Project) -> None:
    arguments = [
        flag(option) if option.kind is Kind.BOOL else f"{flag(option)}={sample(option)[0]}" for option in WITH_FLAG
    ]
    assert given_flags(parsed(project, *arguments)).values == {option.name: sample(option)[1] for option in WITH_FLAG}
    assert not given_flags(parsed(project)).values


@pytest.mark.parametrize(
    ("name", "section", "kind"),
    [
        ("pytest.ini", "pytest", "ini"),
        ("tox.ini", "pytest", "ini"),
        ("setup.cfg", "tool:pytest", "ini"),
        ("pyproject.toml", "tool.pytest.ini_options", "text"),
        ("pyproject.toml", "tool.pytest", "native"),
        ("pytest.toml", "pytest", "native"),
    ],
)
def test_every_ini_option_is_read_from_every_kind_of_file(project: Project, name: str, section: str, kind: str) -> None:
    lines = [f"[{section}]"]
    for option in WITH_INI:
        text, value = sample(option)
        lines.append(
            f"{ini(option)} = {text if kind == 'ini' else toml_text(text) if kind == 'text' else native(value)}"
        )
    project.file(name, "\n".join(lines) + "\n")
    assert given_ini(parsed(project)).values == {option.name: sample(option)[1] for option in WITH_INI}


def test_every_ini_option_can_be_overridden(project: Project) -> None:
    arguments = [word for option in WITH_INI for word in ("-o", f"{ini(option)}={sample(option)[0]}")]
    assert given_ini(parsed(project, *arguments)).values == {option.name: sample(option)[1] for option in WITH_INI}
    assert not given_ini(parsed(project)).values


def toml_text(text: str) -> str:
    return "true" if text == "true" else f'"{text}"'


def native(value: Any) -> str:
    """Return a value as a TOML file with types has it."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, dict):
        return str(value["max_attempts"])
    if isinstance(value, list):
        return "[" + ", ".join(map(native, value)) + "]"
    return str(value) if isinstance(value, int | float) else f'"{value}"'


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("orchestrate_jobs = 4", {"jobs": 4}),
        ('orchestrate_jobs = "auto"', {"jobs": "auto"}),
        ("orchestrate_timeout = 5", {"timeout": 5.0}),
        ("orchestrate_timeout = 2.5", {"timeout": 2.5}),
        ('orchestrate_timeout = "2.5"', {"timeout": 2.5}),
        ("orchestrate_max_depth = 0", {"max_depth": 0}),
        ('orchestrate_max_depth = "none"', {"max_depth": None}),
        ("orchestrate_retry = 3", {"retry": {"max_attempts": 3}}),
        ('orchestrate_paths = ["one", "\'two words\'"]', {"paths": ["one", "two words"]}),
    ],
)
def test_a_toml_file_with_types_may_hold_numbers_and_lists(
    project: Project, line: str, expected: dict[str, Any]
) -> None:
    project.file("pyproject.toml", f"[tool.pytest]\n{line}\n")
    assert given_ini(parsed(project)).values == expected


@pytest.mark.parametrize(
    "line",
    [
        "orchestrate_jobs = -4",
        "orchestrate_jobs = 2.5",
        "orchestrate_jobs = true",
        "orchestrate_timeout = -1",
        "orchestrate_retry = 0",
        "orchestrate_report_dir = 5",
        "orchestrate = 1",
    ],
)
def test_a_toml_value_that_is_not_allowed_is_a_usage_error(project: Project, line: str) -> None:
    project.file("pyproject.toml", f"[tool.pytest]\n{line}\n")
    project.file("scripts/a.sh")
    run = project.run()
    assert run.code == 4, run.out
    assert line.partition(" ")[0] in run.out
    assert "Traceback" not in run.out


def test_a_flag_beats_its_ini_twin(project: Project) -> None:
    config = parsed(project, "-o", "orchestrate_jobs=2", "-o", "orchestrate_report_dir=ini", "--orchestrate-jobs=3")
    settings = run_settings(config, given_ini(config), given_flags(config))
    assert settings.jobs == 3
    assert settings.report_dir == project.path / "ini"


def test_a_list_flag_may_be_given_several_times(project: Project) -> None:
    config = parsed(project, "--orchestrate-include=a b", "--orchestrate-include='c d'")
    assert given_flags(config).values == {"include": ["a", "b", "c d"]}
