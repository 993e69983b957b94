"""The configuration of script-first libraries: ``config.toml`` of seed 000, as far as it is about scripts."""

from __future__ import annotations

from dataclasses import field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..quick_dataclasses import dataclass

if TYPE_CHECKING:
    from collections.abc import Mapping

HOMES = ("dotcodex", ".codex")
"""Directories that hold the file, in the order in which they are looked for."""
FILE_NAME = "config.toml"
SCRATCH = "scratch"
"""The scratch directory beside the file, where ``temp_dir`` does not name another (seed 001)."""
UNCONFINED = "danger-full-access"
"""The sandbox mode that asks for none."""


@dataclass(frozen=True, slots=True)
class CodexConfig:
    """What a ``config.toml`` says about scripts."""

    path: Path
    """Absolute."""
    shown_as: str
    scratch: str
    """The scratch directory: absolute, without a slash at its end. It need not exist."""
    scratch_line: int = 1
    """Where the file says so."""
    sandbox_mode: str | None = None
    allowed_extensions: tuple[str, ...] | None = None
    cleanup: bool = False
    """Whether what a script leaves in the scratch directory makes it fail."""
    settings: Mapping[str, Any] = field(default_factory=dict)
    """Settings of the scripts in the scratch directory, as plain data."""

    def in_scratch(self, path: str) -> bool:
        """Return whether a file lies in the scratch directory."""
        return path.startswith(f"{self.scratch}/")

    @property
    def discovery(self) -> dict[str, Any]:
        """What it says about what counts as a script, as plain data."""
        return {} if self.allowed_extensions is None else {"allowed_extensions": list(self.allowed_extensions)}


def find_codex_config(directory: str) -> Path | None:
    """Return the ``config.toml`` that lies directly in one of the :data:`HOMES` in ``directory``; None without one."""
    for home in HOMES:
        path = Path(directory, home, FILE_NAME)
        if path.is_file():
            return path
    return None
