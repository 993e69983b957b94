"""Where the log and the output of an item are kept, and the logs themselves."""

from __future__ import annotations

import hashlib
import os
import re
import stat
from functools import lru_cache
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

from ..config.given_arguments import Arguments
from ..core.jsontext import Members
from ..core.names import escape_name
from ..errors import ReportError

if TYPE_CHECKING:
    from collections.abc import Mapping

_COMPONENT = 200
"""Longest name of a file or directory made here, in bytes; file systems take 255, and temporary names need some."""
_STEM = _COMPONENT - len(".stdout")
_WHOLE = 1000
"""Longest path made here, in bytes; systems take 4096, and the report directory comes in front."""

# Letters, digits and the few signs that no shell, URL or artifact store takes for something else. Combining
# marks are not among them: two spellings of one name would be one file where the file system normalizes.
_PLAIN = r"[\w.+=,-]+"
_PLAIN_ID = re.compile(rf"((?:\.\./)*|/)((?:{_PLAIN}/)*{_PLAIN})::({_PLAIN})(?:\[({_PLAIN})\])?")
_ODD = re.compile(r"[^\w.+=,-]", re.ASCII)
_TAKEN_SUFFIXES = (".json", ".stdout", ".stderr")
LOGS = "logs"
"""The directory of logs in a report directory."""
_RESERVED = frozenset({".", "..", "_up", "_root"})


def _fits(text: str, limit: int) -> bool:
    return len(text) <= limit // 4 or len(text.encode("utf-8", "surrogatepass")) <= limit


def _plain_stem(nodeid: str) -> str | None:
    """Return a readable path for an id without anything odd in it; None for the others.

    Different ids give different paths: ``@`` and ``~`` are in none of the parts, and the names that stand for
    the root and the parent directory count as odd.
    """
    match = _PLAIN_ID.fullmatch(nodeid)
    if match is None:
        return None
    start, path, name, case = match.groups()
    *directories, file = path.split("/")
    for part in directories:
        if part in _RESERVED or part.endswith(_TAKEN_SUFFIXES) or not _fits(part, _COMPONENT):
            return None
    if file in _RESERVED:
        return None
    if name != "run":
        file = f"{file}@@{name}"
    if case is not None:
        file = f"{file}@{case}"
    if start:
        directories[:0] = ["_root"] if start == "/" else ["_up"] * start.count("/")
    stem = "/".join([*directories, file])
    return stem if _fits(file, _STEM) and _fits(stem, _WHOLE) else None


def _odd_stem(nodeid: str) -> str:
    """Return a path for any id: what is odd in it replaced, and a hash of the whole id, which keeps it unique."""
    digest = hashlib.sha256(nodeid.encode("utf-8", "surrogatepass")).hexdigest()[:20]
    path, _, name = nodeid.partition("::")
    *parts, file = path.split("/")
    directories = ["_root"] if path.startswith("/") else []
    for part in parts:
        if part not in ("", "."):
            part = "_up" if part == ".." else _ODD.sub("_", part)[: _COMPONENT - 1]
            # No directory may have the name that some log has.
            directories.append(f"{part}_" if part.endswith(_TAKEN_SUFFIXES) else part)
    if name != "run":
        file = f"{file}@{name.removeprefix('run')}"
    file = f"{_ODD.sub('_', file)[: _STEM - len(digest) - 1]}~{digest}"
    stem = "/".join([*directories, file])
    return stem if len(stem) <= _WHOLE else f"_long/{file}"


# Asked for when an item starts, for its output, and when it has ended, for its log.
@lru_cache(maxsize=512)
def _stem(nodeid: str) -> str:
    return f"{LOGS}/{_plain_stem(nodeid) or _odd_stem(nodeid)}"


def log_path(nodeid: str) -> PurePosixPath:
    """Return where the JSON log of an item is, relative to the report directory.

    ``scripts/backup.sh::run`` gives ``logs/scripts/backup.sh.json``, its case ``::run[nightly]``
    ``logs/scripts/backup.sh@nightly.json`` (brackets are globs to a shell). Ids with anything odd in them get a
    readable name with a hash. Different ids have different paths, no component is longer than 200 bytes, and no
    path leaves ``logs/``: ``../`` becomes ``_up/``, a leading ``/`` ``_root/``.
    """
    return PurePosixPath(f"{_stem(nodeid)}.json")


def output_files(report_dir: str, nodeid: str) -> tuple[bytes, bytes]:
    """Return where the whole stdout and stderr of an item are kept below ``report_dir``.

    They stand beside its log, when that holds a part of them only.
    """
    stem = os.fsencode(f"{report_dir}/{_stem(nodeid)}")
    return stem + b".stdout", stem + b".stderr"


def beside_log(report_dir: str, nodeid: str, extension: str) -> str:
    """Return the path below ``report_dir`` of a file that has the name of an item's log, with another extension."""
    return f"{report_dir}/{_stem(nodeid)}{_ODD.sub('_', extension)[:20]}"


