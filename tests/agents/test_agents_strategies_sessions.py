"""Strategies with processes of a session: real command lines, a scripted model, transcripts and books that agree."""

from __future__ import annotations

import asyncio
import os
import signal
import threading
from typing import TYPE_CHECKING, Any

import pytest
from process_watch import until
from strategy_agents import own_threads
from tiny_cli import TINY

from pytest_orchestrator import LiveTable, ModelEndpoint, ModelRequest, run_parallel, run_sequential, run_with_fallback
from pytest_orchestrator.agents.asynchronous import run_parallel_async
from pytest_orchestrator.agents.patterns.debate import debate
from pytest_orchestrator.agents.session import OrchestratorSession

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from pytest_orchestrator.agents.process import CliProcess
    from pytest_orchestrator.agents.progress import ProgressEvent

    Create = Callable[..., CliProcess]


class Model:
    """A model that answers with its prompt in capitals, counts, and can be told to fail or to hang."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.guard = threading.Lock()

    def __call__(self, request: ModelRequest) -> Any:
        with self.guard:
            self.asked.append(request.prompt)
            times = self.asked.count(request.prompt)
        if "hang" in request.prompt:
            return {"say": "I begin.", "run": "exec sleep 600"}
        if "fail" in request.prompt and times == 1:
            return {"error": {"status": 400, "message": "not now"}}
        return request.prompt.upper()


@pytest.fixture
def model() -> Model:
    return Model()


@pytest.fixture
def session(tmp_path: Path) -> Iterator[OrchestratorSession]:
    with OrchestratorSession("strategies", tmp_path, cli=TINY.name) as session:
        yield session


@pytest.fixture
def create(session: OrchestratorSession, model: Model) -> Iterator[Create]:
    with ModelEndpoint(model) as endpoint:

        def create(prompt: str, process_id: str | None = None, **more: Any) -> CliProcess:
            extras: dict[str, Any] = {"endpoint": endpoint, "isolation": "fresh", "stream_output": False}
            return session.create_process(prompt, process_id, **extras, **more)

        yield create


def test_every_agent_has_a_result_with_its_transcript(create: Create, session: OrchestratorSession) -> None:
    results = run_parallel([create(f"say {number}") for number in range(4)], on_progress=LiveTable())
    assert sorted(result.output for result in results) == [f"SAY {number}" for number in range(4)]
    assert all(result.transcript is not None and result.transcript.is_complete for result in results)
    assert len({result.log_path for result in results}) == 4
    assert sorted(path.name for path in session.log_dir.glob("process_*.log")) == sorted(
        result.log_path.name for result in results if result.log_path is not None
    )


def test_a_pipeline_passes_on_through_real_agents(create: Create, model: Model) -> None:
    results = run_sequential([create("find", "a"), create("mend", "b")], pass_output=True)
    assert results[1].output == "--- OUTPUT OF A ---\nFIND\n\n--- NEW TASK ---\nMEND"
    assert model.asked == ["find", "--- Output of a ---\nFIND\n\n--- New task ---\nmend"]


def test_every_attempt_has_a_log_of_its_own(create: Create) -> None:
    (result,) = run_parallel([create("fail once", "a")], retry=2)
    assert (result.status, [attempt.status for attempt in result.attempts]) == ("passed", ["failed"])
    assert result.attempts[0].error is not None
    assert "not now" in result.attempts[0].error
    assert result.log_path != result.attempts[0].log_path


def test_the_limit_of_a_fallback_keeps_what_came_before_it(create: Create) -> None:
    told: list[ProgressEvent] = []
    agents = [create("hang", "a", timeout=60), create("say", "b")]
    result = run_with_fallback(agents, timeout=1, on_progress=told.append)
    assert (result.process_id, result.output) == ("b", "SAY")
    (first,) = (event.result for event in told if event.stage == "ended" and event.process_id == "a")
    assert first is not None
    assert (first.exit_code, first.status, first.output) == (-1, "timeout", "I begin.")
    assert agents[0].timeout == 60


def test_ctrl_c_ends_agents_and_what_they_started_and_keeps_what_they_said(create: Create, model: Model) -> None:
    agents = [create("hang here", "a"), create("hang there", "b"), create("never", "c")]
    calls: list[str] = []

    def press(event: ProgressEvent) -> None:
        calls.append(event.stage)
        if calls.count("started") == 2 and event.stage == "started":
            threading.Thread(target=press_when_at_work).start()

    def press_when_at_work() -> None:
        until(lambda: all(log_of(agent).count("sleep 600") for agent in agents[:2]), "both run their command")
        os.kill(os.getpid(), signal.SIGINT)

    def log_of(agent: CliProcess) -> str:
        return agent.log_path.read_text() if agent.log_path is not None and agent.log_path.exists() else ""

    with pytest.raises(KeyboardInterrupt) as caught:
        run_parallel(agents, 2, on_progress=press)
    results = caught.value.results  # type: ignore[attr-defined]
    assert [(result.status, result.exit_code) for result in results] == [("cancelled", 130)] * 2
    # An agent may say more between the end of its command and its own.
    assert all(result.output.startswith("I begin.") for result in results)
    assert "never" not in model.asked
    assert own_threads() == []


def test_a_task_that_is_cancelled_ends_its_agents(create: Create, session: OrchestratorSession) -> None:
    async def main() -> None:
        agent = create("hang", "a")
        task = asyncio.create_task(run_parallel_async([agent]))
        while agent.log_path is None or "sleep 600" not in agent.log_path.read_text():
            await asyncio.sleep(0.01)
        task.cancel()
        with pytest.raises(asyncio.CancelledError) as caught:
            await task
        (result,) = caught.value.results  # type: ignore[attr-defined]
        assert (result.status, result.output.partition("\n")[0]) == ("cancelled", "I begin.")

    asyncio.run(main())
    assert own_threads() == []


def test_the_books_of_the_session_know_the_copies_of_a_debate(create: Create, session: OrchestratorSession) -> None:
    found = debate([create("one", "a"), create("two", "b")], 2)
    assert [len(results) for results in found.rounds] == [2, 2]
    assert all(result.ok for results in found.rounds for result in results)
    shown = str(session.summarize())
    assert all(name in shown for name in ("a-round-2", "b-round-2"))
