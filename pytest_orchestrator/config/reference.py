"""The reference of options as Markdown, made from the option table.

``python -m pytest_orchestrator.config.reference`` writes the page ``docs/reference/options.md`` to standard
output; with the name of a page it renews the tables between the marks in that page.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .option import Kind, Option
from .options import flag, in_scope, ini, yaml_key
from .phrases import allowed

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from .option import Scope

_INTRODUCTION = """\
# Options

Made from the option table by `python -m pytest_orchestrator.config.reference`: do not edit by hand.

Every option has one name. It is written with dashes in a flag, with `orchestrate_` in front in an ini file, and as
it is in the configuration file and in the marker `orchestrate`. How the sources are merged is told in
[The configuration file](configuration.md).

A flag or ini value that is a list is split into words like a shell does, and a flag may be given several times. A
flag or ini value `none` takes back an option that may be unset.

Give a flag its value with `=`, as in `--orchestrate-report-dir=out`. See [Command line](command-line.md#pytest).
"""

_SCOPES: dict[Scope, tuple[str, str]] = {
    "run": ("Options of a run", "Given on the command line or in an ini file; they hold for the whole run."),
    "discovery": ("What counts as a script", """\
Given on the command line, in an ini file, or under `discovery` in the configuration file. A list replaces the
built-in one."""),
    "script": ("Settings of a script", """\
Given in the configuration file under `default`, under a path or glob in `scripts`, or in a case; as keywords of the
marker `orchestrate`; some of them also by flag and in an ini file."""),
    "skill": ("Skills", """\
Given in the configuration file under `skills`; some of them also by flag and in an ini file."""),
}  # fmt: skip

_SECTION: dict[Scope, str] = {"discovery": "discovery.", "skill": "skills."}


def options_page() -> str:
    """Return the page ``docs/reference/options.md``."""
    parts = [_INTRODUCTION]
    for scope, (title, text) in _SCOPES.items():
        parts.append(f"## {title}\n\n{text}\n")
        parts += [_section(option) for option in in_scope(scope)]
    return "\n".join(parts)


def keys_table(options: Iterable[Option]) -> str:
    """Return a table of keys of the configuration file: name, what it is, value and default."""
    rows = [(f"`{yaml_key(option)}`", f"{option.help}.", _value(option), _default(option)) for option in options]
    return _table(("key", "what it says", "value", "default"), rows)


def renewed(page: str) -> str:
    """Return ``page`` with its tables made anew: those between marks as ``<!-- keys of script -->``, or of a scope."""
    scopes: dict[str, Scope] = {"script": "script", "discovery": "discovery", "skill": "skill"}

    def table(match: re.Match[str]) -> str:
        options = in_scope(scopes[match["scope"]])
        return f"{match['begin']}\n{keys_table(options)}\n{match['end']}"

    marks = r"(?P<begin><!-- keys of (?P<scope>script|discovery|skill) -->\n).*?(?P<end><!-- end -->)"
    return re.sub(marks, table, page, flags=re.DOTALL)


def _section(option: Option) -> str:
    facts = [("value", _value(option)), ("default", _default(option)), *_forms(option)]
    lines = [f"### `{option.name}`", "", f"{option.help}.", ""]
    lines += [f"- {name}: {text}" for name, text in facts]
    if option.fields:
        lines += ["", _fields(option.fields, "").rstrip("\n")]
    return "\n".join(lines) + "\n"


def _forms(option: Option) -> list[tuple[str, str]]:
    forms = []
    if option.has_flag:
        forms.append(("flag", f"`{flag(option)}{_metavar(option)}`"))
    if option.has_ini:
        forms.append(("ini", f"`{ini(option)}`"))
    if option.has_yaml:
        forms.append(("YAML", f"`{_SECTION.get(option.scope, '')}{yaml_key(option)}`"))
    if option.has_marker:
        forms.append(("marker", f"`orchestrate({option.name}=…)`"))
    return forms


def _metavar(option: Option) -> str:
    if option.kind is Kind.BOOL:
        return ""
    return f"={'|'.join(option.choices) if option.kind is Kind.CHOICE else option.metavar}"


def _fields(fields: Sequence[Option], prefix: str) -> str:
    rows = []
    for option in fields:
        rows.append((f"`{prefix}{option.name}`", f"{option.help}.", _value(option), _default(option)))
        rows += [
            (f"`{prefix}{option.name}.{field.name}`", f"{field.help}.", _value(field), _default(field))
            for field in option.fields
        ]
    return _table(("key", "what it says", "value", "default"), rows)


def _value(option: Option) -> str:
    text = allowed(option)
    if option.kind is Kind.TEXTS and option.pattern_help:
        text += f", each {option.pattern_help}"
    if option.unit and option.kind is not Kind.SECONDS:
        text += f", in {option.unit}"
    return text + ("; `null` takes it back" if option.nullable else "")


def _default(option: Option) -> str:
    default: Any = option.default
    if default is None or default == ():
        return "none"
    if isinstance(default, tuple):
        return " ".join(f"`{item}`" for item in default)
    if isinstance(default, bool):
        return "`true`" if default else "`false`"
    return f"`{default:g}`" if isinstance(default, float) else f"`{default}`"


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "".join(f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in line)} |\n" for line in lines)


def main(arguments: Sequence[str]) -> int:
    """Write the options page to standard output, or renew the tables in the pages named."""
    if not arguments:
        sys.stdout.write(options_page())
    for name in arguments:
        page = Path(name)
        page.write_text(renewed(page.read_text(encoding="utf-8")), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
