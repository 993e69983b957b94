"""Whatever is run, and however: no process is lost, none runs twice, and what is told adds up."""

from __future__ import annotations

import asyncio
from collections import Counter
from typing import TYPE_CHECKING, Any

from hypothesis import given, settings
from hypothesis import strategies as st
from strategy_agents import CallAgent, echoes, failed, own_threads, passed

from pytest_orchestrator.agents import asynchronous, strategies

if TYPE_CHECKING:
    from pytest_orchestrator.agents.progress import ProgressEvent
    from pytest_orchestrator.agents.result import ProcessResult

KINDS = st.lists(st.sampled_from(["good", "bad", "raises"]), max_size=12)


class Crowd:
    """Agents of given kinds that count how often each was run."""

    def __init__(self, kinds: list[str]) -> None:
        self.kinds = kinds
        self.runs: Counter[str] = Counter()
        self.told: list[ProgressEvent] = []
        self.agents = [CallAgent(self.work, str(number), f"prompt {number}") for number in range(len(kinds))]

    def work(self, agent: CallAgent) -> str | ProcessResult:
        self.runs[agent.process_id] += 1
        kind = self.kinds[int(agent.process_id)]
        if kind == "raises":
            raise ValueError(agent.process_id)
        return passed(agent.process_id) if kind == "good" else failed(agent.process_id)

    def check(self, results: list[ProcessResult], attempts: int = 1) -> None:
        """Hold what is true of every strategy."""
        ids = [result.process_id for result in results]
        assert len(set(ids)) == len(ids), "no process has two results"
        assert set(self.runs) == set(ids), "what ran has a result, and nothing else has"
        for result in results:
            is_good = self.kinds[int(result.process_id)] == "good"
            assert result.ok == is_good
            assert self.runs[result.process_id] == len(result.attempts) + 1 == (1 if is_good else attempts)
        stages = [[event.stage for event in self.told if event.index == index] for index in range(len(self.kinds))]
        for index, told in enumerate(stages):
            if str(index) in self.runs:
                assert told == ["waiting", "started", *["retrying"] * (self.runs[str(index)] - 1), "ended"]
            else:
                assert told == ["waiting", "not_run"]
        assert [event.ended for event in self.told] == sorted(event.ended for event in self.told)
        assert [event.result for event in self.told if event.stage == "ended"] == results
        assert [agent.prompt for agent in self.agents] == [f"prompt {number}" for number in range(len(self.kinds))]
        assert own_threads() == []


@given(KINDS, st.integers(1, 5), st.booleans(), st.integers(1, 3), st.booleans())
@settings(max_examples=60, deadline=None)
def test_in_parallel(kinds: list[str], workers: int, fail_fast: bool, attempts: int, with_loop: bool) -> None:
    crowd = Crowd(kinds)
    how: dict[str, Any] = {"fail_fast": fail_fast, "retry": attempts, "on_progress": crowd.told.append}
    if with_loop:
        results = asyncio.run(asynchronous.run_parallel_async(crowd.agents, workers, **how))
    else:
        results = strategies.run_parallel(crowd.agents, workers, **how)
    if fail_fast and any(kind != "good" for kind in kinds):
        assert {result.process_id for result in results} == set(crowd.runs)
        assert any(not result.ok for result in results)
        assert own_threads() == []
    else:
        crowd.check(results, attempts)
        assert len(results) == len(kinds)


@given(KINDS, st.booleans(), st.integers(1, 3))
@settings(max_examples=60, deadline=None)
def test_one_after_another(kinds: list[str], stop_on_failure: bool, attempts: int) -> None:
    crowd = Crowd(kinds)
    results = strategies.run_sequential(
        crowd.agents, True, stop_on_failure, retry=attempts, on_progress=crowd.told.append
    )
    crowd.check(results, attempts)
    bad = [index for index, kind in enumerate(kinds) if kind != "good"]
    wanted = kinds[: bad[0] + 1] if bad and stop_on_failure else kinds
    assert [int(result.process_id) for result in results] == list(range(len(wanted)))


@given(KINDS, st.integers(1, 5))
@settings(max_examples=60, deadline=None)
def test_in_batches(kinds: list[str], size: int) -> None:
    crowd = Crowd(kinds)
    results = strategies.run_batched(crowd.agents, size, pass_output=True, on_progress=crowd.told.append)
    crowd.check(results)
    batches = [int(result.process_id) // size for result in results]
    assert batches == sorted(batches)
    assert len(results) == len(kinds)


@given(KINDS.filter(bool), st.integers(1, 3))
@settings(max_examples=60, deadline=None)
def test_as_fallbacks(kinds: list[str], attempts: int) -> None:
    crowd = Crowd(kinds)
    result = strategies.run_with_fallback(crowd.agents, retry=attempts, on_progress=crowd.told.append)
    crowd.check([event.result for event in crowd.told if event.stage == "ended" and event.result], attempts)
    first = kinds.index("good") if "good" in kinds else len(kinds) - 1
    assert int(result.process_id) == first
    assert len(crowd.runs) == first + 1


@given(st.lists(st.text(max_size=20), min_size=1, max_size=6))
@settings(max_examples=40, deadline=None)
def test_every_text_gets_through_a_pipeline_whole(texts: list[str]) -> None:
    results = strategies.run_sequential([echoes(str(index), text) for index, text in enumerate(texts)], True)
    for index, text in enumerate(texts[1:], 1):
        assert results[index - 1].output in results[index].output
        assert results[index].output.endswith(f"\n{text}")
