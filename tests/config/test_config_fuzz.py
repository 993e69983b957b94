"""Whatever a file holds: it is valid, or ConfigurationError tells mistakes whose places lie in the file."""

from __future__ import annotations

import contextlib
import json
from typing import Any

import pytest
import yaml
from config_files import HOME, NO_FLAGS, NO_INI
from hypothesis import example, given, settings
from hypothesis import strategies as st

from pytest_orchestrator.config import yaml_source
from pytest_orchestrator.config.options import OPTIONS, SECTIONS, UNSUPPORTED_SECTIONS
from pytest_orchestrator.config.parse import parse_text
from pytest_orchestrator.config.path_table import PathTable, path_pattern
from pytest_orchestrator.config.project import ProjectConfig
from pytest_orchestrator.config.resolve import apply_keywords, discovery_settings, script_variants
from pytest_orchestrator.config.settings import ScriptSettings
from pytest_orchestrator.config.validate import check_file
from pytest_orchestrator.config.yaml_source import decode_source, parse
from pytest_orchestrator.errors import ConfigurationError, OrchestratorError


def names_of(options: Any) -> list[str]:
    return [name for option in options for name in (option.name, *names_of(option.fields))]


KNOWN = sorted({*SECTIONS, *UNSUPPORTED_SECTIONS, *names_of(OPTIONS)})
WORDS = [
    *KNOWN,
    *("a.sh", "*.sh", "x/", "../x", "no", "on", "~", "null", "<<", "5", "014", "12:30", "1e3", ".inf", "'", '"'),
    *("&a ", "*a", "!!str ", "- ", "? ", ": ", ", ", "[", "]", "{", "}", "|\n", ">\n", "\n", "\n  ", "\n    ", "\t"),
    *("#", "---\n", "%", "@", "\x00", "\r", "\x85", "\u2028", "\ufeff", "é", "😀"),
]

SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.sampled_from(WORDS),
    st.text(max_size=10),
    st.sampled_from(["1", "kill", "{tmp}", "{x}", "(", "^a$", "a b", "'a", "linux", ".py", "0", "yes"]),
)
KEYS = st.one_of(st.sampled_from(KNOWN), st.sampled_from(["a.sh", "*.sh", "x/", "one", "A"]), st.text(max_size=5))
TREES = st.recursive(
    SCALARS,
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(KEYS, inner, max_size=5)),
    max_leaves=25,
)
FILES = st.dictionaries(st.sampled_from([*SECTIONS, "nope"]), TREES, max_size=5)


def load(data: bytes) -> ProjectConfig | None:
    """Load ``data`` as a file; check the places of the mistakes that are raised."""
    try:
        source = decode_source(data, "o.yaml")
        content = check_file(source.report, parse(source))
        source.raise_mistakes()
        return ProjectConfig(HOME / "o.yaml", HOME, "o.yaml", content)
    except ConfigurationError as error:
        mistakes = error.mistakes
    lines = data.removeprefix(b"\xef\xbb\xbf").decode("utf-8", "replace")
    lines = lines.replace("\r\n", "\n").replace("\r", "\n")
    assert mistakes
    for mistake in mistakes:
        assert mistake.path == "o.yaml"
        assert mistake.message
        assert "\n" not in mistake.message
        line = lines.split("\n")[mistake.line - 1]
        assert 1 <= mistake.column <= len(line) + 1
    return None


def use(project: ProjectConfig | None) -> None:
    """Everything that loads can be resolved, and means the same as plain data."""
    if project is None:
        return
    for script in ("a.sh", "x/b.sh", "one"):
        for _, resolved in script_variants(project, HOME / script, NO_INI, NO_FLAGS):
            assert resolved.timeout is None or resolved.timeout > 0
            assert resolved.retry.delay_before(resolved.retry.max_attempts) >= 0
            assert not set(resolved.allowed_exit_codes) & set(resolved.skip_exit_codes)
    discovery_settings(project, NO_INI, NO_FLAGS)
    plain = project.as_plain()
    assert ProjectConfig.from_plain(plain, HOME).as_plain() == plain


@pytest.mark.parametrize("loader", [yaml_source.LOADER, yaml.SafeLoader], ids=["libyaml", "pure Python"])
class TestFiles:
    @settings(max_examples=200, deadline=None)
    @given(data=st.binary(max_size=60))
    def test_random_bytes(self, loader: Any, data: bytes) -> None:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(yaml_source, "LOADER", loader)
            use(load(data))

    @settings(max_examples=300, deadline=None)
    @given(words=st.lists(st.sampled_from(WORDS), max_size=25))
    @example(words=["default", ": ", "\r"])
    @example(words=["? ", "? ", "? "])
    def test_random_words(self, loader: Any, words: list[str]) -> None:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(yaml_source, "LOADER", loader)
            use(load("".join(words).encode()))

    @settings(max_examples=200, deadline=None)
    @given(text=st.text(max_size=60))
    def test_random_text(self, loader: Any, text: str) -> None:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(yaml_source, "LOADER", loader)
            use(load(text.encode("utf-8", "surrogatepass")))

    @settings(max_examples=300, deadline=None)
    @given(tree=FILES, flow=st.sampled_from([True, False, None]))
    def test_random_nested_data(self, loader: Any, tree: Any, flow: bool | None) -> None:
        text = yaml.safe_dump(tree, allow_unicode=True, default_flow_style=flow)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(yaml_source, "LOADER", loader)
            use(load(text.encode()))


@settings(max_examples=300, deadline=None)
@given(tree=FILES)
def test_plain_data_is_valid_or_a_configuration_error(tree: Any) -> None:
    with contextlib.suppress(ConfigurationError):
        use(ProjectConfig.from_plain(tree, HOME, "o.yaml"))


@settings(max_examples=200, deadline=None)
@given(tree=FILES)
def test_json_is_a_configuration_file_too(tree: Any) -> None:
    use(load(json.dumps(tree).encode()))


@settings(max_examples=300, deadline=None)
@given(keywords=st.dictionaries(KEYS, TREES, max_size=4))
def test_keywords_are_valid_or_an_orchestrator_error(keywords: dict[str, Any]) -> None:
    with contextlib.suppress(OrchestratorError):
        assert isinstance(apply_keywords(ScriptSettings(), keywords, "@orchestrate"), ScriptSettings)


@settings(max_examples=500, deadline=None)
@given(option=st.sampled_from(OPTIONS), text=st.one_of(st.sampled_from(WORDS), st.text(max_size=20)))
def test_a_text_is_valid_or_a_value_error(option: Any, text: str) -> None:
    if not (option.has_flag or option.has_ini or option.has_marker):
        return
    with contextlib.suppress(ValueError):
        parse_text(option, text)


@settings(max_examples=300, deadline=None)
@given(
    written=st.lists(st.text(alphabet="ab/*?[]!^-\\x5.é", max_size=8), max_size=4),
    path=st.text(alphabet="ab/.é[", min_size=1, max_size=8),
)
def test_a_path_or_glob_compiles_or_is_a_value_error(written: list[str], path: str) -> None:
    patterns = []
    for text in written:
        with contextlib.suppress(ValueError):
            patterns.append(path_pattern(text))
    found = PathTable(patterns).find(path)
    assert len(set(found)) == len(found) <= len(patterns)
    exact = [index for index, pattern in enumerate(patterns) if pattern.path == path]
    assert (found[-1:] == (exact[-1],)) if len(exact) == 1 else True
