"""The profile ``spec`` beside the standard's reference validator, skills-ref: one verdict, but where that one is wrong.

Our verdict is that a file is invalid when a rule on front matter has an error. The body is no matter to skills-ref.
"""

from __future__ import annotations

import itertools
import json
import tempfile
from pathlib import Path

import pytest
import skills_ref
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from pytest_orchestrator.skills.context import CheckContext
from pytest_orchestrator.skills.document import read_skill
from pytest_orchestrator.skills.finding import Severity
from pytest_orchestrator.skills.rule import Profile
from pytest_orchestrator.skills.rules import collisions, descriptions, fields, names, reading, schema

VALID, INVALID, CRASH = "valid", "invalid", "crash"
MODULES = (reading, names, descriptions, fields, schema)

NAME = "name: make-tea\n"
SAID = "description: Makes tea. Use when someone is thirsty.\n"


def lay_out(root: Path, directory: str, data: str | bytes, file: str = "SKILL.md") -> Path:
    skill = root / directory
    skill.mkdir(parents=True)
    (skill / file).write_bytes(data if isinstance(data, bytes) else data.encode())
    return skill / file


def our_errors(path: Path) -> list[str]:
    skill = read_skill(str(path), "SKILL.md")
    context = CheckContext(Profile.SPEC)
    return [
        f"{found.rule.code} {found.message}"
        for module in MODULES
        for found in module.check(skill, context)
        if (found.severity or found.rule.severity) is Severity.ERROR
    ]


def our_verdict(path: Path) -> str:
    return INVALID if our_errors(path) else VALID


def reference_verdict(path: Path) -> str:
    try:
        return INVALID if skills_ref.validate(path.parent) else VALID
    except (UnicodeDecodeError, AttributeError):
        return CRASH


def fronted(front: str, body: str = "\n# Make tea\n") -> str:
    return f"---\n{front}---\n{body}"


