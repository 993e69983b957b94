"""The item: one run of one script, or of one case of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from ..errors import OrchestratorError
from .orchestration import KEY

if TYPE_CHECKING:
    from pathlib import Path

    import pluggy

    from ..config.settings import ScriptSettings
    from ..core.result import RunResult

ITEM_NAME = "run"


def item_part(case: str | None) -> str:
    """Return what follows ``::`` in the id of an item."""
    return ITEM_NAME if case is None else f"{ITEM_NAME}[{case}]"


class ScriptItem(pytest.Item):
    """One run of one script (or one case of it)."""

    def __init__(self, *, shown: str, settings: ScriptSettings, case: str | None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.settings = settings
        self.case = case
        self.result: RunResult | None = None
        self.funcargs: dict[str, object] = {}
        self.fixturenames: list[str] = []
        self._effective: ScriptSettings | None = None
        # What pytest would work out again from the path, which may hold what no report can carry.
        self.__dict__["location"] = (shown, 0, self._heading(shown))
        self.add_marker(pytest.mark.script)
        self._marks_of_settings: list[pytest.Mark] = []
        if settings.skip is not None or settings.xfail is not None:
            self._mark(settings)

    @property
    def ihook(self) -> pluggy.HookRelay:
        """The hooks that apply to this item's directory: all items there share them once all conftests are known."""
        known = self.config.stash[KEY].hooks
        if known is None or self.parent is None or self.parent is self.session:
            return super().ihook
        relay = known.get(self.parent)
        if relay is None:
            relay = known[self.parent] = super().ihook
        return relay

    def getparent(self, cls: type[Any]) -> Any:
        """Return the nearest node of a class; a script is its own module, for fixtures of that scope."""
        found = super().getparent(cls)
        return self if found is None and cls is pytest.Module else found

    def _mark(self, settings: ScriptSettings) -> None:
        """Let pytest know by its own markers what ``settings`` say about skipping and expected failure."""
        before = self._marks_of_settings
        self.own_markers[:] = [mark for mark in self.own_markers if not any(mark is other for other in before)]
        known = len(self.own_markers)
        if settings.skip is not None:
            self.add_marker(pytest.mark.skip(reason=self.redacted(settings.skip, settings)))
        if settings.xfail is not None:
            keywords: dict[str, Any] = {} if settings.xfail_strict is None else {"strict": settings.xfail_strict}
            self.add_marker(pytest.mark.xfail(reason=self.redacted(settings.xfail, settings), **keywords))
        self._marks_of_settings = self.own_markers[known:]

    def marks(self) -> list[pytest.Mark]:
        """Return what ``iter_markers`` yields; the directories' marks are looked up once when all are known."""
        orchestration = self.config.stash[KEY]
        if orchestration.hooks is None or self.parent is None:
            return list(self.iter_markers())
        inherited = orchestration.marks.get(self.parent)
        if inherited is None:
            inherited = orchestration.marks[self.parent] = list(self.parent.iter_markers())
        return self.own_markers + inherited

    def redacted(self, text: str, settings: ScriptSettings) -> str:
        """Return ``text`` without secrets: pytest shows what markers say as it is."""
        return self.config.stash[KEY].context().redactor.extended(settings.env).text(text)

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

    def uses_fixtures(self) -> bool:
        """Return whether any fixture is set up for this item. Right once collection is over."""
        orchestration = self.config.stash[KEY]
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
        """Set up the fixtures that the script's directory asks for."""
        from .execution import check_before_run

        self.result = None
        check_before_run(self)
        if self.uses_fixtures():
            from .internals import fill_fixtures

            self._initrequest()
            fill_fixtures(self._request)

    def runtest(self) -> None:
        """Run the script, or take the result of a run that was started ahead."""
        from .execution import run_item

        run_item(self)

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """Show what the script did, not where this plugin raised."""
        from .failure import ScriptFailedError, failure_of

        if isinstance(excinfo.value, ScriptFailedError):
            return failure_of(self, excinfo.value.result)
        if isinstance(excinfo.value, OrchestratorError):
            return self.redacted(str(excinfo.value), self.settings)
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
        """Return where the item is: its file, its first line, its name."""
        return self.path, 0, self.location[2]

    def _heading(self, shown: str) -> str:
        """Return what pytest writes above a failure.

        Not the id: where the last part of a location is the end of an id, ``-v`` shows its dots as ``::``.
        """
        return shown if self.case is None else f"{shown} [{self.case}]"
