"""``@dataclass`` with methods that are shared, or made when they are first used: the same, in a third of the time.

The decorator of the standard library writes and compiles six methods of a frozen class, which takes half a millisecond.
A run of scripts imports 70 such classes and compares, prints and hashes hardly any, and of most it makes an object or
two: they were two thirds of the time of all imports, which every run and every worker of it waits for.
"""

from __future__ import annotations

import dataclasses
import operator
from dataclasses import MISSING, FrozenInstanceError
from functools import partial
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


_WORTHWHILE = 50
"""Objects whose fields are set one by one, before a constructor is compiled: that takes as long as about these."""


class _Later:
    """The ``__init__`` of a dataclass until there are many objects, or somebody looks at it: then it is compiled."""

    __slots__ = ("_cls", "_frozen", "_made")

    def __init__(self, cls: type, *, frozen: bool) -> None:
        self._cls = cls
        self._frozen = frozen
        self._made = 0

    def __get__(self, instance: object, owner: type | None = None) -> Any:
        # Since Python 3.13 ``inspect`` looks at it by way of the class, as if that were the object.
        if self._made >= _WORTHWHILE or not isinstance(instance, self._cls):
            method = self._compiled()
            return method if instance is None else method.__get__(instance)
        self._made += 1
        return partial(self._fill, instance)

    def _compiled(self) -> Any:
        method = self._cls.__init__ = _init(self._cls, frozen=self._frozen)  # type: ignore[misc]
        return method

    def _fill(self, instance: Any, /, *args: object, **given: object) -> Any:
        """Do what the compiled one would; it is made to say what is wrong with arguments that do not fit."""
        fields = dataclasses.fields(self._cls)
        places = [field.name for field in fields if field.init and not field.kw_only]
        values = dict(zip(places, args, strict=False)) | given
        known = sum(field.init and field.name in values for field in fields)
        if known < len(args) + len(given):
            return self._compiled()(instance, *args, **given)
        put = object.__setattr__ if self._frozen else setattr
        for field in fields:
            if field.init and field.name in values:
                put(instance, field.name, values[field.name])
            elif field.default is not MISSING:
                put(instance, field.name, field.default)
            elif field.default_factory is not MISSING:
                put(instance, field.name, field.default_factory())
            elif field.init:
                return self._compiled()(instance, *args, **given)
        if hasattr(self._cls, "__post_init__"):
            instance.__post_init__()
        return None


def _init(cls: Any, *, frozen: bool) -> Any:
    """Return what the standard library would make: it makes a whole class or nothing."""
    names: dict[str, Any] = {"__factory": _FACTORY, "__set": object.__setattr__, "__cls": cls}
    parameters: list[str] = []
    keywords: list[str] = []
    made: list[str] = []
    values: dict[str, str] = {}
    for field in dataclasses.fields(cls):
        name, value = field.name, field.name
        if field.default is not MISSING:
            names[f"__default_{name}"] = field.default
            parameter = f"{name}=__default_{name}"
        elif field.default_factory is not MISSING:
            names[f"__make_{name}"] = field.default_factory
            parameter = f"{name}=__factory"
            made.append(f"{name} = __make_{name}()" + (f" if {name} is __factory else {name}" if field.init else ""))
        else:
            parameter = name
        if field.init:
            (keywords if field.kw_only else parameters).append(parameter)
        elif field.default is not MISSING:
            value = f"__default_{name}"
        elif field.default_factory is MISSING:
            continue  # __post_init__ sets it
        values[name] = value
    body = [f"__self.{name} = {value}" for name, value in values.items()]
    if frozen:
        twin = names["__open"] = _open_twin(cls)
        calls = [f"__set(__self, {name!r}, {value})" for name, value in values.items()]
        body = calls if twin is None else _while_open(body, calls)
    # What a function makes first: it may fail, and leaves no object that is filled in part.
    body = made + body
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


def _while_open(assignments: list[str], calls: list[str]) -> list[str]:
    """Return the statements that set the fields of a frozen object, by ``assignments`` where they can.

    By ``calls``, past its own ``__setattr__``, each takes 70 ns; so it is an object of a class like its own, but open,
    for as long as this takes. Of 25 fields that is three times as quick. One of a derived class has another layout.
    """
    return [
        "if __self.__class__ is __cls:",
        *[f" {line}" for line in ("__set(__self, '__class__', __open)", *assignments, "__self.__class__ = __cls")],
        "else:",
        *[f" {line}" for line in (*calls, "pass")],
    ]


def _open_twin(cls: Any) -> type | None:
    """Return a class whose objects differ from those of ``cls`` in nothing but that they can be changed.

    To its bases it is one more subclass. None where its objects could be laid out in another way.
    """
    slots = cls.__dict__.get("__slots__")
    if slots is None or hasattr(cls, "__orig_bases__"):
        return None
    own = {"__slots__": slots, "__setattr__": object.__setattr__, "__delattr__": object.__delattr__}
    return type(cls.__name__, cls.__bases__, own)


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
