"""The commands ``pytest-orchestrator sessions …``: list, show, kill, pause, resume."""

from __future__ import annotations

import json
import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .agents.budget import Budget
from .agents.control import tell
from .agents.store import LOG, SESSIONS, SessionStore
from .agents.summary import summary_of
from .core.names import escape_name
from .errors import AgentError

INTERRUPTED = 130
"""What a shell says of a program that SIGINT ended."""
UNREADABLE = "unreadable"
_ENDINGS = {"closed": "been closed", "killed": "been killed", "died": "died"}

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

    from .agents.summary import SessionSummary


def run_sessions(parser: argparse.ArgumentParser, words: Sequence[str]) -> int:
    """Carry out the ``words`` behind ``sessions``, which ``parser`` is to read, and return the exit code.

    0 when it was done; 1 where a process of a resumed session did not pass, or one of a killed session still runs.
    Raises :class:`~pytest_orchestrator.errors.OrchestratorError` for a mistake of the user.
    """
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    about = {
        "list": "list all sessions, the latest last",
        "show": "show what became of the processes of a session",
        "kill": "end everything that a session runs; nothing more of it is started",
        "pause": "let everything that a session runs stand still, with its time limits",
        "resume": "let a paused session go on; run what is left of one whose program died",
    }
    for name, text in about.items():
        command = commands.add_parser(name, help=text, description=f"{text[0].upper()}{text[1:]}.")
        command.add_argument(
            "--dir", type=Path, default=SESSIONS, metavar="DIR", help=f"where sessions are kept; default: {SESSIONS}"
        )
        if name != "list":
            command.add_argument("session", metavar="ID", help="the id of a session, or how it begins")
        if name in ("list", "show"):
            command.add_argument("--json", action="store_true", help="print JSON")
    given = parser.parse_args(words)
    base = given.dir.absolute()
    if given.command == "list":
        return _list(base, as_json=given.json)
    store = SessionStore.find(base, given.session)
    if given.command == "show":
        place = "" if given.dir == SESSIONS else f" --dir {shlex.quote(str(given.dir))}"
        return _show(store, place, as_json=given.json)
    if given.command == "resume" and store.state not in ("running", "paused"):
        return _resume(base, store)
    return _order(store, given.command)


def _summary(store: SessionStore) -> SessionSummary:
    metadata = store.read()
    bounds = metadata.get("budget")
    budget = None if not bounds else Budget(bounds["usd"], bounds["tokens"], store.ledger).as_dict()
    return summary_of(store.session_id, metadata, store.processes(), budget, state=store.state)


def _list(base: Path, *, as_json: bool) -> int:
    rows: list[tuple[str, str, str]] = []
    told: list[dict[str, Any]] = []
    for store in SessionStore.all(base):
        name = escape_name(store.session_id)
        try:
            summary = _summary(store)
        except AgentError as error:  # the others are no worse for it
            told.append({"session_id": store.session_id, "state": UNREADABLE, "problem": str(error)})
            rows.append((name, UNREADABLE, str(error)))
            continue
        told.append(summary.as_dict())
        counted = ", ".join(f"{count} {state}" for state, count in summary.counts.items())
        rows.append((name, summary.state, counted or "no process"))
    if as_json:
        print(json.dumps(told, indent=2))
        return 0
    if not rows:
        print(f"no sessions in {base}")
    width = max((len(name) for name, _, _ in rows), default=0)
    for name, state, what in rows:
        print(f"{name:<{width}}  {state:<10}  {what}")
    return 0


def _show(store: SessionStore, place: str, *, as_json: bool) -> int:
    summary = _summary(store)
    if as_json:
        print(json.dumps(summary.as_dict(), indent=2))
        return 0
    metadata = store.read()
    print(summary)
    print(f"  started {metadata['started']} by process {metadata['pid']} on {metadata['host']}")
    print(f"  log {store.path / LOG}")
    if summary.state == "died":
        command = f"pytest-orchestrator sessions resume{place} {store.session_id}"
        print(f"  its program is gone: {command} runs what is left")
    return 0


def _order(store: SessionStore, order: str) -> int:
    if not store.has_controller:
        message = f"session {store.session_id!r} has {_ENDINGS[store.state]}: there is nothing to {order}"
        raise AgentError(message)
    answer = tell(store.path, order)
    if "error" in answer:
        raise AgentError(str(answer["error"]))
    left = f", {answer['left']} still run" if order == "kill" and answer["left"] else ""
    running = "1 process was" if answer["running"] == 1 else f"{answer['running']} processes were"
    print(f"{store.session_id}: {answer['state']}; {running} running{left}")
    return 1 if left else 0


def _resume(base: Path, store: SessionStore) -> int:
    from .agents.resumption import resume_session

    try:
        results = resume_session(base, store.session_id)
    except KeyboardInterrupt:  # all is written down: it can be resumed again
        print(_summary(store))
        return INTERRUPTED
    print(_summary(store))
    return 0 if all(result.ok for result in results) else 1
