"""The settings of one script, of all sources: built-in < ini < file < flags."""

from __future__ import annotations

import os
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from ..errors import OrchestratorError
from ..quick_dataclasses import dataclass
from .options import by_name, flag, in_scope, ini
from .overlay import overlaid
from .settings import DiscoverySettings, ScriptSettings

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .project import ProjectConfig

INI = "ini"
FLAGS = "command line"

Variants = tuple[tuple[str | None, ScriptSettings], ...]
"""Name of the case (None where there are no cases) and its settings."""

_Matches = tuple[tuple[int, ...], tuple[int, ...], tuple[int, ...], bool]
"""Indices of the entries of ``skip``, ``timeout_override`` and ``scripts`` that apply, the strongest last; and whether
the script lies in the scratch directory of a script-first library."""

_NO_MATCHES: _Matches = ((), (), (), False)
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
        self.layers = ini_layer, flags
        self._ini = Layer(ini_layer.source, ini_layer.within(_SCRIPT_NAMES))
        self._flags = Layer(flags.source, flags.within(_SCRIPT_NAMES))
        self._prefix = os.path.join(project.directory, "")
        content = project.content
        self._has_paths = bool(content.skip or content.timeout_override or content.scripts)
        self._known: dict[_Matches, Variants] = {}

    def variants(self, script: str) -> Variants:
        """Return the settings of each case."""
        matches = self._matches(script)
        known = self._known.get(matches)
        if known is None:
            known = self._known[matches] = self._variants(self._steps(matches))
        return known

    def shared(self, script: str) -> ScriptSettings:
        """Return the settings that all cases share."""
        return _overlaid([*self._steps(self._matches(script)), self._flags])

    def _matches(self, script: str) -> _Matches:
        codex = self._project.codex
        if not self._has_paths and codex is None:
            return _NO_MATCHES
        if not script.startswith(self._prefix):
            script = os.path.abspath(script)
        in_scratch = codex is not None and codex.in_scratch(script)
        if not self._has_paths or not script.startswith(self._prefix):
            return (*_NO_MATCHES[:3], in_scratch)
        relative = script[len(self._prefix) :]
        project = self._project
        return (
            project.skip.find(relative), project.timeout_override.find(relative), project.scripts.find(relative),
            in_scratch,
        )  # fmt: skip

    def _steps(self, matches: _Matches) -> list[Layer]:
        content, shown_as = self._project.content, self._project.shown_as
        steps = [self._ini, Layer(shown_as, content.default)]
        codex = self._project.codex
        if codex is not None and matches[3]:
            steps.insert(0, Layer(codex.shown_as, codex.settings))
        sections = (content.skip, content.timeout_override, content.scripts)
        for section, indices in zip(sections, matches[:3], strict=True):
            steps += [Layer(shown_as, section[index].values) for index in indices]
        return steps

    def _variants(self, steps: list[Layer]) -> Variants:
        cases: dict[str, list[Layer]] = {}
        for step in steps:
            given: Any = step.values.get("cases", {})
            for name, values in given.items():
                cases.setdefault(name, []).append(Layer(step.source, values))
        if not cases:
            return ((None, _overlaid([*steps, self._flags])),)
        return tuple((name, _overlaid([*steps, *layers, self._flags])) for name, layers in cases.items())


def _overlaid(layers: list[Layer]) -> ScriptSettings:
    settings = _BUILT_IN
    skip_reason: Any = None
    for layer in layers:
        settings = overlaid(settings, layer.values, layer.shown("timeout"), skip_reason)
        if layer.values.get("idle_timeout"):
            settings = replace(settings, idle_timeout_source=layer.shown("idle_timeout"))
        skip_reason = layer.values.get("skip_reason", skip_reason)
    return settings


def script_variants(project: ProjectConfig, script: str | os.PathLike[str], ini: Layer, flags: Layer) -> Variants:
    """Return the settings of ``script``: one entry with case None, or one per case in the order of the file.

    Later wins: built-in < ``config.toml`` < ``ini`` < ``default`` < ``skip`` and ``timeout_override`` < ``scripts`` <
    the case < ``flags``; within a section a glob, then a later glob, then the exact path. Equal settings are the same
    object as long as the same layer objects are given, so that a large tree costs next to nothing.
    """
    return _resolver(project, ini, flags).variants(os.fspath(script))


def shared_settings(project: ProjectConfig, script: str | os.PathLike[str], ini: Layer, flags: Layer) -> ScriptSettings:
    """Return the settings of ``script`` without regard to its cases, merged as in :func:`script_variants`."""
    return _resolver(project, ini, flags).shared(os.fspath(script))


def _resolver(project: ProjectConfig, ini: Layer, flags: Layer) -> _Resolver:
    key = id(ini), id(flags)
    resolver: _Resolver | None = project.resolvers.get(key)
    if resolver is None:
        # Each resolver keeps its layers alive, so an id in this dictionary never means another layer.
        if len(project.resolvers) > 16:
            project.resolvers.clear()
        resolver = project.resolvers[key] = _Resolver(project, ini, flags)
    return resolver


def apply_keywords(settings: ScriptSettings, keywords: Mapping[str, object], source: str) -> ScriptSettings:
    """Return ``settings`` with the keywords of a marker laid over them.

    ``source`` is who gave them, ready to show, as in ``@orchestrate``. Keys are those of a script in the
    configuration file, ``cases`` aside. Raises :class:`~pytest_orchestrator.errors.OrchestratorError` with all
    that is wrong with them.
    """
    from .tree import from_python
    from .validate import check_settings

    mistakes: list[str] = []
    values = check_settings(lambda _, message: mistakes.append(message), from_python(keywords), cases=False)
    if mistakes:
        raise OrchestratorError("\n".join(f"{source}: {message}" for message in mistakes))
    return overlaid(settings, values, source)


def discovery_settings(project: ProjectConfig, ini: Layer, flags: Layer) -> DiscoverySettings:
    """Return what counts as a script: built-in < ``config.toml`` < ``ini`` < ``discovery:`` of the file < ``flags``.

    ``run_scripts`` under ``skills:`` says the same as ``skill_scripts`` under ``discovery:``.
    """
    given = project.content.discovery
    if project.content.skills.run_scripts is not None:
        given = given | {"skill_scripts": project.content.skills.run_scripts}
    foreign = {} if project.codex is None else project.codex.discovery
    merged = foreign | ini.within(_DISCOVERY_NAMES) | given | flags.within(_DISCOVERY_NAMES)
    values: dict[str, Any] = {
        name: tuple(value) if isinstance(value, list) else value for name, value in merged.items()
    }
    return DiscoverySettings(**values)
