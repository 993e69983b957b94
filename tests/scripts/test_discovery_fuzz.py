"""Discovery over generated trees, held against slow definitions written independently of it."""

from __future__ import annotations

import contextlib
import fnmatch
import os
import re
import stat
import tempfile
from pathlib import Path, PurePath
from typing import TYPE_CHECKING

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from pytest_orchestrator.config.settings import DiscoverySettings
from pytest_orchestrator.scripts.discovery import walk
from pytest_orchestrator.scripts.filter import ScriptFilter

if TYPE_CHECKING:
    from collections.abc import Iterator

FILE_NAMES = [
    b"a.sh", b"b.py", b"c.bash", b"-x.sh", b"two words.py", b"line\nbreak.sh", b"[1].py", b"a::b.sh", b"caf\xe9.sh",
    b"\x1b[0m.sh", "名.py".encode(), b"A.SH", b"a.sh~", b"tool", b"tool.rb", b".hidden.sh", b".sh", b"x.", b"..sh",
    b"__init__.py", b"__main__.py", b"test_a.py", b"a_test.py", b"_a.py", b"_a.sh", b"conftest.py", b"SKILL.md",
]  # fmt: skip
DIRECTORY_NAMES = [
    b"d", b"e e", b"scripts", b"build", b"venv", b".git", b"x.egg-info", b"[d]", b"a::d", b"\xff", b"-d", b"n\nn",
    b"d.sh",
]  # fmt: skip
ODD = st.binary(min_size=1, max_size=5).map(lambda name: name.translate(None, b"/\0").rstrip(b".") or b"z")
CONTENTS = [
    b"",
    b"#!/bin/sh\n",
    b"#",
    b"1\nif __name__ == '__main__':\n    pass\n",
    b" if __name__ == '__main__': pass",
]

FILE = st.tuples(st.just("file"), st.sampled_from(CONTENTS), st.sampled_from([0o644, 0o755, 0o000, 0o111]))
SPECIAL = st.tuples(st.just("special"), st.sampled_from(["fifo", "broken", "self", "file link"]), st.just(0))
LEAVES = st.dictionaries(
    st.one_of(st.sampled_from(FILE_NAMES), ODD, ODD.map(lambda name: name + b".sh")),
    st.one_of(FILE, FILE, SPECIAL),
    max_size=5,
)


def grown(inner: st.SearchStrategy[dict[bytes, object]]) -> st.SearchStrategy[dict[bytes, object]]:
    below = st.dictionaries(st.one_of(st.sampled_from(DIRECTORY_NAMES), ODD), inner, max_size=4)
    return st.builds(lambda files, directories: {**directories, **files}, LEAVES, below)


TREES = st.recursive(st.builds(dict[bytes, object], LEAVES), grown, max_leaves=8)


def build(base: bytes, tree: dict[bytes, object]) -> None:
    """Make ``tree`` in the directory ``base``."""
    todo = [(base, tree)]
    while todo:
        directory, entries = todo.pop()
        for name, entry in entries.items():
            path = os.path.join(directory, name)
            match entry:
                case dict():
                    os.mkdir(path)
                    todo.append((path, entry))
                case ("file", bytes(content), int(mode)):
                    Path(os.fsdecode(path)).write_bytes(content)
                    os.chmod(path, mode)
                case ("special", "fifo", _):
                    os.mkfifo(path, 0o777)
                case ("special", kind, _):
                    os.symlink({"broken": b"gone", "self": name}.get(str(kind), b"/bin/sh"), path)


@contextlib.contextmanager
def temporary() -> Iterator[str]:
    """Make a directory whose path holds no link, for one example."""
    with tempfile.TemporaryDirectory(prefix="t") as directory:
        yield os.path.realpath(directory)


def is_script(path: str, wanted: DiscoverySettings) -> bool:
    """Say the same as DESIGN's words, file by file, without a thought of speed."""
    try:
        status = os.stat(path)
    except OSError:
        return False
    name = os.path.basename(path)
    if not stat.S_ISREG(status.st_mode) or any(fnmatch.fnmatchcase(name, glob) for glob in wanted.skip_patterns):
        return False
    try:
        content = Path(path).read_bytes()
    except PermissionError:
        content = None
    suffix = re.search(r"(?s)(?<=.)\.[^.]*\Z", name)
    if suffix is None or suffix.group() not in wanted.allowed_extensions:
        return status.st_mode & 0o111 != 0 and content is not None and content.startswith(b"#!")
    if not name.endswith(".py") or not os.path.isfile(os.path.join(os.path.dirname(path), "__init__.py")):
        return True
    if content is None or content.startswith(b"#!"):
        return True
    return any(b"__main__" in line and line.startswith(b"if ") for line in content.splitlines())


def is_entered(path: str, wanted: DiscoverySettings) -> bool:
    parent, name = os.path.split(path)
    if name.startswith(".") or any(fnmatch.fnmatchcase(name, glob) for glob in wanted.skip_dirs):
        return False
    return wanted.skill_scripts or name != "scripts" or not os.path.lexists(os.path.join(parent, "SKILL.md"))


