"""What one option is: a row of the table in :mod:`~pytest_orchestrator.config.options`."""

from enum import Enum
from typing import Any, Literal, NamedTuple

Scope = Literal["run", "discovery", "script", "skill"]

PREFIX = "orchestrate"
"""Every flag starts with ``--orchestrate-``, every ini name with ``orchestrate_``."""


class Kind(Enum):
    """The type of an option's value; the text is how it is shown to users."""

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


# Made in every pytest run of an environment that has this plugin. Such a class takes a fraction of the time that a
# dataclass does, and its annotations the least when they are no texts that have to be compiled.
class Option(NamedTuple):
    """One option, in every form that a user can give it."""

    name: str
    """In snake_case: the YAML key, the marker keyword, and what flag and ini name are made of."""
    kind: Kind
    help: str
    """One phrase without a full stop, or several with."""
    scope: Scope = "script"
    default: Any = None
    """The built-in value, in the form that YAML would give it; None where nothing is set."""
    choices: tuple[str, ...] = ()
    """All that a CHOICE may be; of an INT, words that are allowed as well."""
    metavar: str = ""
    minimum: float | None = None
    maximum: float | None = None
    unit: str = ""
    """Ready to show after a number: ``s``, ``MiB``."""
    zero: str = ""
    """What 0 means where that is special, as in ``no limit``."""
    single: bool = False
    """Whether a list may be given as its only element."""
    nullable: bool = False
    """Whether ``null`` (text ``none`` in a flag or ini value) takes back what a wider setting gave."""
    any_text: bool = False
    """Whether NUL is fine in the text; no program can be given one as an argument or variable."""
    empty_ok: bool = False
    """Whether a text may be empty."""
    pattern: str = ""
    """Regular expression that the whole of each text must match."""
    pattern_help: str = ""
    """What ``pattern`` asks for, in words."""
    placeholders: tuple[str, ...] = ()
    """Names that may stand in ``{}`` in the text; any other one is refused."""
    fields: "tuple[Option, ...]" = ()
    """The keys of a TABLE."""
    shorthand: str = ""
    """The field that a value stands for which is no mapping."""
    key: str = ""
    """Its name in the configuration file, where that is not ``name``; the section there says the rest."""
    has_flag: bool = False
    has_ini: bool = False
    has_yaml: bool = False
    has_marker: bool = False


def flag(option: Option) -> str:
    """Return the command line flag of ``option``, as in ``--orchestrate-idle-timeout``."""
    return f"--{PREFIX}" if option.name == PREFIX else f"--{PREFIX}-{option.name.replace('_', '-')}"


def yaml_key(option: Option) -> str:
    """Return the name of ``option`` in its section of the configuration file, as in ``profile``."""
    return option.key or option.name


def ini(option: Option) -> str:
    """Return the ini name of ``option``, as in ``orchestrate_idle_timeout``."""
    return PREFIX if option.name == PREFIX else f"{PREFIX}_{option.name}"
