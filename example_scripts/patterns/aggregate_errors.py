"""Error aggregation: one bad entry does not end the loop, and the reader gets a count and the first five errors.

Reads 300 sensor readings, of which some cannot be used. Exits with 1 when more than a tenth is lost.
"""

from __future__ import annotations

import sys

READINGS = 300
MOST_LOST = 0.1


def reading(number: int) -> str:
    """Return one reading as the sensors send them: most are degrees, some are not."""
    if number % 60 == 17:
        return "n/a"
    return "999.0" if number % 100 == 42 else f"{15 + number % 10}.5"


def process(text: str) -> float:
    """Return the degrees. Raise ValueError for what cannot be a reading."""
    try:
        degrees = float(text)
    except ValueError:
        raise ValueError(f"{text!r} is no number") from None
    if not -60 <= degrees <= 60:
        raise ValueError(f"{degrees:g} degrees is outside of -60 to 60")
    return degrees


def main() -> int:
    """Process every reading."""
    results: list[float] = []
    errors: list[str] = []
    for number in range(READINGS):
        try:
            results.append(process(reading(number)))
        except ValueError as error:
            errors.append(f"reading {number}: {error}")
    print(f"Processed {len(results)}, failed {len(errors)}; mean {sum(results) / len(results):.2f} degrees")
    if errors:
        print("First 5 errors: " + "; ".join(errors[:5]))
    return 1 if len(errors) > MOST_LOST * READINGS else 0


if __name__ == "__main__":
    sys.exit(main())
