"""The keys of a workflow file, and the JSON Schema that editors check one by."""

from __future__ import annotations

from typing import Any

from ..config.nested_options import EXPECT, RETRY, seconds
from ..config.option import Kind, Option
from ..config.schema import option_schema
from .grace import DEFAULT_GRACE

NAME = r"[A-Za-z_][A-Za-z0-9_-]*"
"""What tasks, inputs, outputs, pools and the like may be called: what an expression can name."""
INPUTS_HELP = "What the workflow is given: name: default, or name: {description, default, required}"
MATRIX_HELP = (
    "Run the task once for each combination: name: [values], or name: ${{ an expression that gives a list }};"
    " `include` lists combinations to add, `exclude` those to leave out"
)


def _text(name: str, text: str, **more: Any) -> Option:
    return Option(name, Kind.TEXT, text, **({"any_text": False} | more))


AGENT_OPTIONS = (
    _text("prompt", "What the agent is asked"),
    _text("model", "The command line's word for a model"),
    Option("allowed_tools", Kind.TEXTS, "Tools that it may use without asking (Claude Code)", single=True),
    _text("permission_mode", "The command line's word for what it may do; of Codex its sandbox"),
    Option("max_cost_usd", Kind.NUMBER, "What it may cost at most", minimum=0),
)


def _agent(name: str, text: str) -> Option:
    return Option(name, Kind.TABLE, text, fields=AGENT_OPTIONS, shorthand="prompt")


ACTIONS = (
    _text("run", "Words for `sh -e`"),
    _text("script", "A script, relative to the file of the workflow; started as pytest-orchestrator starts scripts"),
    _text("python", "A function, `module:function`, called in a process of its own with `args`"),
    _agent("claude", "A prompt for Claude Code"),
    _agent("codex", "A prompt for Codex"),
    _text("workflow", "Another workflow file, relative to this one"),
)
"""What a task does; each has one of these, or waits with `approve` alone."""
ACTION_NAMES = tuple(option.name for option in ACTIONS)

TIMEOUT = seconds("timeout", "Time limit of each attempt")
_ARGS = Option("args", Kind.TEXTS, "Arguments of `script` and `python`, one text each", any_text=False, empty_ok=True)
TASK = (
    *ACTIONS,
    Option("needs", Kind.TEXTS, "Tasks that come before it", single=True),
    _text("if", "Condition; without a status function it is meant together with success()"),
    Option("env", Kind.ENVIRONMENT, "Added to the environment; null removes a variable", empty_ok=True),
    TIMEOUT,
    seconds("grace", "Time between SIGTERM and SIGKILL when it is ended", DEFAULT_GRACE, zero="SIGKILL at once"),
    Option(
        "retry",
        Kind.TABLE,
        "When it is tried again; a number means `max_attempts`",
        fields=RETRY,
        shorthand="max_attempts",
    ),
    Option("continue_on_error", Kind.BOOL, "Whether the workflow goes on, and passes, when it fails"),
    _text("pool", "A pool of the workflow, of whose places it takes one"),
    Option("expect", Kind.TABLE, "What is checked after its program ended with exit code 0", fields=EXPECT),
    _text("approve", "Wait until a person says yes to this question"),
    _text("cwd", "Where its program runs, relative to the file of the workflow; default: beside that file"),
    _text("stdin", "What its program reads", any_text=True, empty_ok=True),
    _ARGS,
)
TASK_OPTIONS = {option.name: option for option in TASK}
TASK_MAPPINGS = {
    "matrix": MATRIX_HELP,
    "outputs": "What other tasks see of it: name: text, in which `outputs`, `stdout` and `exit_code` are its own",
    "inputs": "Inputs of another `workflow`: name: value",
}
"""Keys of a task whose values need more than an option says."""

