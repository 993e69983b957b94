"""Configuration files for tests: text in, what was found out."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from pytest_orchestrator.config.project import ProjectConfig
from pytest_orchestrator.config.resolve import Layer, Variants, script_variants
from pytest_orchestrator.config.validate import check_file
from pytest_orchestrator.config.yaml_source import decode_source, parse
from pytest_orchestrator.errors import ConfigurationError

if TYPE_CHECKING:
    from pytest_orchestrator.config.content import Content
    from pytest_orchestrator.config.settings import ScriptSettings

NO_INI = Layer("ini", {})
NO_FLAGS = Layer("command line", {})
HOME = Path("/project")


def content_of(text: str | bytes) -> Content:
    """Return what a file with ``text`` says; raise ConfigurationError as loading it does."""
    source = decode_source(text.encode() if isinstance(text, str) else text, "o.yaml")
    content = check_file(source.report, parse(source))
    source.raise_mistakes()
    return content


def mistakes_in(text: str | bytes) -> list[str]:
    """Return the mistakes of a file with ``text``, each as ``line:column: message``."""
    with pytest.raises(ConfigurationError) as caught:
        content_of(text)
    assert all(mistake.path == "o.yaml" for mistake in caught.value.mistakes)
    return [f"{mistake.line}:{mistake.column}: {mistake.message}" for mistake in caught.value.mistakes]


def the_mistake_in(text: str | bytes) -> str:
    """Return the only mistake of a file with ``text``."""
    [mistake] = mistakes_in(text)
    return mistake


def project_of(text: str) -> ProjectConfig:
    """Return the configuration of ``/project`` when its file holds ``text``."""
    return ProjectConfig(HOME / "o.yaml", HOME, "o.yaml", content_of(text))


def variants_of(text: str, script: str, ini: Layer = NO_INI, flags: Layer = NO_FLAGS) -> Variants:
    """Return the cases of ``/project/<script>`` when the file there holds ``text``."""
    return script_variants(project_of(text), HOME / script, ini, flags)


def settings_of(text: str, script: str = "a.sh", ini: Layer = NO_INI, flags: Layer = NO_FLAGS) -> ScriptSettings:
    """Return the settings of a script that has no cases."""
    [(case, settings)] = variants_of(text, script, ini, flags)
    assert case is None
    return settings


def default_of(text: str) -> dict[str, Any]:
    """Return the settings under ``default`` as plain data."""
    return content_of(f"default:\n  {text}\n").default
