"""Plain settings laid one over the other, and :class:`ScriptSettings` made of the result."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ..core.retry import RetryPolicy
    from .settings import Expectation, Limits, OutputExpectation, Requirements, ScriptSettings

_OPPOSITE_CODES = {"allowed_exit_codes": "skip_exit_codes", "skip_exit_codes": "allowed_exit_codes"}


def merge_settings(below: Mapping[str, Any], above: Mapping[str, Any]) -> dict[str, Any]:
    """Return ``below`` with ``above`` laid over it: mappings merge key by key, all else is replaced.

    A reason to skip goes with the ``skip`` that it was given for, and an exit code that ``above`` gives a
    meaning loses the one it had.
    """
    merged = dict(below)
    for name, value in above.items():
        lower = merged.get(name)
        if name == "cases" and lower is not None:
            merged[name] = lower | {case: merge_settings(lower.get(case, {}), value[case]) for case in value}
        elif isinstance(value, Mapping) and isinstance(lower, Mapping) and name != "xfail":
            merged[name] = _merge_mappings(lower, value)
        else:
            merged[name] = value
        opposite = _OPPOSITE_CODES.get(name)
        if opposite is not None and opposite in below and opposite not in above:
            merged[opposite] = [code for code in below[opposite] if code not in value]
    if isinstance(above.get("skip"), str):
        merged.pop("skip_reason", None)
    return merged


def _merge_mappings(below: Mapping[str, Any], above: Mapping[str, Any]) -> dict[str, Any]:
    merged = dict(below)
    for name, value in above.items():
        lower = merged.get(name)
        both = isinstance(value, Mapping) and isinstance(lower, Mapping)
        merged[name] = _merge_mappings(lower, value) if both else value  # type: ignore[arg-type]
    return merged


def settings_with(base: ScriptSettings, values: Mapping[str, Any], sources: Mapping[str, str]) -> ScriptSettings:
    """Return ``base`` with ``values`` (valid plain settings, without ``cases``) laid over it.

    ``sources`` says, by name of the setting, who set it, ready to show.
    """
    changes: dict[str, Any] = {}
    for name, value in values.items():
        if name in ("timeout", "idle_timeout"):
            changes[name] = value or None
        elif name in ("grace", "stdin", "cwd", "left_processes"):
            changes[name] = value
        elif name in ("args", "interpreter"):
            changes[name] = None if value is None else tuple(value)
        elif name in _OPPOSITE_CODES:
            changes[name] = tuple(value)
            opposite = _OPPOSITE_CODES[name]
            if opposite not in values:
                changes[opposite] = tuple(code for code in getattr(base, opposite) if code not in value)
        elif name == "resources":
            changes[name] = tuple(sorted(set(value)))
        elif name in _NESTED:
            changes[name] = _NESTED[name](getattr(base, name), value)
    if "timeout" in values:
        changes["timeout_source"] = sources["timeout"]
    changes |= _skip(base, values, sources) | _xfail(values, sources)
    return replace(base, **changes)


def _skip(base: ScriptSettings, values: Mapping[str, Any], sources: Mapping[str, str]) -> dict[str, Any]:
    skip = values.get("skip", base.skip or False)
    if skip is False:
        return {"skip": None}
    reason = values.get("skip_reason", f"skipped by {sources['skip']}" if skip is True else skip)
    return {"skip": reason}


def _xfail(values: Mapping[str, Any], sources: Mapping[str, str]) -> dict[str, Any]:
    if "xfail" not in values:
        return {}
    xfail = values["xfail"]
    if xfail is False:
        return {"xfail": None, "xfail_strict": None}
    given = xfail if isinstance(xfail, Mapping) else {} if xfail is True else {"reason": xfail}
    reason = given.get("reason", f"expected to fail by {sources['xfail']}")
    return {"xfail": reason, "xfail_strict": given.get("strict")}


def _environment(base: Mapping[str, str | None], values: Mapping[str, str | None]) -> dict[str, str | None]:
    return {**base, **values}


def _retry(base: RetryPolicy, values: Mapping[str, Any]) -> RetryPolicy:
    policy = replace(base, **values)
    if "max_delay" not in values and policy.initial_delay > policy.max_delay:
        policy = replace(policy, max_delay=policy.initial_delay)
    return policy


def _limits(base: Limits, values: Mapping[str, Any]) -> Limits:
    return replace(base, **{name: value or None for name, value in values.items()})


def _requires(base: Requirements, values: Mapping[str, Any]) -> Requirements:
    return replace(base, **{name: tuple(value) for name, value in values.items()})


def _output(base: OutputExpectation, values: Mapping[str, Any]) -> OutputExpectation:
    changes: dict[str, Any] = {}
    for name, value in values.items():
        if name in ("matches", "not_matches"):
            changes[name] = tuple(re.compile(pattern, re.MULTILINE) for pattern in value)
        else:
            changes[name] = value if name == "equals" else tuple(value)
    return replace(base, **changes)


def _expect(base: Expectation, values: Mapping[str, Any]) -> Expectation:
    changes: dict[str, Any] = {}
    for name, value in values.items():
        if name in ("stdout", "stderr"):
            changes[name] = _output(getattr(base, name), value)
        else:
            changes[name] = tuple(value) if name == "files" else value or None
    return replace(base, **changes)


_NESTED: dict[str, Any] = {
    "env": _environment,
    "retry": _retry,
    "limits": _limits,
    "requires": _requires,
    "expect": _expect,
}
