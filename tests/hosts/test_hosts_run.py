"""Scripts that pytest-xdist runs on another host, behind a real sshd: the results are those of a run at home."""

from __future__ import annotations

import json
import os
import re
import shlex
import signal
import subprocess
import sys
import time
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from other_host import (
    NAME,
    OtherHost,
    another_user,
    copied,
    install,
    interpreter_for,
    other_host,
    packages,
    python_with,
    require_sshd,
)
from process_watch import WITH_USUAL_SIGNALS, marked, new_mark, sleepers, until

if TYPE_CHECKING:
    from collections.abc import Iterator

    from orchestrated import Project, Run

HIDES = """\
sleep {mark} &
setsid sleep {mark} &
( setsid sh -c 'sleep {mark} & exec sleep {mark}' >/dev/null 2>&1 </dev/null & )
"""
HIDDEN = 4
TAKES = 30.0
"""Seconds within which everything has to be over. The connection's end alone takes execnet five."""


@pytest.fixture(scope="module")
def host() -> Iterator[OtherHost]:
    """A host for the user who runs the tests."""
    with other_host() as there:
        yield there


def run(project: Project, tx: str, *arguments: str | os.PathLike[str]) -> Run:
    if not arguments:
        arguments = (f"--rsyncdir={project.path}", project.path / "scripts")
    mode = [] if "--dist=each" in arguments else ["-d"]
    return project.run_process("-p", "no:cacheprovider", *mode, "--tx", tx, *arguments)


