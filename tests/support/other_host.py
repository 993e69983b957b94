"""Another host for pytest-xdist: an sshd of the test's own on loopback, a Python, perhaps a user."""

from __future__ import annotations

import os
import pwd
import shlex
import shutil
import socket
import subprocess
import sys
import tempfile
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from process_watch import until

import pytest_orchestrator

if TYPE_CHECKING:
    from collections.abc import Iterator

NAME = "build1"
"""What the other host is called."""
IN_CI = bool(os.environ.get("CI"))
"""Looked at once: a test's own runs must not think that they are in CI."""
SSHD = shutil.which("sshd") or shutil.which("/usr/sbin/sshd")
SSH = shutil.which("ssh")
NEEDED = (
    "pytest",
    "pluggy",
    "iniconfig",
    "packaging",
    "pygments",
    "execnet",
    "pytest-xdist",
    "pytest-timeout",
    "PyYAML",
)
"""Distributions that pytest with this plugin is made of, the plugin aside."""

_SERVER = """\
Port {port}
ListenAddress 127.0.0.1
HostKey {directory}/host_key
PidFile none
AuthorizedKeysFile {directory}/key.pub
StrictModes no
UsePAM no
PasswordAuthentication no
KbdInteractiveAuthentication no
PermitRootLogin yes
PrintMotd no
"""
_CLIENT = """\
Host {name}
  HostName 127.0.0.1
  Port {port}
  User {user}
  IdentityFile {directory}/key
  IdentitiesOnly yes
  BatchMode yes
  StrictHostKeyChecking no
  UserKnownHostsFile {directory}/known_hosts
  LogLevel ERROR
"""


def lacking(what: str, command: str) -> None:
    """Skip the test because this machine lacks something; where all must be there, fail it."""
    message = f"{what}; {command}"
    if IN_CI:
        pytest.fail(message)
    pytest.skip(message)


def require_sshd() -> tuple[str, str]:
    """Return the paths of sshd and ssh."""
    if SSHD is None or SSH is None:
        lacking("there is no sshd or no ssh", "install them: apt-get install openssh-server openssh-client")
    assert SSHD is not None
    assert SSH is not None
    return SSHD, SSH


def packages() -> str:
    """Return the directory that this package is imported from."""
    return str(Path(pytest_orchestrator.__file__).parents[1])


@dataclass
class OtherHost:
    """A host to run scripts on."""

    directory: Path
    """Keys and configuration, and the working directories of workers."""
    port: int
    user: str
    python: str
    """The command that starts Python there, with all that is needed."""
    daemon: subprocess.Popen[bytes]

    @property
    def ssh_config(self) -> Path:
        return self.directory / "ssh_config"

    def tx(self, chdir: str | os.PathLike[str], python: str | None = None) -> str:
        """Return the value of ``--tx``."""
        return f"ssh={NAME}//ssh_config={self.ssh_config}//python={python or self.python}//chdir={os.fspath(chdir)}"

    def go_away(self) -> None:
        """Let nobody in any more."""
        self.daemon.terminate()
        self.daemon.wait()


@contextmanager
def other_host(user: str | None = None, python: str | None = None) -> Iterator[OtherHost]:
    """A host for ``user`` (this one by default), whose files others can read."""
    sshd, _ = require_sshd()
    directory = Path(tempfile.mkdtemp(prefix="other-host-"))
    daemon = None
    try:
        directory.chmod(0o755)
        for key in ("host_key", "key"):
            subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", directory / key], check=True)
        if os.getuid() == 0:
            Path("/run/sshd").mkdir(mode=0o755, exist_ok=True)  # where sshd keeps its unprivileged half
        port = _free_port()
        named = {"port": port, "directory": directory, "name": NAME, "user": user or pwd.getpwuid(os.getuid()).pw_name}
        (directory / "sshd_config").write_text(_SERVER.format(**named))
        (directory / "ssh_config").write_text(_CLIENT.format(**named))
        with open(directory / "sshd.log", "wb") as log:
            daemon = subprocess.Popen([sshd, "-D", "-e", "-f", directory / "sshd_config"], stderr=log)
        until(lambda: _answers(port) or daemon.poll() is not None, "sshd")
        assert daemon.poll() is None, (directory / "sshd.log").read_text()
        usual = f"env PYTHONPATH={shlex.quote(packages())} {shlex.quote(sys.executable)}"
        yield OtherHost(directory, port, str(named["user"]), python or usual, daemon)
    finally:
        if daemon is not None:
            daemon.terminate()
            daemon.wait()
        shutil.rmtree(directory, ignore_errors=True)


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port: int = server.getsockname()[1]
        return port


