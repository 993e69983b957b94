"""The program that a ``python:`` task is: it calls one function, and hands on what that returns.

Run as ``python -m pytest_orchestrator.workflows.call_function module:function ARGUMENT …``. The module is looked for in
the working directory first. A mapping that is returned becomes the outputs of the task, anything else its output
``result``; False is no failure, an exception is.
"""

from __future__ import annotations

import asyncio
import importlib
import inspect
import json
import os
import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence


def main(words: Sequence[str]) -> int:
    """Call the function that the first word names with the other words; return the exit code."""
    module_name, _, path = words[0].partition(":")
    sys.path.insert(0, os.getcwd())
    function: Any = importlib.import_module(module_name)
    for name in path.split("."):
        function = getattr(function, name)
    value = function(*words[1:])
    if inspect.isawaitable(value):
        value = asyncio.run(_awaited(value))
    if value is not None:
        _hand_on(value)
    return 0


async def _awaited(value: Any) -> Any:
    return await value


def _hand_on(value: Any) -> None:
    outputs = value if isinstance(value, dict) else {"result": value}
    try:
        text = json.dumps(outputs)
    except (TypeError, ValueError) as error:
        message = (
            f"what the function returned cannot be handed on as JSON: {error}; return texts, numbers, lists, mappings"
        )
        raise SystemExit(message) from None
    file = os.environ.get("ORCHESTRATOR_OUTPUT")
    if file is not None:
        with open(file, "w", encoding="utf-8") as stream:
            stream.write(text)


if __name__ == "__main__":
    sys.path[:1] = []  # what -m put there: the working directory, which comes first again below
    sys.exit(main(sys.argv[1:]))
