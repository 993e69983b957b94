"""Paths of reports as the terminal shows them: ready to be pasted where the user is."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from ..core.names import escape_name
from .orchestration import shown_path

if TYPE_CHECKING:
    import pytest


def shown_report_path(path: str | os.PathLike[str], config: pytest.Config) -> str:
    """Return ``path`` relative to the directory that pytest was started in, or as it is where that is shorter."""
    here = config.invocation_params.dir
    relative = os.path.relpath(path, here)
    whole = os.path.abspath(path)
    if relative.split("/", 1)[0] == ".." and len(relative) >= len(whole):
        return escape_name(whole)
    return shown_path(path, here)
