"""One value against one option: what it is as plain data, or which mistakes it holds."""

from __future__ import annotations

import re
import shlex
import warnings
from collections.abc import Callable
from enum import Enum
from typing import Any, Final

from .option import LONGEST, Kind, Option
from .phrases import allowed, below, clipped, joined, shown, suggestion
from .tree import Listing, Node, Scalar, ScalarKind, Table, is_nothing

Report = Callable[[int, str], None]
"""Takes an offset in the file and a message."""


class Invalid(Enum):
    """In place of a value that was reported as a mistake."""

    INVALID = "invalid"


INVALID: Final = Invalid.INVALID

RESERVED_VARIABLES = ("ORCHESTRATOR_ITEM", "ORCHESTRATOR_REPORT_DIR", "ORCHESTRATOR_TMP")
"""Set for every script by this package."""

_INTEGER = re.compile(r"[-+]?(?:0|[1-9][0-9]{0,17})")
_DECIMAL = re.compile(r"[-+]?(?:(?:0|[1-9][0-9]*)(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][-+]?[0-9]{1,4})?")
_ITEM_KINDS = {Kind.TEXTS: Kind.TEXT, Kind.INTS: Kind.INT, Kind.PATTERNS: Kind.PATTERN}
BOOLEAN_WORDS = ("true", "false", "yes", "no", "on", "off")
"""What YAML 1.1 takes for a boolean."""

CASE_NAME = r"[A-Za-z0-9._-]+"
"""Cases are part of node ids."""


def compiled_pattern(text: str) -> re.Pattern[str]:
    """Return the regular expression ``text``, whose ``^`` and ``$`` mean lines. Raises as :func:`re.compile`."""
    with warnings.catch_warnings():
        # 'possible nested set' and the like: it compiles today, which is all that is asked.
        warnings.simplefilter("ignore")
        return re.compile(text, re.MULTILINE)


