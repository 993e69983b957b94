"""From a tree to plain, valid data: the settings of a script, and a whole configuration file."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from .content import Content, PathEntry
from .option import Kind, Option
from .options import SECTIONS, UNSUPPORTED_SECTIONS, by_name, in_scope
from .path_entries import PathEntries, mapping_entries
from .phrases import below, clipped, joined, shown, suggestion
from .settings_rules import check_together
from .skill_section import SKILL_KEYS, check_skills_section
from .tree import Listing, Node, Table, is_absent
from .values import CASE_NAME, INVALID, Checker, Report

if TYPE_CHECKING:
    from collections.abc import Callable

_SETTINGS = {option.name: option for option in in_scope("script") if option.has_yaml}
_KEYWORDS = {option.name: option for option in in_scope("script") if option.has_marker}
_DISCOVERY = tuple(option for option in in_scope("discovery") if option.has_yaml)
_PATH = Option("path", Kind.PATH, "A path or glob")
_REASON = Option("reason", Kind.TEXT, "Why a script is skipped")


def check_settings(report: Report, node: Node, where: str = "", *, cases: bool = True) -> dict[str, Any]:
    """Return the valid settings of a script in ``node``; every mistake is reported.

    With ``cases`` false, as for a marker's keywords and within a case, ``cases`` is not among them.
    """
    if is_absent(node):
        return {}
    if not isinstance(node, Table):
        report(node.at, f"{where or 'settings'}: {shown(node)} is not a mapping of settings; write key: value below it")
        return {}
    checker = Checker(report)
    known = _SETTINGS if cases else _KEYWORDS
    values: dict[str, Any] = {}
    for name, entry in node.entries.items():
        path = below(where, name)
        if name == "cases" and cases:
            values[name] = _cases(report, entry.value, path)
        elif name in known:
            value = checker.check(known[name], entry.value, path)
            if value is not INVALID:
                values[name] = value
        else:
            report(entry.at, f"{path}: {_unknown_setting(name, known)}")
    check_together(report, node, values, where)
    return values


def _unknown_setting(name: str, known: dict[str, Option]) -> str:
    if name == "cases":
        return "cases are not allowed here; they belong to a script, in the configuration file"
    if name in {option.name for option in _DISCOVERY}:
        return "unknown key; it belongs under discovery, at the top of the file"
    if name in SECTIONS:
        return "unknown key; it belongs at the top of the file"
    return f"unknown key; {suggestion(name, known)}"


def _cases(report: Report, node: Node, where: str) -> dict[str, dict[str, Any]]:
    cases: dict[str, dict[str, Any]] = {}
    for name, at, value in mapping_entries(report, node, where, "case name: settings"):
        path = below(where, name)
        if re.fullmatch(CASE_NAME, name) is None:
            report(at, f"{where}: {clipped(name)} is not a case name; use letters, digits, '.', '_' and '-'")
        else:
            cases[name] = check_settings(report, value, path, cases=False)
    return cases


def check_file(report: Report, root: Node) -> Content:
    """Return the valid part of a whole configuration; every mistake is reported."""
    if is_absent(root):
        return Content()
    if not isinstance(root, Table):
        report(root.at, f"{shown(root)} is not a configuration; write a mapping of {joined(list(SECTIONS), 'or')}")
        return Content()
    checks: dict[str, Callable[[Report, Node], Any]] = {
        "default": _default,
        "skip": _skip,
        "timeout_override": _timeouts,
        "scripts": _scripts,
        "discovery": _discovery,
        "skills": check_skills_section,
    }
    found: dict[str, Any] = {}
    for name, entry in root.entries.items():
        if name in checks:
            found[name] = checks[name](report, entry.value)
        else:
            report(entry.at, f"{below('', name)}: {_unknown_section(name)}")
    content = Content(**found)
    _check_run_scripts(report, root, content)
    return content


def _check_run_scripts(report: Report, root: Table, content: Content) -> None:
    """Report a contradiction between the two keys that say whether the scripts of skills are run."""
    run_scripts = content.skills.run_scripts
    counts = content.discovery.get("skill_scripts")
    if run_scripts is not None and counts is not None and run_scripts != counts:
        report(
            root.entries["skills"].at,
            f"skills.run_scripts is {str(run_scripts).lower()} and discovery.skill_scripts {str(counts).lower()}; they"
            " say the same, remove one of them",
        )


def _unknown_section(name: str) -> str:
    if name in UNSUPPORTED_SECTIONS:
        return "not supported by this version; remove it"
    if name in _SETTINGS:
        return "unknown key; it belongs under default (for every script) or under scripts"
    if name in {option.name for option in _DISCOVERY}:
        return "unknown key; it belongs under discovery"
    if name in SKILL_KEYS:
        return "unknown key; it belongs under skills"
    return f"unknown key; {suggestion(name, SECTIONS)}"


def _default(report: Report, node: Node) -> dict[str, Any]:
    return check_settings(report, node, "default")


def _discovery(report: Report, node: Node) -> dict[str, Any]:
    if is_absent(node):
        return {}
    if not isinstance(node, Table):
        report(node.at, f"discovery: {shown(node)} is not a mapping of settings; write key: value below it")
        return {}
    return Checker(report).table(_DISCOVERY, node, "discovery")


def _skip(report: Report, node: Node) -> tuple[PathEntry, ...]:
    if is_absent(node):
        return ()
    if not isinstance(node, Listing):
        report(node.at, f"skip: {shown(node)} is not a list of paths and globs; write - path, or - path: reason")
        return ()
    entries = PathEntries(report, "skip")
    checker = Checker(report)
    for item in node.items:
        if isinstance(item, Table):
            for name, entry in item.entries.items():
                reason = checker.check(_REASON, entry.value, below("skip", name))
                if reason is not INVALID:
                    entries.add(name, entry.at, {"skip": reason})
        else:
            path = checker.check(_PATH, item, "skip")
            if path is not INVALID:
                entries.add(path, item.at, {"skip": True})
    return entries.found()


def _timeouts(report: Report, node: Node) -> tuple[PathEntry, ...]:
    entries = PathEntries(report, "timeout_override")
    checker = Checker(report)
    for name, at, value in mapping_entries(report, node, "timeout_override", "path: seconds"):
        seconds = checker.check(by_name("timeout"), value, below("timeout_override", name))
        entries.add(name, at, {} if seconds is INVALID else {"timeout": seconds})
    return entries.found()


def _scripts(report: Report, node: Node) -> tuple[PathEntry, ...]:
    entries = PathEntries(report, "scripts")
    for name, at, value in mapping_entries(report, node, "scripts", "path: settings"):
        entries.add(name, at, check_settings(report, value, below("scripts", name)))
    return entries.found()
