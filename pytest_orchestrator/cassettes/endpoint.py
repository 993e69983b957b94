"""The loopback model endpoint: a server that plays a script in place of a model."""

from __future__ import annotations

import json
import threading
from collections import deque
from typing import TYPE_CHECKING

from ..errors import AgentError
from .agent_settings import settings_for
from .answer import Answer, input_tokens
from .dialects import error_answer, public_headers, read_request, scripted_answer
from .http_connection import HttpConnection, RefusedBodyError
from .listener import Listener
from .reply import ModelError, Reply
from .script import Script

if TYPE_CHECKING:
    import socket
    from collections.abc import Sequence

    from ..agents.settings import AgentSettings
    from .request import ModelRequest
    from .script import ReplyFunction

MOST_BYTES_KEPT = 16 * 1024 * 1024
"""Bytes of requests that an endpoint keeps; the oldest are dropped, and counted."""


class ModelEndpoint:
    """A server on 127.0.0.1 that answers agents from a script, in Anthropic's and OpenAI's dialects."""

    def __init__(self, script: Sequence[Reply] | ReplyFunction) -> None:
        self._script = Script(script)
        self._lock = threading.Lock()
        self._requests: deque[ModelRequest] = deque()
        self._kept = 0
        self._unmatched: list[str] = []
        self._listener = Listener(self._serve)

    @property
    def url(self) -> str:
        """Where the endpoint listens, as in ``http://127.0.0.1:40123``; both dialects are below ``/v1``."""
        return f"http://127.0.0.1:{self._listener.port}"

    @property
    def requests(self) -> tuple[ModelRequest, ...]:
        """What was asked, oldest first."""
        with self._lock:
            return tuple(self._requests)

    @property
    def unmatched(self) -> tuple[str, ...]:
        """What the script had no reply for, in words."""
        with self._lock:
            return tuple(self._unmatched)

    def agent_settings(self, cli_name: str) -> AgentSettings:
        """Return the environment and arguments that make the CLI ``cli_name`` talk to this endpoint, and to it only."""
        return settings_for(cli_name, self.url)

    def close(self) -> None:
        """Stop at once, whatever clients wait for."""
        self._listener.close()

    def __enter__(self) -> ModelEndpoint:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _serve(self, connection: socket.socket) -> None:
        HttpConnection(connection, self._answer)

    def _answer(self, http: HttpConnection) -> None:
        headers = public_headers(dict(http.headers.items()))
        try:
            raw = http.read_body()
        except RefusedBodyError as refused:
            request = read_request(http.command, http.path, headers, b"", {})
            http.send(error_answer(ModelError(refused.status, message=str(refused)), request, "refused"), None, None)
            return
        try:
            body = json.loads(raw) if raw else {}
        except ValueError:
            body = None
        request = read_request(http.command, http.path, headers, raw, body if isinstance(body, dict) else {})
        self._keep(request)
        if request.purpose != "turn":
            http.send(self._aside(request), None, None)
            return
        picked = self._script.pick(request)
        if picked is None:
            message = self._script.explain(request)
            with self._lock:
                self._unmatched.append(message)
            http.send(error_answer(ModelError(400, message=message), request, "unmatched"), None, None)
            return
        reply = picked.reply
        if reply.hang:
            http.wait()
        try:
            answer = scripted_answer(reply, request, picked.answer_id)
        except AgentError as error:
            with self._lock:
                self._unmatched.append(str(error))
            http.send(error_answer(ModelError(400, message=str(error)), request, "unmatched"), None, None)
            return
        if reply.delay:
            http.wait(reply.delay)
        http.send(answer, reply.slow, reply.cut)

    def _keep(self, request: ModelRequest) -> None:
        with self._lock:
            self._requests.append(request)
            self._kept += len(request.raw)
            while self._kept > MOST_BYTES_KEPT and len(self._requests) > 1:
                self._kept -= len(self._requests.popleft().raw)

    def _aside(self, request: ModelRequest) -> Answer:
        if request.purpose == "count_tokens":
            return Answer(body={"input_tokens": input_tokens(request)})
        if request.purpose == "models":
            return Answer(body={"data": [], "object": "list", "has_more": False})
        return error_answer(
            ModelError(404, message=f"{request.method} {request.path} is not served here"), request, "404"
        )
