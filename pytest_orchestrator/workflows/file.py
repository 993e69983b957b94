"""A workflow as its file says it: plain data, checked."""

from __future__ import annotations

from dataclasses import field
from typing import TYPE_CHECKING, Any

from ..quick_dataclasses import dataclass
from .grace import DEFAULT_GRACE

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from ..core.retry import RetryPolicy
    from .expression import Condition, Template
    from .file_texts import Text

REQUIRED = object()
"""In place of the default of an input that must be given."""
Values = Any
"""Plain JSON types, with templates in place of texts."""


@dataclass(frozen=True, slots=True)
class FileTask:
    """One task of a file."""

    name: str
    line: int
    kind: str
    """``run``, ``script``, ``python``, ``claude``, ``codex``, ``workflow``; ``approve`` for one that only waits."""
    action: Template
    options: Mapping[str, Any] = field(default_factory=dict)
    """What stands beside the prompt of an agent."""
    needs: tuple[str, ...] = ()
    condition: Condition | None = None
    env: Mapping[str, Template | None] = field(default_factory=dict)
    timeout: float | None = None
    grace: float = DEFAULT_GRACE
    retry: RetryPolicy | None = None
    continue_on_error: bool = False
    matrix: Mapping[str, Values] | None = None
    """Values by name: a list, or a template that gives one."""
    pool: str | None = None
    expect: Mapping[str, Any] = field(default_factory=dict)
    approve: Template | None = None
    outputs: Mapping[str, Template] = field(default_factory=dict)
    cwd: Template | None = None
    stdin: Template | None = None
    args: tuple[Template, ...] = ()
    inputs: Mapping[str, Values] = field(default_factory=dict)
    upstream: tuple[str, ...] = ()
    """All tasks that come before it, however far."""
    refers: tuple[str, ...] = ()
    """Those of them that its expressions name."""


@dataclass(frozen=True, slots=True)
class FileInput:
    """Something that a workflow is given."""

    name: str
    description: str = ""
    default: Any = REQUIRED
    """What it is when nobody gives it; plain JSON types."""


@dataclass(frozen=True, slots=True)
class WorkflowFile:
    """A whole file."""

    path: Path
    """Absolute."""
    shown_as: str
    name: str
    digest: str
    """Of its text."""
    tasks: Mapping[str, FileTask]
    description: str = ""
    env: Mapping[str, Template | None] = field(default_factory=dict)
    timeout: float | None = None
    max_concurrency: int | None = None
    stops_on_failure: bool = False
    inputs: Mapping[str, FileInput] = field(default_factory=dict)
    cases: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    summary: Template | None = None
    pools: Mapping[str, int] = field(default_factory=dict)
    texts: Mapping[str, tuple[Text, ...]] = field(default_factory=dict)
    """What its tasks call, by their names: of another workflow also all that is called below it."""

    def place_of(self, task: FileTask) -> str:
        """Return where a task stands, as errors at run time call it."""
        return f"{self.shown_as}:{task.line}"

    @property
    def missing_inputs(self) -> tuple[str, ...]:
        """Names of inputs that must be given."""
        return tuple(each.name for each in self.inputs.values() if each.default is REQUIRED)
