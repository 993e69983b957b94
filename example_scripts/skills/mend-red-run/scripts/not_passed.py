"""List what did not pass in a run of pytest --orchestrate. Usage: not_passed.py [REPORT_DIRECTORY]"""

import json
import sys
from pathlib import Path

RED = ("failed", "timeout", "error", "xpassed", "cancelled")
LONGEST = 160


def why(data: dict[str, object]) -> str:
    """Return the most telling line of a result."""
    for text in (data.get("error"), data.get("stderr"), data.get("stdout")):
        if isinstance(text, str) and text.strip():
            return text.strip().splitlines()[-1][:LONGEST]
    return "no output"


def main(arguments: list[str]) -> int:
    """Print a line for each item, and how many there are."""
    path = Path(arguments[0] if arguments else ".orchestrator") / "results.jsonl"
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except OSError as error:
        print(f"{path} cannot be read: {error.strerror}", file=sys.stderr)
        return 2
    results = [entry for entry in map(json.loads, lines) if entry["type"] == "result"]
    red = [entry for entry in results if entry["status"] in RED]
    for entry in sorted(red, key=lambda entry: (RED.index(entry["status"]), entry["nodeid"])):
        print(f"{entry['status']}: {entry['nodeid']}: {why(entry['data'] or {})}")
    print(f"{len(red)} of {len(results)} items did not pass")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
