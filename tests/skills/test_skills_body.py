"""The Markdown of a skill: every heading, fence, link, item and comment, with its line and column."""

from __future__ import annotations

import pytest

from pytest_orchestrator.skills.body import Body
from pytest_orchestrator.skills.document import parse_skill

FRONT = "---\nname: make-tea\ndescription: Makes tea.\n---\n"


def body_of(text: str, front: str = "") -> Body:
    return parse_skill((front + text).encode(), "/skills/make-tea/SKILL.md", "make-tea/SKILL.md").body


def places(text: str, needle: str) -> list[tuple[int, int]]:
    """Return line and column of everything that follows a ``needle`` in ``text``."""
    found = []
    for number, line in enumerate(text.split("\n"), 1):
        at = line.find(needle)
        while at >= 0:
            found.append((number, at + len(needle) + 1))
            at = line.find(needle, at + 1)
    return found


def link_places(text: str) -> list[tuple[str, int, int]]:
    return [(link.target, link.line, link.column) for link in body_of(text).links]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("# Tea", (1, "Tea", 1, 1, "tea")),
        ("\n\n   ### Tea ###  \n", (3, "Tea", 3, 4, "tea")),
        ("Green\n*tea*\n=====", (1, "Green tea", 1, 1, "green-tea")),
        ("  Tea\n---", (2, "Tea", 1, 3, "tea")),
        ("> ## Tea", (2, "Tea", 1, 3, "tea")),
        ("- a\n\n  ## Tea", (2, "Tea", 3, 3, "tea")),
        ("1. ## Tea", (2, "Tea", 1, 4, "tea")),
        ("## [Tea](tea.md), `cup` & **pot**!", (2, "Tea, cup & pot!", 1, 1, "tea-cup--pot")),
        ("#", (1, "", 1, 1, "")),
        ("###### Was heißt „Tee“? — कि 茶", (6, "Was heißt „Tee“? — कि 茶", 1, 1, "was-heißt-tee--कि-茶")),
        ("# snake_case v1.2", (1, "snake_case v1.2", 1, 1, "snake_case-v12")),
        ("# A &amp; B", (1, "A & B", 1, 1, "a--b")),
        ("# \\# C", (1, "# C", 1, 1, "-c")),
        ("# ![pot](p.png) tea", (1, "pot tea", 1, 1, "pot-tea")),
    ],
)
def test_a_heading_is_known_by_level_text_place_and_slug(text: str, expected: tuple[int, str, int, int, str]) -> None:
    (heading,) = body_of(text).headings
    assert (heading.level, heading.text, heading.line, heading.column, heading.slug) == expected


@pytest.mark.parametrize(
    "text", ["#Tea", "    # Tea", "```\n# Tea\n```", "####### Tea", "\\# Tea", "<!--\n# Tea\n-->", "| # Tea"]
)
def test_what_looks_like_a_heading_is_none(text: str) -> None:
    assert body_of(text).headings == ()


def test_slugs_of_equal_headings_are_numbered_as_on_github() -> None:
    body = body_of("# Tea\n# tea\n# Tea 1\n# Tea-1\n# Tea!\n")
    assert [heading.slug for heading in body.headings] == ["tea", "tea-1", "tea-1-1", "tea-1-2", "tea-2"]


