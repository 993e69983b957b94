"""What the documentation shows is true: configurations are valid, code compiles, commands do what the page says."""

from __future__ import annotations

import ast
import json
import shutil
import subprocess
import tomllib
from typing import TYPE_CHECKING

import pytest
import yaml
from doc_pages import (
    ROOT,
    Block,
    all_blocks,
    blocks_of,
    commands_of,
    first_missing,
    is_file,
    is_run,
    page_name,
    pages,
    run_commands,
    shown_by,
    write_file,
)

from pytest_orchestrator.config.project import ProjectConfig

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

BLOCKS = all_blocks()
CONFIGURATIONS = [block for block in BLOCKS if block.what.endswith("orchestrator.yaml")]
RUNNABLE = [page for page in pages() if any(map(is_run, blocks_of(page)))]


def _name(block: Block) -> str:
    return block.name


@pytest.mark.parametrize("block", CONFIGURATIONS, ids=_name)
def test_a_configuration_in_the_docs_is_valid(block: Block, tmp_path: Path) -> None:
    path = tmp_path / "orchestrator.yaml"
    path.write_text(block.text, encoding="utf-8")
    assert ProjectConfig.load(path, block.name).as_plain()["scripts"] is not None


def test_there_are_configurations_in_the_docs() -> None:
    assert len(CONFIGURATIONS) >= 10


@pytest.mark.parametrize("block", [block for block in BLOCKS if block.language == "python"], ids=_name)
def test_python_in_the_docs_compiles(block: Block) -> None:
    assert ast.parse(block.text, block.name).body


@pytest.mark.parametrize("block", [block for block in BLOCKS if block.language in ("sh", "bash")], ids=_name)
def test_shell_in_the_docs_is_well_formed(block: Block) -> None:
    checked = subprocess.run(["bash", "-n"], input=block.text, text=True, capture_output=True)
    assert checked.stderr == ""


@pytest.mark.parametrize("block", [block for block in BLOCKS if block.language in ("toml", "yaml", "json")], ids=_name)
def test_data_in_the_docs_can_be_read(block: Block) -> None:
    readers: dict[str, Callable[[str], object]] = {
        "toml": tomllib.loads,
        "yaml": yaml.safe_load,
        "json": json.loads,
    }
    assert readers[block.language](block.text)


@pytest.mark.parametrize("page", RUNNABLE, ids=page_name)
def test_the_commands_of_a_page_do_what_it_says(page: Path, tmp_path: Path) -> None:
    if any("example_scripts" in commands_of(block) for block in blocks_of(page) if is_run(block)):
        shutil.copytree(ROOT / "example_scripts", tmp_path / "example_scripts")
        shutil.copy(ROOT / "pyproject.toml", tmp_path)
    for block in blocks_of(page):
        if is_file(block):
            write_file(block, tmp_path)
        elif is_run(block):
            output = run_commands(commands_of(block), tmp_path)
            missing = first_missing(shown_by(block), output)
            assert missing is None, f"{block.name}: this line did not come out: {missing}\n\n{output}"


def test_some_pages_are_run() -> None:
    names = set(map(page_name, RUNNABLE))
    assert {"README.md", "docs/tutorials/your-first-folder.md"} <= names
