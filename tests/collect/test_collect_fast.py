"""The short way through an item: nobody can tell it from pytest's own, but for the time it takes."""

from __future__ import annotations

import re
import shutil
import textwrap
from typing import TYPE_CHECKING, Any

import pytest
from orchestrated import PYTEST

if TYPE_CHECKING:
    from orchestrated import Project, Run

STANDARD = ("-p", "no:orchestrator-fast")
"""Every item goes pytest's own way."""
SPY = """
    import os, pytest

    def log(*words):
        with open(os.path.join(os.path.dirname(__file__), "seen.txt"), "a") as file:
            print(*words, file=file)
"""
SPIES = {
    "protocol": """
        @pytest.hookimpl(wrapper=True)
        def pytest_runtest_protocol(item, nextitem):
            log("before", item.name, nextitem and nextitem.name)
            result = yield
            log("after", item.name, result)
            return result
        """,
    "setup": "def pytest_runtest_setup(item): log('setup', item.name)",
    "call": "def pytest_runtest_call(item): log('call', item.name)",
    "teardown": "def pytest_runtest_teardown(item, nextitem): log('teardown', item.name, nextitem and nextitem.name)",
    "makereport": """
        @pytest.hookimpl(wrapper=True)
        def pytest_runtest_makereport(item, call):
            report = yield
            log(item.name, call.when, report.when, report.outcome, report.sections)
            return report
        """,
    "logreport": "def pytest_runtest_logreport(report): log(report.nodeid, report.when, report.sections)",
    "fixture": """
        @pytest.fixture(autouse=True)
        def around(request):
            log("up", request.node.name)
            yield
            log("down", request.node.name)
        """,
    "skips": """
        def pytest_collection_modifyitems(items):
            items[0].add_marker(pytest.mark.skip(reason="because"))
            items[1].add_marker(pytest.mark.skipif("True", reason="so"))
            items[2].add_marker(pytest.mark.xfail(reason="well"))
        """,
    "flaky": """
        def pytest_collection_modifyitems(items):
            items[1].add_marker(pytest.mark.flaky(reruns=1))
        """,
    "usefixtures": """
        @pytest.fixture
        def wanted(request):
            log("wanted by", request.node.name)

        def pytest_collection_modifyitems(items):
            items[0].add_marker(pytest.mark.usefixtures("wanted"))
        """,
    "interact": """
        def pytest_exception_interact(node, call, report):
            log(node.name, call.when, type(call.excinfo.value).__name__, report.when)
        """,
    "started and finished": """
        def pytest_runtest_logstart(nodeid, location): log("start", nodeid, location)
        def pytest_runtest_logfinish(nodeid, location): log("finish", nodeid, location)
        """,
    "registered late": """
        class Late:
            def pytest_runtest_logstart(self, nodeid, location): log("start", nodeid)
            def pytest_runtest_logreport(self, report): log(report.nodeid, report.when)
            def pytest_runtest_logfinish(self, nodeid, location): log("finish", nodeid)

        @pytest.hookimpl(wrapper=True)
        def pytest_runtestloop(session):
            session.config.pluginmanager.register(Late())
            return (yield)
        """,
    "command": "def pytest_orchestrator_command(item, argv): print('seen', item.name)",
    "verdict": "def pytest_orchestrator_verdict(item, result): print('judged', item.name); return None",
}
OPTIONS: dict[str, tuple[str, ...]] = {
    "nothing": (),
    "verbose": ("-v",),
    "all summaries": ("-rA",),
    "live": ("-s",),
    "setup-show": ("--setup-show",),
    "setup-only": ("--setup-only",),
    "setup-plan": ("--setup-plan",),
    "reruns": ("--reruns=1",),
    "log-cli": ("-o", "log_cli=true"),
    "log-level": ("--log-level=DEBUG", "-rA"),
    "stop": ("-x",),
    "maxfail": ("--maxfail=2",),
    "stepwise": ("--sw",),
    "timeout": ("--timeout=0.4",),
    "faulthandler timeout": ("-o", "faulthandler_timeout=60"),
    "func-only": ("--timeout=0.4", "-o", "timeout_func_only=true"),
    "without the timeout plugin": ("-p", "no:timeout"),
    "without reruns": ("-p", "no:rerunfailures"),
    "without capture": ("-p", "no:capture"),
    "without the terminal": ("-p", "no:terminal"),
    "without logging": ("-p", "no:logging"),
    "two jobs": ("--orchestrate-jobs=2",),
}
FILES = {
    "scripts/a.sh": "echo out; echo err >&2\n",
    "scripts/b.sh": "echo bad; exit 3\n",
    "scripts/c.sh": "echo slow; exec sleep 60\n",
    "scripts/d.sh": "exit 77\n",
    "scripts/e.sh": "exit 0\n",
    "scripts/orchestrator.yaml": (
        "default: {grace: 0.1}\nscripts: {c.sh: {timeout: 0.25}, d.sh: {skip_exit_codes: [77]}, e.sh: {xfail: known}}\n"
    ),
}
VARIES = ("start_time", "end_time", "execution_time", "duration", "cpu_time", "max_rss_mb", "started", "ended")


