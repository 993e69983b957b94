"""run_script: one script, run to its end, whatever it does."""

from __future__ import annotations

import json
import os
import stat
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import TYPE_CHECKING, Any

import pytest
from library_scripts import SEED_KEYS, script

from pytest_orchestrator import ArgumentError, OrchestratorError, get_script_config, load_config, run_script

if TYPE_CHECKING:
    from pathlib import Path


def test_the_result_has_the_keys_of_the_seed_first_and_in_order(tmp_path: Path) -> None:
    path = script(tmp_path, "echo out; echo err >&2", "jobs/backup.sh")
    result = run_script(path)
    assert list(result)[: len(SEED_KEYS)] == SEED_KEYS
    assert result["script"] == str(path)
    assert (result["name"], result["subdirectory"]) == ("backup.sh", "jobs")
    assert (result["status"], result["exit_code"], result["error"]) == ("passed", 0, None)
    assert (result["stdout"], result["stderr"]) == ("out\n", "err\n")
    start, end = (datetime.fromisoformat(result[key]) for key in ("start_time", "end_time"))
    assert start.utcoffset() is not None
    assert 0 <= (end - start).total_seconds() < 60
    assert 0 < result["execution_time"] < 60
    assert json.loads(json.dumps(result)) == result


def test_a_python_script_runs_with_this_interpreter_and_its_arguments(tmp_path: Path) -> None:
    path = script(tmp_path, "import sys; print(sys.executable, sys.argv[1:])", "a.py")
    result = run_script(path, config={"args": ["--fast", 3]})
    assert result["stdout"] == f"{sys.executable} ['--fast', '3']\n"


def test_a_wrong_exit_code_is_failed_and_an_allowed_one_is_passed(tmp_path: Path) -> None:
    path = script(tmp_path, "exit 3")
    assert run_script(path)["status"] == "failed"
    assert run_script(path)["error"] == "exit 3, expected 0"
    allowed = run_script(path, config={"allowed_exit_codes": [0, 3]})
    assert (allowed["status"], allowed["exit_code"], allowed["stdout"]) == ("passed", 3, "")


@pytest.mark.parametrize(
    ("make", "error"),
    [
        (lambda path: None, "not startable: the file does not exist"),
        (lambda path: path.mkdir(), "not startable: it is a directory, not a file: name a script"),
        (os.mkfifo, "not startable: it is a FIFO, socket or device, not a file: name a script"),
    ],
    ids=["missing", "directory", "fifo"],
)
def test_what_cannot_be_started_is_an_error_and_raises_nothing(tmp_path: Path, make: Any, error: str) -> None:
    path = tmp_path / "script.sh"
    make(path)
    result = run_script(path)
    assert (result["status"], result["exit_code"], result["reason"]) == ("error", None, "not_startable")
    assert result["error"] == error
    assert (result["stdout"], result["stderr"]) == ("", "")


def test_a_working_directory_that_does_not_exist_is_an_error(tmp_path: Path) -> None:
    result = run_script(script(tmp_path, "true"), cwd=tmp_path / "nowhere")
    assert result["status"] == "error"
    assert "nowhere' does not exist" in result["error"]


def test_a_script_ended_by_a_signal_says_which(tmp_path: Path) -> None:
    result = run_script(script(tmp_path, "kill -SEGV $$"))
    assert (result["status"], result["exit_code"], result["signal"]) == ("failed", -11, "SIGSEGV")


# -- time limits -------------------------------------------------------------------------------------------------------


def test_a_given_timeout_beats_the_configuration(tmp_path: Path) -> None:
    path = script(tmp_path, "sleep 60")
    result = run_script(path, timeout=0.2, config={"timeout": 50})
    assert (result["status"], result["timeout"]) == ("timeout", 0.2)
    assert result["error"] == "timed out after 0.2 s (run_script(timeout=0.2))"
    assert result["limit"] == {"name": "timeout", "value": 0.2, "source": "run_script(timeout=0.2)"}


def test_the_configuration_beats_a_timeout_that_was_not_given(tmp_path: Path) -> None:
    result = run_script(script(tmp_path, "sleep 60"), config={"timeout": 0.2})
    assert (result["status"], result["timeout"]) == ("timeout", 0.2)
    assert result["limit"] == {"name": "timeout", "value": 0.2, "source": "config"}


