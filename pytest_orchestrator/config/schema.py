"""The JSON Schema of a configuration file, for editors: made from the option table."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .option import LONGEST, Kind, Option
from .options import SECTIONS, SEVERITIES, by_name, in_scope, yaml_key
from .skill_rules import SKILL_RULES
from .values import BOOLEAN_WORDS, CASE_NAME, RESERVED_VARIABLES

if TYPE_CHECKING:
    from collections.abc import Iterable

Schema = dict[str, Any]

_PATH: Schema = {
    "type": ["string", "number"],
    "pattern": r"^(?!/)(?!(.*/)?\.\.(/|$))(?!(\.?/)*\.?$)(?!.*\\(?!x[0-9a-fA-F]{2})).+$",
}

_RULE: Schema = {"$ref": "#/$defs/rule"}


def json_schema() -> Schema:
    """Return the JSON Schema (draft 2020-12) of ``orchestrator.yaml``.

    It accepts what the validator accepts, except where that sees more than a schema can: the spelling of a value
    in YAML, regular expressions, and settings that contradict one another.
    """
    settings = [option for option in in_scope("script") if option.has_yaml]
    timeout = _of_kind(by_name("timeout"))
    sections: dict[str, Schema] = {
        "default": {"$ref": "#/$defs/settings"},
        "skip": {
            "type": ["array", "null"],
            "items": {"anyOf": [_PATH, _mapping(_PATH, _text(_REASON), nullable=False)]},
        },
        "timeout_override": _mapping(_PATH, timeout),
        "scripts": _mapping(_PATH, {"$ref": "#/$defs/settings"}),
        "discovery": _object(in_scope("discovery")),
        "skills": _object(in_scope("skill")),
    }
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "pytest-orchestrator configuration",
        "description": "orchestrator.yaml: what pytest-orchestrator does with the scripts beside and below it.",
        "type": ["object", "null"],
        "properties": {name: {"description": f"{SECTIONS[name]}."} | schema for name, schema in sections.items()},
        "additionalProperties": False,
        "$defs": {
            "settings": _object(settings),
            "case": _object(option for option in settings if option.kind is not Kind.CASES),
            "rule": {"enum": [*SKILL_RULES, *SKILL_RULES.values()]},
        },
    }


_REASON = Option("reason", Kind.TEXT, "Why a script is skipped")


def _object(options: Iterable[Option]) -> Schema:
    properties = {yaml_key(option): _described(option) for option in options}
    return {"type": ["object", "null"], "properties": properties, "additionalProperties": False}


def _mapping(names: Schema, values: Schema, *, nullable: bool = True) -> Schema:
    names = {key: value for key, value in names.items() if key != "type"}
    return {
        "type": ["object", "null"] if nullable else "object",
        "propertyNames": names,
        "additionalProperties": values,
    }


def _described(option: Option) -> Schema:
    zero = f" 0 means {option.zero}." if option.zero else ""
    unit = f" In {option.unit}." if option.unit else ""
    described: Schema = {"description": f"{option.help}.{unit}{zero}"}
    if option.default is not None:
        described["default"] = list(option.default) if isinstance(option.default, tuple) else option.default
    schema = _of_kind(option)
    return described | (_either(schema, {"type": "null"}) if option.nullable else schema)


def _either(*schemas: Schema) -> Schema:
    return {"anyOf": list(schemas)}


def _of_kind(option: Option) -> Schema:
    text = _text(option)
    match option.kind:
        case Kind.BOOL:
            return {"type": "boolean"}
        case Kind.INT | Kind.NUMBER | Kind.SECONDS:
            number = _number(option)
            return _either(number, {"enum": list(option.choices)}) if option.choices else number
        case Kind.TEXT | Kind.PATH:
            return text
        case Kind.CHOICE:
            return {"enum": list(option.choices)}
        case Kind.REASON:
            return _reason(option)
        case Kind.TEXTS:
            return _list(option, text)
        case Kind.INTS:
            return _list(option, _number(option))
        case Kind.PATTERN:
            return text | {"format": "regex"}
        case Kind.PATTERNS:
            return _list(option, text | {"format": "regex"})
        case Kind.COMMAND:
            return _either(text, {"type": "array", "items": text, "minItems": 1})
        case Kind.ENVIRONMENT:
            names = {"pattern": "^[^=]+$", "not": {"enum": list(RESERVED_VARIABLES)}}
            return _mapping(names, {"type": ["string", "number", "null"]})
        case Kind.CASES:
            return _mapping({"pattern": f"^{CASE_NAME}$"}, {"$ref": "#/$defs/case"})
        case Kind.SEVERITIES:
            # `off` is false to a parser of YAML 1.1.
            return _mapping(_RULE, {"enum": [*SEVERITIES, False]})
        case Kind.EXCEPTIONS:
            rules = _either(_RULE, {"type": "array", "items": _RULE})
            _, reason = option.fields
            table = {"type": "object", "properties": {"rules": rules, "reason": _described(reason)}}
            return _mapping(_PATH, _either(rules, table | {"required": ["rules"], "additionalProperties": False}))
        case Kind.TABLE:
            return _table(option)
    message = f"option {option.name!r} has an unknown kind: {option.kind!r}"
    raise AssertionError(message)


def _number(option: Option) -> Schema:
    schema: Schema = {"type": "integer" if option.kind in (Kind.INT, Kind.INTS) else "number"}
    if option.minimum is not None:
        schema["minimum"] = option.minimum
    return schema | {"maximum": LONGEST if option.maximum is None else option.maximum}


def _text(option: Option) -> Schema:
    schema: Schema = {"type": ["string", "number"]}
    if not option.empty_ok:
        schema["minLength"] = 1
    if option.pattern:
        schema["pattern"] = f"^(?:{option.pattern})$"
    if option.placeholders:
        schema["pattern"] = rf"^(?!.*\{{(?!(?:{'|'.join(option.placeholders)})\}})[^{{}}]*\}})"
    return schema


def _list(option: Option, item: Schema) -> Schema:
    items = {"type": "array", "items": item}
    return _either(item, items) if option.single else items


def _reason(option: Option) -> Schema:
    words = "|".join("".join(f"[{letter}{letter.upper()}]" for letter in word) for word in BOOLEAN_WORDS)
    text = {"type": "string", "pattern": r"\S", "not": {"pattern": rf"^\s*(?:{words})\s*$"}}
    schemas: list[Schema] = [{"type": "boolean"}, text]
    if option.fields:
        schemas.append(_object(option.fields) | {"type": "object"})
    return _either(*schemas)


def _table(option: Option) -> Schema:
    table = _object(option.fields)
    if not option.shorthand:
        return table
    field = next(field for field in option.fields if field.name == option.shorthand)
    return _either(_of_kind(field), table)


def option_schema(option: Option) -> Schema:
    """Return the JSON Schema of the value of one option, described."""
    return _described(option)
