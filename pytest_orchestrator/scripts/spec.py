"""One script (or one case of it), ready to be run: which file, under which name, with which settings."""

from __future__ import annotations

from dataclasses import field
from typing import TYPE_CHECKING, Any

from ..quick_dataclasses import dataclass

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from ..config.settings import ScriptSettings
    from ..process.redaction import Redactor


@dataclass(frozen=True, slots=True)
class ScriptSpec:
    """A script and its settings."""

    path: str
    """Absolute; with surrogates where the name is not UTF-8."""
    item: str
    """The node id: readable and stable. It is also the value of ``ORCHESTRATOR_ITEM``."""
    settings: ScriptSettings
    case: str | None = None
    program: str | None = None
    """The file that is run in place of ``path``, which is then only where the program stands; None: that file."""

    @property
    def file(self) -> str:
        """The file that is run."""
        return self.path if self.program is None else self.program


@dataclass(frozen=True, slots=True)
class RunContext:
    """What all scripts of one session have in common."""

    rootdir: Path
    python: str
    """The interpreter for ``.py`` files."""
    redactor: Redactor
    report_dir: Path | None = None
    """Where output that is too long for a result is kept; None keeps none."""
    environment: Mapping[bytes, bytes] = field(default_factory=dict)
    """The environment that every script starts from."""
    search_path: str = ""
    """``PATH`` of that environment."""
    circumstances: dict[tuple[int, str], Any] = field(default_factory=dict, compare=False, repr=False)
    """What is known of scripts, by their settings and directory (see :mod:`.circumstances`)."""
    is_warm: bool = False
    """Whether Python scripts are started from an interpreter that is there already."""
    warm_imports: tuple[str, ...] = ()
    """Modules that such an interpreter has imported."""
    sources: dict[str, str | None] = field(default_factory=dict, compare=False, repr=False)
    """The ``src`` directory of each directory of scripts, as far as it was looked for."""
