"""The links of a skill: files, anchors and definitions that they lead to. No address on the network is fetched."""

from __future__ import annotations

import os
import posixpath
import re
from typing import TYPE_CHECKING
from urllib.parse import unquote

from ...config.phrases import clipped
from ...quick_dataclasses import dataclass
from ..body_reader import read_body
from ..discovery import skill_file
from ..files import leads_outside
from ..finding import Part, Severity
from ..inline import Places, without_code
from ..places import lines_of
from ..rule import Rule

if TYPE_CHECKING:
    from collections.abc import Iterator
    from collections.abc import Set as AbstractSet

    from ..body import Link
    from ..context import CheckContext
    from ..document import SkillDocument
    from ..rule import Found

    _Anchors = dict[str, AbstractSet[str] | None]
    """The anchors of files, by their names; None of one that has none to be known."""

BROKEN_LINK = Rule(
    "SK401", "broken-link", Part.LINKS, Severity.ERROR,
    "The file or directory that a relative link or an image leads to exists.",
    "An agent follows the link when it needs what is said to be there, and then guesses. Paths count from the "
    "directory of the skill (Agent Skills standard).",
)  # fmt: skip
MISSING_ANCHOR = Rule(
    "SK402", "missing-anchor", Part.LINKS, Severity.WARNING,
    "The heading that a link leads to exists.",
    "Whoever follows the link arrives at the top of the file, or nowhere. Anchors are made of headings as GitHub makes "
    "them, compared by their letters and digits; `id` and `name` of HTML count too.",
)  # fmt: skip
LINK_OUTSIDE = Rule(
    "SK403", "link-outside", Part.LINKS, Severity.WARNING,
    "Links stay inside the directory of the skill.",
    "A skill is installed, copied and packed as a directory: what lies beside it does not come along. A link into "
    "another skill is a note only, since both may be installed together.",
)  # fmt: skip
UNDEFINED_REFERENCE = Rule(
    "SK404", "undefined-reference", Part.LINKS, Severity.WARNING,
    "A link of the form `[text][label]` has its definition `[label]: target`.",
    "Without the definition it is no link, and where it should lead is lost.",
)  # fmt: skip

RULES = (BROKEN_LINK, MISSING_ANCHOR, LINK_OUTSIDE, UNDEFINED_REFERENCE)

_ADDRESS = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+:|//|[^/\s]+@[^/\s]+\.\w+\Z")
_ABSOLUTE = re.compile(r"[/~\\]|[A-Za-z]:[/\\]|file:", re.IGNORECASE)
# What texts about links write in the place of a target.
_STAND_IN = re.compile(
    r"[<>{}$*|^]|\.\.\.[^/]|\u2026|\bpath/to/|\byour[-_]"
    r"|\A(?:\./)?(?:path|file|filename|link|target|example)(?:\.|\Z)|\Apath/|\.\.\.\Z",
    re.IGNORECASE,
)
_WITHOUT_EXTENSION = frozenset({"LICENSE", "NOTICE", "README", "CHANGELOG", "AUTHORS", "Makefile", "Dockerfile"})
_REFERENCE = re.compile(r"(?<![\w\[\]\\!)])\[([^\[\]\n]{1,200})\]\[([^\[\]\n]{0,200})\]")
_DEFINITION = re.compile(r"^[\s>*+-]{0,40}\[([^\[\]\n]{1,999})\]:", re.MULTILINE)
_NAMED = re.compile(r"""\b(?:id|name)\s{0,4}=\s{0,4}["']([^"'\n]{1,200})["']|\{#([^{}\s]{1,200})\}""")
_NOT_IN_ANCHOR = re.compile(r"[\W_]+")


@dataclass(frozen=True, slots=True)
class Target:
    """Where a link to a file leads."""

    name: str
    """The path from the skill's directory, normal and with ``/``; ``.`` for the skill's own file."""
    anchor: str
    """What stands behind ``#``; empty if there is nothing."""

    @property
    def is_outside(self) -> bool:
        """Whether it leads out of the directory by its ``..``."""
        return self.name == ".." or self.name.startswith("../")


def check(skill: SkillDocument, context: CheckContext) -> Iterator[Found]:
    """Yield the links that lead nowhere, or out of the skill."""
    anchors: _Anchors = {}
    for link in skill.body.links:
        written = link.target.strip()
        if _ABSOLUTE.match(written) and not written.startswith("//"):
            yield LINK_OUTSIDE.at(
                link.line, link.column, f"{_called(link)} leads to the absolute path {clipped(written)}",
                "write a path that counts from the directory of the skill",
            )  # fmt: skip
        elif is_local(written):
            yield from _local(skill, context, link, written, anchors)
    yield from _references(skill)


def is_local(written: str) -> bool:
    """Return whether a link leads to a file by a relative path."""
    return _ADDRESS.match(written) is None and _ABSOLUTE.match(written) is None


