"""The model endpoints of one test: where their scripts are, and what they complain of when the test is over."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from ..cassettes.endpoint import ModelEndpoint

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..cassettes.endpoint import ScriptSource


class ModelEndpoints:
    """Makes endpoints, closes them together, and remembers which of them may be asked anything."""

    def __init__(self, directories: Sequence[Path]) -> None:
        """Look for scripts in ``directories``, the first one that has them."""
        self._directories = directories
        self._made: list[tuple[ModelEndpoint, bool]] = []

    def __call__(self, script: ScriptSource, *, allow_unmatched: bool = False) -> ModelEndpoint:
        """Return a new endpoint that plays ``script``.

        ``allow_unmatched``: whether the test may pass although requests had no reply in the script.
        """
        endpoint = ModelEndpoint(self._found(script))
        self._made.append((endpoint, allow_unmatched))
        return endpoint

    def close(self) -> list[str]:
        """Close all, and return what the scripts had no reply for. Raises what a script's function raised, if any."""
        complaints: list[str] = []
        for endpoint, allow_unmatched in self._made:
            endpoint.close()
            complaints += () if allow_unmatched else endpoint.unmatched
        for endpoint, _ in self._made:
            for failure in endpoint.failures:
                raise failure
        return complaints

    def _found(self, script: ScriptSource) -> ScriptSource:
        """Return ``script`` or, where it is a relative path, the file that it means."""
        if not isinstance(script, str | Path) or (isinstance(script, str) and ModelEndpoint.is_text(script)):
            return script
        places = [directory / script for directory in self._directories]
        return next((place for place in places if place.exists()), Path(script))
