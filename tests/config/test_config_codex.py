"""The configuration of script-first libraries: what is read of it, and every mistake in it."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest
from config_files import NO_FLAGS, NO_INI
from hypothesis import given, settings
from hypothesis import strategies as st

from pytest_orchestrator.config.codex import CodexConfig, find_codex_config
from pytest_orchestrator.config.codex_reader import load_codex_config
from pytest_orchestrator.config.project import ProjectConfig
from pytest_orchestrator.config.resolve import INI, Layer, discovery_settings, script_variants
from pytest_orchestrator.errors import ConfigurationError

if TYPE_CHECKING:
    from pathlib import Path

WHOLE = """\
model = "some-model"          # the agent's own

[execution_environment]
sandbox_mode = "workspace-write"

[scripts]
allowed_extensions = [".py", ".sh", ".js"]
execution_timeout = 300
cleanup_after_run = true
temp_dir = "~/.codex/scratch"

[mcp.servers]
anything = { goes = true }
"""


def load(root: Path, text: str, home: str = "dotcodex") -> CodexConfig:
    path = root / home / "config.toml"
    path.parent.mkdir(exist_ok=True)
    path.write_text(text)
    return load_codex_config(path, "config.toml")


def mistakes(root: Path, text: str) -> list[str]:
    with pytest.raises(ConfigurationError) as caught:
        load(root, text)
    return [str(mistake).removeprefix("config.toml:") for mistake in caught.value.mistakes]


def test_the_file_of_a_script_first_library_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/somebody")
    codex = load(tmp_path, WHOLE)
    assert (codex.sandbox_mode, codex.allowed_extensions, codex.cleanup) == (
        "workspace-write", (".py", ".sh", ".js"), True,
    )  # fmt: skip
    assert codex.settings["timeout"] == 300
    assert (codex.scratch, codex.scratch_line) == ("/home/somebody/.codex/scratch", 10)


@pytest.mark.parametrize("text", ["", 'model = "x"\n', "[scripts]\n", "[execution_environment]\n[other]\nfoo = 1\n"])
def test_what_says_nothing_about_scripts_changes_nothing(tmp_path: Path, text: str) -> None:
    codex = load(tmp_path, text)
    assert (codex.sandbox_mode, codex.discovery, codex.settings, codex.cleanup) == (None, {}, {}, False)
    assert codex.scratch == str(tmp_path / "dotcodex/scratch")


@pytest.mark.parametrize(
    ("home", "written", "scratch"),
    [
        ("dotcodex", "dotcodex/scratch", "dotcodex/scratch"),
        (".codex", "tmp/", "tmp"),
        ("elsewhere", "scratch", "elsewhere/scratch"),
        ("dotcodex", "/var/scratch", "/var/scratch"),
    ],
)
def test_the_scratch_directory_is_relative_to_what_holds_dotcodex(
    tmp_path: Path, home: str, written: str, scratch: str
) -> None:
    codex = load(tmp_path, f'[scripts]\ntemp_dir = "{written}"\n', home)
    assert codex.scratch == str(tmp_path / scratch)
    assert codex.in_scratch(f"{codex.scratch}/a.py")
    assert not codex.in_scratch(f"{codex.scratch}es/a.py")


@pytest.mark.parametrize(
    ("text", "mistake"),
    [
        ("[scripts]\nexecution_timeout = -1\n", "2:1: scripts.execution_timeout: -1 is not a number of seconds"),
        ("[scripts]\n\n  execution_timeout = '9'", "3:3: scripts.execution_timeout: '9' is not a number of seconds"),
        ("scripts.execution_timeout = true\n", "1:1: scripts.execution_timeout: true is not a number"),
        ("[scripts]\ncleanup_after_run = 1\n", "2:1: scripts.cleanup_after_run: 1 is not true or false"),
        ("[scripts]\ntemp_dir = []\n", "2:1: scripts.temp_dir: a list is not a path"),
        ("[scripts]\nallowed_extensions = ['py']\n", "2:1: scripts.allowed_extensions: 'py' is not an extension"),
        ("[scripts]\nallowed_extension = []\n", "2:1: scripts.allowed_extension: unknown key; did you mean 'allowed_e"),
        ("[scripts]\nzzz = 1\n", "2:1: scripts.zzz: unknown key; known keys are allowed_extensions, execution_timeou"),
        ("a = 1\nscripts = 5\n", "2:1: scripts: 5 is not a table; write [scripts] and key = value below it"),
        ("scripts = { zzz = 1 }\n", "1:1: scripts.zzz: unknown key"),
        ("[execution_environment]\nsandbox_mode = 'none'\n", "2:1: execution_environment.sandbox_mode: 'none' is not"),
        ("[execution_environment]\nsandbox_mod = 'none'\n", "2:1: execution_environment.sandbox_mod: unknown key; did"),
        ("[scripts\n", "1:9: not valid TOML: "),
        ("x = [\n", "1:6: not valid TOML: invalid value; correct it"),
        ("x = 1\nx = 2\n", "2:6: not valid TOML: cannot overwrite a value; correct it"),
        ("x = " + "[" * 5000, "1:"),
    ],
)
def test_a_mistake_has_its_place(tmp_path: Path, text: str, mistake: str) -> None:
    (found,) = mistakes(tmp_path, text)
    assert found.startswith(mistake), found


def test_all_mistakes_are_told_at_once(tmp_path: Path) -> None:
    text = "[scripts]\nexecution_timeout = 'x'\ntemp_dir = ''\n[execution_environment]\nsandbox_mode = 3\n"
    assert [mistake.partition(": ")[0] for mistake in mistakes(tmp_path, text)] == ["2:1", "3:1", "5:1"]


def test_a_file_that_cannot_be_read_is_a_mistake(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"# a\n\xc3\xa9 = '\xff\xfe'\n")
    for name, message in (
        ("a", "^config.toml:2:6: byte 0xff is no UTF-8"),
        ("missing", "No such file"),
        (".", "it is no regular file"),
    ):
        with pytest.raises(ConfigurationError, match=message):
            load_codex_config(tmp_path / name, "config.toml")


def test_thousands_of_mistakes_take_no_time(tmp_path: Path) -> None:
    start = time.process_time()
    found = mistakes(tmp_path, "[scripts]\n" + "".join(f"'z{number}' = 1\n" for number in range(5000)))
    assert time.process_time() - start < 5  # where every line was looked at for each of them it was more than ten
    assert len(found) == 5000
    assert found[-1].startswith("5001:1: scripts.z4999: unknown key")


def test_a_file_that_is_too_large_is_not_cut(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pytest_orchestrator.config.codex_reader._LARGEST", 2**20)
    (found,) = mistakes(tmp_path, "# é\n" * 2**18)
    assert found == "1:1: larger than 1 MiB; leave in it what is configuration"
    assert mistakes(tmp_path, "#\r" * 9 + "[scripts]\rzzz = 1\r")[0].startswith("11:1: ")


def test_dotcodex_comes_before_codex(tmp_path: Path) -> None:
    assert find_codex_config(str(tmp_path)) is None
    load(tmp_path, "", ".codex")
    assert find_codex_config(str(tmp_path)) == tmp_path / ".codex/config.toml"
    load(tmp_path, "", "dotcodex")
    assert find_codex_config(str(tmp_path)) == tmp_path / "dotcodex/config.toml"


def test_it_is_weaker_than_every_other_source(tmp_path: Path) -> None:
    codex = load(tmp_path, "[scripts]\nexecution_timeout = 300\nallowed_extensions = '.py'\n")
    scratch = f"{codex.scratch}/a.py"

    def timeout(text: str, script: str, ini: Layer = NO_INI) -> tuple[float | None, str]:
        project = ProjectConfig.from_plain({"default": {"timeout": 5}} if text else {}, tmp_path, "o.yaml")
        object.__setattr__(project, "codex", codex)
        [(_, resolved)] = script_variants(project, script, ini, NO_FLAGS)
        return resolved.timeout, resolved.timeout_source

    assert timeout("", scratch) == (300.0, "config.toml")
    assert timeout("", str(tmp_path / "scripts/a.py")) == (60.0, "default")
    assert timeout("", scratch, Layer(INI, {"timeout": 9.0})) == (9.0, "orchestrate_timeout")
    assert timeout("yaml", scratch) == (5.0, "o.yaml")
    project = ProjectConfig.empty(tmp_path)
    object.__setattr__(project, "codex", codex)
    assert discovery_settings(project, NO_INI, NO_FLAGS).allowed_extensions == (".py",)
    ini = Layer(INI, {"allowed_extensions": [".rb"]})
    assert discovery_settings(project, ini, NO_FLAGS).allowed_extensions == (".rb",)


PIECES = [
    "[scripts]\n", "[execution_environment]\n", "scripts.", "execution_timeout = ", "temp_dir = ", "'x'", "\n", "true",
    "cleanup_after_run = ", "3", "sandbox_mode = ", "[", "]", "{", "}", "x = ", "'", '"', "é", "\r\n",
]  # fmt: skip


@settings(max_examples=150, deadline=None)
@given(words=st.lists(st.sampled_from(PIECES), max_size=12))
def test_any_text_is_valid_or_a_mistake_within_it(words: list[str], tmp_path_factory: pytest.TempPathFactory) -> None:
    text = "".join(words)
    root = tmp_path_factory.mktemp("codex")
    try:
        load(root, text)
    except ConfigurationError as error:
        for mistake in error.mistakes:
            assert 1 <= mistake.line <= text.count("\n") + 1
            assert mistake.column >= 1
