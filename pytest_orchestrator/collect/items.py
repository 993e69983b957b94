"""The item: one run of one script, or of one case of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from ..core.kinds import RUN, SCRIPT
from ..errors import OrchestratorError
from ..scripts.prepare import unmet_requirement
from .base import OrchestratedItem

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..config.settings import ScriptSettings
    from ..core.result import RunResult
    from ..core.status import Status

ITEM_NAME = RUN


def item_part(case: str | None) -> str:
    """Return what follows ``::`` in the id of an item."""
    return ITEM_NAME if case is None else f"{ITEM_NAME}[{case}]"


class ScriptItem(OrchestratedItem):
    """One run of one script (or one case of it)."""

    kind = SCRIPT
    result: RunResult | None

    def __init__(
        self, *, shown: str, settings: ScriptSettings, case: str | None, heading: str = "", **kwargs: Any
    ) -> None:
        # Not the id: where the last part of a location is the end of an id, ``-v`` shows its dots as ``::``.
        own = shown if case is None else f"{shown} [{case}]"
        super().__init__(shown=shown, heading=heading or own, **kwargs)
        self.settings = settings
        self.case = case
        self._effective: ScriptSettings | None = None
        self._marks_of_settings: Sequence[pytest.Mark] = ()
        if settings.skip is not None or settings.xfail is not None:
            self._mark(settings)

    @property
    def program(self) -> str | None:
        """The file that is run in place of :attr:`path`, which then only names it; None where it is that file."""
        return None

    def _mark(self, settings: ScriptSettings) -> None:
        """Let pytest know by its own markers what ``settings`` say about skipping and expected failure."""
        before = self._marks_of_settings
        self.own_markers[:] = [mark for mark in self.own_markers if not any(mark is other for other in before)]
        known = len(self.own_markers)
        if settings.skip is not None:
            self.add_marker(pytest.mark.skip(reason=self.redacted_with(settings.skip, settings)))
        if settings.xfail is not None:
            keywords: dict[str, Any] = {} if settings.xfail_strict is None else {"strict": settings.xfail_strict}
            self.add_marker(pytest.mark.xfail(reason=self.redacted_with(settings.xfail, settings), **keywords))
        self._marks_of_settings = self.own_markers[known:]

    def redacted_with(self, text: str, settings: ScriptSettings) -> str:
        """Return ``text`` without the secrets of the environment, and of what ``settings`` add to it."""
        return self._orchestration.context().redactor.extended(settings.env).text(text)

    def redacted(self, text: str) -> str:
        """Return ``text`` without secrets: pytest shows what markers say as it is."""
        return self.redacted_with(text, self.settings)

    def apply_markers(self) -> None:
        """Take over what ``orchestrate`` markers say about skipping and expected failure, once all are known.

        A marker with mistakes changes nothing: they are reported when the item's turn comes.
        """
        if next(self.iter_markers("orchestrate"), None) is None:
            return
        try:
            settings = self.effective_settings()
        except OrchestratorError:
            return
        if (settings.skip, settings.xfail, settings.xfail_strict) != (
            self.settings.skip, self.settings.xfail, self.settings.xfail_strict,
        ):  # fmt: skip
            self._mark(settings)

    def effective_settings(self) -> ScriptSettings:
        """Return the settings with what markers and pytest-timeout add. Right once collection is over.

        Raise OrchestratorError when a marker holds mistakes.
        """
        if self._effective is None:
            from .markers import effective_settings

            self._effective = effective_settings(self)
        return self._effective

    def setup(self) -> None:
        """Set up the fixtures that the script's directory asks for."""
        from .execution import check_before_run

        self.result = None
        check_before_run(self)
        super().setup()

    def runtest(self) -> None:
        """Run the script, or take the result of a run that was started ahead."""
        from .execution import run_item

        run_item(self)

    def is_ready(self) -> bool:
        """Return whether the script can be run here, and its markers hold no mistakes."""
        try:
            settings = self.effective_settings()
        except OrchestratorError:  # pytest's way shows it as an error of the setup
            return False
        return unmet_requirement(settings) is None

    def not_executed(self, status: Status, error: str | None) -> RunResult:
        """Return the record of an item that was never executed."""
        from .execution import EXECUTION

        return self.config.stash[EXECUTION].not_executed(self, status, error)

    def complete(self, report: pytest.TestReport) -> None:
        """Let the report of a worker on another host carry the output."""
        if self.result is not None and self._orchestration.remote is not None:
            self._orchestration.remote.attach(report, self.result, self._orchestration.report_dir)

    def failure_of(self, error: BaseException) -> Any:
        """Return what the script did, if ``error`` says that it failed."""
        from .failure import ScriptFailedError, failure_of

        return failure_of(self, error.result) if isinstance(error, ScriptFailedError) else None
