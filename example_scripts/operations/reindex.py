"""Rebuild one part of a search index. Only one may write at a time, and this script fails when it is not alone.

`resources: [search-index]` in orchestrator.yaml sees to that: its three cases never overlap, not with
`--orchestrate-jobs 4`, not with `-n 2`, not in two sessions side by side.
"""

from __future__ import annotations

import fcntl
import sys
import time
from pathlib import Path

TERMS = {"customers": 1200, "invoices": 5400, "orders": 3100}


def main() -> int:
    """Index the part that the first argument names."""
    if len(sys.argv) != 2 or sys.argv[1] not in TERMS:
        print(f"usage: reindex.py {'|'.join(TERMS)}", file=sys.stderr)
        return 64
    part = sys.argv[1]
    # The script itself stands for the index: a lock on it needs no file of its own and ends with the process.
    with Path(__file__).open(encoding="utf-8") as index:
        try:
            fcntl.flock(index, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            print("somebody else is writing to the index", file=sys.stderr)
            return 1
        time.sleep(0.1)
    print(f"indexed {TERMS[part]} terms of {part}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
