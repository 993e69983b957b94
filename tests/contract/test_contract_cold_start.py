"""Without ``--orchestrate`` the plugin collects nothing, prints nothing, imports nothing heavy and changes nothing."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from importlib.metadata import entry_points

import pytest
from orchestrated import STARTED, Project

PRINT_MODULES = """
import json
import sys

def test_it():
    with open("modules.json", "w") as file:
        json.dump(sorted(sys.modules), file)
"""

OURS = {
    "pytest_orchestrator",
    "pytest_orchestrator.plugin",
    "pytest_orchestrator.plain_imports",
    "pytest_orchestrator.fixtures",
    "pytest_orchestrator.hookspecs",
    "pytest_orchestrator.config",
    "pytest_orchestrator.config.option",
    "pytest_orchestrator.config.options",
}

PLAIN = """
import warnings
import pytest

def test_pass(): pass
def test_fail(): assert 1 == 2
@pytest.mark.skip(reason="why not")
def test_skip(): pass
@pytest.mark.xfail(reason="known")
def test_xfail(): assert 0
@pytest.mark.xfail
def test_xpass(): pass
@pytest.fixture
def broken(): raise ValueError("broken")
def test_error(broken): pass
def test_warns(): warnings.warn("careful")
@pytest.mark.parametrize("value", [1, 2])
def test_parametrized(value, tmp_path): print(value)
@pytest.mark.timeout(10)
def test_timeout(): pass
@pytest.mark.flaky(reruns=1)
def test_flaky(): assert 0
"""


def modules(project: Project, *arguments: str) -> set[str]:
    run = project.run_process(*arguments, orchestrate=False)
    assert run.code == 0, run.out
    return set(json.loads((project.path / "modules.json").read_text()))


def test_next_to_nothing_is_imported(project: Project) -> None:
    """Compared with the same run without the plugin, so that nothing hides behind what pytest imports anyway."""
    project.file("test_it.py", PRINT_MODULES)
    without = modules(project, "-p", "no:orchestrator")
    assert not {name for name in without if name.startswith("pytest_orchestrator")}
    assert modules(project) - without == OURS


def test_a_conftest_with_our_hooks_imports_no_more(project: Project) -> None:
    project.file("test_it.py", PRINT_MODULES)
    project.file("conftest.py", "def pytest_orchestrator_command(item, argv):\n    return None\n")
    found = {name for name in modules(project) if name.startswith("pytest_orchestrator")}
    assert found == OURS


def test_importing_the_package_loads_nothing_of_it() -> None:
    """Public names come on first use."""
    code = "import sys, pytest_orchestrator; print(*[n for n in sys.modules if n.startswith('pytest_orchestrator')])"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout.split() == ["pytest_orchestrator"]


def test_scripts_are_neither_collected_nor_run(project: Project) -> None:
    project.file("scripts/a.sh", STARTED)
    project.file("scripts/test_x.py", "def test_it(): pass")
    project.file("orchestrator.yaml", "broken: [")
    for arguments in ((), ("scripts",), ("-n2",)):
        run = project.run(*arguments, orchestrate=False)
        assert run.code == 0, run.out
        assert run.outcomes == {"passed": 1}
        assert not re.search(r"^orchestrator", run.out, re.MULTILINE)
    assert not project.started()
    assert not project.report_dir.exists()


def test_naming_a_script_is_left_to_pytest(project: Project) -> None:
    project.file("scripts/a.sh", STARTED)
    run = project.run("scripts/a.sh", orchestrate=False)
    assert run.code == 5 or run.code == 4
    assert not project.started()


def normalized(project: Project, *arguments: str) -> list[str]:
    run = project.run_process(*arguments, orchestrate=False)
    text = re.sub(r"-\d+\.\d+\.\d+\.?\w*", "", run.out)
    text = re.sub(r"\d+\.\d+s?(?= (call|setup|teardown|in)|s\b|s =)", "TIME", text)
    text = re.sub(r"basetemp=\S+|in \d+\.\d+s|runpytest-\d+|0x[0-9a-f]+", "X", text)
    return [
        line
        for line in text.splitlines()
        if not line.startswith(("plugins:", "running: ")) and "no:orchestrator" not in line
    ]


@pytest.mark.parametrize(
    "arguments",
    [("-v", "-rA"), ("-n1", "-q"), ("--co",), ("--setup-show",), ("--fixtures-per-test",), ("-x", "--tb=short")],
    ids=" ".join,
)
def test_other_runs_look_the_same_with_and_without_the_plugin(project: Project, arguments: tuple[str, ...]) -> None:
    project.file("test_plain.py", PLAIN)
    common = ("-p", "no:cacheprovider", *arguments)
    with_plugin, without = normalized(project, *common), normalized(project, *common, "-p", "no:orchestrator")
    assert with_plugin == without


def test_the_plugin_can_be_switched_off(project: Project) -> None:
    project.file("test_plain.py", "def test_it(): pass")
    assert project.run_process("-p", "no:orchestrator", orchestrate=False).code == 0
    run = project.run_process("-p", "no:orchestrator", "--orchestrate", orchestrate=False)
    assert run.code == 4
    assert "unrecognized arguments: --orchestrate" in run.out


def test_the_plugin_has_one_name(project: Project) -> None:
    (entry,) = [entry for entry in entry_points(group="pytest11") if entry.value == "pytest_orchestrator.plugin"]
    assert entry.name == "orchestrator"


def test_markers_are_registered_with_and_without_the_flag(project: Project) -> None:
    project.file(
        "test_plain.py",
        "import pytest\n\n@pytest.mark.script\n@pytest.mark.skill\n@pytest.mark.orchestrate(timeout=5)\n"
        "def test_it(): pass\n",
    )
    project.file("scripts/a.sh")
    run = project.run("--markers", orchestrate=False)
    assert "@pytest.mark.orchestrate(" in run.out
    assert "@pytest.mark.script: " in run.out
    assert "@pytest.mark.skill: " in run.out
    for orchestrate in (True, False):
        run = project.run("--strict-markers", "test_plain.py", "-W", "error", orchestrate=orchestrate)
        assert run.code == 0, run.out


def test_ini_can_switch_it_on_for_good(project: Project) -> None:
    project.ini("orchestrate = true")
    project.file("scripts/a.sh", STARTED)
    assert project.run(orchestrate=False).code == 0
    assert project.started() == ["a.sh"]
    assert project.run("-o", "orchestrate=false", orchestrate=False).code == 5
    assert not project.started()


WRITE_MODULES = """
import json
import sys

