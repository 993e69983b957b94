"""The files that come with a skill: that somebody finds them, and that they are what a skill should carry."""

from __future__ import annotations

import os
import re
from collections import defaultdict
from typing import TYPE_CHECKING

from ...config.regular_file import read_regular
from ...core.names import quote_name
from ..files import leads_outside
from ..finding import Part, Severity
from ..reach import reached_files
from ..rule import Rule

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from ..context import CheckContext
    from ..document import SkillDocument
    from ..files import SkillFile
    from ..rule import Found

LARGEST = 5 * 1024 * 1024
"""Bytes of a file, at most."""
LARGEST_MARKDOWN = 256 * 1024
"""Bytes of a Markdown file, at most: about 65 000 tokens."""

UNMENTIONED = Rule(
    "SK411", "unmentioned-file", Part.FILES, Severity.WARNING,
    "Every file of the skill is mentioned by its `SKILL.md`, or by a file that is mentioned.",
    "An agent opens what it is told of; a file that nothing mentions is packed, installed and never used. The name of "
    "its directory, or a pattern such as `references/*.md`, is enough. Licences, manifests of packages, tests, "
    "evaluations and hidden files need no mention; in the directory of a whole project only `scripts/`, "
    "`references/`, `assets/` and `templates/` are looked at.",
)  # fmt: skip
NESTED_REFERENCE = Rule(
    "SK412", "nested-reference", Part.FILES, Severity.NOTE,
    "Markdown files of the skill are mentioned by its `SKILL.md` itself.",
    "The Agent Skills standard asks to keep references one level deep: an agent may read only the beginning of a file "
    "that another file names, or never get there.",
)  # fmt: skip
LARGE_FILE = Rule(
    "SK413", "large-file", Part.FILES, Severity.WARNING,
    f"Files have at most {LARGEST // 2**20} MiB, Markdown files at most {LARGEST_MARKDOWN // 1024} KiB.",
    "Skills are copied, packed and uploaded as a whole; and an agent that opens a Markdown file of that size loses "
    "a third of its context window.",
)  # fmt: skip
BINARY = Rule(
    "SK414", "unexpected-binary", Part.FILES, Severity.WARNING,
    "No compiled program, no byte code, no archive and no litter of a desktop is among the files.",
    "Nobody can read what a binary does before an agent runs it, and it runs on one kind of machine only. Archives "
    "are fine below `assets/` and `templates/`, as material.",
)  # fmt: skip
FILE_OUTSIDE = Rule(
    "SK415", "file-outside", Part.FILES, Severity.WARNING,
    "Symbolic links in the skill lead to something inside of it.",
    "Wherever the skill is copied or installed the link leads nowhere, or to something else.",
)  # fmt: skip

RULES = (UNMENTIONED, NESTED_REFERENCE, LARGE_FILE, BINARY, FILE_OUTSIDE)

_MOST_NAMED = 3
"""Files of one directory that have a finding of their own; more are one finding together."""
_NEEDS_NO_MENTION = re.compile(
    r"\.|(?:license|licence|notice|copying|authors|readme|changelog|contributing|security|third.?party|version|"
    r"makefile|dockerfile|package(?:-lock)?\.json|tsconfig|pyproject\.toml|requirements|uv\.lock|poetry\.lock|"
    r"pnpm-lock|yarn\.lock|bun\.lock|setup\.(?:py|cfg)|manifest|metadata|_meta\.json|skill[.-]|plugin\.json|"
    r"py\.typed|index\.\w+|gitignore)|__init__\.py\Z|__main__\.py\Z|conftest\.py\Z|test_|.*[._-](?:test|spec|tests)\.\w+\Z",
    re.IGNORECASE,
)
_MATERIAL = frozenset({"assets", "templates", "examples", "README.md"})
_KNOWN_DIRECTORIES = frozenset(
    {"evals", "eval", "tests", "test", "__tests__", "agents", "hooks", "commands", "fixtures"}
)
_PROGRAMS = frozenset({
    ".exe", ".dll", ".so", ".dylib", ".o", ".a", ".lib", ".class", ".jar", ".pyc", ".pyo", ".pyd", ".wasm", ".node",
    ".msi", ".deb", ".rpm", ".dmg", ".apk", ".com", ".bin",
})  # fmt: skip
_ARCHIVES = frozenset({".zip", ".tar", ".gz", ".tgz", ".bz2", ".xz", ".7z", ".rar", ".whl", ".skill"})
_LITTER = frozenset({".DS_Store", "Thumbs.db", "desktop.ini"})
_MAGIC = (b"\x7fELF", b"MZ\x90", b"\xcf\xfa\xed\xfe", b"\xca\xfe\xba\xbe")


