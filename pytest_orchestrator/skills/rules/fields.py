"""The other fields of the front matter: that a profile knows them, and that they hold what it says."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...config.phrases import clipped, joined, shown, suggestion
from ...config.tree import Listing, Node, Scalar, ScalarKind, Table, is_nothing
from ..fields import FIELDS, FieldKind, FieldSpec
from ..finding import Part, Severity
from ..rule import Profile, Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..context import CheckContext
    from ..document import SkillDocument
    from ..frontmatter import Field, FrontMatter
    from ..rule import Found

LONGEST_COMPATIBILITY = 500
"""Characters (Agent Skills standard)."""

UNKNOWN = Rule(
    "SK130", "unknown-field", Part.FRONTMATTER, Severity.ERROR,
    "The front matter has the fields of its profile and no others.",
    "The standard names six fields, and its reference validator refuses every other; what a project wants to note "
    "besides has its place under `metadata`. Claude Code ignores what it does not know without a word, so that a slip "
    "of the pen goes unnoticed: there, and in the script-first schema, it is a warning.",
)  # fmt: skip
WRONG_TYPE = Rule(
    "SK131", "field-type", Part.FRONTMATTER, Severity.ERROR,
    "A field holds what its documentation says: text, true or false, a list, a mapping.",
    "A program reads another type as something else, or as nothing: `disable-model-invocation: \"no\"` is text, and "
    "`argument-hint: [file]` a list. It is a warning where every program is known to cope: what the reference "
    "validator takes, a number where text is asked for, nothing at all.",
)  # fmt: skip
TOO_LONG = Rule(
    "SK132", "compatibility-too-long", Part.FRONTMATTER, Severity.ERROR,
    f"`compatibility` has at most {LONGEST_COMPATIBILITY} characters.",
    "The limit of the standard.",
    frozenset({Profile.SPEC}),
)  # fmt: skip
NOT_A_CHOICE = Rule(
    "SK133", "field-value", Part.FRONTMATTER, Severity.WARNING,
    "A field that takes one of a few words holds one of them.",
    "A program that does not know the word goes on without the field. It is a warning, as newer versions may know "
    "more words; an error in the script-first schema, which lists them all.",
    frozenset({Profile.CLAUDE_CODE, Profile.SCRIPT_FIRST}),
)  # fmt: skip
METADATA_VALUE = Rule(
    "SK134", "metadata-value", Part.FRONTMATTER, Severity.WARNING,
    "The values under `metadata` are texts.",
    "The standard's metadata maps texts to texts; clients may show nothing of a list or a mapping, or the source of "
    "it. The reference validator accepts it. A number or a boolean, which everybody shows as it is written, is a note.",
    frozenset({Profile.SPEC}),
)  # fmt: skip
WITHOUT_FORK = Rule(
    "SK135", "agent-without-fork", Part.FRONTMATTER, Severity.WARNING,
    "`agent` and `background` go with `context: fork`.",
    "They say which subagent runs the skill, and how; without `context: fork` none does.",
    frozenset({Profile.CLAUDE_CODE}),
)  # fmt: skip
UNREACHABLE = Rule(
    "SK136", "nobody-may-invoke", Part.FRONTMATTER, Severity.WARNING,
    "The skill can be invoked by the user or by the model.",
    "With `disable-model-invocation: true` the model may not, with `user-invocable: false` the user cannot.",
    frozenset({Profile.CLAUDE_CODE}),
)  # fmt: skip

RULES = (UNKNOWN, WRONG_TYPE, TOO_LONG, NOT_A_CHOICE, METADATA_VALUE, WITHOUT_FORK, UNREACHABLE)

_TOOLS_OF_AGENTS = "tools"
"""What the file of a subagent calls the field."""
_JUDGED_ELSEWHERE = frozenset({"name", "description", "intent", "tags", "version"})


def check(skill: SkillDocument, context: CheckContext) -> Iterator[Found]:
    """Yield what is wrong with the fields that have no rules of their own."""
    front = skill.front
    if not front.has_fields:
        return
    profile = context.profile
    known = FIELDS[profile]
    for field in front.fields.values():
        spec = known.get(field.name)
        if spec is None:
            yield _unknown(profile, field)
        elif field.name not in _JUDGED_ELSEWHERE or (field.name == "description" and profile is Profile.SCRIPT_FIRST):
            yield from _value(front, profile, field, spec)
    if profile is Profile.CLAUDE_CODE:
        yield from _together(front)


def _unknown(profile: Profile, field: Field) -> Found:
    remedy = _meant(profile, field.name) or "move it under metadata, or remove it"
    if profile is not Profile.SPEC:
        whose = "documented by Claude Code" if profile is Profile.CLAUDE_CODE else "of the script-first schema"
        message = f"{clipped(field.name)} is no field {whose}, and means nothing to it"
        return UNKNOWN.at(field.line, field.column, message, remedy, severity=Severity.WARNING)
    if field.name in FIELDS[Profile.CLAUDE_CODE]:
        message = f"{clipped(field.name)} is a field of Claude Code and none of the standard"
        remedy = "remove it, or choose the profile claude-code"
    else:
        message = f"{clipped(field.name)} is no field of the standard, which has {joined(list(FIELDS[profile]))}"
    return UNKNOWN.at(field.line, field.column, message, remedy)


def _meant(profile: Profile, name: str) -> str:
    """Return ``did you mean …`` where a field's name is a slip of the pen, and not one of another profile."""
    if name == _TOOLS_OF_AGENTS:
        return "did you mean 'allowed-tools'"
    if any(name in fields for fields in FIELDS.values()):
        return ""
    return suggestion(name, FIELDS[profile], close_only=True).rstrip("?")


