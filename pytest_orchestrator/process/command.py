"""What to run, and what came of it: the two ends of the engine."""

from __future__ import annotations

from dataclasses import field
from typing import TYPE_CHECKING

from ..config.settings import LeftProcesses, Limits
from ..quick_dataclasses import dataclass

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ..core.result import LeftProcess


@dataclass(frozen=True, slots=True)
class Warm:
    """A Python script as its interpreter sees it."""

    executable: bytes
    """The interpreter; absolute."""
    words: tuple[bytes, ...]
    """The whole command line: interpreter (as the kernel passes it), script (absolute), arguments."""
    name: bytes = b""
    """What the process is called; empty for the interpreter's name."""
    imports: tuple[str, ...] = ()
    """Modules that have been imported already."""


@dataclass(frozen=True, slots=True)
class Command:
    """A program to be started, with everything that bounds it."""

    argv: tuple[bytes, ...]
    """``argv[0]`` is an absolute path; nothing is looked up on PATH here."""
    cwd: bytes | None
    """Working directory, absolute; None for the temporary directory of this run, or one below it."""
    base_env: Mapping[bytes, bytes]
    """The environment to start from. Pass the same object for many commands: it is sent once."""
    env: Mapping[bytes, bytes] = field(default_factory=dict)
    """Added to ``base_env``."""
    unset: tuple[bytes, ...] = ()
    """Variables removed from ``base_env``."""
    below_tmp: bytes = b""
    """Where ``cwd`` is None: the directory below the temporary one that is made for it to run in; relative."""
    item: str = ""
    """Value of ``ORCHESTRATOR_ITEM``."""
    stdin: bytes | None = None
    """Standard input; None gives an empty one."""
    terminal: bool = False
    """Standard input is a terminal (a new one, from which nothing can be read) in place of ``stdin``."""
    timeout: float | None = None
    """Seconds until the whole tree is stopped."""
    idle_timeout: float | None = None
    """Seconds without output until the whole tree is stopped."""
    grace: float = 2.0
    """Seconds between SIGTERM and SIGKILL."""
    interrupt: bool = False
    """Send SIGINT to the program alone before SIGTERM goes to all: some then say what they have done so far."""
    limits: Limits = Limits()
    resources: tuple[str, ...] = ()
    """Named locks to hold while it runs, sorted."""
    left_processes: LeftProcesses = "kill"
    keep_stdout: bytes | None = None
    """Where to keep standard output that is too long for the result; None drops the middle of it."""
    keep_stderr: bytes | None = None
    redact: tuple[str, ...] = ()
    """More globs, beside the engine's own, for names of variables whose values are kept out of kept output that is
    left when this process is killed."""
    whole_output: bool = False
    """Give all output in files of this run alone (:attr:`Capture.path`), also when it is short.

    So it can be read, by whoever has opened it, while the program runs and after that.
    """
    warm: Warm | None = None
    """How to start it from an interpreter that is there already; None starts it from its beginning."""


@dataclass(frozen=True, slots=True)
class Capture:
    """One stream of a program's output."""

    head: bytes = b""
    tail: bytes = b""
    """Empty unless the output was cut."""
    size: int = 0
    """Bytes written in all."""
    path: bytes | None = None
    """The file that holds all of it, when it was cut and kept."""

    @property
    def was_cut(self) -> bool:
        """Whether bytes between head and tail are missing here."""
        return self.size > len(self.head) + len(self.tail)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a command."""

    started: float
    """Seconds since the epoch."""
    ended: float
    duration: float
    """Seconds by a monotonic clock, until the program itself ended (or was given up)."""
    exit_code: int | None = None
    """As :func:`os.waitstatus_to_exitcode` gives it: negative for a signal; None when it was never started."""
    stdout: Capture = Capture()
    stderr: Capture = Capture()
    limit: str | None = None
    """Which limit made us stop it: ``timeout``, ``idle_timeout`` or ``output_mb``."""
    left: tuple[LeftProcess, ...] = ()
    """Processes it left behind when it ended by itself."""
    unkillable: tuple[LeftProcess, ...] = ()
    """Processes that survived SIGKILL (another user's, or stuck in the kernel)."""
    cancelled: bool = False
    """Stopped, or never started, because nobody wanted the result any more."""
    cpu_time: float = 0.0
    max_rss_kb: int = 0
    tmp: bytes | None = None
    """Its temporary directory, if it put something there; whoever takes the outcome owns it."""
    error: str | None = None
    """Why it could not be started."""
    lost: bool = False
    """The supervisor died while it ran."""
    pid: int | None = None
    """None when it was never started, and when the supervisor died before it could tell."""
    was_started: bool = True
    """Whether the program ever ran, as far as is known: one that may have run is not run again."""
    is_warm: bool = False
    """Whether it was started as ``Command.warm`` says."""
    notes: tuple[str, ...] = ()
    """What is worth knowing of its start, one sentence each."""
