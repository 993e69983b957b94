"""Scripts run through the engine, and outcomes made by hand."""

from __future__ import annotations

import contextlib
import os
import sys
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from pytest_orchestrator.config.settings import ScriptSettings
from pytest_orchestrator.process.command import Capture, Outcome
from pytest_orchestrator.process.engine import Engine
from pytest_orchestrator.process.redaction import Redactor
from pytest_orchestrator.scripts.runner import Runner
from pytest_orchestrator.scripts.spec import RunContext, ScriptSpec

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

NAMES = ("*TOKEN*", "*SECRET*", "*PASSWORD*", "*API_KEY*")


def context(root: Path, *, reports: bool = True, **environment: str) -> RunContext:
    """Return what scripts in ``root`` have in common; its reports go to ``root/reports``."""
    base = {"PATH": os.environ["PATH"], **environment}
    return RunContext(
        rootdir=root,
        python=sys.executable,
        redactor=Redactor(NAMES, base),
        report_dir=root / "reports" if reports else None,
        environment={os.fsencode(name): os.fsencode(value) for name, value in base.items()},
        search_path=base["PATH"],
    )


def spec(root: Path, text: str = "", name: str = "scripts/a.sh", **settings: Any) -> ScriptSpec:
    """Write a script and return it with its settings."""
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return ScriptSpec(str(path), f"{name}::run", ScriptSettings(**settings))


def outcome(exit_code: int | None = 0, stdout: bytes = b"", stderr: bytes = b"", **fields: Any) -> Outcome:
    """Return what came of a program that ran for a second."""
    made = Outcome(started=1000.0, ended=1001.0, duration=1.0, exit_code=exit_code, pid=4711)
    return replace(made, stdout=capture(stdout), stderr=capture(stderr), **fields)


def capture(data: bytes) -> Capture:
    """Return a stream that is held whole."""
    return Capture(data, b"", len(data))


@contextlib.contextmanager
def runner_in(root: Path, jobs: int = 1, **more: Any) -> Iterator[Runner]:
    """Return a runner with an engine that works below ``root``."""
    with Engine(root / "reports" / "work", root / "locks", jobs) as engine:
        yield Runner(engine, **more)


def keep_in(root: Path) -> tuple[bytes, bytes]:
    """Return where long output of a run is kept."""
    return os.fsencode(root / "reports" / "logs" / "a.stdout"), os.fsencode(root / "reports" / "logs" / "a.stderr")


def has_outcome(engine: Engine, ticket: int) -> bool:
    """Return whether the outcome of ``ticket`` is there, after taking in what has arrived."""
    engine.poll()
    return engine.peek(ticket) is not None
