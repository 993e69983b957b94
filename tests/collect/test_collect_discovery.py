"""What is collected: in a mixed tree, in packages, through links, when named, and when nothing is named."""

from __future__ import annotations

import os
from typing import Any

import pytest
from orchestrated import STARTED, Project

LOUD = "open('imported.txt', 'a').write(__name__ + '\\n')\n"
"""Python line that tells under which name its module runs."""


def imported(project: Project) -> list[str]:
    path = project.path / "imported.txt"
    return path.read_text().splitlines() if path.exists() else []


def test_a_mixed_tree_gives_scripts_and_tests_sorted(project: Project) -> None:
    project.files(
        {
            "scripts/b.sh": "",
            "scripts/a.py": "",
            "scripts/c.bash": "",
            "scripts/deep/er/d.sh": "",
            "scripts/README.md": "",
            "scripts/data.json": "{}",
            "scripts/test_x.py": "def test_it(): pass",
            "scripts/x_test.py": "def test_it(): pass",
            "scripts/_helper.py": "",
            "scripts/setup.py": "",
            "scripts/conftest.py": "",
            "scripts/__main__.py": "",
            "scripts/.hidden/e.sh": "",
            "scripts/build/e.sh": "",
            "scripts/node_modules/e.sh": "",
            "scripts/venv/e.sh": "",
        }
    )
    project.file("scripts/tool", "#!/bin/sh\n", mode=0o755)
    project.file("scripts/text", "#!/bin/sh\n")
    project.file("scripts/binary", "\x7fELF", mode=0o755)
    assert project.ids() == [
        "scripts/a.py::run",
        "scripts/b.sh::run",
        "scripts/c.bash::run",
        "scripts/deep/er/d.sh::run",
        "scripts/test_x.py::test_it",
        "scripts/tool::run",
        "scripts/x_test.py::test_it",
    ]


def test_workers_collect_the_same(project: Project) -> None:
    for name in ("b.sh", "a.sh", "z/c.sh", "m/d.sh"):
        project.file(f"scripts/{name}", STARTED)
    run = project.run("-n2", "-v")
    assert run.code == 0
    assert "4 workers" not in run.out
    assert list(run.rows) != []
    assert sorted(run.rows) == project.ids()


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ("max_depth: 0", ["a.sh"]),
        ("max_depth: 1", ["a.sh", "one/b.sh"]),
        ("subdirs: [one]", ["one/b.sh", "one/two/c.sh"]),
        ("subdirs: [one/two]", ["one/two/c.sh"]),
        ("include: ['*b*']", ["one/b.sh"]),
        ("exclude: ['one/**']", ["a.sh"]),
        ("allowed_extensions: [.rb]", ["d.rb"]),
        ("skip_dirs: [two]", ["a.sh", "one/b.sh"]),
        ("skip_patterns: ['b*']", ["a.sh", "one/two/c.sh"]),
    ],
)
def test_the_discovery_section_says_what_counts(project: Project, settings: str, expected: list[str]) -> None:
    for name in ("a.sh", "one/b.sh", "one/two/c.sh", "d.rb"):
        project.file(f"scripts/{name}")
    project.file("scripts/orchestrator.yaml", f"discovery:\n  {settings}\n")
    assert project.ids() == [f"scripts/{name}::run" for name in expected]


@pytest.mark.parametrize(
    "name", ["_private.py", "setup.py", "__main__.py", "__init__.py", "odd.txt", "build/in_build.sh", ".dot/in_dot.sh"]
)
def test_a_file_named_explicitly_is_always_taken(project: Project, name: str) -> None:
    project.ini("")
    project.file(f"scripts/{name}", "#!/bin/sh\n" + STARTED, mode=0o755)
    for argument in (f"scripts/{name}", f"scripts/{name}::run"):
        run = project.run(argument)
        assert run.code == 0, run.out
        assert project.started() == [os.path.basename(name)]


def test_a_directory_named_explicitly_is_always_searched(project: Project) -> None:
    project.file("scripts/build/a.sh", STARTED)
    project.file("scripts/b.sh", STARTED)
    assert project.ids("scripts/build") == ["scripts/build/a.sh::run"]
    assert project.ids("scripts", "scripts/build") == ["scripts/b.sh::run", "scripts/build/a.sh::run"]


def test_a_test_module_stays_pytests_however_it_is_named(project: Project) -> None:
    project.file("scripts/test_x.py", "def test_it(): pass\n\ndef test_other(): pass\n")
    project.file("scripts/a.sh")
    for argument, expected in (
        ("scripts/test_x.py", ["test_it", "test_other"]),
        ("scripts/test_x.py::test_other", ["test_other"]),
    ):
        assert project.ids(argument) == [f"scripts/test_x.py::{name}" for name in expected]


