"""Whatever a file holds: it is read, and every place that is told is in it, and right."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from pytest_orchestrator.skills.context import CheckContext
from pytest_orchestrator.skills.document import SkillDocument, parse_skill
from pytest_orchestrator.skills.markdown import as_it_reads, markdown_parser
from pytest_orchestrator.skills.rule import Profile
from pytest_orchestrator.skills.rules import collisions, descriptions, fields, names, reading, schema

if TYPE_CHECKING:
    from pytest_orchestrator.skills.rule import Found

FRONT = "---\nname: make-tea\ndescription: Makes tea. Use when thirsty.\n---\n"

MARKDOWN = st.lists(
    st.sampled_from([
        "a", "b c", "é", "😀", "\t", " ", "    ", "\n", "\n\n", "\r\n", "\r", "# ", "###", "===\n", "---\n",
        "> ", ">", "- ", "* ", "+ ", "1. ", "12) ", "```", "```python\n", "~~~~", "`", "``", "[", "]", "(", ")",
        "<", ">", "!", "[a](b.md)", "![i](p.png 't')", "[r][x]", "[x]: t.md\n", "[x]", "<http://a.b>",
        "<a@b.c>", "[t](<a b.md>)", "[e](a\\_b.md)", "<!--", "-->", "<!-- c -->", "<div>", "</div>\n", "&amp;",
        "\\", "|", "| a | b |\n|---|---|\n", "|---|", "**", "_", "\\|", ":", "--", "\u2028", "\x0b", "\x0c",
        "\xa0", "\ufeff", "\x00", "[a\nb](c)", "![", "](", "[^1]", "$",
    ]),
    max_size=40,
).map("".join)  # fmt: skip

YAML = st.lists(
    st.sampled_from([
        "name", "description", "license", "metadata", "allowed-tools", "tags", "intent", "version",
        "script_first", "hooks", ":", ": ", "a", "b", " ", "  ", "\t", "\n", "\n", "\n  ", "\n- ", "- ", "[",
        "]", "{", "}", ",", "'", '"', "|", ">", "|-\n  ", "&a ", "*a", "!!str ", "!x ", "#", " # c", "? ", "~",
        "true", "5", "1.0", "é", "😀", "---\n", "...", "%", "@", "`", "<<: *a", "\\", "\x07", "\u2028", "\x85",
        "\ufeff", "\r", "\r\n", "2024-01-01", "0x1F", ".inf", "1e400",
    ]),
    max_size=40,
).map("".join)  # fmt: skip


def read(text: str | bytes) -> SkillDocument:
    data = text if isinstance(text, bytes) else text.encode()
    return parse_skill(data, "/skills/make-tea/SKILL.md", "make-tea/SKILL.md")


def found_in(skill: SkillDocument, profile: Profile) -> list[Found]:
    modules = (reading, names, descriptions, fields, schema)
    found = [found for module in modules for found in module.check(skill, CheckContext(profile))]
    return found + [one for ones in collisions.prepare([skill, skill]).values() for one in ones]


def assert_inside(skill: SkillDocument, line: int, column: int) -> str:
    """Return what stands at a place."""
    lines = re.split(r"\r\n|\r|\n", skill.text)
    assert 1 <= line <= len(lines)
    assert 1 <= column <= len(lines[line - 1]) + 1
    return lines[line - 1][column - 1 :]


def assert_front_matter_is_in_place(skill: SkillDocument) -> None:
    front = skill.front
    for mistake in front.mistakes:
        assert_inside(skill, mistake.line, mistake.column)
        assert 1 < mistake.line < front.end_line
    for field in front.fields.values():
        assert 1 < field.line < front.end_line
        assert_inside(skill, field.line, field.column)
        assert_inside(skill, field.value_line, field.value_column)
    assert 0 <= skill.body_at <= len(skill.text)
    if front.is_there and front.is_closed:
        assert skill.body_text == skill.text[skill.body_at :]
        before = re.split(r"\r\n|\r|\n", skill.text[: skill.body_at])
        assert len(before) in (skill.body_line, skill.body_line - 1)
        assert skill.lines[0].rstrip() == skill.lines[front.end_line - 1].rstrip() == "---"


def assert_body_is_in_place(skill: SkillDocument) -> None:
    body = skill.body
    for heading in body.headings:
        text = assert_inside(skill, heading.line, heading.column)
        assert text.startswith("#" * heading.level) or heading.level < 3
        assert heading.line >= skill.body_line
        assert heading.line in body.section(heading)
    for fence in body.fences:
        assert assert_inside(skill, fence.line, fence.column).startswith(("```", "~~~"))
    for item in body.items:
        text = assert_inside(skill, item.line, item.column)
        assert re.match(r"[-*+]|\d+[.)]", text), text
        assert item.number is None or text.startswith((f"{item.number}", "0"))
    for comment in body.comments:
        assert assert_inside(skill, comment.line, comment.column).startswith("<!--")
    for paragraph in body.paragraphs:
        assert_inside(skill, paragraph.line, 1)
    for link in body.links:
        text = assert_inside(skill, link.line, link.column)
        written = re.sub(r"\\(?=[!-/:-@[-`{-~])", "", text).replace("&amp;", "&")
        assert written.startswith((link.target, "[", "![")), (text, link)


@settings(max_examples=400, deadline=None)
@given(MARKDOWN)
@example("- - a\n\n  1. > # b [c](d)\n")
@example("a [x](y)\nb\n===\n")
@example("| a\\|[x](y) | [x](y) |\n|---|---|\n| [x](y) | [x](y) |\n")
@example("> a\n[x](y) lazy\n")
@example("-\t[x](y)\n\t[z](y)\n")
@example("[a](\n  y\n'title')\n")
@example("[x\\](y](y)\n")
@example("<!-- a --><!-- b\n--> c <!--")
@example("> \u2028\n> [x](y)\n")
@example("- \x0b\n  [x](y)\n  ===\n")
@example("0. a\n00. b\n")
def test_every_place_in_the_body_is_in_the_file_and_right(text: str) -> None:
    skill = read(FRONT + text)
    assert_body_is_in_place(skill)
    # The same without front matter: nothing depends on where a body begins.
    assert [heading.line + 4 for heading in read("\n" + text).body.headings] == [
        heading.line + 1 for heading in skill.body.headings
    ]


@settings(max_examples=200, deadline=None)
@given(MARKDOWN)
def test_the_parser_reads_as_it_does_without_what_it_was_taught(text: str) -> None:
    plain = MarkdownIt("commonmark").enable("table")
    assert [as_it_reads(token.children or []) for token in markdown_parser().parse(text)] == [
        as_it_reads(token.children or []) for token in plain.parse(text)
    ]
    assert markdown_parser().render(text) == plain.render(text)


@settings(max_examples=400, deadline=None)
@given(YAML, st.sampled_from(Profile), st.sampled_from(["\n", "\r\n", "\r"]), st.booleans())
@example("name: a\x07", Profile.SPEC, "\n", False)
@example("a: &a [*a]\n<<: *a\n", Profile.CLAUDE_CODE, "\n", True)
def test_every_place_in_the_front_matter_is_in_the_file(text: str, profile: Profile, end: str, bom: bool) -> None:
    skill = read("\ufeff" * bom + f"---\n{text}\n---\n# Tea\n".replace("\n", end))
    assert_front_matter_is_in_place(skill)
    assert skill.has_bom is bom
    for found in found_in(skill, profile):
        assert_inside(skill, found.line, found.column)
        assert found.message
        assert found.remedy


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=200) | st.text(max_size=200).map(str.encode), st.sampled_from(Profile))
@example(b"\xff\xfe-\0-\0-\0", Profile.SPEC)
@example(b"---\nname: \xff", Profile.SPEC)
@example(b"---\n---", Profile.SPEC)
@example(b"---\r---\r", Profile.SPEC)
@example(b"\xef\xbb\xbf\xef\xbb\xbf---\n---\n", Profile.SPEC)
@example(b"\xed\xa0\x80", Profile.SPEC)
def test_any_bytes_are_read(data: bytes, profile: Profile) -> None:
    skill = read(data)
    assert_front_matter_is_in_place(skill)
    assert_body_is_in_place(skill)
    for found in found_in(skill, profile):
        assert_inside(skill, found.line, found.column)


@settings(max_examples=200, deadline=None)
@given(YAML, MARKDOWN)
def test_a_whole_file_is_read(front: str, body: str) -> None:
    skill = read(f"---\n{front}\n---\n{body}")
    assert_front_matter_is_in_place(skill)
    assert_body_is_in_place(skill)
    for found in found_in(skill, Profile.SPEC):
        assert_inside(skill, found.line, found.column)
        assert found.line <= max(skill.front.end_line, 1) or found.rule is reading.NUL


PREFIXES = ["", "> ", "- ", "1. ", "> - ", "- > ", "### ", "  ", "* 12. ", "| ", "   > > "]
LINK = st.tuples(
    st.sampled_from(["", "a ", "é 😀 ", "**b** ", "x.md `x.md` ", "\\] "]),
    st.sampled_from(["[", "!["]),
    st.sampled_from(["t", "x.md", "a *b*", "é😀", "`c`", ""]),
    st.sampled_from([("](", ")"), ("]( ", " )"), ("](<", ">)"), ("](", " 'title')"), ("](<", '> "t(i)tle")')]),
    st.from_regex(r"[a-z][a-z0-9_/.-]{0,8}", fullmatch=True),
)


@settings(max_examples=200, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(PREFIXES), st.lists(LINK, min_size=1, max_size=3)), min_size=1, max_size=6))
def test_links_are_told_at_their_targets_wherever_they_stand(
    blocks: list[tuple[str, list[tuple[str, str, str, tuple[str, str], str]]]],
) -> None:
    lines = FRONT.split("\n")[:-1]
    places = []
    for prefix, links in blocks:
        line = prefix
        for before, opening, label, (middle, end), target in links:
            line += f"{before}{opening}{label}{middle}"
            places.append((target, len(lines) + 1, len(line) + 1, opening == "!["))
            line += f"{target}{end} "
        lines += [line, ""]
    body = read("\n".join(lines)).body
    assert [(link.target, link.line, link.column, link.is_image) for link in body.links] == places


@pytest.mark.parametrize("depth", [10, 1000, 100_000])
@pytest.mark.parametrize(
    "unit", [">", "- ", "[", "![", "*", "_a_", "`", "<", "(", "[a](", "![a](", "**a", "<!--", "&", "1. ", "|"]
)
def test_deep_nesting_is_no_crash_and_no_long_wait(unit: str, depth: int) -> None:
    assert_body_is_in_place(read(FRONT + unit * depth))


@pytest.mark.parametrize(
    ("opening", "closing"), [("[", "](x)"), ("![", "](x)"), ("*", "*"), ("<b>", "</b>"), ("(", ")")]
)
@pytest.mark.parametrize("depth", [20, 1000, 10_000])
def test_nested_pairs_are_no_crash_and_no_long_wait(opening: str, closing: str, depth: int) -> None:
    assert_body_is_in_place(read(FRONT + opening * depth + "a" + closing * depth))
