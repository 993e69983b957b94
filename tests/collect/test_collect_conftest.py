"""A conftest.py beside the scripts: fixtures of every scope, hooks, marks; none of it reaches other folders."""

from __future__ import annotations

import pytest
from orchestrated import STARTED, Project

JOBS = pytest.mark.parametrize("jobs", [(), ("--orchestrate-jobs=4",), ("-n1",)], ids=["jobs1", "jobs4", "n1"])

LOG = """
import os
import pytest

def log(text):
    with open(os.path.join({root!r}, 'log.txt'), 'a') as file:
        file.write(text + '\\n')
"""


def conftest(project: Project, body: str, directory: str = "scripts") -> None:
    project.file(f"{directory}/conftest.py", LOG.format(root=str(project.path)) + body)


def log(project: Project) -> list[str]:
    path = project.path / "log.txt"
    lines = path.read_text().splitlines() if path.exists() else []
    path.unlink(missing_ok=True)
    return lines


SCRIPT = 'echo "script" >> log.txt\n'

AUTOUSE = """
@pytest.fixture(autouse=True, scope="SCOPE")
def around():
    log("up")
    yield
    log("down")
"""


@pytest.mark.parametrize(
    ("scope", "expected"),
    [
        ("function", ["up", "script", "down", "up", "script", "down"]),
        ("class", ["up", "script", "down", "up", "script", "down"]),
        ("module", ["up", "script", "down", "up", "script", "down"]),
        ("package", ["up", "script", "script", "down"]),
        ("session", ["up", "script", "script", "down"]),
    ],
)
@pytest.mark.parametrize("jobs", [(), ("--orchestrate-jobs=4",)], ids=["jobs1", "jobs4"])
def test_autouse_fixtures_of_every_scope_surround_the_scripts(
    project: Project, scope: str, expected: list[str], jobs: tuple[str, ...]
) -> None:
    conftest(project, AUTOUSE.replace("SCOPE", scope))
    project.file("scripts/a.sh", SCRIPT)
    project.file("scripts/b.sh", SCRIPT)
    run = project.run("scripts", *jobs)
    assert run.code == 0, run.out
    assert log(project) == expected


def test_a_fixture_that_fails_is_an_error_of_the_item_and_the_script_does_not_run(project: Project) -> None:
    conftest(project, "@pytest.fixture(autouse=True)\ndef broken():\n    raise RuntimeError('no database')\n")
    project.file("scripts/a.sh", STARTED)
    project.file("other/b.sh", STARTED)
    run = project.run("scripts", "other")
    assert run.code == 1
    assert run.statuses == {"a.sh": "error", "b.sh": "passed"}
    assert run.outcomes == {"passed": 1, "errors": 1}
    assert project.started() == ["b.sh"]
    data = run.data("a.sh")
    assert data["reason"] == "infrastructure"
    assert data["error"] == "RuntimeError: no database"
    assert "scripts/conftest.py:10: RuntimeError" in run.out
    run.assert_adds_up()


def test_a_fixture_that_fails_at_its_end_makes_the_item_an_error(project: Project) -> None:
    conftest(project, "@pytest.fixture(autouse=True)\ndef broken():\n    yield\n    raise RuntimeError('not closed')\n")
    project.file("scripts/a.sh", STARTED)
    project.file("scripts/b.sh", STARTED + "exit 1")
    run = project.run()
    assert run.statuses == {"a.sh": "error", "b.sh": "failed"}
    assert run.outcomes == {"passed": 1, "failed": 1, "errors": 2}
    run.assert_adds_up()


@JOBS
def test_a_fixture_can_change_the_environment_of_its_scripts(project: Project, jobs: tuple[str, ...]) -> None:
    conftest(
        project,
        "@pytest.fixture(autouse=True)\n"
        "def home(tmp_path, monkeypatch, request):\n"
        "    monkeypatch.setenv('WORK', str(tmp_path))\n"
        "    monkeypatch.setenv('ITEM', request.node.nodeid)\n",
    )
    for name in "abc":
        project.file(f"scripts/{name}.sh", 'test -d "$WORK" && test "$ITEM" = "$ORCHESTRATOR_ITEM" || exit 1\n')
    project.file("other/d.sh", 'test -z "$WORK$ITEM"\n')
    run = project.run("scripts", "other", *jobs)
    assert run.code == 0, run.out


def test_usefixtures_marks_work_per_item(project: Project) -> None:
    conftest(
        project,
        "@pytest.fixture\ndef database():\n    log('up')\n    yield\n    log('down')\n\n"
        "def pytest_collection_modifyitems(items):\n    for item in items:\n"
        "        if item.path.name == 'b.sh':\n            item.add_marker(pytest.mark.usefixtures('database'))\n",
    )
    for name in "abc":
        project.file(f"scripts/{name}.sh", f"echo {name} >> log.txt\n")
    for jobs in ((), ("--orchestrate-jobs=4",)):
        run = project.run(*jobs)
        assert run.code == 0, run.out
        assert log(project) == ["a", "up", "b", "down", "c"]


