"""A command line of an agent that misbehaves in one of many ways: see the functions.

    misbehaving_program.py WAY [--hang] [--stream] MARK

When it has misbehaved it makes the file ``ready`` in its working directory, then ends; with --hang it never ends. With
--stream it says what it says as ``claude -p --output-format stream-json --verbose`` does. MARK is for who looks for
what is left of it.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import time

IS_STREAM = "--stream" in sys.argv
SAID = b"as far as it came\n"
MIB = 1 << 20


def write(data: bytes, file: int = 1) -> None:
    """Write all of it."""
    rest = memoryview(data)
    while rest:
        rest = rest[os.write(file, rest) :]


def say(data: bytes) -> None:
    """Write text, or the events that say it."""
    write(message(data.decode("utf-8", "surrogateescape")) if IS_STREAM else data)


def message(text: str) -> bytes:
    """Return the line of an assistant's message."""
    content = [{"type": "text", "text": text}]
    told = {"type": "assistant", "message": {"id": "msg_1", "role": "assistant", "content": content}}
    return json.dumps(told).encode("utf-8", "surrogateescape") + b"\n"


def hang() -> None:
    """Go on for ever."""
    while True:
        time.sleep(3600)


def in_child(*, session: bool = False) -> bool:
    """Fork; return True in the child."""
    if os.fork():
        return False
    if session:
        os.setsid()
    return True


def reads_nothing() -> None:
    """Its prompt is long, and it never reads it."""
    say(SAID)


def holds_its_terminal() -> None:
    """It makes its terminal raw, and waits there for keys."""
    import tty

    tty.setraw(0)
    say(SAID if os.isatty(0) else b"no terminal\n")
    if "--hang" in sys.argv:
        ready()
        os.read(0, 1)
        hang()


def floods_its_terminal() -> None:
    """It writes to its terminal without end."""
    say(SAID if os.isatty(0) else b"no terminal\n")
    if in_child():
        while True:
            write(b"x" * 4096, 0)


def starts_daemons() -> None:
    """It leaves a child, one in a session of its own, one that forked twice, and one without any environment."""
    for session in (False, True):
        if in_child(session=session):
            signal.signal(signal.SIGHUP, signal.SIG_IGN)
            hang()
    if in_child(session=True):
        if not in_child(session=True):
            os._exit(0)
        os.closerange(0, 64)
        hang()
    if in_child(session=True):
        os.execve(sys.executable, [*sys.orig_argv[:3], __file__, "only_hangs", "--hang", sys.argv[-1]], {})
    say(SAID)


def only_hangs() -> None:
    """What one of the daemons is."""


def ignores_signals() -> None:
    """It ignores SIGTERM, SIGINT and SIGHUP."""
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    say(SAID)


def stops_itself() -> None:
    """It stops itself and is never continued."""
    say(SAID)
    ready()
    os.kill(os.getpid(), signal.SIGSTOP)


def kills_its_parent() -> None:
    """It kills what has started it."""
    say(SAID)
    ready()
    os.kill(os.getppid(), signal.SIGKILL)
    hang()


def stops_its_parent() -> None:
    """It stops what has started it, and with it whoever looks at the clock."""
    say(SAID)
    os.kill(os.getppid(), signal.SIGSTOP)


def is_loud() -> None:
    """It writes 100 MB in lines of 80."""
    line = b"0123456789" * 7 + b" of many\n"
    assert len(line) == 79
    for _ in range(1250):
        write((line + b"\n") * 1000)


def writes_one_long_line() -> None:
    """It writes 50 MB without a newline."""
    for _ in range(50):
        write(b"x" * MIB)


def writes_without_end() -> None:
    """It writes short lines as fast as it can, and SIGTERM does not end it."""
    ignores_signals()
    ready()
    while True:
        write(b"y\n" * 32768)


def has_no_newline() -> None:
    """What it says does not end with a newline."""
    write(SAID.rstrip() if not IS_STREAM else message(SAID.decode()).rstrip())


def writes_odd_bytes() -> None:
    """It writes bytes that are no UTF-8, NUL, and half a character at the end."""
    say(SAID)
    write(b"\xff\xfe and \x00 and \xc3\x28 \xf0\x9f\n")
    write(b"\xff on stderr\n", 2)


def ends_lines_oddly() -> None:
    """It writes CRLF and lone CR."""
    write(b"one\r\ntwo\rthree\n\rfour\r\n")


def dies_by_segv() -> None:
    """SIGSEGV kills it."""
    say(SAID)
    die(signal.SIGSEGV)


def dies_by_kill() -> None:
    """SIGKILL kills it."""
    say(SAID)
    die(signal.SIGKILL)


def dies_by_hangup() -> None:
    """SIGHUP kills it, whose number is that of a time limit's exit code, but for the sign."""
    say(SAID)
    die(signal.SIGHUP)


def die(number: int) -> None:
    """Die by a signal; with --hang a child goes on."""
    import resource

    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    me = os.getpid()
    if "--hang" not in sys.argv:
        ready()
    elif in_child():
        while os.getppid() == me:  # whoever ends it now is too late
            time.sleep(0.005)
        ready()
        hang()
    os.kill(me, number)
    hang()


def prints_half_an_event() -> None:
    """It prints half a line of JSON and exits as if all was well."""
    say(SAID)
    write(b'{"type":"result","subtype":"succ')
    ready()
    if "--hang" not in sys.argv:
        os._exit(0)


def says_nothing() -> None:
    """It exits with 0 and has said nothing."""
    ready()
    if "--hang" not in sys.argv:
        os._exit(0)


def leaves_its_output_open() -> None:
    """A grandchild holds its stdout and stderr open."""
    say(SAID)
    if in_child() and in_child():
        hang()


def closes_its_output() -> None:
    """It closes stdout and stderr and goes on."""
    say(SAID)
    os.close(1)
    os.close(2)


def truncates_its_output() -> None:
    """It opens its stdout anew, which empties the file that it is."""
    write(b"x" * 5000 + b"\n")
    time.sleep(0.4)  # for who follows it
    os.ftruncate(1, 0)
    say(SAID)


def forks_without_end() -> None:
    """Each process forks the next one and exits, in chains, and every third one in a session of its own."""
    say(SAID)
    if in_child():
        for chain in range(4):
            if in_child(session=chain % 3 == 0):
                break
        while True:
            if os.fork():
                os._exit(0)
            time.sleep(0.001)


def speaks_after_its_death() -> None:
    """A child says something when its parent is dead."""
    say(SAID)
    parent = os.getpid()
    if in_child():
        while os.getppid() == parent:
            time.sleep(0.001)
        write(b"from the grave\n")
        os._exit(0)


def ready() -> None:
    """Tell that it is done."""
    os.close(os.open("ready", os.O_CREAT | os.O_WRONLY, 0o600))


def main() -> None:
    """Misbehave."""
    if IS_STREAM:
        start = {"type": "system", "subtype": "init", "session_id": "session-1", "model": "none", "cwd": os.getcwd()}
        write(json.dumps(start).encode() + b"\n")
    globals()[sys.argv[1]]()
    if not os.path.exists("ready"):
        ready()
    if "--hang" in sys.argv:
        hang()
    if IS_STREAM:
        result = {"type": "result", "subtype": "success", "is_error": False, "result": "done", "total_cost_usd": 0.25}
        lead = b"\n" if sys.argv[1] in ("has_no_newline", "writes_one_long_line") else b""
        write(lead + json.dumps(result).encode() + b"\n")


if __name__ == "__main__":
    main()
