"""What agents did in one test, as plain data of bounded size: for reports, which outlive the test."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..core.names import escape_name
from ..errors import OrchestratorError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from .fake_commands import FakeCommands
    from .result import ProcessResult
    from .workspace import AgentWorkspace

TEXT_CHARS = 16_000
"""Characters of one text that are kept; of a longer one its beginning and its end."""
TRANSCRIPT_CHARS = 1_000_000
"""Characters of all texts of one transcript that are kept, about; what comes later is left out, and counted."""
ALL_CHARS = 8_000_000
"""Characters of all runs of a test that are kept, about; of runs beyond that everything but the transcript is."""
MOST_CALLS = 500
"""Calls of fake commands that are kept."""
MOST_FILES = 1000
"""Names of files that are kept, in each list."""
DIFF_CHARS = 64_000
DEEPEST = 40
"""Levels of data that are kept: an agent may give a tool what no encoder takes."""


def shortened(text: str, limit: int = TEXT_CHARS) -> str:
    """Return ``text`` with at most about ``limit`` characters: beginning and end, and between them what is missing."""
    if len(text) <= limit:
        return text
    head, tail = limit // 4, limit - limit // 4
    return f"{text[:head]}\n[{len(text) - head - tail} characters left out]\n{text[-tail:]}"


def run_evidence(prompt: str, result: ProcessResult) -> dict[str, Any]:
    """Return plain JSON types about one run: what :meth:`ProcessResult.as_dict` has, texts shortened, and the prompt.

    Bytes that are no text are left out of the transcript; the log at ``log_path`` has them all.
    """
    transcript = result.transcript
    plain: dict[str, Any] = {**result.as_dict(), "prompt": prompt}
    del plain["started_epoch"]
    plain["attempts"] = len(result.attempts)
    plain["turns"] = 0 if transcript is None else transcript.turns
    plain["tools"] = 0 if transcript is None else len(transcript.tool_calls)
    if plain["transcript"] is not None:
        plain["transcript"] = _bounded_transcript(plain["transcript"])
    return {name: _bounded(value) if name != "transcript" else value for name, value in plain.items()}


def _bounded_transcript(plain: dict[str, Any]) -> dict[str, Any]:
    room = TRANSCRIPT_CHARS
    bounded = {**plain, "left_out": 0}
    for name in ("messages", "tool_calls"):
        kept = []
        for part in plain[name]:
            if isinstance(part.get("result"), dict):
                part = {**part, "result": {**part["result"], "base64": None}}
            part = _bounded(part)
            room -= _size(part)
            if room < 0:
                bounded["left_out"] += 1
            else:
                kept.append(part)
        bounded[name] = kept
    return {
        name: _bounded(value) if name not in ("messages", "tool_calls") else value for name, value in bounded.items()
    }


def _bounded(value: Any, depth: int = 0) -> Any:
    """Return plain data with its texts shortened and fit for every encoder, and no deeper than :data:`DEEPEST`."""
    if isinstance(value, str):
        return shortened(value if value.isascii() else visible_surrogates(value))
    if isinstance(value, list | dict) and depth == DEEPEST:
        return "[deeper than is kept]"
    if isinstance(value, list):
        return [_bounded(each, depth + 1) for each in value]
    if isinstance(value, dict):
        return {_bounded(name): _bounded(each, depth + 1) for name, each in value.items()}
    return value


def visible_surrogates(text: str) -> str:
    r"""Return ``text`` with lone surrogates, which a model may well write, as the text ``\udXXX``."""
    return text.encode("utf-8", "backslashreplace").decode()


def _size(value: Any) -> int:
    if isinstance(value, str):
        return len(value) + 2
    if isinstance(value, list):
        return sum(map(_size, value))
    return sum(len(name) + _size(each) for name, each in value.items()) if isinstance(value, dict) else 8


def bounded_runs(runs: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the evidence of many runs, without the transcripts that are more than what is kept of one test."""
    room = ALL_CHARS
    kept = []
    for run in runs:
        room -= _size(run["transcript"])
        kept.append(run if room >= 0 else {**run, "transcript": None})
    return kept


def workspace_evidence(workspace: AgentWorkspace) -> dict[str, Any]:
    """Return plain JSON types about what has become of a workspace: lists of names, commits, the difference.

    Where it cannot be told, because an agent has removed it, ``problem`` says so.
    """
    plain: dict[str, Any] = {"path": escape_name(str(workspace.path))}
    try:
        changes = workspace.changes()
        for name in ("created", "modified", "deleted"):
            names = getattr(changes, name)
            plain[name] = [escape_name(each) for each in names[:MOST_FILES]]
        plain["untouched"] = len(changes.untouched)
        plain["diff"] = shortened(workspace.diff(changes), DIFF_CHARS)
        plain["commits"] = [
            {"id": commit.id, "author": commit.author, "time": commit.time, "subject": commit.subject}
            for commit in workspace.commits()
        ]
    except (OrchestratorError, OSError) as error:
        plain["problem"] = str(error)
    return plain


def commands_evidence(fake: FakeCommands) -> dict[str, Any]:
    """Return plain JSON types about the calls of fake commands; ``problem`` says why they cannot be told."""
    try:
        calls = fake.calls
    except OrchestratorError as error:
        return {"calls": [], "count": 0, "unexpected": 0, "problem": str(error)}
    return {
        "calls": [_bounded(call.as_dict()) for call in calls[:MOST_CALLS]],
        "count": len(calls),
        "unexpected": sum(not call.is_expected for call in calls),
    }


def totals(runs: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Return what runs cost together: ``runs``, ``tokens``, and ``cost_usd``, which is None where none is known."""
    costs = [run["cost_usd"] for run in runs if run["cost_usd"] is not None]
    tokens = sum(run["usage"]["total"] for run in runs)
    return {"runs": len(runs), "tokens": tokens, "cost_usd": round(sum(costs), 6) if costs else None}
