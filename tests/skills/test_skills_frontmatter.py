"""Front matter: where it begins and ends, what its values are, and where each of them stands."""

from __future__ import annotations

import math
import time
from typing import TYPE_CHECKING

import pytest
import yaml

from pytest_orchestrator.config import yaml_source
from pytest_orchestrator.config.tree import Listing, Table
from pytest_orchestrator.skills.document import parse_skill

if TYPE_CHECKING:
    from pytest_orchestrator.skills.frontmatter import FrontMatter


COLON = "quote the text that holds it, or correct the indentation of this line"
REMOVE = "remove it, or write its escape in double quotes"


@pytest.fixture(params=["libyaml", "pure Python"], autouse=True)
def parser(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Run every test with both of PyYAML's parsers."""
    if request.param == "pure Python":
        monkeypatch.setattr(yaml_source, "LOADER", yaml.SafeLoader)


def front_of(text: str, body: str = "# Tea\n") -> FrontMatter:
    return whole(f"---\n{text}\n---\n{body}")


def whole(text: str) -> FrontMatter:
    return parse_skill(text.encode(), "/skills/make-tea/SKILL.md", "make-tea/SKILL.md").front


def value(text: str) -> object:
    """Return the value of the key ``a`` in front matter without mistakes."""
    front = front_of(text)
    assert front.mistakes == ()
    return front.fields["a"].value


def mistakes(text: str) -> list[str]:
    return [str(mistake).removeprefix("make-tea/SKILL.md:") for mistake in front_of(text).mistakes]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a: b --- c", "b --- c"),
        ("a: ---b", "---b"),
        ("a: '---'", "---"),
        ("a: |\n  ---\n  b", "---\n  b".replace("  ", "") + "\n"),
        ("a: b\n  ---\n  c", "b --- c"),
        ("a: b---", "b---"),
        ("# --- \na: b", "b"),
    ],
)
def test_three_dashes_within_a_value_end_nothing(text: str, expected: str) -> None:
    assert value(text) == expected


@pytest.mark.parametrize(
    "fence",
    ["----", "--", "- - -", " ---", "\t---", "--- x", "---#", "-- -", "\u2014", "...", "\ufeff---", "\u00a0---"],
)
def test_nothing_but_a_line_of_three_dashes_closes_it(fence: str) -> None:
    front = whole(f"---\na: b\n{fence}\n# Tea\n")
    assert (front.is_there, front.is_closed) == (True, False)
    assert (dict(front.fields), front.mistakes) == ({}, ())


@pytest.mark.parametrize("fence", ["---", "--- ", "---\t ", "---\r"])
def test_white_space_behind_a_fence_is_no_matter(fence: str) -> None:
    front = whole(f"{fence}\na: b\n{fence}\n")
    assert (front.is_there, front.is_closed, front.end_line) == (True, True, 3)
    assert front.fields["a"].value == "b"


@pytest.mark.parametrize(
    "text", ["", "a", "\n---\na: b\n---\n", " ---\na: b\n---\n", "----\na: b\n----\n", "# a\n---\n"]
)
def test_front_matter_begins_in_the_first_line_or_not_at_all(text: str) -> None:
    front = whole(text)
    assert (front.is_there, front.end_line, dict(front.fields)) == (False, 0, {})


@pytest.mark.parametrize("text", ["---", "---\n", "---\r\n", "---\n\n", "---\na: b", "---\na: b\n"])
def test_front_matter_that_never_ends_has_no_fields(text: str) -> None:
    front = whole(text)
    assert (front.is_there, front.is_closed, dict(front.fields)) == (True, False, {})


def test_the_last_line_of_a_file_may_close_it_without_a_line_end() -> None:
    front = whole("---\na: b\n---")
    assert (front.is_closed, front.fields["a"].value, front.end_line) == (True, "b", 3)


@pytest.mark.parametrize("text", ["", "\n", "# only a comment", "{}", "\n\n# a\n\n"])
def test_empty_front_matter_is_a_mapping_without_fields(text: str) -> None:
    front = front_of(text)
    assert (front.has_fields, dict(front.fields), front.mistakes) == (True, {}, ())


