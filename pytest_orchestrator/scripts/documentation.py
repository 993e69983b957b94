"""A page of Markdown about the scripts of a directory, made from their text. No script is run."""

from __future__ import annotations

import contextlib
import json
import os
import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from ..config.settings import DiscoverySettings
from ..core.names import escape_name
from .description import ScriptDescription, describe_script
from .discovery import discover_scripts
from .filter import describe
from .markdown import code, fence, line, prose

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from .prose import ScriptOption

_DEFAULTS = DiscoverySettings()


def generate_script_documentation(
    scripts_dir: str | os.PathLike[str],
    output_file: str | os.PathLike[str],
    *,
    settings: DiscoverySettings = _DEFAULTS,
    settings_for: Callable[[Path], Mapping[str, object]] | None = None,
    redacted_for: Callable[[Path], Callable[[str], str]] | None = None,
) -> Path:
    """Write a Markdown page about the scripts below ``scripts_dir``; return its path.

    The page has a table of contents and a section for each script: its path, what it says about itself, its
    usage and options, what it is run with. All of that is read from the scripts' text (see
    :func:`~pytest_orchestrator.scripts.description.describe_script`); no script is run or imported. The same
    scripts give the same page, on any machine. Directories missing above ``output_file`` are made.

    :param settings: what counts as a script. Default: as in :func:`discover_scripts`.
    :param settings_for: gives the settings that apply to a script, to be shown in its section. Default: no settings
        are shown.
    :param redacted_for: gives what takes the secrets out of every text about a script. Default: all is shown as it is.
    :raises DiscoveryError: when ``scripts_dir`` is no directory that can be read.
    :raises OSError: when ``output_file`` cannot be written.

    Contract: seed 004.
    """
    base = Path(scripts_dir)
    scripts = discover_scripts(base, settings=settings)
    page = "".join(_page(base, scripts, settings, settings_for, redacted_for or _as_it_is))
    output = Path(output_file)
    output.parent.mkdir(parents=True, exist_ok=True)
    _write(output, page)
    return output


def _page(
    base: Path,
    scripts: list[Path],
    settings: DiscoverySettings,
    settings_for: Callable[[Path], Mapping[str, object]] | None,
    redacted_for: Callable[[Path], Callable[[str], str]],
) -> Iterator[str]:
    count = f"{len(scripts)} script" + ("" if len(scripts) == 1 else "s")
    yield f"# Scripts in {code(escape_name(base.resolve().name) or '/')}\n\n"
    if not scripts:
        yield f"No scripts found. Looked for: {code(describe(settings))}\n"
        return
    yield f"{count}, described from their own text: none was run to make this page.\n\n## Contents\n\n"
    paths = [os.path.relpath(script, base) for script in scripts]
    anchors = _anchors(paths)
    # Before it becomes Markdown, where a secret may look different.
    descriptions = [_redacted_description(describe_script(script), redacted_for(script)) for script in scripts]
    for path, anchor, description in zip(paths, anchors, descriptions, strict=True):
        title = f": {line(description.title)}" if description.title else ""
        yield f"- [{code(escape_name(path))}](#{anchor}){title}\n"
    for script, path, anchor, description in zip(scripts, paths, anchors, descriptions, strict=True):
        yield f'\n<a id="{anchor}"></a>\n\n## {code(escape_name(path))}\n'
        yield from _section(description)
        if settings_for is not None:
            yield from _settings(settings_for(script), redacted_for(script))


def _section(description: ScriptDescription) -> Iterator[str]:
    yield f"\n{line(description.title) or 'It says nothing about itself.'}\n"
    if description.summary:
        yield f"\n{prose(description.summary)}\n"
    yield "\n"
    if description.languages:
        yield f"- Language: {', '.join(description.languages)}\n"
    yield f"- Runs with: {code(description.interpreter) or 'nothing known; set `interpreter:` for it'}\n"
    if description.requires_python:
        yield f"- Requires Python: {code(description.requires_python)}\n"
    if description.dependencies:
        yield f"- Dependencies (PEP 723): {', '.join(map(code, description.dependencies))}\n"
    if description.problem:
        yield f"- Note: {line(description.problem)}\n"
    if description.usage:
        yield f"\n### Usage\n\n{fence(description.usage)}"
    if not all(_is_told(option, description.usage) for option in description.options):
        yield "\n### Options\n\n"
        for option in description.options:
            help_text = f": {line(option.help)}" if option.help else ""
            yield f"- {', '.join(map(code, option.names))}{help_text}\n"


def _is_told(option: ScriptOption, usage: str) -> bool:
    return any(name in usage for name in option.names) and option.help in " ".join(usage.split())


def _as_it_is(script: Path) -> Callable[[str], str]:
    del script
    return str


def _redacted_description(description: ScriptDescription, redacted: Callable[[str], str]) -> ScriptDescription:
    return replace(
        description,
        title=redacted(description.title),
        summary=redacted(description.summary),
        usage=redacted(description.usage),
        options=tuple(replace(option, help=redacted(option.help)) for option in description.options),
        interpreter=redacted(description.interpreter),
        dependencies=tuple(map(redacted, description.dependencies)),
        problem=None if description.problem is None else redacted(description.problem),
    )


def _redacted(value: object, redacted: Callable[[str], str]) -> object:
    if isinstance(value, str):
        return redacted(value)
    if isinstance(value, Mapping):
        return {name: _redacted(part, redacted) for name, part in value.items()}
    return [_redacted(part, redacted) for part in value] if isinstance(value, list | tuple) else value


def _settings(settings: Mapping[str, object], redacted: Callable[[str], str]) -> Iterator[str]:
    if settings:
        yield "\n### Settings\n\n"
        for name, value in settings.items():
            yield f"- {code(name)}: {code(_plain(_redacted(value, redacted)))}\n"


def _plain(value: object) -> str:
    if isinstance(value, str):
        return value or '""'
    if isinstance(value, Mapping):
        value = dict(value)
    return json.dumps(value, ensure_ascii=False, sort_keys=True, default=_plain_object)


def _plain_object(value: object) -> object:
    return sorted(value, key=repr) if isinstance(value, frozenset | set) else str(value)


def _anchors(paths: list[str]) -> list[str]:
    """Return a name for each path that a link can lead to, different for each."""
    taken: set[str] = set()
    anchors = []
    for path in paths:
        stem = "script-" + (re.sub(r"[^a-z0-9]+", "-", path.lower()).strip("-") or "x")
        anchor = stem
        number = 1
        while anchor in taken:
            number += 1
            anchor = f"{stem}-{number}"
        taken.add(anchor)
        anchors.append(anchor)
    return anchors


def _write(output: Path, page: str) -> None:
    """Replace ``output`` as a whole, so that nobody ever reads half a page."""
    if output.exists() and not output.is_file():
        # /dev/stdout and the like: there is nothing to replace.
        output.write_text(page, encoding="utf-8")
        return
    target = os.path.realpath(output)
    temporary = os.path.join(os.path.dirname(target), f".scripts-{os.getpid()}.tmp")
    try:
        with open(temporary, "w", encoding="utf-8") as file:
            file.write(page)
        os.replace(temporary, target)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(temporary)
        raise
