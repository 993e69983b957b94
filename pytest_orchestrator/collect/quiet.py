"""What happens around the items of a directory, and whether a script can be started before it has happened."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    import pytest

    from .base import OrchestratedItem

_HOOKS = ("pytest_runtest_protocol", "pytest_runtest_setup", "pytest_runtest_call", "pytest_runtest_teardown")

_HARMLESS = frozenset(
    {
        "_pytest", "pytest_orchestrator", "xdist", "pytest_timeout", "pytest_rerunfailures",
        # They act on Python functions only, or do nothing that a program could notice.
        "_hypothesis_pytestplugin", "allure_pytest", "anyio", "pytest_asyncio", "pytest_benchmark", "pytest_cov",
        "pytest_html", "pytest_metadata", "pytest_mock", "pytest_randomly", "pytest_sugar", "pytest_trio",
    }
)  # fmt: skip
"""Packages whose hooks around an item make no difference to a script that was started before them."""


class Surroundings:
    """Knows the directories around whose items nothing foreign happens."""

    def __init__(self, hooks: Iterable[str] = _HOOKS, harmless: frozenset[str] = _HARMLESS) -> None:
        """Look at implementations of ``hooks``, but for those in the packages ``harmless``."""
        self._hooks = tuple(hooks)
        self._harmless = harmless
        self._known: dict[pytest.Collector, str | None] = {}

    def are_quiet(self, item: OrchestratedItem) -> bool:
        """Return whether nothing foreign happens around the items of ``item``'s directory."""
        return self._noise_around(item) is None

    def reasons(self, items: Iterable[OrchestratedItem]) -> list[str]:
        """Return, for people, what happens around some of ``items``, each reason once."""
        return list(dict.fromkeys(noise for item in items if (noise := self._noise_around(item)) is not None))

    def _noise_around(self, item: OrchestratedItem) -> str | None:
        assert item.parent is not None
        if item.parent not in self._known:
            self._known[item.parent] = self._look_around(item)
        return self._known[item.parent]

    def _look_around(self, item: OrchestratedItem) -> str | None:
        for name in self._hooks:
            for implementation in getattr(item.ihook, name).get_hookimpls():
                if implementation.function.__module__.partition(".")[0] not in self._harmless:
                    return f"{name} of {implementation.plugin_name.rpartition('/')[2]}"
        return "fixtures" if item.uses_fixtures() else None