@pytest.mark.parametrize("text", ["- a", "a", "[a, b]", "'a: b'", "null", "~", "5", "|\n a"])
def test_what_is_no_mapping_is_told_from_what_is_empty(text: str) -> None:
    front = front_of(text)
    assert (front.is_mapping, front.is_readable, front.has_fields, front.mistakes) == (False, True, False, ())


def test_every_key_and_value_knows_its_place() -> None:
    front = front_of(
        "name: make-tea\n"
        "  \n"
        "# what for\n"
        "description:   >-\n"
        "  Makes tea.\n"
        "'quoted' : \"é\"\n"
        "é😀: x\n"
        "empty:\n"
        "metadata:\n"
        "  author: me\n"
        "  list:\n"
        "  - one\n"
        "  - {deep: er}\n"
        "flow: [ a,\n"
        "    b ]\n"
        "? explicit\n"
        ": key\n"
    )
    places = [
        (field.name, field.line, field.column, field.value_line, field.value_column) for field in front.fields.values()
    ]
    assert places == [
        ("name", 2, 1, 2, 7),
        ("description", 5, 1, 5, 16),
        ("quoted", 7, 1, 7, 12),
        ("é😀", 8, 1, 8, 5),
        ("empty", 9, 1, 9, 7),
        ("metadata", 10, 1, 11, 3),
        ("flow", 15, 1, 15, 7),
        ("explicit", 17, 3, 18, 3),
    ]
    assert front.end_line == 20


def test_places_within_values_are_known() -> None:
    front = front_of("metadata:\n  author: me\n  list: [a, b]\n")
    table = front.fields["metadata"].node
    assert isinstance(table, Table)
    assert front.place(table.entries["author"].value) == (3, 11)
    listing = table.entries["list"].value
    assert isinstance(listing, Listing)
    assert [front.place(item) for item in listing.items] == [(4, 10), (4, 13)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a: b", "b"),
        ("a: 'b'", "b"),
        ('a: "b\\tc\\u00e9"', "b\tcé"),
        ("a: b  c   # comment", "b  c"),
        ("a: b#c", "b#c"),
        ("a: it's", "it's"),
        ("a: b:c", "b:c"),
        ("a: http://b.c", "http://b.c"),
        ("a: b\n  c\n\n  d", "b c\nd"),
        ("a: |\n  b\n  c\n", "b\nc\n"),
        ("a: >-\n  b\n  c", "b c"),
        ("a: [b, 'c', 5]", ["b", "c", 5]),
        ("a: {b: c, d: [e]}", {"b": "c", "d": ["e"]}),
        ("a:\n- b\n-\n", ["b", None]),
        ("a:", None),
        ("a: ~", None),
        ("a: null", None),
        ("a: yes", True),
        ("a: False", False),
        ("a: 5", 5),
        ("a: -1_000", -1000),
        ("a: 010", 8),
        ("a: 0x1F", 31),
        ("a: 0b11", 3),
        ("a: 1.5", 1.5),
        ("a: 1e5", "1e5"),
        ("a: 1.0e+5", 1e5),
        ("a: .inf", math.inf),
        ("a: -.INF", -math.inf),
        ("a: 2024-01-01", "2024-01-01"),
        ("a: 2024-01-01T10:00:00Z", "2024-01-01T10:00:00Z"),
        ("a: 12:30", "12:30"),
        ("a: 1:30.5", "1:30.5"),
        ("a: 1.0.0", "1.0.0"),
        ("a: 09", "09"),
        ("a: =", "="),
        ("a: !!str 5", "5"),
        ("a: &x b", "b"),
        ("x: &x [b]\na: *x", ["b"]),
        ("x: &x {b: c}\na: {<<: *x, d: e}", {"b": "c", "d": "e"}),
        (f"a: {'9' * 5000}", "9" * 5000),
        ("a: b\u3000c", "b\u3000c"),
    ],
)
def test_values_are_what_yaml_says_but_for_dates(text: str, expected: object) -> None:
    found = value(text)
    assert found == expected
    assert type(found) is type(expected)


