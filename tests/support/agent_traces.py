"""What is left of an agent and all that it started, found by a variable that children inherit."""

from __future__ import annotations

import os


def processes_marked(name: str, value: str) -> list[tuple[int, bytes]]:
    """Return the pid and command line of every process that is alive with the variable ``name`` set to ``value``."""
    wanted = f"{name}={value}".encode()
    found = []
    for entry in os.listdir("/proc"):
        if not entry.isdigit():
            continue
        try:
            with open(f"/proc/{entry}/environ", "rb") as file:
                is_marked = wanted in file.read().split(b"\0")
            with open(f"/proc/{entry}/cmdline", "rb") as file:
                command = file.read()
        except OSError:  # it has just ended
            continue
        if is_marked and int(entry) != os.getpid():
            found.append((int(entry), command))
    return found
