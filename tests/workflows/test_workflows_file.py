"""Workflow files: what they mean when they run, and every mistake with its place."""

from __future__ import annotations

import asyncio
import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jsonschema  # type: ignore[import-untyped]  # it ships no types
import pytest
import yaml

import pytest_orchestrator
from pytest_orchestrator.errors import ArgumentError, ConfigurationError
from pytest_orchestrator.workflow_kinds import register_kinds, run_workflow_file
from pytest_orchestrator.workflows.file_run import FileRun
from pytest_orchestrator.workflows.file_schema import workflow_schema
from pytest_orchestrator.workflows.journal import read_journal
from pytest_orchestrator.workflows.loader import load_workflow_file

if TYPE_CHECKING:
    from pytest_orchestrator.workflows.file_report import WorkflowReport

register_kinds()


def mistakes(directory: Path, text: str, name: str = "x.workflow.yaml") -> list[str]:
    """Return the mistakes of a file, as they are shown."""
    path = directory / name
    path.write_text(text)
    with pytest.raises(ConfigurationError) as caught:
        load_workflow_file(path, "x.yaml")
    return [str(mistake).removeprefix("x.yaml:") for mistake in caught.value.mistakes]


def run(
    directory: Path, text: str, inputs: dict[str, Any] | None = None, below: str | None = None, **more: Any
) -> WorkflowReport:
    """Run a file, beside which may be another to run, and return its report."""
    if below is not None:
        (directory / "below.workflow.yaml").write_text(below)
    path = directory / "x.workflow.yaml"
    path.write_text(text)
    return asyncio.run(FileRun(load_workflow_file(path), inputs, **more).run())


def states(report: WorkflowReport) -> dict[str, str]:
    """Return how each task ended."""
    return {task.name: str(task.state) for task in report.tasks}


