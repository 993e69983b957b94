"""``@dataclass`` with methods that are shared, or made when they are first used: the same, in a third of the time.

The decorator of the standard library writes and compiles six methods of a frozen class, which takes half a millisecond.
A run of scripts imports 70 such classes and compares, prints and hashes hardly any: they were two thirds of the time of
all imports, which every run and every worker of it waits for.
"""

from __future__ import annotations

import dataclasses
import operator
from dataclasses import MISSING, FrozenInstanceError
from reprlib import recursive_repr

__all__ = ["dataclass"]

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from dataclasses import dataclass
    from typing import Any


class _Factory:
    def __repr__(self) -> str:
        return "<factory>"


_FACTORY = _Factory()
"""Default of a parameter for which a function makes the value; shown in signatures as dataclasses do."""


class _Later:
    """The ``__init__`` of a dataclass that is not made yet. Who looks it up gets it, and it takes this one's place."""

    __slots__ = ("_cls", "_frozen")

    def __init__(self, cls: type, *, frozen: bool) -> None:
        self._cls = cls
        self._frozen = frozen

    def __get__(self, instance: object, owner: type | None = None) -> Any:
        method = self._cls.__init__ = _init(self._cls, frozen=self._frozen)  # type: ignore[misc]
        return method if instance is None else method.__get__(instance)


def _init(cls: Any, *, frozen: bool) -> Any:
    """Return what the standard library would make: it makes a whole class or nothing."""
    names: dict[str, Any] = {"__factory": _FACTORY, "__set": object.__setattr__}
    parameters: list[str] = []
    keywords: list[str] = []
    body: list[str] = []
    for field in dataclasses.fields(cls):
        name, value = field.name, field.name
        if field.default is not MISSING:
            names[f"__default_{name}"] = field.default
            parameter = f"{name}=__default_{name}"
        elif field.default_factory is not MISSING:
            names[f"__make_{name}"] = field.default_factory
            parameter = f"{name}=__factory"
            value = f"__make_{name}() if {name} is __factory else {name}" if field.init else f"__make_{name}()"
        else:
            parameter = name
        if field.init:
            (keywords if field.kw_only else parameters).append(parameter)
        elif value == name:
            if field.default is MISSING:
                continue  # __post_init__ sets it
            value = f"__default_{name}"
        body.append(f"__set(__self, {name!r}, {value})" if frozen else f"__self.{name} = {value}")
    if hasattr(cls, "__post_init__"):
        body.append("__self.__post_init__()")
    arguments = ", ".join(["__self", *parameters, *(["*", *keywords] if keywords else [])])
    exec(f"def __init__({arguments}):\n " + "\n ".join(body or ["pass"]), names)
    method = names["__init__"]
    method.__module__ = cls.__module__
    method.__qualname__ = f"{cls.__qualname__}.__init__"
    method.__annotations__ = {field.name: field.type for field in dataclasses.fields(cls) if field.init} | {
        "return": None
    }
    return method


def _dataclass(
    cls: type | None = None, /, *, frozen: bool = False, slots: bool = False, eq: bool = True, order: bool = False
) -> Any:
    """Make a dataclass of ``cls``, as :func:`dataclasses.dataclass` does with these arguments.

    Args:
        cls: The class; without, a decorator is returned.
        frozen: Whether attributes of instances can be set only once.
        slots: Whether the class gets ``__slots__``; it is then another class.
        eq: Whether instances with equal fields are equal, and have one hash if frozen.
        order: Whether they can be sorted, by their fields.

    Returns:
        The class.
    """
    if cls is None:
        return lambda cls: _dataclass(cls, frozen=frozen, slots=slots, eq=eq, order=order)
    own = {name for name, value in cls.__dict__.items() if value is not None}  # with __eq__ comes a __hash__ of None
    made: Any = dataclasses.dataclass(init=False, repr=False, eq=False, slots=slots)(cls)
    methods: dict[str, Any] = {"__init__": _Later(made, frozen=frozen), "__repr__": _repr}
    if eq:
        methods |= {"__eq__": _eq, "__hash__": _hash if frozen else None}
    if order:
        methods |= {f"__{name}__": _comparison(getattr(operator, name)) for name in ("lt", "le", "gt", "ge")}
    if frozen:
        methods |= _refusals(made) | {"__getstate__": _state, "__setstate__": _take_state}
    for name, method in methods.items():
        if name not in own:
            setattr(made, name, method)
    return made


def _refusals(cls: Any) -> dict[str, Callable[..., None]]:
    names = frozenset(field.name for field in dataclasses.fields(cls))

    def set_attribute(self: object, name: str, value: object) -> None:
        if type(self) is cls or name in names:
            message = f"cannot assign to field {name!r}"
            raise FrozenInstanceError(message)
        super(cls, self).__setattr__(name, value)

    def delete_attribute(self: object, name: str) -> None:
        if type(self) is cls or name in names:
            message = f"cannot delete field {name!r}"
            raise FrozenInstanceError(message)
        super(cls, self).__delattr__(name)

    return {"__setattr__": set_attribute, "__delattr__": delete_attribute}


_COMPARED: dict[Any, Callable[[object], object]] = {}


def _compared(cls: Any) -> Callable[[object], object]:
    """Return what gives the fields of an instance by which it is compared."""
    found = _COMPARED.get(cls)
    if found is None:
        found = _COMPARED[cls] = _getter([field.name for field in dataclasses.fields(cls) if field.compare])
    return found


def _getter(names: list[str]) -> Callable[[object], object]:
    if len(names) > 1:
        return operator.attrgetter(*names)
    return lambda self: tuple(getattr(self, name) for name in names)


def _eq(self: Any, other: object) -> Any:
    if other.__class__ is not self.__class__:
        return NotImplemented
    values = _compared(self.__class__)
    return values(self) == values(other)


def _comparison(compare: Callable[[object, object], bool]) -> Callable[[Any, object], Any]:
    def method(self: Any, other: object) -> Any:
        if other.__class__ is not self.__class__:
            return NotImplemented
        values = _compared(self.__class__)
        return compare(values(self), values(other))

    return method


def _hash(self: Any) -> int:
    return hash(_compared(self.__class__)(self))


@recursive_repr("...")
def _repr(self: Any) -> str:
    shown = ", ".join(f"{field.name}={getattr(self, field.name)!r}" for field in dataclasses.fields(self) if field.repr)
    return f"{self.__class__.__qualname__}({shown})"


def _state(self: Any) -> list[Any]:
    return [getattr(self, field.name) for field in dataclasses.fields(self)]


def _take_state(self: Any, state: list[Any]) -> None:
    for field, value in zip(dataclasses.fields(self), state, strict=True):
        object.__setattr__(self, field.name, value)


if not TYPE_CHECKING:
    dataclass = _dataclass
