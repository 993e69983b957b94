"""A warm start gives a script what a plain start gives it, byte for byte."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from engine_runs import engine_in, run
from warm_runs import plain, shown, warmed, written
from warm_scripts import SCRIPTS

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from pytest_orchestrator.process.engine import Engine


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    with engine_in(tmp_path_factory.mktemp("engine")) as engine:
        yield engine


@pytest.mark.parametrize("name", SCRIPTS)
def test_a_warm_script_does_what_a_plain_one_does(name: str, engine: Engine, tmp_path: Path) -> None:
    written(tmp_path / "neighbour.py", "VALUE = 5\n")
    path = written(tmp_path / "the script.py", SCRIPTS[name])
    wanted = plain(path, "-x", "a b", "\udcff", stdin=b"one\ntwo", env={b"EXTRA": b"1"}, unset=(b"HOME",))
    before, after = run(engine, wanted), run(engine, warmed(wanted))
    assert after.notes == ()
    assert (before.is_warm, after.is_warm) == (False, True)
    assert shown(after.stdout.head) == shown(before.stdout.head)
    assert shown(after.stderr.head) == shown(before.stderr.head)
    assert after.exit_code == before.exit_code
    assert after.left == before.left == ()
