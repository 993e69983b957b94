"""Workers on other hosts (pytest-xdist's ``--tx ssh=…``), seen by the controller: what xdist demands, what went wrong.

xdist ends with an INTERNALERROR, or starts a worker again and again, where a path cannot be sent or a host is not as
it should be. Here each of these is a usage error that says what to do.
"""

from __future__ import annotations

import os
import shlex
import shutil
from collections import defaultdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import execnet
import pytest
from execnet.gateway_bootstrap import HostNotFound

from .. import __version__
from ..core.names import escape_name, quote_name
from ..reports.quoting import clean

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable, Sequence

_FAILURES = (HostNotFound, execnet.RemoteError, OSError, EOFError, ValueError, AssertionError)
"""What comes out of xdist and execnet when a worker cannot be started."""
_READ_BY_WORKERS = ("--orchestrate-config", "--orchestrate-durations")
"""Flags with a file that every worker reads."""
_ADDED = "execmodel=main_thread_only//"
"""What xdist puts in front of every ``--tx``."""


def specifications(config: pytest.Config) -> list[execnet.XSpec]:
    """Return what ``--tx`` names, one for each worker. Raise ``pytest.UsageError`` for what execnet cannot read."""
    found = []
    for text in config.getoption("tx", None) or []:
        factor, star, rest = text.partition("*")
        one = rest if star and factor.isdecimal() else text
        try:
            found += [execnet.XSpec(one) for _ in range(int(factor) if one is rest else 1)]
        except (ValueError, AttributeError, IndexError) as error:
            raise pytest.UsageError(f"--tx {escape_name(text)}: {error}; write ssh=HOST//python=PATH") from error
    return found


def is_elsewhere(spec: execnet.XSpec) -> bool:
    """Return whether xdist sends directories to a worker, and changes paths in its command line."""
    return not spec.popen or bool(spec.chdir)


def host_of(spec: execnet.XSpec, config: pytest.Config) -> str | None:
    """Return the name of the host that a worker runs on; None for this one."""
    if spec.via:
        proxies = [execnet.XSpec(text) for text in config.getoption("px", None) or []]
        return next((host_of(proxy, config) for proxy in proxies if proxy.id == spec.via), spec.via)
    given = spec.ssh or spec.vagrant_ssh or spec.socket
    if not given:
        return None
    words = str(given).split() or ["?"]
    return escape_name(words[-1] if words[0].startswith("-") else words[0])


def refuse_what_cannot_be_sent(config: pytest.Config, specs: Iterable[execnet.XSpec]) -> None:
    """Raise ``pytest.UsageError`` with all that xdist could not send to workers elsewhere, and what to pass instead."""
    elsewhere = [spec for spec in specs if is_elsewhere(spec)]
    if not elsewhere:
        return
    mistakes = []
    if any(spec.ssh for spec in elsewhere) and shutil.which("ssh") is None:
        mistakes.append("--tx ssh=…: there is no program 'ssh' here; install one (Debian: openssh-client)")
    roots = _roots(config)
    mistakes += _clashes(roots)
    words = [str(word) for word in config.invocation_params.args]
    for previous, word in zip(["", *words], words, strict=False):
        mistake = _mistake(previous, word, roots, config) or _joined_mistake(word, roots)
        if mistake is not None:
            mistakes.append(mistake)
    lost = [word for word in shlex.split(os.environ.get("PYTEST_ADDOPTS", "")) if word.startswith("--orchestrate")]
    if lost:
        mistakes.append(
            f"PYTEST_ADDOPTS holds {' '.join(lost)}, and the environment is not sent to another host; "
            "give it on the command line"
        )
    if mistakes:
        raise pytest.UsageError("\n".join(mistakes))


def _roots(config: pytest.Config) -> list[Path]:
    """Return the directories that the user has xdist send, resolved as xdist does it."""
    given = [*(config.getoption("rsyncdir", None) or []), *(config.getini("rsyncdirs") or [])]
    return list(dict.fromkeys(Path(root).resolve() for root in given))


