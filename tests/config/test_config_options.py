"""The option table: every form of an option comes from it, and it agrees with the settings."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import fields
from typing import Any

import pytest

from pytest_orchestrator.config.library import plain_settings
from pytest_orchestrator.config.option import Kind, Option
from pytest_orchestrator.config.options import OPTIONS, by_name, flag, in_scope, ini
from pytest_orchestrator.config.settings import DiscoverySettings, ScriptSettings
from pytest_orchestrator.config.validate import check_settings
from pytest_orchestrator.core.retry import RetryPolicy


def everything(options: tuple[Option, ...] = OPTIONS) -> list[Option]:
    return [each for option in options for each in (option, *everything(option.fields))]


def test_no_two_options_share_a_name() -> None:
    names = [option.name for option in OPTIONS]
    assert len(names) == len(set(names))


def test_flag_and_ini_name_come_from_the_name() -> None:
    assert flag(by_name("idle_timeout")) == "--orchestrate-idle-timeout"
    assert ini(by_name("idle_timeout")) == "orchestrate_idle_timeout"
    assert (flag(by_name("orchestrate")), ini(by_name("orchestrate"))) == ("--orchestrate", "orchestrate")


def test_every_flag_has_an_ini_twin() -> None:
    assert [option.name for option in OPTIONS if option.has_flag and not option.has_ini] == []
    assert [option.name for option in OPTIONS if option.has_ini and not option.has_flag] == ["paths"]


@pytest.mark.parametrize("option", everything(), ids=lambda option: option.name)
def test_a_help_text_starts_with_a_capital_and_ends_without_full_stop(option: Option) -> None:
    assert option.help[0].isupper() or option.help.startswith("std")
    assert not option.help.endswith(".")


@pytest.mark.parametrize("option", [option for option in OPTIONS if option.has_flag], ids=lambda option: option.name)
def test_a_flag_with_a_value_says_what_value(option: Option) -> None:
    assert option.metavar or option.choices or option.kind is Kind.BOOL


def test_discovery_options_are_the_fields_and_defaults_of_discovery_settings() -> None:
    built_in = DiscoverySettings()
    assert [option.name for option in in_scope("discovery")] == [field.name for field in fields(DiscoverySettings)]
    for option in in_scope("discovery"):
        assert option.default == getattr(built_in, option.name), option.name


def test_script_options_reach_every_field_of_script_settings() -> None:
    derived = {"timeout_source", "idle_timeout_source", "xfail_strict"}
    beside = {"skip_reason", "cases"}
    names = {option.name for option in in_scope("script")} - beside
    assert names == {field.name for field in fields(ScriptSettings)} - derived


def test_defaults_in_the_table_are_those_of_the_settings() -> None:
    built_in: dict[str, Any] = plain_settings(ScriptSettings())
    for option in in_scope("script"):
        default = list(option.default) if isinstance(option.default, tuple) else option.default
        if default is not None:
            assert built_in[option.name] == default, option.name
    assert {field.name: field.default for field in by_name("retry").fields} == {
        field.name: getattr(RetryPolicy(), field.name) for field in fields(RetryPolicy)
    }


@pytest.mark.parametrize("name", ["retry", "expect", "requires", "limits"])
def test_the_keys_of_a_mapping_are_the_fields_of_its_settings(name: str) -> None:
    assert [option.name for option in by_name(name).fields] == list(type(getattr(ScriptSettings(), name)).__slots__)


def test_keys_of_expected_output_are_the_fields_of_its_settings() -> None:
    for stream in by_name("expect").fields[:2]:
        assert [option.name for option in stream.fields] == list(type(ScriptSettings().expect.stdout).__slots__)


def test_every_script_option_is_known_to_file_and_marker() -> None:
    from pytest_orchestrator.config.tree import Entry, Scalar, ScalarKind, Table

    for option in in_scope("script"):
        node = Table({option.name: Entry(0, Scalar(ScalarKind.OTHER, "object", 0))}, 0)
        for cases in (True, False):
            messages: list[str] = []
            check_settings(lambda _, message, found=messages: found.append(message), node, cases=cases)  # type: ignore[misc]
            known = not any("unknown key" in message or "not allowed here" in message for message in messages)
            assert known == (option.has_yaml if cases else option.has_marker), option.name


def test_the_table_is_read_without_anything_heavy() -> None:
    code = """
import sys
before = set(sys.modules)
import pytest_orchestrator.config.options
print(*sorted(name for name in set(sys.modules) - before if name.partition(".")[0] != "pytest_orchestrator"))
print(*sorted(name for name in set(sys.modules) - before if name.startswith("pytest_orchestrator.")))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    others, ours = done.stdout.splitlines()
    assert not {"yaml", "jsonschema", "asyncio", "subprocess", "difflib", "pathlib"} & set(others.split())
    assert ours.split() == [
        "pytest_orchestrator.config",
        "pytest_orchestrator.config.option",
        "pytest_orchestrator.config.options",
    ]
