"""Parallel execution: ask several services at once, each with its own time limit, and count the healthy ones.

The services are three small servers on the loopback address that this script starts itself: one answers, one
answers that it is not ready, one accepts the connection and then says nothing.
"""

from __future__ import annotations

import asyncio
import sys
from dataclasses import dataclass

PATIENCE = 0.3
"""Seconds that a service may take to answer."""


@dataclass(frozen=True)
class Health:
    """What one service said."""

    service: str
    ok: bool
    detail: str


async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, answer: str | None) -> None:
    """Answer one request; with None, only wait until the client gives up."""
    await reader.readline()
    if answer is None:
        await reader.read()
    else:
        writer.write(f"{answer}\n".encode())
        await writer.drain()
    writer.close()


async def start(answer: str | None) -> asyncio.Server:
    """Start a service on a free port."""
    return await asyncio.start_server(lambda reader, writer: serve(reader, writer, answer), "127.0.0.1", 0)


async def ask(port: int) -> str:
    """Return the answer of the service on this port."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        writer.write(b"health\n")
        return (await reader.readline()).decode().strip()
    finally:
        writer.close()


async def check(service: str, port: int) -> Health:
    """Return how the service is. Never raises: a check that fails is an answer too."""
    try:
        async with asyncio.timeout(PATIENCE):
            answer = await ask(port)
    except TimeoutError:
        return Health(service, False, f"no answer within {PATIENCE} s")
    except OSError as error:
        return Health(service, False, error.strerror or "not reachable")
    return Health(service, answer == "ready", answer)


async def main() -> int:
    """Check all services at the same time."""
    answers = {"accounts": "ready", "billing": "not ready", "search": None}
    servers = {name: await start(answer) for name, answer in answers.items()}
    ports = {name: server.sockets[0].getsockname()[1] for name, server in servers.items()}
    results = await asyncio.gather(*(check(name, port) for name, port in ports.items()))
    for server in servers.values():
        server.close()
    print(f"{sum(result.ok for result in results)}/{len(results)} services healthy")
    for result in results:
        if not result.ok:
            print(f"{result.service}: {result.detail}")
    return 0


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
