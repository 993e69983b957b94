"""What the user gave through flags and ini options, and what comes of it for a run."""

from __future__ import annotations

import errno
import os
import stat
from typing import TYPE_CHECKING, Any

import pytest

from ..config.option import NUMBERS, Kind
from ..config.options import OPTIONS, by_name, flag, ini
from ..config.resolve import FLAGS, INI, Layer
from ..core.shards import Shard
from ..quick_dataclasses import dataclass

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from ..config.option import Option

_BY_INI = {ini(option): option for option in OPTIONS}


def _parse(option: Option, given: Any, where: str) -> Any:
    if isinstance(given, bool) and option.kind is Kind.BOOL:
        return given
    from ..config.parse import parse_text, parse_value  # a plain --orchestrate is all that most runs are given

    try:
        if isinstance(given, list):
            return [value for text in given for value in parse_text(option, text)]
        return parse_text(option, given) if isinstance(given, str) else parse_value(option, given)
    except ValueError as error:
        raise pytest.UsageError(f"{where}: {error}") from error


def given_flags(config: pytest.Config) -> Layer:
    """Return what the command line sets. Raise ``pytest.UsageError`` for a value that is not allowed."""
    return Layer(FLAGS, _given(config.getoption, flag, "has_flag"))


def given_ini(config: pytest.Config) -> Layer:
    """Return what the ini file sets. Raise ``pytest.UsageError`` for a value that is not allowed."""
    return Layer(INI, _given(lambda name: _ini_value(config, name), ini, "has_ini"))


def _ini_value(config: pytest.Config, name: str) -> Any:
    try:
        return config.getini(name)
    except TypeError as error:
        if _BY_INI[name].kind not in NUMBERS:
            raise pytest.UsageError(str(error)) from error
        # A pytest before 9.2 takes no number from TOML for an option that may also be text.
        given = config.inicfg[name]
        return getattr(given, "value", given)
    except ValueError as error:  # of an older pytest too
        raise pytest.UsageError(f"{name}: {error}") from error


def _given(get: Callable[[str], Any], name: Callable[[Option], str], condition: str) -> dict[str, Any]:
    values = {}
    for option in OPTIONS:
        if getattr(option, condition):
            given = get(ini(option))
            if given is not None and given != []:
                values[option.name] = _parse(option, given, name(option))
    return values


@dataclass(frozen=True, slots=True)
class RunSettings:
    """The options of a run, after flags and ini were merged."""

    jobs: int
    order: str
    """``recorded``, ``longest-first``, ``path``, ``random`` or ``random:SEED``."""
    shard: Shard | None
    durations: Path | None
    """The file of durations that was asked for; absolute."""
    strict: bool
    reports: bool
    report_dir: Path
    """Absolute."""
    redact: tuple[str, ...]
    is_warm: bool
    """Whether Python scripts are started from an interpreter that is there already."""
    warm_imports: tuple[str, ...]
    update_baseline: bool
    """Whether the baselines of skills are written."""
    approve: bool
    """Whether all that tasks of workflows ask a person for is approved beforehand."""
    config: Path | None
    """The configuration file that was asked for."""
    codex_config: Path | None
    """The configuration of a script-first library that was asked for."""
    paths: tuple[str, ...]
    """What is taken when the command line names no path, relative to the rootdir."""


def _require_readable(path: Path, given_by: str) -> None:
    from ..core.names import quote_name  # not in a run without --orchestrate

    try:
        is_directory = stat.S_ISDIR(os.stat(path).st_mode)
        why = "it is a directory" if is_directory else None if os.access(path, os.R_OK) else os.strerror(errno.EACCES)
    except OSError as error:
        why = error.strerror
    if why is not None:
        message = f"{given_by}: the configuration file {quote_name(str(path))} cannot be read: {why}; name one that can"
        raise pytest.UsageError(message)


def run_settings(config: pytest.Config, ini_layer: Layer, flags: Layer) -> RunSettings:
    """Merge the options of the run scope. Raise ``pytest.UsageError`` if a file that they name cannot be read."""
    merged = {**ini_layer.values, **flags.values}

    def value(name: str) -> Any:
        return merged.get(name, by_name(name).default)

    def added(name: str) -> list[Any]:
        return [given for layer in (ini_layer, flags) for given in dict[str, Any](layer.values).get(name, ())]

    def path(name: str) -> Path | None:
        """Return the path that was given, absolute: a flag's is relative to where the user is."""
        given = value(name)
        base = config.invocation_params.dir if name in flags.values else config.rootpath
        return None if given is None else base / given

    jobs = value("jobs")
    files = {name: path(name) for name in ("config", "codex_config")}
    for name, file in files.items():
        if file is not None:
            _require_readable(file, (flag if name in flags.values else ini)(by_name(name)))
    report_dir = path("report_dir")
    assert report_dir is not None
    return RunSettings(
        jobs=len(os.sched_getaffinity(0)) if jobs == "auto" else jobs,
        order=value("order"),
        shard=_shard(value("shard")),
        durations=path("durations"),
        strict=bool(value("strict")),
        reports=value("reports") == "on",
        report_dir=report_dir,
        # A net that somebody widens must not get holes elsewhere.
        redact=(*by_name("redact").default, *added("redact")),
        is_warm=value("python") == "warm",
        warm_imports=tuple(value("warm_imports")),
        update_baseline=bool(value("update_baseline")),
        approve=bool(value("approve")),
        config=files["config"],
        codex_config=files["codex_config"],
        paths=tuple(value("paths")),
    )


def _shard(text: str | None) -> Shard | None:
    try:
        return None if text is None else Shard.parse(text)
    except ValueError as error:
        raise pytest.UsageError(f"{flag(by_name('shard'))}: {error}") from error
