"""Lines and columns of a text as editors count them, and the way back."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from pytest_orchestrator.skills.places import lines_of, offset_of, places_of

TEXTS = st.text(st.sampled_from("ab\r\n\u2028\x0c"), max_size=20)


@given(TEXTS)
def test_the_offset_of_a_line_is_where_its_text_stands(text: str) -> None:
    lines = lines_of(text)
    for number, line in enumerate(lines, 1):
        at = offset_of(text, number)
        assert text[at:].startswith(line)
        assert list(places_of(text, [at])) == [(number, 1)]
    assert offset_of(text, len(lines) + 1) == len(text)
