"""What a check may know besides the skill that it looks at: the other skills, the profile, the settings."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from .rule import Profile

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from .document import SkillDocument
    from .rule import Found


@dataclass(frozen=True, slots=True)
class CheckContext:
    """What holds for the check of one skill."""

    profile: Profile = Profile.SPEC
    skills: Sequence[SkillDocument] = ()
    """All skills that are checked together, this one included."""
    batched: Mapping[str, Sequence[Found]] = field(default_factory=dict)
    """What analysers that run for all skills at once found, by the path of the skill."""