def without_times(value: Any) -> Any:
    """Return a line of the results without what no two runs have in common."""
    if isinstance(value, dict):
        return {key: without_times(member) for key, member in value.items() if key not in VARIES and key != "usage"}
    return [without_times(member) for member in value] if isinstance(value, list) else value


def shown(run: Run) -> list[str]:
    """Return the terminal's lines without what no two runs have in common."""
    text = re.sub(r"took: +[^\n]*|in \d[\d.]* ?m?s( \([\d:]+\))?|session-\d+|\b\d+\.\d+ ?s", "", run.out)
    return [line.strip("= ") for line in text.splitlines()]


def seen(project: Project) -> list[str]:
    """Return what a spy wrote down, and forget it."""
    path = project.path / "seen.txt"
    lines = path.read_text().splitlines() if path.exists() else []
    path.unlink(missing_ok=True)
    return lines


def steps(project: Project, *arguments: str) -> set[str]:
    """Return which phases of which items pytest knows of."""
    run = project.run("-vv", "--durations=0", *arguments)
    return set(re.findall(r"s setup +(\S+)::", run.out)) | set(re.findall(r"s teardown +(\S+)::", run.out))


def test_a_plain_script_has_no_setup_and_no_teardown(project: Project) -> None:
    project.file("scripts/a.sh")
    assert steps(project, *STANDARD) == {"scripts/a.sh"}
    assert steps(project) == set()


def test_plugins_that_other_libraries_bring_along_keep_no_script_from_it(project: Project) -> None:
    project.file("scripts/a.sh")
    assert steps(project, "-p", "hypothesispytest") == set()


@pytest.mark.parametrize("spy", SPIES)
def test_a_hook_or_fixture_of_a_conftest_sees_what_it_always_saw(project: Project, spy: str) -> None:
    project.files({"pytest.ini": "[pytest]\n", **FILES, "conftest.py": f"{dedent(SPY)}\n{dedent(SPIES[spy])}\n"})
    fast, log = project.run("-rA"), seen(project)
    standard, expected = project.run("-rA", *STANDARD), seen(project)
    assert log == expected
    assert fast.outcomes == standard.outcomes
    assert shown(fast) == shown(standard)
    assert [without_times(row) for row in fast.results] == [without_times(row) for row in standard.results]
    assert expected or spy in ("skips", "flaky", "command", "verdict")


