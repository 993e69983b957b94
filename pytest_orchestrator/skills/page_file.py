"""The file of a page that lists script-first skills: what stands in it, and how it is written."""

from __future__ import annotations

import os

from ..core.names import quote_name
from ..errors import SkillError
from .replacement import replace_file


def read_page_file(path: str, *, must_exist: bool) -> str:
    """Return the text of the page at ``path``, its line ends as they are; nothing if it need not exist and does not.

    Raises :class:`~pytest_orchestrator.errors.SkillError` when it is missing, cannot be read or is no UTF-8.
    """
    try:
        with open(path, encoding="utf-8", newline="") as file:
            return file.read()
    except FileNotFoundError:
        if must_exist:
            raise SkillError(
                f"there is no page {quote_name(path)}: write it with --write, or name another one"
            ) from None
        return ""
    except UnicodeDecodeError as error:
        raise SkillError(f"cannot read {quote_name(path)}: it is no UTF-8; save it as such") from error
    except OSError as error:
        raise SkillError(
            f"cannot read {quote_name(path)}: {error.strerror}; correct the path or its permissions"
        ) from error


def write_page_file(path: str, text: str) -> None:
    """Write the page at ``path``, and the directories above it.

    Raises :class:`~pytest_orchestrator.errors.SkillError` when that fails.
    """
    try:
        os.makedirs(os.path.dirname(path) or os.curdir, exist_ok=True)
        replace_file(path, text.encode("utf-8"))
    except OSError as error:
        raise SkillError(f"cannot write {quote_name(path)}: {error.strerror}") from error
