"""A sample of the standard library runs the same warm; ``tests/soak/warm_library.py`` compares more of it."""

from __future__ import annotations

import sys
from pathlib import Path

SOAK = Path(__file__).resolve().parents[1] / "soak"


def test_a_sample_of_the_standard_library_runs_the_same_warm() -> None:
    sys.path.insert(0, str(SOAK))
    try:
        from warm_library import compare, library
    finally:
        sys.path.remove(str(SOAK))
    compared, different = compare(library(25), ("--help",), 2)
    assert different == []
    assert compared >= 15
