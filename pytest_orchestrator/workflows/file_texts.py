"""The texts that a task calls: with what it says itself, they are what it is known by from one run to the next."""

from __future__ import annotations

import contextlib
import hashlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from .file import FileTask

Text = tuple["Path", ...]
"""Where one text may be: the first path counts that can be read."""


def text_of(task: FileTask, base: Path) -> Text:
    """Return where the text may be that a task calls; nowhere for what is not known before its turn.

    ``base`` is the directory of its file.
    """
    if task.kind in ("script", "workflow") and task.action.is_plain:
        return (base / task.action.text,)
    if task.kind == "python" and (task.cwd is None or task.cwd.is_plain):
        module = base / ("" if task.cwd is None else task.cwd.text)
        module = module.joinpath(*task.action.text.partition(":")[0].split("."))
        return (module / "__init__.py", module.with_name(f"{module.name}.py"))
    return ()


def digest_of(texts: Iterable[Text]) -> str:
    """Return what texts are known by; one that cannot be read is not what it was when it could."""
    hashed = hashlib.sha256()
    for text in texts:
        for path in text:
            with contextlib.suppress(OSError):
                hashed.update(hashlib.sha256(path.read_bytes()).digest())
                break
        else:
            hashed.update(b"\0")
    return hashed.hexdigest()
