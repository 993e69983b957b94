"""Find all ERROR lines of an application log and print how many there are of each type.

Reads the file given as argument; without one it writes a log of 20 000 lines first, the same one every time. The
log itself never reaches the output: that is the point of doing this in a script.
"""

from __future__ import annotations

import os
import re
import sys
import tempfile
from collections import Counter
from pathlib import Path

LINES = 20_000
TYPES = {97: "ConnectionTimeout", 331: "DiskQuotaExceeded", 1201: "CertificateExpired"}
_ERROR = re.compile(r"^\S+ ERROR (?P<type>\w+):")


def write_sample(path: Path) -> None:
    """Write a log in which every 97th, 331st and 1201st line is an error."""
    with path.open("w", encoding="utf-8") as file:
        for number in range(1, LINES + 1):
            stamp = f"2026-03-01T{number // 3600 % 24:02}:{number // 60 % 60:02}:{number % 60:02}Z"
            kind = next((name for every, name in TYPES.items() if number % every == 0), None)
            file.write(f"{stamp} ERROR {kind}: request {number}\n" if kind else f"{stamp} INFO request {number} done\n")


def count_errors(path: Path) -> Counter[str]:
    """Return the number of errors by type, reading line by line."""
    with path.open(encoding="utf-8", errors="replace") as file:
        return Counter(match["type"] for line in file if (match := _ERROR.match(line)))


def main() -> int:
    """Report on the file given, or on a sample."""
    with tempfile.TemporaryDirectory(dir=os.environ.get("ORCHESTRATOR_TMP")) as name:
        if len(sys.argv) > 1:
            path = Path(sys.argv[1])
        else:
            path = Path(name, "app.log")
            write_sample(path)
        errors = count_errors(path)
    print(f"{errors.total()} errors of {len(errors)} types")
    for kind, count in errors.most_common():
        print(f"{count:6} {kind}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
