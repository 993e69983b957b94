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
        str(inspect.signature(cls)),
        cls.__init__.__annotations__,
        cls.__doc__,
        cls.__match_args__,
        [*map(repr, (one, same, other))],
        (one == same, one == other, one == 1, one != same),
        outcome(lambda: hash(one) == hash(same)),
        outcome(lambda: (one < other, one <= other, one > other, one >= other, one <= same)),
        outcome(lambda: one < 1),
        outcome(lambda: setattr(one, "first", 2)),
        outcome(lambda: delattr(one, "second")),
        outcome(cls),
        outcome(lambda: cls(1, "two", [], 4, (), 5)),
        repr(dataclasses.replace(other, second="y")),
        dataclasses.asdict(other),
        (copy.copy(other) == other, repr(copy.deepcopy(other))),
        (one.kind, one.counted, one.fixed, cls(1).third is cls(1).third),
        hasattr(one, "__dict__"),
    ]


@pytest.mark.parametrize("form", FORMS, ids=str)
def test_a_class_looks_and_behaves_like_one_of_the_standard_library(form: dict[str, Any]) -> None:
    assert told(example(quick, **form)) == told(example(standard, **form))


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
    from pytest_orchestrator import RetryPolicy

    policy = RetryPolicy(3, 0.5)
    assert pickle.loads(pickle.dumps(policy)) == policy
