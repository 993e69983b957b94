"""The settings of a script and of a run, after every source was merged. Plain frozen data."""

from __future__ import annotations

from dataclasses import field
from typing import TYPE_CHECKING, Literal

from ..core.retry import RetryPolicy
from ..quick_dataclasses import dataclass
from .options import SKIP_DIRS, SKIP_PATTERNS

if TYPE_CHECKING:
    import re
    from collections.abc import Mapping

LeftProcesses = Literal["kill", "allow", "fail"]


@dataclass(frozen=True, slots=True)
class OutputExpectation:
    """What a stream of output must and must not hold."""

    contains: tuple[str, ...] = ()
    not_contains: tuple[str, ...] = ()
    matches: tuple[re.Pattern[str], ...] = ()
    """Regular expressions searched for with ``re.MULTILINE``."""
    not_matches: tuple[re.Pattern[str], ...] = ()
    equals: str | None = None
    """The whole stream, a trailing newline aside."""


@dataclass(frozen=True, slots=True)
class Expectation:
    """``expect:`` of a script: checked after it ended with an allowed exit code."""

    stdout: OutputExpectation = OutputExpectation()
    stderr: OutputExpectation = OutputExpectation()
    files: tuple[str, ...] = ()
    """Paths or globs, relative to the script's working directory; each must match a file changed by this run."""
    max_duration: float | None = None
    """Seconds."""
    min_duration: float | None = None


@dataclass(frozen=True, slots=True)
class Requirements:
    """``requires:`` of a script: where one is missing, the script is skipped with the reason."""

    commands: tuple[str, ...] = ()
    platform: tuple[str, ...] = ()
    """Any of these prefixes of ``sys.platform``: linux, darwin …"""
    env: tuple[str, ...] = ()
    """Environment variables that must be set and not empty."""


@dataclass(frozen=True, slots=True)
class Limits:
    """``limits:`` of a script, besides time. None means no limit of ours."""

    memory_mb: float | None = None
    """Address space (RLIMIT_AS), in MiB."""
    cpu_seconds: float | None = None
    open_files: int | None = None
    file_size_mb: float | None = None
    """Largest file that it may write (RLIMIT_FSIZE), in MiB."""
    output_mb: float | None = None
    """stdout and stderr together, in MiB."""


@dataclass(frozen=True, slots=True)
class ScriptSettings:
    """Everything that one script (or one case of it) is run with."""

    timeout: float | None = 60.0
    """Seconds; None for no limit (0 in YAML)."""
    timeout_source: str = "default"
    """Where the limit comes from, ready to show."""
    idle_timeout: float | None = None
    idle_timeout_source: str = ""
    """Where that limit comes from; empty where there is none."""
    grace: float = 2.0
    """Seconds between SIGTERM and SIGKILL when a limit was hit."""
    args: tuple[str, ...] = ()
    stdin: str | None = None
    """Text for standard input; None gives an empty one."""
    env: Mapping[str, str | None] = field(default_factory=dict)
    """Added to the environment; None removes a variable."""
    allowed_exit_codes: tuple[int, ...] = (0,)
    skip_exit_codes: tuple[int, ...] = ()
    cwd: str | None = None
    """Relative to the rootdir; ``{script_dir}`` and ``{tmp}`` are replaced. None means the rootdir."""
    skip: str | None = None
    """The reason to skip; None to run."""
    xfail: str | None = None
    """The reason why it is expected to fail; None when it is not."""
    xfail_strict: bool | None = None
    """Whether an unexpected pass fails; None leaves it to pytest's own setting."""
    retry: RetryPolicy = RetryPolicy()
    expect: Expectation = Expectation()
    resources: tuple[str, ...] = ()
    """Named locks, sorted; two items that share one never overlap."""
    requires: Requirements = Requirements()
    left_processes: LeftProcesses = "kill"
    limits: Limits = Limits()
    interpreter: tuple[str, ...] | None = None
    """Command that runs the script; None means shebang, then extension."""


@dataclass(frozen=True, slots=True)
class DiscoverySettings:
    """What counts as a script under a directory that was asked for."""

    allowed_extensions: tuple[str, ...] = (".py", ".sh", ".bash")
    """Extensions that make a file a script; an executable file with a shebang is one whatever its name."""
    max_depth: int | None = None
    """0 takes the scripts directly in the directory, 1 also those one level below; None has no bound."""
    skip_dirs: tuple[str, ...] = SKIP_DIRS
    """Names (globs) of directories that are never entered; those starting with a dot never are either."""
    skip_patterns: tuple[str, ...] = SKIP_PATTERNS
    """Names (globs) of files that are no scripts."""
    include: tuple[str, ...] = ()
    """Globs on the path relative to the directory; when given, only what matches one is taken."""
    exclude: tuple[str, ...] = ()
    """Globs on the path relative to the directory; what matches one is left out."""
    subdirs: tuple[str, ...] = ()
    """When given, only these sub-directories of the directory are searched (and not the directory itself)."""
    skill_scripts: bool = False
    """Whether the ``scripts/`` of a skill (a directory with ``SKILL.md``) counts."""