def test_ini_python_files_decides_what_pytests_own_is(project: Project) -> None:
    project.ini("python_files = check_*.py inner/y*.py")
    project.file("scripts/check_x.py", "def test_it(): pass")
    project.file("scripts/inner/y.py", "def test_it(): pass")
    project.file("scripts/inner/deep/z.py", "")
    project.file("scripts/w.py", "")
    assert project.ids() == [
        "scripts/check_x.py::test_it",
        "scripts/inner/deep/z.py::run",
        "scripts/inner/y.py::test_it",
        "scripts/w.py::run",
    ]


@pytest.mark.parametrize("options", [(), ("--doctest-modules",), ("--import-mode=importlib",)])
@pytest.mark.parametrize("arguments", [("scripts",), ("scripts/a.py", "scripts/package/b.py::run")])
def test_python_scripts_are_never_imported(
    project: Project, options: tuple[str, ...], arguments: tuple[str, ...]
) -> None:
    project.file("scripts/a.py", f'"""\n>>> 1\n2\n"""\n{LOUD}')
    project.file("scripts/package/__init__.py", "" if options == ("--doctest-modules",) else LOUD)
    project.file("scripts/package/b.py", f"{LOUD}if __name__ == '__main__':\n    pass\n")
    collected = project.run("--co", "-q", *options, *arguments)
    assert [line for line in collected.result.outlines if "::" in line] == [
        "scripts/a.py::run",
        "scripts/package/b.py::run",
    ]
    assert not imported(project)
    run = project.run(*options, *arguments)
    assert run.code == 0, run.out
    assert imported(project) == ["__main__", "__main__"]


def test_a_package_with_tests_stays_a_package(project: Project) -> None:
    project.file(
        "scripts/package/__init__.py",
        "def setup_module():\n    with open('package.txt', 'a') as file:\n        file.write('x')\n",
    )
    project.file("scripts/package/test_x.py", "from .module import VALUE\n\ndef test_it(): assert VALUE == 1\n")
    project.file("scripts/package/module.py", "VALUE = 1\n")
    project.file("scripts/package/program.py", "if __name__ == '__main__':\n    pass\n")
    project.file("scripts/package/tool.sh", STARTED)
    run = project.run("-v")
    assert run.code == 0, run.out
    assert run.outcomes == {"passed": 3}
    assert sorted(run.statuses) == ["program.py", "tool.sh"]
    assert (project.path / "package.txt").read_text() == "x"


def test_broken_configuration_of_a_package_with_tests_is_told(project: Project) -> None:
    project.file("scripts/package/__init__.py")
    project.file("scripts/package/test_x.py", "def test_it(): pass\n")
    project.file("scripts/package/tool.sh", STARTED)
    project.file("scripts/package/orchestrator.yaml", "default: {timeout: soon}\n")
    run = project.run()
    assert run.code == 1
    assert run.outcomes == {"passed": 1, "errors": 1}
    assert "scripts/package/orchestrator.yaml:1:20: " in run.out
    assert not project.started()


@pytest.mark.parametrize("more", [(), ("--orchestrate-max-depth=0",)], ids=["all", "shallow"])
def test_several_links_to_directories_above_them_are_not_followed_by_anybody(
    project: Project, more: tuple[str, ...]
) -> None:
    project.file("scripts/a.sh")
    project.file("scripts/test_x.py", "def test_it(): pass\n")
    for name in ("s1", "s2", "p/l1", "p/l2", "q/l1", "q/l2"):
        link = project.path / "scripts" / name
        link.parent.mkdir(exist_ok=True)
        link.symlink_to({"s": ".", "p": "../q", "q": "../p"}[name[0]])
    # Each link doubles what is below it, 40 levels deep: followed, they would take longer than any deadline.
    arguments = ("--orchestrate", "--collect-only", "-q", *more)
    found = project.pytester.runpytest_subprocess(*arguments, timeout=60)
    assert [line for line in found.outlines if "::" in line] == ["scripts/a.sh::run", "scripts/test_x.py::test_it"]


def test_links_are_followed_once_and_never_in_a_circle(project: Project) -> None:
    project.file("scripts/real/a.sh", STARTED)
    project.file("elsewhere/b.sh", STARTED)
    scripts = project.path / "scripts"
    (scripts / "loop").symlink_to(scripts)
    (scripts / "real" / "up").symlink_to(scripts / "real")
    (scripts / "outer").symlink_to(project.path / "elsewhere")
    (scripts / "outer2").symlink_to(project.path / "elsewhere")
    (scripts / "self").symlink_to("self")
    (scripts / "link.sh").symlink_to("real/a.sh")
    assert project.ids() == ["scripts/link.sh::run", "scripts/outer/b.sh::run", "scripts/real/a.sh::run"]
    run = project.run("-n2")
    assert run.code == 0
    assert sorted(project.started()) == ["a.sh", "b.sh", "link.sh"]


