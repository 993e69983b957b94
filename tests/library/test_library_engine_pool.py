"""The engines behind the library: one for each call at a time, shared by all threads, gone with the process."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest
from library_scripts import is_alive, python, script
from process_watch import marked, new_mark, until, until_dead

from pytest_orchestrator import run_script
from pytest_orchestrator.process.pool import MAX_IDLE, shared_pool
from pytest_orchestrator.process.workplace import user_directory

if TYPE_CHECKING:
    from pathlib import Path


def program(directory: Path, text: str) -> subprocess.Popen[str]:
    """Start a Python program whose temporary files are in ``directory``."""
    environment = {**os.environ, "TMPDIR": str(directory)}
    return subprocess.Popen(
        [sys.executable, "-c", text], cwd=directory, env=environment, stdout=subprocess.PIPE, text=True
    )


def test_eight_threads_run_eight_scripts_at_the_same_time(tmp_path: Path) -> None:
    # Each waits for all the others, so it ends only if all of them run.
    text = f"touch {tmp_path}/$1; while [ $(ls {tmp_path} | grep -c '^[0-7]$') -lt 8 ]; do sleep 0.01; done"
    path = script(tmp_path, text)
    with ThreadPoolExecutor(8) as threads:
        results = list(threads.map(lambda number: run_script(path, 30, config={"args": [number]}), range(8)))
    assert [result["status"] for result in results] == ["passed"] * 8


def test_calls_one_after_another_share_a_supervisor_which_can_be_ended(tmp_path: Path) -> None:
    path = script(tmp_path, "echo $PPID")
    first = int(run_script(path)["stdout"])
    assert int(run_script(path)["stdout"]) == first
    assert is_alive(first)
    shared_pool().close_idle()
    assert not is_alive(first)
    assert int(run_script(path)["stdout"]) != first


def test_more_engines_than_needed_are_not_kept(tmp_path: Path) -> None:
    script(tmp_path, "echo $PPID; touch $1; while [ $(ls | grep -c '^[0-9]*$') -lt 12 ]; do sleep 0.01; done")
    text = """
import os, pathlib
from concurrent.futures import ThreadPoolExecutor
from pytest_orchestrator import run_script
with ThreadPoolExecutor(12) as threads:
    results = list(threads.map(lambda n: run_script("script.sh", 50, config={"args": [n]}), range(12)))
supervisors = {int(result["stdout"]) for result in results}
print(len(supervisors), sum(os.path.exists(f"/proc/{pid}") for pid in supervisors))
"""
    assert python(tmp_path, text).stdout == f"12 {MAX_IDLE}\n"


def test_nothing_is_left_when_the_process_ends(tmp_path: Path) -> None:
    script(tmp_path, "echo $PPID; echo x >$ORCHESTRATOR_TMP/file; exit 1")
    text = "from pytest_orchestrator import run_script; print(run_script('script.sh')['stdout'])"
    process = program(tmp_path, text)
    supervisor = int(process.communicate(timeout=60)[0])
    assert not is_alive(supervisor)
    assert [path.name for path in tmp_path.rglob("*") if path.is_file()] == ["script.sh", ".lock"]


def test_a_forked_process_has_engines_of_its_own(tmp_path: Path) -> None:
    script(tmp_path, "echo $PPID")
    text = """
import os
from pytest_orchestrator import run_script
first = run_script("script.sh")["stdout"]
child = os.fork()
mine = run_script("script.sh")
assert mine["status"] == "passed", mine
if child:
    assert mine["stdout"] == first
    print(os.waitpid(child, 0)[1], run_script("script.sh")["stdout"] == first)
else:
    os._exit(0 if mine["stdout"] != first else 1)
"""
    done = python(tmp_path, text, PYTHONWARNINGS="error")
    assert (done.stdout, done.stderr) == ("0 True\n", "")


def test_a_fork_during_a_call_in_another_thread_hangs_nobody(tmp_path: Path) -> None:
    script(tmp_path, "mkfifo started go; : >started; : <go")
    text = """
import os, threading
from pytest_orchestrator import run_script
results = []
thread = threading.Thread(target=lambda: results.append(run_script("script.sh", 50)))
thread.start()
while not os.path.exists("started"):
    pass
open("started").close()
child = os.fork()
if child == 0:
    os._exit(0 if run_script("/bin/true", config={"interpreter": "env"})["status"] == "passed" else 1)
print(os.waitpid(child, 0)[1])
open("go", "w").close()
thread.join()
print(results[0]["status"])
"""
    done = python(tmp_path, text, PYTHONWARNINGS="ignore")  # Python 3.12 warns of any fork beside a thread
    assert (done.stdout, done.stderr) == ("0\npassed\n", "")


def test_ctrl_c_ends_the_script_and_the_next_call_works(tmp_path: Path) -> None:
    script(tmp_path, "mkfifo started; echo $$ >started; sleep 600")
    script(tmp_path, "echo next", "next.sh")
    text = """
