"""Marks by which a process is known as part of a program, wherever it went.

Two of them. An environment variable, which nested runs append to, and which a program can wipe. And a number that
every child inherits and nothing resets by accident: the soft RLIMIT_RTTIME, a time limit for real-time scheduling.
Ours are above 146 000 years, so it limits nothing. (A cgroup would do the same, but needs rights that users lack.)
"""

from __future__ import annotations

import resource

RUN_VARIABLE = b"ORCHESTRATOR_RUN"
"""Environment variable that names supervisor and program."""

_BASE = 1 << 62
_NUMBER_BITS = 24
_TOKEN_BITS = 38
_LINE = b"Max realtime timeout"


class Marks:
    """The marks of one supervisor's programs, which are told apart by their numbers."""

    def __init__(self, token: bytes) -> None:
        """Take ``token``, a random hexadecimal number of at least ten digits."""
        self._prefix = token + b"."
        self._base = _BASE | (int(token[:10], 16) & ((1 << _TOKEN_BITS) - 1)) << _NUMBER_BITS
        self._can_limit = False

    def allow_limits(self) -> None:
        """Find out whether this process may set the limit; where it may not, the variable has to do."""
        soft, hard = resource.getrlimit(resource.RLIMIT_RTTIME)
        # A finite limit that is not one of ours belongs to the user.
        self._can_limit = hard == resource.RLIM_INFINITY and (soft == resource.RLIM_INFINITY or soft >= _BASE)

    def put_on_next(self, number: int) -> None:
        """Make the next process that this one starts, and all that come from it, carry ``number``."""
        if self._can_limit:
            limit = self._base | number & ((1 << _NUMBER_BITS) - 1)
            resource.setrlimit(resource.RLIMIT_RTTIME, (limit, resource.RLIM_INFINITY))

    @property
    def can_limit(self) -> bool:
        """Whether processes are marked by the limit, and not by the variable alone."""
        return self._can_limit

    def put_on(self, pid: int, number: int) -> None:
        """Make ``pid``, and all that will come from it, carry ``number``. Raise OSError when it is gone."""
        limit = self._base | number & ((1 << _NUMBER_BITS) - 1)
        resource.prlimit(pid, resource.RLIMIT_RTTIME, (limit, resource.RLIM_INFINITY))

    def variable(self, number: int, outer: bytes | None) -> bytes:
        """Return the value of the variable for program ``number`` in an environment where it is ``outer``."""
        mine = self._prefix + str(number).encode()
        return mine if outer is None else outer + b"/" + mine

    def number_of(self, pid: int) -> int | None:
        """Return the number that ``pid`` carries; None if it carries none of these marks (or cannot be read)."""
        limit = _soft_limit(pid)
        if limit >> _NUMBER_BITS == self._base >> _NUMBER_BITS:
            return limit & ((1 << _NUMBER_BITS) - 1)
        value = environment_value(pid, RUN_VARIABLE)
        if value is None or self._prefix not in value:
            return None
        for part in value.split(b"/"):
            if part.startswith(self._prefix) and part[len(self._prefix) :].isdigit():
                return int(part[len(self._prefix) :])
        return None


def _soft_limit(pid: int) -> int:
    try:
        return resource.prlimit(pid, resource.RLIMIT_RTTIME)[0]
    except ProcessLookupError:
        return -1
    except PermissionError:
        # Another user's, but anybody may read its limits.
        return _soft_limit_in_file(pid)


def _soft_limit_in_file(pid: int) -> int:
    try:
        with open(f"/proc/{pid}/limits", "rb") as file:
            for line in file:
                if line.startswith(_LINE):
                    value = line[len(_LINE) :].split()[0]
                    return int(value) if value.isdigit() else -1
    except OSError:
        return -1
    return -1


def environment_value(pid: int, name: bytes) -> bytes | None:
    """Return the value of ``name`` in the environment that ``pid`` was started with; None if it has none."""
    try:
        with open(f"/proc/{pid}/environ", "rb") as file:
            block = b"\0" + file.read()
    except OSError:
        return None
    start = block.find(b"\0" + name + b"=")
    if start < 0:
        return None
    start += len(name) + 2
    end = block.find(b"\0", start)
    return block[start:] if end < 0 else block[start:end]