def check(skill: SkillDocument, context: CheckContext) -> Iterator[Found]:
    """Yield what is wrong with the files of a skill as such."""
    bundle = skill.bundle
    if not bundle.files:
        return
    reached = reached_files(skill, context.text)
    # What was not read may mention anything.
    if bundle.is_complete and (skill.problem is None or skill.problem.kind in ("nul", "empty")):
        yield from _unmentioned(skill, reached)
    yield from _nested(skill, reached)
    for file in bundle.own:
        yield from _as_such(skill, file)


def _unmentioned(skill: SkillDocument, reached: Mapping[str, int]) -> Iterator[Found]:
    by_directory: dict[str, list[SkillFile]] = defaultdict(list)
    for file in skill.bundle.own:
        *directories, name = file.name.split("/")
        if file.name in reached or _NEEDS_NO_MENTION.match(name) or not _KNOWN_DIRECTORIES.isdisjoint(directories):
            continue
        by_directory["/".join(directories)].append(file)
    remedy = "say in SKILL.md when to use it, or remove it"
    for directory, files in by_directory.items():
        if len(files) <= _MOST_NAMED:
            for file in files:
                # What a skill tells people, not agents: HOW_TO_USE.md
                is_for_people = not directory and file.is_markdown and file.name[:-3].isupper()
                severity = Severity.NOTE if is_for_people else None
                yield UNMENTIONED.at(1, 1, f"nothing mentions {quote_name(file.name)}", remedy, severity=severity)
        else:
            where = f"in {quote_name(directory + '/')}" if directory else "beside it"
            message = f"nothing mentions {len(files)} files {where}, such as {quote_name(files[0].name)}"
            yield UNMENTIONED.at(1, 1, message, remedy.replace(" it", " them"))


def _nested(skill: SkillDocument, reached: Mapping[str, int]) -> Iterator[Found]:
    deep = [
        file.name
        for file in skill.bundle.own
        if file.is_markdown and reached.get(file.name, 0) > 1 and _MATERIAL.isdisjoint(file.name.split("/"))
    ]
    for number, name in enumerate(deep[:_MOST_NAMED], 1):
        more = f", as are {len(deep) - _MOST_NAMED} more" if number == _MOST_NAMED < len(deep) else ""
        message = f"{quote_name(name)} is only mentioned by other files{more}"
        yield NESTED_REFERENCE.at(1, 1, message, "mention it in SKILL.md too")


def _as_such(skill: SkillDocument, file: SkillFile) -> Iterator[Found]:
    if file.is_link:
        yield from _link(skill, file)
        return
    most = LARGEST_MARKDOWN if file.is_markdown else LARGEST
    if file.size > most:
        size = f"{file.size / 2**20:.1f} MiB" if file.size >= 2**20 else f"{file.size // 1024} KiB"
        yield LARGE_FILE.at(
            1, 1, f"the file has {size}, at most {_amount(most)} are recommended",
            "split it, or fetch it when it is needed", path=file.shown_as,
        )  # fmt: skip
    if what := _binary(file):
        yield BINARY.at(1, 1, f"the file is {what}", "remove it, or bring its source", path=file.shown_as)


def _amount(size: int) -> str:
    return f"{size // 2**20} MiB" if size >= 2**20 else f"{size // 1024} KiB"


def _link(skill: SkillDocument, file: SkillFile) -> Iterator[Found]:
    if not os.path.exists(file.path):
        what = "which does not exist"
    elif leads_outside(skill, file.name):
        what = "outside of the skill's directory"
    else:
        return
    try:
        target = os.readlink(file.path)
    except OSError:  # replaced meanwhile
        return
    yield FILE_OUTSIDE.at(
        1, 1, f"the symbolic link leads to {quote_name(target)}, {what}", "put the file itself there",
        path=file.shown_as,
    )  # fmt: skip


def _binary(file: SkillFile) -> str:
    """Return what kind of unexpected binary a file is; empty if it is none."""
    *directories, name = file.name.split("/")
    extension = file.extension
    if name in _LITTER:
        return "litter of a desktop"
    if extension in _PROGRAMS:
        return "compiled" if extension not in (".jar", ".msi", ".deb", ".rpm", ".dmg", ".apk") else "a packed program"
    if extension in _ARCHIVES:
        is_material = not {"assets", "templates", "fixtures", "tests", "evals"}.isdisjoint(directories)
        return "" if is_material else "an archive"
    if not extension and file.size > 4 and _begins_with_magic(file.path):
        return "a compiled program"
    return ""


def _begins_with_magic(path: str) -> bool:
    try:
        return read_regular(path, 4).startswith(_MAGIC)
    except OSError:
        return False
