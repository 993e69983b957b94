"""Whose end ends the programs of this process, beside its own."""

from __future__ import annotations

_OWNERS: set[int] = set()


def end_with(pid: int) -> None:
    """Have the programs that this process starts from now on end when process ``pid`` does, as when this one does.

    A worker of xdist outlives its controller for as long as it is busy; nobody wants its programs by then.
    """
    _OWNERS.add(pid)


def owners() -> tuple[int, ...]:
    """Return those that were named."""
    return tuple(_OWNERS)
