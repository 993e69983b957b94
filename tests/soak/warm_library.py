"""Run modules of the standard library, and any files given, plainly and warm, and compare all that came of them.

    python tests/soak/warm_library.py [--most N] [--jobs N] [FILE ...]

Files of the standard library are run as scripts with ``--help``, and so is every FILE. Exit code, standard output and
standard error must be the same, but for addresses and durations; what differs between two plain runs as well does not
count. Ends with 1 if anything else differs.
"""

from __future__ import annotations

import argparse
import os
import re
import sys
import sysconfig
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from pytest_orchestrator.process.command import Command, Outcome, Warm
from pytest_orchestrator.process.engine import Engine

if TYPE_CHECKING:
    from collections.abc import Iterable

# These open a window, a browser or a prompt, or wait for the network.
UNSUITABLE = {"antigravity.py", "idle.py", "turtle.py"}
TIMEOUT = 20.0

Seen = tuple[int | None, bytes, bytes]


def library(most: int) -> list[Path]:
    """Return files of the standard library, evenly chosen."""
    root = Path(sysconfig.get_path("stdlib"))
    files = [
        path
        for folder in (
            "",
            "json",
            "email",
            "http",
            "logging",
            "unittest",
            "xml/dom",
            "importlib",
            "asyncio",
            "encodings",
        )
        for path in sorted((root / folder).glob("*.py"))
        if path.name not in UNSUITABLE
    ]
    step = max(1, len(files) // max(1, most))
    return files[::step][:most]


def command(path: Path, args: Iterable[str], environment: dict[bytes, bytes], warm: bool) -> Command:
    """Return how a file is run."""
    words = tuple(os.fsencode(word) for word in (sys.executable, str(path), *args))
    start = Warm(words[0], words) if warm else None
    return Command(argv=words, cwd=None, base_env=environment, timeout=TIMEOUT, grace=0.5, warm=start)


def seen(outcome: Outcome) -> Seen:
    """Return what is compared."""
    tmp = re.compile(rb"0x[0-9a-f]+|\b[0-9]+\.[0-9]+ ?(?:s|sec|seconds)?\b|/[^ '\"\n]*/work/[^ '\"\n]*")
    return outcome.exit_code, tmp.sub(b"*", outcome.stdout.head), tmp.sub(b"*", outcome.stderr.head)


def compare(files: list[Path], args: tuple[str, ...], jobs: int) -> tuple[int, list[str]]:
    """Run every file three times; return how many were compared, and which were different."""
    environment = {
        name: value
        for name, value in os.environb.items()
        if not name.startswith((b"PYTHON", b"ORCHESTRATOR", b"COVERAGE"))
    } | {b"PYTHONHASHSEED": b"0", b"PYTHONDONTWRITEBYTECODE": b"1"}
    different, compared = [], 0
    with (
        tempfile.TemporaryDirectory() as directory,
        Engine(Path(directory) / "work", Path(directory) / "locks", jobs) as engine,
    ):
        tickets = [
            [engine.submit(command(path, args, environment, warm)) for warm in (False, True, False)] for path in files
        ]
        for path, three in zip(files, tickets, strict=True):
            first, warm, second = (engine.wait(ticket) for ticket in three)
            if seen(first) != seen(second) or first.limit is not None:
                continue
            compared += 1
            if seen(warm) != seen(first) or not warm.is_warm:
                different.append(str(path))
                print(f"different: {path} {' '.join(warm.notes)}\n  plain {seen(first)}\n  warm  {seen(warm)}")
    return compared, different


def main() -> int:
    """Read the command line and compare."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("files", nargs="*", type=Path)
    parser.add_argument("--most", type=int, default=250)
    parser.add_argument("--jobs", type=int, default=2)
    options = parser.parse_args()
    files = [*library(options.most), *(path.absolute() for path in options.files)]
    compared, different = compare(files, ("--help",), options.jobs)
    print(f"{compared} of {len(files)} files compared, {len(different)} different")
    return 1 if different or compared < len(files) // 2 else 0


if __name__ == "__main__":
    sys.exit(main())
