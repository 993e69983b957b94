"""pytest-timeout's limits, taken over for our items: we stop the whole tree, it would leave programs behind.

Its marker, ``--timeout``, ``PYTEST_TIMEOUT`` and ini option are resolved as it does. Where it and we both have a
limit the smaller applies; 0 means none.
"""

from __future__ import annotations

import os
from contextlib import contextmanager, nullcontext
from dataclasses import replace
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator
    from contextlib import AbstractContextManager

    from ..config.settings import ScriptSettings

TIMEOUT_MARKER = "timeout"


class ForeignLimit(NamedTuple):
    """A limit of pytest-timeout."""

    seconds: float
    """0 for none."""
    source: str
    """Who gave it, ready to show."""


_NONE = ForeignLimit(0.0, "")


def marker_limit(mark: pytest.Mark) -> ForeignLimit | None:
    """Return the limit that pytest-timeout's marker sets; None where it sets none."""
    given = mark.kwargs.get("timeout", mark.args[0] if mark.args else None)
    return None if given is None else _limit(given, "the timeout marker")


def session_limit(config: pytest.Config) -> ForeignLimit:
    """Return the limit that pytest-timeout has for items without a marker."""
    given = config.getoption("timeout", None)
    if given is not None:
        return _limit(given, "--timeout")
    given = os.environ.get("PYTEST_TIMEOUT")
    if given:
        return _limit(given, "PYTEST_TIMEOUT")
    given = config.getini("timeout")
    return _limit(given, "ini option 'timeout'") if given else _NONE


def _limit(given: object, source: str) -> ForeignLimit:
    try:
        return ForeignLimit(float(given), source)  # type: ignore[arg-type]  # whatever a user wrote in a marker
    except (TypeError, ValueError):
        return _NONE  # pytest-timeout itself rejects it with its own message


def limited(settings: ScriptSettings, limit: ForeignLimit) -> ScriptSettings:
    """Return ``settings`` with the smaller of both time limits."""
    if limit.seconds <= 0 or (settings.timeout is not None and settings.timeout <= limit.seconds):
        return settings
    return replace(settings, timeout=limit.seconds, timeout_source=limit.source)


_SETTINGS = pytest.StashKey[Any]()
"""What pytest-timeout was to set its timer to, for an item with fixtures."""
_UNTIMED = nullcontext()


class TimeoutTakeover:
    """Answers pytest-timeout's hooks for our items."""

    @pytest.hookimpl(tryfirst=True)
    def pytest_timeout_set_timer(self, item: pytest.Item, settings: Any) -> bool | None:
        """Called before pytest-timeout starts its timer; True keeps it from doing so.

        It does time fixtures: a limit of ours is one for the script alone. A check of skills has none: it is one for
        all of them, and the programs that it starts have limits of their own.
        """
        from .base import OrchestratedItem

        if not isinstance(item, OrchestratedItem):
            return None
        if settings.func_only or not item.uses_fixtures():
            return True
        item.stash[_SETTINGS] = settings
        return None


def timed_by_us(item: pytest.Item) -> AbstractContextManager[None]:
    """Stop pytest-timeout's timer while the script runs, or waits for its turn; start it again for the teardown."""
    settings = item.stash.get(_SETTINGS, None)
    return _UNTIMED if settings is None else _timer_stopped(item, settings)


@contextmanager
def _timer_stopped(item: pytest.Item, settings: Any) -> Iterator[None]:
    hook = item.config.pluginmanager.hook
    hook.pytest_timeout_cancel_timer(item=item)
    try:
        yield
    finally:
        hook.pytest_timeout_set_timer(item=item, settings=settings)