def test_results_of_another_user_in_another_directory_are_those_of_a_run_at_home(
    project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    require_sshd()
    mark = new_mark()
    monkeypatch.setenv("ONLY_AT_HOME", "1")
    project.ini("")
    project.file("src/answers.py", "ANSWER = 42\n")
    project.file("scripts/who.sh", 'id -un; pwd; echo "$GREETING,$ONLY_AT_HOME."; test -d "$ORCHESTRATOR_REPORT_DIR"')
    project.file("scripts/imports.py", "import answers\nprint(answers.ANSWER)\n")
    project.file("scripts/direct", "#!/bin/sh\nexit 3\n", mode=0o755)
    project.file("scripts/hides.sh", HIDES.format(mark=mark) + f"exec sleep {mark}\n")
    project.file("scripts/long.sh", 'touch "$ORCHESTRATOR_TMP/trace"; seq 100000; exit 1')
    project.file("scripts/longer.sh", "seq 1400000; seq 20000 >&2")
    project.file("scripts/below/here.sh", "pwd")
    project.file("scripts/needs.sh", "exit 1")
    project.file(
        "scripts/orchestrator.yaml",
        "default: { env: { GREETING: hello } }\n"
        "scripts:\n"
        "  hides.sh: { timeout: 1 }\n"
        "  below/here.sh: { cwd: scripts/below }\n"
        "  needs.sh: { requires: { env: [ONLY_AT_HOME] } }\n",
    )
    with ExitStack() as stack:
        user = stack.enter_context(another_user())
        there = stack.enter_context(other_host(user))
        installed = copied(install(tmp_path / "linked"), there.directory / "installed")
        chdir = there.directory / "work"
        chdir.mkdir()
        chdir.chmod(0o777)
        done = run(project, there.tx(chdir, python_with(installed, interpreter_for(user))))
        assert done.code == 1, done.out
        assert done.statuses == {
            "who.sh": "passed", "imports.py": "passed", "direct": "failed", "hides.sh": "timeout", "long.sh": "failed",
            "longer.sh": "passed", "here.sh": "passed", "needs.sh": "skipped",
        }  # fmt: skip
        assert not marked(mark)
        done.assert_adds_up()
        assert {row["worker"] for row in done.results} == {"gw0"}
        assert set(done.rows) >= {"scripts/who.sh::run", "scripts/below/here.sh::run"}
        copy = chdir / project.path.name
        assert done.data("who.sh")["stdout"] == f"{user}\n{copy}\nhello,.\n"
        assert done.data("here.sh")["stdout"] == f"{copy}/scripts/below\n"
        assert done.data("imports.py")["stdout"] == "42\n"
        assert done.data("hides.sh")["limit"]["name"] == "timeout"
        # What is not too long comes home with the result; what is stays, and the result says where.
        long = done.data("long.sh")
        whole = (project.report_dir / long["stdout_file"]).read_text()
        assert whole == "".join(f"{number}\n" for number in range(1, 100001))
        assert f"stdout, last 20 lines, all of it in .orchestrator/{long['stdout_file']}:" in done.out
        kept_on, _, kept = long["tmp"].partition(":")
        assert (kept_on, (Path(kept) / "trace").exists()) == (NAME, True)
        assert f"kept:     {NAME}:{kept}" in done.out
        longer = done.data("longer.sh")
        name, _, path = longer["stdout_file"].partition(":")
        assert (name, Path(path).stat().st_size) == (NAME, longer["stdout_bytes"])
        assert f"all {longer['stdout_bytes']} bytes are in {NAME}:{path} …]" in longer["stdout"]
        assert (project.report_dir / longer["stderr_file"]).stat().st_size == longer["stderr_bytes"]
        assert sorted(chdir.rglob("*.stdout")) == [Path(path)]
        assert f"in:       {copy} on {NAME}" in done.out
        assert "log:      .orchestrator/logs/scripts/direct.json" in done.out
        assert (project.report_dir / "logs/scripts/direct.json").exists()


def test_workers_here_and_there_share_one_run(project: Project, host: OtherHost, tmp_path: Path) -> None:
    project.ini("")
    for letter in "abcdef":
        project.file(f"scripts/{letter}.sh", 'pwd; seq 30000; test "$FROM" = ci')
    configuration = project.file("ci.yaml", "default: { env: { FROM: ci } }")
    sent = f"--rsyncdir={project.path}", "--orchestrate-config", configuration, project.path / "scripts"
    done = run(project, host.tx(tmp_path / "there"), "--tx=popen", *sent)
    assert done.code == 0, done.out
    assert set(done.statuses.values()) == {"passed"}
    places = {row["worker"]: row["data"]["stdout"].split("\n")[0] for row in done.results}
    assert places == {"gw0": str(tmp_path / "there" / project.path.name), "gw1": str(project.path)}
    sizes = {(project.report_dir / row["data"]["stdout_file"]).stat().st_size for row in done.results}
    assert len(sizes) == 2
    assert f"scripts run on {NAME}, this host; a lock of resources: holds on each of them alone" in done.out


def test_scripts_that_are_on_the_other_host_need_not_be_sent_and_two_workers_there_share_a_directory(
    project: Project, host: OtherHost, tmp_path: Path
) -> None:
    (tmp_path / "checkout/scripts").mkdir(parents=True)
    (tmp_path / "checkout/pytest.ini").write_text("[pytest]\n")
    for name in ("a.sh", "b.sh"):
        (tmp_path / "checkout/scripts" / name).write_text("pwd; seq 20000")
    done = run(project, f"2*{host.tx(tmp_path / 'checkout')}", "--dist=each", "scripts/a.sh::run", "scripts/b.sh")
    assert done.code == 0, done.out
    done.assert_adds_up()
    assert sorted((row["nodeid"], row["worker"]) for row in done.results) == [
        (f"scripts/{name}.sh::run", worker) for name in "ab" for worker in ("gw0", "gw1")
    ]
    for row in done.results:
        assert row["data"]["stdout"].startswith(f"{tmp_path}/checkout\n")
        assert (project.report_dir / row["data"]["stdout_file"]).stat().st_size == row["data"]["stdout_bytes"]
    assert len({row["data"]["stdout_file"] for row in done.results}) == len(done.results)


def test_an_ini_file_that_is_not_sent_is_named_in_the_header(project: Project, host: OtherHost, tmp_path: Path) -> None:
    project.ini("")
    project.file("scripts/a.sh", "exit 0")
    done = run(project, host.tx(tmp_path / "there"), f"--rsyncdir={project.path}/scripts", project.path / "scripts")
    assert done.code == 0, done.out
    assert "'pytest.ini' is in no directory of --rsyncdir and is not read on other hosts" in done.out


# -- hosts that are not as they should be ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("without", "version", "said"),
    [
        ("pytest-orchestrator", "0", "pytest-orchestrator is missing in"),
        ("pytest-xdist", "same", "pytest-xdist is missing in"),
        ("pluggy", "same", "pytest did not start on build1: ModuleNotFoundError: No module named 'pluggy'; install it"),
        ("", "0.0.1", "on build1: pytest-orchestrator is 0.0.1 here and "),
    ],
)
def test_an_installation_that_does_not_fit_is_one_clear_line(
    project: Project, host: OtherHost, tmp_path: Path, without: str, version: str, said: str
) -> None:
    project.ini("")
    project.file("scripts/a.sh", "exit 0")
    changed = {} if version == "same" else {"version": version}
    installed = install(tmp_path / "installed", without=without, **changed)
    done = run(project, host.tx(tmp_path / "there", python_with(installed)))
    assert done.code == pytest.ExitCode.USAGE_ERROR
    (line,) = [line for line in done.out.splitlines() if line.startswith("ERROR: ")]
    assert said in line
    assert "replacing crashed worker" not in done.out
    assert "INTERNALERROR" not in done.out


