"""YAML files as trees with positions; every fault is a mistake with a place."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest
import yaml
from config_files import content_of, default_of, mistakes_in, the_mistake_in

from pytest_orchestrator.config import yaml_source
from pytest_orchestrator.config.tree import Listing, Scalar, ScalarKind, Table, is_nothing
from pytest_orchestrator.config.yaml_source import decode_source, parse, read_source
from pytest_orchestrator.errors import ConfigurationError


@pytest.fixture(params=["libyaml", "pure Python"])
def parser(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Run the test with both of PyYAML's parsers."""
    if request.param == "pure Python":
        monkeypatch.setattr(yaml_source, "LOADER", yaml.SafeLoader)


def test_every_key_and_value_knows_its_place(parser: None) -> None:
    source = decode_source("é: 1\r\nb:\r\n  - x\r\n  - {c: 😀, d: y}\r\n".encode(), "o.yaml")
    root = parse(source)
    assert isinstance(root, Table)
    assert [source.position(entry.at) for entry in root.entries.values()] == [(1, 1), (2, 1)]
    items = root.entries["b"].value
    assert isinstance(items, Listing)
    inner = items.items[1]
    assert isinstance(inner, Table)
    assert source.position(items.items[0].at) == (3, 5)
    assert source.position(inner.entries["d"].at) == (4, 12)
    assert source.position(inner.entries["d"].value.at) == (4, 15)


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("5", ScalarKind.INT),
        ("5.5", ScalarKind.FLOAT),
        ("no", ScalarKind.BOOL),
        ("~", ScalarKind.NULL),
        ("plain", ScalarKind.TEXT),
        ("'5'", ScalarKind.TEXT),
        ("!!str 5", ScalarKind.TEXT),
        ("2024-01-01", ScalarKind.TEXT),
        ("<<", ScalarKind.TEXT),
        ("=", ScalarKind.TEXT),
    ],
)
def test_a_scalar_keeps_its_own_text(parser: None, text: str, kind: ScalarKind) -> None:
    node = parse(decode_source(text.encode(), "o.yaml"))
    assert isinstance(node, Scalar)
    assert node.kind is kind
    assert node.text == text.removeprefix("!!str ").strip("'")


@pytest.mark.parametrize(
    "text", ["", "\n\n", "# only a comment\n", "---\n", "---\n...\n", "\ufeff", "%YAML 1.1\n---\n"]
)
def test_a_file_without_content_is_an_empty_configuration(parser: None, text: str) -> None:
    assert is_nothing(parse(decode_source(text.encode(), "o.yaml")))
    assert content_of(text) == content_of("{}")


@pytest.mark.parametrize("text", ["5", "[a]", "text", "!!str x"])
def test_a_file_that_is_no_mapping_is_a_mistake(parser: None, text: str) -> None:
    assert "is not a configuration; write a mapping of default, skip" in the_mistake_in(text)


@pytest.mark.parametrize(
    ("text", "mistake"),
    [
        ("default: {timeout: 1}\ndefault: {}\n", "2:1: duplicate key 'default', first on line 1; remove one of them"),
        ("default:\n  env:\n    A: x\n    A: y\n", "4:5: duplicate key 'A', first on line 3; remove one of them"),
        (
            "scripts:\n  a.sh: {timeout: 1, timeout: 2}",
            "2:22: duplicate key 'timeout', first on line 2; remove one of them",
        ),
        ("default: {env: {1: a, 1: b}}", "1:23: duplicate key '1', first on line 1; remove one of them"),
        (
            "x: &a {}\ndefault: {<<: *a, <<: *a}",
            "2:19: duplicate key '<<'; merge several mappings with one list: <<: [*a, *b]",
        ),
    ],
)
def test_duplicate_keys_are_found_at_every_level(parser: None, text: str, mistake: str) -> None:
    assert mistake in mistakes_in(text)


def test_anchors_and_aliases_stand_for_their_values(parser: None) -> None:
    content = content_of("default: &d {timeout: 5}\nscripts: {a.sh: *d, b.sh: {env: &e {A: x}}, c.sh: {env: *e}}")
    assert [entry.values for entry in content.scripts] == [{"timeout": 5.0}, {"env": {"A": "x"}}, {"env": {"A": "x"}}]


