"""What stays to the end of the session, or of the process: the garbage collector need not look at it time and again."""

from __future__ import annotations

import atexit
import gc
import os
import sys
from types import ModuleType

import pytest

_IS_OURS: pytest.StashKey[bool] = pytest.StashKey()

_KNOWN = frozenset(
    {
        "_distutils_hack", "_pytest", "_virtualenv", "_yaml", "execnet", "iniconfig", "packaging", "pluggy", "py",
        "pygments", "pytest", "pytest_orchestrator", "pytest_timeout", "xdist", "yaml",
    }
)  # fmt: skip
"""Packages that leave nothing to the garbage collector at the end of the process: they close what they open."""
_OF_MAIN = _KNOWN | {"__future__"}

_OF_PYTHON = 1000
"""More objects than an interpreter spares by itself when it starts (Python 3.12 some hundred), and fewer than are there
when pytest is."""


def prepare_to_spare(config: pytest.Config) -> None:
    """Undo all sparing at the end of the session, after what others add later, of which one collects garbage."""
    config.add_cleanup(lambda: _stop_sparing(config))
    # Once for a process, however many sessions it has.
    atexit.unregister(_spare_at_exit)
    atexit.register(_spare_at_exit)


def spare(config: pytest.Config) -> None:
    """Keep the garbage collector from all that exists now, until pytest has ended this session.

    With 10 000 items every full collection takes 40 ms, and pytest asks for two when it ends. The one that comes while
    1000 are collected takes 25 ms, because of all that was imported.
    """
    # Else it is somebody else's, and not ours to undo.
    if config.stash.get(_IS_OURS, False) or gc.get_freeze_count() < _OF_PYTHON:
        gc.freeze()
        config.stash[_IS_OURS] = True


def spare_no_more(config: pytest.Config) -> None:
    """Let the garbage collector see everything again, before the end: somebody may look for what was left."""
    _stop_sparing(config)
    config.stash[_IS_OURS] = False


def _stop_sparing(config: pytest.Config) -> None:
    if config.stash.get(_IS_OURS, False):
        gc.unfreeze()


def _spare_at_exit() -> None:
    """Leave all objects to the operating system, where that is all the same.

    An interpreter that ends takes every object apart: 50 ms for pytest with its plugins, 0.4 s with 10 000 items. Among
    them may be an open file with something still to be written, or what does something when it goes, but none of
    pytest's or ours: theirs are closed when the session ends. So wherever there is code of somebody else (a conftest,
    another plugin, a test), everything goes its usual way. What is registered with ``atexit``, and flushing standard
    output and standard error, are no part of this.
    """
    if _is_only_known():
        gc.freeze()


def _is_only_known() -> bool:
    """Return whether the standard library, pytest, its own dependencies and this plugin are all that was imported."""
    library = os.path.dirname(os.__file__) + os.sep
    for name, module in list(sys.modules.items()):
        package = name.partition(".")[0]
        if package not in _KNOWN and name != "__main__" and not _is_of_library(package, module, library):
            return False
    main = sys.modules.get("__main__")
    return main is not None and all(name.startswith("__") or _is_harmless(value) for name, value in vars(main).items())


def _is_of_library(package: str, module: ModuleType, library: str) -> bool:
    if package not in sys.stdlib_module_names:
        return False
    # A script of the user may have the name of a module of the standard library.
    file = getattr(module, "__file__", None)
    return file is None or (file.startswith(library) and "-packages" not in file[len(library) :])


def _is_harmless(value: object) -> bool:
    """Return whether a global of the main program is one that pytest's command, or a worker of xdist, brings along."""
    if isinstance(value, ModuleType):
        return True
    of = getattr(value, "__module__", None)
    return isinstance(of, str) and of.partition(".")[0] in _OF_MAIN
