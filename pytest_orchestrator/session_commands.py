"""The commands ``pytest-orchestrator sessions …``: list, show, kill, pause, resume."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

from .agents.control import tell
from .agents.store import LOG, SESSIONS, SessionStore
from .agents.summary import summary_of
from .errors import AgentError

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

    from .agents.summary import SessionSummary


def run_sessions(parser: argparse.ArgumentParser, words: Sequence[str]) -> int:
    """Carry out the ``words`` behind ``sessions``, which ``parser`` is to read, and return the exit code.

    0 when it was done; 1 where a process of a resumed session did not pass. Raises
    :class:`~pytest_orchestrator.errors.OrchestratorError` for a mistake of the user.
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
        return _show(store, as_json=given.json)
    if given.command == "resume" and store.state not in ("running", "paused"):
        return _resume(base, store)
    return _order(store, given.command)


def _summary(store: SessionStore) -> SessionSummary:
    return summary_of(store.session_id, store.state, store.read(), store.processes())


def _list(base: Path, *, as_json: bool) -> int:
    summaries = [_summary(store) for store in SessionStore.all(base)]
    if as_json:
        print(json.dumps([summary.as_dict() for summary in summaries], indent=2))
        return 0
    if not summaries:
        print(f"no sessions in {base}")
    width = max((len(summary.session_id) for summary in summaries), default=0)
    for summary in summaries:
        counted = ", ".join(f"{count} {state}" for state, count in summary.counts.items())
        print(f"{summary.session_id:<{width}}  {summary.state:<7}  {counted or 'no process'}")
    return 0


def _show(store: SessionStore, *, as_json: bool) -> int:
    summary = _summary(store)
    if as_json:
        print(json.dumps(summary.as_dict(), indent=2))
        return 0
    metadata = store.read()
    print(summary)
    print(f"  started {metadata['started']} by process {metadata['pid']} on {metadata['host']}")
    print(f"  log {store.path / LOG}")
    if summary.state == "died":
        print(f"  its program is gone: pytest-orchestrator sessions resume {store.session_id} runs what is left")
    return 0


def _order(store: SessionStore, order: str) -> int:
    if not store.has_controller:
        message = f"session {store.session_id!r} has {store.state}: there is nothing to {order}"
        raise AgentError(message)
    answer = tell(store.path, order)
    if "error" in answer:
        raise AgentError(str(answer["error"]))
    print(f"{store.session_id}: {answer['state']}, {answer['running']} processes were running")
    return 0


def _resume(base: Path, store: SessionStore) -> int:
    from .agents.resumption import resume_session

    results = resume_session(base, store.session_id)
    print(_summary(store))
    return 0 if all(result.ok for result in results) else 1
