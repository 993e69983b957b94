"""pytest-timeout's limits, taken over for our items: we stop the whole tree, it would leave programs behind.

Its marker, ``--timeout``, ``PYTEST_TIMEOUT`` and ini option are resolved as it does. Where it and we both have a
limit the smaller applies; 0 means none.
"""

from __future__ import annotations

import os
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from ..config.settings import ScriptSettings
    from .nodes import ScriptItem

OUTER_SECONDS = 15.0
"""What pytest-timeout waits longer than we do for an item with fixtures, so that our limit always fires first."""


def foreign_limit(item: pytest.Item) -> tuple[float, str] | None:
    """Return pytest-timeout's limit for ``item`` in seconds and where it comes from; None when it sets none."""
    if not item.config.pluginmanager.hasplugin("timeout"):
        return None
    marker = item.get_closest_marker("timeout")
    if marker is not None:
        given = marker.kwargs.get("timeout", marker.args[0] if marker.args else None)
        if given is not None:
            return _positive(given, "the timeout marker")
    given = item.config.getoption("timeout", None)
    if given is not None:
        return _positive(given, "--timeout")
    given = os.environ.get("PYTEST_TIMEOUT")
    if given:
        return _positive(given, "PYTEST_TIMEOUT")
    given = item.config.getini("timeout")
    return _positive(given, "ini option 'timeout'") if given else None


def _positive(given: object, source: str) -> tuple[float, str] | None:
    try:
        seconds = float(given)  # type: ignore[arg-type]  # whatever a user wrote in a marker
    except (TypeError, ValueError):
        return None  # pytest-timeout itself rejects it with its own message
    return (seconds, source) if seconds > 0 else None


def with_foreign_limit(item: ScriptItem, settings: ScriptSettings) -> ScriptSettings:
    """Return ``settings`` with the smaller of both time limits."""
    foreign = foreign_limit(item)
    if foreign is None or (settings.timeout is not None and settings.timeout <= foreign[0]):
        return settings
    return replace(settings, timeout=foreign[0], timeout_source=foreign[1])


class TimeoutTakeover:
    """Answers pytest-timeout's hooks for our items."""

    @pytest.hookimpl(tryfirst=True)
    def pytest_timeout_set_timer(self, item: pytest.Item, settings: Any) -> bool | None:
        """Called before pytest-timeout starts its timer; True keeps it from doing so."""
        from .nodes import ScriptItem

        if not isinstance(item, ScriptItem):
            return None
        if item.uses_fixtures():
            self._set_outer_timer(item, settings)
        return True

    @staticmethod
    def _set_outer_timer(item: ScriptItem, settings: Any) -> None:
        """Keep pytest-timeout as the net around the item's fixtures, which we do not time."""
        import pytest_timeout  # type: ignore[import-untyped]  # it ships no types

        own = item.effective_settings()
        if own.timeout is not None:
            later = own.timeout + own.grace + OUTER_SECONDS
            pytest_timeout.pytest_timeout_set_timer(item, settings._replace(timeout=later))

    @pytest.hookimpl(tryfirst=True)
    def pytest_timeout_cancel_timer(self) -> bool | None:
        """Called after the item; pytest-timeout's own implementation is harmless where no timer was set."""
        return None
