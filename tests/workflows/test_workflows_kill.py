"""A controller that is killed at any moment: what was committed has happened once, and nothing is left."""

from __future__ import annotations

import random
from collections import Counter
from typing import TYPE_CHECKING

import pytest
from killable_workflow import TASKS, Victim
from process_watch import marked

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize("seed", [1, 2])
def test_a_workflow_that_is_killed_resumes_and_does_nothing_twice_that_was_committed(tmp_path: Path, seed: int) -> None:
    chance = random.Random(seed)
    victim = Victim(tmp_path)
    for _ in range(2):
        committed, before = (victim.committed() if victim.kills else set()), Counter(victim.lines())
        victim.kill_once(chance)
        assert victim.faults(committed, before) == []
    committed, before = victim.committed(), Counter(victim.lines())
    assert committed
    outcomes = victim.finish().outcomes
    assert victim.faults(committed, before) == []
    assert len(Counter(victim.lines())) == TASKS
    assert {name for name, outcome in outcomes.items() if outcome.from_journal} == committed
    named = {name for name, outcome in outcomes.items() if outcome.was_interrupted}
    assert {name for name, count in Counter(victim.lines()).items() if count > 1} <= set(victim.interrupted)
    assert named <= set(victim.interrupted)
    assert marked(victim.mark) == {}