# -- mistakes -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "place", "problem"),
    [
        ("[]", "1:1", "a list is not a workflow"),
        ("name: x\n", "1:1", "tasks: there is none"),
        ("taks: {}\ntasks: {a: {run: x}}\n", "1:1", "taks: unknown key; did you mean 'tasks'?"),
        ("tasks:\n  a:\n    run: |\n      cat <<'X'\n      ${{ 1 }}\n      X\n", "5:11", "a.run: the shell takes"),
        ("on_failure: stopp\ntasks: {a: {run: x}}\n", "1:13", "did you mean 'stop'?"),
        ("tasks:\n  a: {run: x, neds: b}\n", "2:15", "tasks.a.neds: unknown key; did you mean 'needs'?"),
        ("tasks:\n  a: {run: x, needs: [bb]}\n  b: {run: x}\n", "2:23", "there is no task 'bb'; did you mean 'b'?"),
        ("tasks:\n  a: {run: x, needs: a}\n", "2:22", "the task needs itself"),
        ("tasks:\n  a: {run: x, needs: c}\n  b: {run: x, needs: a}\n  c: {run: x, needs: b}\n", "2:22", "a -> c -> b"),
        ("tasks:\n  a: {run: x, script: y}\n", "2:15", "a task does one thing, make two tasks of it"),
        ("tasks:\n  a: {needs: []}\n", "2:3", "it does nothing; write one of run, script"),
        ("tasks:\n  a b: {run: x}\n", "2:3", "'a b' is not a name"),
        ("tasks:\n  a: echo\n", "2:6", "'echo' is not a task"),
        ("tasks:\n  a: {run: x, pool: p}\n", "2:21", "there is no pool 'p'; there is none: name it under pools:"),
        ("tasks:\n  a: {run: x, args: [y]}\n", "2:15", "'args' means nothing to 'run'"),
        ("tasks:\n  a: {script: no.sh}\n", "2:15", "there is no file 'no.sh' beside the workflow"),
        ("tasks:\n  a: {python: module}\n", "2:15", "'module' names no function"),
        ("tasks:\n  a: {claude: {model: x}}\n", "2:15", "there is no prompt"),
        ("tasks:\n  a: {run: x, matrix: {v: []}}\n", "2:27", "the list is empty"),
        ("tasks:\n  a: {run: x, matrix: {v: 1}}\n", "2:27", "is not a list"),
        ("tasks:\n  a: {run: x, if: 'a ='}\n", "2:22", "to compare, write '=='"),
        ("tasks:\n  a: {run: 'echo ${{ inputs.x }}'}\n", "2:22", "there is no input 'x'; the file has no inputs"),
        ("tasks:\n  a:\n    run: |\n      one\n      two ${{ tasks.b.x }}\n", "5:15", "there is no task 'b'"),
        ("tasks:\n  a: {run: x}\n  b: {run: '${{ tasks.a.outputs.v }}'}\n", "3:17", "add it to 'needs'"),
        ("tasks:\n  a: {run: '${{ tasks.a.stdout }}'}\n", "2:17", "a task cannot see its own result"),
        ("tasks:\n  a: {run: x}\n  b: {needs: a, run: '${{ tasks.a.output }}'}\n", "3:27", "did you mean 'outputs'?"),
        ("tasks:\n  a: {run: x}\n  b: {needs: a, run: y, if: tasks.a.result == 'success'}\n", "3:47", "mean 'passed'?"),
        ("tasks:\n  a: {run: '${{ failure() }}'}\n", "2:17", "failure() is known in 'if' only"),
        ("tasks:\n  a: {run: '${{ needs.b }}'}\n", "2:17", "did you mean 'tasks'?"),
        ("tasks:\n  a: {run: x, matrix: {v: [1], exclude: [{w: 1}]}}\n", "2:43", "the matrix has no 'w'"),
        ("tasks:\n  a: {run: x, matrix: {v: [1], include: [w]}}\n", "2:42", "'w' is not a mapping of names to values"),
        ("tasks:\n  a: {run: x, matrix: {exclude: [{w: 1}]}}\n", "2:24", "there are no combinations to leave out"),
        ("tasks:\n  a: {run: 'echo ${{ matrix.x }}', matrix: {v: [1], include: [{w: 1}]}}\n", "2:22", "no 'x'"),
        ("tasks:\n  a: {run: x, if: matrix.v == 1, matrix: {v: [1]}}\n", "2:19", "before there are combinations"),
        ("inputs: {x: {required: true}}\ncases: {a: {}}\ntasks: {a: {run: x}}\n", "2:9", "required input x missing"),
        ("cases: {a: {y: 1}}\ntasks: {a: {run: x}}\n", "1:13", "cases.a.y: unknown input; the workflow has none"),
        ("summary: ${{ counts.pased }}\ntasks: {a: {run: x}}\n", "1:14", "did you mean 'passed'?"),
        ("tasks:\n  a: {run: x, if: failure}\n", "2:19", "'failure' is not known here; did you mean failure()?"),
        ("tasks:\n  a: {run: x, if: Always && true}\n", "2:19", "did you mean always()?"),
        ("tasks:\n  a: {run: x}\n  b: {run: '${{ a.result }}', needs: a}\n", "3:17", "did you mean 'tasks.a'?"),
        ("tasks:\n  a: {run: x, matrix: {}}\n", "2:23", "a.matrix: it is empty; write name: [values]"),
        ("tasks:\n  a: {run: x, matrix: {include: [{}]}}\n", "2:34", "include: a mapping is empty; write - {name:"),
        (f"tasks:\n  a: {{run: x, matrix: {{v: {[1] * 101}, w: {[1] * 100}}}}}\n", "2:23", "it has 10100 combinations"),
        (f"tasks:\n  a: {{run: x, matrix: {{v: {[1] * 101}, w: {['${{ env.A }}'] * 100}}}}}\n", "2:23", "10100 comb"),
        (f"tasks:\n  a: {{run: x, matrix: {{include: {[{'v': 1}] * 10_001}}}}}\n", "2:23", "more than 10000 comb"),
        ("tasks:\n  a: {run: x, matrix: {v: [1, 2], exclude: [{v: 1}, {v: 2}]}}\n", "2:23", "exclude leaves none"),
        ("tasks:\n  a: {approve: go, matrix: {v: [1]}}\n", "2:20", "means nothing to a task that only waits"),
    ],
)  # fmt: skip
def test_a_mistake_is_told_with_its_place_and_what_to_do(tmp_path: Path, text: str, place: str, problem: str) -> None:
    found = mistakes(tmp_path, text)
    assert any(line.startswith(f"{place}: ") and problem in line for line in found), found


def test_all_mistakes_of_a_file_are_told_at_once_in_its_order(tmp_path: Path) -> None:
    text = "max_concurrency: 0\ntasks:\n  a: {run: x, timeout: soon, needs: z}\n  b: {if: '(', run: '${{ a b }}'}\n"
    found = mistakes(tmp_path, text)
    assert [re.match(r"\d+:\d+", line)[0] for line in found] == ["1:18", "3:24", "3:37", "4:13", "4:28"]  # type: ignore[index]


