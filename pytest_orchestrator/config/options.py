"""The one table of options: flag, ini name, YAML key, marker keyword, JSON Schema and reference page come from it.

It is read in every pytest run of an environment that has this plugin, so it imports nothing but its own rows.
"""

from __future__ import annotations

from .option import LONGEST, PREFIX, Kind, Option, flag, ini, yaml_key

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from .option import Scope

__all__ = [
    "OPTIONS",
    "PROFILES",
    "SECTIONS",
    "SEVERITIES",
    "SKIP_DIRS",
    "SKIP_PATTERNS",
    "UNSUPPORTED_SECTIONS",
    "Option",
    "by_name",
    "flag",
    "in_scope",
    "ini",
    "yaml_key",
]


def _run(name: str, kind: str, text: str, default: Any = None, **more: Any) -> Option:
    return Option(name, kind, text, "run", default, **({"has_flag": True, "has_ini": True} | more))


def _discovery(name: str, kind: str, text: str, default: Any, **more: Any) -> Option:
    single = kind is Kind.TEXTS
    return Option(
        name, kind, text, "discovery", default, single=single, has_flag=True, has_ini=True, has_yaml=True, **more
    )


def _script(name: str, kind: str, text: str, default: Any = None, **more: Any) -> Option:
    return Option(name, kind, text, "script", default, **({"has_yaml": True, "has_marker": True} | more))


def _skill(name: str, kind: str, text: str, default: Any = None, **more: Any) -> Option:
    return Option(name, kind, text, "skill", default, **({"has_yaml": True} | more))


_EVERYWHERE: dict[str, Any] = {"has_flag": True, "has_ini": True}
_SECONDS: dict[str, Any] = {"minimum": 0, "maximum": LONGEST, "unit": "s", "metavar": "SECONDS"}
_EXIT_CODES: dict[str, Any] = {"minimum": -64, "maximum": 255, "single": True, "metavar": "CODE"}

_SECRET_NAMES = (
    "*TOKEN*",
    "*SECRET*",
    "*PASSWORD*",
    "*PASSWD*",
    "*PASSPHRASE*",
    "*PWD*",
    "!PWD",
    "!OLDPWD",
    "*API_KEY*",
    "*APIKEY*",
    "*ACCESS_KEY*",
    "*PRIVATE_KEY*",
    "*CREDENTIAL*",
    "*_AUTH",
    "*AUTHORIZATION*",
)
SKIP_DIRS = (
    "__pycache__",
    ".git",
    ".pytest_cache",
    "venv",
    ".venv",
    "node_modules",
    "build",
    "dist",
    "*.egg-info",
    "output",
    "_templates",
    ".cursor",
    ".orchestrator",
)
"""Names (globs) of directories that are never entered (seed 004)."""
SKIP_PATTERNS = (
    "__init__.py",
    "__main__.py",
    "conftest.py",
    "setup.py",
    "noxfile.py",
    "test_*.py",
    "*_test.py",
    "_*.py",
    "*~",
    "*.bak",
    "*.orig",
    "*.rej",
    "*.swp",
    "#*#",
    ".#*",
)
"""Names (globs) of files that are no scripts (seed 004), and of what editors and patch leave beside a file.

Such a copy is executable where its original is, and Emacs's ``.#`` is a link that leads nowhere.
"""

PROFILES = ("auto", "spec", "claude-code", "script-first")
"""Whose idea of a skill a file is held to."""
SEVERITIES = ("off", "note", "warning", "error")
"""How much a rule may matter."""

