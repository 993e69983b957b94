"""The table of misbehaviours in the README names tests that are there."""

from __future__ import annotations

import re
from pathlib import Path

TESTS = Path(__file__).resolve().parents[1]
TABLE = (TESTS / "torture/README.md").read_text()


def test_every_test_in_the_table_exists() -> None:
    named = re.findall(r"\| `(\S+\.py)::(\w+)` \|$", TABLE, re.MULTILINE)
    rows = re.findall(r"^\| (?!(?:fault|misbehaviour|end) \||-)", TABLE, re.MULTILINE)
    assert len(named) == len(rows) > 50
    assert [f"{file}::{name}" for file, name in named if f"\ndef {name}(" not in (TESTS / file).read_text()] == []


def test_every_torture_of_old_faults_is_in_the_table() -> None:
    names = re.findall(r"^def (test_\w+)", (TESTS / "torture/test_torture_old_faults.py").read_text(), re.MULTILINE)
    assert [name for name in names if f"::{name}`" not in TABLE] == []
