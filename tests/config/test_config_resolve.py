"""Which source wins, and what the settings of a script become."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from config_files import HOME, NO_FLAGS, NO_INI, project_of, settings_of, variants_of

from pytest_orchestrator.config.project import ProjectConfig
from pytest_orchestrator.config.resolve import Layer, discovery_settings, script_variants, shared_settings
from pytest_orchestrator.config.settings import DiscoverySettings, ScriptSettings

INI = Layer("ini", {"timeout": 11.0, "grace": 1.0, "jobs": 4})
FLAGS = Layer("command line", {"timeout": 99.0, "max_depth": 3})

LADDER = [
    ("", NO_INI, NO_FLAGS, 60.0, "default"),
    ("", INI, NO_FLAGS, 11.0, "orchestrate_timeout"),
    ("default: {timeout: 12}", INI, NO_FLAGS, 12.0, "o.yaml"),
    ("default: {timeout: 12}\ntimeout_override: {'*.sh': 13}", INI, NO_FLAGS, 13.0, "o.yaml"),
    ("timeout_override: {'*.sh': 13, '?.sh': 14}", INI, NO_FLAGS, 14.0, "o.yaml"),
    ("timeout_override: {a.sh: 15, '*.sh': 13}", INI, NO_FLAGS, 15.0, "o.yaml"),
    ("timeout_override: {a.sh: 15}\nscripts: {'*.sh': {timeout: 16}}", INI, NO_FLAGS, 16.0, "o.yaml"),
    ("scripts: {'*.sh': {timeout: 16}, '?.sh': {timeout: 17}}", INI, NO_FLAGS, 17.0, "o.yaml"),
    ("scripts: {a.sh: {timeout: 18}, '?.sh': {timeout: 17}}", INI, NO_FLAGS, 18.0, "o.yaml"),
    ("scripts: {a.sh: {timeout: 18, cases: {x: {timeout: 19}}}}", INI, NO_FLAGS, 19.0, "o.yaml"),
    ("scripts: {a.sh: {timeout: 18, cases: {x: {timeout: 19}}}}", INI, FLAGS, 99.0, "--orchestrate-timeout"),
    ("scripts: {b.sh: {timeout: 18}}", INI, FLAGS, 99.0, "--orchestrate-timeout"),
    ("scripts: {b.sh: {timeout: 18}}", NO_INI, NO_FLAGS, 60.0, "default"),
    ("default: {grace: 5}", INI, NO_FLAGS, 11.0, "orchestrate_timeout"),
]


@pytest.mark.parametrize(("text", "ini", "flags", "timeout", "source"), LADDER)
def test_the_later_and_more_specific_source_wins(
    text: str, ini: Layer, flags: Layer, timeout: float, source: str
) -> None:
    [(_, settings)] = variants_of(text, "a.sh", ini, flags)
    assert (settings.timeout, settings.timeout_source) == (timeout, source)


def test_without_any_source_the_settings_are_the_built_in_ones() -> None:
    assert settings_of("") == ScriptSettings()
    assert script_variants(ProjectConfig.empty(HOME), HOME / "a.sh", NO_INI, NO_FLAGS) == ((None, ScriptSettings()),)


def test_a_layer_with_a_name_of_its_own_shows_it() -> None:
    assert settings_of("", ini=Layer("setup.cfg", {"timeout": 3.0})).timeout_source == "setup.cfg"


def test_zero_means_no_limit() -> None:
    settings = settings_of("default: {timeout: 0, idle_timeout: 0, limits: {memory_mb: 0, output_mb: 5}}")
    assert (settings.timeout, settings.idle_timeout, settings.timeout_source) == (None, None, "o.yaml")
    assert (settings.limits.memory_mb, settings.limits.output_mb) == (None, 5.0)


def test_options_of_other_scopes_in_a_layer_change_no_script() -> None:
    assert settings_of("", flags=Layer("command line", {"max_depth": 3, "jobs": 2})) == ScriptSettings()


MERGES: list[tuple[str, str, str, Any]] = [
    ("env: {A: x, B: y}", "env: {B: z, A: null}", "env", {"A": None, "B": "z"}),
    ("args: [a, b]", "args: [c]", "args", ("c",)),
    ("resources: [db, a]", "resources: [z, b, z]", "resources", ("b", "z")),
    ("interpreter: perl -w", "interpreter: null", "interpreter", None),
    ("stdin: text", "stdin: null", "stdin", None),
    ("cwd: data", "grace: 1", "cwd", "data"),
    ("left_processes: allow", "left_processes: fail", "left_processes", "fail"),
    ("allowed_exit_codes: [0, 77]", "skip_exit_codes: 77", "allowed_exit_codes", (0,)),
    ("skip_exit_codes: [77, 78]", "allowed_exit_codes: [0, 77]", "skip_exit_codes", (78,)),
    ("skip: why", "skip: false", "skip", None),
    ("skip: why", "skip: true", "skip", "why"),
    ("skip_reason: slow", "skip: true", "skip", "slow"),
    ("skip: true", "skip_reason: slow", "skip", "slow"),
    ("{skip: true, skip_reason: slow}", "skip: broken", "skip", "broken"),
    ("skip_reason: slow", "skip: false", "skip", None),
    ("skip_reason: slow", "grace: 1", "skip", None),
    ("skip: true", "grace: 1", "skip", "skipped by o.yaml"),
    ("xfail: true", "grace: 1", "xfail", "expected to fail by o.yaml"),
    ("xfail: bug", "xfail: false", "xfail", None),
    ("xfail: {strict: true, reason: a}", "xfail: b", "xfail_strict", None),
    ("xfail: {strict: true}", "grace: 1", "xfail_strict", True),
]


@pytest.mark.parametrize(("default", "script", "name", "value"), MERGES)
def test_a_script_is_laid_over_the_default(default: str, script: str, name: str, value: Any) -> None:
    text = f"default:\n  {default}\nscripts:\n  a.sh:\n    {script}\n"
    assert getattr(settings_of(text), name) == value


def test_nested_mappings_merge_key_by_key() -> None:
    settings = settings_of("""