# What is said in quotes here is a directory, where it is not make-tea.
SAME: tuple[tuple[str, str, str, str], ...] = (
    ("the least there is", VALID, "make-tea", fronted(NAME + SAID)),
    ("all fields", VALID, "make-tea", fronted(
        NAME + SAID + "license: MIT\ncompatibility: git\nmetadata:\n  author: me\nallowed-tools: Read Bash(git:*)\n")),
    ("no body", VALID, "make-tea", fronted(NAME + SAID, "")),
    ("no line end behind the fence", VALID, "make-tea", f"---\n{NAME}{SAID}---"),
    ("fields in another order", VALID, "make-tea", fronted("license: MIT\n" + SAID + NAME)),
    ("comments and empty lines", VALID, "make-tea", fronted("# one\n\n" + NAME + "\n# two\n" + SAID + "\n")),
    ("quotes", VALID, "make-tea", fronted("name: 'make-tea'\ndescription: \"Makes \\u2615: now\"\n")),
    ("quoted keys", VALID, "make-tea", fronted("'name': make-tea\n" + SAID)),
    ("a literal block", VALID, "make-tea", fronted(NAME + "description: |\n  Makes tea.\n\n  Now.\n")),
    ("a folded block", VALID, "make-tea", fronted(NAME + "description: >-\n  Makes\n  tea: now.\n")),
    ("text over several lines", VALID, "make-tea", fronted(NAME + "description: Makes\n  tea.\n\n  Now.\n")),
    ("windows line ends", VALID, "make-tea", fronted(NAME + SAID).replace("\n", "\r\n")),
    ("old line ends", VALID, "make-tea", fronted(NAME + SAID).replace("\n", "\r")),
    ("blanks behind the fences", VALID, "make-tea", f"---  \n{NAME}{SAID}--- \n"),
    ("a rule in the body", VALID, "make-tea", fronted(NAME + SAID, "a\n\n---\n\nb --- c\n")),
    ("a name of 64 characters", VALID, "a" * 64, fronted(f"name: {'a' * 64}\n" + SAID)),
    ("a name of one character", VALID, "a", fronted("name: a\n" + SAID)),
    ("a name of digits", VALID, "2024", fronted("name: 2024\n" + SAID)),
    ("a name that is a fraction", INVALID, "1.5", fronted("name: 1.5\n" + SAID)),
    ("a name that is a boolean", VALID, "yes", fronted("name: yes\n" + SAID)),
    ("a name that is null", VALID, "null", fronted("name: null\n" + SAID)),
    ("a name that is a tilde", INVALID, "~", fronted("name: ~\n" + SAID)),
    ("a name that is a date", VALID, "2024-01-01", fronted("name: 2024-01-01\n" + SAID)),
    ("a name with letters of all kinds", VALID, "thé-茶-чай", fronted("name: thé-茶-чай\n" + SAID)),
    ("a name in composed and decomposed letters", VALID, "the\u0301", fronted("name: th\u00e9\n" + SAID)),
    ("a name with a ligature", VALID, "fi-le", fronted("name: \ufb01-le\n" + SAID)),
    ("a name with blanks around it", VALID, "make-tea", fronted("name: ' make-tea '\n" + SAID)),
    ("a description of 1024 characters", VALID, "make-tea", fronted(NAME + f"description: {'é' * 1024}\n")),
    ("a description that is a number", VALID, "make-tea", fronted(NAME + "description: 5\n")),
    ("a description that is a boolean", VALID, "make-tea", fronted(NAME + "description: no\n")),
    ("a description that is null", VALID, "make-tea", fronted(NAME + "description: null\n")),
    ("a description with angle brackets", VALID, "make-tea", fronted(NAME + "description: Makes <tea>.\n")),
    ("a description in another language", VALID, "make-tea", fronted(NAME + "description: お茶を入れる。\n")),
    ("a line end of YAML 1.1 in the text", VALID, "make-tea", fronted(NAME + "description: Makes\u2028tea.\n")),
    ("a compatibility of 500 characters", VALID, "make-tea", fronted(NAME + SAID + f"compatibility: {'a' * 500}\n")),
    ("a compatibility that is empty", VALID, "make-tea", fronted(NAME + SAID + "compatibility:\n")),
    ("a compatibility that is a number", VALID, "make-tea", fronted(NAME + SAID + "compatibility: 5\n")),
    ("a license that is empty", VALID, "make-tea", fronted(NAME + SAID + "license:\n")),
    ("a license that is a list", VALID, "make-tea", fronted(NAME + SAID + "license:\n- MIT\n- BSD\n")),
    ("tools as a list", VALID, "make-tea", fronted(NAME + SAID + "allowed-tools:\n  - Read\n  - Bash\n")),
    ("tools with commas", VALID, "make-tea", fronted(NAME + SAID + "allowed-tools: Read, Bash\n")),
    ("metadata that is text", VALID, "make-tea", fronted(NAME + SAID + "metadata: a\n")),
    ("metadata that is empty", VALID, "make-tea", fronted(NAME + SAID + "metadata:\n")),
    ("metadata with a number", VALID, "make-tea", fronted(NAME + SAID + "metadata:\n  version: 1.0\n")),
    ("metadata with metadata", VALID, "make-tea", fronted(NAME + SAID + "metadata:\n  a:\n    b: c\n")),
    ("metadata with a list", VALID, "make-tea", fronted(NAME + SAID + "metadata:\n  a:\n  - b\n")),
    ("an empty file", INVALID, "make-tea", ""),
    ("white space", INVALID, "make-tea", " \n\n"),
    ("no front matter", INVALID, "make-tea", "# Make tea\n"),
    ("front matter below an empty line", INVALID, "make-tea", "\n" + fronted(NAME + SAID)),
    ("front matter behind a blank", INVALID, "make-tea", " " + fronted(NAME + SAID)),
    ("two dashes", INVALID, "make-tea", f"--\n{NAME}{SAID}--\n"),
    ("an opening fence and nothing else", INVALID, "make-tea", "---"),
    ("no closing fence", INVALID, "make-tea", f"---\n{NAME}{SAID}\n# Make tea\n"),
    ("four dashes", INVALID, "make-tea", f"----\n{NAME}{SAID}----\n"),
    ("empty front matter", INVALID, "make-tea", fronted("")),
    ("a comment as front matter", INVALID, "make-tea", fronted("# nothing\n")),
    ("front matter that is text", INVALID, "make-tea", fronted("make-tea\n")),
    ("front matter that is a list", INVALID, "make-tea", fronted("- make-tea\n")),
    ("no name", INVALID, "make-tea", fronted(SAID)),
    ("no description", INVALID, "make-tea", fronted(NAME)),
    ("an empty name", INVALID, "make-tea", fronted("name:\n" + SAID)),
    ("a blank name", INVALID, "make-tea", fronted("name: '  '\n" + SAID)),
    ("a name that is a list", INVALID, "make-tea", fronted("name:\n- make-tea\n" + SAID)),
    ("a name that is a mapping", INVALID, "make-tea", fronted("name:\n  make: tea\n" + SAID)),
    ("a name of another directory", INVALID, "brew-tea", fronted(NAME + SAID)),
    ("a name in capitals", INVALID, "Make-Tea", fronted("name: Make-Tea\n" + SAID)),
    ("a directory in capitals", INVALID, "Make-Tea", fronted(NAME + SAID)),
    ("a name with a capital letter of another script", INVALID, "Чай", fronted("name: Чай\n" + SAID)),
    ("a name of 65 characters", INVALID, "a" * 65, fronted(f"name: {'a' * 65}\n" + SAID)),
    ("a name with an underscore", INVALID, "make_tea", fronted("name: make_tea\n" + SAID)),
    ("a name with a space", INVALID, "make tea", fronted("name: make tea\n" + SAID)),
    ("a name with a dot", INVALID, "make.tea", fronted("name: make.tea\n" + SAID)),
    ("a name with a slash", INVALID, "make-tea", fronted("name: a/make-tea\n" + SAID)),
    ("a name with an emoji", INVALID, "tea-☕", fronted("name: tea-☕\n" + SAID)),
    ("a name with a hyphen at its start", INVALID, "-tea", fronted("name: -tea\n" + SAID)),
    ("a name with a hyphen at its end", INVALID, "tea-", fronted("name: tea-\n" + SAID)),
    ("a name with two hyphens", INVALID, "make--tea", fronted("name: make--tea\n" + SAID)),
    ("a name of a hyphen", INVALID, "-", fronted("name: '-'\n" + SAID)),
    ("an empty description", INVALID, "make-tea", fronted(NAME + "description: ''\n")),
    ("an empty block as description", INVALID, "make-tea", fronted(NAME + "description: |\n\n")),
    ("a description that is a list", INVALID, "make-tea", fronted(NAME + "description:\n- Makes tea.\n")),
    ("a description that is a mapping", INVALID, "make-tea", fronted(NAME + "description:\n  makes: tea\n")),
    ("a description of 1025 characters", INVALID, "make-tea", fronted(NAME + f"description: {'é' * 1025}\n")),
    ("a block whose line end is the 1025th", INVALID, "make-tea", fronted(NAME + f"description: |\n  {'a' * 1024}\n")),
    ("a block without that line end", VALID, "make-tea", fronted(NAME + f"description: |-\n  {'a' * 1024}\n")),
    ("a compatibility of 501 characters", INVALID, "make-tea", fronted(NAME + SAID + f"compatibility: {'a' * 501}\n")),
    ("a compatibility that is a list", INVALID, "make-tea", fronted(NAME + SAID + "compatibility:\n- git\n")),
    ("a field that nobody knows", INVALID, "make-tea", fronted(NAME + SAID + "author: me\n")),
    ("a field of Claude Code", INVALID, "make-tea", fronted(NAME + SAID + "model: opus\n")),
    ("a field in capitals", INVALID, "make-tea", fronted("Name: make-tea\n" + SAID)),
    ("a field with an underscore", INVALID, "make-tea", fronted(NAME + SAID + "allowed_tools: Read\n")),
    ("a field without a name", INVALID, "make-tea", fronted(NAME + SAID + "'': x\n")),
    ("the same field twice", INVALID, "make-tea", fronted(NAME + NAME + SAID)),
    ("the same field of metadata twice", INVALID, "make-tea", fronted(NAME + SAID + "metadata:\n  a: b\n  a: c\n")),
    ("a colon without quotes", INVALID, "make-tea", fronted(NAME + "description: Use when: thirsty\n")),
    ("a quote that is left open", INVALID, "make-tea", fronted(NAME + "description: 'Makes tea.\n")),
    ("a text behind a quoted one", INVALID, "make-tea", fronted(NAME + "description: 'Makes' tea.\n")),
    ("an at sign", INVALID, "make-tea", fronted(NAME + "description: @tea\n")),
    ("a backtick", INVALID, "make-tea", fronted(NAME + "description: `tea`\n")),
    ("a percent sign", INVALID, "make-tea", fronted(NAME + "description: %tea\n")),
    ("an escape that is none", INVALID, "make-tea", fronted(NAME + 'description: "Makes \\tea \\q"\n')),
    ("a tab as indentation", INVALID, "make-tea", fronted(NAME + SAID + "metadata:\n\ta: b\n")),
    ("a line that is indented by mistake", INVALID, "make-tea", fronted(NAME + " " + SAID)),
    ("a line without a colon", INVALID, "make-tea", fronted(NAME + SAID + "license\n")),
    ("a document's end", INVALID, "make-tea", fronted(NAME + "...\n" + SAID)),
)  # fmt: skip

