"""Check the HTTP endpoints of a service and exit as monitoring systems expect it: 0 good, 1 warning, 2 critical.

The service is a small server on the loopback address that this script starts itself. One of its endpoints says
503, so the answer is a warning; orchestrator.yaml allows exit code 1 for it.
"""

from __future__ import annotations

import http.server
import sys
import threading
import urllib.error
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from http import HTTPStatus

STATES = {"/health": HTTPStatus.OK, "/ready": HTTPStatus.SERVICE_UNAVAILABLE, "/version": HTTPStatus.OK}
CRITICAL = ("/health",)


class Service(http.server.BaseHTTPRequestHandler):
    """Answers every endpoint with its state."""

    def do_GET(self) -> None:
        """Answer one request."""
        self.send_response(STATES.get(self.path, HTTPStatus.NOT_FOUND))
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name is the standard library's
        """Keep standard error for problems."""


def check(url: str) -> str | None:
    """Return what is wrong with an endpoint; None if nothing is."""
    try:
        with urllib.request.urlopen(url, timeout=5):
            return None
    except urllib.error.HTTPError as error:
        with error:
            return f"HTTP {error.code}"
    except OSError as error:
        return str(error)


def main() -> int:
    """Check every endpoint, all at the same time."""
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Service) as server:
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        base = f"http://127.0.0.1:{server.server_port}"
        with ThreadPoolExecutor() as pool:
            problems = dict(zip(STATES, pool.map(check, (base + path for path in STATES)), strict=True))
        server.shutdown()
    bad = {path: problem for path, problem in problems.items() if problem is not None}
    print(f"{len(problems) - len(bad)}/{len(problems)} endpoints healthy")
    for path, problem in bad.items():
        print(f"{path}: {problem}")
    if any(path in CRITICAL for path in bad):
        return 2
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