def _clashes(roots: Sequence[Path]) -> list[str]:
    names = defaultdict(list)
    for root in (Path("pytest"), Path("_pytest"), *roots):  # xdist sends these two with every run
        names[root.name].append(root)
    return [
        f"--rsyncdir={quote_name(str(same[-1]))}: all that is sent arrives side by side, and {name!r} is there "
        f"already ({quote_name(str(same[0]))}); rename one, or send a directory above it"
        for name, same in names.items()
        if len(same) > 1
    ]


def _mistake(previous: str, word: str, roots: Sequence[Path], config: pytest.Config) -> str | None:
    """Return what is wrong with a word of the command line; None when xdist can send it."""
    name, separator, part = word.partition("::")
    path = Path(name)
    try:
        if not path.exists() or any(path == root or path.is_relative_to(root) for root in roots):
            return None
    except (OSError, ValueError):  # too long for a name, a NUL
        return None
    shown = f"'{word}'" if word.isprintable() else quote_name(word)
    if word not in config.option.file_or_dir:
        joined = f"{previous}={word}" if previous.startswith("--") else f"{previous}{word}"
        return f"{previous} {shown}: pytest-xdist takes {shown} for a path to send, because it exists; write {joined}"
    whole = path.resolve()
    absolute = f"{whole}{separator}{part}"
    if any(whole.is_relative_to(root) for root in roots):
        return f"{shown}: pytest-xdist sends absolute paths only to another host; write {absolute}"
    top = config.rootpath.resolve()
    directory = top if whole.is_relative_to(top) else whole if whole.is_dir() else whole.parent
    return f"{shown}: is in no directory that is sent to another host; write --rsyncdir={directory} {absolute}"


def _joined_mistake(word: str, roots: Sequence[Path]) -> str | None:
    """Return what is wrong with ``--flag=FILE`` of ours: xdist changes a path only if it is a word of its own."""
    flag, _, value = word.partition("=")
    if flag not in _READ_BY_WORKERS or not value or not roots:
        return None
    whole = Path(value).resolve()
    root = next((root for root in roots if whole.is_relative_to(root)), None)
    if root is None:
        return f"{word}: is in no directory that is sent to another host; put it into one of --rsyncdir"
    if value == f"{root.name}/{whole.relative_to(root)}":
        return None
    return f"{word}: is not found on another host; write it as two words, absolute: {flag} {whole}"


