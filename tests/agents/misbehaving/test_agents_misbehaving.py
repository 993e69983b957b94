"""Whatever an agent's command line does: its time is bounded, its end is told rightly, and nothing of it is left."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from misbehaving_agents import GRACE, HEAVY, SAID, SLOW, WAYS, Way, logged, process
from process_watch import marked, new_mark, resident_kb, until

from pytest_orchestrator.core.status import Reason, Status

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_orchestrator.agents.process import CliProcess
    from pytest_orchestrator.agents.result import ProcessResult

DRIVER = Path(__file__).with_name("misbehaving_driver.py")
LIMIT = 3.5
"""Seconds of a time limit: enough for the whole family to start at once."""
STREAMED = [Way("prints_half_an_event"), Way("says_nothing"), Way("has_no_newline"), Way("writes_odd_bytes")]


class Family:
    """All of the family, run at once in threads of one process."""

    def __init__(self, directory: Path, ways: list[Way], **more: Any) -> None:
        self.mark = new_mark()
        self.processes: dict[str, CliProcess] = {}
        self.results: dict[str, ProcessResult] = {}
        self.seconds: dict[str, float] = {}
        self.begun = time.monotonic()
        for way in ways:
            self.processes[way.name] = process(
                directory, way.name, self.mark, terminal=way.terminal, prompt=way.prompt, **more
            )
        self.threads = [threading.Thread(target=self._run, args=(name,)) for name in self.processes]
        for thread in self.threads:
            thread.start()

    def _run(self, name: str) -> None:
        self.results[name] = self.processes[name].run()
        self.seconds[name] = time.monotonic() - self.begun

    def join(self) -> None:
        for thread in self.threads:
            thread.join()
        assert marked(self.mark) == {}

    def log(self, name: str) -> bytes:
        path = self.results[name].log_path
        assert path is not None
        return logged(path)[0]


named = pytest.mark.parametrize("way", WAYS, ids=lambda way: way.name)


@pytest.fixture(scope="module")
def ended(tmp_path_factory: pytest.TempPathFactory) -> Family:
    """All that end by themselves."""
    family = Family(tmp_path_factory.mktemp("ended"), WAYS)
    family.join()
    return family


@named
def test_what_ends_by_itself_is_told_apart_and_all_of_its_output_is_kept(ended: Family, way: Way) -> None:
    result = ended.results[way.name]
    assert (str(result.status), result.exit_code, result.signal, result.limit) == (
        way.status,
        way.exit_code,
        way.signal,
        None,
    ), result
    assert result.output == way.output
    assert ended.log(way.name) == (way.logged or b"").removesuffix(b"\n")
    assert bool(result.left_processes) is way.leaves
    assert ended.seconds[way.name] < 3 * SLOW


@pytest.fixture(scope="module")
def limited(tmp_path_factory: pytest.TempPathFactory) -> Family:
    """All of them, with a time limit that they do not keep."""
    family = Family(tmp_path_factory.mktemp("limited"), WAYS, hang=True, timeout=LIMIT)
    family.join()
    return family


@named
def test_a_time_limit_ends_whatever_it_does_and_keeps_what_came_before(limited: Family, way: Way) -> None:
    result = limited.results[way.name]
    if way.dies:
        assert (str(result.status), result.exit_code, result.signal) == ("failed", way.exit_code, way.signal)
    else:
        assert (str(result.status), result.exit_code, result.signal) == ("timeout", -1, None), result
        assert result.limit is not None
        assert (result.limit.name, result.limit.value) == ("timeout", LIMIT)
        assert result.error == f"timed out after {LIMIT:g} s"
        assert result.duration >= LIMIT
    assert result.output.startswith(way.output.split("from the grave")[0])
    assert limited.log(way.name).startswith((way.logged or b"").split(b"\nfrom the grave")[0].removesuffix(b"\n"))
    assert limited.seconds[way.name] < LIMIT + GRACE + SLOW


@pytest.fixture(scope="module")
def terminated(tmp_path_factory: pytest.TempPathFactory) -> Family:
    """All of them, terminated from another thread when they have misbehaved."""
    directory = tmp_path_factory.mktemp("terminated")
    family = Family(directory, WAYS, hang=True)
    until(lambda: len(list(directory.glob("*/ready"))) == len(WAYS), "the whole family")
    family.begun = time.monotonic()
    for each in family.processes.values():
        each.terminate()
    family.join()
    return family


@named
def test_terminate_from_another_thread_ends_whatever_it_does(terminated: Family, way: Way) -> None:
    result = terminated.results[way.name]
    if way.dies:
        assert (str(result.status), result.exit_code, result.signal) == ("failed", way.exit_code, way.signal)
    else:
        assert (str(result.status), result.exit_code, result.limit) == ("cancelled", 130, None), result
        assert terminated.seconds[way.name] < GRACE + SLOW
    assert result.output.startswith(way.output.split("from the grave")[0])


def test_one_that_stops_itself_is_ended_at_its_limit(tmp_path: Path) -> None:
    mark = new_mark()
    begun = time.monotonic()
    result = process(tmp_path, "stops_itself", mark, timeout=0.7).run()
    assert (result.status, result.exit_code) == (Status.TIMEOUT, -1)
    assert time.monotonic() < begun + 0.7 + GRACE + SLOW
    assert marked(mark) == {}


def test_one_that_kills_its_parent_is_ended_and_told_and_the_next_one_runs(tmp_path: Path) -> None:
    mark = new_mark()
    result = process(tmp_path, "kills_its_parent", mark, timeout=30.0).run()
    assert (result.status, result.exit_code, result.reason) == (Status.ERROR, 1, Reason.INFRASTRUCTURE)
    assert result.output == SAID
    assert marked(mark) == {}
    assert process(tmp_path, "has_no_newline", mark).run().ok


def test_one_that_stops_its_parent_is_ended_at_its_limit_all_the_same(tmp_path: Path) -> None:
    mark = new_mark()
    begun = time.monotonic()
    result = process(tmp_path, "stops_its_parent", mark, hang=True, timeout=0.7).run()
    assert (result.status, result.exit_code) == (Status.TIMEOUT, -1)
    assert time.monotonic() < begun + 0.7 + GRACE + 2 * SLOW
    assert marked(mark) == {}


def test_silence_is_a_time_limit_of_its_own(tmp_path: Path) -> None:
    result = process(tmp_path, "closes_its_output", new_mark(), hang=True, idle_timeout=0.4).run()
    assert (result.status, result.exit_code, result.error) == (
        Status.TIMEOUT,
        -1,
        "no output for 0.4 s (idle_timeout)",
    )


def test_what_empties_the_file_of_its_output_is_followed_all_the_same(tmp_path: Path) -> None:
    result = process(tmp_path, "truncates_its_output", new_mark()).run()
    assert result.status is Status.PASSED
    assert result.output == "x" * 5000 + "\n" + SAID


# -- what speaks Claude Code's stream ---------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def streamed(tmp_path_factory: pytest.TempPathFactory) -> Family:
    """Some that print events, and end by themselves."""
    family = Family(tmp_path_factory.mktemp("streamed"), STREAMED, stream=True)
    family.join()
    return family


def test_half_an_event_and_exit_0_is_no_success(streamed: Family) -> None:
    result = streamed.results["prints_half_an_event"]
    assert (result.status, result.exit_code) == (Status.FAILED, 1)
    assert result.error == "exit 0, but its output ends before its result"
    assert result.output == SAID
    assert streamed.log("prints_half_an_event").endswith(b'{"type":"result","subtype":"succ')


def test_exit_0_without_a_word_is_no_success(streamed: Family) -> None:
    result = streamed.results["says_nothing"]
    assert (result.status, result.exit_code, result.output) == (Status.FAILED, 1, "")


@pytest.mark.parametrize("name", ["has_no_newline", "writes_odd_bytes"])
def test_what_surrounds_the_result_does_not_keep_it_from_being_read(streamed: Family, name: str) -> None:
    result = streamed.results[name]
    assert (result.status, result.exit_code, result.output, result.cost_usd) == (Status.PASSED, 0, "done", 0.25)
    assert result.transcript is not None
    assert [each.text for each in result.transcript.messages] == [SAID]


def test_at_a_time_limit_the_transcript_so_far_is_kept(tmp_path: Path) -> None:
    result = process(tmp_path, "ignores_signals", new_mark(), hang=True, stream=True, timeout=2.0).run()
    assert (result.status, result.exit_code, result.output) == (Status.TIMEOUT, -1, SAID)
    assert result.transcript is not None
    assert not result.transcript.is_complete
    assert result.session_id == "session-1"


# -- Ctrl-C, in a process of its own ----------------------------------------------------------------------------------


class Driver:
    """A process that runs some of the family in its main thread."""

    def __init__(self, directory: Path, how: str, words: list[str]) -> None:
        self.directory = directory
        self.mark = new_mark()
        self._process = subprocess.Popen(
            [sys.executable, str(DRIVER), how, str(directory), self.mark, *words],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self.read()["way"] == "ready"

    @property
    def pid(self) -> int:
        return self._process.pid

    def read(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        assert line, "it ended"
        told: dict[str, Any] = json.loads(line)
        return told

    def go(self) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write("\n")
        self._process.stdin.flush()

    def interrupt(self) -> None:
        self._process.send_signal(signal.SIGINT)

    def left(self) -> dict[int, str]:
        return {pid: command for pid, command in marked(self.mark).items() if pid != self.pid}

    def close(self) -> None:
        if self._process.poll() is None:
            self._process.kill()
        self._process.communicate()


@pytest.fixture
def drivers() -> Iterator[list[Driver]]:
    made: list[Driver] = []
    yield made
    for driver in made:
        driver.close()


def word(way: Way) -> str:
    return way.name + ":terminal" * way.terminal + ":long" * (len(way.prompt) > 100)


LASTING = [way for way in WAYS if not way.dies]


def test_ctrl_c_during_run_ends_whatever_it_does_before_it_is_raised(tmp_path: Path, drivers: list[Driver]) -> None:
    driver = Driver(tmp_path, "each", [word(way) for way in LASTING])
    drivers.append(driver)
    for way in LASTING:
        driver.go()
        until((tmp_path / way.name / "ready").exists, f"{way.name} to misbehave")
        begun = time.monotonic()
        driver.interrupt()
        told = driver.read()
        assert (told["way"], told["interrupted"]) == (way.name, True), told
        assert time.monotonic() - begun < GRACE + SLOW
        assert driver.left() == {}, way.name
        output, _ = logged(tmp_path / "logs" / f"{way.name}.log")
        assert output.startswith((way.logged or b"").split(b"\nfrom the grave")[0].removesuffix(b"\n")), way.name


def test_a_second_ctrl_c_does_not_wait_and_leaves_nothing_either(tmp_path: Path, drivers: list[Driver]) -> None:
    driver = Driver(tmp_path, "each", ["ignores_signals:patient"])
    drivers.append(driver)
    driver.go()
    until((tmp_path / "ignores_signals" / "ready").exists, "it to misbehave")
    driver.interrupt()
    begun = time.monotonic()
    log = tmp_path / "logs" / "ignores_signals.log"
    time.sleep(0.3)  # the first one has been heard, and waits for the grace period of two seconds
    assert b" interrupted: " not in log.read_bytes()
    driver.interrupt()
    assert driver.read()["interrupted"]
    assert time.monotonic() - begun < 1.8
    until(lambda: not driver.left(), f"the end of {driver.left()}")


def test_ctrl_c_during_run_parallel_ends_the_whole_family(tmp_path: Path, drivers: list[Driver]) -> None:
    driver = Driver(tmp_path, "parallel", [word(way) for way in LASTING])
    drivers.append(driver)
    until(lambda: len(list(tmp_path.glob("*/ready"))) == len(LASTING), "the whole family")
    begun = time.monotonic()
    driver.interrupt()
    told = {}
    while (line := driver.read())["way"] != "over":
        told[line["way"]] = line["result"]["status"], line["result"]["exit_code"]
    assert time.monotonic() - begun < GRACE + 2 * SLOW
    assert told == {way.name: ("cancelled", 130) for way in LASTING}
    assert driver.left() == {}


def test_nothing_is_left_when_the_process_that_runs_them_is_killed(tmp_path: Path, drivers: list[Driver]) -> None:
    driver = Driver(tmp_path, "parallel", [word(way) for way in LASTING])
    drivers.append(driver)
    until(lambda: len(list(tmp_path.glob("*/ready"))) == len(LASTING), "the whole family")
    driver.close()
    until(lambda: not driver.left(), f"the end of {driver.left()}")


def test_ctrl_c_at_any_moment_of_a_run_leaves_nothing(tmp_path: Path) -> None:
    command = [sys.executable, str(DRIVER.with_name("interrupted_anywhere.py")), str(tmp_path), "60", "1"]
    ran = subprocess.run(command, capture_output=True, text=True)
    assert (ran.returncode, ran.stderr) == (0, "")
    told = json.loads(ran.stdout)
    assert (told["raised"], told["left"], told["output"]) == (60, [], "well\n")
    assert told["slowest"] < SLOW
    assert told["after"] == told["before"]


# -- much of it -------------------------------------------------------------------------------------------------------


def test_megabytes_without_end_take_little_memory_and_bounded_time(tmp_path: Path, drivers: list[Driver]) -> None:
    words = [f"{way}:ends" + ":ahead" * (way == "writes_without_end") for way in HEAVY]
    driver = Driver(tmp_path, "each", words)
    drivers.append(driver)
    before = resident_kb(driver.pid) << 10
    told = {}
    for _ in HEAVY:
        driver.go()
        line = driver.read()
        told[line["way"]] = line
    assert {way: told[way]["result"]["status"] for way in HEAVY[:2]} == dict.fromkeys(HEAVY[:2], "passed")
    loud, long = ((tmp_path / "logs" / f"{way}.log").read_bytes() for way in HEAVY[:2])
    assert loud.count(b" of many\n") == 1_250_000
    assert long.count(b"x" * 1024) == 50 << 10
    assert len(told["is_loud"]["result"]["output"]) < 2 << 20
    endless = told["writes_without_end"]["result"]
    assert (endless["status"], endless["exit_code"], endless["limit"]["name"]) == ("failed", 1, "output_mb")
    assert told["writes_without_end"]["seconds"] < 20
    assert told["forks_without_end"]["result"]["status"] == "passed"
    assert told["forks_without_end"]["seconds"] < 10
    assert max(line["bytes"] for line in told.values()) < before + (32 << 20)
    assert driver.left() == {}
