"""Every key that the option table allows in the ``orchestrate`` marker does there what it does in orchestrator.yaml."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any

from pytest_orchestrator.config.options import OPTIONS

if TYPE_CHECKING:
    from orchestrated import Project

ENDS_SOON_WHEN_ASKED_TO = f"""exec {sys.executable} -c '
import os, signal, time
signal.signal(signal.SIGTERM, lambda *_: (time.sleep(0.3), os._exit(5)))
time.sleep(9)'
"""
EXAMPLES: dict[str, tuple[str, Any, dict[str, Any]]] = {
    "timeout": ("exec sleep 0.8", 0.2, {}),
    "idle_timeout": ("exec sleep 0.8", 0.2, {}),
    "grace": (ENDS_SOON_WHEN_ASKED_TO, 0, {"timeout": 0.8}),
    "args": ('echo "$@"', ["one", "two words"], {}),
    "stdin": ("cat", "some text", {}),
    "env": ('echo "$GREETING"', {"GREETING": "hello"}, {}),
    "allowed_exit_codes": ("exit 3", [3], {}),
    "skip_exit_codes": ("exit 3", 3, {}),
    "cwd": ("pwd", "{script_dir}", {}),
    "skip": ("true", "not today", {}),
    "skip_reason": ("true", "the reason", {"skip": True}),
    "xfail": ("exit 1", {"reason": "a known bug", "strict": True}, {}),
    "retry": ("exit 1", {"max_attempts": 2, "initial_delay": 0}, {}),
    "expect": ("echo this", {"stdout": "that"}, {}),
    "resources": ('echo "$RESOURCES"', ["printer"], {}),
    "requires": ("true", {"env": ["NOBODY_SETS_THIS"]}, {}),
    "left_processes": ("sleep 60 & exit 0", "fail", {}),
    "limits": ("ulimit -n", {"open_files": 64}, {}),
    "interpreter": ("echo this", "cat", {}),
}
"""Script, value, and the settings without which the value makes no difference."""

CONFTEST = """
import json

import pytest

EXAMPLES = json.loads({examples!r})

def pytest_collection_modifyitems(items):
    for item in items:
        if item.path.parent.name == "mark":
            _, value, others = EXAMPLES[item.path.stem]
            item.add_marker(pytest.mark.orchestrate(**{{item.path.stem: value}}, **others))

def pytest_orchestrator_environment(item):
    return {{"RESOURCES": ",".join(item.effective_settings().resources)}}
"""


def test_a_marker_does_what_the_same_key_does_in_the_configuration_file(project: Project) -> None:
    assert set(EXAMPLES) == {option.name for option in OPTIONS if option.has_marker}
    project.file("conftest.py", CONFTEST.format(examples=json.dumps(EXAMPLES)))
    scripts = {}
    for name, (text, value, others) in EXAMPLES.items():
        for place in ("none", "yaml", "mark"):
            project.file(f"scripts/{place}/{name}.sh", f"{text}\n")
        scripts[f"yaml/{name}.sh"] = {name: value, **others}
        scripts[f"none/{name}.sh"] = others
    project.file("scripts/orchestrator.yaml", json.dumps({"scripts": scripts}))
    run = project.run("--orchestrate-jobs=8")
    run.assert_adds_up()

    def outcome(place: str, name: str) -> dict[str, Any]:
        row = run.rows[f"scripts/{place}/{name}.sh::run"]
        data = {key: row["data"][key] for key in ("exit_code", "stdout", "error", "case", "reason")}
        data |= {"status": row["status"], "attempts": len(row["data"]["attempts"])}
        text = json.dumps(data, sort_keys=True).replace(f"scripts/{place}", "scripts/HERE")
        for source in ("the orchestrate marker", "scripts/orchestrator.yaml"):
            text = text.replace(source, "SOURCE")
        outcome: dict[str, Any] = json.loads(text)
        return outcome

    assert {name: outcome("mark", name) for name in EXAMPLES} == {name: outcome("yaml", name) for name in EXAMPLES}
    assert [name for name in EXAMPLES if outcome("none", name) == outcome("yaml", name)] == []
