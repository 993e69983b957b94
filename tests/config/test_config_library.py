"""The configuration functions of seed 004: dictionaries in and out."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from config_files import settings_of

from pytest_orchestrator.config.library import (
    get_script_config,
    load_config,
    plain_settings,
    project_root,
    script_configs,
)
from pytest_orchestrator.config.resolve import apply_keywords
from pytest_orchestrator.config.settings import ScriptSettings
from pytest_orchestrator.errors import ConfigurationError, DiscoveryError

if TYPE_CHECKING:
    from pathlib import Path

FULL = """
default: {timeout: 30, env: {A: 1, GONE: null}, retry: {max_attempts: 2, max_delay: 1}}
skip: [b.sh: needs a printer]
timeout_override: {'sub/*.sh': 5}
scripts:
  a.sh:
    args: [x]
    stdin: text
    interpreter: perl -w
    xfail: {reason: bug, strict: true}
    expect: {stdout: {matches: '^ok', equals: ok}, files: [out], min_duration: 0.5}
    limits: {memory_mb: 64}
    requires: {commands: git}
    retry: {initial_delay: 5}
    allowed_exit_codes: []
    skip_exit_codes: [0]
    cases: {one: {timeout: 1}}
discovery: {max_depth: 2}
"""


def project(tmp_path: Path, text: str = FULL, mark: str = "pyproject.toml") -> Path:
    scripts = tmp_path / "project/scripts"
    scripts.mkdir(parents=True)
    (tmp_path / "project" / mark).touch()
    (scripts / "orchestrator.yaml").write_text(text)
    return scripts


def test_the_file_is_returned_as_plain_data(tmp_path: Path) -> None:
    scripts = project(tmp_path)
    config = load_config(scripts)
    assert list(config) == ["path", "default", "skip", "timeout_override", "scripts", "discovery", "skills"]
    assert config["path"] == str(scripts / "orchestrator.yaml")
    assert config["skip"] == [{"b.sh": "needs a printer"}]
    assert json.loads(json.dumps(config)) == config


def test_a_directory_without_a_file_has_an_empty_structure(tmp_path: Path) -> None:
    assert load_config(tmp_path) == {
        "path": None,
        "default": {},
        "skip": [],
        "timeout_override": {},
        "scripts": {},
        "discovery": {},
        "skills": {},
    }


def test_the_file_is_searched_up_to_the_root_of_the_project(tmp_path: Path) -> None:
    scripts = project(tmp_path)
    (tmp_path / "orchestrator.yaml").write_text("default: {timeout: 1}")
    (scripts / "deep/er").mkdir(parents=True)
    assert load_config(scripts / "deep/er")["path"] == str(scripts / "orchestrator.yaml")
    (scripts / "orchestrator.yaml").unlink()
    assert load_config(scripts / "deep/er")["path"] is None


def test_outside_of_a_project_the_file_of_the_nearest_parent_is_taken(tmp_path: Path) -> None:
    (tmp_path / "orchestrator.yaml").write_text("default: {timeout: 1}")
    (tmp_path / "scripts/deep").mkdir(parents=True)
    assert load_config(tmp_path / "scripts/deep")["path"] == str(tmp_path / "orchestrator.yaml")
    assert project_root(tmp_path / "scripts/deep") == tmp_path
    (tmp_path / "scripts/orchestrator.yml").write_text("default: {timeout: 1}")
    assert load_config(tmp_path / "scripts/deep")["path"] == str(tmp_path / "scripts/orchestrator.yml")
    assert load_config(tmp_path / "scripts")["path"] == str(tmp_path / "scripts/orchestrator.yml")
    assert load_config(tmp_path)["path"] == str(tmp_path / "orchestrator.yaml")


def test_a_file_that_anybody_could_have_put_above_the_scripts_is_not_taken(tmp_path: Path) -> None:
    shared = tmp_path / "shared"
    (shared / "mine").mkdir(parents=True)
    (shared / "orchestrator.yaml").write_text("default: {timeout: 1}")
    shared.chmod(0o1777)
    assert load_config(shared / "mine")["path"] is None
    assert project_root(shared / "mine") == shared / "mine"
    assert load_config(shared)["path"] == str(shared / "orchestrator.yaml")


def test_a_directory_that_is_none_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(DiscoveryError, match=r"^the scripts directory '.*/nope' does not exist: name one that does$"):
        load_config(tmp_path / "nope")
    with pytest.raises(DiscoveryError, match=r"^the scripts directory '.*/file' is a file: name the directory"):
        load_config(tmp_path / "file")


def test_a_broken_file_raises_all_its_mistakes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    scripts = project(tmp_path, "default: {timeout: x}\nskip: 1\n")
    monkeypatch.chdir(scripts.parent)
    with pytest.raises(ConfigurationError) as caught:
        load_config("scripts")
    assert [str(mistake).partition(" ")[0] for mistake in caught.value.mistakes] == [
        "scripts/orchestrator.yaml:1:20:",
        "scripts/orchestrator.yaml:2:7:",
    ]


def test_settings_of_a_script_are_merged(tmp_path: Path) -> None:
    scripts = project(tmp_path)
    config = load_config(scripts)
    assert get_script_config(scripts / "sub/x.sh", scripts, config)["timeout"] == 5.0
    assert get_script_config(scripts / "other.sh", scripts, config)["env"] == {"A": "1", "GONE": None}
    assert get_script_config(scripts / "other.sh", scripts, config)["expect"] == {}
    skipped = get_script_config(scripts / "b.sh", scripts, config)
    assert (skipped["skip"], skipped["skip_reason"]) == (True, "needs a printer")
    merged = get_script_config(scripts / "a.sh", scripts, config)
    assert (merged["timeout"], merged["args"], merged["interpreter"]) == (30.0, ["x"], ["perl", "-w"])
    assert merged["expect"] == {
        "stdout": {"matches": ["^ok"], "equals": "ok"},
        "files": ["out"],
        "min_duration": 0.5,
    }
    assert "cases" not in merged
    assert json.loads(json.dumps(merged)) == merged


def test_changing_what_was_returned_changes_the_settings_and_nothing_else(tmp_path: Path) -> None:
    scripts = project(tmp_path)
    config = load_config(scripts)
    config["default"]["timeout"] = 7
    assert get_script_config(scripts / "other.sh", scripts, config)["timeout"] == 7.0
    assert load_config(scripts)["default"]["timeout"] == 30.0


def test_many_scripts_are_looked_up_in_what_was_checked_once(tmp_path: Path) -> None:
    scripts = project(tmp_path)
    config = load_config(scripts)
    names = ("a.sh", "b.sh", "sub/x.sh", "other.sh")
    expected = [get_script_config(scripts / name, scripts, config) for name in names]
    settings_of = script_configs(scripts, config)
    config.clear()
    config["default"] = "broken by now"
    assert [settings_of(scripts / name) for name in names] == expected


def test_a_dictionary_made_by_hand_is_validated(tmp_path: Path) -> None:
    settings = get_script_config(tmp_path / "x/a.sh", tmp_path, {"scripts": {"x/*.sh": {"timeout": 5}}})
    assert settings["timeout"] == 5.0
    with pytest.raises(ConfigurationError, match=r"^config:1:1: default\.timeout: 'x' is not a number of seconds"):
        get_script_config(tmp_path / "a.sh", tmp_path, {"default": {"timeout": "x"}})


def test_relative_paths_mean_the_current_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    scripts = project(tmp_path)
    monkeypatch.chdir(scripts.parent)
    assert get_script_config("scripts/sub/x.sh", "scripts", load_config("scripts"))["timeout"] == 5.0


@pytest.mark.parametrize("script", ["a.sh", "b.sh", "sub/c.sh"])
def test_merged_settings_are_keywords_that_give_the_same_settings(script: str) -> None:
    settings = settings_of(FULL.replace("cases: {one: {timeout: 1}}", ""), script)
    keywords: dict[str, Any] = plain_settings(settings)
    again = apply_keywords(ScriptSettings(), keywords, settings.timeout_source)
    assert again == settings