@pytest.mark.parametrize(
    ("python", "chdir", "said"),
    [
        ("/no/such/python", "there", "no Python answered on build1 (ssh said why above)"),
        (None, "no/such/directory", "No such file or directory: "),
        ("echo Welcome; python3", "there", "the greeting of a login shell; this must print nothing: ssh -F "),
    ],
)
def test_a_place_that_is_not_there_is_one_clear_line(
    project: Project, host: OtherHost, tmp_path: Path, python: str | None, chdir: str, said: str
) -> None:
    project.ini("")
    project.file("scripts/a.sh", "exit 0")
    done = run(project, host.tx(tmp_path / chdir, python))
    assert done.code == pytest.ExitCode.USAGE_ERROR
    (line,) = [line for line in done.out.splitlines() if line.startswith("ERROR: ")]
    assert said in line
    assert "INTERNALERROR" not in done.out


# -- ends -----------------------------------------------------------------------------------------------------


def start(project: Project, tx: str, folder: str) -> subprocess.Popen[bytes]:
    """Start pytest in a process group of its own."""
    command = ["-m", "pytest", "-p", "no:cacheprovider", "--orchestrate", "-d", "--tx", tx]
    with open(project.path / f"{folder}.log", "wb") as log:
        return subprocess.Popen(
            [*WITH_USUAL_SIGNALS, sys.executable, *command, f"--rsyncdir={folder}", project.path / folder],
            cwd=project.path,
            env={**os.environ, "PYTHONPATH": packages()},
            stdout=log,
            stderr=log,
            start_new_session=True,
        )


def test_no_program_outlives_the_controller(project: Project, host: OtherHost, tmp_path: Path) -> None:
    marks: dict[str, str] = {}
    started: dict[str, subprocess.Popen[bytes]] = {}
    for folder in ("killed", "terminated", "interrupted"):
        marks[folder] = new_mark()
        project.file(f"{folder}/pytest.ini", "[pytest]\n")
        project.file(f"{folder}/hides.sh", HIDES.format(mark=marks[folder]) + f"exec sleep {marks[folder]}\n")
        started[folder] = start(project, host.tx(tmp_path / folder), folder)
    try:
        until(lambda: all(len(sleepers(mark)) == HIDDEN + 1 for mark in marks.values()), "the scripts")
        ended = time.monotonic()
        started["killed"].kill()
        started["terminated"].terminate()
        os.killpg(started["interrupted"].pid, signal.SIGINT)
        until(lambda: not any(map(marked, marks.values())), "the end of all programs", TAKES)
        assert time.monotonic() - ended < TAKES
        assert started["killed"].wait(TAKES) == -signal.SIGKILL
        assert started["terminated"].wait(TAKES) == -signal.SIGTERM
        assert started["interrupted"].wait(TAKES) == pytest.ExitCode.INTERRUPTED
    finally:
        for process in started.values():
            process.kill()
            process.wait()