@pytest.mark.parametrize("options", OPTIONS)
def test_an_option_does_what_it_always_did(project: Project, options: str) -> None:
    project.files({"pytest.ini": "[pytest]\n", **FILES})
    fast = project.run(*OPTIONS[options])
    shutil.rmtree(project.path / ".pytest_cache", ignore_errors=True)
    standard = project.run(*OPTIONS[options], *STANDARD)
    assert fast.code == standard.code
    assert shown(fast) == shown(standard)
    assert [without_times(row) for row in fast.results] == [without_times(row) for row in standard.results]
    fast.assert_adds_up()


@pytest.mark.parametrize("option", ["--setup-show", "--pdb", "--trace", "--junitxml=x.xml", "--reruns=1"])
def test_an_option_about_single_steps_gets_single_steps(project: Project, option: str) -> None:
    project.file("scripts/a.sh")
    assert steps(project, option) == {"scripts/a.sh"}


def test_junit_xml_is_the_same(project: Project) -> None:
    project.files({"pytest.ini": "[pytest]\njunit_logging = all\n", **FILES})
    texts = []
    for arguments in ((), STANDARD):
        project.run("--junitxml=x.xml", *arguments)
        text = (project.path / "x.xml").read_text()
        texts.append(re.sub(r'(time|timestamp)="[^"]*"|took: +[^\n]*', "", text))
    assert texts[0] == texts[1]
    assert "<system-out>" in texts[0]


def test_only_the_folder_with_a_hook_goes_the_long_way(project: Project) -> None:
    project.files({"scripts/plain/a.sh": "", "scripts/plain/b.sh": "", "scripts/watched/a.sh": ""})
    project.file("scripts/watched/conftest.py", "def pytest_runtest_setup(item): pass\n")
    # The last one before another folder cleans up for it.
    assert steps(project) == {"scripts/plain/b.sh", "scripts/watched/a.sh"}


def test_scripts_between_python_tests_leave_their_fixtures_alone(project: Project) -> None:
    module = """
        import pytest
        @pytest.fixture(scope="module", autouse=True)
        def around(request):
            with open("order.txt", "a") as file: file.write(f"up {request.module.__name__}\\n")
            yield
            with open("order.txt", "a") as file: file.write(f"down {request.module.__name__}\\n")
        def test_one(): pass
        def test_two(): pass
        """
    say = 'echo "$ORCHESTRATOR_ITEM" >> order.txt\n'
    project.files(
        {"pytest.ini": "[pytest]\n", "scripts/test_b.py": dedent(module), "scripts/test_d.py": dedent(module)}
    )
    project.files({f"scripts/{name}.sh": say for name in ("a", "test_c", "z1", "z2")})
    run = project.run()
    assert run.outcomes == {"passed": 8}
    assert (project.path / "order.txt").read_text().split("\n")[:-1] == [
        "scripts/a.sh::run", "up test_b", "down test_b", "scripts/test_c.sh::run", "up test_d", "down test_d",
        "scripts/z1.sh::run", "scripts/z2.sh::run",
    ]  # fmt: skip


def test_workers_go_the_short_way_too(project: Project) -> None:
    project.files({"pytest.ini": "[pytest]\n", **FILES})
    fast, standard = project.run("-n2", "-rA"), project.run("-n2", "-rA", *STANDARD)
    assert fast.code == standard.code == 1
    assert fast.outcomes == standard.outcomes
    assert fast.statuses == standard.statuses
    fast.assert_adds_up()
    assert steps(project, "-n2") == {"scripts/e.sh"}  # which has a marker


def test_an_interrupt_ends_the_run_as_ever(project: Project) -> None:
    project.file("scripts/a.sh", "echo fine\n")
    project.file(
        "scripts/b.sh",
        f"kill -INT {PYTEST}; sleep 60\n",
    )
    project.file("scripts/c.sh")
    run = project.run_process()
    assert run.code == 2
    assert run.statuses == {"a.sh": "passed", "b.sh": "cancelled", "c.sh": "not_run"}


def dedent(text: str) -> str:
    """Return ``text`` with the least indented line at the margin."""
    return textwrap.dedent(text).strip() + "\n"
