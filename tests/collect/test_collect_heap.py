"""The garbage collector leaves alone what stays: in a session of ours, as long as it lasts, and when Python ends."""

from __future__ import annotations

import gc
import os
import subprocess
import sys
from pathlib import Path

import pytest

CONFTEST = """
    import gc, pathlib

    def pytest_sessionfinish(session):
        (session.config.rootpath / "spared.txt").write_text(str(gc.get_freeze_count()))
"""


def spared(pytester: pytest.Pytester, *arguments: str, conftest: str = CONFTEST) -> int:
    """Return how many objects were left alone in a session in this process, and check that none is after it."""
    pytester.makeconftest(conftest)
    scripts = pytester.mkdir("scripts")
    (scripts / "a.sh").write_text("echo said\n")
    gc.unfreeze()  # of some hundred objects, with which Python 3.12 starts
    pytester.runpytest_inprocess("--orchestrate", *arguments).assert_outcomes(passed=len(arguments))
    assert gc.get_freeze_count() == 0
    return int((pytester.path / "spared.txt").read_text())


def test_what_was_collected_is_spared_until_the_session_has_ended(pytester: pytest.Pytester) -> None:
    assert spared(pytester, "scripts") > 1000


def test_what_was_imported_is_spared_while_scripts_are_collected(pytester: pytest.Pytester) -> None:
    meanwhile = CONFTEST.replace("pytest_sessionfinish(session)", "pytest_collection_modifyitems(session)")
    assert spared(pytester, "scripts", conftest=meanwhile) > 1000


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


# -- the end of the process ----------------------------------------------------------------------------------------

BY_MODULE = [sys.executable, "-v", "-m", "pytest"]
BY_COMMAND = [sys.executable, "-v", str(Path(sys.executable).with_name("pytest"))]


def takes_everything_apart(pytester: pytest.Pytester, command: list[str], *arguments: str) -> bool:
    """Return whether the interpreter of a session, in a process of its own, destroys pytest's modules at its end."""
    scripts = pytester.path / "scripts"
    scripts.mkdir(exist_ok=True)
    (scripts / "a.sh").write_text("echo said\n")
    # Plugins of the environment that these tests run in are somebody else's.
    plugins = ("pytest_orchestrator.plugin", "pytest_timeout", "xdist.plugin", "no:hypothesispytest")
    only = [word for plugin in plugins for word in ("-p", plugin)]
    done = subprocess.run(
        [*command, *only, *arguments], capture_output=True, text=True, cwd=pytester.path, env=bare_environment()
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "1 passed" in done.stdout
    # What ``-v`` says of each module that goes.
    return "# destroy _pytest\n" in done.stderr


def bare_environment() -> dict[str, str]:
    """Return the environment, with the plugins left out that happen to be installed in it."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("COV", "COVERAGE"))}
    return {**kept, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "PYTHONPATH": "mine"}


@pytest.mark.parametrize("command", [BY_MODULE, BY_COMMAND], ids=["module", "command"])
def test_an_interpreter_with_nobody_elses_code_leaves_its_objects_to_the_system(
    pytester: pytest.Pytester, command: list[str]
) -> None:
    assert not takes_everything_apart(pytester, command, "--orchestrate", "scripts")


def test_without_the_flag_an_interpreter_ends_as_ever(pytester: pytest.Pytester) -> None:
    pytester.makepyfile("def test_something(): pass")
    assert takes_everything_apart(pytester, BY_MODULE)


def test_with_a_conftest_an_interpreter_ends_as_ever(pytester: pytest.Pytester) -> None:
    pytester.makeconftest("import sys")
    assert takes_everything_apart(pytester, BY_MODULE, "--orchestrate", "scripts")


def test_with_a_plugin_of_somebody_else_an_interpreter_ends_as_ever(pytester: pytest.Pytester) -> None:
    pytester.mkdir("mine").joinpath("own_plugin.py").touch()
    assert takes_everything_apart(pytester, BY_MODULE, "-p", "own_plugin", "--orchestrate", "scripts")


def test_a_module_with_the_name_of_one_of_the_standard_library_is_somebody_elses(pytester: pytest.Pytester) -> None:
    pytester.mkdir("mine").joinpath("colorsys.py").touch()
    assert takes_everything_apart(pytester, BY_MODULE, "-p", "colorsys", "--orchestrate", "scripts")


def test_with_a_main_program_of_somebody_else_an_interpreter_ends_as_ever(pytester: pytest.Pytester) -> None:
    main = pytester.makepyfile(
        own_main="""
        import sys
        import pytest

        kept = open("kept.txt", "w")
        code = pytest.main(sys.argv[1:])
        sys.exit(code)
        """
    )
    assert takes_everything_apart(pytester, [sys.executable, "-v", str(main)], "--orchestrate", "scripts")


def test_what_a_conftest_has_not_closed_is_written_all_the_same(pytester: pytest.Pytester) -> None:
    pytester.makeconftest(
        """
        class Loop:
            pass

        loop = Loop()
        loop.itself = loop
        loop.file = open("left.txt", "w")
        loop.file.write("all of it")
        """
    )
    assert takes_everything_apart(pytester, BY_MODULE, "--orchestrate", "scripts")
    assert (pytester.path / "left.txt").read_text() == "all of it"
