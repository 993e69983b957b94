"""One thing for each process: made when somebody asks, closed at the end, let go of and made anew in a fork."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

TEXT = """
import os, sys
from pytest_orchestrator.process.per_process import PerProcess

class Thing:
    def __init__(self):
        print("made", flush=True)
    def close(self):
        print("closed", flush=True)
    def forget(self):
        print("forgotten", flush=True)

place = PerProcess(Thing)
"""


def run(directory: Path, text: str) -> list[str]:
    done = subprocess.run(
        [sys.executable, "-c", TEXT + text], cwd=directory, capture_output=True, text=True, timeout=60
    )
    assert done.stderr == ""
    return done.stdout.splitlines()


def test_it_is_made_once_and_closed_when_the_process_ends(tmp_path: Path) -> None:
    assert run(tmp_path, "print(place.get() is place.get())") == ["made", "True", "closed"]


def test_nothing_is_made_and_closed_for_nobody(tmp_path: Path) -> None:
    assert run(tmp_path, "os.fork() or sys.exit()\nos.wait()") == []


def test_a_copy_lets_go_of_it_and_makes_its_own(tmp_path: Path) -> None:
    text = """
first = place.get()
if os.fork() == 0:
    print(place.get() is first, flush=True)
    sys.exit()
os.wait()
print(place.get() is first, flush=True)
"""
    assert run(tmp_path, text) == ["made", "forgotten", "made", "False", "closed", "True", "closed"]


def test_a_copy_that_was_forked_while_it_was_being_made_makes_its_own(tmp_path: Path) -> None:
    text = """
import threading, warnings
warnings.simplefilter("ignore")  # Python 3.12 warns of any fork beside a thread
begun, over = threading.Event(), threading.Event()

class Slow(Thing):
    def __init__(self):
        if threading.current_thread() is not threading.main_thread():
            begun.set()
            over.wait()
        super().__init__()

slow = PerProcess(Slow)
thread = threading.Thread(target=slow.get)
thread.start()
begun.wait()
if os.fork() == 0:
    slow.get()
    sys.exit()
os.wait()
over.set()
thread.join()
"""
    assert run(tmp_path, text) == ["made", "closed", "made", "closed"]
