"""The script-first directive: that it is there, whole and in its place, and that the examples follow it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ...config.phrases import clipped, joined
from ...config.tree import Table
from ..directive import Step, find_directive
from ..finding import Part, Severity
from ..rule import Rule
from ..templates import has_scripts, says_summary_format, templates

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..body import Heading
    from ..context import CheckContext
    from ..directive import Directive
    from ..document import SkillDocument
    from ..rule import Found

_APPLY = "put the standard block after Usage: `pytest-orchestrator skills directives --apply PATH`"

MISSING = Rule(
    "SK301", "directive-missing", Part.DIRECTIVE, Severity.ERROR,
    "A skill with `script_first: true` has the script-first directive.",
    "The field tells people and lists; an agent reads the text. Without the block it works turn by turn, and fills the "
    "context with raw output (seed 000: configuration, marking and directive belong together).",
)  # fmt: skip
UNMARKED = Rule(
    "SK302", "directive-unmarked", Part.DIRECTIVE, Severity.ERROR,
    "A skill with the script-first directive has `script_first: true`, at the top or under `metadata`.",
    "Lists of script-first skills, audits and tests go by the field: they would miss this one.",
)  # fmt: skip
INCOMPLETE = Rule(
    "SK303", "directive-incomplete", Part.DIRECTIVE, Severity.ERROR,
    "The directive has its three steps (write a script, execute it once, return only the summary), and the four duties "
    "of the script (all inputs, logic, errors, summary).",
    "What is not asked for is not done: a script that stops at the first error, or one that prints everything it read. "
    "The words are free; what counts is that the list says it.",
)  # fmt: skip
PLACE = Rule(
    "SK304", "directive-place", Part.DIRECTIVE, Severity.WARNING,
    "The directive comes right after Usage.",
    "Before Usage the reader does not know yet what is to be scripted; behind examples the agent has begun already.",
)  # fmt: skip
NO_TEMPLATE = Rule(
    "SK305", "no-script-template", Part.DIRECTIVE, Severity.WARNING,
    "A script-first skill shows at least one script.",
    "An agent that is told to write a script and shown none invents its shape anew each time.",
)  # fmt: skip
NO_SUMMARY = Rule(
    "SK306", "no-summary-format", Part.DIRECTIVE, Severity.WARNING,
    "A script-first skill shows what the summary looks like: a script prints one, or the text has an example.",
    "Only the summary comes back to the conversation. Where nobody said what is in it, it is too much or too little.",
)  # fmt: skip
NO_ERRORS = Rule(
    "SK307", "no-error-handling", Part.DIRECTIVE, Severity.WARNING,
    "A script of a script-first skill asks whether something went wrong.",
    "The script is run once, out of sight. One that does not handle errors reports success, or stops in the middle.",
)  # fmt: skip

RULES = (MISSING, UNMARKED, INCOMPLETE, PLACE, NO_TEMPLATE, NO_SUMMARY, NO_ERRORS)

_USAGE = re.compile(r"(?:\d+\W+)?(?:usage|how to use|when to use|use cases?)\b", re.IGNORECASE)
_ITS_OWN = re.compile(r"script.?first|directive|execution", re.IGNORECASE)


def check(skill: SkillDocument, context: CheckContext) -> Iterator[Found]:
    """Yield what is wrong with the directive of a skill, and with the examples of one that is script-first."""
    del context
    if not skill.body.headings and not skill.body.paragraphs:
        return
    directive = find_directive(skill)
    if directive is None and not skill.is_script_first:
        return
    if directive is None:
        line, column = _marked_at(skill)
        yield MISSING.at(line, column, "'script_first' is true, but the text has no script-first directive", _APPLY)
    else:
        if not skill.is_script_first:
            message = "the script-first directive is here, but 'script_first' is not true in the front matter"
            yield UNMARKED.at(directive.line, 1, message, "set `script_first: true`, or take the directive out")
        yield from _about_steps(directive)
        yield from _about_place(skill, directive)
    line, column = (directive.line, 1) if directive is not None else _marked_at(skill)
    yield from _about_examples(skill, line, column)


def _about_steps(directive: Directive) -> Iterator[Found]:
    if directive.is_complete:
        return
    steps = [clipped(str(missing)) for missing in directive.missing if isinstance(missing, Step)]
    duties = [clipped(str(missing)) for missing in directive.missing if not isinstance(missing, Step)]
    if Step.WRITE not in directive.steps:
        duties = []
    parts = []
    if steps:
        parts.append(f"the step{'s' * (len(steps) > 1)} {joined(steps)}")
    if duties:
        parts.append(f"the dut{'ies' if len(duties) > 1 else 'y'} of the script to {joined(duties)}")
    message = f"the directive lacks {joined(parts)}"
    yield INCOMPLETE.at(directive.line, 1, message, "add what is missing to its list, or use the standard block")


def _about_place(skill: SkillDocument, directive: Directive) -> Iterator[Found]:
    headings = skill.body.headings
    usage = next((heading for heading in headings if _USAGE.match(heading.text)), None)
    if usage is None:
        return
    if directive.line < usage.line:
        message = f"the directive stands before {clipped(usage.text)} (line {usage.line}); it comes right after it"
        yield PLACE.at(directive.line, 1, message, "move it behind that section")
        return
    between = [heading for heading in headings if usage.line < heading.line < directive.line]
    sections = [heading for heading in between if heading.level <= usage.level and not _is_own(heading)]
    if sections:
        shown = clipped(sections[0].text)
        message = f"{len(sections)} other section{'s' * (len(sections) > 1)} ({shown} first) stand between it and Usage"
        yield PLACE.at(directive.line, 1, message, "move the directive right behind Usage", severity=Severity.NOTE)


def _is_own(heading: Heading) -> bool:
    return _ITS_OWN.search(heading.text) is not None


def _about_examples(skill: SkillDocument, line: int, column: int) -> Iterator[Found]:
    shown = templates(skill)
    if not shown:
        if not has_scripts(skill):
            message = "the skill is script-first, but shows no script and brings none along"
            yield NO_TEMPLATE.at(line, column, message, "add a template of the script to the examples")
        return
    if not any(template.prints for template in shown) and not says_summary_format(skill):
        message = "no script here prints a summary, and the text does not show one"
        yield NO_SUMMARY.at(shown[0].line, 1, message, "let the template print the summary that is expected")
    if not any(template.handles_errors for template in shown):
        message = "no script here asks whether something went wrong"
        yield NO_ERRORS.at(shown[0].line, 1, message, "handle errors in the template: report them in the summary")


def _marked_at(skill: SkillDocument) -> tuple[int, int]:
    """Return where ``script_first`` is set."""
    if (field := skill.front.get("script_first")) is not None:
        return field.line, field.column
    field = skill.front.get("metadata")
    if field is not None and isinstance(field.node, Table) and "script_first" in field.node.entries:
        return skill.front.place(field.node.entries["script_first"].value)
    return 1, 1
