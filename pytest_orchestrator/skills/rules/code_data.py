"""The data in a skill: that its JSON, YAML and TOML can be read, and that fences that are to run can be run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...config.phrases import clipped
from ..code import RUN_WORD, fence_snippet, is_runnable
from ..data_code import JSON, LOOSE, TOML, YAML, json_fault, toml_fault, yaml_fault
from ..finding import Part, Severity
from ..rule import Rule

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from ..body import Fence
    from ..context import CheckContext
    from ..data_code import DataFault
    from ..document import SkillDocument
    from ..rule import Found

_LOOKS_DIFFERENT = (
    "What is to be copied into a file must be readable there. `...`, `<placeholders>` and templates are understood; "
    "what is no {0} to the letter belongs into a fence marked as {1}."
)

JSON_SYNTAX = Rule(
    "SK520", "json-syntax", Part.CODE, Severity.ERROR,
    "JSON in a skill parses.",
    _LOOKS_DIFFERENT.format("JSON", "`jsonc` or `text`") + " Comments and the names of types in the place of values "
    "are understood too, an object's entries may stand alone, and several values one after the other.",
)  # fmt: skip
YAML_SYNTAX = Rule(
    "SK521", "yaml-syntax", Part.CODE, Severity.ERROR,
    "YAML in a skill parses.",
    _LOOKS_DIFFERENT.format("YAML", "`text`") + " Of front matter that is followed by Markdown only the former counts.",
)  # fmt: skip
TOML_SYNTAX = Rule(
    "SK522", "toml-syntax", Part.CODE, Severity.ERROR,
    "TOML in a skill parses.",
    _LOOKS_DIFFERENT.format("TOML", "`text`"),
)  # fmt: skip
RUN = Rule(
    "SK530", "run-word", Part.CODE, Severity.WARNING,
    "A fence that is marked to run can be run.",
    f"`{RUN_WORD}` behind the language makes a fence an item of its own. In another language than Python or shell that "
    "item ends in an error, unless the configuration names an interpreter; without code it passes and proves nothing; "
    "one that never ends is not run; and a word that is misspelt, or that stands where the language is expected, makes "
    "no item, which nobody would notice.",
)  # fmt: skip

RULES = (JSON_SYNTAX, YAML_SYNTAX, TOML_SYNTAX, RUN)

_READERS: tuple[tuple[frozenset[str], Rule, str, Callable[[str], DataFault | None]], ...] = (
    (JSON, JSON_SYNTAX, "JSON", json_fault),
    (YAML, YAML_SYNTAX, "YAML", yaml_fault),
    (TOML, TOML_SYNTAX, "TOML", toml_fault),
)


def check(skill: SkillDocument, context: CheckContext) -> Iterator[Found]:
    """Yield the fences with data that cannot be read, and those that ask to be run and cannot be."""
    del context
    for fence in skill.body.fences:
        if "orchestrate" in fence.info.lower():
            yield from _about_running(fence)
        if not fence.is_closed or not LOOSE.isdisjoint(fence.info.lower().split()):
            continue
        for languages, rule, name, read in _READERS:
            if fence.language in languages and (fault := read(fence.code)) is not None:
                place = fence_snippet(fence).place(fault.line, fault.column)
                remedy = "correct it, or mark the fence as what it is"
                yield rule.at(*place, f"this is no {name}: {fault.message}", remedy)


def _about_running(fence: Fence) -> Iterator[Found]:
    first = next(iter(fence.info.split()), "")
    if "orchestrate:" in first.lower():
        message = f"{clipped(first)} stands where the language is expected, so nothing is run"
        yield RUN.at(fence.line, fence.column, message, f"write a language before it, as in 'sh {RUN_WORD}'")
    for word in fence.words:
        if word == RUN_WORD and not is_runnable(fence):
            what, remedy = _why_not(fence)
            yield RUN.at(fence.line, fence.column, f"a fence {what}", remedy)
        elif word != RUN_WORD and "orchestrate" in word.lower():
            message = f"{clipped(word)} behind the language means nothing; {RUN_WORD!r} makes a fence run"
            yield RUN.at(fence.line, fence.column, message, "correct it")


def _why_not(fence: Fence) -> tuple[str, str]:
    """Return why a fence cannot be run, and what to do."""
    if not fence.is_closed:
        return "that never ends is not run: nobody knows what of it is code", "close it"
    if not fence.code.strip():
        return "without code proves nothing", f"write its code, or take out {RUN_WORD!r}"
    message = f"in {clipped(fence.language)} cannot be run; Python and shell can"
    return message, f"take out {RUN_WORD!r}, or correct the language"
