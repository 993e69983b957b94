"""pytest, started by this package: in this process if it can be, else in one of its own."""

from __future__ import annotations

import os
import sys
import threading
from typing import TYPE_CHECKING

from ..process.foreground import end_with_parent, run_foreground
from ..process.home import PACKAGE_PARENT

if TYPE_CHECKING:
    from collections.abc import Sequence

_PROGRAM = (
    "import sys; sys.path.append({!r}); from pytest_orchestrator.collect.invocation import own_process; own_process()"
)
_OF_THE_OUTER_SESSION = (
    "PYTEST_CURRENT_TEST",
    "PYTEST_VERSION",
    "PYTEST_XDIST_WORKER",
    "PYTEST_XDIST_WORKER_COUNT",
    "PYTEST_XDIST_TESTRUNUID",
)


def run_pytest(arguments: Sequence[str]) -> int:
    """Run pytest with ``arguments`` and return its exit code.

    A process that has pytest loaded already (a test, or a program at its second call) and a thread other than the
    main one get a process of its own for it: pytest keeps modules, signal handlers and capture per process.
    """
    sys.stdout.flush()
    sys.stderr.flush()
    if "_pytest.config" in sys.modules or threading.current_thread() is not threading.main_thread():
        environment = {name: value for name, value in os.environ.items() if name not in _OF_THE_OUTER_SESSION}
        # -P: the current directory is no more on sys.path than it is with the command pytest.
        argv = [sys.executable, "-P", "-c", _PROGRAM.format(PACKAGE_PARENT), *arguments]
        status = run_foreground(argv, environment)
        return status if status >= 0 else 128 - status
    import pytest

    return int(pytest.main(list(arguments)))


def own_process() -> None:
    """Be pytest, in the process that :func:`run_pytest` started for it."""
    end_with_parent()
    import pytest

    sys.argv[0] = "pytest"
    sys.exit(pytest.console_main())
