"""Foreign text in Markdown: visible, and never able to close what it stands in."""

from __future__ import annotations

import pytest

from pytest_orchestrator.core.markdown import code_span, fenced, visible


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain text\twith a tab\n", "plain text\twith a tab\n"),
        ("one\r\ntwo\rthree", "one\ntwo\nthree"),
        ("\0\x1b[31m\x9b", r"\x00\x1b[31m\x9b"),
        ("a\u202eb\u2028c\ufeff", r"a\u202eb\u2028c\ufeff"),
        ("hidden\xad \u2062words\U000e0041", r"hidden\xad \u2062words\U000e0041"),
        ("byte \udcff, half \ud83d", r"byte \xff, half \ud83d"),
        ("日本 é 🎉", "日本 é 🎉"),
    ],
)
def test_every_character_is_visible(text: str, shown: str) -> None:
    assert visible(text) == shown


@pytest.mark.parametrize(
    ("text", "span"),
    [("a", "`a`"), ("`", "`` ` ``"), ("a``b", "```a``b```"), (" a", "`  a `"), ("`a", "`` `a ``")],
)
def test_a_code_span_holds_any_backticks(text: str, span: str) -> None:
    assert code_span(text) == span


@pytest.mark.parametrize(("text", "ticks"), [("a", "```"), ("```", "````"), ("x `````y", "``````")])
def test_a_fence_is_longer_than_what_is_in_it(text: str, ticks: str) -> None:
    assert fenced(text, "sh") == f"{ticks}sh\n{text}\n{ticks}\n"
