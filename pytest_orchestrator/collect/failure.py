"""What a failed script looks like in pytest's output."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ..core.names import unescape_name
from ..quick_dataclasses import dataclass
from ..reports.failure import quote_word
from ..reports.logs import log_path
from ..reports.marks import RESULTS
from ..reports.quoting import clean
from ..scripts.header import parse_shebang, read_head
from ..scripts.judge import DISK_FULL
from .harmless import harmless_line
from .orchestration import KEY, shown_path
from .report_paths import shown_report_path

if TYPE_CHECKING:
    from typing import Any

    import pytest

    from ..core.result import RunResult
    from .base import OrchestratedItem
    from .items import ScriptItem

TAIL_LINES = 20
"""Lines of each stream that are shown; the log has more."""
ATTEMPTS = 10
"""Attempts that are shown; the log has all."""
LINE_CHARS = 2000
"""Characters of each line that are shown."""

_CUT = re.compile(r"\[… \d+ bytes left out here; ")
"""What stands where a long output was cut."""

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


def unknown_fixture(item: OrchestratedItem, error: pytest.FixtureLookupError) -> ScriptFailure:
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
    error = clean(result.error or str(result.status)).splitlines()
    return f"{name}: {error[0] if error else result.status}"


def failure_text(item: ScriptItem, result: RunResult) -> str:
    """Return everything about a failure: headline, command to paste, time against limit, output, where the rest is."""
    lines = [headline(result)]
    lines += clean(result.error or "").splitlines()[1:]
    lines += [f"  {clean(failure)}" for failure in result.failures[1:]]
    if result.command:
        lines.append(f"command:  {' '.join(quote_word(unescape_name(word)) for word in result.command)}")
        remote = item.config.stash[KEY].remote
        lines.append(f"in:       {result.cwd}" + ("" if remote is None else f" on {remote.host}"))
    if result.exit_code is not None or result.execution_time:
        limit = f"limit {result.timeout:g} s" if result.timeout is not None else "no limit"
        lines.append(f"took:     {result.execution_time:.2f} s ({limit})")
    lines += _attempts(result)
    lines += [f"note:     {clean(note)}" for note in (*result.notes, *_overruled_shebang(item))]
    if result.tmp is not None:
        lines.append(f"kept:     {result.tmp}")
    lines += _streams(item, result)
    orchestration = item.config.stash[KEY]
    # A log that could not be written, or that a script removed with its directory, is not worth naming. Of a run on
    # another host only the controller knows.
    there = orchestration.remote is not None or (
        orchestration.report_dir is not None and (orchestration.report_dir / RESULTS).exists()
    )
    if orchestration.report_dir is not None and there and DISK_FULL not in result.notes:
        lines.append(f"log:      {_shown_file(item, str(log_path(orchestration.log_id(item.nodeid))))}")
    return "\n".join(lines)


def _attempts(result: RunResult) -> list[str]:
    number = len(result.attempts)
    if number < 2:
        return []
    lines = []
    # The first ones have rarely anything to tell that the last ones have not.
    for place, attempt in list(enumerate(result.attempts, start=1))[-ATTEMPTS:]:
        why = clean(attempt.error or str(attempt.status)).replace("\n", " ")
        lines.append(f"attempt:  {place} of {number}: {why}, after {attempt.execution_time:.2f} s")
    return lines


def _overruled_shebang(item: ScriptItem) -> list[str]:
    """Return a note if the configuration has another program run the script than its first line names."""
    interpreter = item.effective_settings().interpreter
    try:
        shebang = parse_shebang(read_head(str(item.path))) if interpreter else None
    except OSError:
        return []
    if not interpreter or shebang is None or shebang.words[:1] == interpreter[:1] or shebang.argv == interpreter:
        return []
    return [f"its first line names {' '.join(shebang.argv)!r}; `interpreter` has {interpreter[0]!r} run it instead"]


def _streams(item: ScriptItem, result: RunResult) -> list[str]:
    wanted = item.config.getoption("showcapture", "all")
    lines = []
    is_partial = DISK_FULL in result.notes
    if wanted in ("all", "stderr"):
        lines += _tail(item, "stderr", result.stderr, result.stderr_file, is_partial)
    if wanted in ("all", "stdout"):
        lines += _tail(item, "stdout", result.stdout, result.stdout_file, is_partial)
    return lines


def _tail(item: ScriptItem, name: str, text: str, file: str | None, is_partial: bool) -> list[str]:
    lines = text.splitlines()  # at the returns of a progress bar as well
    if not lines:
        return []
    shown = lines[-TAIL_LINES:]
    left_out = ""
    if len(lines) > TAIL_LINES:
        # Of an output that was cut nobody has counted the lines.
        of_all = "" if _CUT.search(text) else f" of {len(lines)}"
        left_out = f", last {TAIL_LINES}{of_all} lines"
    if file is not None and item.config.stash[KEY].report_dir is not None:
        kept = "what was kept of it" if is_partial else "all of it"
        left_out += f", {kept} in {_shown_file(item, file)}"
    return [f"{name}{left_out}:", *(f"  {harmless_line(_clipped(line))}" for line in shown)]


def _shown_file(item: ScriptItem, file: str) -> str:
    """Return a file of the report directory as the user sees it, from another host too."""
    orchestration = item.config.stash[KEY]
    assert orchestration.report_dir is not None
    if orchestration.remote is None:
        return shown_report_path(orchestration.report_dir / file, item.config)
    stays = file.startswith(f"{orchestration.remote.host}:")
    return file if stays else f"{orchestration.remote.reports}/{file}"


def _clipped(line: str) -> str:
    if len(line) <= LINE_CHARS:
        return line
    return f"{line[: LINE_CHARS // 2]} [… {len(line) - LINE_CHARS} characters …] {line[-LINE_CHARS // 2 :]}"
