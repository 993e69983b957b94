"""Functions that the tests of run_function call in another process. Imports little, because each call imports it."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator


class Account:
    """A class whose objects travel."""

    def __init__(self, name: str) -> None:
        self.name = name

    def greeting(self, word: str) -> str:
        return f"{word} {self.name}"


class UnreadableError(Exception):
    """Cannot be unpickled: its arguments are not those that it was made with."""

    def __init__(self, code: int, text: str) -> None:
        super().__init__(f"{code}: {text}")


class TooShyError(Exception):
    def __str__(self) -> str:
        raise RuntimeError("no")


class Reluctant:
    """Refuses to be pickled with an exception of its own."""

    def __reduce__(self) -> Any:
        raise LookupError("not me")


class Vanishing:
    """Can be pickled but not unpickled in the process that asked."""

    def __init__(self, home: int) -> None:
        self.home = home

    def __reduce__(self) -> Any:
        return (_appear, (self.home,))


def _appear(home: int) -> Vanishing:
    if os.getpid() == home:
        raise ValueError("not at home")
    return Vanishing(home)


def add(left: int, right: int = 1) -> int:
    return left + right


def speak(text: str) -> None:
    print(text)
    print(text.upper(), file=sys.stderr)


def environment(name: str) -> str | None:
    return os.environ.get(name)


def where() -> tuple[str, int, int]:
    return os.getcwd(), os.getpid(), os.getppid()


def repeat(text: bytes, times: int) -> bytes:
    return text * times


def raise_key_error() -> None:
    try:
        os.environ.pop("LIBRARY_MISSING")
    except KeyError as error:
        raise KeyError("outer") from error


def raise_unreadable() -> None:
    raise UnreadableError(7, "seven")


def raise_shy() -> None:
    raise TooShyError


def raise_secret() -> None:
    print(os.environ["LIBRARY_TOKEN"])
    raise ValueError(os.environ["LIBRARY_TOKEN"])


def secret() -> str:
    return os.environ["LIBRARY_TOKEN"]


def leave(code: object) -> None:
    print("leaving", end="")
    sys.exit(code)  # type: ignore[arg-type]


def leave_hard(code: int) -> None:
    print("leaving")
    os._exit(code)


def kill_myself() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def hang(pid_file: str) -> None:
    child = subprocess.Popen(["sleep", "600"], start_new_session=True)
    Path(pid_file).write_text(str(child.pid))
    print("hanging")
    time.sleep(600)


def leave_thread() -> str:
    threading.Thread(target=time.sleep, args=(600,)).start()
    return "done"


def leave_child(pid_file: str) -> str:
    child = subprocess.Popen(["sleep", "600"])
    Path(pid_file).write_text(str(child.pid))
    return "done"


def allocate(megabytes: int) -> int:
    blocks = [bytearray(1 << 20) for _ in range(megabytes)]
    return len(blocks)


async def double(number: int) -> int:
    await asyncio.sleep(0)
    return number * 2


def count(end: int) -> Iterator[int]:
    yield from range(end)


async def count_slowly(end: int) -> AsyncIterator[int]:
    for number in range(end):
        yield number


def hidden_count(end: int) -> Iterator[int]:
    return count(end)


def new_lock() -> object:
    return threading.Lock()


def new_lambda() -> object:
    return lambda: 1


def new_account(name: str) -> Account:
    return Account(name)


def new_vanishing(home: int) -> Vanishing:
    return Vanishing(home)


def make_local() -> Any:
    def local() -> None:
        pass

    return local


def make_local_object() -> Any:
    class Local:
        def method(self) -> None:
            pass

    return Local()


def touch(path: str) -> None:
    Path(path).touch()


def speak_bytes() -> None:
    sys.stdout.buffer.write(b"\xff\x00 one\n")
    sys.stdout.flush()
    os.write(1, b"\x80 two\n")


def recurse(depth: int = 0) -> int:
    return recurse(depth + 1)


def nest(depth: int) -> list[Any]:
    nested: list[Any] = []
    for _ in range(depth):
        nested = [nested]
    return nested


def close_descriptors(error: str | None) -> str:
    for number in range(256):
        with contextlib.suppress(OSError):
            os.close(number)
    if error is not None:
        raise ValueError(error)
    return "closed"


def drop_streams() -> str:
    sys.stdout = sys.stderr = None
    return "dropped"


def raise_at_length(characters: int) -> None:
    raise ValueError("x" * characters)


def interrupt_myself() -> None:
    raise KeyboardInterrupt


def return_twice(path: str) -> str:
    """Return in a forked copy of the process, and when that is over in the process itself."""
    copy = os.fork()
    if copy == 0:
        return "the copy"
    os.waitpid(copy, 0)
    Path(path).touch()
    os._exit(0)


def raise_twice() -> str:
    copy = os.fork()
    if copy == 0:
        raise ValueError("the copy")
    os.waitpid(copy, 0)
    return "the original"