# One row may be wide: as a table it can be read, broken into an argument per line it cannot.
# fmt: off
_RUN = (
    _run(PREFIX, Kind.BOOL, "Run scripts: those in the paths given, else in the directories of `orchestrate_paths`",
         False),
    _run("paths", Kind.TEXTS, "Directories taken when the command line names none", ("scripts",),
         has_flag=False, single=True, metavar="DIR"),
    _run("jobs", Kind.INT, "Programs that run at the same time; `auto` is one per CPU. No effect under pytest-xdist",
         1, minimum=1, maximum=4096, choices=("auto",), metavar="N"),
    _run("order", Kind.TEXT, "Which scripts are started first. `recorded`: those that took long in earlier runs,"
         " and all are reported in the order of their paths; `longest-first`: the same, reported like that too; `path`:"
         " in the order of their paths; `random` or `random:SEED`: shuffled", "recorded",
         pattern=r"recorded|path|longest-first|random(?::[A-Za-z0-9_-]+)?",
         pattern_help="one of 'recorded', 'longest-first', 'path', 'random' and 'random:SEED'", metavar="ORDER"),
    _run("shard", Kind.TEXT, "Run one part of the collection only, the first of four with `1/4`: divided by the"
         " durations in the file `durations`, so that all take about as long, or by a hash of each id",
         pattern=r"[0-9]+/[0-9]+", pattern_help="I/N, as in '2/5'", metavar="I/N"),
    _run("durations", Kind.PATH, "File of recorded durations that all shards share, as a run leaves in"
         " `.orchestrator/durations.json`. It is only read", metavar="FILE"),
    _run("config", Kind.PATH, "Configuration file to use instead of the nearest orchestrator.yaml", metavar="FILE"),
    _run("codex_config", Kind.PATH, "Configuration of a script-first library to use instead of the nearest"
         " dotcodex/config.toml or .codex/config.toml; orchestrator.yaml is stronger", metavar="FILE"),
    _run("report_dir", Kind.PATH, "Directory that logs and reports are written to", ".orchestrator", metavar="DIR"),
    _run("reports", Kind.CHOICE, "Whether logs and reports are written", "on", choices=("on", "off")),
    _run("python", Kind.CHOICE, "How Python scripts are started. `plain`: each by an interpreter of its own; `warm`:"
         " as a copy of an interpreter that has started already, which takes a fraction of the time. What cannot be"
         " started like that is started plainly, and a note says why", "plain", choices=("plain", "warm")),
    _run("warm_imports", Kind.TEXTS, "Modules that the interpreter of warm starts imports before the first script", (),
         single=True, metavar="MODULE", pattern=r"[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*",
         pattern_help="the name of a module, as in 'yaml' or 'os.path'"),
    _run("strict", Kind.BOOL, "Turn warnings, and skips for something that is missing, into failures", False),
    _run("redact", Kind.TEXTS, "Names (globs) of more environment variables whose values are hidden in all that is"
         " stored or shown; `!GLOB` takes names back. Flag and ini add to the default, and to one another",
         _SECRET_NAMES, single=True, metavar="GLOB"),
    _run("update_baseline", Kind.BOOL, "Write the baselines of skills: all findings where there is no file yet, else"
         " without those that are gone. A baseline never grows", False),
    _run("approve", Kind.BOOL, "Approve beforehand all that tasks of workflows ask a person for", False),
)

_DISCOVERY = (
    _discovery("allowed_extensions", Kind.TEXTS, "Extensions that make a file a script. An executable file with a"
               " shebang is one whatever its name", (".py", ".sh", ".bash"), metavar="EXT",
               pattern=r"\.[^/]+", pattern_help="an extension with its dot, as in '.py'"),
    _discovery("max_depth", Kind.INT, "How many levels of sub-directories are searched; 0 takes only the directory"
               " itself", None, minimum=0, nullable=True, metavar="N"),
    _discovery("skip_dirs", Kind.TEXTS, "Names (globs) of directories that are never entered; those starting with a dot"
               " never are either", SKIP_DIRS, metavar="GLOB",
               pattern="[^/]+", pattern_help="a name or glob without '/'"),
    _discovery("skip_patterns", Kind.TEXTS, "Names (globs) of files that are no scripts", SKIP_PATTERNS,
               metavar="GLOB", pattern="[^/]+", pattern_help="a name or glob without '/'"),
    _discovery("include", Kind.TEXTS, "Globs on the path below the directory. When given, only what matches one is"
               " taken", (), metavar="GLOB"),
    _discovery("exclude", Kind.TEXTS, "Globs on the path below the directory. What matches one is left out", (),
               metavar="GLOB"),
    _discovery("subdirs", Kind.TEXTS, "When given, only these sub-directories are searched, and not the directory"
               " itself", (), metavar="DIR", pattern=r"(?!/)(?!(?:.*/)?\.\.(?:/|$)).+",
               pattern_help="a path below the directory, without '..'"),
    _discovery("skill_scripts", Kind.BOOL, "Whether the `scripts/` of a skill (a directory with SKILL.md) counts",
               False),
)

