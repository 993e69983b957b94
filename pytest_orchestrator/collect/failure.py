"""What a failed script looks like in pytest's output."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..core.names import unescape_name
from ..core.status import Status
from ..reports.logs import log_path
from .orchestration import KEY, shown_path

if TYPE_CHECKING:
    from typing import Any

    import pytest

    from ..core.result import RunResult
    from .items import ScriptItem

TAIL_LINES = 20
"""Lines of each stream that are shown; the log has more."""
LINE_CHARS = 2000
"""Characters of each line that are shown."""

_MACHINERY = ("pytest_orchestrator", "pluggy", "_pytest", "contextlib")


class ScriptFailedError(Exception):
    """Raised by an item whose script did not pass, to tell pytest so."""

    def __init__(self, result: RunResult) -> None:
        self.result = result
        super().__init__(headline(result))


@dataclass(frozen=True, slots=True)
class Crash:
    """What pytest and JUnit XML show of a failure where they have one line for it."""

    nodeid: str
    message: str

    def __str__(self) -> str:
        return f"{self.nodeid}: {self.message.partition(': ')[2] or self.message}"


@dataclass(frozen=True, slots=True)
class ScriptFailure:
    """A failure as pytest shows it, with the parts that pytest looks for in a Python failure."""

    text: str
    reprcrash: Crash
    one_line: bool = False
    """Whether pytest shows ``reprcrash`` only (``--tb=line``)."""

    def toterminal(self, terminal: Any) -> None:
        """Write the whole text, unless pytest writes the one line itself."""
        if not self.one_line:
            first, newline, rest = self.text.partition("\n")
            terminal.line(first, red=True, bold=True)
            if newline:
                terminal.line(rest)

    def __str__(self) -> str:
        return self.text


def script_failure(text: str, nodeid: str, config: pytest.Config) -> ScriptFailure:
    """Return a failure whose first line is the short one."""
    return ScriptFailure(
        text, Crash(nodeid, text.partition("\n")[0]), one_line=config.getoption("tbstyle", "auto") == "line"
    )


def failure_of(item: ScriptItem, result: RunResult) -> ScriptFailure:
    """Return the failure that ``result`` is."""
    return script_failure(failure_text(item, result), item.nodeid, item.config)


def without_machinery(excinfo: pytest.ExceptionInfo[BaseException]) -> Any:
    """Return the traceback of a hook or fixture of the user without the frames between it and pytest."""
    own = excinfo.traceback.filter(
        lambda entry: str(entry.frame.f_globals.get("__name__", "")).partition(".")[0] not in _MACHINERY
    )
    return own or excinfo.traceback


def unknown_fixture(item: ScriptItem, error: pytest.FixtureLookupError) -> ScriptFailure:
    """Return what to show for a fixture that ``item`` asks for and that cannot be had."""
    lines = [f"{item.name}: {(error.msg or f'fixture {error.argname!r} not found').strip()}"]
    for definition in reversed(error.fixturestack):
        code = getattr(definition.func, "__code__", None)
        rootdir = item.config.stash[KEY].rootdir
        where = f" ({shown_path(code.co_filename, rootdir)}:{code.co_firstlineno})" if code is not None else ""
        lines.append(f"asked for by fixture {definition.argname!r}{where}")
    if not error.fixturestack:
        lines.append("asked for by a usefixtures mark")
    return script_failure("\n".join(lines), item.nodeid, item.config)


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
        command = shlex.join(unescape_name(word) for word in result.command)
        lines.append(f"command:  {command}".encode("utf-8", "backslashreplace").decode())
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
    lines += _streams(item, result)
    orchestration = item.config.stash[KEY]
    if orchestration.report_dir is not None:
        log = orchestration.report_dir / log_path(orchestration.log_id(item.nodeid))
        lines.append(f"log:      {shown_path(log, orchestration.rootdir)}")
    return "\n".join(lines)


def _streams(item: ScriptItem, result: RunResult) -> list[str]:
    wanted = item.config.getoption("showcapture", "all")
    lines = []
    if wanted in ("all", "stderr"):
        lines += _tail(item, "stderr", result.stderr, result.stderr_file)
    if wanted in ("all", "stdout"):
        lines += _tail(item, "stdout", result.stdout, result.stdout_file)
    return lines


def _tail(item: ScriptItem, name: str, text: str, file: str | None) -> list[str]:
    lines = text.splitlines()
    if not lines:
        return []
    shown = lines[-TAIL_LINES:]
    left_out = f", last {TAIL_LINES} of {len(lines)} lines" if len(lines) > TAIL_LINES else ""
    orchestration = item.config.stash[KEY]
    if file is not None and orchestration.report_dir is not None:
        left_out += f", all of it in {shown_path(orchestration.report_dir / file, orchestration.rootdir)}"
    return [f"{name}{left_out}:", *(f"  {_clipped(line)}" for line in shown)]


def _clipped(line: str) -> str:
    if len(line) <= LINE_CHARS:
        return line
    return f"{line[: LINE_CHARS // 2]} [… {len(line) - LINE_CHARS} characters …] {line[-LINE_CHARS // 2 :]}"
