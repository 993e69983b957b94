"""A session is gone on with: by ``sessions resume`` or by its own program, and what had finished is not run again."""

from __future__ import annotations

import json
import re
import signal
from typing import TYPE_CHECKING

import pytest
from process_watch import new_mark, sleepers, until
from session_programs import Programs, programs_in, sessions, shell_session, states, until_file

from pytest_orchestrator.agents.resumption import resume_session
from pytest_orchestrator.agents.session import OrchestratorSession
from pytest_orchestrator.agents.store import SESSIONS, SessionStore
from pytest_orchestrator.agents.strategies import run_sequential
from pytest_orchestrator.errors import AgentError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


ONCE = """
def once(session, name, then="", **given):
    # An agent that says who it is, writes down that it ran, and waits once for its program to be killed if told so.
    return quiet(session, f"echo {name} >> ran; cat > /dev/null; {then} echo out-{name}", name, **given)

HANG = "if [ ! -e killed ]; then touch hangs; sleep 600; fi;"
"""


@pytest.fixture
def programs(tmp_path: Path) -> Iterator[Programs]:
    with programs_in(tmp_path) as programs:
        yield programs


def killed_while_it_hangs(programs: Programs, text: str) -> SessionStore:
    """Start a program, kill it as soon as one of its agents hangs, and return its session."""
    program = programs.start(ONCE + text)
    store = program.store()
    until_file(programs.directory / "hangs")
    program.kill()
    (programs.directory / "killed").touch()
    assert store.state == "died"
    return store


def ran(directory: Path) -> list[str]:
    return (directory / "ran").read_text().split()


def prompt_of(log: Path) -> str:
    """Return what a log knows a prompt by."""
    (line,) = re.findall(r" log prompt (sha256:.*)", log.read_text())
    return str(line)