def _value(front: FrontMatter, profile: Profile, field: Field, spec: FieldSpec) -> Iterator[Found]:
    node = field.node
    if isinstance(node, Scalar) and node.kind is ScalarKind.BROKEN:
        return
    if isinstance(node, Scalar) and (is_nothing(node) or (node.kind is ScalarKind.TEXT and not node.text.strip())):
        message = f"{field.name!r} is empty; it has to be {spec.kind}"
        yield WRONG_TYPE.at(
            field.line, field.column, message, "give it a value or remove it", severity=Severity.WARNING
        )
        return
    fault = fault_of(node, spec.kind)
    if fault is not None:
        yield _wrong_type(front, profile, field, spec, fault)
        return
    if spec.choices and isinstance(node, Scalar) and node.text not in spec.choices:
        allowed = joined([repr(choice) for choice in spec.choices], "or")
        message = f"{field.name!r} is {shown(node)}; it has to be {allowed}"
        severity = Severity.ERROR if profile is Profile.SCRIPT_FIRST else None
        yield NOT_A_CHOICE.at(field.value_line, field.value_column, message, f"write {allowed}", severity=severity)
    if profile is Profile.SPEC:
        yield from _standard(front, field)


def fault_of(node: Node, kind: FieldKind) -> Node | None:
    """Return the part of ``node`` that is not what ``kind`` says; None when all of it is."""
    if kind is FieldKind.TEXT:
        return None if _is_text(node) else node
    if kind is FieldKind.BOOL:
        return None if isinstance(node, Scalar) and node.kind is ScalarKind.BOOL else node
    if kind in (FieldKind.TABLE, FieldKind.TEXT_TABLE):
        return None if isinstance(node, Table) else node
    if isinstance(node, Listing):
        return next((item for item in node.items if not _is_text(item)), None)
    return None if kind is FieldKind.TEXT_OR_TEXTS and _is_text(node) else node


def _is_text(node: Node) -> bool:
    return isinstance(node, Scalar) and node.kind in (ScalarKind.TEXT, ScalarKind.BROKEN)


def _wrong_type(front: FrontMatter, profile: Profile, field: Field, spec: FieldSpec, fault: Node) -> Found:
    line, column = front.place(fault)
    severity = None
    is_scalar = isinstance(fault, Scalar)
    takes_text = spec.kind in (FieldKind.TEXT, FieldKind.TEXTS, FieldKind.TEXT_OR_TEXTS)
    if profile is Profile.SPEC and field.name != "compatibility":
        severity = Severity.WARNING
    if fault is not field.node:
        message = f"an entry of {field.name!r} is {shown(fault)}; it has to be {spec.kind}"
    elif is_scalar and takes_text and spec.kind is not FieldKind.TEXTS:
        message = f"{field.name!r} is {shown(fault)}, which is no text to YAML; it has to be {spec.kind}"
    else:
        message = f"{field.name!r} is {shown(fault)}; it has to be {spec.kind}"
    if is_scalar and takes_text and (spec.kind is not FieldKind.TEXTS or fault is not field.node):
        return WRONG_TYPE.at(line, column, message, "put it in quotes", severity=Severity.WARNING)
    remedy = f"write {spec.kind}"
    if field.name == "argument-hint" and isinstance(fault, Listing):
        # Claude Code shows it all the same.
        severity, remedy = Severity.WARNING, "put the brackets and all between them in quotes"
    elif field.name == "allowed-tools" and isinstance(fault, Listing):
        remedy = "write the tools with spaces between them"
    return WRONG_TYPE.at(line, column, message, remedy, severity=severity)


def _standard(front: FrontMatter, field: Field) -> Iterator[Found]:
    """Yield what the standard says of the values of some fields."""
    node = field.node
    if field.name == "compatibility" and isinstance(node, Scalar) and len(node.text) > LONGEST_COMPATIBILITY:
        message = f"'compatibility' has {len(node.text)} characters; at most {LONGEST_COMPATIBILITY} are allowed"
        yield TOO_LONG.at(field.value_line, field.value_column, message, "shorten it, and say the rest in the body")
    elif field.name == "metadata" and isinstance(node, Table):
        for name, entry in node.entries.items():
            value = entry.value
            if not _is_text(value):
                message = f"'metadata' has {shown(value)} under {clipped(name)}; its values have to be texts"
                is_scalar = isinstance(value, Scalar)
                severity = Severity.NOTE if is_scalar else None
                remedy = "put it in quotes" if is_scalar else "write it as one text, or in a file of its own"
                yield METADATA_VALUE.at(*front.place(value), message, remedy, severity=severity)


def _together(front: FrontMatter) -> Iterator[Found]:
    """Yield what is wrong with fields of Claude Code in view of one another."""
    context = front.get("context")
    if context is None:
        for name in ("agent", "background"):
            if (field := front.get(name)) is not None:
                message = f"{name!r} has no effect without 'context: fork'"
                yield WITHOUT_FORK.at(field.line, field.column, message, f"add 'context: fork', or remove {name!r}")
    model, user = front.get("disable-model-invocation"), front.get("user-invocable")
    if model is not None and user is not None and model.value is True and user.value is False:
        line, column = max((model.line, model.column), (user.line, user.column))
        message = "neither the model nor the user may invoke the skill"
        remedy = "remove 'disable-model-invocation: true' or 'user-invocable: false'"
        yield UNREACHABLE.at(line, column, message, remedy)
