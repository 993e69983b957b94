"""The graph of a workflow as Mermaid, with states and times: a pure function of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..quick_dataclasses import dataclass

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_COLOURS = {
    "passed": "fill:#dafbe1,stroke:#1a7f37,color:#1f2328",
    "failed": "fill:#ffebe9,stroke:#cf222e,color:#1f2328",
    "timeout": "fill:#fff1e5,stroke:#bc4c00,color:#1f2328",
    "skipped": "fill:#f6f8fa,stroke:#8c959f,color:#57606a",
    "cancelled": "fill:#f6f8fa,stroke:#57606a,color:#57606a",
    "running": "fill:#ddf4ff,stroke:#0969da,color:#1f2328",
}
MOST = 300
"""Tasks that are drawn: Mermaid gives up at some size, and people sooner."""


@dataclass(frozen=True, slots=True)
class GraphTask:
    """A task as the graph shows it."""

    name: str
    needs: tuple[str, ...] = ()
    state: str | None = None
    """None for one that nothing is known of."""
    seconds: float | None = None
    combinations: Mapping[str, int] | None = None
    """Of a matrix, how many ended in each state."""
    note: str = ""


def mermaid(tasks: Iterable[GraphTask]) -> str:
    """Return a flowchart of ``tasks``, as text that ends with a line end."""
    every = list(tasks)
    drawn = every[:MOST]
    ids = {task.name: f"t{number}" for number, task in enumerate(drawn)}
    lines = ["flowchart TD"]
    for task in drawn:
        style = f":::{task.state}" if task.state in _COLOURS else ""
        lines.append(f'    {ids[task.name]}["{_label(task)}"]{style}')
    if len(every) > MOST:
        lines.append(f'    more["… and {len(every) - MOST} more tasks"]')
    for task in drawn:
        lines += [f"    {ids[needed]} --> {ids[task.name]}" for needed in dict.fromkeys(task.needs) if needed in ids]
    used = {task.state for task in drawn}
    lines += [f"    classDef {state} {style}" for state, style in _COLOURS.items() if state in used]
    return "\n".join(lines) + "\n"


def _label(task: GraphTask) -> str:
    second = [] if task.state is None else [task.state]
    if task.combinations:
        told = ", ".join(f"{number} {state}" for state, number in task.combinations.items() if number)
        second = [f"{sum(task.combinations.values())} combinations: {told}"]
    if task.seconds is not None and task.state not in (None, "skipped"):
        second.append(_time(task.seconds))
    lines = [task.name, ", ".join(second), task.note]
    return "<br/>".join(_escaped(line) for line in lines if line)


def _time(seconds: float) -> str:
    if seconds < 1:
        return f"{seconds * 1000:.0f} ms"
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes = round(seconds) // 60
    return f"{minutes} min {round(seconds) % 60} s" if minutes < 60 else f"{minutes // 60} h {minutes % 60} min"


def _escaped(text: str) -> str:
    """Return text in which nothing means anything to Mermaid: signs as its own entities."""
    return "".join(
        character if character.isalnum() or character in " _-.,:[]…" else f"#{ord(character)};" for character in text
    )