def expected(base: str, wanted: DiscoverySettings) -> list[str]:
    """List the scripts of a tree without links to directories."""
    found = []
    for directory, directories, files in os.walk(base):
        directories[:] = [name for name in directories if is_entered(os.path.join(directory, name), wanted)]
        found += [os.path.join(directory, name) for name in files if is_script(os.path.join(directory, name), wanted)]
    chosen = []
    for path in found:
        relative = PurePath(os.path.relpath(path, base))
        if wanted.max_depth is not None and len(relative.parts) - 1 > wanted.max_depth:
            continue
        if wanted.subdirs and relative.parts[0] not in wanted.subdirs:
            continue
        parts = relative.parts
        if wanted.include and not any(fnmatch.fnmatchcase(part, glob) for part in parts for glob in wanted.include):
            continue
        if any(fnmatch.fnmatchcase(part, glob) for part in parts for glob in wanted.exclude):
            continue
        chosen.append(path)
    return sorted(chosen, key=lambda path: path.split("/"))


WANTED = st.builds(
    DiscoverySettings,
    allowed_extensions=st.sampled_from([(".py", ".sh", ".bash"), (".sh",), (), (".rb", ".py")]),
    max_depth=st.one_of(st.none(), st.integers(0, 3)),
    include=st.sampled_from([(), (), ("*.sh",), ("d", "*.py"), ("[[]*",)]),
    exclude=st.sampled_from([(), (), ("*.sh",), ("d",), ("a*", "*e*")]),
    skill_scripts=st.booleans(),
)
SLOW_MACHINE = settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@SLOW_MACHINE
@given(TREES, WANTED)
def test_discovery_agrees_with_the_slow_definition(tree: dict[bytes, object], wanted: DiscoverySettings) -> None:
    with temporary() as base:
        build(os.fsencode(base), tree)
        found = list(walk(base, wanted))
        assert found == expected(base, wanted)
        script_filter = ScriptFilter(wanted, base)
        for directory, _, files in os.walk(base):
            for name in files:
                path = os.path.join(directory, name)
                assert (script_filter.why_not(path) is None) == (path in found)


@SLOW_MACHINE
@given(TREES, st.lists(st.sampled_from(["d", "e e", "scripts", "-d"]), min_size=1, max_size=2, unique=True))
def test_sub_directories_agree_with_the_slow_definition(tree: dict[bytes, object], names: list[str]) -> None:
    with temporary() as base:
        build(os.fsencode(base), {name: entry for name, entry in tree.items() if os.fsdecode(name) not in names})
        for name in names:
            build(os.fsencode(base), {os.fsencode(name): tree})
        # A skill's own scripts are taken when asked for by name; that has a test of its own.
        wanted = DiscoverySettings(subdirs=tuple(names), skill_scripts=True)
        assert list(walk(base, wanted)) == expected(base, wanted)


def everything_linked(base: str, wanted: DiscoverySettings) -> Iterator[str]:
    """Yield every script of a tree by every way that leads to it, loops cut."""
    todo = [(base, frozenset({os.path.realpath(base)}))]
    while todo:
        directory, above = todo.pop()
        for name in os.listdir(directory):
            path = os.path.join(directory, name)
            real = os.path.realpath(path)
            if not os.path.isdir(path):
                if is_script(path, wanted):
                    yield path
            elif is_entered(path, wanted) and real not in above and not _holds(real, path, base):
                todo.append((path, above | {real}))


def _holds(real: str, path: str, base: str) -> bool:
    inside = (os.path.realpath(base), os.path.realpath(os.path.dirname(path)))
    return os.path.islink(path) and any(f"{place}/".startswith(f"{real}/") for place in inside)


def identity(path: str) -> str:
    """Return what tells a script apart, whichever links lead to the directory that holds it."""
    return os.path.join(os.path.realpath(os.path.dirname(path)), os.path.basename(path))


INDEX = st.integers(0, 30)
SHORT = st.sampled_from(["a", "b", "c", "build"])


@SLOW_MACHINE
@given(st.lists(st.tuples(INDEX, SHORT), max_size=8), st.lists(st.tuples(INDEX, SHORT, INDEX), max_size=6))
@example([(1, "a"), (2, "a")], [(0, "a", 3), (0, "b", 1)])
@example([(1, "a"), (1, "b")], [(0, "a", 2), (2, "b", 3), (3, "a", 2), (3, "b", 0)])
def test_with_links_every_script_is_found_exactly_once(
    places: list[tuple[int, str]], links: list[tuple[int, str, int]]
) -> None:
    with temporary() as top:
        directories = [os.path.join(top, "base"), os.path.join(top, "out")]
        for parent, name in places:
            directories.append(os.path.join(directories[parent % len(directories)], name))
        for directory in directories:
            os.makedirs(directory, exist_ok=True)
            Path(directory, "a.sh").touch()
        for holder, name, target in links:
            link = os.path.join(directories[holder % len(directories)], name)
            if not os.path.lexists(link):
                os.symlink(os.path.relpath(directories[target % len(directories)], os.path.dirname(link)), link)
        base, wanted = directories[0], DiscoverySettings()
        found = list(walk(base, wanted))
        assert found == list(walk(base, wanted))
        assert found == sorted(found, key=lambda path: path.split("/"))
        identities = [identity(path) for path in found]
        assert len(set(identities)) == len(identities)
        assert set(identities) == {identity(path) for path in everything_linked(base, wanted)}
