"""The fields of front matter: which there are, in whose documentation, and what they take."""

from __future__ import annotations

from enum import StrEnum

from ..quick_dataclasses import dataclass
from .rule import Profile


class FieldKind(StrEnum):
    """What a field takes, in words."""

    TEXT = "text"
    BOOL = "true or false"
    TEXTS = "a list of texts"
    TEXT_OR_TEXTS = "text or a list of texts"
    TABLE = "a mapping"
    TEXT_TABLE = "a mapping of texts to texts"


@dataclass(frozen=True, slots=True)
class FieldSpec:
    """One field."""

    name: str
    kind: FieldKind
    choices: tuple[str, ...] = ()
    """All that its text may be; empty where it is free."""


_STANDARD = (
    FieldSpec("name", FieldKind.TEXT),
    FieldSpec("description", FieldKind.TEXT),
    FieldSpec("license", FieldKind.TEXT),
    FieldSpec("compatibility", FieldKind.TEXT),
    FieldSpec("metadata", FieldKind.TEXT_TABLE),
    FieldSpec("allowed-tools", FieldKind.TEXT),
)
_CLAUDE_CODE = (
    FieldSpec("name", FieldKind.TEXT),
    FieldSpec("description", FieldKind.TEXT),
    FieldSpec("when_to_use", FieldKind.TEXT),
    FieldSpec("argument-hint", FieldKind.TEXT),
    FieldSpec("arguments", FieldKind.TEXT_OR_TEXTS),
    FieldSpec("disable-model-invocation", FieldKind.BOOL),
    FieldSpec("user-invocable", FieldKind.BOOL),
    FieldSpec("allowed-tools", FieldKind.TEXT_OR_TEXTS),
    FieldSpec("disallowed-tools", FieldKind.TEXT_OR_TEXTS),
    FieldSpec("model", FieldKind.TEXT),
    FieldSpec("effort", FieldKind.TEXT, ("low", "medium", "high", "xhigh", "max")),
    FieldSpec("context", FieldKind.TEXT, ("fork",)),
    FieldSpec("agent", FieldKind.TEXT),
    FieldSpec("background", FieldKind.BOOL),
    FieldSpec("hooks", FieldKind.TABLE),
    FieldSpec("paths", FieldKind.TEXT_OR_TEXTS),
    FieldSpec("shell", FieldKind.TEXT, ("bash", "powershell")),
    FieldSpec("license", FieldKind.TEXT),
    FieldSpec("compatibility", FieldKind.TEXT),
    FieldSpec("metadata", FieldKind.TABLE),
)
_SCRIPT_FIRST = (
    FieldSpec("name", FieldKind.TEXT),
    FieldSpec("tags", FieldKind.TEXTS),
    FieldSpec("intent", FieldKind.TEXT),
    FieldSpec("version", FieldKind.TEXT),
    FieldSpec("languages", FieldKind.TEXTS),
    FieldSpec("risk_level", FieldKind.TEXT, ("low", "medium", "high")),
    FieldSpec("requires_confirmation", FieldKind.BOOL),
    FieldSpec("always_load", FieldKind.BOOL),
    FieldSpec("script_first", FieldKind.BOOL),
    # A skill may be one of the standard as well.
    FieldSpec("description", FieldKind.TEXT),
    FieldSpec("license", FieldKind.TEXT),
    FieldSpec("compatibility", FieldKind.TEXT),
    FieldSpec("metadata", FieldKind.TABLE),
    FieldSpec("allowed-tools", FieldKind.TEXT_OR_TEXTS),
)

FIELDS = {
    Profile.SPEC: {field.name: field for field in _STANDARD},
    Profile.CLAUDE_CODE: {field.name: field for field in _CLAUDE_CODE},
    Profile.SCRIPT_FIRST: {field.name: field for field in _SCRIPT_FIRST},
}
"""By profile and name, in the order of the documentation."""

ONLY_CLAUDE_CODE = FIELDS[Profile.CLAUDE_CODE].keys() - FIELDS[Profile.SPEC].keys()
"""Fields that Claude Code documents besides those of the standard."""