def test_a_mistake_hides_no_other_in_the_same_text(tmp_path: Path) -> None:
    found = mistakes(
        tmp_path,
        "tasks:\n  a: {run: 'echo ${{ foo(tasks.a.x) }} ${{ inputs.nope }} ${{ join() }} ${{ tasks.zz.stdout }}'}\n"
        "  b: {run: x, if: 'bogus() && inputs.q && success(1) && tasks.zz.result'}\n",
    )
    assert [line.partition(";")[0] for line in found] == [
        "2:22: tasks.a.run: there is no function 'foo'",
        "2:26: tasks.a.run: a task cannot see its own result",
        "2:44: tasks.a.run: there is no input 'nope'",
        "2:63: tasks.a.run: join() takes 1 to 2 arguments, not 0",
        "2:77: tasks.a.run: there is no task 'zz'",
        "3:20: tasks.b.if: there is no function 'bogus'",
        "3:31: tasks.b.if: there is no input 'q'",
        "3:43: tasks.b.if: success() takes 0 arguments, not 1",
        "3:57: tasks.b.if: there is no task 'zz'",
    ]


def test_a_mistake_in_a_mapping_is_called_by_its_key(tmp_path: Path) -> None:
    for end in ("${{ foo() }}", "${{ inputs.q }}", "${{ ( }}"):
        bad = f"'{end}'"
        found = mistakes(
            tmp_path,
            f"env: {{A: {bad}}}\ntasks:\n  e:\n    run: x\n    env: {{B: {bad}}}\n    outputs: {{c: {bad}}}\n"
            f"    matrix: {{d: [{bad}], include: [{{f: {bad}}}]}}\n"
            f"  g: {{claude: {{prompt: {bad}}}}}\n  h: {{workflow: i.workflow.yaml, inputs: {{j: {{k: {bad}}}}}}}\n",
        )
        assert {line.split(": ")[1] for line in found if "no file" not in line} == {
            "env.A", "tasks.e.env.B", "tasks.e.outputs.c", "tasks.e.matrix.d", "tasks.e.matrix.include.f",
            "tasks.g.claude.prompt", "tasks.h.inputs.j.k",
        }, end  # fmt: skip


def test_a_file_that_is_not_called_like_one_is_refused(tmp_path: Path) -> None:
    assert "ends in .workflow.yaml or .workflow.yml" in mistakes(tmp_path, "tasks: {}", "x.yaml")[0]
    rest = "a workflow file has a name before .workflow.yml; rename it, as in release.workflow.yml"
    assert mistakes(tmp_path, "tasks: {}", ".workflow.yml") == [f"1:1: {rest}"]
    call = "tasks: {a: {workflow: .workflow.yml}}\n"
    assert mistakes(tmp_path, call) == [f"1:23: tasks.a.workflow: '.workflow.yml' is no workflow: {rest}"]


def test_the_schema_accepts_what_the_loader_does_and_refuses_what_it_can_see(tmp_path: Path) -> None:
    schema = workflow_schema()
    jsonschema.Draft202012Validator.check_schema(schema)
    validator = jsonschema.Draft202012Validator(schema)
    (tmp_path / "s.sh").touch()
    good = """
        name: all
        env: {A: 1, B: null}
        timeout: 60
        max_concurrency: 2
        on_failure: stop
        inputs: {a: 1, b: {description: it, required: true}}
        cases: {one: {b: x}}
        pools: {db: 2}
        summary: done
        tasks:
          a: {run: x, if: true, retry: 3, outputs: {k: '${{ stdout }}'}, expect: {stdout: ok}}
          b: {script: s.sh, args: [a], needs: [a], matrix: {v: [1], w: '${{ fromJSON(inputs.b) }}'}, pool: db}
          c: {python: 'm:f', stdin: x, cwd: ., continue_on_error: true}
          d: {claude: {prompt: x, model: y}, approve: sure}
          e: {approve: sure, timeout: 5, needs: a}
    """
    (tmp_path / "a.workflow.yaml").write_text(good)
    assert list(load_workflow_file(tmp_path / "a.workflow.yaml").tasks) == list("abcde")
    validator.validate(yaml.safe_load(good))
    for bad in (
        "{}",
        "tasks: {}",
        "tasks: {a: {needs: b}}",
        "tasks: {a: {run: x, neds: b}}",
        "tasks: {'a b': {run: x}}",
    ):
        assert not validator.is_valid(yaml.safe_load(bad)), bad


# -- what a file means ----------------------------------------------------------------------------------------


def test_values_go_from_task_to_task(tmp_path: Path) -> None:
    report = run(
        tmp_path,
        """
        inputs: {who: {required: true}}
        env: {GREETING: "hello ${{ inputs.who }}"}
        tasks:
          a: {run: 'echo "said=$GREETING" >> "$ORCHESTRATOR_OUTPUT"; echo printed'}
          b:
            needs: a
            env: {SAID: "${{ tasks.a.outputs.said }}"}
            run: 'printf "%s, %s" "$SAID" "${{ tasks.a.stdout }}"'
            outputs: {all: "${{ stdout }}!", code: "${{ exit_code }}"}
        summary: "${{ tasks.b.outputs.all }} ${{ tasks.b.outputs.code }} ${{ counts.passed }}/${{ counts.total }}"
        """,
        {"who": "Ada"},
    )
    assert report.summary == "hello Ada, printed! 0 2/2"
    assert report.passed