class OtherHosts:
    """The hooks through which failures of workers elsewhere are seen."""

    def __init__(self, config: pytest.Config, specs: Iterable[execnet.XSpec]) -> None:
        self._config = config
        self._hosts = dict.fromkeys(host_of(spec, config) for spec in specs)
        self._option = "--px"
        self._starting = [execnet.XSpec(text) for text in config.getoption("px", None) or []]
        """What has not been started, that whose turn it is first: proxies, then workers."""
        self._is_connected = False

    def pytest_report_header(self) -> list[str]:
        """Say what does not hold across hosts, and which ini file is not sent."""
        lines = []
        if len(self._hosts) > 1:
            names = ", ".join(host or "this host" for host in self._hosts)
            lines.append(f"orchestrator: scripts run on {names}; a lock of resources: holds on each of them alone")
        ini = self._config.inipath
        roots = _roots(self._config)
        if ini is not None and roots and not any(ini.resolve().is_relative_to(root) for root in roots):
            shown = quote_name(ini.name)
            lines.append(f"orchestrator: {shown} is in no directory of --rsyncdir and is not read on other hosts")
        return lines

    @pytest.hookimpl(optionalhook=True)
    def pytest_xdist_setupnodes(self, specs: Sequence[execnet.XSpec]) -> None:
        """Called before the first worker is started."""
        self._option, self._starting = "--tx", list(specs)

    @pytest.hookimpl(optionalhook=True)
    def pytest_xdist_newgateway(self) -> None:
        """Called when there is a Python on the other side, in the working directory that was asked for."""
        self._is_connected = True

    @pytest.hookimpl(optionalhook=True)
    def pytest_configure_node(self) -> None:
        """Called when a worker has been sent everything."""
        self._is_connected = False
        del self._starting[:1]

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_sessionstart(self) -> Generator[None]:
        """Around the start of all workers: say what keeps one from starting."""
        try:
            yield
        except _FAILURES as error:
            if not self._starting:
                raise
            message = f"{self._shown(self._starting[0])}: {self._not_reached(self._starting[0], error)}"
            raise pytest.UsageError(message) from error

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> Generator[None, object, object]:
        """Around the run: a worker that died is started again, and its host may have gone meanwhile."""
        try:
            return (yield)
        except _FAILURES as error:
            if not self._starting:
                raise
            message = f"{self._shown(self._starting[0])}: {self._not_reached(self._starting[0], error)}"
            raise session.Interrupted(message) from error

    @pytest.hookimpl(optionalhook=True, tryfirst=True)
    def pytest_testnodedown(self, node: Any, error: object | None) -> None:
        """Called when a worker has ended. One that never was ready would be started again for ever."""
        if error is None:
            return
        if not hasattr(node, "workerinfo"):
            raise pytest.UsageError(f"{self._shown(node.gateway.spec)}: {self._not_started(node, str(error))}")
        self._starting = [node.gateway.spec]

    # -- words ------------------------------------------------------------------------------------------------

    def _shown(self, spec: execnet.XSpec) -> str:
        return f"{self._option} {clean(str(spec).removeprefix(_ADDED))}"

    def _not_reached(self, spec: execnet.XSpec, error: BaseException) -> str:
        host = host_of(spec, self._config) or "this host"
        if self._is_connected:
            return f"the directories of --rsyncdir could not be sent to {host}: {_last_line(error)}"
        if isinstance(error, execnet.RemoteError):
            advice = "chdir= must name a directory that is there, or one to be made in a directory that is"
            return f"{_last_line(error)} on {host}; {advice}"
        if isinstance(error, HostNotFound):
            return f"ssh did not reach {host} (it said why above); see that this works: {_ssh(spec)} true"
        if isinstance(error, AssertionError):  # of execnet, which reads what comes first
            advice = (
                f"this must print nothing: {_ssh(spec)} true" if spec.ssh or spec.vagrant_ssh else "see what listens"
            )
            return f"what answered on {host} was not Python but perhaps the greeting of a login shell; {advice}"
        if spec.socket or spec.popen:
            return f"no Python answered on {host}: {_last_line(error)}"
        python = spec.python or "python"
        return (
            f"no Python answered on {host} (ssh said why above); see that this works: "
            f"{_ssh(spec)} {python} --version; python=PATH names another"
        )

    def _not_started(self, node: Any, error: str) -> str:
        spec: execnet.XSpec = node.gateway.spec
        host = host_of(spec, self._config) or "this host"
        python = spec.python or "python"
        _, usage, said = error.partition("UsageError: ")
        install = f"install it there: {python} -m pip install pytest-orchestrator=={__version__}"
        if usage and "unrecognized arguments" in said:
            missing = "a plugin that the command line is for"
            if "--orchestrate" in said:
                missing = "pytest-orchestrator"
            elif "--tx" in said:
                missing = "pytest-xdist"
            return f"{missing} is missing in {python!r} on {host}; {install}"
        if usage:
            return f"on {host}: {clean(said.strip())}"
        advice = f"; {install}" if "ModuleNotFoundError" in error or "ImportError" in error else ""
        return f"pytest did not start on {host}: {_last_line(error)}{advice}"


def _ssh(spec: execnet.XSpec) -> str:
    config = f"-F {spec.ssh_config} " if spec.ssh_config else ""
    return f"ssh {config}{spec.ssh}" if spec.ssh else f"vagrant ssh {spec.vagrant_ssh} --"


def _last_line(error: object) -> str:
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return clean(lines[-1]) if lines else type(error).__name__
