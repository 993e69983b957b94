"""Going on with a session whose program died, without that program: what it had planned is run to its end."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..core.retry import RetryPolicy
from ..errors import AgentError
from .clis import agent_cli
from .records import extras_of, missing_secrets
from .replay import FINISHED
from .session import OrchestratorSession
from .store import SessionStore
from .strategies import run_batched, run_parallel, run_sequential, run_with_fallback

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from .process import CliProcess
    from .result import ProcessResult

_STRATEGIES: Mapping[str, Callable[..., Any]] = {
    "run_parallel": run_parallel,
    "run_sequential": run_sequential,
    "run_with_fallback": run_with_fallback,
    "run_batched": run_batched,
}


def resume_session(base: Path | str, session_id: str) -> list[ProcessResult]:
    """Run what is left of a session and return the results of all its processes.

    ``base`` is where sessions are kept, ``session_id`` an id or how it begins.

    The strategies that its program had called are called again with the same processes: those that had finished are
    not run again but give their results. Processes that were given to no strategy are run one after another, but not
    those of which only copies were to be run. What the program would have done after that is not known here: run it
    again with ``resume=`` for that.

    Raise AgentError when the session is open, not there, or was given what is not on disk: a function, a secret that
    is not in the environment, a command line that only its program knows. Nothing has been changed then.
    """
    base = Path(base).absolute()
    store = SessionStore.find(base, session_id)
    metadata, records = store.read(), store.processes()
    if not store.has_controller:  # else it is refused for that
        _refuse_what_is_lost(store, metadata, records)
    calls = [*metadata["calls"], *metadata["calls_before"]]
    session = OrchestratorSession(
        metadata["pattern_name"],
        metadata["working_dir"],
        base,
        metadata["model"],
        cli=metadata["cli"],
        resume=store.session_id,
    )
    with session:
        processes = {record["process_id"]: _again(session, record) for record in records}
        results: dict[str, ProcessResult] = {}
        for call in calls:
            given = [processes[process_id] for process_id in call["processes"]]
            fresh = [process.replace() if process.is_done else process for process in given]
            came = _STRATEGIES[call["strategy"]](fresh, **_options(call["options"]))
            results |= {result.process_id: result for result in (came if isinstance(came, list) else [came])}
            processes |= {process.process_id: process for process in fresh}
        done = {process_id for call in calls for process_id in call["processes"]}
        originals = {record["copy_of"] for record in records}
        done |= {record["process_id"] for record in records if record["process_id"] in originals and not record["runs"]}
        for process_id, process in processes.items():
            if process_id not in done:
                results[process_id] = process.run()
    return list(results.values())


def _again(session: OrchestratorSession, record: Mapping[str, Any]) -> CliProcess:
    return session.create_process(
        record["prompt"],
        record["process_id"],
        record["model"],
        record["stream_output"],
        record["timeout"],
        cli=record["cli"],
        working_dir=record["working_dir"],
        **extras_of(record),
    )


def _options(options: Mapping[str, Any]) -> dict[str, Any]:
    retry = options.get("retry")
    return {**options, "retry": RetryPolicy(**retry)} if isinstance(retry, dict) else dict(options)


def _refuse_what_is_lost(
    store: SessionStore, metadata: Mapping[str, Any], records: Sequence[Mapping[str, Any]]
) -> None:
    known = {record["process_id"]: record for record in records}
    problems = []
    for call in (*metadata["calls"], *metadata["calls_before"]):
        if call["strategy"] not in _STRATEGIES:
            problems.append(f"no strategy is called {call['strategy']!r}")
        if call["lost"]:
            problems.append(f"{call['strategy']} was given {', '.join(call['lost'])}, which only its program has")
        missing = [process_id for process_id in call["processes"] if process_id not in known]
        if missing:
            problems.append(
                f"{call['strategy']} was given {', '.join(map(repr, missing))}, of which there is no record"
            )
    for record in records:
        problems += [f"process {record['process_id']!r} {problem}" for problem in _problems(record)]
    if problems:
        remedy = f"run its program again, with OrchestratorSession(…, resume={store.session_id!r})"
        message = f"session {store.session_id!r} cannot be resumed from here: {'; '.join(problems)}. Else {remedy}"
        raise AgentError(message)


def _problems(record: Mapping[str, Any]) -> list[str]:
    """Return what keeps a process from being made again. What has finished needs no secrets."""
    problems = []
    try:
        agent_cli(record["cli"])
    except AgentError as error:
        problems.append(f"is of a command line that only its program knows ({error})")
    if record["state"] in FINISHED:
        return problems
    missing = missing_secrets(record)
    if missing:
        problems.append(f"needs {', '.join(missing)} in the environment")
    if record["lost"]:
        problems.append(f"has a secret in its {', '.join(record['lost'])}, which is not on disk")
    return problems