@pytest.mark.parametrize(
    "words",
    ["echo ${{ inputs.x }}", 'echo "${{ inputs.x }}"', "echo '${{ inputs.x }}'", "cat <<END\n${{ inputs.x }}\nEND\n"],
)
def test_a_value_in_words_for_the_shell_is_never_read_as_code(tmp_path: Path, words: str) -> None:
    text = json.dumps({"inputs": {"x": ""}, "tasks": {"a": {"run": words}}})
    attack = "$(touch owned) `touch owned` '; touch owned; echo ' \"; touch owned; \""
    report = run(tmp_path, text, {"x": attack})
    assert report.passed
    assert not (tmp_path / "owned").exists()
    shown = run(tmp_path, text, {"x": "plain value"}, logs=tmp_path / "logs")
    assert shown.passed
    assert "plain value" in (tmp_path / "logs" / "a.log").read_text()


def test_a_python_task_calls_a_function_and_hands_on_what_it_returns(tmp_path: Path) -> None:
    (tmp_path / "mod.py").write_text(
        "def pairs(text):\n    return {'pairs': [[text, 1]]}\n\nasync def one():\n    return 1\n\n"
        "def bad():\n    raise OSError('no')\n"
    )
    report = run(
        tmp_path,
        """
        tasks:
          a: {python: "mod:pairs", args: [x]}
          b: {python: "mod:one"}
          c: {python: "mod:bad"}
        summary: "${{ toJSON(tasks.a.outputs) }} ${{ tasks.b.outputs.result }} ${{ tasks.c.error }}"
        """,
    )
    assert json.loads(report.summary.partition("} ")[0] + "}") == {"pairs": [["x", 1]]}
    assert report.summary.endswith("} 1 exit 1: OSError: no")
    assert "OSError: no" in next(task for task in report.tasks if task.name == "c").stderr


def test_a_script_is_started_as_scripts_are_and_reads_its_inputs(tmp_path: Path) -> None:
    (tmp_path / "s.py").write_text(
        "import json, os, sys\n"
        "given = json.load(open(os.environ['ORCHESTRATOR_INPUTS']))\n"
        "print(sys.argv[1], sys.stdin.read(), given['inputs'], given['tasks']['a']['outputs'])\n"
        "json.dump({'n': [1, 2]}, open(os.environ['ORCHESTRATOR_OUTPUT'], 'w'))\n"
    )
    report = run(
        tmp_path,
        """
        inputs: {i: 5}
        tasks:
          a: {run: 'echo k=v >> $ORCHESTRATOR_OUTPUT'}
          s: {script: s.py, args: ["${{ inputs.i }}"], stdin: in, needs: a, expect: {stdout: "5 in"}}
        summary: "${{ tasks.s.stdout }} ${{ tasks.s.outputs.n[1] }}"
        """,
    )
    assert report.summary == "5 in {'i': 5} {'k': 'v'} 2"


def test_a_matrix_runs_once_for_each_combination_and_gathers(tmp_path: Path) -> None:
    report = run(
        tmp_path,
        """
        tasks:
          find: {run: "echo 'names=[\\"x\\", \\"y\\"]' >> $ORCHESTRATOR_OUTPUT"}
          each:
            needs: find
            matrix: {name: "${{ fromJSON(tasks.find.outputs.names) }}", n: [1, 2]}
            run: 'echo "got=${{ matrix.name }}${{ matrix.n }}" >> $ORCHESTRATOR_OUTPUT'
        summary: "${{ join(tasks.each.outputs.got) }} ${{ counts.passed }}"
        """,
    )
    assert report.summary == "x1,x2,y1,y2 5"


@pytest.mark.parametrize(
    ("matrix", "expected"),
    [
        ("{os: [a, b], v: [1, 2], exclude: [{os: b, v: 1}]}", "a1 a2 b2"),
        ("{os: [a, b], v: [1, 2], exclude: [{os: b}]}", "a1 a2"),
        ("{os: [a], v: [1], include: [{os: c, v: 3}]}", "a1 c3"),
        ("{os: [a, b], v: [1], include: [{os: b, x: y}]}", "a1 b1y"),
        ("{os: [a, b], v: [1], include: [{x: y}, {os: a, x: z}]}", "a1z b1y"),
        ("{include: [{os: a, v: 1}, {os: b, v: 2}]}", "a1 b2"),
        ("{os: [a], v: [1, true], exclude: [{v: true}]}", "a1"),
        ("{os: [a], v: [1], include: [{os: a, v: true}]}", "a1 atrue"),
        ("{os: [a], v: [1], include: '${{ inputs.more }}'}", "a1 q7"),
        ("{os: [a, b], v: [1], exclude: '${{ inputs.more }}', include: [{os: a, v: 1}]}", "a1 b1"),
    ],
)
def test_include_and_exclude_mean_what_they_mean_in_github_actions(tmp_path: Path, matrix: str, expected: str) -> None:
    extra = "${{ matrix.x }}" if "x:" in matrix else ""
    report = run(
        tmp_path,
        f"""
        inputs: {{more: [{{os: q, v: 7}}]}}
        tasks:
          each:
            matrix: {matrix}
            outputs: {{got: "${{{{ matrix.os }}}}${{{{ matrix.v }}}}{extra}"}}
            run: "true"
        summary: "${{{{ join(tasks.each.outputs.got, ' ') }}}}"
        """,
    )
    assert report.summary == expected


