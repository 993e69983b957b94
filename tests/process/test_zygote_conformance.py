"""A warm start gives a script what a plain start gives it, byte for byte."""

from __future__ import annotations

import os
import re
import sys
import textwrap
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from engine_runs import command, engine_in, run
from warm_scripts import SCRIPTS

from pytest_orchestrator.process.command import Command, Warm

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from pytest_orchestrator.process.engine import Engine

# What changes what every interpreter is or says; some scripts show it.
ENVIRONMENT = {
    name: value
    for name, value in os.environb.items()
    if not name.startswith((b"ORCHESTRATOR", b"PYTEST", b"COV", b"PYTHON"))
} | {b"PYTHONHASHSEED": b"0"}

PYTHON = os.fsencode(sys.executable)


def python_script(path: Path, *args: str, **fields: object) -> Command:
    """Return the command that runs the script at ``path`` plainly."""
    settings = {"base_env": ENVIRONMENT, "cwd": os.fsencode(path.parent), "timeout": 60.0, "grace": 0.2, **fields}
    return command(PYTHON, str(path), *args, **settings)


def warmed(plain: Command, *imports: str) -> Command:
    """Return ``plain`` with a warm start."""
    return replace(plain, warm=Warm(plain.argv[0], plain.argv, imports=imports))


def shown(output: bytes) -> list[bytes]:
    """Return the lines of some output, without the addresses of objects."""
    return re.sub(rb"0x[0-9a-f]+", b"0x", output).split(b"\n")


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    with engine_in(tmp_path_factory.mktemp("engine")) as engine:
        yield engine


@pytest.mark.parametrize("name", SCRIPTS)
def test_a_warm_script_does_what_a_plain_one_does(name: str, engine: Engine, tmp_path: Path) -> None:
    (tmp_path / "neighbour.py").write_text("VALUE = 5\n")
    path = tmp_path / "the script.py"
    path.write_bytes(textwrap.dedent(SCRIPTS[name]).encode("utf-8", "surrogateescape"))
    wanted = python_script(path, "-x", "a b", "\udcff", stdin=b"one\ntwo", env={b"EXTRA": b"1"}, unset=(b"HOME",))
    plain, warm = run(engine, wanted), run(engine, warmed(wanted))
    assert warm.notes == ()
    assert (plain.is_warm, warm.is_warm) == (False, True)
    assert shown(warm.stdout.head) == shown(plain.stdout.head)
    assert shown(warm.stderr.head) == shown(plain.stderr.head)
    assert warm.exit_code == plain.exit_code
    assert warm.left == plain.left == ()
