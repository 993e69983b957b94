"""The ``config.toml`` of script-first libraries in a session: which counts where, and what it asks for."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from ..config.codex import UNCONFINED, CodexConfig, find_codex_config
from ..errors import ConfigurationError, Mistake

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .orchestration import Orchestration


class CodexFiles:
    """Finds the files and keeps what is in them."""

    def __init__(self, orchestration: Orchestration) -> None:
        self._orchestration = orchestration
        self._by_directory: dict[str, CodexConfig | ConfigurationError | None] = {}
        self._by_path: dict[str, CodexConfig | ConfigurationError] = {}
        self._has_cleanup = False

    def governing(self, directory: str) -> CodexConfig | ConfigurationError | None:
        """Return the file for the scripts in ``directory``, or what is wrong with it; None if there is none.

        It is the one that was asked for, else the nearest: in the directory or a parent of it, up to the rootdir.
        """
        given = self._orchestration.settings.codex_config
        if given is not None:
            return self._load(str(given))
        if directory not in self._by_directory:
            self._by_directory[directory] = self._nearest(directory)
        return self._by_directory[directory]

    def _nearest(self, directory: str) -> CodexConfig | ConfigurationError | None:
        path = find_codex_config(directory)
        if path is not None:
            return self._load(str(path))
        rootdir = str(self._orchestration.rootdir)
        if directory == rootdir or not directory.startswith(os.path.join(rootdir, "")):
            return None
        return self.governing(os.path.dirname(directory))

    def _load(self, path: str) -> CodexConfig | ConfigurationError:
        known = self._by_path.get(path)
        if known is None:
            from ..config.codex_reader import load_codex_config

            try:
                known = load_codex_config(Path(path), self._orchestration.shown(path))
                self._has_cleanup |= known.cleanup
            except ConfigurationError as error:
                known = error
            self._by_path[path] = known
        return known

    def cleaned(self, path: Path) -> CodexConfig | None:
        """Return the file that wants the scratch directory clean in which the script at ``path`` lies; None if none."""
        if not self._has_cleanup:
            return None
        script = str(path)
        codex = self.governing(os.path.dirname(script))
        if isinstance(codex, CodexConfig) and codex.cleanup and codex.in_scratch(script):
            return codex
        return None

    def of_roots(self) -> Iterator[CodexConfig]:
        """Yield the files for what was asked for, each once; broken ones are reported elsewhere."""
        scope = self._orchestration.scope
        directories = [*scope.roots, *map(os.path.dirname, scope.named)]
        found = {id(codex): codex for codex in map(self.governing, directories) if isinstance(codex, CodexConfig)}
        yield from found.values()

    def header(self) -> list[str]:
        """Return lines for the header: which file is used, and what in it is not enforced."""
        lines = []
        for codex in self.of_roots():
            lines.append(f"orchestrator: script-first configuration {codex.shown_as}")
            if codex.sandbox_mode not in (None, UNCONFINED):
                lines.append(
                    f"orchestrator: WARNING: sandbox_mode {codex.sandbox_mode!r} of {codex.shown_as} is not enforced"
                    " yet: programs run without a sandbox"
                )
        return lines

    def doubts(self, codex: CodexConfig) -> list[Mistake]:
        """Return what is doubtful about a file: a scratch directory that git does not ignore."""
        from ..scripts.scratch import is_ignored_by_git

        if is_ignored_by_git(codex.scratch) is not False:
            return []
        shown = self._orchestration.shown(codex.scratch)
        message = f"git does not ignore the scratch directory {shown!r}; add it to .gitignore"
        return [Mistake(codex.shown_as, codex.scratch_line, 1, message)]
