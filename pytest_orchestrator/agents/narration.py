"""What agents did in one test, as text for people: made from its evidence, bounded as that is."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_LINES = 12
"""Lines of one text that are shown: the first and the last."""
_WIDTH = 300
"""Characters of one line that are shown."""
_MOST_STEPS = 200
_MOST_NAMES = 20
_MOST_CALLS = 50


def narrated_run(run: Mapping[str, Any]) -> str:
    """Return what one run said and did: a headline, the prompt, each message and tool call, the error, the log."""
    lines = [headline(run), *_labelled("prompt", run["prompt"])]
    transcript = run["transcript"]
    if transcript is not None:
        steps = list(_steps(transcript))
        kept = (
            steps if len(steps) <= _MOST_STEPS else [*steps[: _MOST_STEPS // 4], None, *steps[-_MOST_STEPS * 3 // 4 :]]
        )
        for step in kept:
            lines += [f"[{len(steps) - _MOST_STEPS} steps left out]"] if step is None else step
        for denial in transcript["denials"]:
            lines.append(f"denied: {_call(denial['tool'], denial['input'])}")
    elif run["output"]:
        lines += _labelled("output", run["output"])
    if run["error"]:
        lines += _labelled("error", run["error"])
    if run["stderr"].strip():
        lines += _labelled("stderr", run["stderr"])
    if run["log_path"]:
        lines.append(f"log: {run['log_path']}")
    return "\n".join(lines) + "\n"


def headline(run: Mapping[str, Any]) -> str:
    """Return one line about a run: ``claude-1: passed in 2.3 s, 2 turns, 1 tool call, 1234 tokens, $0.0123``."""
    who = ", ".join(filter(None, (run["cli"], run["model"])))
    how = run["status"] if run["reason"] is None else f"{run['status']} ({run['reason']})"
    facts = [f"{how} in {run['duration']:.2f} s", f"exit {run['exit_code']}"]
    facts += [_count(run["turns"], "turn"), _count(run["tools"], "tool call"), _count(run["usage"]["total"], "token")]
    if run["cost_usd"] is not None:
        facts.append(dollars(run["cost_usd"]))
    return f"{run['process_id']}{f' ({who})' if who else ''}: {', '.join(facts)}"


def dollars(amount: float) -> str:
    """Return US dollars with as many digits as tell something: ``$1.25``, ``$0.0123``."""
    return f"${amount:.2f}" if amount >= 1 else f"${amount:.4f}"


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _steps(transcript: Mapping[str, Any]) -> Iterator[list[str]]:
    """Yield the lines of each message and tool call, turn by turn."""
    said = [part for part in transcript["messages"] if part["role"] != "user"]
    # A turn's words come before its calls; what has one turn and kind stays in its order. Codex does all of its work
    # in one turn: its last word comes after that.
    last = said[-1] if transcript["turns"] == 1 and said and said[-1]["text"] == transcript["final_text"] else None
    steps = [(part["turn"], 2 if part is last else 0, part) for part in said]
    steps += [(part["turn"], 1, part) for part in transcript["tool_calls"]]
    for turn, kind, part in sorted(steps, key=lambda step: step[:2]):
        where = f"[{turn}{' sub-agent' if part['agent'] else ''}]"
        if kind != 1:
            yield _labelled(f"{where} {part['role']}", part["text"])
        else:
            result = part["result"]
            lines = [f"{where} {_call(part['name'], part['input'])}"]
            if result is None:
                yield [*lines, "    (no result)"]
            else:
                note = " (error)" if result["is_error"] else ""
                yield [*lines, f"  ->{note} {_size(result['size'])}", *_indented(result["text"])]
    if transcript["left_out"]:
        yield [f"[{_count(transcript['left_out'], 'message or call')} left out here; the log has all of it]"]


def _size(size: int) -> str:
    return _count(size, "byte")


def _call(name: str, given: Mapping[str, Any]) -> str:
    words = given.get("command")
    told = words if isinstance(words, str) and len(given) == 1 else json.dumps(given, ensure_ascii=False, default=str)
    return f"{name}: {_clipped(told.replace(chr(10), chr(92) + 'n'))}"


def _labelled(label: str, text: str) -> list[str]:
    lines = text.rstrip("\n").split("\n")
    if len(lines) == 1:
        return [f"{label}: {_clipped(lines[0])}"]
    return [f"{label}:", *_indented(text)]


def _indented(text: str) -> list[str]:
    lines = text.rstrip("\n").split("\n")
    if lines == [""]:
        return []
    if len(lines) > _LINES:
        kept = _LINES // 2
        lines = [*lines[:kept], f"[{_count(len(lines) - 2 * kept, 'line')} left out]", *lines[-kept:]]
    return [f"    {_clipped(line)}" for line in lines]


def _clipped(line: str) -> str:
    return line if len(line) <= _WIDTH else f"{line[:_WIDTH]}… [{len(line) - _WIDTH} characters left out]"


def narrated_workspace(workspace: Mapping[str, Any]) -> str:
    """Return what has become of a workspace: names of files, commits, the beginning of the difference."""
    lines = [workspace["path"]]
    for name in ("created", "modified", "deleted"):
        if workspace.get(name):
            lines += [f"{name}: {_names(workspace[name])}"]
    if not any(workspace.get(name) for name in ("created", "modified", "deleted", "problem")):
        lines.append("nothing was changed")
    lines += [f"commit {commit['id'][:10]}: {_clipped(commit['subject'])}" for commit in workspace.get("commits", ())]
    if workspace.get("diff"):
        lines += _indented_all(workspace["diff"], 80)
    if workspace.get("problem"):
        lines.append(f"problem: {workspace['problem']}")
    return "\n".join(lines) + "\n"


def _names(names: list[str]) -> str:
    more = f" and {len(names) - _MOST_NAMES} more" if len(names) > _MOST_NAMES else ""
    return ", ".join(names[:_MOST_NAMES]) + more


def _indented_all(text: str, most: int) -> list[str]:
    lines = text.rstrip("\n").split("\n")
    rest = [f"    [{_count(len(lines) - most, 'line')} left out]"] if len(lines) > most else []
    return [*(f"    {_clipped(line)}" for line in lines[:most]), *rest]


def narrated_commands(commands: Mapping[str, Any]) -> str:
    """Return the calls of fake commands, one a line; those that were refused are marked."""
    lines = []
    for call in commands["calls"][:_MOST_CALLS]:
        words = " ".join([call["command"], *call["arguments"]]).replace("\n", "\\n")
        lines.append(f"{'answered' if call['rule'] is not None else 'REFUSED '} {_clipped(words)}")
    if commands["count"] > _MOST_CALLS:
        lines.append(f"[{_count(commands['count'] - _MOST_CALLS, 'call')} left out]")
    if "problem" in commands:
        lines.append(f"problem: {commands['problem']}")
    return "\n".join(lines or ["no calls"]) + "\n"
