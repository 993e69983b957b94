"""n_version, debate, cascade and expert_panel: who runs when, with which prompt, and what comes of it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from strategy_agents import CallAgent, ShellAgent, echoes, failed, fails, own_threads, passed, says, waits

from pytest_orchestrator import ArgumentError
from pytest_orchestrator.agents.patterns.cascade import cascade
from pytest_orchestrator.agents.patterns.debate import REBUTTAL, debate
from pytest_orchestrator.agents.patterns.expert_panel import expert_panel
from pytest_orchestrator.agents.patterns.n_version import n_version

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pytest_orchestrator.agents.progress import ProgressEvent
    from pytest_orchestrator.agents.result import ProcessResult


# -- n_version ------------------------------------------------------------------------------------------------


def test_copies_of_one_process_vote() -> None:
    agent = ShellAgent('read -r; echo "$REPLY" | tr a-z A-Z', "loud", "same\n")
    found = n_version(agent)
    assert sorted(result.process_id for result in found.results) == ["loud-1", "loud-2", "loud-3"]
    assert found.selected in found.results
    assert (found.ok, found.why) == (True, "majority: 3 of 3 votes")
    assert not agent.is_done


def test_a_function_makes_each_version() -> None:
    outputs = ["a", "b", "a", "a"]
    found = n_version(lambda number: says(outputs[number - 1], f"v{number}"), 4)
    assert found.selected is not None
    assert (found.selected.output, found.why) == ("a", "majority: 3 of 4 votes")
    assert found.aggregate is not None
    assert [vote.process_id for vote in found.aggregate.dissent] == ["v2"]


def test_given_processes_run_themselves() -> None:
    agents = [says("x", "a"), fails("b"), says("x", "c")]
    found = n_version(agents)
    assert all(agent.is_done for agent in agents)
    assert len(found.results) == 3
    assert found.ok


def test_without_a_majority_nothing_is_selected() -> None:
    found = n_version([says("x", "a"), says("y", "b")])
    assert (found.selected, found.ok) == (None, False)
    assert found.why == "no majority: 1 of 2 votes for the best of 2 answers"
    assert not n_version([says("x", "a"), says("x", "b"), says("y", "c")], select="unanimous").ok


def test_versions_with_one_id_are_told_apart_by_what_they_say() -> None:
    found = n_version([says("x", "a"), says("y", "a"), says("y", "a")], max_workers=1)
    assert found.selected is not None
    assert found.selected.output == "y"


def test_the_first_that_succeeded_may_be_taken() -> None:
    found = n_version([fails("a"), says("x", "b"), says("y", "c")], select="first", max_workers=1)
    assert found.selected is not None
    assert (found.selected.process_id, found.why) == ("b", "b was the first that succeeded")
    assert n_version([fails("a")], select="first").why == "none succeeded"


def test_a_function_may_select() -> None:
    def shortest(results: Sequence[ProcessResult]) -> ProcessResult:
        return min(results, key=lambda result: len(result.output))

    found = n_version([says("long", "a"), says("s", "b")], select=shortest)
    assert found.selected is not None
    assert found.selected.process_id == "b"
    assert n_version([says("x")], select=lambda results: None).why == "the function selected none"
    with pytest.raises(ArgumentError, match="n_version: select: the function returned 5, which is none of the results"):
        n_version([says("x")], select=lambda results: 5)  # type: ignore[arg-type, return-value]


def test_mistakes_of_versions_are_told_at_once() -> None:
    agents = [says("x")]
    with pytest.raises(ArgumentError) as caught:
        n_version(says("x"), 0, select="best", quorum=-1)
    assert str(caught.value).split("\n") == [
        "n_version: quorum: -1 is not a number of votes of at least 1, or a share of the results up to 1.0",
        "n_version: select: 'best' is not one of 'majority', 'unanimous' and 'first', nor a function of all results",
        "n_version: n: 0 is not a whole number of at least 1",
    ]
    with pytest.raises(ArgumentError, match="n_version: n: it is 3, but 1 processes were given; leave it out"):
        n_version([says("x")], 3)
    done = says("x")
    done.run()
    with pytest.raises(ArgumentError, match="n_version: source: process 'agent' has run already"):
        n_version(done)
    with pytest.raises(ArgumentError, match=r"n_version: source\[1\]: it is the same object as source\[0\]"):
        n_version(lambda number: done if number > 3 else agents[0], 2)
    with pytest.raises(ArgumentError, match="n_version: max_workers: 0 is not a whole number of at least 1"):
        n_version(says("x"), max_workers=0)


# -- debate ---------------------------------------------------------------------------------------------------


def debater(process_id: str, *answers: str) -> CallAgent:
    """Return an agent that says one answer after another, and its prompt below it."""
    rest = iter(answers)
    return CallAgent(lambda agent: f"{next(rest)}\n{agent.prompt}", process_id, f"You are {process_id}.")


ANSWER = r"\A(.*)$"


def test_from_the_second_round_on_each_reads_what_all_said() -> None:
    members = [debater("a", "1", "2", "3"), debater("b", "4", "5", "6")]
    found = debate(members, 2, extract=ANSWER)
    assert [[result.process_id for result in results] for results in found.rounds] == [
        ["a", "b"],
        ["a-round-2", "b-round-2"],
    ]
    assert found.rounds[1][0].output == (
        "2\n--- Output of a (you) ---\n1\nYou are a.\n\n--- Output of b ---\n4\nYou are b.\n\n"
        f"--- New task ---\n{REBUTTAL}You are a."
    )
    assert (found.answer, found.is_agreed) == (None, False)
    assert [vote.process_id for vote in found.aggregate.votes] == ["a", "b"]
    assert [member.prompt for member in members] == ["You are a.", "You are b."]


def test_a_debate_ends_when_all_agree() -> None:
    def members() -> list[CallAgent]:
        return [debater("a", "1", "2", "2", "2"), debater("b", "2", "2", "2", "2")]

    found = debate(members(), 4, extract=ANSWER)
    assert (len(found.rounds), found.answer, found.is_agreed) == (2, "2", True)
    assert len(debate(members(), 4, extract=ANSWER, stop_when_agreed=False).rounds) == 4


def test_one_that_fails_takes_no_further_part_but_what_it_said_counts() -> None:
    sayings = iter([passed("a", "yes"), failed("a", "gibberish")])
    leaver = CallAgent(lambda agent: next(sayings), "a")
    stayers = [debater(name, "no", "no", "no") for name in ("b", "c")]
    found = debate([leaver, *stayers], 3, extract=r"\A(yes|no)", stop_when_agreed=False)
    assert [len(results) for results in found.rounds] == [3, 3, 2]
    assert "--- Output of a ---\nyes\n" in found.rounds[2][0].output
    assert "gibberish" not in found.rounds[2][0].output
    assert (found.answer, [vote.process_id for vote in found.aggregate.dissent]) == ("no", ["a"])


def test_when_all_fail_there_is_nothing_to_judge() -> None:
    judge = says("never", "judge")
    found = debate([fails("a"), fails("b")], 3, judge=judge)
    assert (len(found.rounds), found.answer, found.judgement, found.is_agreed) == (1, None, None, False)
    assert not judge.is_done


def test_a_judge_reads_the_last_positions_and_has_the_last_word() -> None:
    judge = echoes("judge", "Decide.")
    found = debate([says("1", "a"), says("2", "b")], 1, judge=judge)
    assert found.answer == "--- Output of a ---\n1\n\n--- Output of b ---\n2\n\n--- New task ---\nDecide."
    assert found.judgement is not None
    assert debate([says("1", "a"), says("2", "b")], 1, judge=fails("judge")).answer is None


def test_mistakes_of_debates_are_told_at_once() -> None:
    with pytest.raises(ArgumentError) as caught:
        debate([says("1", "a"), 5], 0, judge=7)  # type: ignore[list-item, arg-type]
    lacks = "is no agent process; it has no process_id, prompt, timeout, is_done, run, terminate, replace"
    assert str(caught.value).split("\n") == [
        f"debate: debaters[1]: 5 {lacks}",
        "debate: rounds: 0 is not a whole number of at least 1",
        f"debate: judge: 7 {lacks}",
    ]
    with pytest.raises(ArgumentError, match="debate: debaters: 2 of them have the process id 'a'; give each its own"):
        debate([says("1", "a"), says("2", "a")])
    with pytest.raises(ArgumentError, match="debate: debaters: there are 1; give at least two"):
        debate([says("1", "a")])
    with pytest.raises(ArgumentError, match="debate: weights: there is no process 'c'; there is 'a' and 'b'"):
        debate([says("1", "a"), says("2", "b")], how="weighted", weights={"c": 1})


# -- cascade --------------------------------------------------------------------------------------------------


def test_the_first_level_that_is_accepted_is_the_last_that_runs() -> None:
    levels = [says("maybe", "small"), says("SURE: 4", "middle"), says("never", "large")]
    found = cascade(levels, r"^SURE: ")
    assert (found.level, found.is_accepted, found.result.output) == (1, True, "SURE: 4")
    assert [result.process_id for result in found.results] == ["small", "middle"]
    assert not levels[2].is_done


def test_a_failure_is_never_accepted_and_not_even_asked_about() -> None:
    asked: list[str] = []

    def accept(result: ProcessResult) -> bool:
        asked.append(result.process_id)
        return result.process_id == "c"

    found = cascade([fails("a"), says("x", "b"), says("y", "c")], accept)
    assert (asked, found.level) == (["b", "c"], 2)


def test_without_a_condition_success_is_accepted() -> None:
    assert cascade([fails("a"), says("x", "b")]).level == 1


def test_where_nothing_is_accepted_the_last_result_is_there_all_the_same() -> None:
    found = cascade([says("a", "a"), says("b", "b")], lambda result: False)
    assert (found.level, found.is_accepted, found.result.output) == (None, False, "b")


def test_a_level_may_read_what_the_one_before_it_said() -> None:
    found = cascade([says("draft", "a"), echoes("b", "Improve.")], "Improve", pass_output=True)
    assert found.result.output == "--- Output of a ---\ndraft\n\n--- New task ---\nImprove."


def test_each_level_has_its_time() -> None:
    found = cascade([ShellAgent("sleep 60", "slow"), ShellAgent("echo fine", "fast")], timeout=0.3)
    assert [result.status for result in found.results] == ["timeout", "passed"]


def test_levels_that_are_not_tried_are_told_as_not_run() -> None:
    told: list[ProgressEvent] = []
    cascade([says("a", "a"), says("b", "b")], on_progress=told.append)
    assert [(event.process_id, event.stage) for event in told][-1] == ("b", "not_run")


def test_mistakes_of_cascades_are_told_at_once() -> None:
    with pytest.raises(ArgumentError) as caught:
        cascade([1], "(", timeout=-1, retry=0)  # type: ignore[list-item]
    assert [line.partition(": ")[2].partition(":")[0] for line in str(caught.value).split("\n")] == [
        "levels[0]",
        "timeout",
        "accept",
        "retry",
    ]
    with pytest.raises(ArgumentError, match="cascade: levels: there is none; give at least one"):
        cascade([])


# -- expert_panel ---------------------------------------------------------------------------------------------


def test_a_panel_votes_and_keeps_the_dissent() -> None:
    found = expert_panel([says("REJECT", "security"), says("ACCEPT", "style"), says("ACCEPT", "speed")])
    assert (found.answer, [vote.process_id for vote in found.aggregate.dissent]) == ("ACCEPT", ["security"])
    assert len(found.opinions) == 3


def test_a_field_may_weigh_more() -> None:
    experts = [says("REJECT", "security"), says("ACCEPT", "style"), says("ACCEPT", "speed")]
    assert expert_panel(experts, how="weighted", weights={"security": 3}).answer == "REJECT"


def test_a_moderator_reads_all_that_succeeded_in_the_order_of_the_list() -> None:
    experts: list[Any] = [ShellAgent("sleep 0.05; echo late", "a"), fails("b", "nothing"), says("early", "c")]
    found = expert_panel(experts, moderator=echoes("moderator", "Sum up."))
    assert found.summary is not None
    assert found.summary.output == (
        "--- Output of a ---\nlate\n\n--- Output of c ---\nearly\n\n--- New task ---\nSum up."
    )
    assert expert_panel([fails("a")], moderator=says("never")).summary is None


def test_mistakes_of_panels_are_told() -> None:
    with pytest.raises(ArgumentError, match="expert_panel: experts: there is none; give at least one"):
        expert_panel([])
    with pytest.raises(ArgumentError, match="expert_panel: weights: there is no process 'b'; there is 'a'"):
        expert_panel([says("x", "a")], how="weighted", weights={"b": 1})
    with pytest.raises(ArgumentError, match="expert_panel: moderator: CallAgent is a class; give an object of it"):
        expert_panel([says("x", "a")], moderator=CallAgent)  # type: ignore[arg-type]


# -- all ------------------------------------------------------------------------------------------------------


def test_all_of_them_can_be_written_down() -> None:
    found: list[Any] = [
        n_version(says("x", "a"), 2),
        debate([says("1", "a"), says("1", "b")], judge=says("x", "judge")),
        cascade([says("x", "a")]),
        expert_panel([says("x", "a")], moderator=says("y", "m")),
    ]
    plain = [json.loads(json.dumps(one.as_dict())) for one in found]
    assert plain[0]["results"][plain[0]["selected"]]["output"] == "x"
    assert plain[1]["judgement"]["output"] == "x"
    assert plain[2]["level"] == 0
    assert plain[3]["summary"]["output"] == "y"


@pytest.mark.parametrize(
    "pattern",
    [
        lambda agent, note: n_version(agent, 2, on_progress=note),
        lambda agent, note: debate([agent, waits("other")], on_progress=note),
        lambda agent, note: cascade([agent], on_progress=note),
        lambda agent, note: expert_panel([agent], on_progress=note),
    ],
    ids=["n_version", "debate", "cascade", "expert_panel"],
)
def test_ctrl_c_ends_every_pattern(pattern: Any, request: pytest.FixtureRequest) -> None:
    pressed: list[str] = []

    def note(event: ProgressEvent) -> None:
        if event.stage == "started" and not pressed:
            pressed.append(event.process_id)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt) as caught:
        pattern(waits("one"), note)
    assert caught.value.__notes__[0].startswith(request.node.callspec.id)
    assert own_threads() == []
