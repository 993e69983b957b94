"""Tasks that are programs: ``run:`` and ``python:``, on the one engine, whose limits hold."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

from ..config.settings import Limits
from ..process.command import Command
from .kinds import TaskGave, register_kind
from .program import run_program

if TYPE_CHECKING:
    from .kinds import TaskCall


async def run_words(call: TaskCall, words: list[str]) -> TaskGave:
    """Run a program, whose path is absolute, for a task.

    Raise ProgramFailedError or ProgramTimeoutError, which know what there is of its output.
    """
    result = await run_program(
        Command(
            argv=tuple(map(os.fsencode, words)),
            cwd=os.fsencode(call.cwd),
            base_env={os.fsencode(name): os.fsencode(value) for name, value in call.environment.items()},
            item=f"{call.file.name}::{call.name}",
            stdin=None if call.stdin is None else call.stdin.encode("utf-8", "surrogateescape"),
            timeout=call.timeout,
            grace=call.grace,
            limits=Limits(),
        ),
        call.log,
    )
    return TaskGave(result.stdout, result.stderr, result.exit_code, duration=result.duration)


async def _shell(call: TaskCall) -> TaskGave:
    return await run_words(call, ["/bin/sh", "-e", "-c", call.action])


async def _function(call: TaskCall) -> TaskGave:
    return await run_words(
        call, [sys.executable, "-m", "pytest_orchestrator.workflows.call_function", call.action, *call.args]
    )


def register_programs() -> None:
    """Have workflow files know ``run:`` and ``python:``. May be called any number of times."""
    register_kind("run", _shell)
    register_kind("python", _function)
