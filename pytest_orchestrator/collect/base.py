"""What all items of ours have in common: their hooks, their fixtures, how they are shown."""

from __future__ import annotations

from functools import cache, cached_property
from typing import TYPE_CHECKING, Any, ClassVar

import pytest

from ..errors import OrchestratorError
from .orchestration import KEY

if TYPE_CHECKING:
    from pathlib import Path

    import pluggy

    from ..core.result import RunResult
    from ..core.status import Status
    from ..skills.result import SkillResult
    from .workflow_result import WorkflowResult

    ItemResult = RunResult | SkillResult | WorkflowResult


@cache
def _kind_mark(kind: str) -> pytest.MarkDecorator:
    """Return the marker of a kind: one for all items of it."""
    mark: pytest.MarkDecorator = getattr(pytest.mark, kind)
    return mark


class OrchestratedItem(pytest.Item):
    """An item of ours: one thing in one file, without a node for the file."""

    kind: ClassVar[str]
    """As in the rows of the results; also the marker that it carries."""
    is_inert: ClassVar[bool] = False
    """Whether it only looks at files, so that programs may run while it does."""

    def __init__(self, *, shown: str, heading: str, line: int = 1, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._orchestration = self.config.stash[KEY]
        self.result: ItemResult | None = None
        # What pytest would work out again from the path, which may hold what no report can carry.
        self.__dict__["location"] = (shown, line - 1, heading)
        self.add_marker(_kind_mark(self.kind))

    # Hardly anybody asks for these two of an item without fixtures, and of 10 000 items they are a megabyte.

    @cached_property
    def funcargs(self) -> dict[str, object]:
        """The values of its fixtures."""
        return {}

    @cached_property
    def fixturenames(self) -> list[str]:
        """The names of its fixtures."""
        return []

    @property
    def ihook(self) -> pluggy.HookRelay:
        """The hooks that apply to this item's directory: all items there share them."""
        if self.parent is None or self.parent is self.session:
            return super().ihook
        known = self._orchestration.hooks
        relay = known.get(self.parent)
        if relay is None:
            # Of the directory, not of this file: pytest takes a link that leads nowhere for a directory of its own.
            relay = known[self.parent] = self.session.gethookproxy(self.path.parent)
        return relay

    def getparent(self, cls: type[Any]) -> Any:
        """Return the nearest node of a class; an item is its own module, for fixtures of that scope."""
        found = super().getparent(cls)
        return self if found is None and cls is pytest.Module else found

    def marks(self) -> list[pytest.Mark]:
        """Return what ``iter_markers`` yields; the directories' marks are looked up once when all are known."""
        return [*self.own_markers, *self._marks_above()]

    def is_marked(self, names: frozenset[str]) -> bool:
        """Return whether one of :meth:`marks` has one of ``names``."""
        for mark in self.own_markers:
            if mark.name in names:
                return True
        above = self._marks_above()  # nearly always none
        return bool(above) and any(mark.name in names for mark in above)

    def _marks_above(self) -> list[pytest.Mark]:
        if self.parent is None:
            return []
        orchestration = self._orchestration
        if not orchestration.is_collected:
            return list(self.parent.iter_markers())
        above = orchestration.marks.get(self.parent)
        if above is None:
            above = orchestration.marks[self.parent] = list(self.parent.iter_markers())
        return above

    def redacted(self, text: str) -> str:
        """Return ``text`` without secrets: pytest shows what markers say as it is."""
        return self._orchestration.context().redactor.text(text)

    # -- fixtures ---------------------------------------------------------------------------------------------

    def uses_fixtures(self) -> bool:
        """Return whether any fixture is set up for this item. Right once collection is over."""
        orchestration = self._orchestration
        assert self.parent is not None
        known = orchestration.fixtures.get(self.parent)
        if known is None:
            from .internals import fixture_info

            names = fixture_info(self).names_closure
            if next(self.iter_markers("usefixtures"), None) is not None:
                return bool(names)
            known = orchestration.fixtures[self.parent] = bool(names)
        return known or next(self.iter_markers("usefixtures"), None) is not None

    def _initrequest(self) -> None:
        """Forget the fixtures of an earlier run of this item (pytest-rerunfailures calls this)."""
        from .internals import fixture_info, new_request

        self.funcargs = {}
        self._fixtureinfo = fixture_info(self)
        self.fixturenames = self._fixtureinfo.names_closure
        self._request = new_request(self)

    def setup(self) -> None:
        """Set up the fixtures that the item's directory asks for."""
        self.result = None
        if self.uses_fixtures():
            from .internals import fill_fixtures

            self._initrequest()
            fill_fixtures(self._request)

    # -- what the protocol asks -------------------------------------------------------------------------------

    def is_ready(self) -> bool:
        """Return whether nothing is to be done or said before the item can run, besides its fixtures."""
        return True

    def not_executed(self, status: Status, error: str | None) -> ItemResult:
        """Return the record of an item that was never executed: skipped, or broken before that."""
        raise NotImplementedError

    def complete(self, report: pytest.TestReport) -> None:
        """Add to the report of the call what only this kind of items has."""

    # -- failures ---------------------------------------------------------------------------------------------

    def failure_of(self, error: BaseException) -> Any:
        """Return how a failure is shown that ``error`` tells of; None when it tells of none of ours."""
        raise NotImplementedError

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """Show what was found, not where this plugin raised."""
        found = self.failure_of(excinfo.value)
        if found is not None:
            return found
        if isinstance(excinfo.value, OrchestratorError):
            return self.redacted(str(excinfo.value))
        return super().repr_failure(excinfo, style)

    def _repr_failure_py(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """Show an unknown fixture (pytest's own words for it need a test function)."""
        if isinstance(excinfo.value, pytest.FixtureLookupError):
            from .failure import unknown_fixture

            return unknown_fixture(self, excinfo.value)
        return super()._repr_failure_py(excinfo, style)

    def _traceback_filter(self, excinfo: pytest.ExceptionInfo[BaseException]) -> Any:
        """Return the traceback of a fixture or hook of the user (pytest asks for it where a test has its own way)."""
        from .failure import without_machinery

        return without_machinery(excinfo)

    def reportinfo(self) -> tuple[Path, int, str]:
        """Return where the item is: its file, its line, its name."""
        return self.path, self.location[1] or 0, self.location[2]


GIVEN_UP = pytest.StashKey["list[tuple[OrchestratedItem, WorkflowResult]]"]()
"""Workflows that were interrupted by Ctrl-C or pytest.exit, and what there is of their results."""
