"""The settings of one script, of all sources: built-in < ini < file < flags."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ..errors import OrchestratorError
from .merge import merge_settings, settings_with
from .options import by_name, flag, in_scope, ini
from .settings import DiscoverySettings, ScriptSettings
from .tree import from_python
from .validate import check_settings

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .project import ProjectConfig

INI = "ini"
FLAGS = "command line"

Variants = tuple[tuple[str | None, ScriptSettings], ...]
"""Name of the case (None where there are no cases) and its settings."""

_BUILT_IN = ScriptSettings()
_SCRIPT_NAMES = frozenset(option.name for option in in_scope("script"))
_DISCOVERY_NAMES = frozenset(option.name for option in in_scope("discovery"))


@dataclass(frozen=True, slots=True, eq=False)
class Layer:
    """What one source sets."""

    source: str
    """``ini`` or ``command line``, for which the ini name or flag of each option is shown; else shown as it is."""
    values: Mapping[str, object]
    """Plain data by name of the option, as :func:`~pytest_orchestrator.config.parse.parse_text` gives it; only
    what was given. Options of any scope may be among them."""

    def shown(self, name: str) -> str:
        """Return who set the option called ``name``, ready to show."""
        if self.source == INI:
            return ini(by_name(name))
        return flag(by_name(name)) if self.source == FLAGS else self.source

    def within(self, names: frozenset[str]) -> dict[str, Any]:
        """Return the values of those options that are among ``names``."""
        return {name: value for name, value in self.values.items() if name in names}


class _Resolver:
    """Resolves scripts for one file and one pair of layers, and keeps what it built."""

    def __init__(self, project: ProjectConfig, ini_layer: Layer, flags: Layer) -> None:
        self._project = project
        self._content = project.content
        self.layers = ini_layer, flags
        self._ini = Layer(ini_layer.source, ini_layer.within(_SCRIPT_NAMES))
        self._flags = Layer(flags.source, flags.within(_SCRIPT_NAMES))
        self._prefix = os.path.join(project.directory, "")
        self._has_paths = bool(self._content.skip or self._content.timeout_override or self._content.scripts)
        self._known: dict[tuple[tuple[int, ...], ...], Variants] = {}
        self._plain = self._variants((), (), ())

    def variants(self, script: str) -> Variants:
        if not self._has_paths or not script.startswith(self._prefix):
            return self._plain
        relative = script[len(self._prefix) :]
        skip = self._project.skip.find(relative)
        timeout = self._project.timeout_override.find(relative)
        scripts = self._project.scripts.find(relative)
        if not (skip or timeout or scripts):
            return self._plain
        key = skip, timeout, scripts
        known = self._known.get(key)
        if known is None:
            known = self._known[key] = self._variants(skip, timeout, scripts)
        return known

    def _variants(self, skip: tuple[int, ...], timeout: tuple[int, ...], scripts: tuple[int, ...]) -> Variants:
        content, shown_as = self._content, self._project.shown_as
        steps = [self._ini, Layer(shown_as, content.default)]
        steps += [Layer(shown_as, content.skip[index].values) for index in skip]
        steps += [Layer(shown_as, content.timeout_override[index].values) for index in timeout]
        steps += [Layer(shown_as, content.scripts[index].values) for index in scripts]
        cases: dict[str, Any] = {}
        for step in steps:
            cases = merge_settings({"cases": cases}, {"cases": step.values.get("cases", {})})["cases"]
        if not cases:
            return ((None, _built([*steps, self._flags])),)
        return tuple((name, _built([*steps, Layer(shown_as, values), self._flags])) for name, values in cases.items())


def _built(layers: list[Layer]) -> ScriptSettings:
    merged: dict[str, Any] = {}
    sources: dict[str, str] = {}
    for layer in layers:
        merged = merge_settings(merged, layer.values)
        sources |= {name: layer.shown(name) for name in layer.values}
    return settings_with(_BUILT_IN, merged, sources)


def script_variants(project: ProjectConfig, script: str | os.PathLike[str], ini: Layer, flags: Layer) -> Variants:
    """Return the settings of ``script``: one entry with case None, or one per case in the order of the file.

    Later wins: built-in < ``ini`` < ``default`` < ``skip`` and ``timeout_override`` < ``scripts`` < the case <
    ``flags``; within a section a glob, then a later glob, then the exact path. Equal settings are the same
    object as long as the same layer objects are given, so that a large tree costs next to nothing.
    """
    key = id(ini), id(flags)
    resolver: _Resolver | None = project.resolvers.get(key)
    if resolver is None:
        # Each resolver keeps its layers alive, so an id in this dictionary never means another layer.
        if len(project.resolvers) > 16:
            project.resolvers.clear()
        resolver = project.resolvers[key] = _Resolver(project, ini, flags)
    return resolver.variants(os.fspath(script))


def apply_keywords(settings: ScriptSettings, keywords: Mapping[str, object], source: str) -> ScriptSettings:
    """Return ``settings`` with the keywords of a marker laid over them.

    ``source`` is who gave them, ready to show, as in ``@orchestrate``. Keys are those of a script in the
    configuration file, ``cases`` aside. Raises :class:`~pytest_orchestrator.errors.OrchestratorError` with all
    that is wrong with them.
    """
    mistakes: list[str] = []
    values = check_settings(lambda _, message: mistakes.append(message), from_python(keywords), cases=False)
    if mistakes:
        raise OrchestratorError("\n".join(f"{source}: {message}" for message in mistakes))
    return settings_with(settings, values, dict.fromkeys(values, source))


def discovery_settings(project: ProjectConfig, ini: Layer, flags: Layer) -> DiscoverySettings:
    """Return what counts as a script: built-in < ``ini`` < ``discovery:`` of the file < ``flags``."""
    merged = ini.within(_DISCOVERY_NAMES) | project.content.discovery | flags.within(_DISCOVERY_NAMES)
    values: dict[str, Any] = {
        name: tuple(value) if isinstance(value, list) else value for name, value in merged.items()
    }
    return DiscoverySettings(**values)
