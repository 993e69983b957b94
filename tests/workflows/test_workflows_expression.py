"""The language of ``if:`` and ``${{ … }}``: what it means, what it refuses and where, and that it is bounded."""

from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pytest_orchestrator.workflows.expression import Condition, ExpressionError, Template, evaluate
from pytest_orchestrator.workflows.expression_functions import as_number
from pytest_orchestrator.workflows.expression_parser import parse_expression

SCOPE: dict[str, Any] = {
    "tasks": {
        "build": {"result": "passed", "outputs": {"version": "1.2", "pods": ["a", "b"]}, "exit_code": 0},
        "odd-name": {"result": "failed", "outputs": {}, "exit_code": 3},
    },
    "inputs": {"count": 3, "on": True, "name": "Ada", "none": None},
    "env": {"HOME": "/home/ada"},
}


def worth(text: str) -> Any:
    expression, _ = parse_expression(text)
    return evaluate(expression, SCOPE)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("'it''s'", "it's"),
        ('"a ""b"""', 'a "b"'),
        ("0x1f", 31),
        ("-1.5e2", -150),
        ("true", True),
        ("null", None),
        ("tasks.build.outputs.version", "1.2"),
        ("tasks['odd-name'].exit_code", 3),
        ("tasks.odd-name.result", "failed"),
        ("tasks.build.outputs.pods[1]", "b"),
        ("tasks.build.outputs.pods[2]", None),
        ("tasks.build.outputs.pods[-1]", None),
        ("tasks.nobody.outputs.x.y", None),
        ("contains(tasks.*.result, 'failed')", True),
        ("inputs.count == '3'", True),
        ("inputs.name == 'ADA'", True),
        ("inputs.name != 'ada'", False),
        ("null == 0", True),
        ("'' == 0", True),
        ("'x' == 0", False),
        ("true == 1", True),
        ("1 < 2 && 2 <= 2", True),
        ("'b' > 'A'", True),
        ("'x' < 1", False),
        ("!inputs.on", False),
        ("not inputs.none", True),
        ("!!'text'", True),
        ("!!!'text'", False),
        ("inputs.none || 'default'", "default"),
        ("inputs.none or 'default'", "default"),
        ("inputs.on and 'yes' || 'no'", "yes"),
        ("false || true && false", False),
        ("(false || true) && true", True),
        ("!true == false", True),
        ("contains('Hello', 'ELL')", True),
        ("contains(fromJSON('[1, 2]'), 2)", True),
        ("startsWith('Hello', 'he')", True),
        ("endswith('Hello', 'LO')", True),
        ("format('{0}-{1} {{x}}', 'a', 2)", "a-2 {x}"),
        ("join(tasks.build.outputs.pods, ', ')", "a, b"),
        ("fromJSON('{\"a\": [1, null]}').a[0]", 1),
        ("toJSON(tasks.build.outputs.pods)", '[\n  "a",\n  "b"\n]'),
        ("length(tasks.build.outputs.pods)", 2),
    ],
)
def test_an_expression_is_worth_what_github_makes_of_it(text: str, value: Any) -> None:
    found = worth(text)
    assert found == value
    assert type(found) is type(value)


@pytest.mark.parametrize(
    ("text", "at", "problem"),
    [
        ("", 0, "an expression is missing here"),
        ("tasks.", 6, "the end stands where a name is expected"),
        ("a == ", 5, "the end stands where a value is expected"),
        ("a = b", 2, "to compare, write '=='"),
        ("a & b", 2, "write '&&' or 'and'"),
        ("1 + 2", 2, "no arithmetic"),
        ("'open", 0, "the quote ' is never closed"),
        ("(a", 0, "this '(' is never closed"),
        ("a[1", 1, "this '[' is never closed"),
        ("a b", 2, "'b' stands where an operator"),
        ("a }}", 2, "there is no '${{' before this '}}'"),
    ],
)
def test_a_mistake_is_told_with_its_place(text: str, at: int, problem: str) -> None:
    with pytest.raises(ExpressionError) as caught:
        parse_expression(text)
    assert caught.value.at == at
    assert problem in caught.value.problem


