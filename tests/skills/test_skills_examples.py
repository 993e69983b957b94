"""Every rule with its examples, which its page of the reference shows: it tells the bad ones from the good ones."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from rule_findings import findings_of
from rule_pages import examples

from pytest_orchestrator.skills.registry import rules
from pytest_orchestrator.skills.shellcheck import shellcheck_path

if TYPE_CHECKING:
    from pathlib import Path

    from skill_examples import RuleExample

NEEDS_SHELLCHECK = pytest.mark.skipif(shellcheck_path() is None, reason="the [lint] extra is not installed")
EXAMPLES = [
    pytest.param(example, marks=NEEDS_SHELLCHECK if example.code == "SK511" else (), id=example.id)
    for of_one_rule in examples().values()
    for example in of_one_rule
]


def test_every_rule_has_examples_that_are_told_apart_by_their_names() -> None:
    assert sorted(examples()) == list(rules())
    names = [example.id for of_one_rule in examples().values() for example in of_one_rule]
    assert len(set(names)) == len(names)


@pytest.mark.parametrize("example", EXAMPLES)
def test_each_rule_tells_the_bad_example_from_the_good_one(example: RuleExample, tmp_path: Path) -> None:
    first = next(iter(example.bad))
    bad = [each for each in findings_of(example.bad, example.profile, tmp_path / "bad") if each.code == example.code]
    assert [each.line for each in bad if each.path == first] == [example.line]
    # What one skill has against another, the other may have against it.
    assert len(bad) == 1 or rules()[example.code].about_others
    good = findings_of(example.good, example.profile, tmp_path / "good")
    assert [each for each in good if each.code == example.code] == []