def _answers(port: int) -> bool:
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=5) as connection:
            return connection.recv(4) == b"SSH-"
    except OSError:
        return False


# -- another user ---------------------------------------------------------------------------------------------


@contextmanager
def another_user() -> Iterator[str]:
    """A user who is there for this test only. Without the right to make one, the user who runs the tests."""
    if os.getuid() != 0:
        yield pwd.getpwuid(os.getuid()).pw_name
        return
    if shutil.which("useradd") is None:
        lacking("there is no useradd", "install it: apt-get install passwd")
    name = f"orchestrator-{os.getpid()}"
    home = Path(tempfile.mkdtemp(prefix="other-home-"))
    add = [
        "useradd",
        "--system",
        "--no-create-home",
        "--home-dir",
        str(home),
        "--shell",
        "/bin/sh",
        "--password",
        "*",
        name,
    ]
    subprocess.run(add, check=True, capture_output=True)
    try:
        os.chown(home, pwd.getpwnam(name).pw_uid, -1)
        yield name
    finally:
        subprocess.run(["userdel", "--force", name], check=True, capture_output=True)
        shutil.rmtree(home, ignore_errors=True)


def install(directory: Path, *, version: str = pytest_orchestrator.__version__, without: str = "") -> Path:
    """Put this package and what it needs into ``directory``, as an installation elsewhere has it; return it.

    What others need not read is linked: then nothing of it is compiled again.
    """
    directory.mkdir()
    for name in NEEDED:
        files = [] if name == without else metadata.files(name) or []
        for part in {file.parts[0] for file in files} - {"..", "__pycache__"}:
            (directory / part).symlink_to(Path(str(files[0].locate())).parents[len(files[0].parts) - 1] / part)
    if without == "pytest-orchestrator":
        return directory
    source = Path(pytest_orchestrator.__file__).parent
    shutil.copytree(source, directory / source.name, ignore=shutil.ignore_patterns("__pycache__"))
    init = directory / source.name / "__init__.py"
    here = f'__version__ = "{pytest_orchestrator.__version__}"'
    assert here in init.read_text()
    init.write_text(init.read_text().replace(here, f'__version__ = "{version}"'))
    described = directory / f"pytest_orchestrator-{version}.dist-info"
    described.mkdir()
    (described / "METADATA").write_text(f"Metadata-Version: 2.1\nName: pytest-orchestrator\nVersion: {version}\n")
    (described / "entry_points.txt").write_text("[pytest11]\norchestrator = pytest_orchestrator.plugin\n")
    return directory


def copied(installation: Path, directory: Path) -> Path:
    """Copy an installation with all that it links to, for a user who cannot follow the links; return the copy."""
    return shutil.copytree(installation, directory, ignore=shutil.ignore_patterns("*.pyc"))


def python_with(installation: Path, interpreter: str = sys.executable) -> str:
    """Return the command that starts a Python which has what is in ``installation``, and nothing else."""
    return f"env PYTHONPATH={shlex.quote(str(installation))} {shlex.quote(interpreter)} -S"


def interpreter_for(user: str) -> str:
    """Return a Python that ``user`` may run."""
    account = pwd.getpwnam(user)
    for path in (os.path.realpath(sys.executable), "/usr/local/bin/python3", "/usr/bin/python3"):
        command = [path, "-S", "-c", "import sys; sys.exit(sys.version_info < (3, 11))"]
        with suppress(OSError):
            if os.getuid() == 0:
                tried = subprocess.run(command, user=account.pw_uid, group=account.pw_gid, extra_groups=[])
            else:
                tried = subprocess.run(command)
            if tried.returncode == 0:
                return path
    lacking(f"no Python from 3.11 on can be run by {user}", "install one for all users: apt-get install python3")
    raise AssertionError