LONG = "a" * 1000
DIFFERENT: tuple[tuple[str, str, str, str, str | bytes], ...] = (
    # title; our verdict; theirs; why they are wrong; the file
    ("a mapping in braces", VALID, INVALID, "its parser, strictyaml, forbids flow style, which is YAML",
     fronted(NAME + SAID + 'metadata: {"author": "me"}\n')),
    ("a list in brackets", VALID, INVALID, "its parser forbids flow style; of the block style it says nothing",
     fronted(NAME + SAID + "allowed-tools: [Read, Bash]\n")),
    ("JSON", VALID, INVALID, "its parser forbids flow style; JSON is YAML",
     fronted('{"name": "make-tea", "description": "Makes tea. Use when someone is thirsty."}\n')),
    ("a flow mapping within metadata", VALID, INVALID, "its parser forbids flow style, at any depth",
     fronted(NAME + SAID + "metadata:\n  a: {b: c}\n")),
    ("an anchor", VALID, INVALID, "its parser forbids anchors, which are YAML",
     fronted("name: &name make-tea\n" + SAID)),
    ("an alias", VALID, INVALID, "its parser forbids aliases, which are YAML",
     fronted("name: &name make-tea\n" + SAID + "metadata:\n  also: *name\n")),
    ("a merge key", VALID, INVALID, "its parser forbids the anchor that it takes",
     fronted(NAME + SAID + "metadata:\n  a: &a\n    b: c\n  d:\n    <<: *a\n")),
    ("a tag", VALID, INVALID, "its parser forbids tags; !!str says what the value is anyway",
     fronted("name: !!str make-tea\n" + SAID)),
    ("a byte order mark", VALID, INVALID, "it does not know that a file may begin with one",
     "\ufeff" + fronted(NAME + SAID)),
    ("dashes in the description", INVALID, VALID,
     "it cuts the front matter off at the first '---', wherever that is: the field behind it is never seen",
     fronted(NAME + "description: Makes tea --- and coffee.\nauthor: me\n")),
    ("dashes in the first field", VALID, INVALID, "it cuts the front matter off at the '---', and misses the rest",
     fronted("license: MIT --- or not\n" + NAME + SAID)),
    ("dashes in quotes", VALID, INVALID, "it cuts the front matter off within the quotes, which are then left open",
     fronted(NAME + "description: 'Makes --- tea.'\n")),
    ("dashes in a comment", VALID, INVALID, "it cuts the front matter off within the comment",
     fronted(NAME + "# --- what it does ---\n" + SAID)),
    ("a rule made of dashes in a comment", INVALID, VALID, "it cuts the front matter off, and misses a field",
     fronted(NAME + SAID + "# ------\nauthor: me\n")),
    ("a long description with dashes", INVALID, VALID, "it cuts the description off before it counts",
     fronted(NAME + f"description: Makes tea --- {LONG}{LONG}\n")),
    ("a field in the line of the opening fence", INVALID, VALID,
     "it takes what stands behind the dashes; to all others the first line is no fence", f"---{NAME}{SAID}---\n"),
    ("a closing fence that is indented", INVALID, VALID,
     "to YAML the dashes are part of the description, and the front matter never ends",
     f"---\n{NAME}{SAID}  ---\n# Make tea\n"),
    ("a closing fence at the end of a line", INVALID, VALID, "the dashes are part of the description",
     f"---\n{NAME}{SAID.rstrip()} ---\n# Make tea\n"),
    ("a closing fence of four dashes", INVALID, VALID, "a fence of front matter has three",
     f"---\n{NAME}{SAID}----\n# Make tea\n"),
    ("text behind the closing fence", INVALID, VALID, "the line is no fence to parsers that read lines",
     f"---\n{NAME}{SAID}--- # Make tea\n"),
    ("bytes that are no UTF-8", INVALID, CRASH, "it ends in an uncaught UnicodeDecodeError",
     fronted(NAME).encode() + b"caf\xe9\n"),
    ("UTF-16", INVALID, CRASH, "it ends in an uncaught UnicodeDecodeError", fronted(NAME + SAID).encode("utf-16")),
    ("a control character", INVALID, CRASH, "its parser ends in an uncaught AttributeError",
     fronted(NAME + "description: Makes \x07tea.\n")),
    ("a NUL in the front matter", INVALID, CRASH, "its parser ends in an uncaught AttributeError",
     fronted(NAME + "description: Makes \0tea.\n")),
    ("a NUL in the body", INVALID, VALID, "it looks at front matter only; the file is binary to many programs",
     fronted(NAME + SAID, "Pour\0 water.\n")),
    ("a file of five megabytes", INVALID, VALID, "it has no limit; no context window takes as much",
     fronted(NAME + SAID, "Pour the water.\n" * 330_000)),
    ("a tab behind a value", VALID, INVALID, "its parser takes white space at the end of a line for a mistake",
     fronted(NAME + SAID.rstrip() + "\t\n")),
    ("an invisible character in a value", INVALID, VALID, "YAML forbids a byte order mark within unquoted text",
     fronted(NAME + "description: Makes\ufeff tea.\n")),
    ("a line end of YAML 1.1", VALID, INVALID, "its parser ends the comment at U+2028, as YAML 1.1 did",
     fronted(NAME + "# for all\u2028who are thirsty\n" + SAID)),
)  # fmt: skip


