"""One test for each fault of the systems that this one grew from, as far as it concerns scripts; named after it."""

from __future__ import annotations

import json
import os
import sys
from typing import TYPE_CHECKING, Any

import pytest
from process_watch import files_below
from torture_sessions import HIDES, SECRET, WAYS, Torture

if TYPE_CHECKING:
    from pathlib import Path

SCRIPTS = {
    "holds_pipe.sh": "setsid sleep {mark} &\necho started\nsleep {mark}\n",
    "hides.sh": HIDES + "sleep 600\n",
    "stops.sh": HIDES + "kill -STOP $$\n",
    "leaves.sh": "sleep {mark} &\nsetsid sleep {mark} &\nexit 0\n",
    "invalid_byte.sh": "printf 'before \\377 after\\n'\n",
    "silent_timeout.py": "import sys, time\nprint('partial \\xff', flush=True)\ntime.sleep(600)\n",
    "hangs_up.sh": "kill -HUP $$\n",
    "exits_1.sh": "exit 1\n",
    "exits_255.sh": "exit 255\n",
    "no_interpreter.sh": "#!/no/such/interpreter\n",
    "too_long.sh": "exit 0\n",
    "reads.sh": "cat; echo at the end\n",
    "flaky.sh": "echo x >> count; echo attempt $(wc -l < count); [ $(wc -l < count) = 3 ]\n",
    "hungry.py": "data = bytearray(400 << 20)\n",
    "speaks.sh": "echo $MY_PASSWORD; echo $MY_PASSWORD >&2; echo $MY_PASSWORD > $ORCHESTRATOR_TMP/file; exit 1\n",
    "speaks_much.sh": "seq 1 40000; echo $MY_PASSWORD; seq 1 40000\n",
    "noisy.sh": "printf '\\033[31mred\\033[0m\\000\\r\\n'; head -c 3000000 /dev/zero | tr '\\0' x\n",
    "sub/deeper/below.sh": "exit 0\n",
}
STATUSES = {
    "holds_pipe.sh": "timeout", "hides.sh": "timeout", "stops.sh": "timeout", "leaves.sh": "passed",
    "invalid_byte.sh": "passed",
    "silent_timeout.py": "timeout", "hangs_up.sh": "failed", "exits_1.sh": "failed", "exits_255.sh": "failed",
    "no_interpreter.sh": "error", "too_long.sh": "error", "reads.sh": "passed", "flaky.sh": "passed",
    "hungry.py": "failed", "speaks.sh": "failed", "speaks_much.sh": "passed", "noisy.sh": "passed",
    "sub/deeper/below.sh": "passed", "plain.sh[..%2f..%2fout]": "passed",
}  # fmt: skip
CONFIG = f"""
default:
  timeout: 10
timeout_override:
  holds_pipe.sh: 0.5
  hides.sh: 0.5
  stops.sh: 0.5
  silent_timeout.py: 1
scripts:
  flaky.sh: {{retry: 3}}
  hungry.py: {{limits: {{memory_mb: 200}}}}
  too_long.sh: {{args: ["{"x" * 200_000}"]}}
"""


def make(path: Path) -> Torture:
    """Return a project with every script."""
    project = Torture(path)
    for name, text in SCRIPTS.items():
        project.script(name, text)
    (project.path / "scripts" / "no_interpreter.sh").chmod(0o755)
    (project.path / "scripts" / "orchestrator.yaml").write_text(CONFIG)
    return project


EXPECTED = {name: status for name, status in STATUSES.items() if "[" not in name}


@pytest.fixture(scope="module")
def faults(tmp_path_factory: pytest.TempPathFactory) -> Torture:
    """A project in which one session has run."""
    project = make(tmp_path_factory.mktemp("faults"))
    with project.session(*WAYS["jobs 4"]) as session:
        assert session.wait() == pytest.ExitCode.TESTS_FAILED
        (project.path / "output").write_text(session.output)
    return project


def data(project: Torture, name: str) -> dict[str, Any]:
    """Return the result of a script."""
    found: dict[str, Any] = project.rows()[name]["data"]
    return found


@pytest.mark.parametrize("way", ["jobs 1", "-n2"])
def test_results_are_lost_under_xdist(way: str, tmp_path: Path) -> None:
    project = make(tmp_path)
    with project.session(*WAYS[way]) as session:
        assert session.wait() == pytest.ExitCode.TESTS_FAILED
    assert project.statuses() == EXPECTED
    summary = json.loads((project.reports / "summary.json").read_text())
    assert summary["collected"] == sum(summary["totals"].values()) == len(EXPECTED)


