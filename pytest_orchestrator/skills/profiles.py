"""Which profile a skill is held to: the one that was asked for, or the one whose fields it uses."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ..config.phrases import joined
from .fields import ONLY_CLAUDE_CODE
from .rule import Profile

if TYPE_CHECKING:
    from ..config.skill_settings import SkillSettings
    from .document import SkillDocument

AUTO = "auto"

_MOST_NAMED = 3
_IN_PARENTHESES = re.compile(r"\([^()]*\)")


def profile_of(skill: SkillDocument, settings: SkillSettings) -> tuple[Profile, str]:
    """Return the profile of ``skill``, and why it is that one, ready to show."""
    if settings.profile != AUTO:
        return Profile(settings.profile), f"chosen by {settings.profile_source}"
    return detect_profile(skill)


def detect_profile(skill: SkillDocument) -> tuple[Profile, str]:
    """Return the profile whose fields ``skill`` uses, and which those are.

    ``intent`` makes it script-first (seed 001), and so do ``tags`` or ``script_first`` where the standard's
    ``description`` is missing; fields that only Claude Code knows make it claude-code, and so do allowed tools in a
    list or with commas, which only Claude Code takes.
    """
    fields = skill.front.fields
    if "intent" in fields:
        return Profile.SCRIPT_FIRST, "it has intent"
    if "description" not in fields:
        own = [name for name in ("tags", "script_first") if name in fields]
        if own:
            return Profile.SCRIPT_FIRST, f"it has {joined(own)} and no description"
    own = [name for name in fields if name in ONLY_CLAUDE_CODE]
    if own:
        more = f" and {len(own) - _MOST_NAMED} more" if len(own) > _MOST_NAMED else ""
        return Profile.CLAUDE_CODE, f"it has {', '.join(own[:_MOST_NAMED])}{more}"
    tools = skill.values.get("allowed-tools")
    if isinstance(tools, list):
        return Profile.CLAUDE_CODE, "its allowed-tools are a list"
    if isinstance(tools, str) and "," in _IN_PARENTHESES.sub("", tools):
        return Profile.CLAUDE_CODE, "its allowed-tools have commas"
    return Profile.SPEC, "no field of another profile"