def test_not_a_number_is_a_number() -> None:
    found = value("a: .NaN")
    assert isinstance(found, float)
    assert math.isnan(found)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a: b\na: c", ["3:1: duplicate key 'a', first on line 2; remove one of them"]),
        ("m:\n  a: b\n  'a': c", ["4:3: duplicate key 'a', first on line 3; remove one of them"]),
        ("a: b: c", [f"2:5: a ':' is not allowed here; {COLON}"]),
        ("a:\n\tb: c", ["3:1: a tab cannot indent YAML; use spaces"]),
        ("a: @b", ["2:4: text that begins with '@' must be quoted"]),
        ("a: `b`", ["2:4: text that begins with '`' must be quoted"]),
        ("a: 'b", ["2:4: the quote ' is never closed; close it"]),
        ("a: *b", ["2:4: no anchor '&b' before this alias; to write text that begins with '*', quote it"]),
        ("a: &b [*b]", ["2:8: alias '*b' refers to itself; write the value out"]),
        ("a: !!python/object:os.system b",
         ["2:4: tag '!!python/object:os.system' is not supported; write the value without a tag"]),
        ("a: b\x07c", [f"2:5: character '\\x07' is not allowed in YAML; {REMOVE}"]),
        ("a: b\x7f", [f"2:5: character '\\x7f' is not allowed in YAML; {REMOVE}"]),
        ("a: \ufeffb", [f"2:4: character '\\ufeff' is not allowed in YAML; {REMOVE}"]),
        ("? [a]\n: b", ["2:3: a list or mapping is no key; write text before the ':'"]),
    ],
)  # fmt: skip
def test_a_mistake_is_told_with_its_place(text: str, expected: list[str]) -> None:
    assert mistakes(text) == expected


def test_all_mistakes_that_leave_something_to_read_are_told_at_once() -> None:
    assert len(mistakes("a: 1\na: 2\nb: *c\nd: !!set {}\nd: 3\n")) == 4


def test_of_a_key_that_is_there_twice_the_first_counts() -> None:
    front = front_of("a: 1\nb: 2\na: 3\n")
    assert {name: field.value for name, field in front.fields.items()} == {"a": 1, "b": 2}
    assert front.has_fields


@pytest.mark.parametrize("text", ["a: [b", "a: {b", 'a: "b', "a: 'b", "a: b: c", "}", "a: |9x\n b", "a: \x07"])
def test_front_matter_that_cannot_be_read_has_one_mistake_and_no_fields(text: str) -> None:
    front = front_of(text)
    assert (front.is_readable, front.has_fields, dict(front.fields), len(front.mistakes)) == (False, False, {}, 1)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a: " + "[" * 10_000 + "]" * 10_000, "nested more than 64 levels deep"),
        ("a: " + "{a: " * 10_000 + "}" * 10_000, "nested more than 64 levels deep"),
        ("\n".join(f"{'  ' * depth}a:" for depth in range(300)), "nested more than 64 levels deep"),
        (
            "a0: &a0 [x, x, x, x, x, x, x, x, x]\n"
            + "\n".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 12)),
            "aliases stand for more than",
        ),
    ],
    ids=["lists", "mappings", "indentation", "aliases"],
)
def test_depth_and_aliases_without_end_are_one_mistake(text: str, message: str) -> None:
    (mistake,) = mistakes(text)
    assert message in mistake


def test_front_matter_of_a_megabyte_is_read() -> None:
    text = "\n".join(f"key{number}: value {number}" for number in range(20_000))
    before = time.process_time()
    front = front_of(text)
    assert len(front.fields) == 20_000
    assert front.fields["key19999"].line == 20_001
    assert time.process_time() - before < 30


def test_a_long_file_without_a_closing_fence_is_given_up_quickly() -> None:
    before = time.process_time()
    assert not whole("---\n" + "a: b --- c\n" * 100_000).is_closed
    assert time.process_time() - before < 10


def test_text_is_told_from_what_yaml_takes_for_something_else() -> None:
    front = front_of("a: b\nc: '5'\nd: 5\ne: yes\nf:\ng: [b]\nh: 2024-01-01\n")
    assert {name: field.text for name, field in front.fields.items()} == {
        "a": "b", "c": "5", "d": None, "e": None, "f": None, "g": None, "h": "2024-01-01",
    }  # fmt: skip