def test_an_unknown_fixture_is_an_error_of_the_item(project: Project) -> None:
    conftest(
        project,
        "def pytest_collection_modifyitems(items):\n    items[0].add_marker(pytest.mark.usefixtures('nowhere'))\n",
    )
    project.file("scripts/a.sh", STARTED)
    project.file("scripts/b.sh", STARTED)
    run = project.run()
    assert run.statuses == {"a.sh": "error", "b.sh": "passed"}
    assert "a.sh::run: fixture 'nowhere' not found\nasked for by a usefixtures mark\n" in run.out
    assert "ERROR scripts/a.sh::run - a.sh::run: fixture 'nowhere' not found" in run.summary_lines
    assert project.started() == ["b.sh"]


@pytest.mark.parametrize("where", ["", "    yield\n"], ids=["setup", "teardown"])
def test_an_unknown_fixture_that_a_fixture_asks_for_names_that_fixture(project: Project, where: str) -> None:
    conftest(
        project,
        f"@pytest.fixture(autouse=True)\ndef outer(request):\n{where}    request.getfixturevalue('nowhere')\n",
    )
    project.file("scripts/a.sh", STARTED)
    run = project.run()
    assert run.code == 1
    assert run.statuses == {"a.sh": "error"}
    assert "fixture 'nowhere' not found" in run.out
    assert "INTERNALERROR" not in run.out


def test_a_string_condition_of_skipif_is_evaluated(project: Project) -> None:
    conftest(
        project,
        "def pytest_collection_modifyitems(items):\n"
        "    items[0].add_marker(pytest.mark.skipif('sys.platform == \"linux\"', reason='here'))\n",
    )
    project.file("scripts/a.sh", STARTED)
    assert project.run().statuses == {"a.sh": "skipped"}


HOOKS = """
def pytest_runtest_setup(item):
    log(f"setup {item.name}")

def pytest_runtest_call(item):
    log(f"call {item.name}")

def pytest_runtest_teardown(item):
    log(f"teardown {item.name}")
"""


@JOBS
def test_hooks_of_a_folder_apply_there_only_and_in_order(project: Project, jobs: tuple[str, ...]) -> None:
    conftest(project, HOOKS, "scripts/hooked")
    project.file("scripts/hooked/a.sh", "echo run a >> log.txt\n")
    project.file("scripts/hooked/b.sh", "echo run b >> log.txt\n")
    project.file("scripts/quiet/c.sh", "echo run c >> c.txt\n")
    run = project.run(*jobs)
    assert run.code == 0, run.out
    lines = log(project)
    of_a = [line for line in lines if "a" in line.split()[1].split(".")]
    assert of_a == ["setup a.sh::run", "call a.sh::run", "run a", "teardown a.sh::run"]
    if jobs != ("-n1",):
        assert lines[:4] == of_a
    assert not [line for line in lines if "c.sh" in line]


def test_why_scripts_run_alone_is_told_when_jobs_were_asked_for(project: Project) -> None:
    conftest(project, HOOKS, "scripts/hooked")
    conftest(project, AUTOUSE.replace("SCOPE", "function"), "scripts/fixed")
    for directory in ("hooked", "fixed", "free"):
        project.file(f"scripts/{directory}/a.sh")
    told = "orchestrator: some scripts run alone, because of fixtures, pytest_runtest_setup of conftest.py"
    assert told in project.run("--orchestrate-jobs=2").result.outlines
    assert "run alone" not in project.run().out
    assert "run alone" not in project.run("--orchestrate-jobs=2", "scripts/free").out
    assert "run alone, because of --usepdb" in project.run("--orchestrate-jobs=2", "--pdb").out


def test_a_hook_of_setup_that_skips_keeps_the_script_from_running(project: Project) -> None:
    conftest(
        project, "def pytest_runtest_setup(item):\n    if item.path.name == 'a.sh':\n        pytest.skip('not here')\n"
    )
    project.file("scripts/a.sh", STARTED)
    project.file("scripts/b.sh", STARTED)
    for jobs in ((), ("--orchestrate-jobs=4",)):
        run = project.run("-rs", *jobs)
        assert run.statuses == {"a.sh": "skipped", "b.sh": "passed"}
        assert project.started() == ["b.sh"]
        assert "scripts/a.sh:1: not here" in run.out