default:
  expect: {stdout: {not_contains: error, contains: a}, files: [x], max_duration: 5}
  requires: {commands: git, env: HOME}
  limits: {memory_mb: 5, open_files: 9}
  retry: {max_attempts: 3, initial_delay: 2}
scripts:
  a.sh:
    expect: {stdout: b, stderr: {equals: ''}, max_duration: 0}
    requires: {commands: [tar, gzip]}
    limits: {memory_mb: 6}
    retry: 5
""")
    assert settings.expect.stdout.not_contains == ("error",)
    assert settings.expect.stdout.contains == ("b",)
    assert (settings.expect.stderr.equals, settings.expect.files, settings.expect.max_duration) == ("", ("x",), None)
    assert (settings.requires.commands, settings.requires.env) == (("tar", "gzip"), ("HOME",))
    assert (settings.limits.memory_mb, settings.limits.open_files) == (6.0, 9)
    assert (settings.retry.max_attempts, settings.retry.initial_delay) == (5, 2.0)


def test_patterns_are_compiled_for_whole_lines() -> None:
    expect = settings_of("default: {expect: {stdout: {matches: '^b$', not_matches: [x, y]}}}").expect
    assert expect.stdout.matches[0].search("a\nb\nc")
    assert [pattern.pattern for pattern in expect.stdout.not_matches] == ["x", "y"]


def test_a_pattern_that_python_warns_about_is_taken_quietly() -> None:
    project = project_of("default: {expect: {stdout: {matches: '[[a]'}}}")
    re.purge()
    [(_, settings)] = script_variants(project, HOME / "a.sh", NO_INI, NO_FLAGS)
    assert settings.expect.stdout.matches[0].search("[")


def test_a_bound_that_contradicts_a_newer_one_gives_way() -> None:
    text = "default: {expect: {min_duration: 5}, retry: {max_delay: 1}}\nscripts: {a.sh: %s}"
    newer = settings_of(text % "{expect: {max_duration: 2}, retry: {initial_delay: 3}}")
    assert (newer.expect.min_duration, newer.expect.max_duration) == (None, 2.0)
    assert (newer.retry.initial_delay, newer.retry.max_delay) == (3.0, 3.0)
    text = "default: {expect: {max_duration: 2}, retry: {initial_delay: 9}}\nscripts: {a.sh: %s}"
    newer = settings_of(text % "{expect: {min_duration: 5}, retry: {max_delay: 4}}")
    assert (newer.expect.min_duration, newer.expect.max_duration) == (5.0, None)
    assert (newer.retry.initial_delay, newer.retry.max_delay) == (4.0, 4.0)


def test_a_first_delay_above_the_built_in_bound_raises_it() -> None:
    assert settings_of("default: {retry: {initial_delay: 120}}").retry.max_delay == 120.0


def test_a_listed_script_is_skipped_with_its_reason_unless_its_own_settings_say_otherwise() -> None:
    text = """