@pytest.mark.parametrize("comes_back", [True, False])
def test_a_connection_that_breaks_while_scripts_run(project: Project, tmp_path: Path, comes_back: bool) -> None:
    mark = new_mark()
    project.file("it/pytest.ini", "[pytest]\n")
    project.file("it/a.sh", f"exec sleep {mark}")
    project.file("it/b.sh", "exit 0")
    with other_host() as there:
        process = start(project, there.tx(tmp_path / "there"), "it")
        try:
            until(lambda: sleepers(mark), "the script")
            if not comes_back:
                there.go_away()
            (ssh,) = [pid for pid, command in marked(str(there.ssh_config)).items() if command.startswith("ssh ")]
            os.kill(ssh, signal.SIGKILL)
            code = process.wait(TAKES)
        finally:
            process.kill()
            process.wait()
    out = (project.path / "it.log").read_text()
    assert "INTERNALERROR" not in out
    if comes_back:
        assert code == pytest.ExitCode.TESTS_FAILED
        assert "1 error, 1 passed; 2 collected" in out
    else:
        assert code == pytest.ExitCode.INTERRUPTED
        assert f"ssh did not reach {NAME}" in out
        assert "1 error, 1 not run; 2 collected" in out
    until(lambda: not marked(mark), "the end of the script", TAKES)


# -- the documentation ----------------------------------------------------------------------------------------


def test_the_example_of_the_page_does_what_it_says(project: Project, host: OtherHost, tmp_path: Path) -> None:
    page = (Path(__file__).parents[2] / "docs/how-to/run-on-other-hosts.md").read_text()
    for name, text in re.findall(r"^```\w+ (ops/\S+)\n(.*?)^```$", page, re.DOTALL | re.MULTILINE):
        project.file(name, text)
    (command,) = re.findall(r"^```sh\n(cd ops\n.*?)^```$", page, re.DOTALL | re.MULTILINE)
    # The page's own names: a host that ssh knows, a Python that is installed there, a directory of that host.
    _, ssh = require_sshd()
    project.file("bin/ssh", f'#!/bin/sh\nexec {ssh} -F {host.ssh_config} "$@"\n', mode=0o755)
    project.file("bin/pytest", f'#!/bin/sh\nexec {sys.executable} -m pytest "$@"\n', mode=0o755)
    command = command.replace("/opt/orchestrator/bin/python", shlex.quote(host.python))
    command = command.replace("/srv/ops-run", str(tmp_path / "ops-run"))
    (tmp_path / "ops-run/ops/scripts").mkdir(parents=True)
    (tmp_path / "ops-run/ops/scripts/of_yesterday.sh").write_text("exit 1")
    environment = {**os.environ, "PYTHONPATH": packages(), "PATH": f"{project.path}/bin:{os.environ['PATH']}"}
    done = subprocess.run(["bash", "-ec", command], cwd=project.path, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    lines = [json.loads(line) for line in (project.path / "ops/.orchestrator/results.jsonl").read_text().splitlines()]
    (row,) = [line for line in lines if line["type"] == "result"]
    assert row["nodeid"] == "scripts/where.sh::run"
    assert row["data"]["stdout"] == f"testing in {tmp_path}/ops-run/ops\n"