def log_text(nodeid: str, result: Mapping[str, Any] | Members) -> str:
    """Return the log of an item: its result dictionary as JSON, one key a line, and its id as the last key."""
    if not isinstance(result, Members):
        result = Members({key: value for key, value in result.items() if key != "nodeid"})
    return result.readable(nodeid=nodeid)


def write_log(
    report_dir: str | os.PathLike[str],
    nodeid: str,
    result: Mapping[str, Any] | Members,
    *,
    new: bool = False,
    old_logs: str | None = None,
) -> str:
    """Write the log of an item below ``report_dir`` and return its path.

    With ``new`` an existing file is never overwritten: ``FileExistsError`` then says that it is there. ``old_logs`` is
    a directory laid out like ``logs/`` whose files may be used again.
    Raises :class:`~pytest_orchestrator.errors.ReportError` when the file cannot be written.
    """
    stem = _stem(nodeid)
    path = f"{os.fspath(report_dir)}/{stem}.json"
    content = log_text(nodeid, result).encode()
    try:
        if old_logs is None or not _reused(f"{old_logs}{stem.removeprefix(LOGS)}.json", path, content):
            descriptor = _created(path, os.O_EXCL if new else os.O_TRUNC)
            try:
                _write(descriptor, content)
            finally:
                os.close(descriptor)
    except OSError as error:
        if new and isinstance(error, FileExistsError) and os.path.isfile(path):
            raise
        raise ReportError(f"cannot write the log {path!r}: {error.strerror}") from error
    return path


def _write(descriptor: int, content: bytes) -> None:
    written = 0
    while written < len(content):
        written += os.write(descriptor, memoryview(content)[written:])


def _reused(old: str, path: str, content: bytes) -> bool:
    """Write ``content`` into an old log and move it to ``path``; return False when there is none, or it is not ours.

    To remove a file and create another takes twice as long. So does it to empty it first: ext4 takes that for the
    replacement of a precious file, and writes it to disk at once.
    """
    try:
        descriptor = os.open(old, os.O_WRONLY | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError:
        return False
    try:
        found = os.fstat(descriptor)
        # A script may have put a link or a directory there, and a user may have kept a copy as a hard link.
        if not stat.S_ISREG(found.st_mode) or found.st_nlink != 1:
            return False
        _write(descriptor, content)
        if found.st_size > len(content):
            os.ftruncate(descriptor, len(content))
    finally:
        os.close(descriptor)
    # Not before it is whole: whoever is killed here leaves no old text under a new name.
    try:
        os.rename(old, path)
    except FileNotFoundError:
        os.makedirs(os.path.dirname(path), exist_ok=True)
        os.rename(old, path)
    return True


def _created(path: str, flag: int) -> int:
    flags = os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW | flag
    try:
        return os.open(path, flags, 0o666)
    except FileNotFoundError:
        os.makedirs(os.path.dirname(path), exist_ok=True)
        return os.open(path, flags, 0o666)


def result_id(result: Mapping[str, Any], number: int = 1) -> str:
    """Return the id of a plain result dictionary: its own ``nodeid``, else one made as pytest's would be.

    The path is relative to the current directory where it lies below it. ``number`` tells apart several results
    of the same script. Raises :class:`~pytest_orchestrator.errors.ReportError` for a dictionary with neither
    ``script`` nor ``name``.
    """
    known = result.get("nodeid")
    if isinstance(known, str) and known:
        nodeid = known
    else:
        path = result.get("script") or result.get("name")
        if not isinstance(path, str):
            raise ReportError(
                f"a result needs a 'script' or a 'name' (text), this one has the keys {sorted(map(str, result))}: "
                "give the dictionary that run_script or run_function returned"
            )
        here = f"{escape_name(os.getcwd())}/"
        case = result.get("case")
        nodeid = f"{path.removeprefix(here)}::run{f'[{case}]' if case else ''}"
    return nodeid if number == 1 else f"{nodeid}@{number}"


def save_log(result: Mapping[str, Any], output_dir: str | os.PathLike[str]) -> Path:
    """Write one result as a JSON log below ``output_dir`` and return its path (seed 004, ``save_log``).

    The log of ``scripts/backup.sh`` is ``logs/scripts/backup.sh.json``. A file that is already there is kept, and
    the log gets a name of its own: two results never share a file, not even from two processes.
    Raises :class:`~pytest_orchestrator.errors.ReportError` when the result has no name or the file cannot be written.
    """
    given = Arguments()
    given.mapping("result", result, "give the dictionary that run_script or run_function returned")
    given.path("output_dir", output_dir)
    given.check()
    number = 1
    while True:
        try:
            return Path(write_log(output_dir, result_id(result, number), result, new=True))
        except FileExistsError:
            number += 1
