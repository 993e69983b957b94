"""A socket on the loopback interface whose connections each have a thread, and which closes at once."""

from __future__ import annotations

import contextlib
import selectors
import socket
import threading
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

_BACKLOG = 256
_PATIENCE = 5.0
"""Seconds that closing waits for threads; only a function of the user's that blocks makes it wait at all."""


class Listener:
    """Accepts connections on a port of 127.0.0.1 that the kernel chooses, until it is closed."""

    def __init__(self, serve: Callable[[socket.socket], None]) -> None:
        """Begin to listen. ``serve`` is called with each connection, in a thread of its own, and need not close it."""
        self._serve = serve
        self._lock = threading.Lock()
        self._open: dict[socket.socket, threading.Thread] = {}
        self._is_closing = False
        self._wake, self._woken = socket.socketpair()
        self._socket = socket.create_server(("127.0.0.1", 0), backlog=_BACKLOG)
        self._socket.setblocking(False)
        self.port: int = self._socket.getsockname()[1]
        self._thread = threading.Thread(target=self._accept, name="model-endpoint", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stop listening and end every connection, whatever its thread waits for. A second call does nothing."""
        with self._lock:
            if self._is_closing:
                return
            self._is_closing = True
            connections = dict(self._open)
        self._wake.send(b"x")
        self._thread.join()
        for connection in connections:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        deadline = time.monotonic() + _PATIENCE
        for thread in connections.values():
            if thread is not threading.current_thread():
                thread.join(max(0.0, deadline - time.monotonic()))
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)  # a forked copy of this process may hold it open
        for end in (self._socket, self._wake, self._woken):
            end.close()

    def _accept(self) -> None:
        with selectors.DefaultSelector() as selector:
            selector.register(self._socket, selectors.EVENT_READ)
            selector.register(self._woken, selectors.EVENT_READ)
            while not self._is_closing:
                selector.select()
                try:
                    connection, _ = self._socket.accept()
                except BlockingIOError:
                    continue
                except OSError:
                    # Out of descriptors, or a client that went away again: neither ends the endpoint.
                    selector.unregister(self._socket)
                    selector.select(0.05)
                    selector.register(self._socket, selectors.EVENT_READ)
                    continue
                self._start(connection)

    def _start(self, connection: socket.socket) -> None:
        connection.setblocking(True)
        thread = threading.Thread(target=self._run, args=(connection,), name="model-endpoint-client", daemon=True)
        with self._lock:
            if self._is_closing:
                connection.close()
                return
            self._open[connection] = thread
        try:
            thread.start()
        except RuntimeError:  # the system has no thread left for it
            self._run(connection, is_served=False)

    def _run(self, connection: socket.socket, *, is_served: bool = True) -> None:
        try:
            if is_served:
                self._serve(connection)
        except OSError:
            pass  # the client went away, or the endpoint was closed
        finally:
            with self._lock:
                self._open.pop(connection, None)
            connection.close()
