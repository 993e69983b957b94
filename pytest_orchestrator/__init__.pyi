# The public names, for type checkers and editors. At runtime they load on first use: see public_names.py.

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

__version__: str

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
