"""No secret in what is stored or shown, wherever a block of a file ends, and nothing else replaced."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pytest_orchestrator.process import redaction
from pytest_orchestrator.process.redaction import BLOCK, REPLACEMENT, Redactor
from pytest_orchestrator.process.shapes import LONGEST, TEXT_SHAPES
from pytest_orchestrator.process.temporary import remove_tree

if TYPE_CHECKING:
    from pytest_orchestrator.process.known_values import Values

NAMES = ("*TOKEN*", "*SECRET*", "*PASSWORD*", "*API_KEY*")
SECRET = "correct-horse-battery"
KEY = "-----BEGIN RSA PRIVATE KEY-----\n" + "MIIEpAIBAAKCAQEA+/x\n" * 40 + "-----END RSA PRIVATE KEY-----"


def redactor(**environment: str) -> Redactor:
    return Redactor(NAMES, environment)


@pytest.mark.parametrize(
    "token",
    [
        "ghp_" + "a1B2" * 9,
        "github_pat_" + "a1B2_" * 10,
        "glpat-" + "a1B2-" * 5,
        "sk-ant-api03-" + "a1B2-" * 10,
        "sk-proj-" + "a1B2" * 10,
        "xoxb-" + "123456-" * 4,
        "AKIA" + "ABCD1234EFGH5678",
        "AIza" + "a1B2_" * 7,
        "npm_" + "a1B2" * 9,
        "pypi-" + "a1B2_" * 12,
        "eyJ" + "a1" * 10 + ".eyJ" + "b2" * 10 + "." + "c3" * 20,
        KEY,
        KEY.replace("RSA ", "").replace("-----END PRIVATE KEY-----", ""),
        KEY.replace("KEY-----\n", "KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,00\n\n", 1),
    ],
)
def test_well_known_tokens_are_replaced(token: str, tmp_path: Path) -> None:
    text = f"before {token}| after"
    assert redactor().text(text) == f"before {REPLACEMENT}| after"
    file = tmp_path / "file"
    file.write_text(text)
    redactor().move_file(bytes(file), bytes(tmp_path / "clean"))
    assert token[8:30] not in (tmp_path / "clean").read_text()


@pytest.mark.parametrize(
    "harmless",
    [
        "disk-usage-of-the-whole-machine-and-more",
        "task-runner-with-a-rather-long-name-2024",
        "through the night, hugh_jackman",
        "monkey.eyJhbGciOi",
        "-----BEGIN CERTIFICATE-----\nMIIEpAIBAAKCAQEA\n-----END CERTIFICATE-----",
        "sk-learn-contrib-something-without-number",
        "AKIA",
        "x" * 5000,
        "http://localhost:8080/path/@user and http://registry:4873/@scope/package",
        "git@github.com:someone/something.git",
        "mailto://someone@example.org",
        "the bearer of bad news",
        "authorization: none",
        "'http://localhost:80','me@example.org'",
    ],
)
def test_what_is_no_secret_stays(harmless: str) -> None:
    assert redactor(API_KEY="unrelated-value").text(harmless) == harmless


@pytest.mark.parametrize(
    ("text", "clean"),
    [
        ("postgres://me:hunter2@db:5432/x", "postgres://me:[redacted]@db:5432/x"),
        ("https://:pa:ss@ss@host/", "https://:[redacted]@host/"),
        ("redis://default:a?b#c@host", "redis://default:[redacted]@host"),
        ("> Authorization: Bearer abc.def-123\n", "> Authorization: Bearer [redacted]\n"),
        ('{"authorization": "Basic bWU6eA=="}', '{"authorization": "Basic [redacted]"}'),
        ("AUTHORIZATION=Token 0123456789abcdef", "AUTHORIZATION=Token [redacted]"),
    ],
)
def test_only_the_secret_part_of_a_url_or_header_is_replaced(text: str, clean: str) -> None:
    assert redactor().text(text) == clean
    assert redactor().text(clean) == clean


def test_a_directory_is_no_secret_whatever_its_variable_is_called(tmp_path: Path) -> None:
    clean = redactor(SECRET_DIR=str(tmp_path), SECRET_FILE=str(tmp_path / "missing"))
    assert clean.text(f"{tmp_path} {tmp_path}/missing") == f"{tmp_path} {REPLACEMENT}"


def test_a_glob_with_an_exclamation_mark_takes_back_those_before_it() -> None:
    clean = Redactor(["*TOKEN*", "*PWD*", "!PWD", "!*TOKEN*", "GH_TOKEN"], {})
    names = ["A_TOKEN", "GH_TOKEN", "PWD", "MYSQL_PWD", "pwd"]
    assert [name for name in names if clean.is_secret_name(name)] == ["GH_TOKEN", "MYSQL_PWD"]
    assert not Redactor(["!PWD"], {}).is_secret_name("PWD")


def test_values_of_secret_names_are_replaced() -> None:
    clean = redactor(
        GITHUB_TOKEN="t0k3n-value", db_password="hunter22", HOME="/home/me", EMPTY_SECRET="", A_SECRET="true"
    )
    assert clean.text("t0k3n-value hunter22 /home/me true") == f"{REPLACEMENT} {REPLACEMENT} /home/me true"
    assert clean.is_secret_name("my_api_key")
    assert not clean.is_secret_name("HOME")
    assert not Redactor((), {"TOKEN": "abcdefgh"}).is_secret_name("TOKEN")


def test_the_longer_of_two_secrets_is_replaced_whole() -> None:
    assert redactor(A_TOKEN="abcdef", B_TOKEN="abcdefghij").text("abcdefghij abcdef") == f"{REPLACEMENT} {REPLACEMENT}"


def test_a_secret_with_several_lines_is_replaced_line_by_line_too() -> None:
    clean = redactor(A_SECRET="first line\nsecond line\n}")
    assert clean.text("x first line y\nsecond line\n}") == f"x {REPLACEMENT} y\n{REPLACEMENT}\n}}"


def test_a_secret_that_is_not_utf8_is_replaced_in_text_and_bytes(tmp_path: Path) -> None:
    clean = redactor(A_SECRET=os.fsdecode(b"p\xffssw\xe9rd"))
    assert clean.text(b"is p\xffssw\xe9rd".decode("utf-8", "backslashreplace")) == f"is {REPLACEMENT}"
    (tmp_path / "raw").write_bytes(b"is p\xffssw\xe9rd\n")
    clean.move_file(bytes(tmp_path / "raw"), bytes(tmp_path / "clean"))
    assert (tmp_path / "clean").read_bytes() == b"is [redacted]\n"


@settings(max_examples=200, deadline=None)
@given(
    secrets=st.lists(st.text("ab\xe4\udcff", min_size=5, max_size=9), max_size=40),
    parts=st.lists(st.text("ab\xe4\udcff\\xff.", max_size=12), max_size=12),
)
def test_it_makes_no_difference_when_a_secret_became_known(secrets: list[str], parts: list[str]) -> None:
    variables = {f"TOKEN_{number}": value for number, value in enumerate(secrets)}
    at_once, grown = redactor(**variables), redactor()
    for name, value in variables.items():
        grown = grown.extended({name: value})
    text = "".join(part for pair in zip(parts, [*secrets, *parts], strict=False) for part in pair)
    assert grown.text(text) == at_once.text(text)
    data = text.encode("utf-8", "surrogateescape")
    for position in range(len(data)):
        assert grown.cut_before(data, position) == at_once.cut_before(data, position)


def test_few_patterns_are_looked_for_however_many_secrets_came_one_by_one() -> None:
    known = redactor()
    compiled: set[Values] = set()
    for number in range(2000):
        known = known.extended({"A_TOKEN": f"secret-{number:04}"})
        assert known.text(f"a secret-{number:04} b") == f"a {REPLACEMENT} b"
        compiled.update(known._groups)
    assert len(known._groups) <= 11
    assert (
        sum(len(group.values) for group in compiled) < 2000 * 11
    )  # of 2 million that were compiled when each new one made a new pattern of all
    assert known.text("secret-0000 secret-1999 secret-2000") == f"{REPLACEMENT} {REPLACEMENT} secret-2000"


def test_a_redactor_is_extended_only_by_new_secrets() -> None:
    first = redactor(A_TOKEN="abcdef")
    assert first.extended({"A_TOKEN": "abcdef", "PATH": "/bin", "B_TOKEN": None}) is first
    second = first.extended({"B_TOKEN": "ghijkl"})
    assert second.text("abcdef ghijkl") == f"{REPLACEMENT} {REPLACEMENT}"
    assert first.text("abcdef ghijkl") == f"{REPLACEMENT} ghijkl"
    assert second.is_secret_name("B_TOKEN")


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("ghp_" + "a1B2" * 3, "ghp_" + "a1B2" * 9),  # the value is the start of the token
        ("B2a1B", "ghp_" + "a1B2" * 9),  # its middle
        ("x=ghp_" + "a1B2" * 9 + ".tail", "x=ghp_" + "a1B2" * 9 + ".tail"),  # the token is the middle of the value
        ("x=ghp_a1B2", "x=ghp_" + "a1B2" * 9),  # they overlap
        ("B2.tail", "ghp_" + "a1B2" * 9 + ".tail"),
        ("abcabc", "abcabcabcab" + "c"),  # the value overlaps itself
        ("word5", "word5ghp_" + "a1B2" * 9),  # no gap between them
        ("hunter2@x", "db://me:hunter2@x"),
    ],
)
def test_no_part_of_a_secret_is_left_where_two_overlap_or_touch(value: str, text: str, tmp_path: Path) -> None:
    clean = redactor(A_TOKEN=value)
    shown = clean.text(f"- {text} -").removeprefix("- ").removesuffix(" -").removeprefix("db://me:")
    assert shown == REPLACEMENT
    (tmp_path / "source").write_text(f"- {text} -")
    clean.move_file(bytes(tmp_path / "source"), bytes(tmp_path / "target"))
    assert (tmp_path / "target").read_text() == clean.text(f"- {text} -")


_PIECES = [
    "ghp_" + "Z9" * 16, "glpat-" + "a-1_" * 6, "sk-" + "ab1-" * 6, "AKIA" + "A1" * 8, "eyJ" + "a" * 10, ".", "-", "x",
    "eyJ" + "a" * 10 + ".eyJ" + "b" * 10 + "." + "c" * 10, "db://u:", "p4ss", "@host", "Authorization: Bearer ", " ",
    "-----BEGIN PRIVATE KEY-----", "MIIE", "-----END PRIVATE KEY-----", "npm_" + "a1B2" * 9, "\n", "é", "ghp_",
]  # fmt: skip


@st.composite
def _texts_and_values(draw: st.DrawFn) -> tuple[str, list[str]]:
    """Draw a text of tokens and parts of some, and parts of that text that are secret values."""
    text = "".join(draw(st.lists(st.sampled_from(_PIECES), min_size=2, max_size=12)))
    starts = draw(st.lists(st.tuples(st.integers(0, len(text)), st.integers(5, 40)), max_size=4))
    return text, [text[start : start + length] for start, length in starts if len(text) - start >= 5]


@settings(max_examples=150, deadline=None)
@given(_texts_and_values(), st.integers(1, 80))
def test_no_value_and_no_token_survives_wherever_they_meet(drawn: tuple[str, list[str]], block: int) -> None:
    import tempfile

    text, values = drawn
    clean = redactor(**{f"A{number}_TOKEN": value for number, value in enumerate(values)})
    covered = bytearray(len(text) + 1)
    for start, end in clean._text_net.spans(text):
        covered[start:end] = b"\1" * (end - start)
    for value in values:
        for start in range(len(text)):
            if text.startswith(value, start):
                assert all(covered[start : start + len(value)]), (text, value)
    for shape in TEXT_SHAPES:
        for match in shape.pattern.finditer(text):
            assert all(covered[match.start(shape.group) : match.end(shape.group)]), (text, match)
    shown = clean.text(text)
    assert not any(value in shown for value in values)
    assert not any(shape.pattern.search(shown) for shape in TEXT_SHAPES if not shape.group)
    with tempfile.TemporaryDirectory() as directory:
        source, target = Path(directory, "source"), Path(directory, "target")
        source.write_bytes(text.encode())
        redaction.BLOCK = block
        try:
            clean.move_file(bytes(source), bytes(target))
        finally:
            redaction.BLOCK = BLOCK
        assert target.read_bytes().decode() == shown


@pytest.mark.parametrize(
    "piece",
    ["-eyJ", ".eyJ-eyJ", "-----BEGIN PRIVATE KEY-----.", "-sk", "://a:", "authorization: bearer ", "://a:b@", SECRET],
)
def test_a_long_line_that_is_almost_a_secret_everywhere_takes_no_longer_than_others(piece: str) -> None:
    clean = redactor(A_TOKEN=SECRET)
    text = piece * ((1 << 18) // len(piece))
    started = time.process_time()
    clean.text(text)
    assert time.process_time() - started < 2  # an hour, where each start is looked at to the end of the line


# -- files ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("secret", [SECRET, "ghp_" + "a1B2" * 9, KEY])
@pytest.mark.parametrize("position", ["start", "border", "reach", "end"])
def test_a_secret_across_the_border_of_two_blocks_is_replaced(position: str, secret: str, tmp_path: Path) -> None:
    middle = {"start": 0, "border": BLOCK, "reach": BLOCK + LONGEST, "end": 2 * BLOCK}[position]
    clean = redactor(A_TOKEN=SECRET)
    for shift in (0, 1, len(secret)):
        before = b"." * max(0, middle - shift)
        after = b"\n" if position == "end" else b"," * BLOCK
        source, target = tmp_path / "source", tmp_path / "target"
        source.write_bytes(before + secret.encode() + after)
        clean.move_file(bytes(source), bytes(target))
        found = target.read_bytes()
        assert not source.exists()
        assert found.count(REPLACEMENT.encode()) == 1
        assert found.replace(REPLACEMENT.encode(), b"") == before + after
        assert oct(target.stat().st_mode & 0o777) == "0o600"


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.one_of(st.binary(max_size=40), st.sampled_from([SECRET.encode(), b"ghp_" + b"Z9" * 16, b"-----BEGIN"])),
        max_size=30,
    )
)
def test_a_file_is_redacted_as_its_whole_text_is(parts: list[bytes]) -> None:
    import tempfile

    data = b" ".join(parts)
    with tempfile.TemporaryDirectory() as directory:
        source, target = Path(directory, "source"), Path(directory, "below", "target")
        source.write_bytes(data)
        redaction.BLOCK = 64
        try:
            redactor(A_TOKEN=SECRET).move_file(bytes(source), bytes(target))
        finally:
            redaction.BLOCK = BLOCK
        assert target.read_bytes() == redactor(A_TOKEN=SECRET).text(data.decode("latin-1")).encode("latin-1")


def test_a_file_without_secrets_is_moved_and_not_copied(tmp_path: Path) -> None:
    source, target = tmp_path / "source", tmp_path / "deep" / "er" / "target"
    source.write_bytes(b"x" * 3_000_000)
    inode = source.stat().st_ino
    redactor(A_TOKEN=SECRET).move_file(bytes(source), bytes(target))
    assert target.stat().st_ino == inode
    assert os.listdir(target.parent) == ["target"]


def test_a_file_comes_into_another_file_system(tmp_path: Path) -> None:
    if not os.path.isdir("/dev/shm") or os.stat("/dev/shm").st_dev == tmp_path.stat().st_dev:
        pytest.skip("there is one file system only")
    other = Path(f"/dev/shm/orchestrator-test-{os.getpid()}")
    try:
        for text in ("nothing", f"is {SECRET}"):
            source = tmp_path / "source"
            source.write_text(text)
            redactor(A_TOKEN=SECRET).move_file(bytes(source), bytes(other / "target"))
            assert (other / "target").read_text() == text.replace(SECRET, REPLACEMENT)
            assert not source.exists()
    finally:
        remove_tree(str(other))


def test_a_file_that_cannot_be_kept_stays_where_it_is(tmp_path: Path) -> None:
    source = tmp_path / "source"
    source.write_text(f"is {SECRET}")
    (tmp_path / "file").write_text("")
    with pytest.raises(FileExistsError):
        redactor(A_TOKEN=SECRET).move_file(bytes(source), bytes(tmp_path / "file" / "target"))
    assert source.read_text() == f"is {SECRET}"


def test_large_files_take_little_memory(tmp_path: Path) -> None:
    text = f"""
