"""Which command runs a script."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pytest_orchestrator.scripts.header import parse_shebang
from pytest_orchestrator.scripts.interpreter import (
    Interpretation,
    NotStartableError,
    named_interpreter,
    resolve_interpreter,
)

# The machine may be busy: an example that takes long proves nothing.
PATIENT = settings(deadline=None)

PATH = os.environ.get("PATH", os.defpath)
SH = shutil.which("sh") or "sh"
PEP723 = b'# /// script\n# requires-python = ">=3.11"\n# dependencies = [\n#   "httpx",\n#   "rich>=13",\n# ]\n# ///\n'


def script(directory: Path, name: str, content: bytes | str = b"", mode: int = 0o644) -> str:
    path = directory / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    path.chmod(mode)
    return str(path)


def resolve(path: str, configured: tuple[str, ...] | None = None) -> Interpretation:
    return resolve_interpreter(path, configured, sys.executable, search_path=PATH)


def refusal(path: str, configured: tuple[str, ...] | None = None) -> str:
    with pytest.raises(NotStartableError) as caught:
        resolve(path, configured)
    return str(caught.value)


@pytest.mark.parametrize(
    ("name", "program"), [("a.py", sys.executable), ("a.sh", SH), ("a.bash", shutil.which("bash") or "bash")]
)
@pytest.mark.parametrize("mode", [0o644, 0o755])
def test_without_a_shebang_the_extension_decides_whether_or_not_it_is_executable(
    tmp_path: Path, name: str, program: str, mode: int
) -> None:
    path = script(tmp_path, name, "true\n", mode)
    assert resolve(path) == Interpretation((program, path))


@pytest.mark.parametrize("name", ["tool", "tool.py", "tool.sh", "tool.rb"])
def test_an_executable_file_with_a_shebang_is_run_itself(tmp_path: Path, name: str) -> None:
    path = script(tmp_path, name, "#!/bin/sh\n", 0o755)
    assert resolve(path) == Interpretation((path,))


@pytest.mark.parametrize(
    ("first_line", "command"),
    [
        ("#!/bin/sh", ("/bin/sh",)),
        ("#! /bin/sh -e -u ", ("/bin/sh", "-e -u")),
        ("#!\t/bin/sh\t-e", ("/bin/sh", "-e")),
        ("#!/usr/bin/env sh", ("/usr/bin/env", "sh")),
        ("#!/usr/bin/env -S sh -e", ("/usr/bin/env", "-S sh -e")),
    ],
)
def test_the_shebang_of_a_file_that_is_not_executable_is_taken_apart_as_the_kernel_does(
    tmp_path: Path, first_line: str, command: tuple[str, ...]
) -> None:
    path = script(tmp_path, "tool", first_line + "\necho ran\n")
    assert resolve(path) == Interpretation((*command, path))


def test_the_command_for_env_with_split_string_really_runs(tmp_path: Path) -> None:
    path = script(tmp_path, "tool", '#!/usr/bin/env -S A=b sh -e\necho "ran $A"\nfalse\necho not reached\n')
    done = subprocess.run(resolve(path).argv, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (1, "ran b\n")


def test_the_configured_interpreter_wins_over_shebang_and_extension(tmp_path: Path) -> None:
    path = script(tmp_path, "tool.py", "#!/bin/sh\n", 0o755)
    assert resolve(path, ("{python}", "-X", "pycache_prefix={python}.d")) == Interpretation(
        (sys.executable, "-X", f"pycache_prefix={sys.executable}.d", path)
    )


def test_a_configured_interpreter_is_looked_up_on_path(tmp_path: Path) -> None:
    path = script(tmp_path, "tool.py")
    assert resolve(path, ("sh", "-e")).argv == (SH, "-e", path)
    assert refusal(path, ("no-such-command",)) == (
        "'no-such-command', which is its configured interpreter, is not on PATH:"
        " install it, or set another `interpreter:`"
    )


def test_without_the_programs_own_path_a_miss_is_left_to_the_program(tmp_path: Path) -> None:
    path = script(tmp_path, "tool.py")
    assert resolve_interpreter(path, ("no-such-command",), "python").argv == ("no-such-command", path)
    path = script(tmp_path, "tool", "#!/usr/bin/env no-such-command\n", 0o755)
    assert resolve_interpreter(path, None, "python") == Interpretation(
        (path,), ("interpreter 'no-such-command' named in its first line is not on PATH",)
    )


def test_a_compiled_program_is_run_itself_or_told_to_be_made_executable(tmp_path: Path) -> None:
    content = Path("/bin/true").read_bytes()
    path = script(tmp_path, "tool.sh", content, 0o755)
    assert resolve(path) == Interpretation((path,))
    path = script(tmp_path, "tool2.sh", content, 0o644)
    assert refusal(path) == "it is a compiled program without permission to execute it: chmod +x"


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("#!/bin/nope\n", "interpreter '/bin/nope' named in its first line does not exist: "),
        ("#!/bin/sh\r\n", "its first line ends in CRLF, so the kernel looks for interpreter '/bin/sh' plus a carriage"),
        ("#!/usr/bin/env sh\r\n", "its first line ends in CRLF, so env looks for 'sh' plus a carriage return: "),
        ("#!/usr/bin/env -S sh -e\r\n", None),
        ("#!/usr/bin/env no-such\n", "interpreter 'no-such' named in its first line is not on PATH: install it, or "),
        ("#!/usr/bin/env -S no-such -x\n", "interpreter 'no-such' named in its first line is not on PATH: "),
        ("#!/etc/passwd\n", "interpreter '/etc/passwd' named in its first line is not executable: "),
        ("#!/etc\n", "interpreter '/etc' named in its first line is a directory: "),
        ("#!\n", "its first line names no interpreter after '#!': "),
        ("#!python3\n", "interpreter 'python3' named in its first line is not an absolute path: write '#!/usr/bin/env"),
        (f"#!/bin/{'x' * 300}\n", "its first line names an interpreter beyond the 255 bytes the kernel reads: "),
    ],
)
@pytest.mark.parametrize("mode", [0o644, 0o755])
def test_a_first_line_that_cannot_work_is_explained_in_words(
    tmp_path: Path, mode: int, content: str, expected: str | None
) -> None:
    path = script(tmp_path, "tool", content, mode)
    if expected is None:
        (note,) = resolve(path).notes
        assert note.startswith("its first line ends in CRLF, so its interpreter is given a carriage return")
    else:
        assert refusal(path).startswith(expected)


@pytest.mark.parametrize(
    "first_line",
    [
        f"#!/bin/sh {'x' * 300}",
        f"#!/{'/' * 200}bin/sh -e",
        "#!/usr/bin/env -i sh",
        "#!/usr/bin/env -S PATH=/x y",
        "#!/usr/bin/env -S 'sh",
    ],
)
def test_a_first_line_that_may_work_is_left_to_the_kernel(tmp_path: Path, first_line: str) -> None:
    path = script(tmp_path, "tool", first_line + "\n", 0o755)
    assert resolve(path) == Interpretation((path,))


def test_a_relative_entry_of_path_leaves_the_search_to_env(tmp_path: Path) -> None:
    path = script(tmp_path, "tool", "#!/usr/bin/env no-such\n", 0o755)
    assert resolve_interpreter(path, None, "python", search_path=f"{PATH}:tools").argv == (path,)


@pytest.mark.parametrize(
    ("name", "mode", "expected"),
    [
        (
            "tool.js",
            0o644,
            r"\(its extension '.js' .*\): start it with a shebang and make it executable, or set `interpreter: node`",
        ),
        (
            "tool",
            0o755,
            r"\(it has no extension, and it has no shebang\): start it with a shebang, or set `interpreter:` for it\Z",
        ),
        ("a.x[y", 0o755, r"\(its extension '.x\\x5by' is not one of"),
    ],
)
def test_a_file_that_nothing_is_known_about_is_told_the_remedy(
    tmp_path: Path, name: str, mode: int, expected: str
) -> None:
    assert re.match("no interpreter is known for it " + expected, refusal(script(tmp_path, name, "hello\n", mode)))


def test_what_is_no_file_is_refused_without_being_opened(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.sh")
    assert refusal(str(tmp_path / "pipe.sh")) == "it is a FIFO, socket or device, not a file: name a script"
    assert refusal(str(tmp_path)) == "it is a directory, not a file: name a script"
    assert refusal(str(tmp_path / "gone.sh")) == "the file does not exist"
    (tmp_path / "link.sh").symlink_to("nowhere")
    assert refusal(str(tmp_path / "link.sh")) == "it is a link to 'nowhere', which does not exist: correct or remove it"
    assert refusal("/nul\0.sh").startswith("the file cannot be looked at: ")
    assert refusal(script(tmp_path, "file") + "/x.sh").startswith("the file cannot be looked at: Not a directory")


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads everything")
def test_an_unreadable_file_is_refused_unless_it_may_be_a_program_that_can_be_executed(tmp_path: Path) -> None:
    for mode in (0o000, 0o111):
        assert refusal(script(tmp_path, "a.sh", "true\n", mode)).startswith("it cannot be read: Permission denied: ")
    path = script(tmp_path, "tool", "true\n", 0o111)
    assert resolve(path).argv == (path,)
    assert refusal(script(tmp_path, "other", "", 0o000)) == "it can be neither executed nor read: Permission denied"


def test_a_shebang_that_is_not_honoured_is_noted(tmp_path: Path) -> None:
    path = script(tmp_path, "a.sh", "#!/usr/bin/env bash\n[[ 1 ]]\n")
    assert resolve(path).argv == (SH, path)
    (note,) = resolve(path).notes
    assert note == (
        "its first line names 'bash', but it is not executable, so sh runs it:"
        " make it executable (chmod +x) to have its first line honoured"
    )


@pytest.mark.parametrize(
    ("name", "content"),
    [("a.sh", "#!/bin/sh -e\n"), ("a.py", "#!/usr/bin/env python3.9\n"), ("a.bash", "#!/bin/bash\n")],
)
def test_a_shebang_that_means_the_same_is_not_noted(tmp_path: Path, name: str, content: str) -> None:
    assert resolve(script(tmp_path, name, content)).notes == ()


@pytest.mark.parametrize(
    ("name", "first", "mode", "configured"),
    [
        ("a.py", b"", 0o644, None),
        ("a.py", b"#!/usr/bin/env python3\n", 0o755, None),
        ("tool", b"#!/usr/bin/python3\n", 0o755, None),
        ("a.py", b"", 0o644, ("{python}", "-B")),
    ],
)
def test_inline_dependencies_that_nothing_installs_are_named_with_the_remedy(
    tmp_path: Path, name: str, first: bytes, mode: int, configured: tuple[str, ...] | None
) -> None:
    if first.endswith(b"/usr/bin/python3\n") and not os.path.exists("/usr/bin/python3"):
        first = b"#!" + os.fsencode(sys.executable) + b"\n"
    (note,) = resolve(script(tmp_path, name, first + PEP723, mode), configured).notes
    assert note == (
        "its PEP 723 dependencies (httpx, rich>=13) are not installed for it:"
        " set `interpreter: uv run --script` (or `pipx run`) for the script"
    )


@pytest.mark.parametrize(
    "runner", [("uv", "run", "--script"), ("pipx", "run"), ("env", "uv", "run", "-s"), ("pip-run",)]
)
def test_a_configured_runner_installs_inline_dependencies(tmp_path: Path, runner: tuple[str, ...]) -> None:
    path = script(tmp_path, "a.py", PEP723)
    assert resolve_interpreter(path, runner, "python").notes == ()


def test_a_shebang_with_a_runner_installs_inline_dependencies(tmp_path: Path) -> None:
    path = script(tmp_path, "a.py", b"#!/usr/bin/env -S uv run --script\n" + PEP723, 0o755)
    assert [note for note in resolve_interpreter(path, None, "python").notes if "PEP 723" in note] == []


@pytest.mark.parametrize(
    "block",
    [
        b"# /// script\n# dependencies = []\n# ///\n",
        b"# /// script\n# dependencies = [\n# ///\n",
        b"# /// script\n# dependencies = 5\n# ///\n",
        b"# /// script\n# dependencies = ['x']\n",
        b"# /// script\n#no space\n# ///\n",
        b"print('# /// script')\n",
    ],
)
def test_a_block_that_asks_for_nothing_or_is_broken_gives_no_note(tmp_path: Path, block: bytes) -> None:
    assert resolve(script(tmp_path, "a.py", block)).notes == ()


def test_a_block_in_a_shell_script_is_none_of_pythons(tmp_path: Path) -> None:
    assert resolve(script(tmp_path, "a.sh", PEP723)).notes == ()


def test_inline_dependencies_are_found_with_crlf_line_ends(tmp_path: Path) -> None:
    (note,) = resolve(script(tmp_path, "a.py", PEP723.replace(b"\n", b"\r\n"))).notes
    assert "(httpx, rich>=13)" in note


@pytest.mark.parametrize("name", [b"-rf.sh", b"a b\n.sh", b"\xff\x01[x].sh", "🚀.sh".encode()])
def test_a_script_of_any_name_really_runs(tmp_path: Path, name: bytes) -> None:
    path = os.path.join(str(tmp_path), os.fsdecode(name))
    Path(path).write_text("echo ran\n")
    assert subprocess.run(resolve(path).argv, capture_output=True, check=True).stdout == b"ran\n"


def test_nothing_is_run_or_written_while_resolving(tmp_path: Path) -> None:
    path = script(tmp_path, "a.py", f"#!{sys.executable}\nopen({str(tmp_path / 'trace')!r}, 'w')\n", 0o755)
    resolve(path)
    resolve(path, (path,))
    assert os.listdir(tmp_path) == ["a.py"]


@PATIENT
@given(st.binary(max_size=600))
def test_any_first_line_is_taken_apart_without_losing_a_word(rest: bytes) -> None:
    shebang = parse_shebang(b"#!" + rest)
    assert shebang is not None
    line = os.fsdecode((b"#!" + rest).split(b"\n")[0].split(b"\0")[0][:255][2:])
    assert " ".join(shebang.argv).replace("\t", " ").split() == line.replace("\t", " ").split()
    assert isinstance(shebang.words, tuple)


@PATIENT
@given(st.binary(max_size=300), st.sampled_from(["x", "x.py", "x.sh", "x.js"]), st.sampled_from([0o644, 0o755]))
def test_any_content_is_resolved_or_refused_with_a_sentence(
    tmp_path_factory: pytest.TempPathFactory, content: bytes, name: str, mode: int
) -> None:
    path = script(tmp_path_factory.getbasetemp(), name, content, mode)
    try:
        found = resolve(path)
        said = found.notes
    except NotStartableError as refused:
        found = Interpretation((path,))
        said = (str(refused),)
    assert found.argv[-1] == path
    assert all(sentence and sentence.isprintable() for sentence in said)
    assert "\0" not in named_interpreter(path)


@pytest.mark.parametrize(
    ("name", "content", "mode", "expected"),
    [
        ("a.py", "", 0o644, "python"),
        ("a.sh", "#!/bin/bash\n", 0o644, "sh"),
        ("a.sh", "#!/usr/bin/env bash\n", 0o755, "/usr/bin/env bash"),
        ("a", "#!/bin/nope -x\n", 0o644, "/bin/nope -x"),
        ("a", "", 0o644, ""),
        ("a", b"\x7fELF", 0o755, "itself"),
        ("a.bash", None, 0, "bash"),
    ],
)
def test_the_interpreter_is_named_without_looking_it_up(
    tmp_path: Path, name: str, content: bytes | str | None, mode: int, expected: str
) -> None:
    path = str(tmp_path / name) if content is None else script(tmp_path, name, content, mode)
    assert named_interpreter(path) == expected
