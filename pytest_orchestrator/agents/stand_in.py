"""The program that stands in for a command: it answers as the first rule says that fits, and writes down the call.

Run as ``python -X utf8 -IS stand_in.pyc DIRECTORY NAME ARGUMENT…``; it imports nothing of this package and little else,
because it is started in place of what takes milliseconds.
"""

from __future__ import annotations

import marshal
import os
import re
import sys
import time

UNEXPECTED = 117
"""Exit status of a call that no rule fits, or that could not be written down: no usual program has it."""
STDIN_READ = 1 << 20
"""Bytes of standard input that a rule is asked about; what comes after them is read and forgotten."""
STDIN_KEPT = 64 << 10
"""Bytes of it that are written down."""
RULES, COUNTS, LOG, LOCK = "rules", "counts", "calls", "lock"
"""Names in the directory: one file for each command in the first two, which are directories."""
_COUNT_BYTES = 8
_LONGEST = 2000
"""Characters of a call that is shown."""
_READABLE = ("utf-8", "surrogateescape")

Match = re.Match[str] | None
Rule = tuple[str | list[str], str | None, int | None, float, bytes, bytes, int, list[tuple[str, bytes]]]
"""Arguments (a regular expression for all of them joined by blanks, or one for each), standard input, how many times,
seconds to wait; then the answer: stdout, stderr, exit status, files."""


def fits(pattern: str | list[str], words: list[str]) -> tuple[bool, Match]:
    """Return whether arguments are those of a rule, and what a single expression matched."""
    if isinstance(pattern, str):
        match = re.fullmatch(pattern, " ".join(words), re.DOTALL)
        return match is not None, match
    fit = len(pattern) == len(words) and all(
        re.fullmatch(each, word, re.DOTALL) for each, word in zip(pattern, words, strict=True)
    )
    return fit, None


def read_stdin() -> tuple[bytes, int]:
    """Read standard input to its end; return its start and its length."""
    start, size = b"", 0
    while True:
        try:
            block = os.read(0, 1 << 16)
        except OSError:  # it is closed, or a directory
            block = b""
        if not block:
            return start, size
        start += block[: STDIN_READ - len(start)]
        size += len(block)


def take(directory: str, name: str, rules: list[Rule], fitting: list[int], call: tuple[object, ...]) -> int | None:
    """Choose the first of the fitting rules that is not used up, and write the call down; both at once for all."""
    lock = os.open(f"{directory}/{LOCK}", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        os.lockf(lock, os.F_LOCK, 0)
        chosen = _count(f"{directory}/{COUNTS}/{name}", rules, fitting)
        log = os.open(f"{directory}/{LOG}", os.O_WRONLY | os.O_APPEND | os.O_CLOEXEC)
        try:
            line = f"{(time.time(), name, *call, chosen)!a}\n".encode("ascii")
            while line:
                line = line[os.write(log, line) :]
        finally:
            os.close(log)
    finally:
        os.close(lock)
    return chosen


def _count(path: str, rules: list[Rule], fitting: list[int]) -> int | None:
    counts = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        for index in fitting:
            used = int.from_bytes(os.pread(counts, _COUNT_BYTES, index * _COUNT_BYTES), "little")
            times = rules[index][2]
            if times is None or used < times:
                os.pwrite(counts, (used + 1).to_bytes(_COUNT_BYTES, "little"), index * _COUNT_BYTES)
                return index
    finally:
        os.close(counts)
    return None


def write(handle: int, data: bytes) -> None:
    """Write all of ``data``; end as a program does whose reader has gone."""
    try:
        while data:
            data = data[os.write(handle, data) :]
    except BrokenPipeError:
        os._exit(141)
    except OSError:  # it is closed: nobody wants to know
        return


def write_files(name: str, files: list[tuple[str, bytes]], match: Match) -> None:
    """Write the files of an answer; a group of the arguments may be part of a name. End with status 1 if one cannot."""
    for path, data in files:
        try:
            if match is not None and "\\" in path:
                path = match.expand(path)
            with open(path, "wb") as file:
                file.write(data)
            if data.startswith(b"#!"):
                os.chmod(path, 0o755)
        except (OSError, re.error, IndexError, ValueError) as error:
            write(2, f"{name}: cannot write {path!a}: {error}\n".encode(*_READABLE))
            os._exit(1)


def refusal(name: str, words: list[str], rules: list[Rule], *, is_used_up: bool) -> str:
    """Return what is said of a call that no rule is for: what was asked, and what is scripted."""
    import shlex

    asked = shlex.join([name, *words])[:_LONGEST].replace("\n", "\\n")
    why = "was answered as often as is scripted" if is_used_up else "is not scripted"
    lines = [f"pytest-orchestrator: this call of {name!r} {why}: {asked}"]
    lines += [f"scripted for {name!r}:" if rules else f"nothing is scripted for {name!r}"]
    for pattern, stdin, times, *_ in rules:
        shown = pattern if isinstance(pattern, str) else shlex.join(pattern)
        limits = [f"with stdin {stdin!r}"] if stdin is not None else []
        limits += [f"at most {times} times" if times != 1 else "once"] if times is not None else []
        lines.append(f"  {shown}" + (f"  ({', '.join(limits)})" if limits else ""))
    return "".join(f"{line}\n" for line in lines)


def main(directory: str, name: str, words: list[str]) -> int:
    """Answer one call; return the exit status."""
    with open(f"{directory}/{RULES}/{name}", "rb") as file:
        rules: list[Rule] = marshal.load(file)
    matches = {index: match for index, rule in enumerate(rules) for fit, match in [fits(rule[0], words)] if fit}
    data: bytes | None = None
    size = 0
    if any(rules[index][1] is not None for index in matches):
        data, size = read_stdin()
        text = data.decode(*_READABLE)
        for index in list(matches):
            wanted = rules[index][1]
            if wanted is not None and re.search(wanted, text, re.DOTALL) is None:
                del matches[index]
    try:
        cwd = os.getcwdb()
    except OSError:  # it was removed
        cwd = b""
    kept = None if data is None else data[:STDIN_KEPT]
    chosen = take(directory, name, rules, list(matches), ([os.fsencode(word) for word in words], cwd, kept, size))
    if chosen is None:
        write(2, refusal(name, words, rules, is_used_up=bool(matches)).encode(*_READABLE))
        return UNEXPECTED
    _, _, _, delay, stdout, stderr, exit_code, files = rules[chosen]
    if delay:
        time.sleep(delay)
    write_files(name, files, matches[chosen])
    write(1, stdout)
    write(2, stderr)
    return exit_code


if __name__ == "__main__":
    try:
        status = main(sys.argv[1], sys.argv[2], sys.argv[3:])
    except (OSError, ValueError, TypeError, LookupError, EOFError, re.error) as problem:
        # A full disk, a sandbox that lets nothing be written: an answer that is not in the log is none.
        write(2, f"pytest-orchestrator: the stand-in for {sys.argv[2]!r} failed: {problem!r}\n".encode(*_READABLE))
        status = UNEXPECTED
    os._exit(status)
