"""Fixtures for the tests of users. There without ``--orchestrate`` too, so nothing is imported before one is used."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from .collect.model_endpoints import ModelEndpoints
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


@pytest.fixture
def model_endpoint(request: pytest.FixtureRequest) -> Iterator[ModelEndpoints]:
    """Return a function that starts a :class:`~pytest_orchestrator.ModelEndpoint`: agents ask a script, not a model.

    It takes what that class takes; a relative path is looked for beside the test's file, then in the rootdir. When the
    test is over they are closed, and the test fails when a request had no reply in the script, unless the function was
    told ``allow_unmatched=True``, or when the script's function raised. Example::

        def test_the_agent_reports_what_the_script_prints(model_endpoint):
            endpoint = model_endpoint([{"run": "./report.sh"}, {"when": {"result": "3 of 3"}, "say": "All is well."}])
            settings = endpoint.agent_settings("claude")
            done = subprocess.run(["claude", "-p", "Report"], env={**os.environ, **settings.env}, ...)
            assert "All is well." in done.stdout
    """
    from .collect.model_endpoints import ModelEndpoints

    endpoints = ModelEndpoints([request.path.parent, request.config.rootpath])
    yield endpoints
    complaints = endpoints.close()
    if complaints:
        pytest.fail("model_endpoint: " + "\n".join(complaints), pytrace=False)
