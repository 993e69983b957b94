"""When a script is not started warm, it is started plainly and says why; and what warm imports do."""

from __future__ import annotations

import os
import signal
import sys
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from engine_runs import engine_in, run
from process_watch import until, until_dead
from warm_runs import plain, warm, written, zygotes

from pytest_orchestrator.config.settings import Limits

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from pytest_orchestrator.process.engine import Engine


@pytest.fixture
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    with engine_in(tmp_path_factory.mktemp("engine")) as engine:
        yield engine


@pytest.fixture
def script(tmp_path: Path) -> Path:
    return written(
        tmp_path / "a.py", "import sys\nprint('ran', sorted({'colorsys', 'this_is_mine'} & set(sys.modules)))"
    )


def test_a_run_without_warm_scripts_starts_no_interpreter(engine: Engine, script: Path) -> None:
    assert run(engine, plain(script)).exit_code == 0
    assert zygotes(engine) == []


def test_one_interpreter_serves_all_scripts_that_start_alike(engine: Engine, script: Path) -> None:
    outcomes = [run(engine, warm(script, str(number), env={b"N": b"%d" % number})) for number in range(5)]
    assert all(outcome.is_warm and outcome.exit_code == 0 for outcome in outcomes)
    first = zygotes(engine)[0]
    assert run(engine, warm(script)).is_warm
    assert zygotes(engine)[0] == first


def test_a_variable_that_acts_at_the_start_of_python_gets_an_interpreter_of_its_own(
    engine: Engine, tmp_path: Path
) -> None:
    path = written(tmp_path / "a.py", "import sys\nprint(sys.flags.optimize, sys.path[1])")
    seen = [
        run(engine, warm(path, env=env))
        for env in ({}, {b"PYTHONOPTIMIZE": b"2"}, {b"PYTHONPATH": b"/nowhere"}, {b"OTHER": b"1"})
    ]
    assert all(outcome.is_warm for outcome in seen)
    plainly = [run(engine, plain(path, env=env)) for env in ({b"PYTHONOPTIMIZE": b"2"}, {b"PYTHONPATH": b"/nowhere"})]
    assert [outcome.stdout.head for outcome in seen[1:3]] == [outcome.stdout.head for outcome in plainly]
    assert seen[0].stdout.head == seen[3].stdout.head != seen[1].stdout.head


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({"env": {b"PYTHONPATH": b"lib"}}, "its PYTHONPATH has an entry that is no absolute path"),
        ({"env": {b"PYTHONPATH": b"/a::/b"}}, "its PYTHONPATH has an entry that is no absolute path"),
        ({"env": {b"PYTHONVERBOSE": b"1"}}, "it writes something at its start: "),
        ({"env": {b"LONG": b"x" * 120_000}}, "its arguments and environment are too long"),
        ({"env": {b"COVERAGE_PROCESS_START": b"x"}}, "coverage.py measures it"),
        ({"limits": Limits(open_files=64)}, "its limits have to be set before its interpreter starts"),
        ({"imports": ("no_such_module",)}, "the warm import of 'no_such_module' failed: ModuleNotFoundError: "),
        ({"env": {b"PYTHONHOME": b"/nowhere"}}, "it "),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_script_that_cannot_be_started_warm_is_started_plainly_with_a_note(
    fields: dict[str, object], why: str, engine: Engine, script: Path
) -> None:
    outcome = run(engine, warm(script, **fields))  # type: ignore[arg-type]
    assert not outcome.is_warm
    (note,) = outcome.notes
    assert note.startswith(f"not started warm: {why}")
    assert outcome.exit_code == 0 or b"PYTHONHOME" in fields.get("env", {})  # type: ignore[operator]


def test_what_is_no_interpreter_leaves_scripts_to_a_plain_start(engine: Engine, script: Path) -> None:
    wanted = warm(script)
    assert wanted.warm is not None
    for executable, why in ((b"/bin/true", "it ended"), (b"/no/such", "its interpreter cannot be started: No such")):
        outcome = run(engine, replace(wanted, warm=replace(wanted.warm, executable=executable)))
        assert (outcome.is_warm, outcome.stdout.head) == (False, b"ran []\n")
        assert outcome.notes[0].startswith(f"not started warm: {why}")


def test_more_kinds_of_start_than_interpreters_may_wait_are_plain(engine: Engine, script: Path) -> None:
    outcomes = [run(engine, warm(script, env={b"PYTHON_KIND": b"%d" % number})) for number in range(10)]
    assert [outcome.is_warm for outcome in outcomes] == [True] * 8 + [False] * 2
    assert "8 interpreters wait already" in outcomes[-1].notes[0]
    assert run(engine, warm(script, env={b"PYTHON_KIND": b"3"})).is_warm


def test_warm_imports_are_there_before_the_script(engine: Engine, script: Path) -> None:
    outcome = run(engine, warm(script, imports=("colorsys",)))
    assert (outcome.stdout.head, outcome.notes) == (b"ran ['colorsys']\n", ())
    assert run(engine, warm(script)).stdout.head == b"ran []\n"