@pytest.mark.parametrize("name", ["a.sh~", "a.sh.bak", "a.sh.orig", "a.sh.rej", ".a.sh.swp", "#a.sh#", ".#a.sh"])
def test_copies_that_editors_and_patch_leave_are_no_scripts_unless_they_are_named(project: Project, name: str) -> None:
    """They are executable and have a shebang, like what they are copies of."""
    project.file("scripts/a.sh", "#!/bin/sh\n", 0o755)
    project.file(f"scripts/{name}", "#!/bin/sh\n" + STARTED, 0o755)
    assert project.run().statuses == {"a.sh": "passed"}
    assert list(project.run(f"scripts/{name}").statuses.values()) == ["passed"]
    assert project.started() == [name]


def test_special_files_are_not_opened(project: Project) -> None:
    project.file("scripts/a.sh")
    os.mkfifo(project.path / "scripts" / "pipe.sh")
    assert project.ids() == ["scripts/a.sh::run"]


def test_without_arguments_the_scripts_directory_is_taken_and_never_testpaths(project: Project) -> None:
    project.ini("testpaths = tests")
    project.file("tests/bad.sh", STARTED)
    project.file("tests/test_x.py", "def test_it(): assert 0")
    project.file("scripts/a.sh", STARTED)
    run = project.run()
    assert run.code == 0, run.out
    assert project.started() == ["a.sh"]