FILE = (
    _text("name", "What the workflow is called; default: the name of its file"),
    _text("description", "What it is for"),
    Option("env", Kind.ENVIRONMENT, "Added to the environment of all tasks; null removes a variable", empty_ok=True),
    seconds("timeout", "Time limit of the whole workflow"),
    Option("max_concurrency", Kind.INT, "Tasks that run at the same time", minimum=1, maximum=100_000, metavar="N"),
    Option("on_failure", Kind.CHOICE, "Whether the first failure stops what runs and starts nothing more, but tasks"
           " whose `if` asks for failure(), always() or cancelled(); or what does not need it goes on",
           default="continue", choices=("stop", "continue")),
    _text("summary", "What is printed when it is over: text with ${{ tasks… }}, ${{ counts.passed }}, ${{ errors }}"),
)  # fmt: skip
FILE_OPTIONS = {option.name: option for option in FILE}
FILE_MAPPINGS = {
    "inputs": INPUTS_HELP,
    "cases": "As a test: one item for each, name: {input: value}",
    "pools": "Names with the number of their places",
    "tasks": "What is done: name: task",
}

INPUT = (
    _text("description", "What it is"),
    Option("required", Kind.BOOL, "Whether it must be given"),
)
INPUT_OPTIONS = {option.name: option for option in INPUT}
POOL = Option("places", Kind.INT, "Tasks of the pool that run at the same time", minimum=1, maximum=100_000)


def workflow_schema() -> dict[str, Any]:
    """Return the JSON Schema (draft 2020-12) of a workflow file.

    It accepts what the loader accepts, which sees more than a schema can: names, cycles, expressions.
    """
    anything: dict[str, Any] = {}
    name = {"propertyNames": {"pattern": f"^{NAME}$"}}
    task = _object({option.name: option_schema(option) for option in TASK})
    # YAML has a word for a condition that is plainly true or false.
    task["properties"]["if"] = {"type": ["string", "boolean", "number"], "description": TASK_OPTIONS["if"].help}
    listed = {"anyOf": [{"type": "array", "minItems": 1}, {"type": "string", "pattern": r"\$\{\{"}]}
    mappings = {"type": "array", "minItems": 1, "items": {"type": "object", "minProperties": 1, **name}}
    combined = {"anyOf": [mappings, listed["anyOf"][1]]}
    task["properties"] |= {
        "matrix": {
            "type": "object",
            "minProperties": 1,
            "properties": {"include": combined, "exclude": combined},
            "additionalProperties": listed,
            **name,
        },
        "outputs": {"type": "object", "additionalProperties": {"type": ["string", "number"]}, **name},
        "inputs": {"type": "object", "additionalProperties": anything, **name},
    }
    task["type"] = "object"
    task["anyOf"] = [{"required": [action]} for action in (*ACTION_NAMES, "approve")]
    given = _object({option.name: option_schema(option) for option in INPUT} | {"default": anything}) | {
        "type": "object"
    }
    values = {"type": "object", "additionalProperties": anything, **name}
    properties = {option.name: option_schema(option) for option in FILE} | {
        "inputs": {
            "type": "object",
            "additionalProperties": {"anyOf": [given, {"type": ["string", "number", "boolean", "null", "array"]}]},
            **name,
        },
        "cases": {"type": "object", "additionalProperties": values, "minProperties": 1},
        "pools": {"type": "object", "additionalProperties": {"type": "integer", "minimum": 1}, **name},
        "tasks": {"type": "object", "minProperties": 1, "additionalProperties": task, **name},
    }
    for key, text in FILE_MAPPINGS.items():
        properties[key]["description"] = f"{text}."
    for key, text in TASK_MAPPINGS.items():
        task["properties"][key]["description"] = f"{text}."
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "pytest-orchestrator workflow",
        "description": "*.workflow.yaml: tasks that need one another.",
        **_object(properties),
        "type": "object",
        "required": ["tasks"],
    }


def _object(properties: dict[str, Any]) -> dict[str, Any]:
    return {"properties": properties, "additionalProperties": False}
