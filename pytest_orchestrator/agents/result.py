"""What one run of an agent's command line gave."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..core.result import Limit, iso_time
from ..core.status import Reason, Status
from ..core.transcript import Transcript, Usage
from ..quick_dataclasses import dataclass

if TYPE_CHECKING:
    from collections.abc import Mapping

SUCCESS = 0
TIMED_OUT = -1
"""The exit code of a run that a time limit stopped, and of no other (seed 002)."""
FAILURE = 1
NOT_EXECUTABLE = 126
NOT_FOUND = 127
CANCELLED = 130
SIGNALLED = 128
"""Added to the number of the signal that ended a run, as a shell does it."""


@dataclass(frozen=True, slots=True)
class ProcessResult:
    """The result of one process. The first five fields are seed 002's; the rest says what those cannot."""

    exit_code: int
    """0 success; -1 a time limit, and nothing else; 126 and 127 not executable and not found; 128 + n signal n; 130
    stopped by us because nobody wanted it any more; otherwise the command line's own, or 1."""
    output: str
    """What the plain output of the command line would be: its final text, else all it has said so far."""
    stderr: str
    """Its standard error; the middle of a long one is left out, and that is said."""
    duration: float
    """Seconds that it ran, pauses left out."""
    process_id: str
    status: Status = Status.PASSED
    reason: Reason | None = None
    """Why the status is ``error``: it says nothing of what the agent can do."""
    error: str | None = None
    """One sentence: why the status is not ``passed``."""
    signal: str | None = None
    """The name of the signal that ended it, as in ``SIGSEGV``."""
    limit: Limit | None = None
    """The limit that stopped it."""
    transcript: Transcript | None = None
    """What it said and did, as far as it came; None when it never started."""
    usage: Usage = Usage()
    cost_usd: float | None = None
    session_id: str | None = None
    """The command line's own name of the conversation, with which it can be resumed."""
    log_path: Path | None = None
    started: float = 0.0
    """Seconds since the epoch; 0 when it never started."""
    cli: str = ""
    model: str | None = None
    left_processes: tuple[str, ...] = ()
    """Command lines of what it left running; all of it was ended."""
    attempts: tuple[ProcessResult, ...] = ()
    """The results of the attempts before this one, where a strategy tried again."""

    @property
    def ok(self) -> bool:
        """Whether it succeeded: ``exit_code == 0``."""
        return self.exit_code == SUCCESS

    def raise_for_infrastructure(self) -> ProcessResult:
        """Return the result itself; raise AgentError when the run says nothing of the agent.

        That is status ``error``: no command line, rate limit, overload, authentication, network.
        """
        if self.status is Status.ERROR:
            from ..errors import AgentError

            message = f"{self.process_id}: {self.error} ({self.reason})"
            raise AgentError(message)
        return self

    def as_dict(self) -> dict[str, Any]:
        """Return plain JSON types: one key for each field, in their order."""
        return {
            "exit_code": self.exit_code,
            "output": self.output,
            "stderr": self.stderr,
            "duration": round(self.duration, 6),
            "process_id": self.process_id,
            "status": str(self.status),
            "reason": None if self.reason is None else str(self.reason),
            "error": self.error,
            "signal": self.signal,
            "limit": None
            if self.limit is None
            else {"name": self.limit.name, "value": self.limit.value, "source": self.limit.source},
            "transcript": None if self.transcript is None else self.transcript.as_dict(),
            "usage": self.usage.as_dict(),
            "cost_usd": self.cost_usd,
            "session_id": self.session_id,
            "log_path": None if self.log_path is None else str(self.log_path),
            "started": iso_time(self.started) if self.started else None,
            "started_epoch": self.started,
            "cli": self.cli,
            "model": self.model,
            "left_processes": list(self.left_processes),
            "attempts": [attempt.as_dict() for attempt in self.attempts],
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> ProcessResult:
        """Return what :meth:`as_dict` was made from. A KeyError, TypeError or ValueError says what does not fit."""
        limit, transcript, log_path = data["limit"], data["transcript"], data["log_path"]
        return cls(
            exit_code=int(data["exit_code"]),
            output=str(data["output"]),
            stderr=str(data["stderr"]),
            duration=float(data["duration"]),
            process_id=str(data["process_id"]),
            status=Status(data["status"]),
            reason=None if data["reason"] is None else Reason(data["reason"]),
            error=data["error"],
            signal=data["signal"],
            limit=None if limit is None else Limit(limit["name"], limit["value"], limit["source"]),
            transcript=None if transcript is None else Transcript.from_dict(transcript),
            usage=Usage.from_dict(data["usage"]),
            cost_usd=data["cost_usd"],
            session_id=data["session_id"],
            log_path=None if log_path is None else Path(log_path),
            started=float(data["started_epoch"]),
            cli=data["cli"],
            model=data["model"],
            left_processes=tuple(data["left_processes"]),
            attempts=tuple(map(cls.from_dict, data["attempts"])),
        )
