"""The keys below those options that are mappings, by the names that the table has for them.

Only files and markers have them, so a run without either does not import this.
"""

from __future__ import annotations

from typing import Any

from .option import LONGEST, Kind, Option


def seconds(name: str, text: str, default: float | None = None, *, zero: str = "no limit", **more: Any) -> Option:
    """Return an option that is a time of 0 or more seconds."""
    given: dict[str, Any] = {"minimum": 0, "maximum": LONGEST, "unit": "s", "metavar": "SECONDS", "zero": zero} | more
    return Option(name, Kind.SECONDS, text, default=default, **given)


def _mebibytes(name: str, text: str) -> Option:
    return Option(name, Kind.NUMBER, text, minimum=0, maximum=LONGEST, unit="MiB", metavar="MIB", zero="no limit")


def _texts(name: str, text: str, metavar: str, *, any_text: bool = False) -> Option:
    return Option(name, Kind.TEXTS, text, default=(), metavar=metavar, single=True, any_text=any_text)


def _patterns(name: str, text: str) -> Option:
    return Option(name, Kind.PATTERNS, text, default=(), metavar="REGEX", single=True, any_text=True)


def _output(stream: str) -> Option:
    return Option(
        stream,
        Kind.TABLE,
        f"What {stream} must and must not hold. A text or a list of texts means `contains`",
        shorthand="contains",
        fields=(
            _texts("contains", "Texts that must all be there", "TEXT", any_text=True),
            _texts("not_contains", "Texts none of which may be there", "TEXT", any_text=True),
            _patterns("matches", "Regular expressions (`re.MULTILINE`) that must all be found"),
            _patterns("not_matches", "Regular expressions (`re.MULTILINE`) none of which may be found"),
            Option(
                "equals",
                Kind.TEXT,
                "The whole output, a trailing newline aside",
                nullable=True,
                any_text=True,
                empty_ok=True,
            ),
        ),
    )


EXPECT = (
    _output("stdout"),
    _output("stderr"),
    _texts(
        "files", "Paths or globs, relative to the working directory; each must match a file changed by the run", "GLOB"
    ),
    seconds("max_duration", "Longest time that the run may take"),
    seconds("min_duration", "Shortest time that the run may take", zero="no bound"),
)

RETRY = (
    Option(
        "max_attempts",
        Kind.INT,
        "Attempts in all, the first included; 1 means no retry",
        default=1,
        minimum=1,
        maximum=1000,
        metavar="N",
    ),
    seconds("initial_delay", "Time before the second attempt", 0.0, zero="at once"),
    seconds("max_delay", "Upper bound of any delay; raised to `initial_delay` when not given", 60.0, zero="no delay"),
    Option(
        "factor",
        Kind.NUMBER,
        "Each delay is the one before times this",
        default=2.0,
        minimum=1,
        maximum=1000,
        metavar="FACTOR",
    ),
)

REQUIRES = (
    _texts("commands", "Commands that must be on PATH", "COMMAND"),
    _texts("platform", "Prefixes of `sys.platform`, one of which must fit: linux, darwin …", "PLATFORM"),
    Option(
        "env",
        Kind.TEXTS,
        "Environment variables that must be set and not empty",
        default=(),
        metavar="NAME",
        single=True,
        pattern="[^=]+",
        pattern_help="a name without '='",
    ),
)

LIMITS = (
    _mebibytes("memory_mb", "Address space of each process"),
    seconds("cpu_seconds", "CPU time of each process"),
    Option("open_files", Kind.INT, "Open files of each process", minimum=0, metavar="N", zero="no limit"),
    _mebibytes("file_size_mb", "Largest file that it may write"),
    _mebibytes("output_mb", "stdout and stderr together"),
)

XFAIL = (
    Option("reason", Kind.TEXT, "Why it is expected to fail", metavar="REASON"),
    Option("strict", Kind.BOOL, "Whether an unexpected pass fails; pytest's own setting when not given"),
)

EXCEPTION = (
    Option("rules", Kind.TEXTS, "Codes or names of the rules", metavar="RULE", single=True),
    Option("reason", Kind.TEXT, "Why they do not hold there", metavar="REASON"),
)
