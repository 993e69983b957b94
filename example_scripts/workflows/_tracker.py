"""A ticket tracker on loopback that stands in for a real one, and what creates tickets in it. It is no script."""

from __future__ import annotations

import json
import threading
import urllib.error
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


class Tracker(BaseHTTPRequestHandler):
    """As much of the REST API of a tracker as one POST."""

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        server: Any = self.server
        is_up = server.is_up
        if is_up:
            server.tickets.append(body["fields"]["summary"])
        answer = {"key": f"OPS-{len(server.tickets)}"} if is_up else {"errorMessages": ["maintenance until 6:00"]}
        data = json.dumps(answer).encode()
        self.send_response(201 if is_up else 503)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_: Any) -> None:
        """Say nothing: the summary of the workflow says it all."""


def _create(url: str, service: str) -> str:
    fields = {"project": {"key": "OPS"}, "summary": f"Service unhealthy: {service}", "issuetype": {"name": "Bug"}}
    data = json.dumps({"fields": fields}).encode()
    request = urllib.request.Request(f"{url}/rest/api/2/issue", data, {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=10) as response:
        key: str = json.load(response)["key"]
    return key


def create(services: str, state: str) -> dict[str, Any]:
    """Create a ticket for each service of a JSON list; `state` is that of the tracker: up or down."""
    server: Any = ThreadingHTTPServer(("127.0.0.1", 0), Tracker)
    server.tickets, server.is_up = [], state == "up"
    threading.Thread(target=server.serve_forever, daemon=True).start()
    url = f"http://127.0.0.1:{server.server_port}"
    try:
        keys = [_create(url, service) for service in json.loads(services)]
    except urllib.error.HTTPError as error:
        reason = json.load(error)["errorMessages"][0]
        raise SystemExit(f"the tracker answered {error.code}: {reason}") from None
    finally:
        server.shutdown()
    return {"keys": keys, "count": len(keys)}
