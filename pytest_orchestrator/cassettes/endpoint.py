"""The loopback model endpoint: a server that plays a script in place of a model."""

from __future__ import annotations

import json
import threading
from collections import Counter, deque
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import AgentError, ArgumentError
from .agent_settings import settings_for
from .dialects import aside_answer, error_answer, is_stray, public_headers, read_request, scripted_answer
from .http_connection import HttpConnection, RefusedBodyError
from .listener import Listener
from .reply import ModelError, Reply
from .script import Script
from .script_reader import as_replies, parse_script, read_script
from .side import is_side_request, side_reply

if TYPE_CHECKING:
    import socket
    from collections.abc import Mapping

    from ..agents.settings import AgentSettings
    from .request import ModelRequest

    ScriptSource = str | Path | Sequence[object] | Callable[[ModelRequest], object]

MOST_BYTES_KEPT = 16 * 1024 * 1024
"""Bytes of requests that an endpoint keeps; the oldest are dropped, and counted."""
MOST_REQUESTS_KEPT = 10_000
_MOST_NOTES = 100


class ModelEndpoint:
    """A server on 127.0.0.1 that answers agents from a script: no model, no key, no network.

    It speaks Anthropic's Messages API, as Claude Code does, and OpenAI's Responses API, as Codex does. ``script`` is

    - a list of replies: each a text that is said, or a mapping with the keys of a YAML script;
    - the path of a YAML file with such a list, or its text, which has more than one line or begins with ``-`` or ``[``;
    - a function that takes a :class:`~pytest_orchestrator.ModelRequest` and returns such a reply, or None when it has
      no reply. It is called from several threads at once when several agents ask at once.

    Each conversation is played the list from its beginning: a request gets the first reply that is not used up in its
    conversation and whose conditions hold. A request that gets none is answered with status 400, and noted in
    ``unmatched``. Example::

        with ModelEndpoint([{"run": "./report.sh"}, "All 3 services are up."]) as endpoint:
            result = ClaudeProcess("Check the services", ..., endpoint=endpoint, isolation="fresh").run()

    Raises :class:`~pytest_orchestrator.errors.ConfigurationError` for mistakes in YAML, with their positions, and
    :class:`~pytest_orchestrator.errors.ArgumentError` for those in Python; all of them at once. Close it, or use it in
    a ``with`` statement: it listens from the beginning.
    """

    def __init__(self, script: ScriptSource) -> None:
        self._script = Script(_source_of(script))
        self._lock = threading.Lock()
        self._requests: deque[ModelRequest] = deque()
        self._bytes_kept = 0
        self._dropped = 0
        self._unmatched: Counter[str] = Counter()
        self._strays: Counter[str] = Counter()
        self._with_tools: set[str] = set()
        self._failures: list[Exception] = []
        self._listener = Listener(self._serve)

    @staticmethod
    def is_text(script: str) -> bool:
        """Return whether ``script`` is the text of one, and no path."""
        return "\n" in script or script.startswith(("-", "["))

    @property
    def url(self) -> str:
        """Where the endpoint listens, as in ``http://127.0.0.1:40123``; the paths of both APIs begin with ``/v1``."""
        return f"http://127.0.0.1:{self._listener.port}"

    @property
    def requests(self) -> tuple[ModelRequest, ...]:
        """What was asked, oldest first: up to 10 000 requests, and 16 MiB of their bodies."""
        with self._lock:
            return tuple(self._requests)

    @property
    def dropped(self) -> int:
        """How many of the oldest requests are in ``requests`` no more."""
        with self._lock:
            return self._dropped

    @property
    def unmatched(self) -> tuple[str, ...]:
        """What the script had no reply for, in words, each once: clients ask again and again."""
        with self._lock:
            return tuple(self._unmatched)

    @property
    def strays(self) -> tuple[str, ...]:
        """Where else agents, and the programs that they ran, wanted to connect; it was refused."""
        with self._lock:
            return tuple(self._strays)

    @property
    def failures(self) -> tuple[Exception, ...]:
        """What the script's function raised; the first 100 of it."""
        with self._lock:
            return tuple(self._failures)

    def agent_settings(self, cli_name: str) -> AgentSettings:
        """Return the variables and arguments that make the command line ``cli_name`` ask this endpoint, and no other.

        Telemetry, updates and the like are off. Whatever else wants to reach the internet finds this endpoint as its
        proxy, which refuses it and notes it in ``strays``.
        """
        return settings_for(cli_name, self.url)

    def close(self) -> None:
        """Stop at once, whatever clients wait for. A second call does nothing."""
        self._listener.close()

    def __enter__(self) -> ModelEndpoint:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"<ModelEndpoint {self.url}, {len(self._requests)} requests>"

    def _serve(self, connection: socket.socket) -> None:
        HttpConnection(connection, self._answer)

    def _answer(self, http: HttpConnection) -> None:
        headers = public_headers(dict(http.headers.items()))
        if is_stray(http.command, http.path):
            self._refuse_stray(http, headers)
            return
        try:
            raw = http.read_body()
        except RefusedBodyError as refused:
            request = read_request(http.command, http.path, headers, b"", {})
            http.send(error_answer(ModelError(refused.status, message=str(refused)), request, "refused"))
            return
        body = _json_object(raw)
        request = read_request(http.command, http.path, headers, raw, body or {})
        if request.purpose == "turn" and self._is_side(request, body or {}):
            request = replace(request, purpose="side")
        self._keep(request)
        if body is None:
            http.send(error_answer(ModelError(400, message="the body is no JSON object"), request, "refused"))
        elif request.purpose == "side":
            http.send(scripted_answer(side_reply(request, body), request, "side"))
        elif request.purpose == "turn":
            self._play(http, request)
        else:
            http.send(aside_answer(request))

    def _is_side(self, request: ModelRequest, body: Mapping[str, Any]) -> bool:
        with self._lock:
            if request.session and request.tools:
                self._with_tools.add(request.session)
            return is_side_request(request, body, has_tools=request.session in self._with_tools)

    def _play(self, http: HttpConnection, request: ModelRequest) -> None:
        try:
            picked = self._script.pick(request)
        except Exception as error:  # noqa: BLE001 - whoever asks is told, and so is whoever looks at `failures`
            with self._lock:
                if len(self._failures) < _MOST_NOTES:  # each keeps the frames that it came through
                    self._failures.append(error)
            message = f"the script's function raised {type(error).__name__}: {error}"
            http.send(error_answer(ModelError(400, message=message), request, "failed"))
            return
        if picked is None:
            self._refuse(http, request, self._script.explain(request))
            return
        reply = picked.reply
        if reply.hang:
            http.wait()
        try:
            answer = scripted_answer(reply, request, picked.answer_id)
        except AgentError as error:
            self._refuse(http, request, str(error))
            return
        if reply.delay:
            http.wait(reply.delay)
        http.send(answer, reply.slow, reply.cut)

    def _refuse(self, http: HttpConnection, request: ModelRequest, message: str) -> None:
        with self._lock:
            if len(self._unmatched) < _MOST_NOTES:
                self._unmatched[message] += 1
        http.send(error_answer(ModelError(400, message=message), request, "unmatched"))

    def _refuse_stray(self, http: HttpConnection, headers: Mapping[str, str]) -> None:
        with self._lock:
            if len(self._strays) < _MOST_NOTES:
                self._strays[http.path] += 1
        message = f"{http.command} {http.path} was refused: a test with a model endpoint stays off the network"
        request = read_request(http.command, http.path, headers, b"", {})
        http.close_connection = True
        http.send(error_answer(ModelError(403, message=message), request, "stray"))

    def _keep(self, request: ModelRequest) -> None:
        with self._lock:
            self._requests.append(request)
            self._bytes_kept += len(request.raw)
            while len(self._requests) > MOST_REQUESTS_KEPT or (
                self._bytes_kept > MOST_BYTES_KEPT and len(self._requests) > 1
            ):
                self._bytes_kept -= len(self._requests.popleft().raw)
                self._dropped += 1


def _json_object(raw: bytes) -> dict[str, Any] | None:
    """Return the JSON object in ``raw``, an empty one where it is empty, None where it is something else."""
    try:
        body = json.loads(raw) if raw else {}
    except (ValueError, RecursionError):
        return None
    return body if isinstance(body, dict) else None


def _source_of(script: object) -> Sequence[Reply] | Callable[[ModelRequest], object]:
    if callable(script):
        return script
    if isinstance(script, Path):
        return read_script(script)
    if isinstance(script, str):
        return parse_script(script) if ModelEndpoint.is_text(script) else read_script(Path(script))
    if not isinstance(script, Sequence) or isinstance(script, bytes):
        message = f"script: {script!r:.80} is no script; give a list of replies, a path, the text of one, or a function"
        raise ArgumentError(message)
    return as_replies(script)
