"""Telling a running session something from another program: a socket in its directory."""

from __future__ import annotations

import contextlib
import json
import os
import select
import socket
import threading
from typing import TYPE_CHECKING, Any

from ..errors import AgentError, OrchestratorError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

SOCKET = "control"
PATIENCE = 60.0
"""Seconds that an order may take: who is killed gets a grace period."""
_LISTEN = 5.0
"""Seconds in which one who has called must say what is wanted: others wait meanwhile."""
_LONGEST = 1 << 16


@contextlib.contextmanager
def _address(directory: Path) -> Iterator[str]:
    """Yield a path of the socket that is short enough: the system takes 107 bytes, and directories may be deep."""
    held = os.open(directory, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        yield f"/proc/self/fd/{held}/{SOCKET}"
    finally:
        os.close(held)


class Control:
    """The controller's end: a thread that obeys one order after another."""

    def __init__(self, directory: Path, obey: Callable[[str], Mapping[str, Any]]) -> None:
        """``obey`` is called with each order and returns the answer. Raise OSError if there can be no socket."""
        self._directory = directory
        self._obey = obey
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            with contextlib.suppress(FileNotFoundError):
                os.unlink(directory / SOCKET)  # of a controller that died
            with _address(directory) as address:
                self._socket.bind(address)
            self._socket.listen()
            self._end = os.eventfd(0, os.EFD_CLOEXEC | os.EFD_NONBLOCK)
            """Readable from the end on: whatever the thread waits for, it waits for that as well."""
        except OSError:
            self._socket.close()
            raise
        self._thread = threading.Thread(target=self._serve, name="session-control", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Obey no more. Waits for the order that is being obeyed, but not for who has called and says nothing."""
        os.eventfd_write(self._end, 1)
        if threading.current_thread() is not self._thread:
            self._thread.join()
        with contextlib.suppress(OSError):
            os.unlink(self._directory / SOCKET)

    def forget(self) -> None:
        """Let go of the socket in a forked process, in which nobody listens to it."""
        self._socket.close()
        os.close(self._end)

    def _serve(self) -> None:
        try:
            while self._wait_for(self._socket):
                try:
                    connection, _ = self._socket.accept()
                except OSError:
                    self._wait_for(None, _LISTEN / 50)  # out of descriptors, for one: that may pass
                    continue
                with connection, contextlib.suppress(OSError):
                    self._listen_to(connection)
        finally:
            self._socket.close()
            os.close(self._end)

    def _listen_to(self, connection: socket.socket) -> None:
        if self._wait_for(connection, _LISTEN):
            connection.settimeout(_LISTEN)
            order = connection.recv(_LONGEST).decode("utf-8", "replace").strip()
            connection.sendall(json.dumps(self._answer(order)).encode())

    def _wait_for(self, other: socket.socket | None, seconds: float | None = None) -> bool:
        """Wait until ``other`` has something to read; return False when it has not after ``seconds``, or at the end."""
        poll = select.poll()
        poll.register(self._end, select.POLLIN)
        if other is not None:
            poll.register(other, select.POLLIN)
        ready = [descriptor for descriptor, _ in poll.poll(None if seconds is None else seconds * 1000)]
        return bool(ready) and self._end not in ready

    def _answer(self, order: str) -> Mapping[str, Any]:
        try:
            return self._obey(order)
        except (OrchestratorError, OSError) as error:
            return {"error": str(error)}


def tell(directory: Path, order: str) -> dict[str, Any]:
    """Give the controller of the session in ``directory`` an order and return its answer.

    Raise AgentError when nobody is there, or does not answer.
    """
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
        connection.settimeout(PATIENCE)
        try:
            with _address(directory) as address:
                connection.connect(address)
            connection.sendall(order.encode())
            connection.shutdown(socket.SHUT_WR)
            answer = b""
            while data := connection.recv(_LONGEST):
                answer += data
            return dict(json.loads(answer))
        except (OSError, ValueError) as error:
            problem = f"the controller of session {directory.name!r} does not answer: {error}"
            raise AgentError(problem) from error
