"""Copies of a program that were forked while agents ran: they hold nothing up, and are not held up themselves."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

from session_programs import SUPPORT

if TYPE_CHECKING:
    from pathlib import Path

HEAD = """
import os, sys, threading
sys.path.insert(0, {support!r})

def copy(work):
    "Return the pid of a forked copy, and a descriptor that ends it when it is closed."
    reading, writing = os.pipe()
    pid = os.fork()
    if pid:
        os.close(reading)
        return pid, writing
    try:
        os.close(writing)
        work()
        os.read(reading, 1)
    finally:
        os._exit(0)
"""


def run(directory: Path, text: str) -> str:
    """Return what a program prints that must end by itself."""
    done = subprocess.run(
        [sys.executable, "-W", "ignore::DeprecationWarning", "-c", HEAD.format(support=str(SUPPORT)) + text],
        cwd=directory,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.stderr == ""
    return done.stdout


def test_the_books_of_a_budget_are_not_locked_by_a_copy(tmp_path: Path) -> None:
    text = """
from pathlib import Path
from pytest_orchestrator.agents.ledger import Ledger
ledger = Ledger(Path("budget.json"))
with ledger.hold():
    copy(lambda: None)
with ledger.hold():
    print("held again")
"""
    assert run(tmp_path, text) == "held again\n"


def test_a_copy_that_was_forked_while_somebody_wrote_to_the_terminal_can_write_there_too(tmp_path: Path) -> None:
    text = """
from pytest_orchestrator.agents import console
held, over = threading.Event(), threading.Event()

class Table:
    def lift(self): print("the table of another program")
    def put_back(self): pass

def hold():
    with console.SCREEN:
        console.standing.append(Table())
        held.set()
        over.wait()

threading.Thread(target=hold).start()
held.wait()
pid, writing = copy(lambda: console.show("copy", "hello"))
os.close(writing)
os.waitpid(pid, 0)
over.set()
"""
    assert run(tmp_path, text) == "[copy] hello\n"


def test_a_copy_lets_go_of_the_supervisor_and_the_directory_of_the_dispatcher(tmp_path: Path) -> None:
    text = """
from pytest_orchestrator.process.command import Command
from pytest_orchestrator.process.dispatcher import shared_dispatcher
shared_dispatcher().start(Command(argv=(b"/bin/true",), cwd=b"/", base_env={})).wait()

def tell():
    held = []
    for name in os.listdir("/proc/self/fd"):
        try:
            held.append(os.readlink(f"/proc/self/fd/{name}"))
        except OSError:
            pass
    ours = [each for each in held if each.startswith(("socket:", "anon_inode:", "/memfd:")) or "orchestrator" in each]
    print(ours, flush=True)

pid, writing = copy(tell)
os.close(writing)
os.waitpid(pid, 0)
"""
    assert run(tmp_path, text) == "[]\n"


def test_an_endpoint_that_was_closed_refuses_who_comes_although_a_copy_has_its_socket(tmp_path: Path) -> None:
    text = """
import socket
from pytest_orchestrator import ModelEndpoint
endpoint = ModelEndpoint(["x"])
copy(lambda: None)
endpoint.close()
try:
    socket.create_connection(("127.0.0.1", int(endpoint.url.rpartition(":")[2])), timeout=10)
except ConnectionRefusedError:
    print("refused")
"""
    assert run(tmp_path, text) == "refused\n"