def test_without_arguments_ini_paths_come_first(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    project.ini("orchestrate_paths = tools\n  more/ops")
    project.file("tools/a.sh")
    project.file("more/ops/b.sh")
    project.file("scripts/c.sh")
    expected = ["tools/a.sh::run", "more/ops/b.sh::run"]
    assert project.ids() == expected
    monkeypatch.chdir(project.path / "more")
    assert project.ids() == expected


@pytest.mark.parametrize("ini", ["", "orchestrate_paths = tools", "testpaths = tests"])
def test_without_anything_to_run_it_is_a_usage_error(project: Project, ini: str) -> None:
    project.ini(ini)
    project.file("tests/a.sh", STARTED)
    run = project.run()
    assert run.code == 4
    wanted = "tools" if "tools" in ini else "scripts"
    assert f"no path was given, and '{wanted}' (ini option 'orchestrate_paths') is not in the rootdir" in run.out
    assert "pytest --orchestrate PATH" in run.out
    assert not project.report_dir.exists()


@pytest.mark.parametrize("workers", [(), ("-n1",)], ids=["process", "n1"])
def test_nothing_found_says_what_was_looked_for(project: Project, workers: tuple[str, ...]) -> None:
    project.file("scripts/data.txt")
    project.file("scripts/orchestrator.yaml", "discovery: {allowed_extensions: [.rb], max_depth: 0}")
    for verbosity in ((), ("-qq",)):
        run = project.run(*workers, *verbosity)
        assert run.code == 5
        (line,) = [line for line in run.result.outlines if "no scripts found" in line]
        assert line.startswith(
            "orchestrator: no scripts found in scripts; looked for *.rb and executables with a shebang"
        )
        assert "directly in the directory" in line
    run.assert_adds_up()


@pytest.mark.parametrize("workers", [(), ("-n1",)], ids=["process", "n1"])
def test_everything_deselected_is_not_nothing_found(project: Project, workers: tuple[str, ...]) -> None:
    project.file("scripts/a.sh")
    run = project.run(*workers, "-k", "nothing_like_it")
    assert run.code == 5
    assert "no scripts found" not in run.out


def test_tests_alone_are_not_nothing_found_either(project: Project) -> None:
    project.file("scripts/test_x.py", "def test_it(): pass")
    run = project.run()
    assert run.code == 0
    assert "orchestrator: no scripts found in scripts" in run.out


def test_ignore_options_and_collect_ignore_apply(project: Project) -> None:
    for name in ("a.sh", "b.sh", "c.sh", "sub/d.sh", "other/e.sh", "other/f.sh"):
        project.file(f"scripts/{name}")
    assert project.ids("--ignore=scripts/a.sh", "--ignore-glob=*/sub") == [
        f"scripts/{name}::run" for name in ("b.sh", "c.sh", "other/e.sh", "other/f.sh")
    ]
    project.file("scripts/conftest.py", "collect_ignore = ['b.sh']\ncollect_ignore_glob = ['su*']\n")
    project.file(
        "scripts/other/conftest.py",
        "def pytest_ignore_collect(collection_path):\n    return True if collection_path.name == 'e.sh' else None\n",
    )
    assert project.ids() == [f"scripts/{name}::run" for name in ("a.sh", "c.sh", "other/f.sh")]
    # What is named is taken all the same.
    assert project.ids("scripts/b.sh") == ["scripts/b.sh::run"]


def test_another_plugins_files_are_left_to_it(project: Project) -> None:
    project.file("scripts/a.sh")
    project.file("scripts/note.txt")
    project.file(
        "scripts/conftest.py",
        "import pytest\n\n"
        "class Note(pytest.Item):\n    def runtest(self): pass\n\n"
        "class Notes(pytest.File):\n    def collect(self):\n        yield Note.from_parent(self, name='note')\n\n"
        "def pytest_collect_file(file_path, parent):\n"
        "    if file_path.suffix == '.txt':\n        return Notes.from_parent(parent, path=file_path)\n",
    )
    run = project.run()
    assert run.code == 0
    assert run.outcomes == {"passed": 2}
    assert list(run.rows) == ["scripts/a.sh::run"]


def test_markers_select_kinds(project: Project) -> None:
    project.file("scripts/a.sh")
    project.file("scripts/test_x.py", "def test_it(): pass")
    assert project.ids("-m", "script") == ["scripts/a.sh::run"]
    assert project.ids("-m", "not script") == ["scripts/test_x.py::test_it"]
    assert project.ids("--strict-markers", "-m", "script") == ["scripts/a.sh::run"]


def test_the_tree_is_readable(project: Project) -> None:
    project.file("scripts/a.sh")
    project.file("scripts/sub/b.sh")
    project.file("scripts/orchestrator.yaml", "scripts: {a.sh: {cases: {one: {}, two: {}}}}")
    lines = [line.strip() for line in project.run("--co").result.outlines if line.strip().startswith("<")]
    assert lines[-5:] == [
        "<ScriptDirectory scripts>",
        "<ScriptItem a.sh::run[one]>",
        "<ScriptItem a.sh::run[two]>",
        "<ScriptDirectory sub>",
        "<ScriptItem b.sh::run>",
    ]


def test_an_unreadable_directory_is_one_collection_error(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    """Made unreadable for this test by what stands for the system here: a root user can read anything."""
    project.file("scripts/a.sh", STARTED)
    project.file("scripts/locked/b.sh", STARTED)
    real = os.scandir

    def scandir(path: str | os.PathLike[str] | int) -> object:
        if str(path).endswith("locked"):
            raise PermissionError(13, "Permission denied", str(path))
        return real(path)

    monkeypatch.setattr(os, "scandir", scandir)
    run = project.run()
    assert run.code == 1
    assert run.outcomes == {"passed": 1, "errors": 1}
    assert "scripts/locked cannot be searched for scripts: Permission denied" in run.out
    assert "Traceback" not in run.out


def test_a_directory_that_may_not_be_entered_is_one_collection_error_without_a_traceback(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Closed for this test by what stands for the system here: a root user may enter anything."""
    project.file("scripts/a.sh", STARTED)
    locked = project.file("scripts/locked/b.sh", STARTED).parent
    real, real_stat = os.access, os.stat

    def access(path: str | os.PathLike[str], mode: int) -> bool:
        return os.fspath(path) != os.fspath(locked) and real(path, mode)

    def stat(path: str | os.PathLike[str] | int, *arguments: Any, **keywords: Any) -> os.stat_result:
        if str(path).startswith(f"{locked}/"):
            raise PermissionError(13, "Permission denied", str(path))
        return real_stat(path, *arguments, **keywords)

    monkeypatch.setattr(os, "access", access)
    monkeypatch.setattr(os, "stat", stat)
    run = project.run()
    assert run.code == 1
    assert run.outcomes == {"passed": 1, "errors": 1}
    assert "scripts/locked cannot be searched for scripts: Permission denied" in run.result.outlines
    assert "pathlib" not in run.out


def test_show_only_options_neither_run_nor_write(project: Project) -> None:
    for option in ("--help", "--version", "--markers"):
        run = project.run(option)  # no scripts/ here: nothing to complain of
        assert run.code == 0, run.out
    project.file("scripts/a.sh", STARTED)
    project.file(".orchestrator/results.jsonl", "of the last run")
    for option in ("--fixtures", "--fixtures-per-test", "--cache-show", "--co"):
        assert project.run(option).code in (0, 5)
    assert not project.started()
    assert (project.report_dir / "results.jsonl").read_text() == "of the last run"
