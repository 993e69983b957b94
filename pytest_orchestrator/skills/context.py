"""What a check may know besides the skill that it looks at: the profile, and the texts of its files."""

from __future__ import annotations

from dataclasses import field
from typing import TYPE_CHECKING

from ..quick_dataclasses import dataclass
from .files import Texts
from .rule import Profile

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .document import SkillDocument
    from .files import SkillFile


@dataclass(frozen=True, slots=True)
class CheckContext:
    """What holds for the check of one skill."""

    profile: Profile = Profile.SPEC
    texts: Texts = field(default_factory=Texts, repr=False, compare=False)
    """What was read of the files of the skill, for all rules."""

    def text(self, file: SkillFile) -> str | None:
        """Return the text of a file; None of one that is a link, is no text, is too large or cannot be read."""
        return self.texts.of(file)

    def texts_of(self, skill: SkillDocument) -> Iterator[tuple[str, str]]:
        """Yield the text of a skill and those of its files, each with its path as :meth:`Rule.at` takes it."""
        yield skill.text, ""
        for file in skill.bundle.own:
            text = self.text(file)
            if text is not None:
                yield text, file.shown_as
