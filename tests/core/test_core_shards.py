"""Each item belongs to one shard, the same on every machine, and the shards take about as long."""

from __future__ import annotations

import random
import re
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_orchestrator.core.shards import Shard, shards_by_duration, shards_by_hash

NAMES = st.lists(st.text(max_size=8), unique=True, max_size=60)
COUNTS = st.integers(1, 9)


@given(NAMES, COUNTS, st.data())
def test_every_item_is_in_one_shard_whoever_asks(names: list[str], count: int, data: st.DataObject) -> None:
    known = data.draw(st.dictionaries(st.sampled_from(names), st.floats(0, 1e6))) if names else {}
    for chosen in (shards_by_hash(names, count), shards_by_duration(names, known, count)):
        assert len(chosen) == len(names)
        assert set(chosen) <= set(range(1, count + 1))
    other = data.draw(st.permutations(names))
    by_name = dict(zip(names, shards_by_duration(names, known, count), strict=True))
    assert dict(zip(other, shards_by_duration(other, known, count), strict=True)) == by_name


def test_a_hash_gives_an_item_its_shard_whatever_else_is_there() -> None:
    names = [f"scripts/{number}.sh::run" for number in range(100)]
    assert shards_by_hash(names[::2], 4) == shards_by_hash(names, 4)[::2]
    assert shards_by_hash(["scripts/backup.sh::run"], 1000) == [638]  # also in the next version, and elsewhere


@pytest.mark.parametrize("count", [2, 3, 4, 7, 10])
def test_recorded_shards_are_balanced_within_five_percent(count: int) -> None:
    source = random.Random(count)
    seconds = {f"s{number}": source.lognormvariate(-1, 1.2) for number in range(400)}
    loads: Counter[int] = Counter()
    for name, shard in zip(seconds, shards_by_duration(list(seconds), seconds, count), strict=True):
        loads[shard] += seconds[name]  # type: ignore[assignment]  # a Counter may count seconds
    assert max(loads.values()) <= 1.05 * sum(loads.values()) / count


def test_items_that_nothing_is_known_of_are_spread_too() -> None:
    chosen = shards_by_duration([str(number) for number in range(100)], {}, 4)
    assert set(Counter(chosen).values()) == {25}


def test_items_that_take_no_time_are_spread_too() -> None:
    names = [str(number) for number in range(100)]
    assert set(Counter(shards_by_duration(names, dict.fromkeys(names, 0.0), 4)).values()) == {25}


@pytest.mark.parametrize("text", ["", "1", "0/3", "4/3", "1/0", "a/b", "1/2/3", "-1/2", "1/ 2", "1/9999999"])
def test_what_is_no_shard_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=re.escape(f"{text!r} is no shard: expected I/N")):
        Shard.parse(text)


def test_a_shard_is_shown_as_it_is_given() -> None:
    assert str(Shard.parse("2/5")) == "2/5"
