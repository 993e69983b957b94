"""A family of misbehaving command lines, run as agents' processes: what each does, and what must come of it."""

from __future__ import annotations

import re
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pytest_orchestrator.agents.claude_stream import ClaudeParser
from pytest_orchestrator.agents.clis import AgentCli, register_agent_cli
from pytest_orchestrator.agents.plain_stream import PlainParser
from pytest_orchestrator.agents.process import CliProcess

if TYPE_CHECKING:
    from pytest_orchestrator.agents.settings import Launch

PROGRAM = Path(__file__).resolve().parents[1] / "agents/misbehaving/misbehaving_program.py"
SAID = "as far as it came\n"
LONG_PROMPT = "All work and no play. " * (5_000_000 // 22)
GRACE = 0.6
"""Seconds between SIGTERM and SIGKILL for the family."""
SLOW = 5.0
"""Seconds that a machine with other things to do may take for what needs none."""


@dataclass(frozen=True)
class Way:
    """One way to misbehave."""

    name: str
    status: str = "passed"
    """What comes of it where nothing limits it."""
    exit_code: int = 0
    signal: str | None = None
    output: str = SAID
    logged: bytes | None = SAID.encode()
    """What must be in the log of its standard output; None where another test sees to that."""
    terminal: bool = False
    prompt: str = "hello"
    leaves: bool = False
    """Whether it leaves processes when it ends by itself."""

    @property
    def dies(self) -> bool:
        """Whether it is gone before anything can limit it."""
        return self.signal is not None


ODD = "\\xff\\xfe and \x00 and \\xc3( \\xf0\\x9f\n"
ENDINGS = "one\r\ntwo\rthree\n\rfour\r\n"

WAYS = [
    Way("reads_nothing", prompt=LONG_PROMPT),
    Way("holds_its_terminal", terminal=True),
    Way("floods_its_terminal", terminal=True, leaves=True),
    Way("starts_daemons", leaves=True),
    Way("ignores_signals"),
    Way("has_no_newline", output=SAID.rstrip()),
    Way("writes_odd_bytes", output=SAID + ODD, logged=SAID.encode() + b"\xff\xfe and \x00 and \xc3\x28 \xf0\x9f\n"),
    Way("ends_lines_oddly", output=ENDINGS, logged=ENDINGS.encode()),
    Way("dies_by_segv", "failed", 139, "SIGSEGV"),
    Way("dies_by_kill", "failed", 137, "SIGKILL"),
    Way("dies_by_hangup", "failed", 129, "SIGHUP"),
    Way(
        "prints_half_an_event",
        output=SAID + '{"type":"result","subtype":"succ',
        logged=SAID.encode() + b'{"type":"result","subtype":"succ',
    ),
    Way("says_nothing", output="", logged=b""),
    Way("leaves_its_output_open", leaves=True),
    Way("closes_its_output"),
    Way("speaks_after_its_death", output=SAID + "from the grave\n", logged=SAID.encode() + b"from the grave\n"),
]
"""Those that are quick. What they say with ``hang`` is the same, but for the one that speaks after its death."""
HEAVY = ["is_loud", "writes_one_long_line", "writes_without_end", "forks_without_end"]


def family_cli(*, stream: bool = False) -> str:
    """Register the command line of the family and return its name."""
    name = "misbehaving-stream" if stream else "misbehaving"
    flags = ["--stream"] if stream else []

    def arguments(launch: Launch) -> list[str]:
        way, *more = launch.extra_args
        prompt = [] if launch.prompt is None else [launch.prompt]
        return ["-I", "-S", str(PROGRAM), way, *flags, *prompt, *more]

    parser = ClaudeParser if stream else lambda: PlainParser(name)
    register_agent_cli(AgentCli(name, sys.executable, arguments, parser, ends_on_interrupt=stream))
    return name


def process(
    directory: Path, way: str, mark: str, *, hang: bool = False, stream: bool = False, **more: Any
) -> CliProcess:
    """Return a process of the family that works in a new directory of its own."""
    working_dir = directory / f"{way}{'-stream' * stream}"
    working_dir.mkdir(parents=True)
    return CliProcess(
        more.pop("prompt", "hello"),
        way,
        working_dir,
        directory / "logs",
        None,
        False,
        more.pop("timeout", 60.0),
        cli=family_cli(stream=stream),
        extra_args=[way, *(["--hang"] if hang else []), mark],
        grace=more.pop("grace", GRACE),
        stdin="terminal" if more.pop("terminal", False) else "prompt",
        **more,
    )


_LINE = re.compile(rb"\S+ (out|err)([+*]?) (.*)", re.DOTALL)


def logged(log: Path) -> tuple[bytes, bytes]:
    """Return what a log says that standard output and standard error were, without a last newline."""
    parts: dict[bytes, list[bytes]] = {b"out": [], b"err": []}
    with log.open("rb") as lines:
        for line in lines:
            match = _LINE.fullmatch(line.removesuffix(b"\n"))
            if match is None:
                continue
            kind, form, text = match.groups()
            if form == b"*":
                text = re.sub(rb"\\(.)", lambda found: b"\n" if found[1] == b"n" else found[1], text)
            if form != b"+" and parts[kind]:
                parts[kind].append(b"\n")
            parts[kind].append(text)
    return b"".join(parts[b"out"]), b"".join(parts[b"err"])
