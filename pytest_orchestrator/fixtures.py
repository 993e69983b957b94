"""Fixtures for the tests of users. There without ``--orchestrate`` too, so nothing is imported before one is used."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from .skills.library import SkillLibrary


@pytest.fixture(scope="session")
def orchestrator_run_script(request: pytest.FixtureRequest) -> Iterator[Callable[..., dict[str, Any]]]:
    """Return ``run_script`` for this session: paths count from the rootdir, where scripts also run by default.

    It takes the same arguments and returns the same dictionary as :func:`pytest_orchestrator.run_script`, and writes
    no reports. Example::

        def test_backup(orchestrator_run_script):
            result = orchestrator_run_script("scripts/backup.sh", timeout=10)
            assert result["status"] == "passed", result["stderr"]
    """
    from functools import partial

    from .process.pool import shared_pool
    from .scripts.library import run_script_in

    yield partial(run_script_in, request.config.rootpath)
    shared_pool().close_idle()


@pytest.fixture(scope="session")
def skill_library(request: pytest.FixtureRequest) -> SkillLibrary:
    """Return the skills of the project: all below the rootdir, found and read when they are first asked for.

    A :class:`~pytest_orchestrator.SkillLibrary`; ``skill_library.below("skills")`` is that of a directory. Example::

        def test_a_question_finds_the_skill_for_it(skill_library):
            (best, *_) = skill_library.search("restart all deployments of a namespace")
            assert best.name == "bulk-restart", best.why
    """
    from .skills.library import SkillLibrary

    return SkillLibrary.of(root=request.config.rootpath)
