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
    from .agents.budget import Budget
    from .agents.claude import ClaudeProcess
    from .agents.claude_stream import ClaudeParser
    from .agents.clis import AgentCli, agent_cli, register_agent_cli
    from .agents.codex import CodexProcess
    from .agents.codex_stream import CodexParser
    from .agents.fake_call import FakeCall
    from .agents.fake_commands import FakeCommands
    from .agents.live import LiveTable
    from .agents.patterns.aggregation import Aggregate, aggregate
    from .agents.patterns.cascade import Cascade, cascade
    from .agents.patterns.debate import Debate, debate
    from .agents.patterns.expert_panel import ExpertPanel, expert_panel
    from .agents.patterns.n_version import NVersion, n_version
    from .agents.plain_stream import PlainParser
    from .agents.process import AgentProcess, CliProcess
    from .agents.progress import ProgressEvent
    from .agents.result import ProcessResult
    from .agents.resumption import resume_session
    from .agents.session import OrchestratorSession
    from .agents.settings import AgentSettings, Launch
    from .agents.strategies import run_batched, run_parallel, run_sequential, run_with_fallback
    from .agents.stream import StreamEvent, StreamParser
    from .agents.summary import SessionSummary
    from .agents.workspace import AgentWorkspace, WorkspaceCommit
    from .cassettes.endpoint import ModelEndpoint
    from .cassettes.request import ModelRequest
    from .cli import run_orchestrator
    from .config.library import get_script_config, load_config
    from .config.settings import Limits
    from .core.document import RunDocument
    from .core.result import RunResult
    from .core.status import Reason, Status
    from .core.tool_call import PermissionDenial, ToolCall, ToolResult
    from .core.transcript import Message, SubAgent, Transcript, Usage
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
    from .workflow_kinds import run_workflow_file
    from .workflows.errors import (
        MapFailedError,
        TaskCancelledError,
        TaskTimeoutError,
        WorkflowError,
        WorkflowFailedError,
    )
    from .workflows.events import (
        TaskAdded,
        TaskFinished,
        TaskOutput,
        TaskRetrying,
        TaskStarted,
        WorkflowEvent,
        WorkflowFinished,
        WorkflowStarted,
    )
    from .workflows.file_report import TaskReport, WorkflowReport
    from .workflows.journal import JournalError, read_journal
    from .workflows.outcome import SkipReason, TaskOutcome, TaskState
    from .workflows.program import ProgramFailedError, ProgramResult, ProgramTimeoutError
    from .workflows.retry import RetryPolicy
    from .workflows.shell import Shell
    from .workflows.task import Branch, Task, Trigger
    from .workflows.workflow import Workflow

__version__ = "0.1.0"

__all__ = [
    "SKIP_DIRS",
    "SKIP_PATTERNS",
    "AgentCli",
    "AgentError",
    "AgentProcess",
    "AgentSettings",
    "AgentWorkspace",
    "Aggregate",
    "ArgumentError",
    "Branch",
    "Budget",
    "Cascade",
    "ClaudeParser",
    "ClaudeProcess",
    "CliProcess",
    "CodexParser",
    "CodexProcess",
    "ConfigurationError",
    "Debate",
    "DiscoveryError",
    "ExpertPanel",
    "FakeCall",
    "FakeCommands",
    "JournalError",
    "Launch",
    "Limits",
    "LiveTable",
    "MapFailedError",
    "Message",
    "Mistake",
    "ModelEndpoint",
    "ModelRequest",
    "NVersion",
    "OrchestratorError",
    "OrchestratorSession",
    "PermissionDenial",
    "PlainParser",
    "ProcessResult",
    "ProgramFailedError",
    "ProgramResult",
    "ProgramTimeoutError",
    "ProgressEvent",
    "Reason",
    "ReportError",
    "RetryPolicy",
    "RunDocument",
    "RunResult",
    "SessionSummary",
    "Shell",
    "SkillError",
    "SkillLibrary",
    "SkipReason",
    "Status",
    "StreamEvent",
    "StreamParser",
    "SubAgent",
    "SupervisorError",
    "Task",
    "TaskAdded",
    "TaskCancelledError",
    "TaskFinished",
    "TaskOutcome",
    "TaskOutput",
    "TaskReport",
    "TaskRetrying",
    "TaskStarted",
    "TaskState",
    "TaskTimeoutError",
    "ToolCall",
    "ToolResult",
    "Transcript",
    "Trigger",
    "Usage",
    "Workflow",
    "WorkflowError",
    "WorkflowEvent",
    "WorkflowFailedError",
    "WorkflowFinished",
    "WorkflowReport",
    "WorkflowStarted",
    "WorkspaceCommit",
    "__version__",
    "agent_cli",
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
    "read_journal",
    "register_agent_cli",
    "resume_session",
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
    "run_workflow_file",
    "save_log",
]

