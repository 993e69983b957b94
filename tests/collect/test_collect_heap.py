"""The garbage collector leaves alone what was collected: in a session of ours, as long as it lasts."""

from __future__ import annotations

import gc
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pytest

CONFTEST = """
    import gc, pathlib

    def pytest_sessionfinish(session):
        (session.config.rootpath / "spared.txt").write_text(str(gc.get_freeze_count()))
"""


def spared(pytester: pytest.Pytester, *arguments: str) -> int:
    """Return how many objects were left alone in a session in this process, and check that none is after it."""
    pytester.makeconftest(CONFTEST)
    scripts = pytester.mkdir("scripts")
    (scripts / "a.sh").write_text("echo said\n")
    assert gc.get_freeze_count() == 0
    pytester.runpytest_inprocess("--orchestrate", *arguments).assert_outcomes(passed=len(arguments))
    assert gc.get_freeze_count() == 0
    return int((pytester.path / "spared.txt").read_text())


def test_what_was_collected_is_spared_until_the_session_has_ended(pytester: pytest.Pytester) -> None:
    assert spared(pytester, "scripts") > 1000


def test_garbage_is_collected_as_ever_where_there_are_tests(pytester: pytest.Pytester) -> None:
    pytester.makepyfile("def test_something(): pass")
    assert spared(pytester, "scripts", ".") == 0


def test_what_somebody_else_spares_is_left_to_them(pytester: pytest.Pytester) -> None:
    pytester.makeconftest("import gc\ngc.freeze()\n")
    (pytester.mkdir("scripts") / "a.sh").write_text("echo said\n")
    try:
        pytester.runpytest_inprocess("--orchestrate", "scripts").assert_outcomes(passed=1)
        assert gc.get_freeze_count() > 1000
    finally:
        gc.unfreeze()