def test_a_matrix_that_turns_out_to_be_empty_passes_with_nothing_run(tmp_path: Path) -> None:
    report = run(
        tmp_path,
        """
        inputs: {l: [], out: [{v: 1}]}
        tasks:
          a: {run: touch ran, matrix: {v: '${{ inputs.l }}'}}
          b: {run: touch ran, matrix: {v: [1], exclude: '${{ inputs.out }}'}}
          after: {run: 'true', needs: [a, b]}
        summary: ${{ length(tasks.a.outputs) }}
        """,
    )
    assert states(report) == {"a": "passed", "b": "passed", "after": "passed"}
    assert not (tmp_path / "ran").exists()


def test_a_matrix_over_what_is_no_list_fails_the_task(tmp_path: Path) -> None:
    report = run(tmp_path, "inputs: {l: text}\ntasks:\n  a: {run: x, matrix: {v: '${{ inputs.l }}'}}\n")
    place = f"{tmp_path / 'x.workflow.yaml'}:3"
    assert (report.tasks[0].error or "").startswith(f"{place}: matrix.v: str 'text' is not a list; of a text")


def test_an_expression_that_cannot_be_worked_out_is_told_with_the_place_of_its_task(tmp_path: Path) -> None:
    report = run(
        tmp_path,
        "inputs: {l: text}\ntasks:\n  a: {run: 'echo ${{ fromJSON(inputs.l) }}'}\n"
        "  b: {run: x, if: fromJSON(inputs.l)}\n  c: {run: x, matrix: {v: '${{ fromJSON(inputs.l) }}'}}\n"
        "  d: {workflow: below.workflow.yaml}\n",
        below="tasks: {e: {run: '${{ fromJSON(workflow.name) }}'}}\n",
    )
    place, problem = f"{tmp_path / 'x.workflow.yaml'}", "fromJSON: 'text' is no JSON"
    errors = [task.error or "" for task in report.tasks]
    for error, start in zip(errors, ("3: ", "4: if: ", "5: "), strict=False):
        assert error.startswith(f"{place}:{start}{problem}")
    below = tmp_path / "below.workflow.yaml"
    assert errors[3].startswith(f"in below.workflow.yaml: e: {below}:1: fromJSON: 'below' is no JSON")


CONDITIONS = """
tasks:
  ok: {{run: "true"}}
  bad: {{run: exit 3, needs: ok{forgiven}}}
  after: {{run: "true", needs: bad}}
  on_failure: {{run: "echo ${{{{ tasks.bad.exit_code }}}}", needs: after, if: failure()}}
  always: {{run: "true", needs: after, if: always()}}
  later: {{run: "true", needs: always}}
  other: {{run: "true", if: tasks.ok.result == 'passed', needs: ok}}
  never: {{run: "true", if: false}}
on_failure: {on_failure}
"""


@pytest.mark.parametrize("on_failure", ["stop", "continue"])
def test_conditions_mean_what_they_mean_in_github_actions(tmp_path: Path, on_failure: str) -> None:
    report = run(tmp_path, CONDITIONS.format(forgiven="", on_failure=on_failure))
    found = states(report)
    found.pop("other")  # under "stop" it depends on what is faster
    assert found == {
        "ok": "passed", "bad": "failed", "after": "skipped", "on_failure": "passed", "always": "passed",
        "later": "skipped", "never": "skipped",
    }  # fmt: skip
    assert not report.passed
    why = {task.name: task.why for task in report.tasks}
    assert why["never"] == "its condition is not true: false"
    assert why["after"] in ("'bad' failed", "'bad' failed, and the workflow stops on failure")