from pytest_orchestrator import run_script
try:
    run_script("script.sh")
except KeyboardInterrupt:
    print("interrupted")
print(run_script("next.sh")["stdout"])
"""
    process = program(tmp_path, text)
    until((tmp_path / "started").exists, "the script runs")
    pid = int((tmp_path / "started").read_text())
    process.send_signal(signal.SIGINT)
    assert process.communicate(timeout=60)[0] == "interrupted\nnext\n\n"
    assert not is_alive(pid)


def test_ctrl_c_ends_the_process_of_a_function(tmp_path: Path) -> None:
    (tmp_path / "slow.py").write_text(
        "import os, time\ndef work():\n    with open('started', 'w') as file:\n        file.write(str(os.getpid()))\n"
        "    os.rename('started', 'pid')\n    time.sleep(600)\n"
    )
    text = """
import sys
sys.path.insert(0, "")
import slow
from pytest_orchestrator import run_function
try:
    run_function(slow.work)
except KeyboardInterrupt:
    print("interrupted")
"""
    process = program(tmp_path, text)
    until((tmp_path / "pid").exists, "the function runs")
    pid = int((tmp_path / "pid").read_text())
    process.send_signal(signal.SIGINT)
    assert process.communicate(timeout=60)[0] == "interrupted\n"
    assert not is_alive(pid)


def test_a_killed_process_leaves_no_program_and_the_next_one_removes_its_files(tmp_path: Path) -> None:
    script(tmp_path, "mkfifo started; echo x >$ORCHESTRATOR_TMP/file; echo $$ $PPID >started; sleep 600")
    script(tmp_path, "true", "next.sh")
    process = program(tmp_path, "from pytest_orchestrator import run_script; run_script('script.sh')")
    until((tmp_path / "started").exists, "the script runs")
    pids = [int(pid) for pid in (tmp_path / "started").read_text().split()]
    process.kill()
    process.wait()
    process.stdout.close()  # type: ignore[union-attr]  # it was asked for
    for pid in pids:  # while the supervisor saves what the script wrote, the directory is in use
        until_dead(pid)
    following = program(tmp_path, "from pytest_orchestrator import run_script; run_script('next.sh')")
    following.communicate(timeout=60)
    assert following.returncode == 0
    assert list(tmp_path.glob("pytest-orchestrator-*/run-*")) == []


def test_files_of_a_living_process_are_left_alone(tmp_path: Path) -> None:
    script(tmp_path, "mkfifo started go; : >started; : <go; echo fine")
    script(tmp_path, "true", "next.sh")
    text = "from pytest_orchestrator import run_script; result = run_script('script.sh'); print(result['stdout'])"
    process = program(tmp_path, text)
    until((tmp_path / "started").exists, "the script runs")
    (tmp_path / "started").read_text()
    following = program(tmp_path, "from pytest_orchestrator import run_script; run_script('next.sh')")
    following.communicate(timeout=60)
    (tmp_path / "go").write_text("")
    assert process.communicate(timeout=60)[0] == "fine\n\n"


@pytest.mark.parametrize("kind", ["link", "file"])
def test_a_shared_directory_that_is_not_ours_is_not_used(
    tmp_path: Path, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = tmp_path / f"pytest-orchestrator-{os.getuid()}"
    (tmp_path / "elsewhere").mkdir()
    name.symlink_to(tmp_path / "elsewhere") if kind == "link" else name.touch()
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    assert user_directory() is None
    script(tmp_path, "echo fine")
    process = program(tmp_path, "from pytest_orchestrator import run_script; print(run_script('script.sh')['status'])")
    assert process.communicate(timeout=60)[0] == "passed\n"
    assert list((tmp_path / "elsewhere").iterdir()) == []


def test_others_cannot_look_into_the_shared_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    name = tmp_path / f"pytest-orchestrator-{os.getuid()}"
    name.mkdir(mode=0o777)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    assert user_directory() == name
    assert name.stat().st_mode & 0o777 == 0o700


def test_a_daemon_thread_in_a_call_is_no_obstacle_to_the_end(tmp_path: Path) -> None:
    mark = new_mark()
    script(tmp_path, f"mkfifo started; : >started; exec sleep {mark}")
    text = """
import threading
from pytest_orchestrator import run_script
threading.Thread(target=run_script, args=("script.sh",), daemon=True).start()
import os
while not os.path.exists("started"):
    pass
open("started").close()
"""
    done = python(tmp_path, text, TMPDIR=str(tmp_path))
    assert (done.returncode, done.stderr) == (0, "")
    until(lambda: not marked(mark), "the script ends with the process")
