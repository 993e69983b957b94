"""Which files of a skill an agent comes to, from what its texts mention."""

from __future__ import annotations

import re
from collections import defaultdict, deque
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from .document import SkillDocument
    from .files import SkillFile

    Read = Callable[[SkillFile], "str | None"]

_CODE = frozenset({
    ".py", ".sh", ".bash", ".js", ".mjs", ".cjs", ".ts", ".tsx", ".jsx", ".rb", ".pl", ".ps1", ".java", "",
})  # fmt: skip
_PATH = re.compile(r"[\w./-]+")
_QUOTED = re.compile(r"`([\w-]{2,80})`")
_MODULE = re.compile(r"-m[ \t]+([\w.]+)")
_DIRECTORY = re.compile(r"\b(?:director(?:y|ies)|folders?|dir)\b")
_NAME_BEFORE = re.compile(r"([\w.-]{1,80})`?[ \t]{1,4}\Z")
# Any file of a kind: *.xsd, <language>.md, {name}.json
_ANY_OF_KIND = re.compile(r"[*>}\]][\w.-]{0,40}?(\.[A-Za-z]\w{0,9})\b")
_OWN_COMMENT = re.compile(r"<!--\s*orchestrate:.*?-->", re.DOTALL)


def reached_files(skill: SkillDocument, read: Read) -> Mapping[str, int]:
    """Return the names of the files that the texts of a skill lead to, with the number of steps from its ``SKILL.md``.

    A text leads to a file when it has its name, that of its directory, or a pattern for files of its kind; a program
    also when it has the name without its extension, as in an import. ``read`` returns the text of a file, None where
    it has none. What is in doubt counts as reached.
    """
    files = skill.bundle.files
    if not files:
        return {}
    index = _Index(files)
    reached: dict[str, int] = {}
    waiting: deque[tuple[str, int, bool]] = deque()
    # What silences a rule about a file is no mention of it.
    waiting.append((_OWN_COMMENT.sub("", skill.text), 0, False))
    while waiting and len(reached) < len(files):
        text, depth, is_code = waiting.popleft()
        for file in index.mentioned_in(text, is_code=is_code):
            if file.name not in reached:
                reached[file.name] = depth + 1
                found = read(file)
                if found is not None:
                    waiting.append((found, depth + 1, file.extension in _CODE))
    return reached


class _Index:
    """The files by what mentions them."""

    def __init__(self, files: Iterable[SkillFile]) -> None:
        self._by_name: dict[str, list[SkillFile]] = defaultdict(list)
        self._by_stem: dict[str, list[SkillFile]] = defaultdict(list)
        self._by_directory: dict[str, list[SkillFile]] = defaultdict(list)
        self._by_kind: dict[str, list[SkillFile]] = defaultdict(list)
        for file in files:
            *directories, name = file.name.split("/")
            self._by_name[name].append(file)
            stem = name.partition(".")[0]
            self._by_stem[stem].append(file)
            if directories:
                self._by_stem[f"{directories[-1]}/{stem}"].append(file)
            self._by_kind[file.extension].append(file)
            for depth, directory in enumerate(directories, 1):
                self._by_directory[directory].append(file)
                self._by_directory["/".join(directories[:depth])].append(file)
        self._by_kind.pop("", None)

    def mentioned_in(self, text: str, *, is_code: bool) -> list[SkillFile]:
        """Return the files that a text mentions and none before it did in the same way. Files may be there twice."""
        words: set[str] = set()
        directories: set[str] = set()
        paths: set[str] = set()
        for path in set(_PATH.findall(text)):
            parts = path.split("/")
            words.update(parts)
            words.update(part.strip(".-") for part in parts if part[-1:] in ".-" or part[:1] in ".-")
            if len(parts) > 1:  # scripts/brew, without an extension
                paths.add("/".join(parts[-2:]).rstrip("."))
            # references/ itself, references/*.md, references/<name>.md
            if parts[-1] in ("", "...") and len(parts) > 1:
                directories.update(("/".join(parts[:-1]).removeprefix("./"), parts[-2]))
        directories.update(_called_directories(text))
        stems = set(_QUOTED.findall(text)) | {name.rsplit(".", 1)[-1] for name in _MODULE.findall(text)} | paths
        if is_code:
            names = {part for word in words for part in word.split(".")}
            stems |= names
            directories |= names
        return [
            *_files_of(self._by_name, words),
            *_files_of(self._by_kind, {kind.lower() for kind in _ANY_OF_KIND.findall(text)}),
            *_files_of(self._by_directory, directories),
            *_files_of(self._by_stem, stems),
        ]


def _called_directories(text: str) -> Iterator[str]:
    """Yield what a text calls a directory or a folder: the ``assets`` folder."""
    for match in _DIRECTORY.finditer(text):
        if before := _NAME_BEFORE.search(text[max(0, match.start() - 100) : match.start()]):
            yield before[1]


def _files_of(index: dict[str, list[SkillFile]], keys: Iterable[str]) -> list[SkillFile]:
    # Taken out: where each of thousands of files names their directory, they would be gone through for each of them.
    return [file for key in keys for file in index.pop(key, ())]
