"""pytest-orchestrator: folders of scripts as pytest items. Public names load on first use (PEP 562).

PYTEST_DONT_REWRITE: the commands of this package import it before pytest runs, which pytest would warn of.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from .agents.asynchronous import (
        run_batched_async,
        run_parallel_async,
        run_sequential_async,
        run_with_fallback_async,
    )
    from .agents.attempts import is_worth_retrying
    from .agents.claude_stream import ClaudeParser
    from .agents.codex_stream import CodexParser
    from .agents.fake_call import FakeCall
    from .agents.fake_commands import FakeCommands
    from .agents.live import LiveTable
    from .agents.patterns.aggregation import Aggregate, aggregate
    from .agents.patterns.cascade import Cascade, cascade
    from .agents.patterns.debate import Debate, debate
    from .agents.patterns.expert_panel import ExpertPanel, expert_panel
    from .agents.patterns.n_version import NVersion, n_version
    from .agents.progress import ProgressEvent
    from .agents.strategies import run_batched, run_parallel, run_sequential, run_with_fallback
    from .agents.stream import StreamEvent, StreamParser
    from .agents.workspace import AgentWorkspace, WorkspaceCommit
    from .cassettes.endpoint import ModelEndpoint
    from .cassettes.request import ModelRequest
    from .cli import run_orchestrator
    from .config.library import get_script_config, load_config
    from .core.document import RunDocument
    from .core.result import RunResult
    from .core.retry import RetryPolicy
    from .core.status import Reason, Status
    from .core.transcript import Message, PermissionDenial, SubAgent, ToolCall, ToolResult, Transcript, Usage
    from .errors import (
        AgentError,
        ArgumentError,
        ConfigurationError,
        DiscoveryError,
        Mistake,
        OrchestratorError,
        ReportError,
        SkillError,
        SupervisorError,
    )
    from .reports.library import generate_report
    from .reports.logs import save_log
    from .scripts.discovery import SKIP_DIRS, SKIP_PATTERNS, discover_scripts
    from .scripts.function import run_function
    from .scripts.library import generate_script_documentation, run_script
    from .skills.library import SkillLibrary

__version__ = "0.1.0"

__all__ = [
    "SKIP_DIRS",
    "SKIP_PATTERNS",
    "AgentError",
    "AgentWorkspace",
    "Aggregate",
    "ArgumentError",
    "Cascade",
    "ClaudeParser",
    "CodexParser",
    "ConfigurationError",
    "Debate",
    "DiscoveryError",
    "ExpertPanel",
    "FakeCall",
    "FakeCommands",
    "LiveTable",
    "Message",
    "Mistake",
    "ModelEndpoint",
    "ModelRequest",
    "NVersion",
    "OrchestratorError",
    "PermissionDenial",
    "ProgressEvent",
    "Reason",
    "ReportError",
    "RetryPolicy",
    "RunDocument",
    "RunResult",
    "SkillError",
    "SkillLibrary",
    "Status",
    "StreamEvent",
    "StreamParser",
    "SubAgent",
    "SupervisorError",
    "ToolCall",
    "ToolResult",
    "Transcript",
    "Usage",
    "WorkspaceCommit",
    "__version__",
    "aggregate",
    "cascade",
    "debate",
    "discover_scripts",
    "expert_panel",
    "generate_report",
    "generate_script_documentation",
    "get_script_config",
    "is_worth_retrying",
    "load_config",
    "n_version",
    "run_batched",
    "run_batched_async",
    "run_function",
    "run_orchestrator",
    "run_parallel",
    "run_parallel_async",
    "run_script",
    "run_sequential",
    "run_sequential_async",
    "run_with_fallback",
    "run_with_fallback_async",
    "save_log",
]

_HOMES = {
    "AgentWorkspace": "agents.workspace",
    "Aggregate": "agents.patterns.aggregation",
    "Cascade": "agents.patterns.cascade",
    "ClaudeParser": "agents.claude_stream",
    "CodexParser": "agents.codex_stream",
    "Debate": "agents.patterns.debate",
    "ExpertPanel": "agents.patterns.expert_panel",
    "FakeCall": "agents.fake_call",
    "FakeCommands": "agents.fake_commands",
    "LiveTable": "agents.live",
    "Message": "core.transcript",
    "ModelEndpoint": "cassettes.endpoint",
    "ModelRequest": "cassettes.request",
    "NVersion": "agents.patterns.n_version",
    "PermissionDenial": "core.transcript",
    "ProgressEvent": "agents.progress",
    "Reason": "core.status",
    "RetryPolicy": "core.retry",
    "RunDocument": "core.document",
    "RunResult": "core.result",
    "SKIP_DIRS": "scripts.discovery",
    "SKIP_PATTERNS": "scripts.discovery",
    "SkillLibrary": "skills.library",
    "Status": "core.status",
    "StreamEvent": "agents.stream",
    "StreamParser": "agents.stream",
    "SubAgent": "core.transcript",
    "ToolCall": "core.transcript",
    "ToolResult": "core.transcript",
    "Transcript": "core.transcript",
    "Usage": "core.transcript",
    "WorkspaceCommit": "agents.workspace",
    "aggregate": "agents.patterns.aggregation",
    "cascade": "agents.patterns.cascade",
    "debate": "agents.patterns.debate",
    "discover_scripts": "scripts.discovery",
    "expert_panel": "agents.patterns.expert_panel",
    "generate_report": "reports.library",
    "generate_script_documentation": "scripts.library",
    "get_script_config": "config.library",
    "is_worth_retrying": "agents.attempts",
    "load_config": "config.library",
    "n_version": "agents.patterns.n_version",
    "run_batched": "agents.strategies",
    "run_batched_async": "agents.asynchronous",
    "run_function": "scripts.function",
    "run_orchestrator": "cli",
    "run_parallel": "agents.strategies",
    "run_parallel_async": "agents.asynchronous",
    "run_script": "scripts.library",
    "run_sequential": "agents.strategies",
    "run_sequential_async": "agents.asynchronous",
    "run_with_fallback": "agents.strategies",
    "run_with_fallback_async": "agents.asynchronous",
    "save_log": "reports.logs",
}
"""The module that a public name comes from; those that are not here come from ``errors``."""


def __getattr__(name: str) -> Any:
    """Import a public name when it is first asked for: importing the package must cost nothing."""
    if name not in __all__:
        message = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(message)
    from importlib import import_module

    value = getattr(import_module(f".{_HOMES.get(name, 'errors')}", __name__), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    """Return what the module holds, public names that are not loaded yet included."""
    return sorted({*globals(), *__all__})