class Checker:
    """Turns nodes of a tree into plain data: bool, int, float, str, list and dict.

    Whatever is wrong is reported, with the option's name in front, and left out of the result.
    """

    def __init__(self, report: Report) -> None:
        self.report = report
        self._checks: dict[str, Callable[[Option, Node, str], Any]] = {
            Kind.BOOL: self._bool,
            Kind.INT: self._int,
            Kind.NUMBER: self._number,
            Kind.SECONDS: self._number,
            Kind.TEXT: self._text,
            Kind.PATH: self._text,
            Kind.CHOICE: self._choice,
            Kind.REASON: self._reason,
            Kind.PATTERN: self._regex,
            Kind.TEXTS: self._list,
            Kind.INTS: self._list,
            Kind.PATTERNS: self._list,
            Kind.COMMAND: self._command,
            Kind.ENVIRONMENT: self._environment,
            Kind.TABLE: self._table,
        }

    def check(self, option: Option, node: Node, where: str) -> Any:
        """Return the plain value of ``node`` for ``option``, or ``INVALID`` after reporting what is wrong.

        ``where`` is how messages call the place, as in ``expect.stdout.matches``.
        """
        if isinstance(node, Scalar):
            if node.kind is ScalarKind.BROKEN:
                return INVALID
            if option.nullable and node.kind is ScalarKind.NULL and node.text.lower() == "null":
                return None
        return self._checks[option.kind](option, node, where)

    def table(self, fields: tuple[Option, ...], node: Table, where: str) -> dict[str, Any]:
        """Return the valid entries of ``node``, whose keys are the names of ``fields``; the rest is reported."""
        known = {field.name: field for field in fields}
        values = {}
        for name, entry in node.entries.items():
            path = below(where, name)
            if name not in known:
                self.report(entry.at, f"{path}: unknown key; {suggestion(name, known)}")
            elif (value := self.check(known[name], entry.value, path)) is not INVALID:
                values[name] = value
        return values

    def _refuse(self, option: Option, node: Node, where: str, remedy: str = "") -> Invalid:
        self.report(node.at, f"{where}: {shown(node)} is not {allowed(option)}{remedy and '; ' + remedy}")
        return INVALID

    def _bool(self, option: Option, node: Node, where: str) -> bool | Invalid:
        if isinstance(node, Scalar):
            if node.kind is ScalarKind.BOOL:
                return node.truth
            if node.kind is ScalarKind.TEXT and node.text.lower() in BOOLEAN_WORDS:
                return self._refuse(option, node, where, "remove the quotes")
        return self._refuse(option, node, where)

    def _int(self, option: Option, node: Node, where: str) -> Any:
        if isinstance(node, Scalar):
            if node.text in option.choices:
                return node.text
            if _is_plain(node) and _INTEGER.fullmatch(node.text):
                return self._in_range(option, node, where, int(node.text))
        return self._refuse(option, node, where, _number_remedy(option, node))

    def _number(self, option: Option, node: Node, where: str) -> Any:
        if isinstance(node, Scalar) and _is_plain(node) and _DECIMAL.fullmatch(node.text):
            return self._in_range(option, node, where, float(node.text))
        return self._refuse(option, node, where, _number_remedy(option, node))

    def _in_range(self, option: Option, node: Scalar, where: str, value: Any) -> Any:
        maximum = LONGEST if option.maximum is None else option.maximum
        if value > maximum:
            return self._refuse(option, node, where, "" if maximum < LONGEST else f"{maximum:.10g} is the most")
        if option.minimum is not None and value < option.minimum:
            return self._refuse(option, node, where)
        return value

    def _text(self, option: Option, node: Node, where: str) -> str | Invalid:
        if not isinstance(node, Scalar) or node.kind is ScalarKind.OTHER or is_nothing(node):
            remedy = "write '' for empty text" if is_nothing(node) and option.empty_ok else ""
            return self._refuse(option, node, where, remedy)
        if node.kind in (ScalarKind.BOOL, ScalarKind.NULL):
            return self._refuse(option, node, where, f"quote it to mean the text: '{node.text}'")
        problem = _text_problem(option, node.text)
        if problem:
            self.report(node.at, f"{where}: {shown(node)} {problem}")
            return INVALID
        return node.text

    def _regex(self, option: Option, node: Node, where: str) -> str | Invalid:
        text = self._text(option, node, where)
        if isinstance(text, str):
            try:
                compiled_pattern(text)
            except (re.error, OverflowError, RecursionError) as error:
                self.report(node.at, f"{where}: {shown(node)} is not a regular expression: {error}; correct it")
                return INVALID
        return text

    def _choice(self, option: Option, node: Node, where: str) -> str | Invalid:
        if isinstance(node, Scalar) and node.kind not in (ScalarKind.NULL, ScalarKind.OTHER):
            # on and off are booleans in YAML 1.1, and the words that were written all the same.
            if node.text in option.choices:
                return node.text
            return self._refuse(option, node, where, suggestion(node.text, option.choices, close_only=True))
        return self._refuse(option, node, where)

    def _reason(self, option: Option, node: Node, where: str) -> bool | str | dict[str, Any] | Invalid:
        if isinstance(node, Table) and option.fields:
            return self.table(option.fields, node, where)
        if isinstance(node, Scalar) and node.kind is ScalarKind.BOOL:
            return node.truth
        if isinstance(node, Scalar) and node.kind is ScalarKind.TEXT:
            if node.text.strip().lower() in BOOLEAN_WORDS:
                return self._refuse(option, node, where, "remove the quotes, or write a sentence")
            if node.text.strip():
                return self._text(option, node, where)
        return self._refuse(option, node, where)

    def _list(self, option: Option, node: Node, where: str) -> list[Any] | Invalid:
        item_option = option.but(kind=_ITEM_KINDS[option.kind], single=False)
        if isinstance(node, Listing):
            values = [self.check(item_option, item, where) for item in node.items]
            return [value for value in values if value is not INVALID]
        if option.single and isinstance(node, Scalar) and not is_nothing(node):
            value = self.check(item_option, node, where)
            return INVALID if value is INVALID else [value]
        return self._refuse(option, node, where, "write [] for none" if is_nothing(node) else "write a list")

    def _command(self, option: Option, node: Node, where: str) -> list[str] | Invalid:
        if isinstance(node, Listing):
            word_option = option.but(kind=Kind.TEXT, nullable=False)
            words = [self.check(word_option, item, where) for item in node.items]
            if not words:
                return self._refuse(option, node, where, "it is empty; leave the key out")
            return INVALID if INVALID in words else words
        text = self._text(option, node, where)
        if not isinstance(text, str):
            return INVALID
        try:
            split = shlex.split(text)
        except ValueError as error:
            reason = str(error).lower()
            self.report(
                node.at, f"{where}: {shown(node)} cannot be split into words: {reason}; correct it or write a list"
            )
            return INVALID
        return split or self._refuse(option, node, where, "it is empty; leave the key out")

    def _environment(self, option: Option, node: Node, where: str) -> dict[str, str | None] | Invalid:
        if is_nothing(node):
            return {}
        if not isinstance(node, Table):
            return self._refuse(option, node, where, "write NAME: text")
        values: dict[str, str | None] = {}
        for name, entry in node.entries.items():
            path = below(where, name)
            if not name or "=" in name or "\0" in name:
                self.report(
                    entry.at, f"{where}: {clipped(name)} is not a variable name; it is empty or holds '=' or NUL"
                )
            elif name in RESERVED_VARIABLES:
                self.report(entry.at, f"{path}: is set by pytest-orchestrator itself; choose another name")
            elif (value := self._variable(entry.value, path)) is not INVALID:
                values[name] = value
        return values

    def _variable(self, node: Node, where: str) -> str | Invalid | None:
        if isinstance(node, Scalar):
            if node.kind is ScalarKind.BROKEN:
                return INVALID
            if node.kind is ScalarKind.NULL and node.text.lower() == "null":
                return None
            if is_nothing(node):
                self.report(
                    node.at, f"{where}: nothing is not text; write '' for an empty value, null to remove the variable"
                )
                return INVALID
        return self._text(_VARIABLE, node, where)

    def _table(self, option: Option, node: Node, where: str) -> dict[str, Any] | Invalid:
        if isinstance(node, Table):
            return self.table(option.fields, node, where)
        if is_nothing(node):
            return {}
        if not option.shorthand:
            return self._refuse(option, node, where, f"its keys are {joined([field.name for field in option.fields])}")
        field = next(field for field in option.fields if field.name == option.shorthand)
        value = self.check(field, node, where)
        return INVALID if value is INVALID else {field.name: value}


