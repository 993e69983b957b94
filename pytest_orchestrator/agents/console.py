"""What processes say, on the terminal: whole lines, each behind the id of who says it."""

from __future__ import annotations

import sys
import threading

_guard = threading.Lock()


def show(process_id: str, text: str) -> None:
    """Print every line of ``text`` behind ``process_id``. Lines of several threads are not mixed."""
    lines = "".join(f"[{process_id}] {line}\n" for line in text.splitlines() or [""])
    with _guard:
        try:
            sys.stdout.write(lines)
        except UnicodeEncodeError:  # a terminal of another encoding
            encoding = sys.stdout.encoding or "ascii"
            sys.stdout.write(lines.encode(encoding, "backslashreplace").decode(encoding))
        sys.stdout.flush()
