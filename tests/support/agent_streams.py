"""Recorded streams of real agent command lines, and lines of made-up ones."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pytest_orchestrator.agents.claude_stream import ClaudeParser
from pytest_orchestrator.agents.codex_stream import CodexParser

if TYPE_CHECKING:
    from pytest_orchestrator.agents.stream import StreamEvent
    from pytest_orchestrator.core.transcript import Transcript

STREAMS = Path(__file__).resolve().parents[1] / "agents" / "streams"

CLAUDE = ("claude-2.1.59", "claude-2.1.210", "claude-2.1.330")
CODEX = ("codex-0.133.0", "codex-0.144.4", "codex-0.163.0")

Parser = ClaudeParser | CodexParser


def parser_of(version: str) -> Parser:
    """Return a fresh parser for streams of ``version``."""
    return ClaudeParser() if version.startswith("claude") else CodexParser()


def recordings(*versions: str, name: str = "*") -> list[Path]:
    """Return the recordings of those versions, of all scenarios or of one."""
    found = [path for version in versions for path in sorted((STREAMS / version).glob(f"{name}.jsonl"))]
    assert found, f"no recording {name!r} of {versions}"
    return found


def recorded(version: str, name: str) -> bytes:
    """Return one recording."""
    return (STREAMS / version / f"{name}.jsonl").read_bytes()


def read(data: bytes, parser: Parser) -> list[StreamEvent]:
    """Feed a whole stream, and return what there was to show."""
    return [*parser.feed(data), *parser.close()]


def transcript_of(version: str, name: str) -> Transcript:
    """Return the transcript of one recording."""
    parser = parser_of(version)
    read(recorded(version, name), parser)
    return parser.transcript


def lines(*events: dict[str, Any]) -> bytes:
    """Return events as the bytes of a stream."""
    return b"".join(json.dumps(event).encode() + b"\n" for event in events)


def title(path: Path) -> str:
    """Return a recording's name for a test's id."""
    return f"{path.parent.name}-{path.stem}"
