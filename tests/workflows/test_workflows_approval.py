"""Gates: answers from a terminal, from another process, beforehand, and in CI."""

from __future__ import annotations

import asyncio
import json
import os
import pwd
from typing import TYPE_CHECKING, Any

import pytest

from pytest_orchestrator.workflows.approval import EVERY, ApprovalError, Gate, answer, questions, who
from pytest_orchestrator.workflows.errors import TaskTimeoutError
from pytest_orchestrator.workflows.file_run import FileRun
from pytest_orchestrator.workflows.loader import load_workflow_file

if TYPE_CHECKING:
    from pathlib import Path

TEXT = """
tasks:
  build: {run: "echo version=7 >> $ORCHESTRATOR_OUTPUT"}
  gate: {approve: "Deploy ${{ tasks.build.outputs.version }}?", needs: build}
  deploy: {run: "true", needs: gate}
"""


async def _answered(directory: Path, gate: Gate, *, approved: bool) -> dict[str, Any]:
    asked = asyncio.ensure_future(gate.ask("deploy", "Really?"))
    while not questions(directory):
        await asyncio.sleep(0.01)
    assert answer(directory, "deploy", approved=approved) == "Really?"
    return await asked


def test_an_answer_comes_from_another_process_with_who_and_when(tmp_path: Path) -> None:
    decision = asyncio.run(_answered(tmp_path, Gate(tmp_path), approved=True))
    assert (decision["approved"], decision["who"], decision["question"]) == (True, who(), "Really?")
    assert decision["when"].startswith("2")
    assert questions(tmp_path) == {}
    assert list(tmp_path.iterdir()) == []


def test_a_no_fails_the_task_and_says_who_said_it(tmp_path: Path) -> None:
    with pytest.raises(ApprovalError, match=f"rejected by {who()} at .*: 'Really\\?'"):
        asyncio.run(_answered(tmp_path, Gate(tmp_path), approved=False))


def test_an_answer_to_an_earlier_question_is_none(tmp_path: Path) -> None:
    async def asked_twice() -> dict[str, Any]:
        gate = Gate(tmp_path)
        with pytest.raises(TaskTimeoutError):
            await asyncio.gather(gate.ask("deploy", "Version 1?", 0.5), _written_late(tmp_path, late))
        asked = asyncio.ensure_future(gate.ask("deploy", "Version 2?"))
        while questions(tmp_path) != {"deploy": "Version 2?"}:
            await asyncio.sleep(0.01)
        # Whoever read the first question was slow.
        (tmp_path / "deploy.answer.json").write_bytes(late[0])
        await asyncio.sleep(2 * EVERY)
        assert not asked.done()
        answer(tmp_path, "deploy", approved=False)
        return await asked

    late: list[bytes] = []
    with pytest.raises(ApprovalError, match=r"rejected by .*: 'Version 2\?'"):
        asyncio.run(asked_twice())


async def _written_late(directory: Path, late: list[bytes]) -> None:
    """Answer the question of a gate so that it does not see the answer, which is put into ``late``."""
    while not questions(directory):
        await asyncio.sleep(0.01)
    answer(directory, "deploy", approved=True)
    late.append((directory / "deploy.answer.json").read_bytes())
    (directory / "deploy.answer.json").unlink()


@pytest.mark.parametrize("word", ["no", "false", 1, None])
def test_only_yes_is_yes(tmp_path: Path, word: object) -> None:
    async def forged() -> dict[str, Any]:
        asked = asyncio.ensure_future(Gate(tmp_path).ask("deploy", "Really?"))
        while not questions(tmp_path):
            await asyncio.sleep(0.01)
        given = {**json.loads((tmp_path / "deploy.asked.json").read_text()), "approved": word, "who": "boss"}
        (tmp_path / "new").write_text(json.dumps(given))
        (tmp_path / "new").replace(tmp_path / "deploy.answer.json")
        return await asked

    with pytest.raises(ApprovalError, match=f"rejected by {who()} "):
        asyncio.run(forged())


def test_who_answers_is_known_by_the_system_and_not_by_a_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    known = who()
    for name in ("LOGNAME", "USER", "LNAME", "USERNAME"):
        monkeypatch.setenv(name, "boss")
    assert who() == known == pwd.getpwuid(os.getuid()).pw_name


def test_questions_and_answers_are_for_nobody_else_to_read(tmp_path: Path) -> None:
    async def asked() -> None:
        waiting = asyncio.ensure_future(Gate(tmp_path / "new").ask("deploy", "Really?"))
        while not questions(tmp_path / "new"):
            await asyncio.sleep(0.01)
        found = [tmp_path / "new", *(tmp_path / "new").iterdir()]
        waiting.cancel()
        assert [path.stat().st_mode & 0o077 for path in found] == [0, 0]

    asyncio.run(asked())


def test_only_what_waits_can_be_answered(tmp_path: Path) -> None:
    with pytest.raises(ApprovalError, match="no task 'x' waits for an answer; none does"):
        answer(tmp_path, "x", approved=True)


@pytest.mark.parametrize(("typed", "approved"), [(["maybe\n", "y\n"], True), (["No\n"], False)])
def test_an_answer_is_typed_at_a_terminal(tmp_path: Path, typed: list[str], approved: bool) -> None:
    lines = iter(typed)
    prompts: list[str] = []
    gate = Gate(tmp_path, prompt=lambda task, question: prompts.append(f"{task}: {question}"), read=lambda: next(lines))
    if approved:
        assert asyncio.run(gate.ask("deploy", "Really?"))["who"] == who()
    else:
        with pytest.raises(ApprovalError):
            asyncio.run(gate.ask("deploy", "Really?"))
    assert prompts == ["deploy: Really?"] * len(typed)


def test_in_ci_nobody_is_waited_for_unless_all_is_approved_beforehand(tmp_path: Path) -> None:
    with pytest.raises(ApprovalError, match="nobody can be asked in CI: 'Really\\?'; give --orchestrate-approve"):
        asyncio.run(Gate(tmp_path, in_ci=True).ask("deploy", "Really?"))
    decision = asyncio.run(Gate(tmp_path, in_ci=True, auto="the pipeline").ask("deploy", "Really?"))
    assert decision["who"] == "the pipeline"


def test_a_gate_has_a_time_limit_of_its_own(tmp_path: Path) -> None:
    with pytest.raises(TaskTimeoutError, match=r"nobody answered 'Really\?' within 0.05 s"):
        asyncio.run(Gate(tmp_path).ask("deploy", "Really?", 0.05))
    assert list(tmp_path.iterdir()) == []


def test_an_approval_is_recorded_and_a_refusal_skips_what_follows(tmp_path: Path) -> None:
    path = tmp_path / "x.workflow.yaml"
    path.write_text(TEXT)
    file = load_workflow_file(path)
    report = asyncio.run(FileRun(file, gate=Gate(None, auto="Ada")).run())
    approval = next(task.approval for task in report.tasks if task.name == "gate")
    assert approval is not None
    assert (approval["who"], approval["question"]) == ("Ada", "Deploy 7?")
    refused = asyncio.run(FileRun(file, gate=Gate(None, in_ci=True)).run())
    assert [str(task.state) for task in refused.tasks] == ["passed", "failed", "skipped"]