def test_a_failure_counts_also_when_the_task_between_was_skipped_for_another_reason(tmp_path: Path) -> None:
    report = run(
        tmp_path,
        """
        tasks:
          left_out: {run: "true", if: false}
          late: {run: "sleep 0.1; exit 1"}
          both: {run: "true", needs: [left_out, late]}
          later: {run: "true", needs: both}
          undo: {run: "true", needs: later, if: failure()}
          good: {run: "true"}
          behind: {run: "true", needs: undo}
          apart: {run: "true", needs: good}
        """,
    )
    assert {name for name, state in states(report).items() if state == "passed"} == {"undo", "good", "apart"}
    why = {task.name: task.why for task in report.tasks}
    assert why["both"] == "'late' failed"
    assert why["later"] == "'both' was skipped, because 'late' failed"
    assert why["behind"] == "'later' was skipped, because 'late' failed"


def test_continue_on_error_lets_what_follows_run_and_the_workflow_pass(tmp_path: Path) -> None:
    report = run(tmp_path, CONDITIONS.format(forgiven=", continue_on_error: true", on_failure="stop"))
    assert states(report) == {
        "ok": "passed", "bad": "failed", "after": "passed", "on_failure": "skipped", "always": "passed",
        "later": "passed", "other": "passed", "never": "skipped",
    }  # fmt: skip
    assert report.passed


def test_the_result_after_continue_on_error_is_passed_and_the_outcome_failed(tmp_path: Path) -> None:
    report = run(
        tmp_path,
        "tasks: {a: {run: exit 1, continue_on_error: true}}\nsummary: ${{ tasks.a.result }} ${{ tasks.a.outcome }}\n",
    )
    assert report.summary == "passed failed"


def test_on_failure_stop_ends_what_runs_and_starts_nothing_more(tmp_path: Path) -> None:
    report = run(
        tmp_path,
        """
        on_failure: stop
        tasks:
          long: {run: "echo $$ > pid; exec sleep 60"}
          bad: {run: "while [ ! -s pid ]; do sleep 0.01; done; exit 1"}
          tidy: {run: "touch tidied", needs: [long, bad], if: always()}
        """,
    )
    assert states(report) == {"long": "cancelled", "bad": "failed", "tidy": "passed"}
    assert (tmp_path / "tidied").exists()
    assert {task.name: task.why for task in report.tasks}["long"] == "'bad' failed, and the workflow stops on failure"


def test_on_failure_stop_waits_for_no_delay_before_another_attempt(tmp_path: Path) -> None:
    text = """\
        on_failure: stop
        timeout: 60
        tasks:
          again: {run: 'touch tried; exit 1', retry: {max_attempts: 2, initial_delay: 900, max_delay: 900}}
          breaks: {run: 'until [ -e tried ]; do sleep 0.02; done; sleep 0.3; exit 1'}
        """
    assert states(run(tmp_path, text)) == {"again": "cancelled", "breaks": "failed"}


def test_what_on_failure_stopped_is_cancelled_to_the_journal_too(tmp_path: Path) -> None:
    path = tmp_path / "x.workflow.yaml"
    path.write_text(
        "on_failure: stop\n"
        "tasks:\n"
        "  stopped: {run: 'touch ready; [ -e again ] || exec sleep 60'}\n"
        "  breaks: {run: 'until [ -e ready ]; do sleep 0.02; done; [ -e again ]'}\n"
    )
    run_workflow_file(path, journal=tmp_path / "j")
    kept = {row["name"]: row["state"] for row in read_journal(tmp_path / "j")[1]}
    assert kept == {"stopped": "cancelled", "breaks": "failed"}
    (tmp_path / "again").touch()
    again = run_workflow_file(path, journal=tmp_path / "j")
    assert {task.name: task.was_interrupted for task in again.tasks} == {"stopped": True, "breaks": False}


def test_limits_retries_and_expectations_are_those_of_the_task(tmp_path: Path) -> None:
    report = run(
        tmp_path,
        """
        tasks:
          slow: {run: sleep 60, timeout: 0.2}
          flaky: {run: "echo x >> tries; test $(wc -l < tries) = 3", retry: {max_attempts: 3}}
          wrong: {run: echo hi, expect: {stdout: {contains: ho}}}
        """,
    )
    assert states(report) == {"slow": "timeout", "flaky": "passed", "wrong": "failed"}
    told = {task.name: task for task in report.tasks}
    assert told["slow"].error == "timed out after 0.2 s"
    assert told["flaky"].attempts == 3
    assert told["wrong"].error == "stdout does not contain 'ho'"


def test_another_workflow_is_a_task_with_the_outputs_of_its_tasks(tmp_path: Path) -> None:
    (tmp_path / "inner.workflow.yaml").write_text(
        "inputs: {v: 0}\ntasks:\n"
        "  t: {run: 'echo v=${{ inputs.v }} >> $ORCHESTRATOR_OUTPUT; test ${{ inputs.v }} != 0'}\n"
    )
    report = run(
        tmp_path,
        """
        tasks:
          good: {workflow: inner.workflow.yaml, inputs: {v: 7}}
          bad: {workflow: inner.workflow.yaml}
        summary: ${{ tasks.good.outputs.t.v }}
        """,
    )
    assert report.summary == "7"
    errors = {task.name: task.error for task in report.tasks}
    assert errors["bad"] == "in inner.workflow.yaml: t: exit 1"


