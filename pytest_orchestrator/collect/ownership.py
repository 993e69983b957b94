"""Which files are pytest's own: test modules and conftests are never run as scripts."""

from __future__ import annotations

import re
from fnmatch import translate
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pytest

CONFTEST = "conftest.py"


class PytestFiles:
    """The files that ini option ``python_files`` makes test modules, and ``conftest.py``."""

    def __init__(self, config: pytest.Config) -> None:
        patterns: list[str] = config.getini("python_files")
        self._names = _compiled([pattern for pattern in patterns if "/" not in pattern])
        # As pytest does: a pattern with a slash is one on the end of the path.
        self._paths = _compiled([f"*/{pattern.lstrip('/')}" for pattern in patterns if "/" in pattern])

    def __contains__(self, path: str) -> bool:
        if not path.endswith(".py"):
            return False
        name = path[path.rfind("/") + 1 :]
        return name == CONFTEST or self._names.fullmatch(name) is not None or self._paths.fullmatch(path) is not None


def _compiled(patterns: list[str]) -> re.Pattern[str]:
    return re.compile("|".join(map(translate, patterns)) or r"(?!)")
