"""pytest-orchestrator: folders of scripts as pytest items. Public names load on first use (PEP 562).

PYTEST_DONT_REWRITE: the commands of this package import it before pytest runs, which pytest would warn of.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from .agents.fake_commands import FakeCommands
    from .agents.workspace import AgentWorkspace
    from .cassettes.endpoint import ModelEndpoint
    from .cassettes.request import ModelRequest
    from .cli import run_orchestrator
    from .config.library import get_script_config, load_config
    from .core.document import RunDocument
    from .core.result import RunResult
    from .core.status import Reason, Status
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
    "ArgumentError",
    "ConfigurationError",
    "DiscoveryError",
    "FakeCommands",
    "Mistake",
    "ModelEndpoint",
    "ModelRequest",
    "OrchestratorError",
    "Reason",
    "ReportError",
    "RunDocument",
    "RunResult",
    "SkillError",
    "SkillLibrary",
    "Status",
    "SupervisorError",
    "__version__",
    "discover_scripts",
    "generate_report",
    "generate_script_documentation",
    "get_script_config",
    "load_config",
    "run_function",
    "run_orchestrator",
    "run_script",
    "save_log",
]

_HOMES = {
    "SKIP_DIRS": "scripts.discovery",
    "SKIP_PATTERNS": "scripts.discovery",
    "AgentWorkspace": "agents.workspace",
    "FakeCommands": "agents.fake_commands",
    "ModelEndpoint": "cassettes.endpoint",
    "ModelRequest": "cassettes.request",
    "Reason": "core.status",
    "RunDocument": "core.document",
    "RunResult": "core.result",
    "SkillLibrary": "skills.library",
    "Status": "core.status",
    "discover_scripts": "scripts.discovery",
    "generate_report": "reports.library",
    "generate_script_documentation": "scripts.library",
    "get_script_config": "config.library",
    "load_config": "config.library",
    "run_function": "scripts.function",
    "run_orchestrator": "cli",
    "run_script": "scripts.library",
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