def test_sixty_given_is_not_the_same_as_sixty_by_default(tmp_path: Path) -> None:
    path = script(tmp_path, "true")
    assert run_script(path, config={"timeout": 5})["timeout"] == 5
    assert run_script(path, 60, config={"timeout": 5})["timeout"] == 60
    assert run_script(path)["timeout"] == 60


@pytest.mark.parametrize("no_limit", [None, 0])
def test_none_and_zero_mean_no_time_limit(tmp_path: Path, no_limit: float | None) -> None:
    assert run_script(script(tmp_path, "true"), timeout=no_limit, config={"timeout": 5})["timeout"] is None


# -- where and with what -----------------------------------------------------------------------------------------------


def test_a_script_runs_in_the_current_directory_by_default(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    script(tmp_path, "pwd", "scripts/a.sh")
    monkeypatch.chdir(tmp_path)
    result = run_script("scripts/a.sh")
    assert result["stdout"] == f"{tmp_path}\n"
    assert result["script"] == f"{tmp_path}/scripts/a.sh"


def test_a_given_directory_beats_the_configured_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = script(tmp_path, "pwd", "project/scripts/a.sh")
    (tmp_path / "project/pyproject.toml").touch()
    (tmp_path / "project/data").mkdir()
    monkeypatch.chdir(tmp_path)
    assert run_script(path, config={"cwd": "data"})["stdout"] == f"{tmp_path}/project/data\n"
    assert run_script(path, config={"cwd": "data"}, cwd="project")["stdout"] == f"{tmp_path}/project\n"
    assert run_script(path, config={"cwd": "{script_dir}"})["stdout"] == f"{tmp_path}/project/scripts\n"


def test_variables_are_added_to_the_environment_over_those_of_the_configuration(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LIBRARY_OUTER", "outer")
    monkeypatch.setenv("LIBRARY_GONE", "gone")
    path = script(tmp_path, 'echo "$LIBRARY_OUTER $LIBRARY_A $LIBRARY_B ${LIBRARY_GONE-unset}"')
    given = {"LIBRARY_B": "mine", "LIBRARY_GONE": None}
    result = run_script(path, env=given, config={"env": {"LIBRARY_A": "config", "LIBRARY_B": "config"}})
    assert result["stdout"] == "outer config mine unset\n"


def test_the_sources_of_the_project_stay_first_when_the_whole_environment_is_given(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONPATH", "/elsewhere")
    (tmp_path / "src").mkdir()
    path = script(tmp_path, 'echo "$PYTHONPATH $LIBRARY_A"', "scripts/a.sh")
    (tmp_path / "pyproject.toml").touch()
    result = run_script(path, env={**os.environ, "LIBRARY_A": "1"})
    assert result["stdout"] == f"{tmp_path}/src:/elsewhere 1\n"


def test_standard_input_is_empty_unless_configured(tmp_path: Path) -> None:
    path = script(tmp_path, "cat")
    assert run_script(path, timeout=30)["stdout"] == ""
    assert run_script(path, config={"stdin": "hello"})["stdout"] == "hello"


def test_what_get_script_config_returns_can_be_given(tmp_path: Path) -> None:
    path = script(tmp_path, 'echo "$1 $NAME"; exit 4', "a.sh")
    (tmp_path / "orchestrator.yaml").write_text(
        "default: {env: {NAME: default}, expect: {stdout: {matches: '^x'}}}\n"
        "scripts: {a.sh: {args: [x], allowed_exit_codes: [4], retry: 2, requires: {commands: [sh]}, timeout: 7}}\n"
    )
    config = get_script_config(path, tmp_path, load_config(tmp_path))
    result = run_script(path, config=config)
    assert (result["status"], result["stdout"], result["timeout"]) == ("passed", "x default\n", 7)


def test_a_memory_limit_holds_also_under_pytest(tmp_path: Path) -> None:
    path = script(tmp_path, "print(len(bytearray(1 << 28)))", "a.py")
    assert run_script(path)["status"] == "passed"
    result = run_script(path, memory_limit_mb=128)
    assert result["status"] == "failed"
    assert "MemoryError" in result["stderr"]
    assert result["error"] == "exit 1, expected 0 (under limits: memory_mb 128)"


def test_secrets_are_replaced_in_the_output(tmp_path: Path) -> None:
    result = run_script(script(tmp_path, "echo $API_TOKEN"), env={"API_TOKEN": "hunter2-hunter2"})
    assert result["stdout"] == "[redacted]\n"


def test_every_attempt_of_a_retried_script_is_told(tmp_path: Path) -> None:
    path = script(tmp_path, f"test -e {tmp_path}/there && exit 0; touch {tmp_path}/there; exit 1")
    result = run_script(path, config={"retry": 3})
    assert [attempt["status"] for attempt in result["attempts"]] == ["failed", "passed"]


def test_scripts_that_share_a_named_lock_never_overlap(tmp_path: Path) -> None:
    path = script(tmp_path, "mkdir held || exit 1; sleep 0.05; rmdir held")

    def run(_: int) -> str:
        return str(run_script(path, cwd=tmp_path, config={"resources": ["db"]})["status"])

    with ThreadPoolExecutor(4) as threads:
        assert list(threads.map(run, range(6))) == ["passed"] * 6


# -- four statuses -----------------------------------------------------------------------------------------------------


def test_a_script_to_be_skipped_is_not_run_and_says_why(tmp_path: Path) -> None:
    path = script(tmp_path, f"touch {tmp_path}/ran")
    result = run_script(path, config={"skip": "pages people"})
    assert (result["status"], result["reason"], result["skipped"]) == ("error", "configuration", "pages people")
    assert result["error"] == "not run: skip is set: pages people"
    assert not (tmp_path / "ran").exists()
    assert run_script(path, config={"skip": False})["status"] == "passed"


def test_a_script_whose_requirements_are_not_met_is_not_run(tmp_path: Path) -> None:
    result = run_script(script(tmp_path, "true"), config={"requires": {"commands": ["no-such-command"]}})
    assert (result["status"], result["reason"]) == ("error", "not_startable")
    assert result["error"] == "not run: requires command no-such-command, not found on PATH"


def test_a_script_that_skips_itself_has_passed_with_a_note(tmp_path: Path) -> None:
    result = run_script(script(tmp_path, "exit 77"), config={"skip_exit_codes": [77]})
    assert (result["status"], result["exit_code"], result["error"]) == ("passed", 77, None)
    assert result["skipped"] == "exit 77 means skipped (skip_exit_codes)"


# -- mistakes of the caller --------------------------------------------------------------------------------------------


def test_all_mistakes_in_the_arguments_are_told_at_once(tmp_path: Path) -> None:
    wrong: Any = {"timeout": "soon", "memory_limit_mb": -1, "env": {1: "a", "B": []}, "config": {"tiemout": 3}}
    with pytest.raises(ArgumentError) as caught:
        run_script(script(tmp_path, "true"), **wrong)
    lines = str(caught.value).splitlines()
    assert lines[0].startswith("run_script(config=…): tiemout: unknown key; did you mean 'timeout'?")
    assert lines[1] == "env: 1 is not the name of a variable; names are texts"
    assert lines[2].startswith("run_script(): env.B: a list is not text")
    assert lines[3].startswith("run_script(): timeout: 'soon' is not")
    assert lines[4].startswith("run_script(): limits.memory_mb: -1 is not")


@pytest.mark.parametrize("kind", [TypeError, ValueError, OrchestratorError])
def test_a_wrong_argument_is_caught_by_whichever_class_one_expects(kind: type[Exception]) -> None:
    wrong: Any = 5
    with pytest.raises(kind, match="script_path: 5 is not a path"):
        run_script(wrong)


def test_a_whole_configuration_is_refused_with_the_way_out(tmp_path: Path) -> None:
    with pytest.raises(ArgumentError, match="as load_config returns; give what get_script_config returned"):
        run_script(script(tmp_path, "true"), config=load_config(tmp_path))


def test_a_path_may_be_bytes_that_are_no_text(tmp_path: Path) -> None:
    path = os.fsencode(tmp_path) + b"/caf\xe9.sh"
    with open(path, "w") as file:
        file.write("echo $0")
    result = run_script(os.fsdecode(path))
    assert (result["status"], result["name"]) == ("passed", "caf\\xe9.sh")


def test_nothing_is_written_beside_the_script(tmp_path: Path) -> None:
    path = script(tmp_path, "echo x; sleep 60")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    run_script(path, timeout=0.1, cwd=tmp_path)
    assert [entry.name for entry in tmp_path.iterdir()] == ["script.sh"]
