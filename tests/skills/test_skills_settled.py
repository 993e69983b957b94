"""The short look at a scope never calls one settled in which the long look finds something."""

from __future__ import annotations

import ast
from textwrap import indent

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from pytest_orchestrator.skills import bindings
from pytest_orchestrator.skills.settled import is_settled
from pytest_orchestrator.skills.survey import survey
from pytest_orchestrator.skills.unbound_flow import Flow

NAME = st.sampled_from(["a", "b", "c"])
SIMPLE = st.tuples(NAME, NAME).flatmap(
    lambda two: st.sampled_from([
        "{0} = 1", "{0} = {1}", "print({0})", "{0} += 1", "del {0}", "{0}: int", "{0}: int = {1}", "import {0}",
        "def {0}(x={1}):\n    return a", "class {0}({1}):\n    pass", "print([{0} for {0} in {1}])",
        "print(({0} := {1}))", "print(lambda {0}: {1})", "return {0}", "break", "continue", "raise {0}", "pass",
        "{0}, {1} = 1, 2", "print({{{0}: {1} for {0}, x in {1} if {0}}})", "global {0}",
    ]).map(lambda text: text.format(*two))
)  # fmt: skip
OPENINGS = ["if {0}:", "for {0} in {1}:", "while {0}:", "with {0} as {1}:", "with suppress({0}) as {1}:", "while True:"]


def blocks(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    body = st.lists(inner, min_size=1, max_size=3).map(lambda lines: indent("\n".join(lines), "    "))
    opened = st.tuples(st.sampled_from(OPENINGS), NAME, NAME, body, body, st.booleans()).map(
        lambda parts: (
            f"{parts[0].format(parts[1], parts[2])}\n{parts[3]}"
            + (f"\nelse:\n{parts[4]}" if parts[5] and not parts[0].startswith("with") else "")
        )
    )
    tried = st.tuples(body, NAME, NAME, body, body).map(
        lambda parts: f"try:\n{parts[0]}\nexcept {parts[1]} as {parts[2]}:\n{parts[3]}\nfinally:\n{parts[4]}"
    )
    cases = st.tuples(body, body).map(lambda two: [indent(each, "    ") for each in two])
    matched = st.tuples(NAME, NAME, cases).map(
        lambda parts: f"match {parts[0]}:\n    case [{parts[1]}]:\n{parts[2][0]}\n    case 1:\n{parts[2][1]}"
    )
    return opened | tried | matched


PROGRAM = st.lists(st.recursive(SIMPLE, blocks, max_leaves=6), min_size=1, max_size=5).map("\n".join)


@settings(max_examples=300, deadline=None)
@given(PROGRAM, st.sets(NAME))
@example("a = 1\ntry:\n    b = a\nexcept b as a:\n    pass\nprint(a)", set())
@example(
    "try:\n    pass\nexcept b as a:\n    try:\n        pass\n    except b as a:\n        pass\n    print(a)", set()
)
@example("if a:\n    a: int\nprint(a)", set())
@example("for a in b:\n    a += 1\nprint(a)", set())
def test_where_the_long_look_finds_something_the_short_one_asks_for_it(text: str, parameters: set[str]) -> None:
    body = ast.parse(text).body
    flow = Flow(bindings.names_bound_on_the_way(body), frozenset(parameters), {}, is_glance=True)
    flow.run(body)
    assert not flow.found or not is_settled(body, parameters)


@pytest.mark.parametrize(
    "text",
    [
        "for a in b:\n    print(a)",
        "a = 1\nif b:\n    a = 2\nprint(a)",
        "try:\n    a = 1\nexcept OSError as error:\n    print(error)\nelse:\n    pass",
        "with open(b) as a:\n    c = a.read()\nprint(a, c)",
        "for b in x:\n    print([a for a in b])",
        "match x:\n    case [a, *c]:\n        print(a, c)",
        "while b:\n    a = 1\n    print(a)",
    ],
)
def test_what_is_bound_above_in_the_same_block_or_around_it_is_settled(text: str) -> None:
    assert is_settled(ast.parse(text).body, ())


def test_a_survey_tells_of_the_names_of_all_scopes() -> None:
    found = survey(
        ast.parse("import os.path as p, sys\nasync def f(a, *b, c=1, **d):\n    with e as g: h = lambda i: j")
    )
    assert sorted(name.id for name in found.reads) == ["e", "j"]
    assert found.bound == {"p", "sys", "f", "a", "b", "c", "d", "g", "h", "i"}
    assert [function.name for function in found.functions] == ["f"]
    assert (found.has_forks, found.imports_all) == (True, False)
    assert survey(ast.parse("from x import *")).imports_all
