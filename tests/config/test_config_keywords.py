"""Keywords of the marker ``orchestrate``."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import Any

import pytest
from config_files import settings_of

from pytest_orchestrator.config.resolve import apply_keywords
from pytest_orchestrator.config.settings import ScriptSettings
from pytest_orchestrator.errors import OrchestratorError

BUILT_IN = ScriptSettings()


@pytest.mark.parametrize(
    ("keywords", "name", "value"),
    [
        ({"timeout": 5}, "timeout", 5.0),
        ({"timeout": 5}, "timeout_source", "@orchestrate"),
        ({"timeout": 0}, "timeout", None),
        ({"args": ("a", 1)}, "args", ("a", "1")),
        ({"env": {"A": 1, "B": None}}, "env", {"KEEP": "x", "A": "1", "B": None}),
        ({"cwd": PurePosixPath("data")}, "cwd", "data"),
        ({"resources": {"db", "a"}}, "resources", ("a", "db")),
        ({"skip": True}, "skip", "skipped by @orchestrate"),
        ({"skip": True, "skip_reason": "slow"}, "skip", "slow"),
        ({"xfail": "bug"}, "xfail", "bug"),
        ({"retry": 2}, "retry", settings_of("default: {retry: 2}").retry),
        ({"interpreter": "perl -w"}, "interpreter", ("perl", "-w")),
        ({"allowed_exit_codes": 3}, "allowed_exit_codes", (3,)),
        ({"expect": {"stdout": "ok"}}, "expect", settings_of("default: {expect: {stdout: ok}}").expect),
    ],
)
def test_keywords_are_laid_over_the_settings(keywords: dict[str, Any], name: str, value: Any) -> None:
    base = settings_of("default: {env: {KEEP: x}}")
    assert getattr(apply_keywords(base, keywords, "@orchestrate"), name) == value


def test_no_keywords_change_nothing() -> None:
    assert apply_keywords(BUILT_IN, {}, "@orchestrate") is BUILT_IN


def test_all_wrong_keywords_are_told_at_once() -> None:
    keywords = {
        "timeout": "5",
        "tiemout": 1,
        "cases": {},
        "retry": {"max_attempts": True},
        "env": {"A": object()},
        "grace": float("inf"),
        "args": b"x",
        "limits": {"memory_mb": 10**400},
    }
    with pytest.raises(OrchestratorError) as caught:
        apply_keywords(BUILT_IN, keywords, "@orchestrate")
    lines = str(caught.value).splitlines()
    assert all(line.startswith("@orchestrate: ") for line in lines)
    found = [line.removeprefix("@orchestrate: ").partition(":")[0] for line in lines]
    assert found == ["timeout", "tiemout", "cases", "retry.max_attempts", "env.A", "grace", "args", "limits.memory_mb"]


def test_a_wrong_keyword_says_what_is_allowed() -> None:
    with pytest.raises(OrchestratorError) as caught:
        apply_keywords(BUILT_IN, {"left_processes": "kil"}, "@orchestrate")
    assert str(caught.value) == (
        "@orchestrate: left_processes: 'kil' is not 'kill', 'allow' or 'fail'; did you mean 'kill'?"
    )
