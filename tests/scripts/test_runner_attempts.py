"""A script from its start to its result, again as its retry policy says, and what is kept of it."""

from __future__ import annotations

import logging
import os
import time
from typing import TYPE_CHECKING

import pytest
from process_watch import files_below, marked, new_mark, sleepers, until
from script_runs import context, has_outcome, keep_in, runner_in, spec

from pytest_orchestrator.config.settings import Limits
from pytest_orchestrator.core.retry import RetryPolicy
from pytest_orchestrator.core.status import Reason, Status

if TYPE_CHECKING:
    from pathlib import Path

_COUNT = 'echo x >> "$COUNTER"; n=$(wc -l < "$COUNTER"); '


def test_a_script_runs_once_and_gives_its_result(tmp_path: Path) -> None:
    with runner_in(tmp_path) as runner:
        result = runner.run(spec(tmp_path, "echo $ORCHESTRATOR_ITEM; pwd"), context(tmp_path))
    assert (result.status, result.exit_code, result.attempts) == (Status.PASSED, 0, ())
    assert result.stdout == f"scripts/a.sh::run\n{tmp_path}\n"


def test_a_flaky_script_is_tried_again_and_every_attempt_recorded(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "pytest_orchestrator.scripts")
    made = spec(
        tmp_path,
        _COUNT + 'echo "attempt $n"; exit $((n < 3 ? n : 0))',
        env={"COUNTER": str(tmp_path / "counter")},
        retry=RetryPolicy(max_attempts=5, initial_delay=0.02, factor=2.0),
    )
    with runner_in(tmp_path) as runner:
        before = time.monotonic()
        result = runner.run(made, context(tmp_path))
        assert time.monotonic() - before >= 0.06
    assert (result.status, result.stdout) == (Status.PASSED, "attempt 3\n")
    assert [(attempt.status, attempt.exit_code) for attempt in result.attempts] == [
        (Status.FAILED, 1), (Status.FAILED, 2), (Status.PASSED, 0),
    ]  # fmt: skip
    assert result.attempts[0].error == "exit 1, expected 0"
    assert [record.getMessage() for record in caplog.records] == [
        "attempt 2 of scripts/a.sh::run",
        "attempt 3 of scripts/a.sh::run",
    ]


def test_a_script_that_never_passes_has_its_last_result(tmp_path: Path) -> None:
    made = spec(tmp_path, _COUNT + "exit $n", env={"COUNTER": str(tmp_path / "counter")}, retry=RetryPolicy(3))
    with runner_in(tmp_path) as runner:
        result = runner.run(made, context(tmp_path))
    assert (result.status, result.exit_code, len(result.attempts)) == (Status.FAILED, 3, 3)


def test_what_cannot_be_started_is_not_tried_again(tmp_path: Path) -> None:
    made = spec(tmp_path, "exit 0", cwd="nowhere", retry=RetryPolicy(3))
    with runner_in(tmp_path) as runner:
        result = runner.run(made, context(tmp_path))
    assert (result.status, result.reason, result.attempts) == (Status.ERROR, Reason.NOT_STARTABLE, ())


def test_only_the_last_attempt_keeps_files(tmp_path: Path) -> None:
    text = _COUNT + 'touch "$ORCHESTRATOR_TMP/$n"; test $n = 1 && head -c 200000 /dev/zero; exit 1'
    made = spec(tmp_path, text, env={"COUNTER": str(tmp_path / "counter")}, retry=RetryPolicy(2))
    with runner_in(tmp_path) as runner:
        result = runner.run(made, context(tmp_path), keep_in(tmp_path))
        assert result.tmp is not None
        assert os.listdir(result.tmp) == ["2"]
        assert result.stdout_file is None
    assert [path for path in files_below(tmp_path / "reports" / "logs") if "stdout" in path] == []
    assert len([path for path in files_below(tmp_path / "reports" / "work") if path.rpartition("/")[2] in "12"]) >= 1