@pytest.mark.parametrize(("verdict", "directory", "text"), [row[1:] for row in SAME], ids=[row[0] for row in SAME])
def test_the_verdict_is_that_of_the_reference(tmp_path: Path, verdict: str, directory: str, text: str) -> None:
    path = lay_out(tmp_path, directory, text)
    assert (our_verdict(path), reference_verdict(path)) == (verdict, verdict), our_errors(path)


@pytest.mark.parametrize(
    ("ours", "theirs", "why", "data"), [row[1:] for row in DIFFERENT], ids=[row[0] for row in DIFFERENT]
)
def test_the_verdict_is_another_where_the_reference_is_wrong(
    tmp_path: Path, ours: str, theirs: str, why: str, data: str | bytes
) -> None:
    path = lay_out(tmp_path, "make-tea", data)
    assert (our_verdict(path), reference_verdict(path)) == (ours, theirs), f"expected, as {why}: {our_errors(path)}"


def test_each_example_is_there_once() -> None:
    titles = [row[0] for row in (*SAME, *DIFFERENT)]
    assert len(set(titles)) == len(titles)
    assert len({(row[2], row[3]) for row in SAME}) == len(SAME)


def test_a_file_in_lower_case_is_a_skill_to_both(tmp_path: Path) -> None:
    path = lay_out(tmp_path, "make-tea", fronted(NAME + SAID), "skill.md")
    assert (our_verdict(path), reference_verdict(path)) == (VALID, VALID)


