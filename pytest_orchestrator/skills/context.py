"""What a check may know besides the skill that it looks at: the other skills, the profile, the settings."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from .files import Texts
from .rule import Profile

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from .document import SkillDocument
    from .files import SkillFile
    from .rule import Found


@dataclass(frozen=True, slots=True)
class CheckContext:
    """What holds for the check of one skill."""

    profile: Profile = Profile.SPEC
    skills: Sequence[SkillDocument] = ()
    """All skills that are checked together, this one included."""
    batched: Mapping[str, Sequence[Found]] = field(default_factory=dict)
    """What analysers that run for all skills at once found, by the path of the skill."""
    texts: Texts = field(default_factory=Texts, repr=False, compare=False)
    """What was read of the files of the skill, for all rules."""

    def text(self, file: SkillFile) -> str | None:
        """Return the text of a file; None of one that is a link, is no text, is too large or cannot be read."""
        return self.texts.of(file)
