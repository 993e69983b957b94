"""A service for the scripts of this directory, as a fixture. Scripts are pytest items, so fixtures work as usual."""

from __future__ import annotations

import http.server
import json
import threading
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

STOCK = {"bolts": 4000, "filters": 3, "gaskets": 12}


class Inventory(http.server.BaseHTTPRequestHandler):
    """Answers with the stock as JSON."""

    def do_GET(self) -> None:
        """Answer one request."""
        body = json.dumps(STOCK).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name is the standard library's
        """Say nothing."""


@pytest.fixture(scope="session")
def inventory_url() -> Iterator[str]:
    """Start the service on a free port; yield its address; stop it."""
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Inventory) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()
        thread.join()


@pytest.fixture(autouse=True)
def environment_of_scripts(inventory_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Tell every script of this directory where the service is: scripts inherit the environment of pytest."""
    monkeypatch.setenv("INVENTORY_URL", inventory_url)