def test_a_section_ends_at_the_next_heading_of_its_level_or_above() -> None:
    body = body_of("# A\n## B\n### C\n## D\n# E\n")
    sections = [body.section(heading) for heading in body.headings]
    assert [(section.start, section.stop) for section in sections[:4]] == [(1, 5), (2, 4), (3, 4), (4, 5)]
    assert 10_000 in sections[4]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("```python\nx\n```", ("python", 1, 1, "x\n", True)),
        ("```\nx\n", ("", 1, 1, "x\n", False)),
        ("```\nx", ("", 1, 1, "x", False)),
        ("```", ("", 1, 1, "", False)),
        ("```\n```", ("", 1, 1, "", True)),
        ("````md\n```\n````", ("md", 1, 1, "```\n", True)),
        ("````md\n```", ("md", 1, 1, "```", False)),
        ("~~~ Bash\nx\n~~~~~ ", ("bash", 1, 1, "x\n", True)),
        ("```\nx\n``` y", ("", 1, 1, "x\n``` y", False)),
        ("```\nx\n    ```", ("", 1, 1, "x\n    ```", False)),
        ("  ```sh\n  x\n    y\n ```", ("sh", 1, 3, "x\n  y\n", True)),
        ("- a\n  ```js\n  x\n  ```\n- b", ("js", 2, 3, "x\n", True)),
        ("- ```js\n  x\n  ```\n", ("js", 1, 3, "x\n", True)),
        ("1. a\n\n   ```js\n   x\n   ```\n", ("js", 3, 4, "x\n", True)),
        ("- ```js\n  x\n\nb", ("js", 1, 3, "x\n\n", False)),
        ("> ```js\n> x\n> ```\n> b", ("js", 1, 3, "x\n", True)),
        ("> ```js\n> x\nb", ("js", 1, 3, "x\n", False)),
        (">```\n>```", ("", 1, 2, "", True)),
        ("> - ~~~js\n>   x\n>   ~~~", ("js", 1, 5, "x\n", True)),
        ("```{.python .numberLines}\n```", ("python", 1, 1, "", True)),
        ("```{python}\n```", ("python", 1, 1, "", True)),
        ("```python{1,3}\n```", ("python", 1, 1, "", True)),
        ("```python,ignore\n```", ("python", 1, 1, "", True)),
        ("```python:run.py\n```", ("python", 1, 1, "", True)),
        ("```c++\n```", ("c++", 1, 1, "", True)),
        ("\t- ```\n", None),
    ],
)
def test_a_fence_is_known_by_language_place_code_and_end(
    text: str, expected: tuple[str, int, int, str, bool] | None
) -> None:
    found = [(fence.language, fence.line, fence.column, fence.code, fence.is_closed) for fence in body_of(text).fences]
    assert found == ([] if expected is None else [expected])


def test_a_fence_knows_what_stands_behind_it_and_above_it() -> None:
    body = body_of("  <!-- a -->  \n\n```python orchestrate:run title='x y'\n```\n~~~\n~~~\n")
    assert body.fences[0].info == "python orchestrate:run title='x y'"
    assert body.fences[0].words == ("orchestrate:run", "title='x", "y'")
    assert [fence.above for fence in body.fences] == ["<!-- a -->", "```"]
    assert body_of("```\n```").fences[0].above == ""