@pytest.mark.parametrize(
    ("text", "at", "problem"),
    [
        ("containz('a', 'b')", 0, "did you mean contains()?"),
        ("  contains('a')", 2, "contains() takes 2 arguments, not 1"),
        ("success(1)", 0, "success() takes 0 arguments, not 1"),
        ("__import__('os').system", 0, "there is no function '__import__'"),
    ],
)
def test_a_function_that_there_is_not_or_not_so_is_never_called(text: str, at: int, problem: str) -> None:
    with pytest.raises(ExpressionError) as caught:
        worth(text)
    assert caught.value.at == at
    assert problem in caught.value.problem


@pytest.mark.parametrize(
    "text",
    ["(" * 60 + "1" + ")" * 60, " && ".join(["a"] * 5000), "a" + ".b" * 5000, "'" + "x" * 30_000, "!" * 5000 + "a"],
)
def test_what_is_too_large_is_refused_without_an_error_of_python(text: str) -> None:
    with pytest.raises(ExpressionError):
        parse_expression(text)


@pytest.mark.parametrize(
    "text", ["fromJSON('{')", "fromJSON('NaN')", f"fromJSON('{'[' * 18_000}')", "format('{3}', 1)", "format('{', 1)"]
)
def test_a_function_that_cannot_do_what_it_is_asked_is_an_error_of_the_expression(text: str) -> None:
    with pytest.raises(ExpressionError):
        worth(text)


def test_texts_that_functions_make_are_bounded() -> None:
    scope = {"big": "x" * 200_000}
    expression, _ = parse_expression("format('{0}{0}{0}{0}{0}{0}', big)")
    with pytest.raises(ExpressionError, match="more than 1048576 characters"):
        evaluate(expression, scope)


def test_text_without_quotes_around_it_is_a_name_and_never_code() -> None:
    assert worth("__class__") is None
    assert worth("tasks.__class__.__mro__") is None
    assert worth("inputs.name.upper") is None


STATUS = {"success": lambda: False, "failure": lambda: True, "always": lambda: True, "cancelled": lambda: False}


@pytest.mark.parametrize(
    ("text", "holds"),
    [
        ("failure()", True),
        ("${{ always() }}", True),
        ("inputs.on", False),  # without a status function success() is meant as well
        ("inputs.on && always()", True),
        ("!cancelled() && inputs.count > 2", True),
        ("failure() and tasks.build.result == 'failed'", False),
    ],
)
def test_a_condition_without_a_status_function_asks_for_success_too(text: str, holds: bool) -> None:
    assert Condition.parse(text).holds(SCOPE, STATUS) is holds


def test_a_condition_is_one_expression() -> None:
    with pytest.raises(ExpressionError, match="write the whole condition into one"):
        Condition.parse("${{ true }} && false")


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("plain {{ }} $ text", "plain {{ }} $ text"),
        ("v${{ tasks.build.outputs.version }}!", "v1.2!"),
        ("${{ '}}' }}", "}}"),
        ("${{ inputs.on }}${{ inputs.none }}", "true"),
        ("${{ tasks.build.outputs.pods }} ", '["a", "b"] '),
    ],
)
def test_a_template_is_text_with_what_expressions_are_worth(text: str, value: str) -> None:
    assert Template.parse(text).render(SCOPE) == value


def test_a_template_that_is_one_expression_keeps_its_type() -> None:
    assert Template.parse("${{ tasks.build.outputs.pods }}").value(SCOPE) == ["a", "b"]


def test_braces_that_are_never_closed_are_told_where_they_begin() -> None:
    with pytest.raises(ExpressionError, match="'}}' behind this") as caught:
        Template.parse("abc ${{ tasks.x ")
    assert caught.value.at == 4


@settings(max_examples=150, deadline=None)
@given(st.text(alphabet="abc.'\"[]()!&|=<>,*019 -\n{}tru", max_size=40))
def test_any_text_is_an_expression_or_an_error_with_a_place_in_it(text: str) -> None:
    try:
        expression, _ = parse_expression(text)
        evaluate(expression, {}, STATUS)
    except ExpressionError as error:
        assert 0 <= error.at <= len(text)  # noqa: PT017 - most texts are no error


@settings(max_examples=100, deadline=None)
@given(st.floats(allow_nan=False, allow_infinity=False, min_value=-1e15, max_value=1e15))
def test_a_number_is_read_as_it_is_written(number: float) -> None:
    assert math.isclose(as_number(worth(repr(number))), number)
