"""What makes an xdist worker stop in the middle of a script: xdist itself interrupts it after five seconds."""

from __future__ import annotations

import contextlib
import os
from typing import TYPE_CHECKING, Any

import pytest

from ..process.owners import end_with

if TYPE_CHECKING:
    from collections.abc import Callable

    from .orchestration import Orchestration

_COMMAND = "orchestrator_stop"
"""What the controller sends, on the way of xdist's own commands: a worker of xdist ignores what it does not know."""


def request_stop(node: Any) -> None:
    """Ask a worker to stop what it runs."""
    with contextlib.suppress(OSError, AttributeError):  # it has ended, or has not started yet
        node.sendcommand(_COMMAND)


def end_with_controller(config: pytest.Config) -> None:
    """Have no program of a worker outlive the controller, which may be killed. Elsewhere do nothing."""
    if hasattr(config, "workerinput"):
        end_with(os.getppid())


class StopRequests:
    """Waits for the request, in a worker."""

    def __init__(self, config: pytest.Config, orchestration: Orchestration) -> None:
        self._config = config
        self._orchestration = orchestration
        end_with_controller(config)

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self) -> None:
        """Called before xdist's own loop, which takes its commands from then on: listen to them as well."""
        for plugin in self._config.pluginmanager.get_plugins():
            if hasattr(plugin, "handle_command") and hasattr(plugin, "torun"):
                plugin.handle_command = self._listening(plugin.handle_command)

    def _listening(self, handle: Callable[[Any], None]) -> Callable[[Any], None]:
        def handle_command(command: Any) -> None:
            if isinstance(command, tuple) and command[0] == _COMMAND:
                # In another thread: whoever runs a script looks at this between two waits.
                self._orchestration.is_stop_requested = True
            else:
                handle(command)

        return handle_command
