"""What the row of an item says beyond the result of its script: reruns, expected failures, broken fixtures."""

from __future__ import annotations

from dataclasses import field
from typing import TYPE_CHECKING, Any

from ..core.status import Status
from ..quick_dataclasses import dataclass

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(slots=True)
class Pending:
    """What is known of an item before its last phase."""

    data: dict[str, Any] | None = None
    status: Status = Status.PASSED
    duration: float = 0.0
    was_called: bool = False
    comes_back: bool = False
    """Whether pytest-rerunfailures runs it again after this phase's teardown."""
    attempts: list[dict[str, Any]] = field(default_factory=list)
    """What came of the runs before this one."""
    xfail: str | None = None
    """Why it was expected to fail, if it was."""


def with_xfail(data: dict[str, Any], status: Status, reason: str) -> dict[str, Any]:
    """Return the data of an item that was expected to fail, with the reason and with what its status means then."""
    if status is Status.XFAILED and data.get("exit_code") is None and not data["execution_time"]:
        data = {**data, "error": "not started"}  # xfail(run=False), pytest.xfail() in a fixture
    if status is Status.FAILED and data["error"] is None:
        why = f": {reason}" if reason else ""
        data = {**data, "error": f"passed, but was expected to fail (strict xfail){why}"}
    return {**data, "xfail": reason}


def last_line(text: str) -> str:
    """Return the line of a traceback that says most: the last one marked as the error, else the last."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    errors = [line.removeprefix("E").strip() for line in lines if line.startswith("E ")]
    return (errors or lines or ["no message"])[-1]


def attempts_of(data: Mapping[str, Any] | None) -> list[dict[str, Any]]:
    """Return the attempts that one run of an item consisted of, as its result dictionary tells them."""
    if data is None:
        return [{"status": str(Status.ERROR), "exit_code": None, "execution_time": 0.0, "error": None}]
    keys = ("status", "exit_code", "execution_time", "error")
    attempts: list[dict[str, Any]] = data.get("attempts") or [{key: data.get(key) for key in keys}]
    return attempts
