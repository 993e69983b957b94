"""Budgets: shared by threads, programs and a resumed session; what would exceed one is not started."""

from __future__ import annotations

import json
import threading
import time
from typing import TYPE_CHECKING, Any

import pytest
from process_watch import until
from session_programs import Programs, programs_in, shell_session

from pytest_orchestrator.agents.budget import Budget
from pytest_orchestrator.agents.clis import AgentCli, register_agent_cli
from pytest_orchestrator.agents.plain_stream import PlainParser
from pytest_orchestrator.agents.session import OrchestratorSession
from pytest_orchestrator.agents.strategies import run_parallel, run_sequential
from pytest_orchestrator.core.status import Status
from pytest_orchestrator.core.transcript import Usage
from pytest_orchestrator.errors import AgentError, ArgumentError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from pytest_orchestrator.agents.result import ProcessResult


class CostParser(PlainParser):
    """Reads costs from lines such as ``cost 0.5`` and ``tokens 100``: what came last counts."""

    def _last(self, word: str) -> float:
        found = [line.split() for line in self.text.splitlines() if line.startswith(f"{word} ")]
        return float(found[-1][1]) if found else 0.0

    @property
    def usage(self) -> Usage:
        return Usage(output_tokens=int(self._last("tokens")))

    @property
    def cost_usd(self) -> float | None:
        return self._last("cost") or None


register_agent_cli(AgentCli("costly", "bash", lambda launch: ["-s"], lambda: CostParser("costly")))


@pytest.fixture
def programs(tmp_path: Path) -> Iterator[Programs]:
    with programs_in(tmp_path) as programs:
        yield programs


def costly(directory: Path, **given: Any) -> OrchestratorSession:
    return OrchestratorSession("costly", directory, cli="costly", **given)


def limits(results: list[ProcessResult]) -> list[tuple[str, str | None]]:
    return [(str(result.status), result.limit.name if result.limit else None) for result in results]


# -- the budget itself ----------------------------------------------------------------------------------------


@pytest.fixture(params=["memory", "file"])
def ledger(request: pytest.FixtureRequest, tmp_path: Path) -> Path | None:
    return None if request.param == "memory" else tmp_path / "budget.json"


def test_what_is_spent_and_kept_counts_until_it_is_settled(ledger: Path | None) -> None:
    budget = Budget(1.0, 1000, ledger)
    assert budget.reserve("a", 0.6, 500) is None
    assert budget.left_usd == pytest.approx(0.4)
    limit = budget.reserve("b", 0.5)
    assert limit is not None
    assert (limit.name, limit.value) == ("budget_usd", 1.0)
    budget.update("a", 0.1, 100)
    budget.settle("a")
    assert budget.spent == (0.1, 100)
    assert budget.reserve("b", 0.5, 901).name == "budget_tokens"  # type: ignore[union-attr]
    assert budget.reserve("b", 0.5, 900) is None
    budget.settle("b")
    assert budget.as_dict() == {"usd": 1.0, "tokens": 1000, "spent_usd": 0.1, "spent_tokens": 100}


def test_a_budget_that_is_spent_to_the_cent_allows_nothing_more(ledger: Path | None) -> None:
    budget = Budget(0.3, None, ledger)
    for number in range(3):
        assert budget.reserve(f"run {number}") is None
        budget.update(f"run {number}", 0.1, 0)
        assert budget.exceeded() is None
        budget.settle(f"run {number}")
    assert budget.reserve("another") is not None
    budget.update("run 9", 0.01, 0)
    assert budget.exceeded() is not None


def test_costs_never_become_less_and_are_not_counted_twice(ledger: Path | None) -> None:
    budget = Budget(None, 100, ledger)
    for tokens in (10, 30, 20, 30):
        budget.update("a", None, tokens)
    budget.settle("a")
    budget.settle("a")
    assert budget.spent == (0.0, 30)


@pytest.mark.parametrize("value", [0, -1, True, "5", float("nan"), float("inf")])
def test_a_bound_that_is_no_amount_is_refused(value: Any) -> None:
    with pytest.raises(
        ArgumentError, match=r"usd: .* is not a number greater than 0; give None for no bound\ntokens: "
    ):
        Budget(value, value)


def test_tokens_are_whole_and_a_ledger_is_a_path() -> None:
    with pytest.raises(ArgumentError) as caught:
        Budget(1, 1.5, 5)  # type: ignore[arg-type]
    assert str(caught.value).splitlines() == [
        "tokens: 1.5 is not a whole number greater than 0; give None for no bound",
        "ledger: 5 is not a path; give a str or an os.PathLike",
    ]
    assert repr(Budget(1, 15)) == "Budget(usd=1, tokens=15)"


