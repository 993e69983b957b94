"""The ``orchestrate`` marker: per-script settings given from Python."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..config.resolve import apply_keywords
from ..errors import OrchestratorError
from .timeouts import with_foreign_limit

if TYPE_CHECKING:
    from ..config.settings import ScriptSettings
    from .nodes import ScriptItem

MARKER = "orchestrate"


def effective_settings(item: ScriptItem) -> ScriptSettings:
    """Return the item's settings after its ``orchestrate`` markers (the closest last) and pytest-timeout's limit.

    Raise OrchestratorError when a marker holds mistakes.
    """
    settings = item.settings
    for mark in reversed(list(item.iter_markers(MARKER))):
        if mark.args:
            message = f"{item.nodeid}: the marker orchestrate takes keywords only, got {mark.args!r}; write timeout=5"
            raise OrchestratorError(message)
        try:
            settings = apply_keywords(settings, mark.kwargs, "the orchestrate marker")
        except OrchestratorError as error:
            message = f"{item.nodeid}: {error}"
            raise OrchestratorError(message) from error
    return with_foreign_limit(item, settings)