skip: [a.sh, b.sh: needs a printer, old/, c.sh]
scripts: {c.sh: {skip: false}, old/x.sh: {skip_reason: too old}}
"""
    assert settings_of(text, "a.sh").skip == "skipped by o.yaml"
    assert settings_of(text, "b.sh").skip == "needs a printer"
    assert settings_of(text, "c.sh").skip is None
    assert settings_of(text, "old/x.sh").skip == "too old"
    assert settings_of(text, "old/deep/y.sh").skip == "skipped by o.yaml"


def test_a_reason_goes_with_the_newest_skip() -> None:
    text = "default: {skip_reason: slow}\nskip: [a.sh: broken]\nscripts: {a.sh: {skip: true}, b.sh: {skip: true}}"
    assert settings_of(text, "a.sh").skip == "broken"
    assert settings_of(text, "b.sh").skip == "slow"


def test_cases_are_variants_in_the_order_of_the_file() -> None:
    variants = variants_of(
        """
default: {env: {A: x}}
scripts:
  a.sh:
    args: [one]
    cases: {z: {args: [two]}, b: {env: {B: y}}, 1: }
""",
        "a.sh",
    )
    assert [(case, settings.args, settings.env) for case, settings in variants] == [
        ("z", ("two",), {"A": "x"}),
        ("b", ("one",), {"A": "x", "B": "y"}),
        ("1", ("one",), {"A": "x"}),
    ]


def test_cases_of_several_entries_come_together_and_case_beats_script() -> None:
    text = """
scripts:
  '*.sh': {cases: {x: {timeout: 1, grace: 1}, y: }}
  a.sh: {timeout: 5, cases: {x: {timeout: 2}, z: }}
"""
    assert [(case, settings.timeout, settings.grace) for case, settings in variants_of(text, "a.sh")] == [
        ("x", 2.0, 1.0),
        ("y", 5.0, 2.0),
        ("z", 5.0, 2.0),
    ]
    assert [case for case, _ in variants_of(text, "b.sh")] == ["x", "y"]
    assert shared_settings(project_of(text), HOME / "a.sh", NO_INI, NO_FLAGS).timeout == 5.0


def test_a_script_outside_of_the_directory_gets_the_default_only() -> None:
    project = project_of("default: {timeout: 5}\nscripts: {'**': {timeout: 6}}")
    for path in (Path("/elsewhere/a.sh"), Path("/projectile/a.sh"), Path("relative.sh")):
        [(_, settings)] = script_variants(project, path, NO_INI, NO_FLAGS)
        assert settings.timeout == 5.0


def test_equal_settings_are_one_object() -> None:
    project = project_of("scripts: {'x/*': {timeout: 6}, a.sh: {timeout: 7}}")
    plain = {id(script_variants(project, HOME / f"{n}.sh", INI, FLAGS)[0][1]) for n in range(50)}
    below = {id(script_variants(project, HOME / f"x/{n}.sh", INI, FLAGS)[0][1]) for n in range(50)}
    assert len(plain) == len(below) == 1
    assert plain != below


def test_other_layers_give_other_settings_for_the_same_file() -> None:
    project = project_of("")
    timeouts = []
    for n in range(100):
        [(_, settings)] = script_variants(project, HOME / "a.sh", NO_INI, Layer("command line", {"timeout": float(n)}))
        timeouts.append(settings.timeout)
    assert timeouts == [None, *map(float, range(1, 100))]
    assert len(project.resolvers) < 50


def test_discovery_settings_of_the_file_beat_ini_and_lose_to_flags() -> None:
    project = project_of("discovery: {max_depth: 2, exclude: [a], allowed_extensions: [.pl]}")
    ini = Layer("ini", {"max_depth": 1, "subdirs": ["x"], "timeout": 5.0})
    flags = Layer("command line", {"allowed_extensions": [".rb"]})
    assert discovery_settings(project, ini, flags) == DiscoverySettings(
        max_depth=2, exclude=("a",), allowed_extensions=(".rb",), subdirs=("x",)
    )
    assert discovery_settings(project_of(""), NO_INI, NO_FLAGS) == DiscoverySettings()


def test_a_written_null_takes_a_depth_back() -> None:
    assert (
        discovery_settings(
            project_of("discovery: {max_depth: null}"), Layer("ini", {"max_depth": 1}), NO_FLAGS
        ).max_depth
        is None
    )
