"""The items of a skill: one for each part of it that is checked, and one for each block of code that is run."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from ..core.kinds import FENCE, SKILL, SKILL_PARTS
from ..core.status import Reason, Status
from ..skills.finding import Part
from ..skills.result import SkillResult, verdict
from .base import OrchestratedItem
from .items import ScriptItem
from .orchestration import KEY
from .skill_failure import shown_findings, skill_failure

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from ..config.settings import ScriptSettings
    from ..skills.body import Fence
    from ..skills.finding import Finding
    from .orchestration import Orchestration


class SkillFailedError(Exception):
    """Raised by an item of a skill that did not pass, to tell pytest so."""

    def __init__(self, result: SkillResult) -> None:
        self.result = result
        super().__init__(result.error)


class SkillItem(OrchestratedItem):
    """One part of one skill."""

    kind = SKILL
    is_inert = True
    result: SkillResult | None

    def __init__(self, *, shown: str, part: str, skip: str | None, **kwargs: Any) -> None:
        super().__init__(shown=shown, heading=f"{shown} {part}", **kwargs)
        self.part = Part(part)
        if skip is not None:
            self.add_marker(pytest.mark.skip(reason=self.redacted(skip)))

    def runtest(self) -> None:
        """Check all skills, if this is the first item of one, and tell pytest what was found here."""
        orchestration = self.config.stash[KEY]
        path = str(self.path)
        report = orchestration.skills.report(path)
        started = time.time()  # what all skills take is not what this one takes
        own, status, error = verdict(report, self.part, strict=orchestration.settings.strict)
        own = replace(own, findings=tuple(self._redacted(finding) for finding in own.findings))
        notes = orchestration.skills.notes(path, self.part)
        self.result = SkillResult(path, str(self.part), own, status, error, None, notes, started, time.time())
        if status is Status.SKIPPED:
            pytest.skip(error or "skipped")
        if status is not Status.PASSED:
            raise SkillFailedError(self.result)
        lines = shown_findings(own.findings, self.config)
        if lines:
            self.add_report_section("call", "findings", "\n".join(lines))

    def _redacted(self, finding: Finding) -> Finding:
        """Return ``finding`` without the secrets that the environment holds; those known by their shape are gone."""
        return replace(finding, message=self.redacted(finding.message), remedy=self.redacted(finding.remedy))

    def not_executed(self, status: Status, error: str | None) -> SkillResult:
        """Return the record of an item that was never executed."""
        reason = Reason.INFRASTRUCTURE if status is Status.ERROR else None
        shown = None if error is None else self.redacted(error)
        now = time.time()
        return SkillResult(str(self.path), str(self.part), None, status, shown, reason, (), now, now)

    def failure_of(self, error: BaseException) -> Any:
        """Return the findings, if ``error`` says that there are some."""
        return skill_failure(self, error.result) if isinstance(error, SkillFailedError) else None


class FenceItem(ScriptItem):
    """One block of code in a skill, run like a script."""

    def __init__(self, *, shown: str, fence: Fence, settings: ScriptSettings, **kwargs: Any) -> None:
        super().__init__(
            shown=shown, settings=settings, case=str(fence.line), heading=f"{shown} {fence_part(fence)}",
            line=fence.line, **kwargs,
        )  # fmt: skip
        self.fence = fence
        self.add_marker(SKILL)

    @property
    def program(self) -> str | None:
        """The file that holds the code."""
        return self.config.stash[KEY].fence_files.write(self)


def fence_part(fence: Fence) -> str:
    """Return what follows ``::`` in the id of a block of code."""
    return f"{FENCE}[{fence.line}]"


def skill_parts(path: str, orchestration: Orchestration) -> list[str]:
    """Return what follows ``::`` in the ids of all items of a skill."""
    return [*SKILL_PARTS, *map(fence_part, orchestration.skills.run_fences(path))]


def skill_items(
    parent: pytest.Collector, path: Path, orchestration: Orchestration, *, in_node: bool
) -> Iterator[OrchestratedItem]:
    """Yield the items of a skill that were asked for."""
    text = str(path)
    shown = orchestration.shown(text)
    wanted = orchestration.scope.wanted_parts(text)
    # A bare item has no node above it that would show which skill it is.
    prefix = "" if in_node else f"{shown[shown.rfind('/') + 1 :]}::"
    settings = orchestration.shared(text)
    orchestration.skills.add(text)
    for part in SKILL_PARTS:
        if wanted is None or part in wanted:
            yield SkillItem.from_parent(
                parent,
                name=prefix + part,
                nodeid=f"{shown}::{part}",
                path=path,
                shown=shown,
                part=part,
                skip=settings.skip,
            )
    for fence in orchestration.skills.run_fences(text):
        part = fence_part(fence)
        if wanted is None or part in wanted:
            yield FenceItem.from_parent(
                parent,
                name=prefix + part,
                nodeid=f"{shown}::{part}",
                path=path,
                shown=shown,
                fence=fence,
                settings=settings,
            )
