"""pytest-orchestrator: folders of scripts as pytest items. Public names load on first use (PEP 562)."""

__version__ = "0.1.0"
