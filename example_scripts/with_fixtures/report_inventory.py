"""Ask an inventory service and print what is running low.

The service is a pytest fixture (see conftest.py beside this file): pytest starts it before this script and stops
it afterwards. The script itself only knows INVENTORY_URL.
"""

from __future__ import annotations

import json
import os
import sys
import urllib.request

LOW = 5


def main() -> int:
    """Print a summary of the stock."""
    with urllib.request.urlopen(os.environ["INVENTORY_URL"], timeout=5) as answer:
        stock: dict[str, int] = json.load(answer)
    low = sorted(name for name, count in stock.items() if count < LOW)
    print(f"{len(stock)} articles, running low: {', '.join(low) or 'none'}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
