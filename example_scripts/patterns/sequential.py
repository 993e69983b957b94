"""Sequential steps: each works on what the one before returned, and only the last line goes to the reader.

Writes a sales journal as CSV, checks it row by row, loads what is good into SQLite and prints one summary.
"""

from __future__ import annotations

import csv
import os
import sqlite3
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

REGIONS = ("north", "south", "east", "west")
ROWS = 400


@dataclass(frozen=True)
class Checked:
    """The rows that can be loaded, and how many cannot."""

    rows: list[tuple[str, int]]
    rejected: int


def extract(directory: Path) -> Path:
    """Write the journal that a shop system would export: every fiftieth amount is missing."""
    path = directory / "sales.csv"
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["region", "cents"])
        for number in range(ROWS):
            amount = "" if number % 50 == 49 else str(100 + number * 7 % 900)
            writer.writerow([REGIONS[number % len(REGIONS)], amount])
    return path


def check(journal: Path) -> Checked:
    """Return the rows with an amount."""
    with journal.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    good = [(row["region"], int(row["cents"])) for row in rows if row["cents"].isdigit()]
    return Checked(good, len(rows) - len(good))


def load(rows: list[tuple[str, int]], database: Path) -> list[tuple[str, int]]:
    """Load the rows and return the turnover of each region, the largest first."""
    connection = sqlite3.connect(database)
    try:
        with connection:
            connection.execute("CREATE TABLE sales (region TEXT, cents INTEGER)")
            connection.executemany("INSERT INTO sales VALUES (?, ?)", rows)
        query = "SELECT region, SUM(cents) AS total FROM sales GROUP BY region ORDER BY total DESC"
        return connection.execute(query).fetchall()
    finally:
        connection.close()


def main() -> int:
    """Run the three steps."""
    given = os.environ.get("ORCHESTRATOR_TMP")
    with tempfile.TemporaryDirectory(dir=given) as name:
        directory = Path(name)
        journal = extract(directory)
        checked = check(journal)
        totals = load(checked.rows, directory / "sales.sqlite")
    best, cents = totals[0]
    print(f"Complete: {len(checked.rows)} rows loaded, {checked.rejected} rejected; best region {best} ({cents} cents)")
    return 0


if __name__ == "__main__":
    sys.exit(main())