def test_threads_never_get_more_than_there_is(ledger: Path | None) -> None:
    budget = Budget(None, 100, ledger)
    allowed = []

    def take(name: str) -> None:
        for number in range(20):
            key = f"{name}{number}"
            if budget.reserve(key, None, 10) is None:
                budget.update(key, None, 10)
                budget.settle(key)
                allowed.append(key)

    threads = [threading.Thread(target=take, args=(name,)) for name in "abcd"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(allowed) == 10
    assert budget.spent == (0.0, 100)


def test_programs_share_a_ledger(tmp_path: Path, programs: Programs) -> None:
    text = """
from pytest_orchestrator.agents.budget import Budget
budget = Budget(None, 100, Path("ledger"))
for number in range(20):
    key = f"{os.getpid()}-{number}"
    if budget.reserve(key, None, 5) is None:
        budget.update(key, None, 5)
        budget.settle(key)
        say("x")
"""
    several = [programs.start(text) for _ in range(3)]
    assert sum(program.end()[0].count("x") for program in several) == 20
    assert Budget(None, 100, tmp_path / "ledger").spent == (0.0, 100)


def test_what_a_killed_program_has_spent_counts_and_what_it_kept_is_free(tmp_path: Path, programs: Programs) -> None:
    program = programs.start("""
from pytest_orchestrator.agents.budget import Budget
budget = Budget(None, 100, Path("ledger"))
budget.reserve("a", None, 90)
budget.update("a", None, 30)
say("ready")
signal.pause()
""")
    assert program.says() == "ready"
    budget = Budget(None, 100, tmp_path / "ledger")
    assert budget.reserve("b", None, 20) is not None
    program.kill()
    assert budget.reserve("b", None, 70) is None
    budget.settle("b")
    assert budget.spent == (0.0, 30)


def test_a_ledger_that_cannot_be_read_starts_nothing_and_loses_no_cost(tmp_path: Path) -> None:
    ledger = tmp_path / "ledger"
    budget = Budget(None, 100, ledger)
    assert budget.reserve("a") is None
    whole = ledger.read_text()
    ledger.write_text("{")
    budget.update("a", None, 40)
    budget.settle("a")
    assert budget.spent == (0.0, 40)
    with pytest.raises(AgentError, match=r"the ledger of the budget, '.*/ledger', cannot be used: Expecting"):
        budget.reserve("b")
    ledger.write_text("[]")
    with pytest.raises(AgentError, match="it is no ledger of a budget"):
        budget.reserve("b")
    ledger.write_text(whole)
    assert budget.reserve("b") is None
    assert Budget(None, 100, ledger).spent == (0.0, 40)


def test_the_books_of_many_runs_stay_small(tmp_path: Path) -> None:
    ledger = tmp_path / "ledger"
    budget = Budget(1000, None, ledger)
    before = time.thread_time()
    for number in range(150):
        budget.reserve(f"run {number}", 0.01)
        budget.update(f"run {number}", 0.001, 10)
        budget.settle(f"run {number}")
    assert time.thread_time() - before < 2
    assert len(ledger.read_bytes()) < 200
    usd, tokens = budget.spent
    assert (round(usd, 6), tokens) == (0.15, 1500)


# -- in a session ---------------------------------------------------------------------------------------------


def test_what_would_exceed_the_budget_is_not_started(tmp_path: Path) -> None:
    with costly(tmp_path, budget_tokens=100) as session:
        script = "echo tokens 60; touch ran-$$"
        results = run_sequential([session.create_process(script, stream_output=False) for _ in range(3)])
    assert limits(results) == [("passed", None), ("passed", None), ("not_run", "budget_tokens")]
    assert len(list(tmp_path.glob("ran-*"))) == 2
    assert results[2].error == "not started: the budget does not allow it (budget_tokens 100)"
    assert "budget: 120 tokens of 100" in str(session.summarize())


def test_what_is_kept_for_a_process_is_not_given_to_another(tmp_path: Path) -> None:
    with costly(tmp_path, budget_usd=1) as session:
        first = session.create_process("touch started; until [ -e end ]; do sleep 0.01; done", max_cost_usd=0.8)
        thread = threading.Thread(target=first.run)
        thread.start()
        until((tmp_path / "started").exists, "its start")
        second = session.create_process("true", stream_output=False, max_cost_usd=0.3)
        assert limits([second.run()]) == [("not_run", "budget_usd")]
        (tmp_path / "end").touch()
        thread.join()
        assert second.replace().run().ok


def test_what_exceeds_the_budget_is_stopped_with_all_that_share_it(tmp_path: Path) -> None:
    with costly(tmp_path, budget_usd=1.0) as session:
        wait = "touch waits; sleep 600"
        spend = "until [ -e waits ]; do sleep 0.01; done; echo cost 0.4; sleep 0.2; echo cost 1.2; sleep 600"
        processes = [session.create_process(script, stream_output=False, grace=1) for script in (wait, spend)]
        results = run_parallel(processes)
        assert limits(results) == [("failed", "budget_usd")] * 2
        assert {result.exit_code for result in results} == {130}
        assert all("the budget is spent" in str(result.error) for result in results)
        told = session.summarize()
        assert (told.cost_usd, told.budget and told.budget["spent_usd"]) == (1.2, 1.2)


def test_a_process_may_leave_the_budget_of_its_session(tmp_path: Path) -> None:
    with costly(tmp_path, budget_tokens=10) as session:
        assert session.create_process("echo tokens 50", stream_output=False, budget=None).run().ok
        assert session.create_process("echo tokens 5", stream_output=False).run().ok


def test_each_attempt_of_a_process_is_paid_for(tmp_path: Path) -> None:
    with costly(tmp_path, budget_tokens=100) as session:
        process = session.create_process("echo tokens 40; exit 1", stream_output=False)
        (result,) = run_parallel([process], retry=5)
    assert limits([result, *result.attempts]) == [("not_run", "budget_tokens"), *[("failed", None)] * 3]
    assert session.summarize().tokens == 120


def test_a_resumed_session_goes_on_with_its_budget_and_pays_nothing_twice(tmp_path: Path) -> None:
    with costly(tmp_path, budget_tokens=100) as session:
        assert session.create_process("echo tokens 60", "a", stream_output=False).run().ok
        spender = session.create_process("echo tokens 50; sleep 600", "b", stream_output=False, grace=1)
        assert limits([spender.run()]) == [("failed", "budget_tokens")]
    with costly(tmp_path, resume=session.session_id) as again:
        assert again.budget is not None
        assert again.create_process("echo tokens 60", "a", stream_output=False).run().ok
        assert again.budget.spent == (0.0, 110)
        assert limits([again.create_process("true", "c", stream_output=False).run()]) == [("not_run", "budget_tokens")]
    with costly(tmp_path, resume=session.session_id, budget_tokens=500) as again:
        again.create_process("echo tokens 60", "a", stream_output=False).run()
        # Stopped for the budget it was, not by itself: with a larger one it is run again.
        script = "echo tokens 50; [ -e larger ] && exit; touch larger; exit"
        assert again.create_process(script, "b", stream_output=False).run().ok
        assert again.budget is not None
        assert again.budget.spent == (0.0, 160)


def test_the_ledger_survives_a_killed_program(programs: Programs, tmp_path: Path) -> None:
    program = programs.start("""
import test_agents_budget
s = OrchestratorSession("costly", cli="costly", budget_tokens=100)
say(s.session_id)
quiet(s, "echo tokens 60", "a").run()
quiet(s, "echo tokens 30; sleep 600", "b", max_tokens=40).run()
""")
    store = program.store()

    def costs() -> list[int]:
        accounts = json.loads(store.ledger.read_text()) if store.ledger.exists() else {"running": {}}
        return [entry["tokens"] for entry in accounts["running"].values()]

    until(lambda: costs() == [30], "what its second process has spent")
    program.kill()
    with costly(tmp_path, resume=store.session_id) as again:
        assert again.budget is not None
        assert again.budget.spent == (0.0, 90)
        assert again.create_process("echo tokens 60", "a", stream_output=False).run().ok
        result = again.create_process("echo tokens 5", "b", stream_output=False, max_tokens=10).run()
        assert (result.status, again.budget.spent) == (Status.PASSED, (0.0, 95))


def test_a_full_disk_does_not_lose_a_run_for_its_cost(tmp_path: Path) -> None:
    with shell_session(tmp_path) as session:
        budget = Budget(None, 100, tmp_path / "books" / "ledger")
        process = session.create_process("true", stream_output=False, budget=budget)
        result = process.run()
        assert (result.status, result.exit_code) == (Status.ERROR, 126)
        assert "the ledger of the budget" in str(result.error)
        (tmp_path / "books").mkdir()
        assert process.replace().run().ok
