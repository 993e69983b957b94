"""Blocks of code of skills as files, so that an interpreter can run them."""

from __future__ import annotations

import os
import tempfile
from typing import TYPE_CHECKING

from ..errors import OrchestratorError
from ..process.temporary import remove_tree
from ..reports.logs import beside_log

if TYPE_CHECKING:
    from ..skills.body import Fence
    from .orchestration import Orchestration
    from .skill_items import FenceItem

_EXTENSIONS = {
    "javascript": ".js", "node": ".js", "perl": ".pl", "ruby": ".rb", "shell": ".sh", "typescript": ".ts",
}  # fmt: skip
"""What a file is named like that holds code of a language which is not itself an extension."""


class FenceFiles:
    """Writes the code of blocks: beside the logs, where it can be run again, or to a temporary directory."""

    def __init__(self, orchestration: Orchestration) -> None:
        self._orchestration = orchestration
        self._temporary: str | None = None

    def write(self, item: FenceItem) -> str:
        """Write the code of ``item`` to a file and return its path. Raise OrchestratorError when that fails."""
        extension = extension_of(item.fence.language)
        orchestration = self._orchestration
        path = beside_log(self._directory(), orchestration.log_id(item.nodeid), extension)
        try:
            os.makedirs(os.path.dirname(path), exist_ok=True)
            # Its first line may name the interpreter, which is then asked to execute it.
            mode = 0o700 if item.fence.code.startswith("#!") else 0o600
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC, mode)
            with open(descriptor, "w", encoding="utf-8", newline="") as file:
                file.write(code_in_place(item.fence))
        except OSError as error:
            message = f"cannot write the code of {item.nodeid} to {path!r}: {error.strerror}"
            raise OrchestratorError(message) from error
        return path

    def _directory(self) -> str:
        if self._orchestration.report_dir is not None:
            return str(self._orchestration.report_dir)
        if self._temporary is None:
            self._temporary = tempfile.mkdtemp(prefix="pytest-orchestrator-code-")
        return self._temporary

    def close(self) -> None:
        """Remove the temporary directory, if there is one."""
        if self._temporary is not None:
            remove_tree(self._temporary)
            self._temporary = None


def extension_of(language: str) -> str:
    """Return what the name of a file with code of a ``language`` ends in: by that its interpreter is found."""
    from ..skills.code import PYTHON  # with what reads skills, which a run without skills does not need

    if language in PYTHON:
        return ".py"
    return _EXTENSIONS.get(language, f".{language}" if language else "")


def code_in_place(fence: Fence) -> str:
    """Return the code of a block, each line with the number that it has in the file of the skill.

    So an error message of an interpreter names the line that is to be mended. A first line with ``#!`` has to be the
    first, and only what is behind it is in place.
    """
    if not fence.code.startswith("#!"):
        return "\n" * fence.line + fence.code
    first, _, rest = fence.code.partition("\n")
    return f"{first}\n" + "\n" * fence.line + rest
