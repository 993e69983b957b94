"""What a failed script looks like in pytest's output."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from ..core.names import unescape_name
from ..core.status import Status

if TYPE_CHECKING:
    import pytest

    from ..core.result import RunResult
    from .nodes import ScriptItem

TAIL_LINES = 20
"""Lines of each stream that are shown; the log has more."""


class ScriptFailedError(Exception):
    """Raised by an item whose script did not pass, to tell pytest so."""

    def __init__(self, result: RunResult) -> None:
        self.result = result
        super().__init__(headline(result))


def headline(result: RunResult) -> str:
    """Return the short first line: ``backup.sh: exit 3, expected 0``."""
    name = result.name if result.case is None else f"{result.name}[{result.case}]"
    error = (result.error or str(result.status)).splitlines()
    return f"{name}: {error[0] if error else result.status}"


def failure_text(item: ScriptItem, result: RunResult) -> str:
    """Return everything about a failure: headline, command to paste, time against limit, output, where the rest is."""
    lines = [headline(result)]
    lines += (result.error or "").splitlines()[1:]
    lines += [f"  {failure}" for failure in result.failures[1:]]
    if result.command:
        lines.append(
            f"command:  {shlex.join(unescape_name(word) for word in result.command)}".encode(
                "utf-8", "backslashreplace"
            ).decode()
        )
        lines.append(f"in:       {result.cwd}")
    if result.status is not Status.ERROR:
        limit = f"limit {result.timeout:g} s" if result.timeout is not None else "no limit"
        lines.append(f"took:     {result.execution_time:.2f} s ({limit})")
    if len(result.attempts) > 1:
        tries = ", ".join(attempt.error or str(attempt.status) for attempt in result.attempts)
        lines.append(f"attempts: {len(result.attempts)} ({tries})")
    lines += [f"note:     {note}" for note in result.notes]
    if result.tmp is not None:
        lines.append(f"kept:     {result.tmp}")
    lines += _streams(item.config, result)
    log = _log_path(item)
    if log is not None:
        lines.append(f"log:      {log}")
    return "\n".join(lines)


def _streams(config: pytest.Config, result: RunResult) -> list[str]:
    wanted = config.getoption("showcapture", "all")
    lines = []
    if wanted in ("all", "stderr"):
        lines += _tail("stderr", result.stderr, result.stderr_file)
    if wanted in ("all", "stdout"):
        lines += _tail("stdout", result.stdout, result.stdout_file)
    return lines


def _tail(name: str, text: str, file: str | None) -> list[str]:
    lines = text.splitlines()
    if not lines:
        return []
    shown = lines[-TAIL_LINES:]
    left_out = f", last {TAIL_LINES} of {len(lines)} lines" if len(lines) > TAIL_LINES else ""
    whole = f", all of it in {file}" if file else ""
    return [f"{name}{left_out}{whole}:", *(f"  {line}" for line in shown)]


def _log_path(item: ScriptItem) -> str | None:
    from ..reports.logs import log_path
    from .orchestration import KEY, shown_path

    orchestration = item.config.stash[KEY]
    if orchestration.report_dir is None:
        return None
    return shown_path(orchestration.report_dir / log_path(item.nodeid), orchestration.rootdir)
