"""Valid plain settings laid over those that are there: the one place where sources meet."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ..core.retry import RetryPolicy
    from .settings import Expectation, Limits, OutputExpectation, Requirements, ScriptSettings

_OPPOSITE_CODES = {"allowed_exit_codes": "skip_exit_codes", "skip_exit_codes": "allowed_exit_codes"}


def overlaid(
    base: ScriptSettings, values: Mapping[str, Any], source: str, skip_reason: str | None = None
) -> ScriptSettings:
    """Return ``base`` with ``values`` (valid plain settings) laid over it: the newer and more specific ones.

    Mappings merge key by key, lists are replaced; what contradicts a new value (an exit code that gets another
    meaning, a bound on the wrong side of a new one) gives way. ``source`` is who gave the values, ready to show;
    ``skip_reason`` the one given earlier, for a script that was not skipped then. ``cases`` are passed over.
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
        changes["timeout_source"] = source
    if "idle_timeout" in values:
        changes["idle_timeout_source"] = source if values["idle_timeout"] else ""
    if "skip" in values or (base.skip is not None and "skip_reason" in values):
        changes["skip"] = _skip(base.skip, values, source, skip_reason)
    if "xfail" in values:
        changes |= _xfail(values["xfail"], source)
    return replace(base, **changes) if changes else base


def _skip(before: str | None, values: Mapping[str, Any], source: str, earlier_reason: str | None) -> str | None:
    skip = values.get("skip", before)
    if skip is False:
        return None
    if "skip_reason" in values:
        return str(values["skip_reason"])
    return (before or earlier_reason or f"skipped by {source}") if skip is True else skip


def _xfail(xfail: Any, source: str) -> dict[str, Any]:
    if xfail is False:
        return {"xfail": None, "xfail_strict": None}
    given = xfail if isinstance(xfail, Mapping) else {} if xfail is True else {"reason": xfail}
    return {"xfail": given.get("reason", f"expected to fail by {source}"), "xfail_strict": given.get("strict")}


def _environment(base: Mapping[str, str | None], values: Mapping[str, str | None]) -> dict[str, str | None]:
    return {**base, **values}


def _retry(base: RetryPolicy, values: Mapping[str, Any]) -> RetryPolicy:
    policy = replace(base, **values)
    if policy.initial_delay <= policy.max_delay:
        return policy
    if "max_delay" in values:
        return replace(policy, initial_delay=policy.max_delay)
    return replace(policy, max_delay=policy.initial_delay)


def _limits(base: Limits, values: Mapping[str, Any]) -> Limits:
    return replace(base, **{name: value or None for name, value in values.items()})


def _requires(base: Requirements, values: Mapping[str, Any]) -> Requirements:
    return replace(base, **{name: tuple(value) for name, value in values.items()})


def _output(base: OutputExpectation, values: Mapping[str, Any]) -> OutputExpectation:
    changes: dict[str, Any] = {}
    for name, value in values.items():
        if name in ("matches", "not_matches"):
            from .values import compiled_pattern

            changes[name] = tuple(compiled_pattern(pattern) for pattern in value)
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
    expect = replace(base, **changes)
    if (expect.min_duration or 0) > (expect.max_duration or float("inf")):
        if "max_duration" in values:
            return replace(expect, min_duration=None)
        return replace(expect, max_duration=None)
    return expect


_NESTED: dict[str, Any] = {
    "env": _environment,
    "retry": _retry,
    "limits": _limits,
    "requires": _requires,
    "expect": _expect,
}
