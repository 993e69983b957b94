"""The Markdown report as a parser sees it: nothing that a program printed becomes a part of its structure."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from report_documents import document

from pytest_orchestrator.core.document import ResultRow
from pytest_orchestrator.core.status import Status
from pytest_orchestrator.reports.markdown import render_markdown
from pytest_orchestrator.reports.quoting import cell, clean, code, fence

markdown_it = pytest.importorskip("markdown_it")
if TYPE_CHECKING:
    from markdown_it.token import Token

_PIECES = [
    "```",
    "~~~",
    "`",
    "|",
    "\\",
    "<b>",
    "</details>",
    "<!--",
    "# ",
    "- ",
    "\n\n",
    "\n",
    "\r",
    "\x1b[1m",
    "[a](b)",
    "*",
    "    ",
    "![",
    "&lt;",
    "> ",
]
_HOSTILE = st.one_of(
    st.lists(st.sampled_from(_PIECES), max_size=8).map("".join),
    st.text(alphabet=st.characters(exclude_categories=()), max_size=20),
)
_ANYTHING = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), _HOSTILE),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=3), inner, max_size=3)),
    max_leaves=6,
)
_ATTEMPTS = st.lists(
    st.fixed_dictionaries({"status": st.sampled_from(Status), "error": _HOSTILE, "execution_time": st.floats(0, 9)}),
    max_size=3,
)
_DATA = st.fixed_dictionaries(
    {},
    optional={
        "error": _HOSTILE,
        "stdout": _HOSTILE,
        "stderr": _HOSTILE,
        "command": st.lists(_HOSTILE, max_size=3),
        "cwd": _HOSTILE,
        "reason": _HOSTILE,
        "signal": _HOSTILE,
        "failures": st.lists(_HOSTILE, max_size=3),
        "notes": st.lists(_HOSTILE, max_size=3),
        "attempts": _ATTEMPTS,
        "left_processes": st.lists(st.fixed_dictionaries({"pid": st.integers(), "command": _HOSTILE}), max_size=3),
        "limit": st.fixed_dictionaries({"name": _HOSTILE, "value": st.floats(), "source": _HOSTILE}),
        "stdout_file": _HOSTILE,
        "tmp": _HOSTILE,
        "changed_by": _HOSTILE,
    },
)
_KEYS = [
    "error",
    "attempts",
    "left_processes",
    "limit",
    "command",
    "notes",
    "failures",
    "timeout",
    "exit_code",
    "signal",
    "reason",
    "stdout",
    "stdout_bytes",
]
_ODD_DATA = st.dictionaries(st.sampled_from(_KEYS), _ANYTHING, max_size=4)


def _rows(data: st.SearchStrategy[dict[str, Any]]) -> st.SearchStrategy[list[ResultRow]]:
    row = st.builds(ResultRow, _HOSTILE, _HOSTILE, st.sampled_from(Status), st.floats(0, 1e6), _HOSTILE, data)
    return st.lists(row, max_size=5)


def _tokens(text: str) -> list[Token]:
    parser = markdown_it.MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
    found: list[Token] = parser.parse(text)
    return found


def _assert_sound(report: str) -> None:
    """Every block and every piece of inline markup is one that the report itself writes."""
    tokens = _tokens(report)
    assert {token.type for token in tokens} <= {
        "heading_open", "heading_close", "inline", "paragraph_open", "paragraph_close", "fence", "html_block",
        "bullet_list_open", "bullet_list_close", "list_item_open", "list_item_close", "blockquote_open",
        "blockquote_close", "table_open", "table_close", "thead_open", "thead_close", "tbody_open", "tbody_close",
        "tr_open", "tr_close", "th_open", "th_close", "td_open", "td_close",
    }  # fmt: skip
    for token in tokens:
        if token.type == "html_block":
            assert re.fullmatch(
                r"<details><summary>std(out|err)(, the end of it)?</summary>\n|</details>\n", token.content
            )
        if token.type == "heading_open":
            assert token.level == 0
        for child in token.children or ():
            assert child.type in ("text", "code_inline", "strong_open", "strong_close", "html_inline"), child
            if child.type == "html_inline":
                assert child.content in ("<code>", "</code>")
    headings = [tokens[number + 1].content for number, token in enumerate(tokens) if token.type == "heading_open"]
    assert sum(heading.startswith(("Passed", "Failed", "Nothing collected")) for heading in headings) == 1
    assert headings[-1] == "This run"
    opened = [token.content for token in tokens if token.type == "html_block"]
    assert sum(content.startswith("<details>") for content in opened) * 2 == len(opened)


@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(_rows(_DATA))
def test_hostile_text_never_becomes_structure(rows: list[ResultRow]) -> None:
    _assert_sound(render_markdown(document(*rows)))


@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(_rows(_ODD_DATA))
def test_data_of_any_shape_is_rendered(rows: list[ResultRow]) -> None:
    _assert_sound(render_markdown(document(*rows)))


@given(_rows(_DATA.map(lambda data: {"timeout": 60.0, **data})))
def test_a_digest_renders_as_the_whole_does(rows: list[ResultRow]) -> None:
    whole, digests = document(*rows), document(*(row.digest() for row in rows))
    assert render_markdown(whole) == render_markdown(digests)


@given(_HOSTILE)
def test_a_code_span_is_one_code_span(text: str) -> None:
    (inline,) = [token for token in _tokens(f"# a {code(text)}") if token.type == "inline"]
    assert [child.type for child in inline.children or ()] in (["text", "code_inline"], ["text"])
    assert inline.content == "a (empty)" or (inline.children or [])[-1].type == "code_inline"


@given(_HOSTILE, _HOSTILE)
def test_a_row_of_a_table_keeps_its_columns(one: str, other: str) -> None:
    tokens = _tokens(f"| a | b |\n|---|---|\n| {cell(one)} | {cell(other)} |\n\nend")
    assert [token.type for token in tokens].count("td_open") == 2
    assert [token.content for token in tokens if token.type == "inline"][-1] == "end"


@given(_HOSTILE)
def test_a_fence_holds_its_text_and_nothing_follows(text: str) -> None:
    (block,) = _tokens(fence(clean(text)))
    assert block.type == "fence"
    assert block.content.rstrip("\n") == clean(text).rstrip()
