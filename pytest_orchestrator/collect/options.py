"""The option table as pytest options: flags and ini options."""

from __future__ import annotations

from typing import Any

import pytest

from ..config.option import Kind, Option
from ..config.options import OPTIONS, flag, ini

NUMBERS = (Kind.INT, Kind.NUMBER, Kind.SECONDS, Kind.TABLE)
"""Kinds whose value in a TOML file may be a number."""
HAS_TYPED_INI = pytest.version_tuple >= (9, 2)
"""Whether pytest knows ini options of more than one type."""

GROUP = ("orchestrator", "run scripts as pytest items")


def register(parser: pytest.Parser) -> None:
    """Add every flag and ini option of the table."""
    group = parser.getgroup(*GROUP)
    for option in OPTIONS:
        if option.has_flag:
            _add_flag(group, option)
        if option.has_ini:
            _add_ini(parser, option)


def _add_flag(group: pytest.OptionGroup, option: Option) -> None:
    if option.kind is Kind.BOOL:
        group.addoption(flag(option), action="store_true", default=None, dest=ini(option), help=option.help)
    else:
        group.addoption(
            flag(option),
            action="append" if _is_list(option) else "store",
            default=None,
            dest=ini(option),
            metavar=option.metavar or option.name.upper(),
            # argparse expands % in help texts.
            help=option.help.replace("%", "%%"),
        )


def _add_ini(parser: pytest.Parser, option: Option) -> None:
    given: Any
    if option.kind is Kind.BOOL:
        given = "bool"
    elif _is_list(option):
        given = "linelist"
    elif option.kind in NUMBERS and HAS_TYPED_INI:
        given = str | int | float  # the file of a project is TOML with numbers, or INI with text
    else:
        given = "string"
    parser.addini(ini(option), option.help, type=given, default=None)


def _is_list(option: Option) -> bool:
    return option.kind in (Kind.TEXTS, Kind.INTS, Kind.PATTERNS)
