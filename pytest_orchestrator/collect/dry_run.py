"""A pytest plugin that shows what would be run in place of running it: ``pytest-orchestrator run --dry-run``.

It is used with ``--collect-only``, so that exactly that is shown which pytest has collected, with every conftest,
marker and hook.
"""

from __future__ import annotations

import os
import shlex
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from ..core.names import escape_name
from ..core.result import Limit
from ..errors import OrchestratorError
from ..process.redaction import REPLACEMENT
from ..scripts.environment import shown_additions
from ..scripts.interpreter import NotStartableError
from ..scripts.prepare import prepare, unmet_requirement
from .base import OrchestratedItem
from .execution import Execution
from .hooks import adapted
from .items import ScriptItem
from .orchestration import KEY, Orchestration
from .workflow_items import WorkflowItem

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator

    from ..config.settings import ScriptSettings

_WIDTH = 11


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_collection_finish(session: pytest.Session) -> Generator[None, None, None]:
    """Show the collected scripts our way, and not the tree that pytest shows."""
    items = session.items[:]
    session.items.clear()
    yield
    session.items.extend(items)
    terminal = session.config.pluginmanager.get_plugin("terminalreporter")
    if terminal is None:
        return
    ours = [item for item in items if isinstance(item, OrchestratedItem)]
    for item in ours:
        terminal.write_line(item.nodeid, bold=True)
        for label, text in _description(item, session.config.stash[KEY]):
            terminal.write_line(f"  {label:{_WIDTH}}  {text}")
    others = len(items) - len(ours)
    if others:
        terminal.write_line(f"and {others} {'test' if others == 1 else 'tests'} of pytest's own")


def _description(item: OrchestratedItem, orchestration: Orchestration) -> Iterator[tuple[str, str]]:
    if isinstance(item, WorkflowItem):
        yield from _workflow(item)
        return
    if not isinstance(item, ScriptItem):
        yield "check", "all skills are checked together, and nothing is run"
        for mark in item.iter_markers("skip"):
            yield "skipped", str(mark.kwargs.get("reason", ""))
        return
    try:
        settings = item.effective_settings()
    except OrchestratorError as error:
        yield "error", str(error)
        return
    yield from _command(item, orchestration)
    limits = list(_limits(settings))
    yield "time limit", ", ".join(limits) if limits else f"none ({settings.timeout_source})"
    why = _skip_reason(item, settings)
    if why is not None:
        yield "skipped", item.redacted_with(why, settings)
    missing = unmet_requirement(settings)
    if missing is not None:
        yield ("fails", f"{missing} (--orchestrate-strict)") if orchestration.settings.strict else ("skipped", missing)
    xfail = item.get_closest_marker("xfail")
    if xfail is not None:
        yield "xfail", item.redacted_with(str(xfail.kwargs.get("reason", "")), settings) or "expected to fail"


def _workflow(item: WorkflowItem) -> Iterator[tuple[str, str]]:
    if item.file.description:
        yield "about", item.file.description.partition("\n")[0]
    label = "tasks"
    for task in item.file.tasks.values():
        needs = f" after {', '.join(task.needs)}" if task.needs else ""
        yield label, f"{task.name} ({task.kind}){needs}"
        label = ""
    if item.case is not None:
        yield (
            "inputs",
            ", ".join(f"{name}={value!r}" for name, value in item.file.cases[item.case].items()) or "none given",
        )
    for mark in item.iter_markers("skip"):
        yield "skipped", str(mark.kwargs.get("reason", ""))


def _command(item: ScriptItem, orchestration: Orchestration) -> Iterator[tuple[str, str]]:
    context = orchestration.context()
    program = item.program
    spec = replace(Execution.spec(item), program=program)
    try:
        prepared = prepare(spec, context)
    except NotStartableError as error:
        yield "error", f"not startable: {error}"
        return
    # A hook of the user may raise anything, which is what it would do in a real run too.
    call = pytest.CallInfo.from_call(
        lambda: adapted(item, prepared, context), "collect", reraise=(KeyboardInterrupt, pytest.exit.Exception)
    )
    if call.excinfo is not None:
        yield "error", item.redacted_with(call.excinfo.exconly(tryshort=True), spec.settings)
        return
    command = call.result.command
    redactor = context.redactor.extended(spec.settings.env)
    # Code of a skill is in a file that does not outlive this run.
    words = [f"{item.location[0]}:{item.case}" if word == program else word for word in call.result.shown]
    yield "command", " ".join(_word(redactor.text(word)) for word in words)
    cwd = command.cwd
    yield "directory", "a temporary one" if cwd is None else redactor.text(escape_name(os.fsdecode(cwd)))
    label = "environment"
    for name, value in shown_additions(command, context).items():
        yield label, f"{_word(name)} (removed)" if value is None else f"{_word(name)}={_word(value)}"
        label = ""
    for note in call.result.notes:
        yield "note", redactor.text(note)


def _word(text: str) -> str:
    """Return ``text`` as one would type it in a shell, with what no terminal shows made visible."""
    if text == REPLACEMENT:
        return text
    return shlex.quote(text) if text.isprintable() else shlex.quote(escape_name(text))


def _limits(settings: ScriptSettings) -> Iterator[str]:
    if settings.timeout is not None:
        yield f"{settings.timeout:g} s ({settings.timeout_source})"
    if settings.idle_timeout is not None:
        yield str(Limit("idle_timeout", settings.idle_timeout, settings.idle_timeout_source))


def _skip_reason(item: ScriptItem, settings: ScriptSettings) -> str | None:
    if settings.skip is not None:
        return settings.skip
    for mark in item.iter_markers("skip"):
        return str(mark.kwargs.get("reason", mark.args[0] if mark.args else "unconditional skip"))
    for mark in item.iter_markers("skipif"):
        reason = mark.kwargs.get("reason", "")
        for condition in mark.args or (mark.kwargs.get("condition", False),):
            if isinstance(condition, str):
                return f"perhaps, that is decided when it is run: {reason or condition}"
            if condition:
                return str(reason) or "skipif"
    return None
