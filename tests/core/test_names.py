"""Names of files as text that is safe to show, and back."""

from __future__ import annotations

import os
import re

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from pytest_orchestrator.core.names import decode_output, escape_argument, escape_name, quote_name, unescape_name

# The machine may be busy: an example that takes long proves nothing.
PATIENT = settings(deadline=None)

NAMES = st.one_of(
    st.binary(min_size=1, max_size=40),
    st.text("\\x0123456789abcdefABCDEF:[]- ~\x1b\u202e\u200d🚀é", min_size=1, max_size=20).map(str.encode),
    st.text(st.characters(codec="utf-8"), min_size=1, max_size=20).map(str.encode),
).map(lambda name: name.translate(None, b"/\0") or b"x")
PATHS = st.lists(NAMES, min_size=1, max_size=4).map(b"/".join)

UNSAFE = re.compile(
    r"[\x00-\x1f\x7f-\x9f\[\]\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufeff]|::|:(?:/|\Z)|\\(?!x[0-9a-f]{2})"
)


@PATIENT
@given(PATHS)
@example(rb"a\x41.sh")
@example(b"\\")
@example(b"\xc2[")
@example(b"\xc2\x85\xff\xc3")
@example(b":::")
@example(b"a:/b::/:c:")
@example("👩\u200d💻\u200d".encode())
def test_every_name_comes_back_from_its_escape(path: bytes) -> None:
    shown = escape_name(path)
    assert os.fsencode(unescape_name(shown)) == path
    assert os.fsencode(unescape_name(escape_argument(path))) == path
    assert UNSAFE.search(shown) is None
    assert shown.encode("utf-8").decode() == shown
    assert escape_name(os.fsdecode(path)) == shown


@PATIENT
@given(PATHS, PATHS)
def test_the_escape_of_a_path_is_the_escapes_of_its_parts_joined(first: bytes, second: bytes) -> None:
    assert escape_name(first + b"/" + second) == f"{escape_name(first)}/{escape_name(second)}"


@PATIENT
@given(PATHS, PATHS)
def test_two_paths_never_look_the_same(first: bytes, second: bytes) -> None:
    assert (escape_name(first) == escape_name(second)) == (first == second)
    assert (escape_argument(first) == escape_argument(second)) == (first == second)


@PATIENT
@given(PATHS)
def test_a_node_id_is_split_where_its_path_ends(path: bytes) -> None:
    argument = escape_argument(path)
    assert f"{argument}::run[a::b]".partition("::") == (argument, "::", "run[a::b]")
    assert not argument.startswith(("-", "@"))


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("scripts/backup.sh", "scripts/backup.sh"),
        ("a b~(1)'\"$%&;.sh", "a b~(1)'\"$%&;.sh"),
        ("größe-名前-🚀.sh", "größe-名前-🚀.sh"),
        ("👩🏽\u200d💻 ❤️\u200d🔥.sh", "👩🏽\u200d💻 ❤️\u200d🔥.sh"),
        ("a\u200db.sh", r"a\xe2\x80\x8db.sh"),
        ("a:b.sh", "a:b.sh"),
        ("a::b.sh", r"a\x3a\x3ab.sh"),
        ("a:::b", r"a\x3a\x3a\x3ab"),
        ("d:/a.sh:", r"d\x3a/a.sh\x3a"),
        ("x[1].sh", r"x\x5b1\x5d.sh"),
        ("a\\b", r"a\x5cb"),
        (r"a\x41", r"a\x5cx41"),
        ("line\nbreak\x1b[0m", r"line\x0abreak\x1b\x5b0m"),
        ("tra\u202egpj.sh", r"tra\xe2\x80\xaegpj.sh"),
        (b"caf\xe9", r"caf\xe9"),
        ("-x.sh", "-x.sh"),
        ("", ""),
    ],
)
def test_only_what_is_unsafe_is_escaped(name: str | bytes, shown: str) -> None:
    assert escape_name(name) == shown
    assert quote_name(name) == f"'{shown}'"


@pytest.mark.parametrize(("path", "shown"), [("-x.sh", r"\x2dx.sh"), ("@x", r"\x40x"), ("a/-x", "a/-x"), ("", "")])
def test_an_argument_never_looks_like_an_option(path: str, shown: str) -> None:
    assert escape_argument(path) == shown
    assert unescape_name(shown) == path


@pytest.mark.parametrize("text", ["plain", r"a\b", r"a\xg1", r"\x00", r"..\x2f..\x2F", "\\x", "é\\x4"])
def test_what_is_no_escape_comes_back_unchanged(text: str) -> None:
    assert unescape_name(text) == text


def test_an_escape_typed_in_capitals_is_accepted() -> None:
    assert unescape_name(r"\xC3\xA9") == "é"


@PATIENT
@given(st.text(st.characters(exclude_categories=()), max_size=20))
@example("\ud800")
@example("\udfff\\xff")
def test_no_text_breaks_the_escape_or_its_inverse(text: str) -> None:
    shown = escape_name(text)
    assert UNSAFE.search(shown) is None
    assert "\0" in text or escape_name(unescape_name(shown)) == shown
    assert isinstance(unescape_name(text), str)


@PATIENT
@given(st.binary(max_size=50))
def test_output_is_always_text_that_can_be_encoded(data: bytes) -> None:
    text = decode_output(data)
    assert text.encode("utf-8").decode() == text
    shown = re.compile(rb"\\x([0-9a-f]{2})").sub(lambda match: bytes.fromhex(match.group(1).decode()), text.encode())
    if b"\\" not in data:
        assert shown == data


def test_a_byte_of_output_that_is_no_utf8_is_written_visibly() -> None:
    assert decode_output(b"caf\xe9 \xc3\xa9\0") == "caf\\xe9 é\0"