def test_a_resumed_run_does_not_repeat_what_passed(tmp_path: Path) -> None:
    text = """
        inputs: {v: 1}
        tasks:
          a: {run: 'echo a >> ran; echo k=1 >> $ORCHESTRATOR_OUTPUT'}
          b: {run: 'echo b >> ran; test -e fixed; echo ${{ tasks.a.outputs.k }}', needs: a}
        summary: ${{ tasks.b.stdout }}
        """
    journal = tmp_path / "j.sqlite"
    assert not run(tmp_path, text, journal=journal).passed
    (tmp_path / "fixed").touch()
    report = run(tmp_path, text, journal=journal)
    assert (report.passed, report.summary) == (True, "1")
    assert (tmp_path / "ran").read_text().split() == ["a", "b", "b"]
    run(tmp_path, text, {"v": 2}, journal=journal)
    assert (tmp_path / "ran").read_text().split() == ["a", "b", "b", "a", "b"], "another input makes other tasks"


def test_secrets_are_in_no_log_no_error_and_no_summary(tmp_path: Path) -> None:
    report = run(
        tmp_path,
        """
        env: {API_TOKEN: s3cr3t-of-the-day}
        tasks:
          a: {run: 'echo $API_TOKEN; echo "t=$API_TOKEN" >> $ORCHESTRATOR_OUTPUT; echo $API_TOKEN >&2; exit 1'}
        summary: "${{ tasks.a.stdout }} ${{ tasks.a.outputs.t }}"
        """,
        logs=tmp_path / "logs",
    )
    told = json.dumps([report.summary, *(task.as_dict() for task in report.tasks)])
    assert "s3cr3t" not in told + (tmp_path / "logs" / "a.log").read_text()
    assert "exit 1: [redacted]" in told


def test_a_function_whose_module_has_changed_is_called_again_in_a_resumed_run(tmp_path: Path) -> None:
    (tmp_path / "where").mkdir()
    modules = [tmp_path / "steps.py", tmp_path / "where" / "steps" / "__init__.py"]
    modules[1].parent.mkdir()
    path = tmp_path / "x.workflow.yaml"
    path.write_text("tasks: {a: {python: 'steps:run'}, b: {python: 'steps:run', cwd: where}}\n")

    def outputs() -> list[Any]:
        report = run_workflow_file(path, journal=tmp_path / "j")
        return [task.outputs.get("result") for task in report.tasks]

    for module in modules:
        module.write_text("def run(): return 1\n")
    assert outputs() == [1, 1]
    modules[0].write_text("def run(): return 22\n")
    assert outputs() == [22, 1]


def test_an_input_that_is_no_json_is_refused_before_anything_runs(tmp_path: Path) -> None:
    text = "inputs: {x: 1}\ntasks: {a: {run: 'true'}}\n"
    with pytest.raises(ArgumentError, match="input 'x' cannot be written as JSON: Object of type PosixPath"):
        run(tmp_path, text, {"x": tmp_path})


def test_a_summary_that_would_be_too_long_costs_no_report(tmp_path: Path) -> None:
    (tmp_path / "values.json").write_text(f'{{"x":[{",".join("1" * 400_000)}]}}')
    text = "summary: ${{ tasks.a.outputs.x }}\ntasks:\n  a: {run: cat values.json > $ORCHESTRATOR_OUTPUT}\n"
    report = run(tmp_path, text)
    assert states(report) == {"a": "passed"}
    assert "the summary cannot be worked out: the text would have more than" in report.summary


def test_inputs_that_are_missing_or_unknown_are_refused_before_anything_runs(tmp_path: Path) -> None:
    with pytest.raises(ArgumentError) as caught:
        run(tmp_path, "inputs: {a: {required: true}, b: 1}\ntasks: {t: {run: touch ran}}\n", {"bb": 1})
    assert "there is no input 'bb'; did you mean 'b'?" in str(caught.value)
    assert "input 'a' is missing" in str(caught.value)
    assert not (tmp_path / "ran").exists()


def test_the_schema_beside_the_pages_is_the_one_that_the_command_prints() -> None:
    # When this fails: pytest-orchestrator schema --workflow > docs/reference/workflow.schema.json
    page = Path(__file__).parents[2] / "docs" / "reference" / "workflow.schema.json"
    assert json.loads(page.read_text(encoding="utf-8")) == workflow_schema()


