"""pytest-orchestrator: folders of scripts as pytest items. Public names load on first use (PEP 562).

Every pytest run of an environment that has this plugin imports this, so there is next to nothing in it: type checkers
find the names in ``__init__.pyi``.

PYTEST_DONT_REWRITE: the commands of this package import it before pytest runs, which pytest would warn of.
"""

from __future__ import annotations

__version__ = "0.1.0"


def __getattr__(name: str) -> object:
    """Import a public name when it is first asked for: importing the package must cost nothing."""
    if name == "__all__" or not name.startswith("__"):  # for others Python itself looks, before any name is used
        from importlib import import_module

        from .public_names import HOMES

        if name == "__all__" or name in HOMES:
            if name == "__all__":
                value: object = sorted([*HOMES, "__version__"])
            else:
                value = getattr(import_module(f".{HOMES[name]}", __name__), name)
            globals()[name] = value
            return value
    message = f"module {__name__!r} has no attribute {name!r}"
    raise AttributeError(message)


def __dir__() -> list[str]:
    """Return what the module holds, public names that are not loaded yet included."""
    from .public_names import HOMES

    return sorted({*globals(), *HOMES, "__all__"})