def test_only_what_had_not_finished_is_run(
    programs: Programs, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    store = killed_while_it_hangs(
        programs,
        """
s = session()
run_sequential([once(s, "a"), once(s, "b", "exit 3;"), once(s, "c", HANG), once(s, "d")])
""",
    )
    assert states(store) == {"a": "passed", "b": "failed", "c": "running", "d": "created"}
    code, out, err = sessions(tmp_path, capsys, "resume", store.session_id[:-2])
    assert (code, err) == (1, ""), "one of them failed, before"
    assert ran(tmp_path) == ["a", "b", "c", "c", "d"]
    assert out.splitlines()[0] == f"session {store.session_id} (closed), 3 passed, 1 failed"
    assert "run 2 times" in out.splitlines()[3]
    assert store.result("c", 2)["output"] == "out-c\n"


@pytest.mark.parametrize(
    "call",
    ["run_sequential(stages, True)", "run_batched(stages, 1, pass_output=True)", "run_sequential(stages, r'^# (.*)')"],
)
def test_a_pipeline_goes_on_with_the_prompts_that_it_would_have_had(
    programs: Programs, tmp_path: Path, call: str
) -> None:
    text = f"""
s = session()
def stage(name, then=""):
    return quiet(s, f"exec 2>/dev/null\\necho {{name}} >> ran; {{then}} echo '# out-{{name}}'", name)
stages = [stage("a"), stage("b"), stage("c", HANG)]
{call}
"""
    store = killed_while_it_hangs(programs, text)
    prompts = [prompt_of(store.path / f"{name}.log") for name in "abc"]
    results = resume_session(tmp_path / SESSIONS, store.session_id)
    assert [(result.process_id, result.output) for result in results] == [(name, f"# out-{name}\n") for name in "abc"]
    assert ran(tmp_path) == ["a", "b", "c", "c"]
    assert prompt_of(store.path / "c.2.log") == prompts[2]
    assert len(set(prompts)) == 3


def test_a_fallback_goes_on_behind_what_had_failed(programs: Programs, tmp_path: Path) -> None:
    store = killed_while_it_hangs(
        programs,
        """
s = session()
run_with_fallback([once(s, "a", "exit 1;"), once(s, "b", HANG), once(s, "c")], timeout=50)
""",
    )
    (result,) = resume_session(tmp_path / SESSIONS, store.session_id)
    assert (result.process_id, result.output) == ("b", "out-b\n")
    assert ran(tmp_path) == ["a", "b", "b"]
    assert states(store) == {"a": "failed", "b": "passed", "c": "created"}


def test_parallel_and_batched_calls_are_all_made_again(programs: Programs, tmp_path: Path) -> None:
    store = killed_while_it_hangs(
        programs,
        """
s = session()
run_parallel([once(s, "a"), once(s, "b")])
run_batched([once(s, "c"), once(s, "d"), once(s, "e", HANG), once(s, "f", HANG)], 2)
""",
    )
    results = resume_session(tmp_path / SESSIONS, store.session_id)
    assert sorted(result.process_id for result in results) == list("abcdef")
    found = ran(tmp_path)
    assert {name: found.count(name) for name in "abcd"} == dict.fromkeys("abcd", 1)
    assert found.count("e") == 2


def test_each_attempt_of_a_retried_process_counts(programs: Programs, tmp_path: Path) -> None:
    store = killed_while_it_hangs(
        programs,
        """
s = session()
again = once(s, "a", "[ $(grep -c a ran) -ge 3 ] && { if [ ! -e killed ]; then touch hangs; sleep 600; fi; }; exit 7;")
run_parallel([again], retry=4)
""",
    )
    (result,) = resume_session(tmp_path / SESSIONS, store.session_id)
    # Two attempts had failed, the third was cut off: it and the fourth are left.
    assert ran(tmp_path) == ["a"] * 5
    assert (result.exit_code, len(result.attempts)) == (7, 3)


def test_what_had_failed_for_good_is_not_tried_again(programs: Programs, tmp_path: Path) -> None:
    store = killed_while_it_hangs(
        programs,
        """
s = session()
run_parallel([once(s, "a", "exit 7;")], retry=3)
once(s, "b", HANG).run()
""",
    )
    results = resume_session(tmp_path / SESSIONS, store.session_id)
    assert ran(tmp_path) == ["a", "a", "a", "b", "b"]
    assert [(result.process_id, len(result.attempts)) for result in results] == [("a", 2), ("b", 0)]


def test_copies_with_names_of_their_own_are_made_again(programs: Programs, tmp_path: Path) -> None:
    store = killed_while_it_hangs(
        programs,
        """
s = session()
one = once(s, "x", "[ -e first ] || { touch first; exit 0; };" + HANG)
run_sequential([one.replace(process_id=f"x-{number}") for number in range(3)])
""",
    )
    results = resume_session(tmp_path / SESSIONS, store.session_id)
    assert [result.process_id for result in results] == ["x-0", "x-1", "x-2"]
    assert len(ran(tmp_path)) == 1 + 2 + 1
    assert states(store)["x"] == "created"


def test_a_session_that_dies_again_loses_none_of_its_plan(
    programs: Programs, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    store = killed_while_it_hangs(
        programs,
        """
s = session()
waits = "until [ -e end ]; do sleep 0.01; done;"
tells = "if [ -e killed ]; then touch again; else touch hangs; fi;" + waits
threads = [threading.Thread(target=run_sequential, args=(each,), daemon=True) for each in (
    [once(s, "a"), once(s, "b", tells)], [once(s, "c", waits), once(s, "d")])]
for thread in threads:
    thread.start()
threads[0].join()
""",
    )
    other = programs.start(f"""
from pytest_orchestrator.agents.resumption import resume_session
resume_session(Path(".orchestrator/sessions").absolute(), {store.session_id!r})
""")
    until_file(tmp_path / "again")
    other.kill()
    metadata = store.read()
    assert sorted(call["processes"] for call in (*metadata["calls"], *metadata["calls_before"])) == [
        ["a", "b"],
        ["c", "d"],
    ]
    (tmp_path / "end").touch()
    assert sessions(tmp_path, capsys, "resume", store.session_id)[0] == 0
    assert set(states(store).values()) == {"passed"}
    assert ran(tmp_path).count("a") == 1
    assert store.read()["times_resumed"] == 2


@pytest.mark.parametrize(
    ("call", "told"),
    [
        ("run_sequential({}, lambda result: result.output)", "run_sequential was given pass_output, which only"),
        ("run_parallel({}, 1, retry=2, retry_on=lambda result: True)", "run_parallel was given retry_on, which only"),
        ("run_parallel([each.replace(prompt='touch hangs; sleep 99') for each in {}])", "a copy of 'a' with another"),
    ],
)
def test_what_only_its_program_has_is_refused_with_what_to_do(
    programs: Programs, tmp_path: Path, capsys: pytest.CaptureFixture[str], call: str, told: str
) -> None:
    store = killed_while_it_hangs(
        programs,
        f"""
s = session()
{call.format('[once(s, "a"), once(s, "b", HANG)]')}
""",
    )
    before = ran(tmp_path) if (tmp_path / "ran").exists() else []
    code, out, err = sessions(tmp_path, capsys, "resume", store.session_id)
    assert (code, out) == (2, "")
    assert told in err
    assert f"run its program again, with OrchestratorSession(…, resume={store.session_id!r})" in err
    assert store.state == "died"
    assert (ran(tmp_path) if before else []) == before


def test_a_command_line_that_only_its_program_knew_is_refused(
    programs: Programs, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    store = killed_while_it_hangs(
        programs,
        """
import dataclasses
from pytest_orchestrator.agents.clis import register_agent_cli
register_agent_cli(dataclasses.replace(agent_shell.SHELL, name="secret-cli"))
s = session()
quiet(s, "touch hangs; sleep 99", "a", cli="secret-cli").run()
""",
    )
    code, _, err = sessions(tmp_path, capsys, "resume", store.session_id)
    assert code == 2
    assert "process 'a' is of a command line that only its program knows" in err
    assert store.state == "died"


PROGRAM = (
    ONCE
    + """
s = session(resume=sys.argv[1] if len(sys.argv) > 1 else os.environ.get("RESUME"))
results = run_sequential([once(s, "a"), once(s, "b"), once(s, "c", HANG)], lambda result: result.output)
say([result.output for result in results])
say(once(s, "d").run().output)
s.close()
"""
)


def test_its_own_program_goes_on_with_a_session_whatever_it_was_given(programs: Programs, tmp_path: Path) -> None:
    first = programs.start(PROGRAM)
    store = first.store()
    until_file(tmp_path / "hangs")
    first.kill()
    (tmp_path / "killed").touch()
    again = programs.start(PROGRAM, RESUME=store.session_id)
    assert again.says() == store.session_id
    assert again.says() == repr(["out-a\n", "out-b\n", "out-c\n"])
    assert again.end()[2] == 0
    assert ran(tmp_path) == ["a", "b", "c", "c", "d"]
    assert store.state == "closed"
    log = (store.path / "session.log").read_text()
    assert "process a had finished: passed" in log
    assert "process c had finished" not in log


def test_a_process_with_another_prompt_is_another_one(tmp_path: Path) -> None:
    with shell_session(tmp_path) as session:
        assert session.create_process("echo one", "a", stream_output=False).run().output == "one\n"
    with shell_session(tmp_path, resume=session.session_id) as again:
        assert again.create_process("echo two", "a", stream_output=False).run().output == "two\n"
    with shell_session(tmp_path, resume=session.session_id) as again:
        process = again.create_process("echo two", "a", stream_output=False)
        assert process.run().output == "two\n"
        assert process.log_path is None, "it was not run"
        assert again.get_process_log_path("a").name == "a.2.log"


def test_a_secret_that_is_passed_on_does_not_make_a_stage_run_again(tmp_path: Path) -> None:
    token = "ghp_" + "aB3dE6gH9j" * 3 + "kLmN42"
    runs = []
    name = None
    for _ in range(2):
        with shell_session(tmp_path, resume=name) as session:
            name = session.session_id
            first = session.create_process(f"echo '# {token[:20]}''{token[20:]}'", "a", stream_output=False)
            second = session.create_process("\necho x >> ran", "b", stream_output=False)
            runs.append(
                [result.status for result in run_sequential([first, second], lambda result: f"# {result.output}")]
            )
    assert runs[0] == runs[1]
    assert ran(tmp_path) == ["x"]


def test_a_session_that_is_open_cannot_be_resumed(tmp_path: Path) -> None:
    with shell_session(tmp_path) as session, pytest.raises(AgentError, match=r"is open: process \d+ is its controller"):
        shell_session(tmp_path, resume=session.session_id)
    again = shell_session(tmp_path, resume=session.session_id)
    again.close()


def test_a_session_of_another_pattern_is_refused_and_stays_free(tmp_path: Path) -> None:
    with shell_session(tmp_path) as session:
        name = session.session_id
    for _ in range(2):
        with pytest.raises(AgentError, match="has pattern_name 'test', not 'other'"):
            OrchestratorSession("other", tmp_path, resume=name)


def test_a_broken_session_is_not_taken(tmp_path: Path) -> None:
    with shell_session(tmp_path) as session:
        session.create_process("true", "a", stream_output=False).run()
    record = session.log_dir / "processes" / "a.json"
    whole = record.read_text()
    record.write_text(whole[:50])
    for _ in range(2):
        with pytest.raises(AgentError, match=r"cannot read '.*a.json'"):
            shell_session(tmp_path, resume=session.session_id)
    record.write_text(whole)
    (session.log_dir / "results" / "a.1.json").write_text(
        json.dumps({"process_id": "a", "status": "?", "exit_code": 0})
    )
    with shell_session(tmp_path, resume=session.session_id) as again:
        process = again.create_process("true", "a", stream_output=False)
        with pytest.raises(AgentError, match="holds no result"):
            process.run()


def test_what_is_stopped_while_it_is_resumed_can_be_resumed_again(
    programs: Programs, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    mark = new_mark()
    store = killed_while_it_hangs(
        programs,
        f"""
s = session()
run_sequential([once(s, "a"), once(s, "b", "[ -e end ] || {{ touch hangs; sleep {mark}; }};")])
""",
    )
    command = programs.start(f"""
from pytest_orchestrator.cli import main
sys.exit(main(["sessions", "resume", {store.session_id!r}]))
""")
    until(lambda: {record["process_id"]: record["runs"] for record in store.processes()}["b"] == 2, "its second run")
    command.signal(signal.SIGINT)
    out, err, code = command.end()
    assert (code, err) == (130, "")
    assert out.splitlines()[-3].startswith(f"session {store.session_id} (closed), 1 passed, 1 cancelled")
    assert sleepers(mark) == {}
    (tmp_path / "end").touch()
    assert sessions(tmp_path, capsys, "resume", store.session_id)[0] == 0
    assert ran(tmp_path).count("a") == 1


def test_a_session_of_a_version_with_fewer_arguments_can_be_resumed(tmp_path: Path) -> None:
    with shell_session(tmp_path) as session:
        session.create_process("echo later", "left", stream_output=False)
    path = SessionStore(session.log_dir).record_path("left")
    record = json.loads(path.read_text())
    del record["extras"]["max_tokens"], record["extras"]["pass_env"]
    path.write_text(json.dumps(record))
    assert [result.output for result in resume_session(tmp_path / SESSIONS, session.session_id)] == ["later\n"]