MARKS = """
def pytest_collection_modifyitems(items):
    marks = {
        "skip.sh": pytest.mark.skip(reason="by mark"),
        "skipif.sh": pytest.mark.skipif(True, reason="by condition"),
        "skipif_not.sh": pytest.mark.skipif(False, reason="never"),
        "xfail.sh": pytest.mark.xfail(reason="known"),
        "xfail_strict.sh": pytest.mark.xfail(strict=True, reason="fixed"),
        "xfail_norun.sh": pytest.mark.xfail(run=False, reason="dangerous"),
        "xfail_raises.sh": pytest.mark.xfail(raises=ZeroDivisionError),
        "xpass.sh": pytest.mark.xfail(reason="maybe"),
        "timeout.sh": pytest.mark.timeout(0.6),
        "limit.sh": pytest.mark.orchestrate(timeout=0.6),
        "code.sh": pytest.mark.orchestrate(allowed_exit_codes=[3], env={"X": "y"}),
    }
    for item in items:
        if item.path.name in marks:
            item.add_marker(marks[item.path.name])
"""

BODIES = {
    "skip.sh": "",
    "skipif.sh": "",
    "skipif_not.sh": "",
    "xfail.sh": "exit 1",
    "xfail_strict.sh": "",
    "xfail_norun.sh": "exit 1",
    "xfail_raises.sh": "exit 1",
    "xpass.sh": "",
    "timeout.sh": "sleep 30",
    "limit.sh": "sleep 30",
    "code.sh": 'test "$X" = y && exit 3',
}

STATUSES = {
    "skip.sh": "skipped",
    "skipif.sh": "skipped",
    "skipif_not.sh": "passed",
    "xfail.sh": "xfailed",
    "xfail_strict.sh": "failed",
    "xfail_norun.sh": "xfailed",
    "xfail_raises.sh": "failed",
    "xpass.sh": "xpassed",
    "timeout.sh": "timeout",
    "limit.sh": "timeout",
    "code.sh": "passed",
}


@JOBS
def test_marks_added_by_a_hook_work(project: Project, jobs: tuple[str, ...]) -> None:
    conftest(project, MARKS)
    for name, body in BODIES.items():
        project.file(f"scripts/{name}", STARTED + body)
    run = project.run(*jobs)
    assert run.code == 1
    assert run.statuses == STATUSES
    run.assert_adds_up()
    assert run.outcomes == {"skipped": 2, "passed": 2, "xfailed": 2, "failed": 2, "xpassed": 1, "timeout": 2}
    assert sorted(project.started()) == sorted(set(BODIES) - {"skip.sh", "skipif.sh", "xfail_norun.sh"})
    assert "timed out after 0.6 s (the timeout marker)" in run.out
    assert "timed out after 0.6 s (the orchestrate marker)" in run.out


@pytest.mark.parametrize(
    ("mark", "message"),
    [
        ("orchestrate(tiemout=1)", "the orchestrate marker: tiemout: unknown key; did you mean 'timeout'?"),
        ("orchestrate(timeout='soon')", "the orchestrate marker: timeout: 'soon' is not a number of seconds"),
        ("orchestrate(5)", "the orchestrate marker takes keywords only, got (5,); write timeout=5"),
        ("orchestrate(cases={})", "the orchestrate marker: cases"),
    ],
)
@pytest.mark.parametrize("jobs", [(), ("--orchestrate-jobs=4",)], ids=["jobs1", "jobs4"])
def test_a_mistake_in_a_mark_is_an_error_of_its_item(
    project: Project, mark: str, message: str, jobs: tuple[str, ...]
) -> None:
    conftest(project, f"def pytest_collection_modifyitems(items):\n    items[0].add_marker(pytest.mark.{mark})\n")
    project.file("scripts/a.sh", STARTED)
    project.file("scripts/b.sh", STARTED)
    run = project.run(*jobs)
    assert run.code == 1
    assert run.statuses == {"a.sh": "error", "b.sh": "passed"}
    assert run.data("a.sh")["reason"] == "configuration"
    assert sum(line.startswith(message) for line in run.result.outlines) == 1
    assert "another exception occurred" not in run.out
    assert "INTERNALERROR" not in run.out
    assert "Traceback" not in run.out
    assert project.started() == ["b.sh"]


def test_the_closest_orchestrate_mark_wins(project: Project) -> None:
    conftest(
        project,
        "def pytest_collection_modifyitems(items):\n    for item in items:\n"
        "        item.add_marker(pytest.mark.orchestrate(args=['own'], env={'A': '1'}))\n"
        "        item.parent.add_marker(pytest.mark.orchestrate(args=['parent'], env={'B': '2'}))\n",
    )
    project.file("scripts/a.sh", 'test "$1$A$B" = own12')
    assert project.run().code == 0