def test_a_run_hangs_past_its_timeout_when_a_grandchild_holds_the_pipe(faults: Torture) -> None:
    assert faults.statuses() == EXPECTED
    result = data(faults, "holds_pipe.sh")
    assert result["execution_time"] < 8
    assert result["stdout"] == "started\n"
    assert result["error"].startswith("timed out after 0.5 s (")


def test_only_the_direct_child_is_killed(faults: Torture) -> None:
    # That nothing is left was held when the session ended.
    for name in ("hides.sh", "stops.sh"):
        assert data(faults, name)["limit"]["name"] == "timeout"


def test_a_background_child_that_holds_stdout_turns_exit_0_into_a_timeout(faults: Torture) -> None:
    result = data(faults, "leaves.sh")
    assert (result["status"], result["exit_code"]) == ("passed", 0)
    assert [left["command"] for left in result["left_processes"]] == [f"sleep {faults.mark}"] * 2
    assert result["notes"] == [f"left 2 background processes: sleep {faults.mark}, sleep {faults.mark}"]


def test_one_invalid_utf8_byte_loses_all_output(faults: Torture) -> None:
    assert data(faults, "invalid_byte.sh")["stdout"] == "before \\xff after\n"


def test_output_is_lost_and_of_another_type_after_a_timeout(faults: Torture) -> None:
    assert data(faults, "silent_timeout.py")["stdout"] == "partial ÿ\n"
    assert data(faults, "silent_timeout.py")["stderr"] == ""


def test_one_exit_code_means_timeout_missing_binary_hangup_and_too_long_a_command_alike(faults: Torture) -> None:
    names = ("holds_pipe.sh", "hangs_up.sh", "exits_1.sh", "exits_255.sh", "no_interpreter.sh", "too_long.sh")
    errors = {name: data(faults, name)["error"] for name in names}
    assert len(set(errors.values())) == len(names)
    assert errors["hangs_up.sh"] == "killed by SIGHUP, expected exit 0"
    assert errors["exits_255.sh"] == "exit 255, expected 0"
    assert "/no/such/interpreter" in errors["no_interpreter.sh"]
    assert "Argument list too long" in errors["too_long.sh"]
    facts = [(data(faults, name)["exit_code"], data(faults, name)["reason"]) for name in names[1:]]
    assert facts == [(-1, None), (1, None), (255, None), (None, "not_startable"), (None, "not_startable")]


def test_stdin_is_fed_with_newlines_for_ever(faults: Torture) -> None:
    assert data(faults, "reads.sh")["stdout"] == "at the end\n"


def test_running_twice_adds_the_output_up(faults: Torture) -> None:
    result = data(faults, "flaky.sh")
    assert result["stdout"] == "attempt 3\n"
    assert [attempt["status"] for attempt in result["attempts"]] == ["failed", "failed", "passed"]


def test_the_memory_limit_is_silently_off_under_pytest(faults: Torture) -> None:
    assert data(faults, "hungry.py")["error"] == "exit 1, expected 0 (under limits: memory_mb 200)"
    assert "MemoryError" in data(faults, "hungry.py")["stderr"]


def test_secrets_are_in_every_recording(faults: Torture) -> None:
    written = {name: faults.reports / name for name in files_below(faults.reports) if (faults.reports / name).is_file()}
    # What a script itself wrote into its temporary directory is its own.
    ours = {name: path for name, path in written.items() if not name.startswith("work/")}
    assert len(ours) > len(SCRIPTS)
    assert [name for name, path in ours.items() if SECRET in path.read_text(errors="replace")] == []
    assert SECRET not in (faults.path / "output").read_text()
    assert data(faults, "speaks.sh")["stdout"] == "[redacted]\n"
    much = faults.reports / data(faults, "speaks_much.sh")["stdout_file"]
    assert much.read_text().split("\n")[40_000] == "[redacted]"


def test_large_and_odd_output_breaks_a_report(faults: Torture) -> None:
    result = data(faults, "noisy.sh")
    assert result["stdout_bytes"] == 3_000_015
    assert result["stdout"].startswith("\x1b[31mred\x1b[0m\x00\r\nxxx")
    assert len(result["stdout"]) < 80_000
    assert (faults.reports / result["stdout_file"]).stat().st_size == 3_000_015


def test_scripts_directly_in_the_folder_are_never_found(faults: Torture) -> None:
    assert {"reads.sh", "sub/deeper/below.sh"} <= faults.statuses().keys()


