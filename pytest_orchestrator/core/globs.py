"""Globs on relative paths, as one compiled pattern."""

from __future__ import annotations

import fnmatch
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


def compile_name_globs(globs: Sequence[str]) -> re.Pattern[str] | None:
    """Return a pattern whose ``match`` tells whether a file name matches one of ``globs``.

    The globs are those of :mod:`fnmatch`, case-sensitive. None when there are none.
    """
    if not globs:
        return None
    return re.compile("|".join(map(fnmatch.translate, globs)))


def compile_path_globs(globs: Sequence[str], *, below: bool = False) -> re.Pattern[str] | None:
    """Return a pattern whose ``match`` tells whether a relative path matches one of ``globs``.

    ``*`` and ``?`` stay within one component, ``**`` as a whole component spans any number of them, ``[...]``
    is a set (``[[]`` is a bracket). A glob without ``/`` is matched with the last component, at any depth; one
    with ``/`` with the whole path, and ``./x`` or ``/x`` is how to say "directly in the directory". With
    ``below``, everything under a path that matches does as well. None when there are no globs.
    """
    if not globs:
        return None
    tail = r"(?:/.*)?\Z" if below else r"\Z"
    return re.compile("|".join(f"(?:{_translate(glob)}){tail}" for glob in globs), re.DOTALL)


def _translate(glob: str) -> str:
    anchored = "/" in glob.rstrip("/")
    components = [part for part in glob.split("/") if part not in ("", ".")]
    pattern = "" if anchored else "(?:.*/)?"
    for position, component in enumerate(components, start=1):
        last = position == len(components)
        if component == "**":
            pattern += ".+" if last else "(?:.*/)?"
        else:
            pattern += _translate_component(component) + ("" if last else "/")
    return pattern


def _translate_component(component: str) -> str:
    parts = [""]
    position = 0
    while position < len(component):
        character = component[position]
        position += 1
        if character == "*":
            parts.append("")
        elif character == "?":
            parts[-1] += "[^/]"
        elif character == "[":
            # A "]" directly after the opening (or its "!") is a member, so the end is looked for after it.
            start = position + (component[position : position + 1] == "!")
            end = component.find("]", start + 1)
            if end < 0:
                parts[-1] += r"\["
            else:
                # fnmatch knows every oddity of a set (ranges, "^", "--"); its set must only never be a slash.
                # The two characters cut off are its end-of-text mark.
                parts[-1] += "(?!/)" + fnmatch.translate(component[position - 1 : end + 1])[:-2]
                position = end + 1
        else:
            parts[-1] += re.escape(character)
    first, *rest = parts
    if not rest:
        return first
    *middle, last = rest
    # What stands between two stars is best found as early as possible; the atomic groups keep the matcher from
    # trying every later place as well, which takes exponential time.
    return first + "".join(f"(?>[^/]*?{part})" for part in middle if part) + "[^/]*" + last
