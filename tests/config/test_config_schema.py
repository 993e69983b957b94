"""The JSON Schema agrees with the validator."""

from __future__ import annotations

from importlib import import_module
from typing import Any

import pytest
import yaml
from config_files import content_of

from pytest_orchestrator.config.option import Kind
from pytest_orchestrator.config.options import SECTIONS, in_scope
from pytest_orchestrator.config.schema import json_schema
from pytest_orchestrator.errors import ConfigurationError

jsonschema: Any = import_module("jsonschema")

GOOD = """
{}

default: {timeout: 5, idle_timeout: 0.5, grace: 0, args: [a, 1, ''], stdin: null, env: {A: 1, B: null, C: ''}}

default: {allowed_exit_codes: [0, -9], skip_exit_codes: 77, cwd: '{tmp}/x', skip: true, skip_reason: why, xfail: why}

default: {xfail: {reason: why, strict: true}, retry: 2, resources: [db], left_processes: fail, interpreter: [perl, -w]}

default: {retry: {max_attempts: 2, initial_delay: 1, max_delay: 2, factor: 1}, interpreter: perl -w}

default: {expect: {stdout: a, stderr: [a, 2], files: x, max_duration: 2, min_duration: 1}}

default: {expect: {stdout: {contains: a, not_contains: [b], matches: ^a, not_matches: [b], equals: ''}}}

default: {requires: {commands: git, platform: [linux], env: HOME}, limits: {memory_mb: 1.5, open_files: 0}}

{default: , skip: , timeout_override: , scripts: , discovery: }

skip: [a.sh, 'x/*.sh', {b.sh: why, c.sh: because}, ./d.sh, x/, 'a\\x5b1.sh']

timeout_override: {a.sh: 5, '*.py': 0}

scripts: {a.sh: , b.sh: {timeout: 5}, '*.sh': {cases: {one: , a-b_c.1: {timeout: 1}}}}

discovery: {allowed_extensions: .py, max_depth: null, skip_dirs: [x], subdirs: a/b, skill_scripts: yes}

discovery: {include: ['**/*.sh'], exclude: x, skip_patterns: '_*'}

skills: {profile: spec, rules: {SK212: 'off', no-title: error, SK401: off}, baseline: known.json, run_scripts: true}

skills: {exceptions: {a/: SK212, b/SKILL.md: [SK212, no-title], '*.md': {rules: SK401, reason: why}}}

skills: {rules: {SK212: no, SK401: false}}

skills:
"""

BAD = """
5

[]

nope: 1

skills: []

skills: {profile: strict}

skills: {profiles: spec}

skills: {rules: [SK212]}

skills: {rules: {SK999: error}}

skills: {rules: {SK212: fatal}}

skills: {rules: {SK212: on}}

skills: {exceptions: {a/: SK999}}

skills: {exceptions: {/a: SK212}}

skills: {exceptions: {a/: {reason: why}}}

skills: {exceptions: {a/: {rules: SK212, why: x}}}

skills: {run_scripts: maybe}

default: 5

default: {nope: 1}

default: {timeout: -1}

default: {timeout: soon}

default: {timeout: '5'}

default: {timeout: 1.0e+300}

default: {timeout: null}

default: {grace: 3601}

default: {args: a}

default: {args: [yes]}

default: {args: [[a]]}

default: {env: {A: yes}}

default: {env: {A: [x]}}

default: {env: {A=B: x}}

default: {env: {ORCHESTRATOR_TMP: x}}

default: {env: [A]}

default: {allowed_exit_codes: [256]}

default: {allowed_exit_codes: 1.5}

default: {cwd: ''}

default: {cwd: '{home}'}

default: {skip: 1}

default: {skip: ' '}

default: {skip: 'No'}

default: {xfail: {why: x}}

default: {xfail: [x]}

default: {retry: 0}

default: {retry: yes}

default: {retry: {max_attempts: 1.5}}

default: {retry: {attempts: 1}}

default: {expect: a}

default: {expect: {stdout: {contains: ''}}}

default: {expect: {stdout: {match: a}}}

default: {requires: {env: A=B}}

default: {left_processes: maybe}

default: {limits: {open_files: 1.5}}

default: {interpreter: []}

default: {interpreter: ''}

default: {cases: {'a b': {}}}

default: {cases: {a: {cases: {}}}}

skip: a.sh

skip: [{a.sh: yes}]

skip: [/a.sh]

skip: [../a.sh]

skip: [a/../b]

skip: [.]

skip: ['a\\b']

skip: ['']

timeout_override: {a.sh: x}

timeout_override: {/a.sh: 1}

scripts: {a.sh: 5}

scripts: {../a: {}}

scripts: [a]

discovery: {allowed_extensions: py}

discovery: {max_depth: -1}

discovery: {skip_dirs: [a/b]}

discovery: {subdirs: /a}

discovery: {skill_scripts: maybe}
"""


def examples(text: str) -> list[str]:
    return text.strip().split("\n\n")


VALIDATOR = jsonschema.Draft202012Validator(json_schema())


def test_the_schema_is_a_schema() -> None:
    jsonschema.Draft202012Validator.check_schema(json_schema())


@pytest.mark.parametrize("text", examples(GOOD))
def test_what_the_validator_takes_the_schema_takes(text: str) -> None:
    content_of(text)
    errors = [error.message for error in VALIDATOR.iter_errors(yaml.safe_load(text))]
    assert errors == []


@pytest.mark.parametrize("text", examples(BAD))
def test_what_the_validator_refuses_the_schema_refuses(text: str) -> None:
    with pytest.raises(ConfigurationError):
        content_of(text)
    assert not VALIDATOR.is_valid(yaml.safe_load(text))


def test_every_option_of_the_file_is_described_with_its_default() -> None:
    schema = json_schema()
    assert list(schema["properties"]) == list(SECTIONS)
    places = {"script": schema["$defs"]["settings"], "discovery": schema["properties"]["discovery"]}
    for scope, place in places.items():
        options = [option for option in in_scope(scope) if option.has_yaml]  # type: ignore[arg-type]
        assert list(place["properties"]) == [option.name for option in options]
        assert place["additionalProperties"] is False
        for option in options:
            described: dict[str, Any] = place["properties"][option.name]
            assert described["description"].startswith(option.help)
            assert ("default" in described) == (option.default is not None)
            if option.kind is Kind.CHOICE:
                assert described["enum"] == list(option.choices)


def test_a_default_is_valid_itself() -> None:
    schema = json_schema()
    for place in (schema["$defs"]["settings"], schema["properties"]["discovery"]):
        defaults = {name: value["default"] for name, value in place["properties"].items() if "default" in value}
        jsonschema.Draft202012Validator({**place, "$defs": schema["$defs"]}).validate(defaults)