_HOMES = {
    "AgentCli": "agents.clis",
    "AgentProcess": "agents.process",
    "AgentSettings": "agents.settings",
    "AgentWorkspace": "agents.workspace",
    "Aggregate": "agents.patterns.aggregation",
    "Branch": "workflows.task",
    "Budget": "agents.budget",
    "Cascade": "agents.patterns.cascade",
    "ClaudeParser": "agents.claude_stream",
    "ClaudeProcess": "agents.claude",
    "CliProcess": "agents.process",
    "CodexParser": "agents.codex_stream",
    "CodexProcess": "agents.codex",
    "Debate": "agents.patterns.debate",
    "ExpertPanel": "agents.patterns.expert_panel",
    "FakeCall": "agents.fake_call",
    "FakeCommands": "agents.fake_commands",
    "JournalError": "workflows.journal",
    "Launch": "agents.settings",
    "Limits": "config.settings",
    "LiveTable": "agents.live",
    "MapFailedError": "workflows.errors",
    "Message": "core.transcript",
    "ModelEndpoint": "cassettes.endpoint",
    "ModelRequest": "cassettes.request",
    "NVersion": "agents.patterns.n_version",
    "OrchestratorSession": "agents.session",
    "PermissionDenial": "core.tool_call",
    "PlainParser": "agents.plain_stream",
    "ProcessResult": "agents.result",
    "ProgramFailedError": "workflows.program",
    "ProgramResult": "workflows.program",
    "ProgramTimeoutError": "workflows.program",
    "ProgressEvent": "agents.progress",
    "Reason": "core.status",
    "RetryPolicy": "workflows.retry",
    "RunDocument": "core.document",
    "RunResult": "core.result",
    "SKIP_DIRS": "scripts.discovery",
    "SKIP_PATTERNS": "scripts.discovery",
    "SessionSummary": "agents.summary",
    "Shell": "workflows.shell",
    "SkillLibrary": "skills.library",
    "SkipReason": "workflows.outcome",
    "Status": "core.status",
    "StreamEvent": "agents.stream",
    "StreamParser": "agents.stream",
    "SubAgent": "core.transcript",
    "Task": "workflows.task",
    "TaskAdded": "workflows.events",
    "TaskCancelledError": "workflows.errors",
    "TaskFinished": "workflows.events",
    "TaskOutcome": "workflows.outcome",
    "TaskOutput": "workflows.events",
    "TaskReport": "workflows.file_report",
    "TaskRetrying": "workflows.events",
    "TaskStarted": "workflows.events",
    "TaskState": "workflows.outcome",
    "TaskTimeoutError": "workflows.errors",
    "ToolCall": "core.tool_call",
    "ToolResult": "core.tool_call",
    "Transcript": "core.transcript",
    "Trigger": "workflows.task",
    "Usage": "core.transcript",
    "Workflow": "workflows.workflow",
    "WorkflowError": "workflows.errors",
    "WorkflowEvent": "workflows.events",
    "WorkflowFailedError": "workflows.errors",
    "WorkflowFinished": "workflows.events",
    "WorkflowReport": "workflows.file_report",
    "WorkflowStarted": "workflows.events",
    "WorkspaceCommit": "agents.workspace",
    "agent_cli": "agents.clis",
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
    "read_journal": "workflows.journal",
    "register_agent_cli": "agents.clis",
    "resume_session": "agents.resumption",
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
    "run_workflow_file": "workflow_kinds",
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
