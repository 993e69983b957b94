"""One failing item in ``report.md``: why, for how long, how to repeat it, what it last said, where the rest is."""

from __future__ import annotations

import os
import shlex
from collections.abc import Mapping
from typing import Any

from ..core.document import TAIL_CHARS, ResultRow
from ..core.kinds import SCRIPT, SKILL, WORKFLOW
from ..core.names import unescape_name
from ..core.result import IN_SECONDS
from ..core.status import Reason, Status
from .amounts import format_duration, format_number, format_size, plural
from .logs import log_path
from .quoting import clean, code, fence, last_lines

LAST_LINES = 30
_FOLDED_FROM = 12
"""Output of more than about so many lines is folded away."""
_COMMAND_CHARS = 4000
_BYTE = {ord("\n"): r"\n", ord("\t"): r"\t", ord("\\"): r"\\", ord("'"): r"\'"}


def repeat_command(nodeid: str) -> str:
    """Return the shell command that runs one item again."""
    # pytest takes an argument that starts with a dash for an option.
    argument = f"./{nodeid}" if nodeid.startswith("-") else nodeid
    return f"pytest --orchestrate {shlex.quote(argument)}"


def quote_word(word: str) -> str:
    """Return a word of a command quoted for a shell, on one line and printable, whatever bytes are in it."""
    if clean(word) == word and "\n" not in word:
        return shlex.quote(word)
    # $'...' is the one quoting that can name a byte; POSIX has it since 2024, bash, zsh and ksh always had.
    pieces = (_BYTE.get(byte) or (chr(byte) if 0x20 <= byte < 0x7F else f"\\{byte:03o}") for byte in _bytes(word))
    return f"$'{''.join(pieces)}'"


def _bytes(word: str) -> bytes:
    try:
        return os.fsencode(word)
    except UnicodeEncodeError:
        return word.encode("utf-8", "backslashreplace")


def describe_limit(limit: object) -> str:
    """Return a limit of a result dictionary in words: ``timeout 2 s (scripts/orchestrator.yaml)``; else nothing."""
    if not isinstance(limit, Mapping):
        return ""
    name, value, source = (limit.get(key) for key in ("name", "value", "source"))
    unit = " s" if name in IN_SECONDS else ""
    return f"{name} {format_number(value)}{unit}{f' ({source})' if source else ''}"


def describe_attempts(row: ResultRow, most: int = 10) -> list[str]:
    """Return a piece of Markdown for each attempt: ``attempt 1 of 3: failed, `exit 1`, after 200 ms``.

    At most ``most`` of them; the last one then says how many more there were.
    """
    attempts = row.entries("attempts")
    shown = [
        f"attempt {number} of {len(attempts)}: {_attempt(attempt)}"
        for number, attempt in enumerate(attempts[:most], start=1)
    ]
    return shown + [f"… and {len(attempts) - most} more attempts"] * (len(attempts) > most)


def _attempt(attempt: object) -> str:
    if not isinstance(attempt, Mapping):
        return code(str(attempt), 100)
    seconds, error = attempt.get("execution_time"), attempt.get("error")
    text = str(attempt.get("status", "?")).replace("_", " ") if attempt.get("status") in tuple(Status) else "?"
    if isinstance(error, str) and error:
        text += f", {code(error, 150)},"
    return f"{text} after {format_duration(seconds)}" if isinstance(seconds, int | float) else text.rstrip(",")


def describe_left(row: ResultRow, most: int = 5) -> str:
    """Return the processes that an item left behind as a piece of Markdown, with at most ``most`` of them named."""
    left = row.entries("left_processes")
    commands = [str(entry.get("command", "?")) if isinstance(entry, Mapping) else str(entry) for entry in left]
    named = ", ".join(code(command, 120) for command in commands[:most])
    more = f" and {len(left) - most} more" if len(left) > most else ""
    return f"{plural(len(left), 'background process', 'background processes')}: {named}{more}"


def _lasted(row: ResultRow) -> str:
    if not row.duration and row.data.get("exit_code") is None:
        # How far it came in a worker that died nobody knows.
        return "" if row.data.get("reason") == Reason.INFRASTRUCTURE else "not started"
    limit = row.data.get("timeout")
    against = f" of {format_number(limit)} s allowed" if isinstance(limit, int | float) and limit else ""
    return f"ran {format_duration(row.duration)}{against}"


