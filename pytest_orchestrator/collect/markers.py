"""What markers add to the settings of a script: ``orchestrate``, and pytest-timeout's ``timeout``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..config.resolve import apply_keywords
from ..errors import OrchestratorError
from .orchestration import KEY
from .timeouts import TIMEOUT_MARKER, limited, marker_limit, session_limit

if TYPE_CHECKING:
    import pytest

    from ..config.settings import ScriptSettings
    from .items import ScriptItem

MARKER = "orchestrate"


def effective_settings(item: ScriptItem) -> ScriptSettings:
    """Return the item's settings after its ``orchestrate`` markers (the closest last) and pytest-timeout's limit.

    Raise OrchestratorError when a marker holds mistakes.
    """
    own: list[pytest.Mark] = []
    timeout: pytest.Mark | None = None
    for mark in item.marks():
        if mark.name == MARKER:
            own.append(mark)
        elif mark.name == TIMEOUT_MARKER and timeout is None:
            timeout = mark
    settings = item.settings
    for mark in reversed(own):
        settings = _with_marker(settings, mark)
    if not item.config.pluginmanager.hasplugin("timeout"):
        return settings
    if timeout is not None:
        limit = marker_limit(timeout)
        if limit is not None:
            return limited(settings, limit)
    orchestration = item.config.stash[KEY]
    # Most items share their settings with others.
    known = orchestration.limited.get(id(settings)) if not own else None
    if known is None:
        known = limited(settings, session_limit(item.config))
        if not own:
            orchestration.limited[id(settings)] = known
    return known


def _with_marker(settings: ScriptSettings, mark: pytest.Mark) -> ScriptSettings:
    if mark.args:
        message = f"the orchestrate marker takes keywords only, got {mark.args!r}; write timeout=5"
        raise OrchestratorError(message)
    return apply_keywords(settings, mark.kwargs, "the orchestrate marker")
