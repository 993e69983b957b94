"""Telling a running session something from another program: a socket in its directory."""

from __future__ import annotations

import contextlib
import json
import os
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
        self._is_closed = threading.Event()
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            with contextlib.suppress(FileNotFoundError):
                os.unlink(directory / SOCKET)  # of a controller that died
            with _address(directory) as address:
                self._socket.bind(address)
            self._socket.listen()
        except OSError:
            self._socket.close()
            raise
        self._thread = threading.Thread(target=self._serve, name="session-control", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Obey no more."""
        self._is_closed.set()
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)  # wakes the thread
        self._socket.close()
        if threading.current_thread() is not self._thread:
            self._thread.join()
        with contextlib.suppress(OSError):
            os.unlink(self._directory / SOCKET)

    def forget(self) -> None:
        """Let go of the socket in a forked process, in which nobody listens to it."""
        self._socket.close()

    def _serve(self) -> None:
        while not self._is_closed.is_set():
            try:
                connection, _ = self._socket.accept()
            except OSError:
                self._is_closed.wait(_LISTEN / 50)  # out of descriptors, for one: that may pass
                continue
            with connection, contextlib.suppress(OSError):
                connection.settimeout(_LISTEN)
                order = connection.recv(_LONGEST).decode("utf-8", "replace").strip()
                connection.sendall(json.dumps(self._answer(order)).encode())

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