def _exit(data: Mapping[str, Any]) -> str | None:
    signal, exit_code = data.get("signal"), data.get("exit_code")
    if isinstance(signal, str) and signal:
        return f"ended by {code(signal, 30)}"
    return f"exit code {exit_code}" if isinstance(exit_code, int) else None


def _facts(row: ResultRow) -> list[str]:
    data = row.data
    facts = [f"- {row.status}: {code(row.error, 1000) if row.error else 'no message was recorded'}"]
    if ran := ", ".join(filter(None, [_lasted(row), _exit(data)])):
        facts.append(f"- {ran}")
    if limit := describe_limit(data.get("limit")):
        facts.append(f"- limit that stopped it: {code(limit)}")
    if row.status is Status.ERROR and data.get("reason"):
        facts.append(f"- reason: {code(str(data['reason']), 60)}")
    expectations = row.entries("failures")
    facts += [f"- not as expected: {code(str(text), 500)}" for text in expectations[:10]]
    if len(expectations) > 10:
        facts.append(f"- … and {len(expectations) - 10} more that were not as expected")
    if len(row.entries("attempts")) > 1:
        facts += [f"- {attempt}" for attempt in describe_attempts(row)]
    if row.entries("left_processes"):
        facts.append(f"- left {describe_left(row)}")
    if data.get("changed_by"):
        facts.append(f"- verdict changed by {code(str(data['changed_by']))}")
    if row.worker:
        facts.append(f"- on worker {code(row.worker, 60)}")
    return facts


def _files(row: ResultRow, log_id: str) -> list[str]:
    # An item without data never ran and has no log.
    facts = [f"- log: {code(str(log_path(log_id)), 1100)}"] if row.data else []
    for stream in ("stdout", "stderr"):
        path, size = row.data.get(f"{stream}_file"), row.data.get(f"{stream}_bytes")
        if isinstance(path, str) and path:
            amount = f" ({format_size(size)})" if isinstance(size, int) else ""
            facts.append(f"- whole {stream}{amount}: {code(path, 1100)}")
    if row.data.get("tmp"):
        facts.append(f"- temporary directory, kept: {code(str(row.data['tmp']), 1100)}")
    return facts


def _commands(row: ResultRow) -> list[str]:
    parts: list[str] = []
    if row.kind in (SCRIPT, SKILL, WORKFLOW):  # pytest takes the id of nothing else
        repeat = clean(repeat_command(row.nodeid))
        if len(repeat) > _COMMAND_CHARS:
            repeat = "# the id is too long to be shown here; it is in the log"
        parts += ["Repeat it:\n", fence(repeat, "sh")]
    command = row.entries("command")
    if command:
        own = " ".join(quote_word(unescape_name(str(word))) for word in command)
        if len(own) > _COMMAND_CHARS:
            own = f"{own[:_COMMAND_CHARS]} …"
        cwd = row.data.get("cwd")
        where = f", in {code(cwd, 500)}" if isinstance(cwd, str) and cwd else ""
        parts += [f"The program itself{where}:\n", fence(own, "sh")]
    return parts


def _output(row: ResultRow) -> list[str]:
    parts = []
    for stream in ("stderr", "stdout"):
        text = row.data.get(stream)
        if not isinstance(text, str) or not text.strip():
            size = row.data.get(f"{stream}_bytes")
            if isinstance(size, int) and size and not text:
                parts.append(f"{stream}: {format_size(size)}, see the log\n")
            continue
        shown = last_lines(text, LAST_LINES, TAIL_CHARS)
        title = f"{stream}, the end of it" if shown.startswith("…") else stream
        if shown.count("\n") > _FOLDED_FROM:
            parts.append(f"<details><summary>{title}</summary>\n\n{fence(shown)}\n</details>\n")
        else:
            parts.append(f"{title}:\n\n{fence(shown)}")
    return parts


def failure_block(row: ResultRow, log_id: str) -> str:
    """Return the part of the report about one item that failed: a heading and what is known, safe Markdown.

    ``log_id`` is what its log is named after (:meth:`~pytest_orchestrator.core.document.RunDocument.log_id`).
    """
    facts = "\n".join([*_facts(row), *_files(row, log_id)])
    return "\n".join([f"### {code(row.nodeid, 500)}\n", f"{facts}\n", *_commands(row), *_output(row)]).rstrip() + "\n\n"


def failure_line(row: ResultRow) -> str:
    """Return one line about an item that failed, for when there is no room for a block."""
    return f"- {code(row.nodeid)}: {code(row.error or str(row.status), 200)}\n"
