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

    def __init__(self, number: int, fields: dict[str, Any], base_env: dict[bytes, bytes]) -> None:
        self.number = number
        self._base_env = base_env
        self._env: dict[bytes, bytes] = fields["env"]
        self._unset: list[bytes] = fields["unset"]
        self.argv: list[bytes] = fields["argv"]
        self.program: bytes = fields["program"]
        self.cwd: bytes | None = fields["cwd"]
        self.below_tmp: bytes = fields["below_tmp"]
        self.stdin: bytes | None = fields["stdin"]
        self.timeout: float | None = fields["timeout"]
        self.idle_timeout: float | None = fields["idle_timeout"]
        self.grace: float = fields["grace"]
        self.interrupt: bool = fields["interrupt"]
        self.output_limit: int | None = fields["output_limit"]
        self.resources: list[str] = fields["resources"]
        self.left_processes: str = fields["left_processes"]
        self.keep_stdout: bytes | None = fields["keep_stdout"]
        self.keep_stderr: bytes | None = fields["keep_stderr"]
        self.redact: list[str] = fields["redact"]
        self.terminal: bool = fields["terminal"]
        self.whole_output: bool = fields["whole_output"]
        self.warm: tuple[bytes, list[bytes], bytes, list[str]] | None = fields["warm"]
        """The interpreter to start it from, the whole command line, the process's name, and the warm imports."""
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