def test_all_fences_of_a_file_have_the_lines_of_the_file() -> None:
    text = "# A\n\n```a\n1\n```\n\ntext\n\n> ```b\n> ```\n\n- x\n\n  ```c\n  ```\n"
    assert [(fence.language, fence.line) for fence in body_of(text, FRONT).fences] == [("a", 7), ("b", 13), ("c", 18)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("[a](b.md)", [("b.md", 1, 5)]),
        ("x [b.md](b.md) b.md [c](b.md)", [("b.md", 1, 10), ("b.md", 1, 25)]),
        ("[banana](a)", [("a", 1, 10)]),
        ("[a](a) [a](a)\n[a](a)", [("a", 1, 5), ("a", 1, 12), ("a", 2, 5)]),
        ("[a]( b )", [("b", 1, 6)]),
        ("[a](b 'b')", [("b", 1, 5)]),
        ('[a](b "b (c)")', [("b", 1, 5)]),
        ("[a](<b c.md>)", [("b c.md", 1, 6)]),
        ("[a](b%20c.md)", [("b%20c.md", 1, 5)]),
        ("[a](é/ü.md#ß)", [("é/ü.md#ß", 1, 5)]),
        ("[a](b\\_c.md)", [("b_c.md", 1, 5)]),
        ("[a](b(c)d)", [("b(c)d", 1, 5)]),
        ("[a](b?c&amp;d)", [("b?c&d", 1, 5)]),
        ("[a]()", [("", 1, 5)]),
        ("[a](<>)", [("", 1, 6)]),
        ("[](a)", [("a", 1, 4)]),
        ("[a](#b)", [("#b", 1, 5)]),
        ("![a](b.png)", [("b.png", 1, 6)]),
        ("[![a](b.png)](c.md)", [("c.md", 1, 15), ("b.png", 1, 7)]),
        ("<http://a.b/c>", [("http://a.b/c", 1, 2)]),
        ("é <a@b.c>", [("a@b.c", 1, 4)]),
        ("`[a](b)` [c](d)", [("d", 1, 14)]),
        ("*[a](b)*", [("b", 1, 6)]),
        ("\\[a](b) [c](d)", [("d", 1, 13)]),
        ("[a\nb](\n  c.md\n 'd')", [("c.md", 3, 3)]),
        ("# [a](b) #", [("b", 1, 7)]),
        ("[a](b)\n[c](d)\n===", [("b", 1, 5), ("d", 2, 5)]),
        ("   - x\n     [a](b)", [("b", 2, 10)]),
        ("- [a](b)\n  - [c](d)\n\n    [e](f)", [("b", 1, 7), ("d", 2, 9), ("f", 4, 9)]),
        ("-\t[a](b)\n\t[c](d)", [("b", 1, 7), ("d", 2, 6)]),
        ("> > [a](b)\n> [c](d)\n[e](f)", [("b", 1, 9), ("d", 2, 7), ("f", 3, 5)]),
        ("12. > [a](b)", [("b", 1, 11)]),
        ("- [ ] [a](b)", [("b", 1, 11)]),
        ("|[a](b)|x [a](b)|\n|-|-|\n|[a](b)|[a](b)|", [("b", 1, 6), ("b", 1, 15), ("b", 3, 6), ("b", 3, 13)]),
        ("| a\\|[b](c) | |[b](c) |\n|-|-|-|", [("c", 1, 10), ("c", 1, 20)]),
        ("> | a |\n> |-|\n> | [b](c) |", [("c", 3, 9)]),
        ("[a][b] [b] [b][] ![c][b]\n\n[b]: d%20e.md 'f'", [
            ("d e.md", 1, 1), ("d e.md", 1, 8), ("d e.md", 1, 12), ("d e.md", 1, 18),
        ]),
        ("[a][B]\n\n[b]: <c d>", [("c d", 1, 1)]),
        ("[a](b c) [d](e)\n\n[a]: f", [("f", 1, 1), ("e", 1, 14)]),
        ("[a](b [c](d)", [("d", 1, 11)]),
        ("<b>[a](c)</b>", [("c", 1, 8)]),
        ("[a](b)<!-- [c](d) -->[e](f)", [("b", 1, 5), ("f", 1, 26)]),
        ("text\u2028[a](b)", [("b", 1, 10)]),
    ],
)  # fmt: skip
def test_a_link_is_told_where_its_target_is_written(text: str, expected: list[tuple[str, int, int]]) -> None:
    assert link_places(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "`[a](b)`", "```\n[a](b)\n```", "    [a](b)", "[a] (b)", "[a][b]", "[a]: b", "<!-- [a](b) -->",
        "<div>\n[a](b)\n</div>", "http://a.b", "[a](javascript:b)", "[a](b c)", "<a b>", "[a",
    ],
)  # fmt: skip
def test_what_is_no_link_is_none(text: str) -> None:
    assert body_of(text).links == ()


