"""Workflow files that run others: everything that can be known of them is told before anything runs."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from pytest_orchestrator.cli import main
from pytest_orchestrator.errors import ConfigurationError
from pytest_orchestrator.workflow_kinds import run_workflow_file
from pytest_orchestrator.workflows.loader import load_workflow_file

EFFECT = "  first: {run: touch ran}\n"


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def write(**texts: str) -> None:
    """Write workflow files, each called by its keyword, with the tasks given."""
    for name, text in texts.items():
        Path(f"{name}.workflow.yaml").write_text(text if "tasks:" in text else f"tasks:\n{text}")


def mistakes(name: str) -> list[str]:
    """Return the mistakes of a file, as they are shown."""
    with pytest.raises(ConfigurationError) as caught:
        load_workflow_file(name)
    return [str(mistake) for mistake in caught.value.mistakes]


def told(capsys: pytest.CaptureFixture[str]) -> list[str]:
    """Return the lines of what the command says is wrong."""
    return capsys.readouterr().err.removeprefix("pytest-orchestrator: ").splitlines()


@pytest.mark.usefixtures("place")
def test_a_broken_child_is_told_with_its_own_places_before_anything_runs(capsys: pytest.CaptureFixture[str]) -> None:
    Path("flows/below").mkdir(parents=True)
    Path("flows/outer.workflow.yaml").write_text(
        f"tasks:\n{EFFECT}  again: {{workflow: below/inner.workflow.yaml, needs: first}}\n"
        "  a: {workflow: below/inner.workflow.yaml}\n  b: {workflow: below/../below/inner.workflow.yaml, need: a}\n"
    )
    Path("flows/below/inner.workflow.yaml").write_text("tasks:\n  t: {rum: x}\n  u: {run: x, needs: z}\n")
    assert main(["workflow", "run", "flows/outer.workflow.yaml"]) == 2
    assert told(capsys) == [
        "flows/below/inner.workflow.yaml:2:7: tasks.t.rum: unknown key; did you mean 'run'?",
        "flows/below/inner.workflow.yaml:3:22: tasks.u.needs: there is no task 'z'; there is t and u",
        "flows/outer.workflow.yaml:5:53: tasks.b.need: unknown key; did you mean 'needs'?",
    ]
    assert not Path("flows/ran").exists()


@pytest.mark.usefixtures("place")
def test_a_child_that_is_no_yaml_is_a_mistake_in_it() -> None:
    write(outer="  a: {workflow: inner.workflow.yaml}\n", inner="  t: {run: 'x}\n")
    assert mistakes("outer.workflow.yaml") == ["inner.workflow.yaml:2:12: the quote ' is never closed; close it"]
    write(inner="tasks: []\n")
    assert mistakes("outer.workflow.yaml") == [
        "inner.workflow.yaml:1:8: tasks: a list is not a mapping; write name: {run: …}"
    ]
    Path("inner.workflow.yaml").write_text("[]")
    assert "inner.workflow.yaml:1:1: a list is not a workflow" in mistakes("outer.workflow.yaml")[0]


@pytest.mark.usefixtures("place")
def test_inputs_that_do_not_fit_the_child_are_told_where_it_is_called(capsys: pytest.CaptureFixture[str]) -> None:
    write(
        outer=f"{EFFECT}  a: {{workflow: inner.workflow.yaml, inputs: {{vv: 1, w: 2}}}}\n"
        "  b: {workflow: inner.workflow.yaml}\n  c: {workflow: none.workflow.yaml, inputs: {x: 1}}\n"
        "  d: {workflow: inner.workflow.yaml, inputs: {v: '${{ workflow.name }}', w: null}}\n",
        inner="inputs: {v: {required: true}, w: {required: true}}\ntasks: {t: {run: x}}\n",
        none="  t: {run: x}\n",
    )
    assert main(["workflow", "run", "outer.workflow.yaml"]) == 2
    assert told(capsys) == [
        "outer.workflow.yaml:3:17: tasks.a: required input v of inner.workflow.yaml missing; write it below inputs:",
        "outer.workflow.yaml:3:47: tasks.a.inputs.vv: inner.workflow.yaml has no such input; did you mean 'v'?",
        (
            "outer.workflow.yaml:4:17: tasks.b: required inputs v and w of inner.workflow.yaml missing; "
            "write them below inputs:"
        ),
        "outer.workflow.yaml:5:46: tasks.c.inputs.x: none.workflow.yaml has no such input; it has none",
    ]
    assert not Path("ran").exists()


@pytest.mark.usefixtures("place")
def test_what_is_wrong_with_the_inputs_of_either_file_is_told_once() -> None:
    write(
        outer="  a: {workflow: inner.workflow.yaml, inputs: [v]}\n  b: {workflow: odd.workflow.yaml, inputs: {v: 1}}\n",
        inner="inputs: {v: {required: true}}\ntasks: {t: {run: x}}\n",
        odd="inputs: [v]\ntasks: {t: {run: x}}\n",
    )
    found = mistakes("outer.workflow.yaml")
    assert [line.partition(";")[0] for line in found] == [
        "odd.workflow.yaml:1:9: inputs: a list is not a mapping",
        "outer.workflow.yaml:2:46: tasks.a.inputs: a list is not a mapping",
    ]


@pytest.mark.usefixtures("place")
def test_a_file_that_runs_itself_is_told_as_a_path_of_files(capsys: pytest.CaptureFixture[str]) -> None:
    write(
        a=f"{EFFECT}  again: {{workflow: ./b.workflow.yaml}}\n  too: {{workflow: a.workflow.yaml}}\n",
        b="  t: {workflow: a.workflow.yaml}\n",
        outer="  t: {workflow: a.workflow.yaml}\n",
    )
    circle = "a.workflow.yaml -> b.workflow.yaml -> a.workflow.yaml"
    itself, remedy = "the workflow runs itself", "take one of these out"
    expected = [
        f"a.workflow.yaml:3:21: tasks.again.workflow: {itself}: {circle}; {remedy}",
        f"a.workflow.yaml:4:19: tasks.too.workflow: {itself}: a.workflow.yaml -> a.workflow.yaml; {remedy}",
    ]
    assert main(["workflow", "run", "a.workflow.yaml"]) == 2
    assert told(capsys) == expected
    assert mistakes("outer.workflow.yaml") == expected
    assert not Path("ran").exists()


@pytest.mark.usefixtures("place")
def test_a_circle_through_a_symbolic_link_ends() -> None:
    os.symlink(".", "loop")
    write(x="  t: {workflow: loop/x.workflow.yaml}\n", y="  t: {workflow: z.workflow.yaml}\n")
    os.symlink("y.workflow.yaml", "z.workflow.yaml")
    assert "x.workflow.yaml -> x.workflow.yaml" in mistakes("x.workflow.yaml")[0]
    assert "z.workflow.yaml -> z.workflow.yaml" in mistakes("y.workflow.yaml")[0]


@pytest.mark.usefixtures("place")
def test_deep_nesting_is_neither_exponential_nor_a_recursion() -> None:
    for number in range(1200):
        following = f"workflow: {number + 1}.workflow.yaml"
        write(**{str(number): f"  a: {{{following}}}\n  b: {{{following}}}\n"})
    write(**{"1200": "  a: {rum: x}\n"})
    assert [line[:22] for line in mistakes("0.workflow.yaml")] == ["1200.workflow.yaml:2:7"]
    write(**{"1200": "  a: {workflow: 0.workflow.yaml}\n"})
    found = mistakes("0.workflow.yaml")
    assert [line.partition(": tasks")[0] for line in found] == ["0.workflow.yaml:2:17", "0.workflow.yaml:3:17"]


@pytest.mark.usefixtures("place")
def test_a_path_with_expressions_is_a_matter_of_the_run() -> None:
    write(
        outer="inputs: {f: inner}\ntasks:\n  a: {run: touch ran}\n"
        "  b: {workflow: '${{ inputs.f }}.workflow.yaml', needs: a}\n",
        inner="  t: {rum: x}\n",
    )
    load_workflow_file("outer.workflow.yaml")

    def error(**inputs: Any) -> str:
        return run_workflow_file("outer.workflow.yaml", inputs).tasks[1].error or ""

    assert error().startswith("inner.workflow.yaml:2:7: tasks.t.rum: unknown key")
    assert Path("ran").exists()
    circle = "outer.workflow.yaml -> outer.workflow.yaml"
    assert error(f="outer") == f"the workflow runs itself: {circle}"


@pytest.mark.usefixtures("place")
def test_a_task_is_run_again_when_a_text_below_it_has_changed() -> None:
    Path("below").mkdir()
    texts = {
        Path("below/mid.workflow.yaml"): "tasks: {t: {workflow: ../inner.workflow.yaml}}\n",
        Path("inner.workflow.yaml"): "tasks: {s: {script: below/s.sh}, p: {python: 'steps:run'}}\n",
        Path("below/s.sh"): "echo ran >> $PWD/ran\n",
        Path("steps.py"): "def run(): return 1\n",
    }
    for path, text in texts.items():
        path.write_text(text)
    write(outer="  a: {workflow: below/mid.workflow.yaml}\n  b: {run: 'true'}\n")

    def repeated() -> list[str]:
        report = run_workflow_file("outer.workflow.yaml", journal="j")
        assert report.passed
        return [task.name for task in report.tasks if not task.from_journal]

    assert repeated() == ["a", "b"]
    assert repeated() == []
    for path, text in texts.items():
        path.write_text(f"{text}# another\n")
        assert (repeated(), repeated()) == (["a"], []), path
