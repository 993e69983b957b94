"""What programs write to ``$ORCHESTRATOR_OUTPUT``, and how values get into the words of a shell."""

from __future__ import annotations

import json
import os
import subprocess
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pytest_orchestrator.workflows.expression import ExpressionError, Template
from pytest_orchestrator.workflows.handover import LARGEST, OutputError, parse_outputs, read_outputs, write_inputs
from pytest_orchestrator.workflows.shell_text import check_shell_text, shell_text

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    ("data", "outputs"),
    [
        (b"", {}),
        (b"\n  \n", {}),
        (b"key=value\nother=\n", {"key": "value", "other": ""}),
        (b"key=a=b \n", {"key": "a=b "}),
        (b"key=1\r\nkey=2\r\n", {"key": "2"}),
        (b"text<<EOF\none\n\nkey=two\nEOF\nlast=x", {"text": "one\n\nkey=two", "last": "x"}),
        (b"text<<'END'\nEND\n", {"text": ""}),
        (b'{"n": 1, "l": [null, true]}', {"n": 1, "l": [None, True]}),
        (b'\xef\xbb\xbf {"n": 1}\n', {"n": 1}),
        (b'{"n": "\\ud83d\\ude00", "l": [' + b"[]," * 60 + b"[]]}", {"n": "\N{GRINNING FACE}", "l": [[]] * 61}),
    ],
)
def test_outputs_are_lines_blocks_or_one_object(data: bytes, outputs: dict[str, Any]) -> None:
    assert parse_outputs(data) == outputs


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (b"ok=1\nnothing here\n", "line 2: 'nothing here' is neither key=value"),
        (b"a b=1\n", "line 1: 'a b=1' is neither"),
        (b"text<<EOF\none\n", "line 1: the block of 'text' has no line 'EOF'"),
        (b"text<<\n\n", "the block of 'text'"),
        (b"{not json}", "begins like a JSON object and is none"),
        (b'{"a b": 1}', "'a b' is not a name"),
        (b'{"a": [NaN]}', "NaN is no number of JSON"),
        (b'{"a": "\\ud800"}', "'\\ud800' is half a character"),
        (b'{"a": ' + b"[" * 60 + b"]" * 60 + b"}", "more than 50 levels deep"),
        (b'{"a": ' + b"[" * 90_000 + b"]" * 90_000 + b"}", "more than 50 levels deep"),
        (b"k=\xff", "byte 0xff at 2"),
        (b"k=" + b"x" * LARGEST, "more than 1048576 bytes"),
    ],
)
def test_what_cannot_be_read_is_told_with_its_line(data: bytes, problem: str) -> None:
    with pytest.raises(OutputError) as caught:
        parse_outputs(data)
    assert problem in str(caught.value)


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=200))
def test_any_bytes_are_outputs_or_an_error_of_ours(data: bytes) -> None:
    try:
        found = parse_outputs(data)
    except OutputError:
        return
    json.dumps(found)
    assert all(isinstance(key, str) for key in found)


def test_a_removed_file_has_no_outputs_and_a_directory_in_its_place_is_told(tmp_path: Path) -> None:
    assert read_outputs(tmp_path / "gone") == {}
    with pytest.raises(OutputError, match="no regular file"):
        read_outputs(tmp_path)


def test_inputs_are_for_nobody_else_to_read(tmp_path: Path) -> None:
    write_inputs(tmp_path / "in.json", {"inputs": {"é": 1}})
    assert json.loads((tmp_path / "in.json").read_text()) == {"inputs": {"é": 1}}
    assert (tmp_path / "in.json").stat().st_mode & 0o077 == 0


@settings(max_examples=25, deadline=None)
@given(st.text(alphabet="ab '\"$`;&|\\\n*()#", max_size=20))
def test_any_value_arrives_as_it_is_in_quotes_of_either_kind(value: str) -> None:
    template = Template.parse("# it's a comment\nprintf '%s|' \"${{ v }}\" '${{ v }}' x\\'\"'\"'${{ v }}'")
    words, variables = shell_text(template, {"v": value})
    done = subprocess.run(["/bin/sh", "-e", "-c", words], env=variables, capture_output=True, check=True)
    assert done.stdout.decode() == f"{value}|{value}|x''{value}|"


@pytest.mark.parametrize(
    "words",
    [
        "x=\"$(printf '%s' '${{ v }}')\"; printf '%s' \"$x\"",
        "printf '%s' \"`printf '%s' '${{ v }}'`\"",
        "(# it's a comment\nprintf '%s' '${{ v }}')",
        "printf '%s' \"$(case x in (x) printf '%s' \"it's ${{ v }}\" | cut -c6-;; esac)\"",
        "cat <<END | { read -r it; cat; }\nit's (\" a quote\n${{ v }}\nEND",
        "cat <<-END\n\t${{ v }}\n\tEND\nprintf '%s' \"${1-}\"",
        'x="$(cat <<END\nit\'s not the end:END\n${{ v }}\nEND\n)"; printf \'%s\' "${x#*END?}"',
        "test $((1 << 2)) = 4; printf '%s' '${{ v }}'",
    ],
)
def test_a_value_arrives_as_it_is_however_quotes_and_documents_are_nested(words: str) -> None:
    value = "a 'b' \"$c\" `d` \\ $(e) *"
    words, variables = shell_text(Template.parse(words), {"v": value})
    done = subprocess.run(
        ["/bin/sh", "-e", "-c", words], env={"PATH": os.defpath, **variables}, capture_output=True, check=True
    )
    assert done.stdout.decode().rstrip("\n") == value


@pytest.mark.parametrize("word", ["'END'", '"END"', "\\END"])
def test_a_document_in_which_the_shell_expands_nothing_can_hold_no_value(word: str) -> None:
    template = Template.parse(f"cat <<{word}\n${{{{ v }}}}\nEND\necho ${{{{ v }}}}")
    with pytest.raises(ExpressionError) as caught:
        check_shell_text(template)
    assert "take the quotes off that word" in caught.value.problem
    check_shell_text(Template.parse(f"cat <<{word}\n$v\nEND\necho ${{{{ v }}}}"))


def test_a_value_that_no_variable_can_hold_is_refused() -> None:
    with pytest.raises(ExpressionError, match="ORCHESTRATOR_INPUTS"):
        shell_text(Template.parse("echo ${{ v }}"), {"v": "x" * 200_000})