def test_a_file_is_run_from_a_program_and_gone_on_with(tmp_path: Path) -> None:
    (tmp_path / "s.sh").write_text('echo ran >> ran; echo "k=$1" >> "$ORCHESTRATOR_OUTPUT"\n')
    path = tmp_path / "x.workflow.yaml"
    path.write_text(
        "inputs: {v: 1}\ntasks:\n  s: {script: s.sh, args: ['${{ inputs.v }}']}\n  gate: {approve: Sure?, needs: s}\n"
    )
    first = pytest_orchestrator.run_workflow_file(path, {"v": 2}, journal=tmp_path / "j.sqlite")
    assert (first.passed, first.counts["failed"]) == (False, 1)
    again = pytest_orchestrator.run_workflow_file(path, {"v": 2}, journal=tmp_path / "j.sqlite", approved_by="Ada")
    assert again.passed
    assert again.tasks[0].outputs == {"k": "2"}
    assert again.tasks[0].from_journal
    assert (tmp_path / "ran").read_text() == "ran\n"


def test_pools_and_settings_of_programs_hold(tmp_path: Path) -> None:
    (tmp_path / "below").mkdir()
    report = run(
        tmp_path,
        """
        pools: {db: 1}
        env: {HOME: null, LANG: "${{ workflow.name }}"}
        tasks:
          each:
            pool: db
            matrix: {n: [1, 2, 3]}
            run: 'printf s >> order; sleep 0.02; printf e >> order'
          read: {run: 'pwd; cat; echo "$LANG ${HOME-none}"', cwd: below, stdin: "in ${{ workflow.name }} "}
        summary: ${{ tasks.read.stdout }}
        """,
    )
    assert report.passed, report.tasks
    assert (tmp_path / "order").read_text() == "se" * 3
    assert report.summary == f"{tmp_path / 'below'}\nin x x none"


AGENT = """#!/bin/sh
prompt=$(cat)
echo "$$" > "$PLACE/agent.pid"
case "$prompt" in *slow*) exec sleep 60;; *wrong*) echo no key >&2; exit 1;; esac
"""
CLAUDE = 'echo \'{"type":"result","subtype":"success","is_error":false,"result":"asked","session_id":"s"}\'\n'
CODEX = """
echo '{"type":"thread.started","thread_id":"t"}'
echo '{"type":"turn.started"}'
echo '{"type":"item.completed","item":{"id":"i","type":"agent_message","text":"asked too"}}'
echo '{"type":"turn.completed","usage":{"input_tokens":1,"cached_input_tokens":0,"output_tokens":1}}'
"""


@pytest.fixture
def agents(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Stand-ins for agents, first on PATH."""
    (tmp_path / "bin").mkdir()
    for name, answer in (("claude", CLAUDE), ("codex", CODEX)):
        program = tmp_path / "bin" / name
        program.write_text(AGENT + answer)
        program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:/usr/bin:/bin")
    return tmp_path


def test_agents_are_tasks_whose_answer_is_their_output(agents: Path) -> None:
    report = run(
        agents,
        """
        env: {PLACE: "${{ workflow.directory }}"}
        tasks:
          a: {claude: {prompt: "What about ${{ workflow.name }}?", model: haiku}}
          b: {codex: "And you?", needs: a}
          bad: {claude: wrong}
          late: {codex: slow, timeout: 0.5}
        summary: "${{ tasks.a.stdout }}, ${{ tasks.b.stdout }}"
        """,
    )
    assert states(report) == {"a": "passed", "b": "passed", "bad": "failed", "late": "timeout"}
    assert report.summary == "asked, asked too"
    assert "no key" in (next(task for task in report.tasks if task.name == "bad").error or "")


def test_an_agent_is_ended_when_nobody_wants_its_answer_any_more(agents: Path) -> None:
    report = run(
        agents,
        """
        on_failure: stop
        env: {PLACE: "${{ workflow.directory }}"}
        tasks:
          ask: {claude: slow}
          bad: {run: "while [ ! -s agent.pid ]; do sleep 0.01; done; exit 1"}
        """,
    )
    assert states(report) == {"ask": "cancelled", "bad": "failed"}
    assert not Path(f"/proc/{(agents / 'agent.pid').read_text().strip()}").exists()


@pytest.mark.parametrize(("grace", "was_asked"), [(0, False), (5, True)])
def test_a_task_at_its_limit_has_its_grace_period_to_end_by_itself(
    tmp_path: Path, grace: float, was_asked: bool
) -> None:
    asked = "set +e; trap 'sleep 1; touch asked; exit 1' TERM; while :; do sleep 0.05; done"
    report = run(tmp_path, json.dumps({"tasks": {"a": {"run": asked, "timeout": 0.3, "grace": grace}}}))
    assert [task.state for task in report.tasks] == ["timeout"]
    assert (tmp_path / "asked").exists() == was_asked
