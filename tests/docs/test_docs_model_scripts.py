"""The scripts that the documentation shows are scripts, and its tables hold what there is."""

from __future__ import annotations

import dataclasses

import pytest
from doc_pages import ROOT, Block, blocks_of

from pytest_orchestrator import ModelEndpoint, ModelRequest
from pytest_orchestrator.cassettes.anthropic_reply import ERROR_TYPES
from pytest_orchestrator.cassettes.script_options import REPLY_KEYS, WHEN
from pytest_orchestrator.cassettes.script_reader import parse_script

REFERENCE = ROOT / "docs/reference/model-endpoint.md"
PAGES = [ROOT / "docs/how-to/test-agents-offline.md", REFERENCE]
SCRIPTS = [block for page in PAGES for block in blocks_of(page) if block.language == "yaml"]


def _name(block: Block) -> str:
    return block.name


@pytest.mark.parametrize("block", SCRIPTS, ids=_name)
def test_a_script_on_a_page_is_one(block: Block) -> None:
    assert len(parse_script(block.text, block.name)) > 1


def test_every_key_and_member_is_on_the_page() -> None:
    text = REFERENCE.read_text(encoding="utf-8")
    members = {name for name in vars(ModelEndpoint) if not name.startswith("_")} - {"is_text"}
    fields = {field.name for field in dataclasses.fields(ModelRequest)} - {"is_stream", "call_ids"}
    names = {*REPLY_KEYS, *(field.name for field in WHEN.fields), *members, *fields, *map(str, ERROR_TYPES)}
    missing = {name for name in names if not any(f"{start}{name}" in text for start in ("`", "| "))}
    assert missing == {"402", "504"}
