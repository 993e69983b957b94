"""The command lines of agents that are known: our two, and those that others register."""

from __future__ import annotations

import threading
from dataclasses import field
from typing import TYPE_CHECKING

from ..config.given_arguments import Arguments
from ..errors import AgentError, ArgumentError
from ..quick_dataclasses import dataclass

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from .settings import Launch
    from .stream import StreamParser

ENTRY_POINTS = "pytest_orchestrator.agents"
"""The group of entry points in which a package names an :class:`AgentCli`, or a function that returns one."""


@dataclass(frozen=True, slots=True)
class AgentCli:
    """An agent's command line: how it is called, and how its output is read.

    Make one for a command line of your own and register it with :func:`register_agent_cli`, with the hook
    ``pytest_orchestrator_agent_clis``, or as an entry point in the group ``pytest_orchestrator.agents``.
    """

    name: str
    """The word for it everywhere: ``claude``."""
    executable: str
    """What is looked for on PATH, or a path."""
    arguments: Callable[[Launch], Sequence[str]]
    """Returns everything behind the executable. Raise ArgumentError for what this command line cannot do."""
    parser: Callable[[], StreamParser]
    """Returns a new reader of its standard output."""
    install: str = ""
    """The command that installs it, for the message when it is missing."""
    variables: tuple[str, ...] = ()
    """Names (globs) of environment variables that are its settings, and are passed on."""
    markers: tuple[str, ...] = ()
    """Names (globs) of those that tell it in which session it runs, and never are."""
    homes: Mapping[str, str] = field(default_factory=dict)
    """Variables that name its own directories, and a directory's name for each, below a fresh home."""
    ends_on_interrupt: bool = False
    """Whether it may tell what it has spent when it gets SIGINT: at a time limit it then gets that first."""
    keys: tuple[str, ...] = ()
    """Variables of which one must be set where there is no login: with a fresh home."""

    def words(self, launch: Launch) -> list[str]:
        """Return what :attr:`arguments` gives. Raise AgentError when that is no list of texts."""
        words: object = self.arguments(launch)
        if isinstance(words, list | tuple) and all(isinstance(word, str) for word in words):
            return list(words)
        message = f"the agent command line {self.name!r}: its arguments function returned {words!r}, no list of texts"
        raise AgentError(message)

    def problems(self) -> list[str]:
        """Return a sentence for each field that is not what it must be."""
        found = Arguments()
        for name in ("name", "executable"):
            if not getattr(self, name):
                found.problems.append(f"{name}: {getattr(self, name)!r} is not a text with something in it")
            found.text(name, getattr(self, name))
        for name in ("arguments", "parser"):
            if not callable(getattr(self, name)):
                found.problems.append(f"{name}: {getattr(self, name)!r} is not a function")
        found.text("install", self.install)
        for name in ("variables", "markers", "keys"):
            found.words(name, getattr(self, name))
        found.mapping("homes", self.homes, "give names of variables, each with a directory's name")
        return found.problems


_guard = threading.Lock()
_registered: dict[str, AgentCli] = {}
_has_entry_points = False
_problems: list[str] = []
"""What is wrong with entry points."""


def register_agent_cli(cli: AgentCli) -> None:
    """Make ``cli`` known by its name; one that had the name before is replaced.

    Raise AgentError when it is no :class:`AgentCli`, ArgumentError with all that is wrong with its fields.
    """
    given: object = cli
    if not isinstance(given, AgentCli):
        message = f"register_agent_cli: {cli!r} is no AgentCli; make one with AgentCli(name, executable, …)"
        raise AgentError(message)
    problems = cli.problems()
    if problems:
        raise ArgumentError("\n".join(f"AgentCli {cli.name!r}: {problem}" for problem in problems))
    with _guard:
        _registered[cli.name] = cli


def registered_clis() -> dict[str, AgentCli]:
    """Return a copy of what is registered now, for :func:`restore_clis`."""
    with _guard:
        return dict(_registered)


def restore_clis(before: Mapping[str, AgentCli]) -> None:
    """Make what was registered before be all that is."""
    with _guard:
        _registered.clear()
        _registered.update(before)


def agent_cli(name: str) -> AgentCli:
    """Return the command line ``name``: a registered one, one of an installed package, or one of ours.

    Raise AgentError when there is none of that name.
    """
    with _guard:
        known = _registered.get(name)
    if known is None and name in _OURS:
        return _OURS[name]()
    if known is None:
        _load_entry_points()
        with _guard:
            known = _registered.get(name)
    if known is None:
        names = ", ".join(repr(each) for each in sorted({*_OURS, *_registered}))
        problems = "".join(f"; {problem}" for problem in _problems)
        message = f"no agent command line is called {name!r}; known are {names}: register yours, see AgentCli{problems}"
        raise AgentError(message)
    return known


def _load_entry_points() -> None:
    """Register what installed packages offer. One that is broken does not keep the others out, and is told of."""
    global _has_entry_points  # noqa: PLW0603 - looked at once: it reads the metadata of all installed packages
    with _guard:
        if _has_entry_points:
            return
        _has_entry_points = True
    from importlib.metadata import entry_points

    for entry in entry_points(group=ENTRY_POINTS):
        where = f"the entry point {entry.name!r} ({entry.value}) in the group {ENTRY_POINTS}"
        try:
            cli = entry.load()
            cli = cli() if not isinstance(cli, AgentCli) and callable(cli) else cli
        except Exception as error:  # noqa: BLE001 - whatever the module of another package does
            _problems.append(f"{where} cannot be loaded: {type(error).__name__}: {error}")
            continue
        if not isinstance(cli, AgentCli):
            _problems.append(f"{where} gives {cli!r}, which is no AgentCli")
        elif problems := cli.problems():
            _problems.append(f"{where}: {'; '.join(problems)}")
        else:
            with _guard:
                _registered.setdefault(cli.name, cli)


def _claude() -> AgentCli:
    from .claude import CLAUDE

    return CLAUDE


def _codex() -> AgentCli:
    from .codex import CODEX

    return CODEX


_OURS: Mapping[str, Callable[[], AgentCli]] = {"claude": _claude, "codex": _codex}