def test_a_link_knows_its_text_and_whether_it_is_an_image() -> None:
    body = body_of("[a *b* `c`\nd](e) ![f *g*](h) <http://i> [![j](k)](l)")
    assert [(link.text, link.target, link.is_image) for link in body.links] == [
        ("a b c d", "e", False), ("f g", "h", True), ("http://i", "http://i", False), ("j", "l", False),
        ("j", "k", True),
    ]  # fmt: skip


def test_the_lines_of_the_front_matter_count() -> None:
    text = FRONT + "\n# A\n\n- [b](c)\n"
    body = body_of(text)
    assert [(heading.line, heading.column) for heading in body.headings] == [(6, 1)]
    assert [(link.line, link.column) for link in body.links] == places(text, "](")
    assert [(item.line, item.column) for item in body.items] == [(8, 1)]


def test_items_are_told_in_the_order_of_the_file_with_depth_and_number() -> None:
    body = body_of("- a\n  more\n  1. b\n  2) c\n     * d\n- [ ] e\n\n7. f\n8.\n> + g\n- - h\n")
    assert [(item.text, item.line, item.column, item.depth, item.number) for item in body.items] == [
        ("a more", 1, 1, 1, None),
        ("b", 3, 3, 2, 1),
        ("c", 4, 3, 2, 2),
        ("d", 5, 6, 3, None),
        ("[ ] e", 6, 1, 1, None),
        ("f", 8, 1, 1, 7),
        ("", 9, 1, 1, 8),
        ("g", 10, 3, 1, None),
        ("", 11, 1, 1, None),
        ("h", 11, 3, 2, None),
    ]


def test_the_text_of_an_item_is_its_first_paragraph() -> None:
    body = body_of("- **Pour** the [water](w)\n\n  Then wait.\n- ```\n  x\n  ```\n  after\n- # T\n  below\n")
    assert [item.text for item in body.items] == ["Pour the water", "after", "below"]


def test_paragraphs_and_cells_are_told_as_written_and_as_they_read() -> None:
    body = body_of("A **b** `c`  \nd &amp; e\n\n- f\n\n| g | [h](i) |\n|---|---|\n| j | |\n")
    assert [
        (paragraph.text, paragraph.plain, paragraph.line, paragraph.is_in_list) for paragraph in body.paragraphs
    ] == [
        ("A **b** `c`  \nd &amp; e", "A b c d & e", 1, False),
        ("f", "f", 4, True),
        ("g", "g", 6, False),
        ("[h](i)", "h", 6, False),
        ("j", "j", 8, False),
        ("", "", 8, False),
    ]


def test_comments_are_told_wherever_markdown_has_them() -> None:
    text = (
        "<!-- a --> <!-- b --> x\n<!--c\nd-->\n\n"
        "text <!-- e --> and <!-- f\ng -->\n\n"
        "- <!-- h -->\n\n"
        "| <!-- i --> | <!-- j --> |\n|---|---|\n\n"
        "<div>\n<!-- k -->\n</div>\n\n"
        "# T <!-- l -->\n\n"
        "`<!-- no -->`\n\n```\n<!-- no -->\n```\n\n"
        "> <!-- m\n\n<!-- n"
    )
    body = body_of(text)
    lines = text.split("\n")
    assert [comment.text for comment in body.comments] == [
        "a", "b", "c\nd", "e", "f\ng", "h", "i", "j", "k", "l", "m", "n",
    ]  # fmt: skip
    for comment in body.comments:
        assert lines[comment.line - 1][comment.column - 1 :].startswith("<!--")
        assert comment.text.split("\n")[0] in lines[comment.line - 1]


def test_a_block_too_long_for_anyone_is_text() -> None:
    body = body_of("[a](b) " * 10_000 + "\n\n[c](d)\n")
    assert [(link.target, link.line) for link in body.links] == [("d", 3)]
    assert len(body.paragraphs[0].plain) > 60_000


def test_an_empty_body_has_nothing_in_it() -> None:
    assert body_of("", FRONT) == Body()
    assert body_of("\n\n", FRONT) == Body()
