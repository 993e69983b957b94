"""Our ``@dataclass`` makes what that of the standard library makes."""

from __future__ import annotations

import copy
import dataclasses
import importlib
import inspect
import pickle
from dataclasses import FrozenInstanceError, field
from pathlib import Path
from typing import Any, ClassVar

import pytest

import pytest_orchestrator
from pytest_orchestrator.core.retry import RetryPolicy
from pytest_orchestrator.quick_dataclasses import dataclass as quick

FORMS: list[dict[str, Any]] = [
    {"frozen": True, "slots": True},
    {"slots": True},
    {"frozen": True},
    {},
    {"frozen": True, "slots": True, "eq": False},
    {"frozen": True, "slots": True, "order": True},
]


def example(decorate: Any, **form: Any) -> Any:
    class Example:
        """An example."""

        kind: ClassVar[str] = "example"
        first: int
        second: str = "two"
        third: list[int] = field(default_factory=list, compare=False)
        quiet: int = field(default=4, repr=False, kw_only=True)
        counted: int = field(init=False)
        fixed: int = field(init=False, default=6)
        set: int = 0
        factory: tuple[int, ...] = field(default_factory=tuple)

        def __post_init__(self) -> None:
            object.__setattr__(self, "counted", self.first + 1)

    return decorate(Example, **form)


def standard(cls: Any, **form: Any) -> Any:
    return dataclasses.dataclass(**form)(cls)


def outcome(act: Any) -> Any:
    try:
        return act()
    except (TypeError, AttributeError) as error:
        return type(error), str(error)


def told(cls: Any) -> list[Any]:
    """What can be seen of a class and its instances."""
    one, same, other = cls(1, quiet=7), cls(1, third=[3], quiet=7), cls(2, "x", [1], quiet=5)
    return [
        cls.__doc__,
        cls.__match_args__,
        [*map(repr, (one, same, other))],
        (one == same, one == other, one == 1, one != same),
        outcome(lambda: hash(one) == hash(same)),
        outcome(lambda: (one < other, one <= other, one > other, one >= other, one <= same)),
        outcome(lambda: one < 1),
        outcome(lambda: setattr(one, "first", 2)),
        outcome(lambda: delattr(one, "second")),
        repr(dataclasses.replace(other, second="y")),
        dataclasses.asdict(other),
        (copy.copy(other) == other, repr(copy.deepcopy(other))),
        (one.kind, one.counted, one.fixed, one.factory, cls(1).third is cls(1).third),
        (type(one) is cls, hasattr(one, "__dict__")),
    ]


def is_compiled(cls: Any) -> bool:
    """Whether the class has a constructor of its own, and not what stands for one."""
    return inspect.isfunction(vars(cls)["__init__"])


@pytest.mark.parametrize("form", FORMS, ids=str)
def test_a_class_looks_and_behaves_like_one_of_the_standard_library(form: dict[str, Any]) -> None:
    ours, theirs = example(quick, **form), example(standard, **form)
    expected = told(theirs)
    assert told(ours) == expected
    assert not is_compiled(ours)
    for number in range(60):
        assert ours(number).first == number
    assert is_compiled(ours)
    assert told(ours) == expected
    assert str(inspect.signature(ours)) == str(inspect.signature(theirs))
    assert ours.__init__.__annotations__ == theirs.__init__.__annotations__


@pytest.mark.parametrize("form", FORMS, ids=str)
def test_who_asks_for_the_constructor_gets_it_before_there_is_any_object(form: dict[str, Any]) -> None:
    ours, theirs = example(quick, **form), example(standard, **form)
    assert str(inspect.signature(ours)) == str(inspect.signature(theirs))
    assert is_compiled(ours)


WRONG: list[tuple[tuple[Any, ...], dict[str, Any]]] = [
    ((), {}),
    ((1, "two", [], 4, (), 5), {}),
    ((1,), {"unknown": 2}),
    ((1,), {"first": 2}),
    ((1,), {"counted": 2}),
    ((), {"second": "x"}),
]


@pytest.mark.parametrize("is_busy", [False, True], ids=["first", "later"])
@pytest.mark.parametrize(("arguments", "keywords"), WRONG, ids=str)
def test_wrong_arguments_are_refused_in_the_same_words(
    arguments: tuple[Any, ...], keywords: dict[str, Any], is_busy: bool
) -> None:
    ours, theirs = example(quick, frozen=True, slots=True), example(standard, frozen=True, slots=True)
    for number in range(60 if is_busy else 0):
        ours(number)
    refusal = outcome(lambda: theirs(*arguments, **keywords))
    assert refusal[0] is TypeError
    assert outcome(lambda: ours(*arguments, **keywords)) == refusal