def test_merge_keys_merge_and_own_keys_win(parser: None) -> None:
    text = """
default: &d {timeout: 5, grace: 1}
scripts:
  a.sh: &a {<<: *d, timeout: 6}
  b.sh: {<<: [*a, *d], grace: 3}
  c.sh: {timeout: 7, <<: *a}
"""
    assert [entry.values for entry in content_of(text).scripts] == [
        {"timeout": 6.0, "grace": 1.0},
        {"timeout": 6.0, "grace": 3.0},
        {"timeout": 7.0, "grace": 1.0},
    ]


@pytest.mark.parametrize("value", ["5", "text", "[5]", "[[]]"])
def test_merging_what_is_no_mapping_is_a_mistake(parser: None, value: str) -> None:
    text = f"default:\n  <<: {value}\n"
    assert the_mistake_in(text) == "2:7: '<<' merges a mapping or a list of mappings; give it aliases of such"


def test_a_mistake_behind_an_alias_is_told_once_where_it_was_written(parser: None) -> None:
    text = "default: {env: &e {A: no}}\nscripts: {a.sh: {env: *e}, b.sh: {env: *e}}"
    assert [mistake.split(":")[:2] for mistake in mistakes_in(text)] == [["1", "23"]] * 3
    text = "scripts:\n  'a.sh': &s {timeout: x}\n  'b.sh': {<<: *s}\n  'c.sh': {cases: {one: *s}}\n"
    assert {mistake.split(":")[0] for mistake in mistakes_in(text)} == {"2"}


def test_an_alias_bomb_is_one_mistake(parser: None) -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 12)]
    before = time.process_time()
    assert the_mistake_in("\n".join(lines)).endswith(
        "aliases stand for more than 1000000 values in all; write less, or use globs"
    )
    assert time.process_time() - before < 60


def test_a_bomb_of_merge_keys_is_one_mistake(parser: None) -> None:
    keys = ", ".join(f"k{n}: x" for n in range(2000))
    text = f"a: &a {{{keys}}}\nb: [{', '.join(['{<<: *a}'] * 1000)}]"
    assert "aliases stand for more than" in the_mistake_in(text)


@pytest.mark.parametrize("text", ["default: &a {env: *a}", "default: &a [*a]", "&a {default: {env: *a}}"])
def test_an_alias_to_itself_is_a_mistake(parser: None, text: str) -> None:
    assert any(mistake.endswith("alias '*a' refers to itself; write the value out") for mistake in mistakes_in(text))


def test_an_unknown_alias_is_a_mistake_that_thinks_of_globs(parser: None) -> None:
    assert the_mistake_in("skip: [*tmp]") == (
        "1:8: no anchor '&tmp' before this alias; to write text that begins with '*', quote it"
    )


@pytest.mark.parametrize("section", ["default", "skip", "timeout_override", "scripts", "discovery"])
def test_what_was_told_already_draws_no_second_mistake(parser: None, section: str) -> None:
    assert "no anchor '&x'" in the_mistake_in(f"{section}: *x")
    assert "tag '!x' is not supported" in the_mistake_in(f"{section}: !x [a]")


@pytest.mark.parametrize("opening", ["[", "{a: ", "- "])
def test_deep_nesting_is_one_mistake(parser: None, opening: str) -> None:
    assert "nested more than 64 levels deep" in the_mistake_in(
        "a: " + opening * 5000 if opening != "- " else "- " * 5000
    )


def test_a_second_document_is_a_mistake(parser: None) -> None:
    text = "default: {timeout: 1}\n---\ndefault: {timeout: x}\n"
    assert the_mistake_in(text) == (
        "2:1: a second YAML document begins here; one file holds one document, remove the '---'"
    )


@pytest.mark.parametrize("key", ["[a]: 1", "{a: b}: 1", "? [a, b]\n: 1"])
def test_a_list_or_mapping_as_key_is_a_mistake(parser: None, key: str) -> None:
    assert the_mistake_in(key).endswith("a list or mapping is no key; write text before the ':'")


def test_a_missing_key_is_a_mistake(parser: None) -> None:
    assert the_mistake_in("default:\n  ?\n  : x\n") == "2:4: the key before ':' is missing; write one"


@pytest.mark.parametrize("key", ["no", "on", "Y", "8080", "null", "12:30", "1.5"])
def test_a_key_is_the_text_that_was_written(parser: None, key: str) -> None:
    assert default_of(f"env: {{{key}: x}}") == {"env": {key: "x"}}


