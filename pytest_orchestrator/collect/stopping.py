"""The time between Ctrl-C and the end of the last program: what is said, and what another Ctrl-C does."""

from __future__ import annotations

import signal
import threading
import time
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    import pytest

    from .orchestration import Orchestration

STEP = 0.1
"""Seconds between two looks at whether Ctrl-C was pressed again."""
PATIENCE = 0.3
"""Seconds after which it is said what is waited for: most programs end at once."""


class Stopping:
    """Stops programs without a traceback, however often Ctrl-C is pressed.

    While they are stopped SIGINT raises nothing: an exception in the middle would cost results that have arrived, and
    the reports. It is noted, and the programs lose their grace period.
    """

    def __init__(self, config: pytest.Config, orchestration: Orchestration) -> None:
        self._config = config
        self._orchestration = orchestration
        self._before: Callable[..., Any] | int | None = None
        self._is_hurried = False
        self._was_told = False
        self._began = 0.0
        self._is_said = False
        self._again = ""

    def begin(self, *, after_interrupt: bool = False) -> None:
        """Take over SIGINT, unless somebody else has it: after an interrupt, or when programs are to be stopped."""
        self._again = " again" if after_interrupt else self._again
        if self._before is None and threading.current_thread() is threading.main_thread():
            handler = signal.getsignal(signal.SIGINT)
            if handler is signal.default_int_handler:
                self._before = handler
                signal.signal(signal.SIGINT, self._hurry)
        self._began = time.monotonic()

    def _hurry(self, *_: object) -> None:
        self._is_hurried = True

    def end(self) -> None:
        """Let Ctrl-C do again what it did before."""
        if self._before is not None:
            signal.signal(signal.SIGINT, self._before)
            self._before = None

    def look(self) -> None:
        """Called every :data:`STEP` seconds while programs are awaited: end them, if nobody wants to wait."""
        engine = self._orchestration.engine
        if self._is_hurried and not self._was_told:
            self._was_told = True
            engine.kill()
        if time.monotonic() > self._began + PATIENCE:
            self.say(engine.running)

    def say(self, count: int) -> None:
        """Write, once, how many scripts are awaited and how to end them at once; nothing for none."""
        terminal: pytest.TerminalReporter | None = self._config.pluginmanager.get_plugin("terminalreporter")
        if terminal is None or self._orchestration.worker is not None or self._is_said or not count:
            return
        self._is_said = True
        scripts = "script" if count == 1 else "scripts"
        pronoun = "it" if count == 1 else "them"
        terminal.ensure_newline()
        terminal.write_line(
            f"orchestrator: stopping {count} {scripts}; press Ctrl-C{self._again} to kill {pronoun} at once",
            yellow=True,
        )
