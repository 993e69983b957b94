"""Shell commands and files of a script, as calls of the tools that the agent of a request has."""

from __future__ import annotations

import json
import posixpath
import re
import shlex
from typing import TYPE_CHECKING, Any

from ..errors import AgentError
from ..quick_dataclasses import dataclass
from .reply import Run, ToolUse, Write

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .reply import Call
    from .request import ModelRequest

_PATIENCE_MS = 30_000
"""How long Codex waits for a command before it tells the model that it still runs; it allows no more."""

_STILL_RUNS = re.compile(r"[Pp]rocess running with session ID (\d+)")
_CODE_STILL_RUNS = re.compile(r"\AScript running with cell ID (\S+)")

_RUN_SCRIPT = """\
let r = await tools.exec_command({arguments});
let output = r.output;
while (r.exit_code === undefined && r.session_id !== undefined) {{
  r = await tools.write_stdin({{session_id: r.session_id, yield_time_ms: {patience}}});
  output += r.output;
}}
text("Process exited with code " + r.exit_code + "\\nOutput:\\n" + output);
"""

_SHELLS: Mapping[str, str] = {
    "Bash": "command",
    "exec_command": "cmd",
    "shell_command": "command",
    "bash": "command",
    "run_command": "command",
    "execute_command": "command",
}
"""Tools that run a shell command, and how they call it, in the order of preference."""

_WRITERS: Mapping[str, tuple[str, str]] = {
    "Write": ("file_path", "content"),
    "write_file": ("path", "content"),
    "create_file": ("path", "content"),
}
"""Tools that write a file, and how they call its path and content."""


@dataclass(frozen=True, slots=True)
class WireCall:
    """A tool call as the agent's dialect has it."""

    kind: str
    """``function``, ``custom`` or ``local_shell``."""
    name: str
    input: Mapping[str, Any] | str
    namespace: str = ""

    @property
    def input_text(self) -> str:
        """What is given to the tool, as text."""
        return self.input if isinstance(self.input, str) else json.dumps(self.input, ensure_ascii=False)


def wire_call(call: Call, request: ModelRequest) -> WireCall:
    """Return ``call`` as the agent that sent ``request`` understands it.

    Raises :class:`~pytest_orchestrator.errors.AgentError` when it offers no tool for a command or file.
    """
    if isinstance(call, ToolUse):
        return _named(call, request)
    if isinstance(call, Run):
        return _shell(call.command, request)
    return _file(call, request)


def waiting_call(request: ModelRequest) -> ToolUse | None:
    """Return the call that waits on, where the agent says that a command of the model's still runs; else None.

    Codex says so after 30 seconds, and leaves it to the model to ask again.
    """
    for result in request.results:
        session = _STILL_RUNS.search(result.head)
        if session is not None and "write_stdin" in request.tools:
            return ToolUse("write_stdin", {"session_id": int(session[1]), "chars": "", "yield_time_ms": _PATIENCE_MS})
        cell = _CODE_STILL_RUNS.search(result.head)
        if cell is not None and "wait" in request.tools:
            return ToolUse("wait", {"cell_id": cell[1], "yield_time_ms": _PATIENCE_MS})
    return None


def _named(call: ToolUse, request: ModelRequest) -> WireCall:
    tool = request.tools.get(call.name)
    if tool is not None and tool.kind == "nested":
        return _exec(f"text(await tools.{call.name}({json.dumps(call.input)}));\n", request)
    namespace = tool.namespace if tool is not None else ""
    kind = "custom" if (tool is not None and tool.kind == "custom") or isinstance(call.input, str) else "function"
    return WireCall(kind, call.name, call.input, namespace)


def _shell(command: str, request: ModelRequest) -> WireCall:
    for name, parameter in _SHELLS.items():
        tool = request.tools.get(name)
        if tool is None:
            continue
        arguments: dict[str, Any] = {parameter: command}
        if name == "exec_command":
            arguments["yield_time_ms"] = _PATIENCE_MS
        elif name == "Bash":
            arguments["description"] = "Run a scripted command"
        if tool.kind == "nested":
            code = _RUN_SCRIPT.format(arguments=json.dumps(arguments), patience=_PATIENCE_MS)
            return _exec(code, request)
        return WireCall("function", name, arguments, tool.namespace)
    words = ["bash", "-c", command]
    if "shell" in request.tools:
        return WireCall("function", "shell", {"command": words})
    if "local_shell" in request.tools:
        return WireCall("local_shell", "local_shell", {"command": words})
    raise AgentError(f"the reply runs the command {command!r}, but {_offer(request)}; use tool: with one of these")


def _file(call: Write, request: ModelRequest) -> WireCall:
    for name, (path, content) in _WRITERS.items():
        if name in request.tools:
            # Claude Code takes absolute paths only; without a known directory the agent has to make do.
            target = posixpath.join(request.working_directory, call.path)
            return WireCall("function", name, {path: target, content: call.content}, request.tools[name].namespace)
    patch = request.tools.get("apply_patch")
    if patch is not None and call.content.endswith("\n") and "\r" not in call.content:
        lines = "".join(f"+{line}\n" for line in call.content[:-1].split("\n"))
        return _named(
            ToolUse("apply_patch", f"*** Begin Patch\n*** Add File: {call.path}\n{lines}*** End Patch\n"), request
        )
    path = shlex.quote(call.path if not call.path.startswith("-") else f"./{call.path}")
    directory = shlex.quote(posixpath.dirname(call.path) or ".")
    try:
        return _shell(f"mkdir -p -- {directory} && printf %s {shlex.quote(call.content)} > {path}", request)
    except AgentError:
        raise AgentError(f"the reply writes the file {call.path!r}, but {_offer(request)}; use tool: instead") from None


def _exec(code: str, request: ModelRequest) -> WireCall:
    """Return the call that has Codex run ``code``, in which its nested tools are functions."""
    pragma = f'// @exec: {{"yield_time_ms": {_PATIENCE_MS}}}\n'
    return WireCall("custom", "exec", pragma + code, request.tools["exec"].namespace)


def _offer(request: ModelRequest) -> str:
    if not request.tools:
        return "the request offers no tools"
    return f"the request offers no tool for that, only {', '.join(sorted(request.tools))}"