def test_a_module_beside_the_script_comes_before_a_warm_import(engine: Engine, script: Path) -> None:
    written(script.parent / "colorsys.py", "")
    outcome = run(engine, warm(script, imports=("colorsys",)))
    assert not outcome.is_warm
    assert "its directory has a 'colorsys' of its own" in outcome.notes[0]
    other = written(script.parent / "sub.py", "print(1)")
    (script.parent / "colorsys.py").unlink()
    assert run(engine, warm(other, imports=("colorsys",))).is_warm


def test_a_warm_import_with_a_thread_is_refused(engine: Engine, script: Path, tmp_path: Path) -> None:
    library = tmp_path / "library"
    library.mkdir()
    text = "import threading\nthreading.Thread(target=threading.Event().wait, daemon=True).start()"
    written(library / "this_is_mine.py", text)
    outcome = run(engine, warm(script, imports=("this_is_mine",), env={b"PYTHONPATH": os.fsencode(library)}))
    assert "its start leaves threads running" in outcome.notes[0]
    assert outcome.stdout.head == b"ran []\n"


def test_a_sitecustomize_of_the_user_runs_once_and_is_seen(engine: Engine, tmp_path: Path) -> None:
    library = tmp_path / "library"
    library.mkdir()
    written(library / "sitecustomize.py", "import os\nos.environ['CUSTOM'] = '1'\nVALUE = 7\n")
    text = (
        "import os, sys\nm = sys.modules['sitecustomize']\nprint(m.VALUE, m.__file__, os.environ['CUSTOM'], sys.path)"
    )
    path = written(tmp_path / "a.py", text)
    env = {b"PYTHONPATH": os.fsencode(library)}
    warmly, plainly = run(engine, warm(path, env=env)), run(engine, plain(path, env=env))
    assert warmly.is_warm
    assert warmly.stdout.head == plainly.stdout.head != b""


def test_a_broken_sitecustomize_is_left_to_a_plain_start(engine: Engine, tmp_path: Path, script: Path) -> None:
    library = tmp_path / "library"
    library.mkdir()
    written(library / "sitecustomize.py", "1 / 0")
    outcome = run(engine, warm(script, env={b"PYTHONPATH": os.fsencode(library)}))
    assert "its sitecustomize failed: ZeroDivisionError" in outcome.notes[0]
    assert outcome.stderr.head.startswith(b"Error in sitecustomize")


def test_an_interpreter_that_is_killed_leaves_later_scripts_to_a_plain_start(engine: Engine, script: Path) -> None:
    assert run(engine, warm(script)).is_warm
    for pid in zygotes(engine):
        with suppress(ProcessLookupError):  # what it had ready ends with it
            os.kill(pid, signal.SIGKILL)
    until(lambda: zygotes(engine) == [], "the end of the interpreter")
    outcome = run(engine, warm(script))
    assert (outcome.is_warm, outcome.exit_code) == (False, 0)
    assert outcome.notes[0] in ("not started warm: it was ended by signal 9", "not started warm: it ended unexpectedly")


def test_the_end_of_the_interpreter_alone_takes_what_it_had_ready_with_it(engine: Engine, script: Path) -> None:
    assert run(engine, warm(script)).is_warm
    until(lambda: len(zygotes(engine)) == 4, "the processes that are ready")
    first, *ready = zygotes(engine)
    os.kill(first, signal.SIGKILL)
    for pid in ready:
        until_dead(pid)
    assert not run(engine, warm(script)).is_warm


def test_a_ready_process_that_is_killed_is_made_again(engine: Engine, script: Path) -> None:
    assert run(engine, warm(script)).is_warm
    until(lambda: len(zygotes(engine)) == 4, "the processes that are ready")
    first, *ready = zygotes(engine)
    # One may just have been handed the next script, and die with it.
    for pid in ready:
        os.kill(pid, signal.SIGKILL)
    assert [run(engine, warm(script)).is_warm for _ in range(4)] == [True] * 4
    assert zygotes(engine)[0] == first


def test_usage_and_temporary_directory_are_those_of_the_script(engine: Engine, tmp_path: Path) -> None:
    text = "import os, time\nopen(os.environ['ORCHESTRATOR_TMP'] + '/x', 'w')\nwhile time.process_time() < 0.2: pass"
    outcome = run(engine, warm(written(tmp_path / "a.py", text), cwd=None))
    assert outcome.is_warm
    assert 0.2 <= outcome.cpu_time < 2
    assert outcome.max_rss_kb > 1000
    assert outcome.tmp is not None
    assert os.listdir(outcome.tmp) == [b"x"]


def test_the_command_line_that_others_see_is_the_scripts(engine: Engine, tmp_path: Path) -> None:
    text = "print(open('/proc/self/cmdline').read().rstrip('\\0').replace('\\0', ' '))"
    path = written(tmp_path / "a.py", text)
    outcome = run(engine, warm(path, "one", "two"))
    assert outcome.stdout.head.decode() == f"{sys.executable} {path} one two\n"