def pytest_unconfigure():
    with open("modules.json", "w") as file:
        json.dump(sorted(sys.modules), file)
"""
OF_SKILLS = {"markdown_it", "pytest_orchestrator.skills.registry", "pytest_orchestrator.skills.checker"}
SKILL = "---\nname: tea\ndescription: Makes tea. Use when somebody is thirsty.\n---\n# Tea\n\nBoil water.\n"


def test_what_checks_skills_is_imported_when_one_is_checked(project: Project) -> None:
    project.file("conftest.py", WRITE_MODULES)
    project.file("all/a.sh")

    def found(*words: str) -> set[str]:
        run = project.run_process("all", *words)
        assert run.code == 0, run.out
        return OF_SKILLS & set(json.loads((project.path / "modules.json").read_text()))

    assert found() == set()
    project.file("all/tea/SKILL.md", SKILL)
    assert found("--collect-only") == set()
    assert found("-m", "script") == set()
    assert found() >= OF_SKILLS - {"markdown_it"}


OF_AGENTS = ("agents", "cassettes", "conformance")


def test_a_run_of_scripts_imports_nothing_of_agents(project: Project) -> None:
    project.file("conftest.py", WRITE_MODULES)
    project.file("scripts/a.sh")
    assert project.run_process("scripts").code == 0
    found = json.loads((project.path / "modules.json").read_text())
    assert [name for name in found if name.startswith(tuple(f"pytest_orchestrator.{room}" for room in OF_AGENTS))] == []


FINDERS = """
import sys

def test_it():
    assert not any("OwnFinder" in str(finder) for finder in sys.meta_path)
"""


def test_what_finds_our_modules_is_gone_when_tests_run_and_after_a_run_of_scripts(project: Project) -> None:
    project.file("test_it.py", FINDERS)
    assert project.run_process(orchestrate=False).outcomes == {"passed": 1}
    project.file("scripts/a.sh")
    finders = "import sys, pytest; pytest.main(['--orchestrate', 'scripts']); print(sys.meta_path, file=sys.stderr)"
    done = subprocess.run([sys.executable, "-c", finders], cwd=project.path, capture_output=True, text=True, check=True)
    assert "1 passed" in done.stdout
    assert "OwnFinder" not in done.stderr


WRITE_LOADERS = """
import sys

def pytest_unconfigure():
    ours = {name: type(module.__loader__).__name__ for name, module in sys.modules.items() if "orchestrator." in name}
    print("rewritten:", *sorted(name for name, loader in ours.items() if loader != "SourceFileLoader"))
"""


def test_our_modules_are_not_rewritten(project: Project) -> None:
    """pytest's loader takes ten times as long to load them, and there is no assert in them."""
    project.file("conftest.py", WRITE_LOADERS)
    project.file("scripts/a.sh")
    for orchestrate in (False, True):
        run = project.run_process("-s", "scripts", orchestrate=orchestrate)
        assert "rewritten: pytest_orchestrator.plain_imports pytest_orchestrator.plugin\n" in run.out