def test_the_directory_of_a_skill_has_a_name_however_it_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = lay_out(tmp_path, "make-tea", fronted(NAME + SAID))
    monkeypatch.chdir(path.parent)
    assert our_verdict(Path.cwd() / "SKILL.md") == VALID
    # A path without a name has no directory name to the reference.
    assert skills_ref.validate(Path()) == ["Directory name '' must match skill name 'make-tea'"]


def test_no_rule_across_skills_is_an_error_of_the_standard() -> None:
    assert {rule.severity for rule in collisions.RULES} == {Severity.WARNING}


# Near-valid front matter: what differs by intent (see DIFFERENT) does not occur in it.
_WORDS = st.sampled_from([
    "make-tea", "tea", "Makes", "tea.", "Use when", "it's", "a: b", "a:b", "x # y", "x#y", "é", "茶", "☕",
    "5", "1.0", "yes", "null", "~", "-", "a-b", "A", "_", ".", "(a)", "<b>", "c, d", "'q'", '"q"', "?", "!",
    "|", ">", "\\", "%", "@a", "`a`", "a" * 64, "b" * 65, "c" * 500, "d" * 501, "e" * 1024, "f" * 1025, "=",
    "<<", "2024-01-01", "/", "a;b", "\u00a0", "\u3000",
])  # fmt: skip
_TEXT = st.lists(_WORDS, max_size=3).map(" ".join)


