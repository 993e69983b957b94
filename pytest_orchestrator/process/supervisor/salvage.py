"""What becomes of output when the process that wanted it is gone: kept where it was to be kept, without secrets."""

from __future__ import annotations

import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from .request import Request


class Salvage:
    """Knows the files that were handed over, and whose secrets may be in them."""

    def __init__(self, work_dir: bytes, secret_names: Sequence[str]) -> None:
        self._work_dir = work_dir
        self._secret_names = secret_names
        self._files: dict[bytes, tuple[bytes, Request]] = {}
        self._keeps = False

    def expect(self, request: Request) -> None:
        """Take note that output of ``request`` may have to be kept."""
        self._keeps = self._keeps or request.keep_stdout is not None

    def handed_over(self, request: Request, stdout: bytes | None, stderr: bytes | None) -> None:
        """Take note of files of output that the engine was told of."""
        for path, keep in ((stdout, request.keep_stdout), (stderr, request.keep_stderr)):
            if path is not None and keep is not None:
                self._files[path] = keep, request

    def settle(self) -> None:
        """Move what nobody took to where it belongs; remove everything else."""
        # Nobody pays for these imports but a run that is over.
        from ..redaction import Redactor
        from ..temporary import remove_tree

        for path, (keep, request) in self._files.items():
            if os.path.exists(path):
                redactor = Redactor((*self._secret_names, *request.redact), _text(request.environment()))
                try:
                    redactor.move_file(path, keep)
                except OSError:
                    remove_tree(os.fsdecode(path))  # rather than keep it as it is
        if not self._keeps:
            remove_tree(os.fsdecode(self._work_dir))


def _text(environment: Mapping[bytes, bytes]) -> dict[str, str]:
    return {os.fsdecode(name): os.fsdecode(value) for name, value in environment.items()}