def test_a_conftest_that_cannot_be_imported_is_told_once_and_others_run(project: Project) -> None:
    project.file("scripts/bad/conftest.py", "import nowhere_to_be_found")
    project.file("scripts/bad/a.sh", STARTED)
    project.file("scripts/good/b.sh", STARTED)
    run = project.run()
    assert run.code == 1
    assert run.outcomes == {"passed": 1, "errors": 1}
    assert project.started() == ["b.sh"]


def test_scripts_with_fixtures_are_not_started_ahead(project: Project) -> None:
    """Each script would see the fixture of the one before it, were it started early."""
    conftest(
        project,
        "@pytest.fixture(autouse=True)\ndef single():\n    os.mkdir('lock')\n    yield\n    os.rmdir('lock')\n",
    )
    for name in "abcd":
        project.file(f"scripts/{name}.sh", "test -d lock && ! test -e busy && touch busy && sleep 0.05 && rm busy")
    run = project.run("--orchestrate-jobs=4")
    assert run.code == 0, run.out


@pytest.mark.parametrize("jobs", [(), ("--orchestrate-jobs=4",)], ids=["jobs1", "jobs4"])
def test_foreign_tests_between_scripts_never_overlap_with_them(project: Project, jobs: tuple[str, ...]) -> None:
    script = "echo begin >> log.txt; sleep 0.05; echo end >> log.txt\n"
    test = (
        "def test_it():\n    with open('log.txt', 'a') as file:\n        file.write('test\\n')\n"
        "    lines = open('log.txt').read().split()\n    assert lines.count('begin') == lines.count('end')\n"
    )
    for index, name in enumerate(["a.sh", "b.sh", "test_c.py", "d.sh", "test_e.py", "f.sh", "g.sh"]):
        project.file(f"scripts/{'test_' if 'test' in name else ''}{index}{name}", test if "test" in name else script)
    project.ini("python_files = test_*.py\nfilterwarnings =\n    ignore::ResourceWarning\n")
    run = project.run("-p", "no:randomly", *jobs)
    assert run.code == 0, run.out
    assert run.outcomes == {"passed": 7}


def test_a_conftest_hears_of_what_is_collected_in_its_own_folder_only(project: Project) -> None:
    for place in ("scripts", "scripts/b", "scripts/b/deeper", "scripts/d"):
        conftest(project, f"\ndef pytest_itemcollected(item):\n    log({place!r} + ' ' + item.path.name)\n", place)
    for path in ("a.sh", "b/b.sh", "b/deeper/c.sh", "b/z.sh", "c/d.sh", "d/e.sh", "z.sh"):
        project.file(f"scripts/{path}", "true")
    assert project.run("--collect-only").code == 0
    assert sorted(log(project)) == sorted(
        [
            *[f"scripts {name}.sh" for name in ("a", "b", "c", "z", "d", "e", "z")],
            *[f"scripts/b {name}.sh" for name in ("b", "c", "z")],
            "scripts/b/deeper c.sh",
            "scripts/d e.sh",
        ]
    )


def test_a_plugin_that_comes_in_the_middle_of_a_folder_hears_of_the_rest_of_it(project: Project) -> None:
    body = """
class Late:
    def pytest_itemcollected(self, item):
        log("late " + item.path.name)

def pytest_itemcollected(item):
    log("conftest " + item.path.name)
    if not item.config.pluginmanager.has_plugin("late"):
        item.config.pluginmanager.register(Late(), "late")
"""
    conftest(project, body)
    for name in "abc":
        project.file(f"scripts/{name}.sh", "true")
    assert project.run("--collect-only").code == 0
    heard = log(project)
    assert [line for line in heard if line.startswith("conftest")] == [
        "conftest a.sh",
        "conftest b.sh",
        "conftest c.sh",
    ]
    assert [line for line in heard if line.startswith("late")] == ["late b.sh", "late c.sh"]


@pytest.mark.parametrize("link", ["a.sh", "z.sh"])
def test_a_conftest_hears_of_all_scripts_beside_a_link_that_leads_nowhere(project: Project, link: str) -> None:
    body = """
def pytest_itemcollected(item):
    log("collected " + item.path.name)

def pytest_runtest_setup(item):
    log("setup " + item.path.name)

def pytest_runtest_logreport(report):
    if report.when == "call":
        log("called " + report.nodeid.partition("::")[0])
"""
    conftest(project, body)
    for name in "bc":
        project.file(f"scripts/{name}.sh", "true")
    (project.path / "scripts" / link).symlink_to("nowhere")
    project.run()
    heard = log(project)
    names = sorted(["b.sh", "c.sh", link])
    assert sorted(line for line in heard if line.startswith("collected")) == [f"collected {name}" for name in names]
    assert sorted(line for line in heard if line.startswith("setup")) == [f"setup {name}" for name in names]
    assert {"called scripts/b.sh", "called scripts/c.sh"} <= set(heard)