def _block(text: str, header: str) -> str:
    return f"{header}\n  {text}\n" if text.strip() else f"{header}\n\n"


_VALUE = st.one_of(
    _TEXT.map(lambda text: f" {text}\n"),
    _TEXT.map(lambda text: f" {json.dumps(text, ensure_ascii=False)}\n"),
    _TEXT.map(lambda text: " '" + text.replace("'", "''") + "'\n"),
    st.builds(_block, _TEXT, st.sampled_from([" |", " >", " |-", " >-", " |+"])),
    st.builds("\n  {}: {}\n  k: {}\n".format, _WORDS, _TEXT, _TEXT),
    st.builds("\n  - {}\n  - {}\n".format, _TEXT, _TEXT),
    st.sampled_from(["\n", " # comment\n", " make-tea\n", " a\n  b\n", " a\n\n  b\n", " >2\n   a\n", " 'a\n  b'\n"]),
)
_KEY = st.sampled_from([
    "name", "description", "license", "compatibility", "metadata", "allowed-tools", "name ", "'name'", '"description"',
    "author", "Name", "descripton", "allowed_tools", "model", "5", "null", "a b", "? name",
])  # fmt: skip
_FIELD = st.builds("{}:{}".format, _KEY, _VALUE)
_PARTS = st.tuples(
    st.sampled_from(["", NAME, NAME, "name: 'make-tea' # c\n"]),
    st.lists(_FIELD | st.sampled_from(["# comment\n", "\n", "  \n"]), max_size=3).map("".join),
    st.sampled_from(["", SAID, SAID, "description: >\n  Makes tea.\n  Use when thirsty.\n"]),
)
_FRONT = _PARTS.flatmap(st.permutations).map("".join)
_DIFFERS = (
    # Flow style, anchors, aliases and tags at the start of a value or an item; dashes.
    ": [", ": {", "- [", "- {", ": &", ": *", ": !", "- !", "- &", "- *", "---",
)  # fmt: skip


@settings(max_examples=300, deadline=None)
@given(_FRONT, st.sampled_from(["make-tea", "tea", "a-b", "é"]), st.sampled_from(["\n", "\r\n"]))
@example(NAME + "description: a\n  b\n", "make-tea", "\n")
def test_the_verdict_on_whatever_is_nearly_valid_is_that_of_the_reference(front: str, directory: str, end: str) -> None:
    assume(not any(mark in front for mark in _DIFFERS))
    with tempfile.TemporaryDirectory() as root:
        path = lay_out(Path(root), directory, fronted(front).replace("\n", end))
        assert our_verdict(path) == reference_verdict(path), our_errors(path)


@settings(max_examples=200, deadline=None)
@given(
    st.text(
        alphabet=st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="/\ufeff"), min_size=1, max_size=70
    )
)
@example("İ")
@example("ǅ")
@example("ß")
@example("²")
@example("ﬁ")
@example("a\u0301")
@example("-")
def test_the_verdict_on_any_name_is_that_of_the_reference(name: str) -> None:
    assume(name not in (".", "..") and "---" not in name and not set(name) & set("\u2028\u2029"))
    assume(len(name.encode()) < 250)
    with tempfile.TemporaryDirectory() as root:
        path = lay_out(Path(root), name, fronted(f"name: {json.dumps(name, ensure_ascii=False)}\n" + SAID))
        assert our_verdict(path) == reference_verdict(path), our_errors(path)


@pytest.mark.parametrize("lengths", list(itertools.product([0, 1, 64, 65], [0, 1, 1024, 1025], [0, 500, 501])), ids=str)
def test_the_verdict_on_any_length_is_that_of_the_reference(tmp_path: Path, lengths: tuple[int, int, int]) -> None:
    name, description, compatibility = ("a" * length for length in lengths)
    front = f"name: '{name}'\ndescription: '{description}'\ncompatibility: '{compatibility}'\n"
    path = lay_out(tmp_path, name or "a", fronted(front))
    assert our_verdict(path) == reference_verdict(path), our_errors(path)