def test_an_object_of_a_derived_class_stays_one() -> None:
    base: Any = example(quick, frozen=True, slots=True)

    class Derived(base):  # type: ignore[misc]
        pass

    for number in range(60):
        one = Derived(number)
        assert (type(one), one.first, one.counted) == (Derived, number, number + 1)


def test_what_a_default_raises_comes_out_and_leaves_the_class_as_it_was() -> None:
    calls = []

    def count() -> int:
        calls.append(1)
        if len(calls) % 10 == 0:
            raise RuntimeError("no more")
        return len(calls)

    class Numbered:
        """One with a number."""

        name: str
        number: int = field(default_factory=count)

    made: Any = quick(Numbered, frozen=True, slots=True)
    for _ in range(100):
        try:
            one = made("x")
        except RuntimeError:
            continue
        with pytest.raises(FrozenInstanceError):
            one.name = "y"
    assert len(calls) == 100


def test_a_subclass_has_the_fields_of_both() -> None:
    def pair(decorate: Any) -> list[Any]:
        base: Any = example(decorate, frozen=True, slots=True)

        class Derived(base):  # type: ignore[misc]
            """More."""

            more: int = 8

        made = decorate(Derived, frozen=True, slots=True)
        return [repr(made(1, "x", [], 9)), made(1) == base(1), made(1) == made(1), str(inspect.signature(made))]

    assert pair(quick) == pair(standard)


def test_methods_of_the_class_itself_are_kept() -> None:
    class Own:
        """One with methods."""

        value: int

        def __repr__(self) -> str:
            return "mine"

        def __eq__(self, other: object) -> bool:
            return True

        def __hash__(self) -> int:
            return 5

    made: Any = quick(Own, frozen=True, slots=True)
    assert (repr(made(1)), made(1) == 7, hash(made(1))) == ("mine", True, 5)


def test_one_that_holds_itself_can_be_shown() -> None:
    cls = example(quick, slots=True)
    one = cls(1)
    one.second = one
    assert "second=..." in repr(one)


def test_what_is_frozen_can_be_set_in_a_subclass_that_is_not_made_of_fields() -> None:
    class More(example(quick, frozen=True, slots=True)):  # type: ignore[misc]
        pass

    more = More(1)
    more.note = "fine"
    with pytest.raises(FrozenInstanceError, match="cannot assign to field 'first'"):
        more.first = 2


def classes_of_the_package() -> list[Any]:
    root = Path(pytest_orchestrator.__file__).parent
    names = [
        ".".join(path.relative_to(root.parent).with_suffix("").parts).removesuffix(".__init__")
        for path in sorted(root.rglob("*.py"))
        if "quick_dataclasses import dataclass" in path.read_text()
    ]
    return [
        value
        for name in names
        for value in vars(importlib.import_module(name)).values()
        if isinstance(value, type) and dataclasses.is_dataclass(value) and value.__module__ == name
    ]


def test_each_class_of_the_package_has_the_constructor_that_the_standard_library_gives_it() -> None:
    classes = classes_of_the_package()
    assert len(classes) > 150
    for cls in classes:
        fields = [(field.name, field.type, copy.copy(field)) for field in dataclasses.fields(cls)]
        twin = dataclasses.make_dataclass(cls.__name__, fields)
        assert str(inspect.signature(cls)) == str(inspect.signature(twin)), cls


def test_instances_can_be_pickled() -> None:
    policy = RetryPolicy(3, 0.5)
    assert pickle.loads(pickle.dumps(policy)) == policy


def test_what_a_derived_class_adds_for_after_the_start_is_not_called_when_the_class_itself_has_nothing() -> None:
    class Plain:
        """One field."""

        value: int

    base: Any = quick(Plain, frozen=True, slots=True)
    called = []

    class Derived(base):  # type: ignore[misc]
        def __post_init__(self) -> None:
            called.append(self)

    for number in range(60):
        assert Derived(number).value == number
    assert called == []


def test_an_object_whose_default_could_not_be_made_stays_one_of_its_class() -> None:
    def fail() -> int:
        raise RuntimeError("no more")

    class Failing:
        """One with a number."""

        name: str
        number: int = field(default_factory=fail)

    made: Any = quick(Failing, frozen=True, slots=True)
    for _ in range(60):
        assert made("x", 1).number == 1
    one = made.__new__(made)
    with pytest.raises(RuntimeError):
        one.__init__("x")
    assert type(one) is made
