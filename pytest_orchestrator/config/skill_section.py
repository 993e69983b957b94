"""The section ``skills`` of a configuration file: how skills are checked."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from .content import PathEntry, SkillSection
from .option import Kind, Option
from .options import SEVERITIES, by_name, in_scope, yaml_key
from .path_entries import PathEntries, mapping_entries
from .phrases import below, clipped, shown, suggestion
from .tree import Listing, Node, Scalar, ScalarKind, Table, is_absent
from .values import INVALID, Checker

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from .values import Report

SECTION = "skills"
SKILL_KEYS: Mapping[str, Option] = {yaml_key(option): option for option in in_scope("skill")}
"""The keys of the section."""

_SEVERITY = Option("severity", Kind.CHOICE, "How much a rule matters", choices=SEVERITIES)
_EXCEPTION = by_name("skill_exceptions").fields


def check_skills_section(report: Report, node: Node) -> SkillSection:
    """Return the valid part of the section ``skills``; every mistake is reported."""
    if is_absent(node):
        return SkillSection()
    if not isinstance(node, Table):
        report(node.at, f"{SECTION}: {shown(node)} is not a mapping of settings; write key: value below it")
        return SkillSection()
    checker = Checker(report)
    found: dict[str, Any] = {}
    for name, entry in node.entries.items():
        where = below(SECTION, name)
        if name == "rules":
            found[name] = _rules(report, entry.value, where)
        elif name == "exceptions":
            found[name] = _exceptions(report, entry.value, where)
        elif name in SKILL_KEYS:
            value = checker.check(SKILL_KEYS[name], entry.value, where)
            if value is not INVALID:
                found[name] = value
                if name == "baseline":
                    found["baseline_at"] = entry.value.at
        else:
            report(entry.at, f"{where}: unknown key; {suggestion(name, SKILL_KEYS)}")
    return SkillSection(**found)


def code_of(written: str) -> str | None:
    """Return the code of the rule that ``written`` names by its code or name; None when there is none."""
    from .skill_rules import SKILL_RULES

    if written in SKILL_RULES:
        return written
    return next((code for code, name in SKILL_RULES.items() if name == written), None)


def unknown_rule(written: str) -> str:
    """Return what is wrong with a text that names no rule, and what was perhaps meant."""
    from .skill_rules import SKILL_RULES

    # Codes are alike, so that another one is always close; the same digits in another case are meant.
    close = written.upper() if written.upper() in SKILL_RULES else None
    hint = f"did you mean {close!r}?" if close else suggestion(written, SKILL_RULES.values(), close_only=True)
    return f"{clipped(written)} is no rule; {hint or 'write a code as in SK101, or the name of a rule'}"


def _rules(report: Report, node: Node, where: str) -> dict[str, str]:
    checker = Checker(report)
    severities: dict[str, str] = {}
    for name, at, value in mapping_entries(report, node, where, "rule: severity"):
        code = code_of(name)
        if code is None:
            report(at, f"{where}: {unknown_rule(name)}")
            continue
        if isinstance(value, Scalar) and value.kind is ScalarKind.BOOL and not value.truth:
            value = replace(value, text=SEVERITIES[0])  # what YAML 1.1 takes `off` for, and `false` means
        severity = checker.check(_SEVERITY, value, below(where, name))
        if code in severities:
            report(at, f"{where}: {name} is the same rule as an earlier entry; remove one of them")
        elif severity is not INVALID:
            severities[code] = severity
    return severities


def _exceptions(report: Report, node: Node, where: str) -> tuple[PathEntry, ...]:
    entries = PathEntries(report, where)
    checker = Checker(report)
    for name, at, value in mapping_entries(report, node, where, "path: [rule], or path: {rules: [rule], reason: why}"):
        path = below(where, name)
        if isinstance(value, Table):
            values = checker.table(_EXCEPTION, value, path)
            if "rules" not in value.entries:
                report(value.at, f"{path}: rules is missing; name the rules that do not hold there")
        else:
            given = checker.check(_EXCEPTION[0], value, path)
            values = {} if given is INVALID else {"rules": given}
        rules = values.get("rules")
        if rules is not None:
            at_rules = value.entries["rules"].value if isinstance(value, Table) else value
            values["rules"] = _codes(report, at_rules, rules, path)
            entries.add(name, at, values)
    return entries.found()


def _codes(report: Report, node: Node, written: Iterable[str], where: str) -> list[str]:
    """Return the codes of the rules that are named; one that names none is reported at its place in ``node``."""
    places = {getattr(item, "text", None): item.at for item in node.items} if isinstance(node, Listing) else {}
    codes: dict[str, None] = {}
    for name in written:
        code = code_of(name)
        if code is None:
            report(places.get(name, node.at), f"{where}: {unknown_rule(name)}")
        else:
            codes[code] = None
    return list(codes)