def test_logs_are_scattered_over_folders_per_second(faults: Torture) -> None:
    before = {name for name in files_below(faults.path) if not name.startswith(("output", ".orchestrator/work"))}
    with faults.session("scripts/reads.sh", "scripts/exits_1.sh") as session:
        assert session.wait() == pytest.ExitCode.TESTS_FAILED
    after = {name for name in files_below(faults.path) if not name.startswith(("output", ".orchestrator/work"))}
    assert after < before
    assert faults.statuses() == {"reads.sh": "passed", "exits_1.sh": "failed"}


# -- sessions of their own ------------------------------------------------------------------------------------


@pytest.fixture
def torture(tmp_path: Path) -> Torture:
    """An empty project."""
    (tmp_path / "scripts").mkdir()
    return Torture(tmp_path)


def test_nothing_found_is_success(torture: Torture) -> None:
    with torture.session() as session:
        assert session.wait() == pytest.ExitCode.NO_TESTS_COLLECTED


def test_broken_yaml_is_a_traceback(torture: Torture) -> None:
    torture.script("a.sh", "exit 0\n")
    (torture.path / "scripts" / "orchestrator.yaml").write_text("default: {timeout: [\n")
    with torture.session() as session:
        assert session.wait() != 0
        assert "orchestrator.yaml:1:21: not valid YAML" in session.output
        assert "Traceback" not in session.output


def test_a_name_leads_out_of_the_log_directory(torture: Torture) -> None:
    torture.script("..\\..\\x.sh", "head -c 200000 /dev/zero\nexit 1\n")
    torture.script("plain.sh", "head -c 200000 /dev/zero\nexit 1\n")
    (torture.path / "scripts" / "orchestrator.yaml").write_text(
        'scripts: {plain.sh: {cases: [{name: "../../../out"}, {name: "/etc/out"}, {name: ".."}]}}\n'
    )
    with torture.session(*WAYS["jobs 4"]) as session:
        code = session.wait()
    assert code in (pytest.ExitCode.TESTS_FAILED, pytest.ExitCode.INTERRUPTED)
    outside = [
        name
        for name in files_below(torture.path)
        if "out" in name and not name.startswith((".orchestrator/", "output-"))
    ]
    assert outside == []
    for row in torture.rows().values():
        file = os.path.realpath(torture.reports / row["data"]["stdout_file"])
        assert file.startswith(os.path.realpath(torture.reports / "logs"))


def test_two_sessions_in_one_second_share_a_directory(torture: Torture) -> None:
    torture.script("one.sh", 'echo $ORCHESTRATOR_REPORT_DIR; [ "$WHICH" = one ]\n')
    with torture.session(WHICH="one") as first, torture.session(WHICH="two") as second:
        assert {first.wait(), second.wait()} == {0, 1}
    results = [name for name in files_below(torture.reports) if name.endswith("results.jsonl")]
    rows = [json.loads(line) for name in results for line in (torture.reports / name).read_text().splitlines()]
    directories = {row["data"]["stdout"] for row in rows if row["type"] == "result"}
    # The second either had a directory of its own or came when the first was over.
    assert len(results) == len(directories)


def test_file_descriptors_leak(torture: Torture) -> None:
    (torture.path / "conftest.py").write_text(
        "import os\n"
        "def pytest_sessionstart(session): session.config.before = len(os.listdir('/proc/self/fd'))\n"
        "def pytest_unconfigure(config):\n"
        "    print('descriptors', len(os.listdir('/proc/self/fd')) - config.before)\n"
        "    print('children', open(f'/proc/self/task/{os.getpid()}/children').read().split())\n"
    )
    for number in range(200):
        torture.script(
            f"{number:03}.sh", ("exit 0\n", "exit 1\n", "sleep {mark} &\n", "head -c 99999 /dev/zero\n")[number % 4]
        )
    with torture.session(*WAYS["jobs 4"], "-s", "-q") as session:
        assert session.wait() == pytest.ExitCode.TESTS_FAILED
        lines = session.output.splitlines()
    assert "children []" in lines
    # The files that the session itself opens are closed again, so there can be fewer.
    assert [int(line.split()[1]) <= 0 for line in lines if line.startswith("descriptors ")] == [True]


def test_generating_docs_runs_every_script(torture: Torture) -> None:
    import subprocess

    torture.script("tattle.sh", "#!/bin/sh\n# Tells on itself.\ntouch ran\n")
    torture.script("tattle.py", '"""Tells on itself."""\nopen("ran", "w")\n')
    command = [sys.executable, "-c", "import sys; from pytest_orchestrator.cli import main; sys.exit(main())"]
    done = subprocess.run(
        [*command, "docs", "scripts", "-o", "docs.md"], cwd=torture.path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert (torture.path / "docs.md").read_text().count("\n\nTells on itself.\n") == 2
    assert [name for name in files_below(torture.path) if name.endswith("ran")] == []
