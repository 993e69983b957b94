"""What the engine asks for: one program, and everything about its run that was decided before."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


class Request:
    """What the engine asked for. The fields are those of ``command.Command``, as plain values."""

    __slots__ = (
        "_base_env", "_env", "_unset", "argv", "below_tmp", "cwd", "grace", "idle_timeout", "interrupt", "is_held",
        "keep_stderr", "keep_stdout", "left_processes", "notes", "number", "output_limit", "program", "redact",
        "resources", "stdin", "terminal", "timeout", "warm", "whole_output",
    )  # fmt: skip

    # What each of them is stands with the fields of ``command.Command``.
    argv: list[bytes]
    program: bytes
    cwd: bytes | None
    below_tmp: bytes
    _env: dict[bytes, bytes]
    _unset: list[bytes]
    stdin: bytes | None
    timeout: float | None
    idle_timeout: float | None
    grace: float
    interrupt: bool
    output_limit: int | None
    resources: list[str]
    left_processes: str
    keep_stdout: bytes | None
    keep_stderr: bytes | None
    redact: list[str]
    terminal: bool
    whole_output: bool
    warm: tuple[bytes, list[bytes], bytes, list[str]] | None
    """The interpreter to start it from, the whole command line, the process's name, and the warm imports."""

    def __init__(self, number: int, values: tuple[Any, ...], base_env: dict[bytes, bytes]) -> None:
        """Take the values of ``request.run_message`` and what its environment is added to."""
        self.number = number
        self._base_env = base_env
        (
            self.argv, self.program, self.cwd, self.below_tmp, self._env, self._unset, self.stdin, self.timeout,
            self.idle_timeout, self.grace, self.interrupt, self.output_limit, self.resources, self.left_processes,
            self.keep_stdout, self.keep_stderr, self.redact, self.terminal, self.whole_output, self.warm,
        ) = values  # fmt: skip
        self.is_held = False
        """Whether it is to stand still from its start on."""
        self.notes: list[str] = []
        """What is worth knowing of its start."""

    def environment(self) -> dict[bytes, bytes]:
        """Return the program's environment, but for what is added when it starts."""
        environment = {**self._base_env, **self._env}
        for name in self._unset:
            environment.pop(name, None)
        return environment