import json, resource, sys
sys.path.insert(0, {str(Path(__file__).resolve().parents[2])!r})
from pytest_orchestrator.process.redaction import Redactor
clean = Redactor(["*TOKEN*"], {{"A_TOKEN": {SECRET!r}}})
clean.text({SECRET!r})
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
with open("source", "wb") as file:
    for _ in range(50):
        file.write(b"x" * (1 << 20))
    file.write({SECRET.encode()!r})
clean.move_file(b"source", b"./target")
print(json.dumps(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before))
"""
    done = subprocess.run([sys.executable, "-c", text], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert json.loads(done.stdout) < 12_000
    assert (tmp_path / "target").stat().st_size == (50 << 20) + len(REPLACEMENT)


@pytest.mark.parametrize("position", [0, 4, 5, 10, 25, 26, 30])
def test_a_cut_goes_through_no_secret(position: int) -> None:
    data = b"abcde" + SECRET.encode() + b"fghij"
    clean = redactor(A_TOKEN=SECRET)
    inside = 5 < position < 26
    assert clean.cut_before(data, position) == (5 if inside else position)
    assert clean.cut_after(data, position) == (26 if inside else position)


def test_a_cut_goes_through_no_character() -> None:
    data = "aé→🎉b".encode()
    whole = {0, 1, 3, 6, 10, 11}
    for position in range(len(data) + 1):
        assert redactor().cut_before(data, position) == max(cut for cut in whole if cut <= position)
        assert redactor().cut_after(data, position) == min(cut for cut in whole if cut >= position)