@pytest.mark.parametrize(
    ("text", "reports", "kept"),
    [
        ("exit 0", True, False),
        ("exit 1", True, True),
        ("exit 1", False, False),
        ("sleep 600", True, True),
        ("exit 77", True, False),
    ],
)
def test_the_temporary_directory_is_kept_after_a_failure_if_there_are_reports(
    text: str, reports: bool, kept: bool, tmp_path: Path
) -> None:
    made = spec(tmp_path, f'mkdir -m 0 "$ORCHESTRATOR_TMP/locked"\n{text}', timeout=0.3, skip_exit_codes=(77,))
    with runner_in(tmp_path) as runner:
        result = runner.run(made, context(tmp_path, reports=reports))
    assert (result.tmp is not None) == kept
    assert bool(files_below(tmp_path / "reports" / "work")) == kept
    if result.tmp is not None:
        assert os.listdir(result.tmp) == ["locked"]


def test_long_output_is_kept_below_the_reports(tmp_path: Path) -> None:
    made = spec(tmp_path, "seq 1 50000; echo $MY_SECRET; seq 1 40000 >&2", env={"MY_SECRET": "swordfish"})
    with runner_in(tmp_path) as runner:
        result = runner.run(made, context(tmp_path), keep_in(tmp_path))
    assert (result.stdout_file, result.stderr_file) == ("logs/a.stdout", "logs/a.stderr")
    kept = (tmp_path / "reports" / "logs" / "a.stdout").read_text()
    assert kept.endswith("\n50000\n[redacted]\n")
    assert files_below(tmp_path / "reports") == ["logs", "logs/a.stderr", "logs/a.stdout"]


def test_an_exception_while_a_script_is_awaited_ends_the_script(tmp_path: Path) -> None:
    class Interruption(Exception):  # noqa: N818 - it stands for Ctrl-C
        pass

    mark = new_mark()

    def interrupt() -> None:
        if sleepers(mark):
            raise Interruption

    with runner_in(tmp_path, tick=interrupt, every=0.01) as runner:
        started = runner.start(spec(tmp_path, f"setsid sleep {mark} & sleep 600"), context(tmp_path))
        with pytest.raises(Interruption):
            runner.finish(started, context(tmp_path))
        (result,) = runner.give_up(started, context=context(tmp_path))
        assert result is not None
        assert result.status is Status.CANCELLED
        assert not marked(mark)


def test_giving_up_tells_what_had_started_and_leaves_nothing(tmp_path: Path) -> None:
    mark = new_mark()
    around = context(tmp_path, reports=False)
    with runner_in(tmp_path, jobs=2) as runner:
        litter = 'echo output; touch "$ORCHESTRATOR_TMP/file"; '
        done = runner.start(spec(tmp_path, litter + "exit 1", "scripts/done.sh"), around)
        running = runner.start(spec(tmp_path, litter + f"exec sleep {mark}", "scripts/running.sh"), around)
        until(lambda: sleepers(mark), "the second")
        assert done.ticket is not None
        until(lambda: has_outcome(runner.engine, done.ticket or 0), "the first")
        taken = runner.start(spec(tmp_path, "exit 0", "scripts/taken.sh"), around)
        runner.finish(taken, around)
        blocked = [runner.start(spec(tmp_path, f"sleep {mark}", f"scripts/{n}.sh"), around) for n in range(3)]
        broken = runner.start(spec(tmp_path, "", interpreter=("no-such-interpreter-anywhere",)), around)
        results = runner.give_up(done, running, taken, *blocked, broken, context=around)
        shown = [result and (result.status, result.stdout) for result in results]
        assert shown[:3] == [(Status.CANCELLED, "output\n"), (Status.CANCELLED, "output\n"), None]
        assert shown[-1] is None
        assert not marked(mark)
    assert files_below(tmp_path / "reports") == []


def test_what_a_limit_stopped_says_so_in_its_result(tmp_path: Path) -> None:
    with runner_in(tmp_path) as runner:
        result = runner.run(spec(tmp_path, "while :; do :; done", limits=Limits(cpu_seconds=1)), context(tmp_path))
    assert (result.status, result.error) == (Status.FAILED, "stopped by its limit: cpu_seconds 1 s")
    assert result.signal == "SIGXCPU"


def test_adapt_may_change_what_is_run(tmp_path: Path) -> None:
    around = context(tmp_path)

    def adapt(spec: object, prepared: object) -> object:
        return prepared.with_argv(("echo", "instead"), around).with_environment({"A": None, "B": "1"})  # type: ignore[attr-defined]

    with runner_in(tmp_path, adapt=adapt) as runner:
        result = runner.run(spec(tmp_path, "exit 1", env={"A": "1"}), around)
    assert (result.status, result.stdout, result.command) == (Status.PASSED, "instead\n", ("echo", "instead"))