@pytest.mark.parametrize(
    "value",
    [
        "!!python/object:os.system x",
        "!mine x",
        "!!binary aGk=",
        "!!int '5'",
        "!!set {a}",
        "!<x> [a]",
        "!!timestamp 2024-01-01",
    ],
)
def test_a_tag_is_a_mistake(parser: None, value: str) -> None:
    first = mistakes_in(f"default: {{stdin: {value}}}")[0]
    assert first.startswith("1:18: tag ")
    assert first.endswith("is not supported; write the value without a tag")


@pytest.mark.parametrize(
    ("text", "mistake"),
    [
        ("scripts:\n  *.sh: {}\n", "2:3: text that begins with '*' must be quoted, as in '*.sh' with its quotes"),
        ("skip:\n  - **/x.sh\n", "2:5: text that begins with '*' must be quoted, as in '*.sh' with its quotes"),
        ("default:\n\ttimeout: 5\n", "2:1: a tab cannot indent YAML; use spaces"),
        ("default: {cwd: @x}\n", "1:16: text that begins with '@' must be quoted"),
        ("default: {cwd: `x`}\n", "1:16: text that begins with '`' must be quoted"),
        (
            "default:\n  stdin: a: b\n",
            "2:11: a ':' is not allowed here; quote the text that holds it, or correct the indentation of this line",
        ),
        ('default: {stdin: "abc}\nskip: []\n', '1:18: the quote " is never closed; close it'),
        ("default: {cwd: %x}\n", "1:16: text that begins with '%' must be quoted"),
    ],
)
def test_common_slips_of_syntax_are_told_with_the_remedy(parser: None, text: str, mistake: str) -> None:
    assert the_mistake_in(text) == mistake


@pytest.mark.parametrize(
    "text", ["default: {timeout: 1", "default: [1,", "default:\n  a: 1\n b: 2\n", "- a\nb: 1\n", "%YAML 3.0\n---\na: 1"]
)
def test_other_faults_of_syntax_have_a_place_in_the_file(parser: None, text: str) -> None:
    line, column, message = the_mistake_in(text).split(":", 2)
    lines = text.splitlines()
    assert 1 <= int(line) <= len(lines)
    assert 1 <= int(column) <= len(lines[int(line) - 1]) + 1
    assert message.strip()


def test_a_fault_at_the_end_is_told_behind_the_last_word(parser: None) -> None:
    assert the_mistake_in("default: {timeout: 1\n\n\n").startswith("1:21: not valid YAML: ")


def test_a_byte_that_is_no_utf_8_is_told_with_its_place() -> None:
    assert (
        the_mistake_in("default:\n  cwd: é".encode() + b"\xff\n")
        == "2:9: byte 0xff is no UTF-8; save the file as UTF-8"
    )
    assert the_mistake_in("default: {}".encode("utf-16")) == "1:1: the file is UTF-16; save the file as UTF-8"


@pytest.mark.parametrize("character", ["\0", "\x07", "\x1b", "\x7f", "\ufffe", "\ufeff"])
def test_a_control_character_is_told_with_its_place(character: str) -> None:
    assert the_mistake_in(f"default:\n  cwd: a{character}\n") == (
        f"2:9: character {character!r} is not allowed in YAML; remove it, or write its escape in double quotes"
    )


def test_half_a_character_in_an_escape_is_a_mistake(parser: None) -> None:
    assert the_mistake_in('default: {cwd: "\\ud800"}').startswith("1:")


def test_a_file_that_cannot_be_read_is_a_mistake(tmp_path: Path) -> None:
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    faults = {
        tmp_path / "missing.yaml": "cannot be read: No such file or directory; correct the path or its permissions",
        tmp_path: "not a regular file; write the configuration there",
        fifo: "not a regular file; write the configuration there",
        Path("/dev/null"): "not a regular file; write the configuration there",
        Path("a\0b"): "cannot be read: its path has a NUL character; correct the path",
    }
    for path, message in faults.items():
        with pytest.raises(ConfigurationError) as caught:
            read_source(path, "shown.yaml")
        assert str(caught.value) == f"shown.yaml:1:1: {message}"


def test_an_endless_file_is_not_read_to_its_end(tmp_path: Path) -> None:
    path = tmp_path / "large.yaml"
    with path.open("wb") as file:
        file.truncate(1 << 40)
    with pytest.raises(
        ConfigurationError, match=r"^o\.yaml:1:1: larger than 16 MiB; split the directory or use globs$"
    ):
        read_source(path, "o.yaml")
