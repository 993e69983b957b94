"""Paths of somebody's home directory, which nobody else has."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ...config.phrases import clipped
from ..finding import Part, Severity
from ..places import places_of
from ..rule import Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..context import CheckContext
    from ..document import SkillDocument
    from ..rule import Found

HOME_PATH = Rule(
    "SK422", "home-path", Part.FILES, Severity.WARNING,
    "No path of somebody's home directory is in a skill or its files.",
    "It exists on the machine of the author only, and tells everybody their name there. Names that stand for any user "
    "or belong to well-known images (`/home/user/`, `/Users/you/`, `/home/runner/`) are left alone; those that people "
    "like to use in examples (`/home/alice/`) are a note.",
)  # fmt: skip

RULES = (HOME_PATH,)

_HINTS = ("/home/", "/Users/", ":\\Users\\", ":\\\\Users\\\\", ":/Users/")
_HOME = re.compile(
    r"(?<![\w.:/~}\])>*-])/(?:home|Users)/(?P<unix>[A-Za-z0-9][\w.-]{0,63})/"
    r"|(?<!\w)[A-Za-z]:(?:\\{1,2}|/)Users(?:\\{1,2}|/)(?P<windows>[A-Za-z0-9][\w.-]{0,63})[\\/]"
)
_ANYBODY = frozenset({
    "user", "users", "username", "yourname", "your-name", "your-username", "your_username", "yourusername",
    "your-user", "youruser", "you", "me", "myself", "name", "myname", "my-name", "someone", "somebody", "anyone",
    "foo", "bar", "example", "demo", "test", "tester", "testuser", "sample", "admin", "administrator", "dev",
    "developer", "your",
    # What images and services call theirs.
    "runner", "runneradmin", "ubuntu", "debian", "fedora", "centos", "ec2-user", "vscode", "node", "claude", "codex",
    "codespace", "gitpod", "jovyan", "coder", "agent", "app", "appuser", "nonroot", "sandbox", "workspace", "git",
    "pi", "vagrant", "circleci", "jenkins", "linuxbrew", "deploy", "container", "containeruser", "shared", "public",
    "default",
})  # fmt: skip


_EXAMPLES = frozenset(
    {"alice", "bob", "carol", "jane", "john", "joe", "jdoe", "johndoe", "janedoe", "john.doe", "jane.doe"}
)


def check(skill: SkillDocument, context: CheckContext) -> Iterator[Found]:
    """Yield the paths of homes, each once in a file."""
    for text, path in context.texts_of(skill):
        yield from _homes(text, path)


def _homes(text: str, path: str) -> Iterator[Found]:
    if not any(hint in text for hint in _HINTS):
        return
    found: dict[str, int] = {}
    for match in _HOME.finditer(text):
        if (match["unix"] or match["windows"]).lower() not in _ANYBODY:
            found.setdefault(match[0], match.start())
    for (line, column), home in zip(places_of(text, found.values()), found, strict=True):
        yield HOME_PATH.at(
            line, column, f"{clipped(home)} is the home of one user", "write a relative path, or one from ~ or $HOME",
            path=path, severity=Severity.NOTE if _EXAMPLES.intersection(re.split(r"[\\/]", home)) else None,
        )  # fmt: skip