_VARIABLE = Option("value", Kind.TEXT, "Value of a variable", empty_ok=True)


def _is_plain(node: Scalar) -> bool:
    """Return whether it may be read as a number: 1e3 is text in YAML 1.1, and meant as a number all the same."""
    return node.kind in (ScalarKind.INT, ScalarKind.FLOAT) or (node.kind is ScalarKind.TEXT and not node.quoted)


def _text_problem(option: Option, text: str) -> str:
    if not text and not option.empty_ok:
        return "is empty; write something, or leave it out"
    if "\0" in text and not option.any_text:
        return "holds a NUL character, which no program can be given; remove it"
    if option.pattern and not re.fullmatch(option.pattern, text):
        return f"is not {option.pattern_help}"
    if option.placeholders:
        names = [name for name in re.findall(r"\{([^{}]*)\}", text) if name not in option.placeholders]
        if names:
            known = joined(["{" + name + "}" for name in option.placeholders])
            return f"holds the unknown placeholder {{{names[0]}}}; {known} can be used"
    return ""


def _number_remedy(option: Option, node: Node) -> str:
    if not isinstance(node, Scalar) or node.kind not in (ScalarKind.INT, ScalarKind.FLOAT, ScalarKind.TEXT):
        return ""
    text = node.text
    if (_INTEGER if option.kind is Kind.INT else _DECIMAL).fullmatch(text):
        return "remove the quotes"
    if re.fullmatch(r"[-+]?[0-9_]+(:[0-9_.]+)+", text):
        return "YAML would read it in base 60; write one plain number"
    if re.fullmatch(r"[-+]?0[0-9_]+", text):
        return "YAML would read it in base 8; write it without the leading 0"
    if re.fullmatch(r"[-+]?(0[xbo][0-9a-fA-F_]+|[0-9][0-9_.]*_[0-9_.]*)", text):
        return "write plain decimal digits"
    if text.lower().lstrip("+-.") in ("inf", "nan", "infinity"):
        return "write a finite number"
    if option.kind is Kind.SECONDS and re.fullmatch(r"[0-9.]+ *[a-zA-Z]+", text):
        return "write seconds, without a unit"
    return ""
