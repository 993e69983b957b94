"""What an action is called with, whatever can be called."""

from __future__ import annotations

import asyncio
import functools
from typing import TYPE_CHECKING, Any

import pytest
from workflow_tasks import fail, give

from pytest_orchestrator.workflows.errors import WorkflowFailedError
from pytest_orchestrator.workflows.workflow import Workflow

if TYPE_CHECKING:
    from collections.abc import Callable


def called(action: Callable[..., Any], *, trigger: str = "all_success", **more: Any) -> Any:
    """Return what ``action`` gives in a task that needs ``a`` (1) and ``b`` (2)."""
    workflow = Workflow("w").add_task("a", give(1)).add_task("b", give(2))
    return workflow.add_task("c", action, ["a", "b"], trigger=trigger, **more).run_sync()["c"]


class Methods:
    def __init__(self) -> None:
        self.base = 10

    def method(self, a: int) -> int:
        return self.base + a

    async def coroutine(self, b: int) -> int:
        return self.base + b

    @classmethod
    def of_class(cls, a: int) -> str:
        return f"{cls.__name__} {a}"

    @staticmethod
    def static(a: int, b: int) -> int:
        return a * 10 + b

    def __call__(self, a: int) -> int:
        return self.base * a


class AsyncCall:
    async def __call__(self, a: int, b: int) -> list[int]:
        await asyncio.sleep(0)
        return [a, b]


class Made:
    def __init__(self, a: int) -> None:
        self.a = a


class Unhashable:
    __hash__ = None  # type: ignore[assignment]

    def __call__(self, b: int) -> int:
        return b


def decorated(function: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(function)
    def wrapper(*args: Any, **kwargs: Any) -> Any:
        return ("wrapped", function(*args, **kwargs))

    return wrapper


async def coroutine(a: int, *, b: int, other: int = 3) -> list[int]:
    return [a, b, other]


def plain(a: int, b: int = 20) -> list[int]:
    return [a, b]


@pytest.mark.parametrize(
    ("action", "wanted"),
    [
        (lambda: "nothing", "nothing"),
        (lambda a: a, 1),
        (lambda b, a: [b, a], [2, 1]),
        (lambda results: {**results}, {"a": 1, "b": 2}),
        (lambda a, results: [a, len(results)], [1, 2]),
        (lambda *, results: len(results), 2),
        (lambda *, b: b, 2),
        (lambda *args, **kwargs: [args, kwargs], [(), {}]),
        (lambda a, *args, **kwargs: [a, args, kwargs], [1, (), {}]),
        (lambda other=7: other, 7),
        (coroutine, [1, 2, 3]),
        (plain, [1, 2]),
        (decorated(plain), ("wrapped", [1, 2])),
        (Methods().method, 11),
        (Methods().coroutine, 12),
        (Methods.of_class, "Methods 1"),
        (Methods.static, 12),
        (Methods(), 10),
        (AsyncCall(), [1, 2]),
        (Unhashable(), 2),
        (functools.partial(plain, b=5), [1, 5]),
        (functools.partial(plain, 9), [9, 2]),
        (functools.partial(functools.partial(coroutine, b=7), other=8), [1, 7, 8]),
        (functools.partial(AsyncCall(), b=0), [1, 0]),
        (functools.partial(coroutine, 5), [5, 2, 3]),
        (dict, {}),
        (list, []),
        (int, 0),
        (lambda a: coroutine(a, b=4), [1, 4, 3]),
        (lambda: asyncio.sleep(0, "awaited"), "awaited"),
    ],
)  # fmt: skip
def test_whatever_can_be_called_gets_the_results_that_it_names(action: Any, wanted: Any) -> None:
    assert called(action) == wanted


def test_a_class_makes_an_object_of_a_result() -> None:
    assert called(Made).a == 1


@pytest.mark.parametrize(
    ("action", "more", "wanted"),
    [
        (plain, {"args": [5]}, [5, 2]),
        (plain, {"args": [5, 6]}, [5, 6]),
        (plain, {"kwargs": {"b": 6}}, [1, 6]),
        (coroutine, {"kwargs": {"a": 6, "other": 9}}, [6, 2, 9]),
        (max, {"args": [4, 9]}, 9),
        ("{}-{}".format, {"args": ["x", "y"]}, "x-y"),
        (lambda results: results, {"kwargs": {"results": "mine"}}, "mine"),
    ],
)
def test_arguments_of_the_task_come_before_results(action: Any, more: dict[str, Any], wanted: Any) -> None:
    assert called(action, **more) == wanted


def test_a_task_that_is_called_results_gives_its_result_to_who_names_it() -> None:
    workflow = Workflow("w").add_task("results", give("mine")).add_task("b", lambda results: results, ["results"])
    assert workflow.run_sync()["b"] == "mine"


def test_what_has_not_passed_is_none_or_what_the_parameter_says() -> None:
    workflow = Workflow("w").add_task("bad", fail()).add_task("good", give(1))

    def look(bad: Any, good: Any, results: Any) -> Any:
        return [bad, good, dict(results)]

    def look_again(good: Any, bad: Any = "default") -> Any:
        return [good, bad]

    workflow.add_task("look", look, ["bad", "good"], trigger="all_done")
    workflow.add_task("again", look_again, ["bad", "good"], trigger="all_done")
    with pytest.raises(WorkflowFailedError):
        workflow.run_sync()
    assert workflow.outcomes["look"].result == [None, 1, {"good": 1}]
    assert workflow.outcomes["again"].result == [1, "default"]


def test_an_action_that_asks_for_more_than_there_is_has_failed() -> None:
    with pytest.raises(WorkflowFailedError) as caught:
        called(lambda a, missing: [a, missing])
    assert "missing" in str(caught.value.exceptions[0])


def test_a_task_that_needs_nothing_may_still_ask_for_results() -> None:
    async def only_by_name(*, results: dict[str, Any]) -> int:
        return len(results)

    assert Workflow("w").add_task("a", only_by_name).add_task("b", lambda results: results).run_sync() == {
        "a": 0,
        "b": {},
    }