def target_of(written: str) -> Target | None:
    """Return where a relative link leads; None of a stand-in such as ``path/to/file`` or ``url``."""
    path, _, anchor = written.partition("#")
    path = path.partition("?")[0]
    if not path:
        return Target(".", unquote(anchor))
    # A word alone is what texts about links write; a file has an extension, or is in a directory.
    if _STAND_IN.search(path) or not ("." in path or "/" in path or path in _WITHOUT_EXTENSION):
        return None
    return Target(posixpath.normpath(unquote(path)), unquote(anchor))


def _local(skill: SkillDocument, context: CheckContext, link: Link, written: str, anchors: _Anchors) -> Iterator[Found]:
    if not written:
        message = f"{_called(link)} {clipped(link.text)} leads nowhere"
        yield BROKEN_LINK.at(link.line, link.column, message, "write where it leads, or remove it")
        return
    target = target_of(written)
    if target is None or "\0" in target.name:
        return
    path = os.path.join(skill.directory, target.name)
    if not (target.name == "." or skill.bundle.has(target.name) or os.path.exists(path)):
        slashed = posixpath.normpath(target.name.replace("\\", "/"))
        if "\\" in target.name and skill.bundle.has(slashed):
            remedy = f"write {slashed!r}"
        else:
            remedy = "correct the path, which counts from the directory of the skill, or add the file"
        message = f"{_called(link)} leads to {clipped(written)}, which does not exist"
        yield BROKEN_LINK.at(link.line, link.column, message, remedy)
    elif target.is_outside or _is_led_outside(skill, target.name):
        yield LINK_OUTSIDE.at(
            link.line, link.column, f"{_called(link)} leads to {clipped(written)}, outside of the skill's directory",
            "move or copy it into the skill", severity=Severity.NOTE if _is_in_skill(skill, path) else None,
        )  # fmt: skip
    elif target.anchor:
        if target.name not in anchors:
            anchors[target.name] = _anchors(skill, context, target.name)
        known, wanted = anchors[target.name], _plain_anchor(target.anchor)
        if wanted and known is not None and wanted not in known:
            where = "" if target.name == "." else f" of {clipped(target.name)}"
            message = f"{_called(link)} leads to {clipped('#' + target.anchor)}, which is no heading{where}"
            yield MISSING_ANCHOR.at(
                link.line, link.column, message,
                "write the anchor as it is made of the heading: in lower case, with hyphens for blanks",
            )  # fmt: skip


def _called(link: Link) -> str:
    return "the image" if link.is_image else "the link"


def _is_led_outside(skill: SkillDocument, name: str) -> bool:
    """Return whether a symbolic link leads what is called ``name`` out of the skill's directory."""
    file = skill.bundle.by_name.get(name)
    if name == "." or name in skill.bundle.directories or (file is not None and not file.is_link):
        return False
    return leads_outside(skill, name)


def _is_in_skill(skill: SkillDocument, path: str) -> bool:
    """Return whether ``path``, outside of the skill, is in the directory of another one."""
    directory = os.path.normpath(path)
    for _ in range(4):
        if skill.directory.startswith(os.path.join(directory, "")):
            return False
        if skill_file(directory) is not None:
            return True
        directory = os.path.dirname(directory)
    return False


def _anchors(skill: SkillDocument, context: CheckContext, name: str) -> AbstractSet[str] | None:
    """Return the anchors of a file; None of one that is no Markdown."""
    if name in (".", os.path.basename(skill.path)):
        text, body = skill.text, skill.body
    else:
        file = skill.bundle.by_name.get(name)
        found = context.text(file) if file is not None and file.is_markdown else None
        if found is None:
            return None
        text, body = found, read_body(lines_of(found), 1)
    named = (match[1] or match[2] for match in _NAMED.finditer(text))
    return {_plain_anchor(anchor) for anchor in (*(heading.slug for heading in body.headings), *named)}


def _plain_anchor(anchor: str) -> str:
    return _NOT_IN_ANCHOR.sub("", anchor).lower()


def _references(skill: SkillDocument) -> Iterator[Found]:
    defined: AbstractSet[str] | None = None
    for paragraph in skill.body.paragraphs:
        if "][" not in paragraph.text:
            continue
        places = Places(skill, paragraph)
        for match in _REFERENCE.finditer(without_code(paragraph.text)):
            label = match[2].strip() or match[1].strip()
            if defined is None:
                defined = {_plain_label(found[1]) for found in _DEFINITION.finditer(skill.body_text)}
            # A box to tick, and an index behind another, are no links.
            if _plain_label(label) in defined or not label.strip("xX") or label.isdecimal():
                continue
            line, column = places.of(match.start())
            yield UNDEFINED_REFERENCE.at(
                line, column, f"{clipped(match[0])} refers to {clipped(label)}, which is not defined",
                f"add a line '[{label}]: ' with where it leads, or write the target in parentheses",
            )  # fmt: skip


def _plain_label(label: str) -> str:
    return " ".join(label.split()).casefold()