_SCRIPT = (
    _script("timeout", Kind.SECONDS, "Time limit of a script", 60.0, zero="no limit", **_SECONDS, **_EVERYWHERE),
    _script("idle_timeout", Kind.SECONDS, "Time limit without any output", 0.0, zero="no limit", **_SECONDS,
            **_EVERYWHERE),
    _script("grace", Kind.SECONDS, "Time between SIGTERM and SIGKILL when a limit was hit", 2.0, zero="SIGKILL at once",
            **(_SECONDS | {"maximum": 3600}), **_EVERYWHERE),
    _script("args", Kind.TEXTS, "Arguments of the script", (), empty_ok=True, metavar="ARG"),
    _script("stdin", Kind.TEXT, "Text for standard input, which is empty otherwise", nullable=True, any_text=True,
            empty_ok=True, metavar="TEXT"),
    _script("env", Kind.ENVIRONMENT, "Variables added to the environment; `null` removes one", metavar="NAME: TEXT"),
    _script("allowed_exit_codes", Kind.INTS, "Exit codes that count as success; -N stands for an end by signal N", (0,),
            **_EXIT_CODES),
    _script("skip_exit_codes", Kind.INTS, "Exit codes by which a script says that it skipped itself", (),
            **_EXIT_CODES),
    _script("cwd", Kind.PATH, "Working directory, relative to the rootdir; `{script_dir}` and `{tmp}` are replaced. The"
            " rootdir when not given", nullable=True, placeholders=("script_dir", "tmp"), metavar="DIR", **_EVERYWHERE),
    _script("skip", Kind.REASON, "Whether the script is skipped, or the reason why", False, metavar="REASON"),
    _script("skip_reason", Kind.TEXT, "The reason to show when the script is skipped; alone it skips nothing",
            metavar="REASON"),
    _script("xfail", Kind.REASON, "Whether the script is expected to fail, or the reason why, or both `reason` and"
            " `strict`", False, fields="XFAIL", metavar="REASON"),
    _script("retry", Kind.TABLE, "How often and after which delays a failed script is tried again. A number means"
            " `max_attempts`", fields="RETRY", shorthand="max_attempts", metavar="N", **_EVERYWHERE),
    _script("cases", Kind.CASES, "Several runs of one script: each case has a name, and settings on top of the"
            " script's", has_marker=False),
    _script("expect", Kind.TABLE, "What is checked after the script ended with an allowed exit code", fields="EXPECT"),
    _script("resources", Kind.TEXTS, "Named locks. Two scripts that share one never overlap", (), single=True,
            metavar="NAME"),
    _script("requires", Kind.TABLE, "What must be there. Otherwise the script is skipped and the reason says what is"
            " missing", fields="REQUIRES"),
    _script("left_processes", Kind.CHOICE, "What happens to processes that a script leaves behind: `kill` them, `allow`"
            " them until the session ends, or kill them and `fail` the script", "kill",
            choices=("kill", "allow", "fail"), **_EVERYWHERE),
    _script("limits", Kind.TABLE, "Limits besides time", fields="LIMITS"),
    _script("interpreter", Kind.COMMAND, "Command that runs the script, instead of its shebang or what its extension"
            " stands for; `warm` and `plain` keep those and say how Python is started", nullable=True,
            metavar="COMMAND"),
)
_SKILL = (
    _skill("skill_profile", Kind.CHOICE, "Whose idea of a skill a file is held to: the standard's, Claude Code's, that"
           " of script-first libraries. `auto` tells from the fields in use", "auto", key="profile", choices=PROFILES,
           **_EVERYWHERE),
    _skill("skill_rules", Kind.SEVERITIES, "How much single rules matter: code or name of a rule to `off`, `note`,"
           " `warning` or `error`", key="rules"),
    _skill("skill_exceptions", Kind.EXCEPTIONS, "Rules that do not hold for some files: path or glob to a list of"
           " rules, or to `rules` and a `reason`", key="exceptions", fields="EXCEPTION"),
    _skill("skill_baseline", Kind.PATH, "File of findings that are known and do not fail; written by"
           " `--orchestrate-update-baseline`", key="baseline", metavar="FILE", **_EVERYWHERE),
    _skill("skill_run_scripts", Kind.BOOL, "Whether the scripts of a skill are run too, and not only checked: the same"
           " as `skill_scripts` under `discovery`", False, key="run_scripts"),
)
# fmt: on

OPTIONS: tuple[Option, ...] = _RUN + _DISCOVERY + _SCRIPT + _SKILL
"""Every option, in the order of the reference page."""

SECTIONS: dict[str, str] = {
    "default": "Settings of every script",
    "skip": "Scripts that are skipped: a list of paths and globs, or of `path: reason`",
    "timeout_override": "Time limits: path or glob to seconds",
    "scripts": "Settings of single scripts: path or glob to settings",
    "discovery": "What counts as a script",
    "skills": "How skills are checked",
}
"""The top level keys of a configuration file, and what each is for."""

UNSUPPORTED_SECTIONS = ("workflows", "agents")
"""Top level keys that are kept for later versions."""

_BY_NAME = {option.name: option for option in OPTIONS}


def by_name(name: str) -> Option:
    """Return the option called ``name``. Raises ``KeyError`` when there is none."""
    return _BY_NAME[name]


def in_scope(scope: Scope) -> Iterator[Option]:
    """Yield the options of ``scope`` in the order of the table."""
    return (option for option in OPTIONS if option.scope == scope)
