"""What one option is: a row of the table in :mod:`~pytest_orchestrator.config.options`."""

from __future__ import annotations

from copy import copy
from typing import Any

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Literal

    Scope = Literal["run", "discovery", "script", "skill"]

PREFIX = "orchestrate"
"""Every flag starts with ``--orchestrate-``, every ini name with ``orchestrate_``."""


LONGEST = 1e9
"""Upper bound of any time and size: larger values overflow what the operating system can be asked for."""


class Kind:
    """The type of an option's value; the text is how it is shown to users.

    Texts, not members of an Enum, which takes long to make: see :class:`Option`.
    """

    BOOL = "true or false"
    INT = "a whole number"
    NUMBER = "a number"
    SECONDS = "a number of seconds"
    TEXT = "text"
    PATH = "a path"
    CHOICE = "a choice"
    REASON = "true, false or a reason"
    TEXTS = "a list of texts"
    INTS = "a list of whole numbers"
    PATTERN = "a regular expression"
    PATTERNS = "a list of regular expressions"
    COMMAND = "a command: text or a list of texts"
    ENVIRONMENT = "a mapping of names to texts"
    TABLE = "a mapping"
    CASES = "a mapping of case names to settings"
    SEVERITIES = "a mapping of rules to severities"
    EXCEPTIONS = "a mapping of paths and globs to rules"


NUMBERS = (Kind.INT, Kind.NUMBER, Kind.SECONDS, Kind.TABLE)
"""Kinds whose value in a TOML file may be a number."""
LISTS = (Kind.TEXTS, Kind.INTS, Kind.PATTERNS)
"""Kinds of which a flag may be given several times, an ini value have several lines."""


class Option:
    """One option, in every form that a user can give it. Nothing changes it.

    Args:
        name: In snake_case: the YAML key, the marker keyword, and what flag and ini name are made of.
        kind: The type of its value.
        help: One phrase without a full stop, or several with.
        scope: What it is a setting of.
        default: The built-in value, in the form that YAML would give it; None where nothing is set.
        choices: All that a CHOICE may be; of an INT, words that are allowed as well.
        metavar: What stands for the value in help texts.
        minimum: Least number.
        maximum: Greatest number.
        unit: Ready to show after a number: ``s``, ``MiB``.
        zero: What 0 means where that is special, as in ``no limit``.
        single: Whether a list may be given as its only element.
        nullable: Whether ``null`` (text ``none`` in a flag or ini value) takes back what a wider setting gave.
        any_text: Whether NUL is fine in the text; no program can be given one as an argument or variable.
        empty_ok: Whether a text may be empty.
        pattern: Regular expression that the whole of each text must match.
        pattern_help: What ``pattern`` asks for, in words.
        placeholders: Names that may stand in ``{}`` in the text; any other one is refused.
        fields: The keys of a TABLE, or the name that :mod:`~pytest_orchestrator.config.nested_options` has for them.
        shorthand: The field that a value stands for which is no mapping.
        key: Its name in the configuration file, where that is not ``name``; the section there says the rest.
        has_flag: Whether there is a flag for it.
        has_ini: Whether there is an ini option for it.
        has_yaml: Whether it is a key of the configuration file.
        has_marker: Whether it is a keyword of the marker.
    """

    # The class and its rows are made in every pytest run of an environment that has this plugin. A dataclass or a
    # NamedTuple with so many fields takes longer to make than all of the table.
    __slots__ = (
        "_fields",
        "any_text",
        "choices",
        "default",
        "empty_ok",
        "has_flag",
        "has_ini",
        "has_marker",
        "has_yaml",
        "help",
        "key",
        "kind",
        "maximum",
        "metavar",
        "minimum",
        "name",
        "nullable",
        "pattern",
        "pattern_help",
        "placeholders",
        "scope",
        "shorthand",
        "single",
        "unit",
        "zero",
    )

    def __init__(
        self,
        name: str,
        kind: str,
        help: str,  # noqa: A002 - as argparse calls it
        scope: Scope = "script",
        default: Any = None,
        *,
        choices: tuple[str, ...] = (),
        metavar: str = "",
        minimum: float | None = None,
        maximum: float | None = None,
        unit: str = "",
        zero: str = "",
        single: bool = False,
        nullable: bool = False,
        any_text: bool = False,
        empty_ok: bool = False,
        pattern: str = "",
        pattern_help: str = "",
        placeholders: tuple[str, ...] = (),
        fields: str | tuple[Option, ...] = (),
        shorthand: str = "",
        key: str = "",
        has_flag: bool = False,
        has_ini: bool = False,
        has_yaml: bool = False,
        has_marker: bool = False,
    ) -> None:
        self.name = name
        self.kind = kind
        self.help = help
        self.scope = scope
        self.default = default
        self.choices = choices
        self.metavar = metavar
        self.minimum = minimum
        self.maximum = maximum
        self.unit = unit
        self.zero = zero
        self.single = single
        self.nullable = nullable
        self.any_text = any_text
        self.empty_ok = empty_ok
        self.pattern = pattern
        self.pattern_help = pattern_help
        self.placeholders = placeholders
        self._fields = fields
        self.shorthand = shorthand
        self.key = key
        self.has_flag = has_flag
        self.has_ini = has_ini
        self.has_yaml = has_yaml
        self.has_marker = has_marker

    @property
    def fields(self) -> tuple[Option, ...]:
        """The keys of a TABLE."""
        fields = self._fields
        if isinstance(fields, str):
            from . import nested_options

            fields = self._fields = getattr(nested_options, fields)
        return fields

    def but(self, **changes: Any) -> Option:
        """Return a copy with other values in some places, called as in the constructor."""
        option = copy(self)
        for name, value in changes.items():
            setattr(option, name, value)
        return option


def flag(option: Option) -> str:
    """Return the command line flag of ``option``, as in ``--orchestrate-idle-timeout``."""
    return f"--{PREFIX}" if option.name == PREFIX else f"--{PREFIX}-{option.name.replace('_', '-')}"


def yaml_key(option: Option) -> str:
    """Return the name of ``option`` in its section of the configuration file, as in ``profile``."""
    return option.key or option.name


def ini(option: Option) -> str:
    """Return the ini name of ``option``, as in ``orchestrate_idle_timeout``."""
    return PREFIX if option.name == PREFIX else f"{PREFIX}_{option.name}"
