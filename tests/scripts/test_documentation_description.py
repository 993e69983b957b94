"""What a script says about itself, read from its text."""

from __future__ import annotations

import os
from textwrap import dedent
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pytest_orchestrator.scripts.description import ScriptDescription, describe_script

if TYPE_CHECKING:
    from pathlib import Path

# The machine may be busy: an example that takes long proves nothing.
PATIENT = settings(deadline=None)


def described(directory: Path, name: str, content: str | bytes, mode: int = 0o644) -> ScriptDescription:
    path = directory / name
    path.write_bytes(content if isinstance(content, bytes) else dedent(content).lstrip("\n").encode())
    path.chmod(mode)
    return describe_script(path)


def options(description: ScriptDescription) -> dict[tuple[str, ...], str]:
    return {option.names: option.help for option in description.options}


def test_a_python_script_is_described_by_its_docstring(tmp_path: Path) -> None:
    found = described(
        tmp_path,
        "rotate.py",
        '''
        #!/usr/bin/env python3
        # Copyright 2024 Somebody
        """Rotate the logs.

        Old ones are compressed.
        None is lost.

        Usage:
            rotate.py [--keep N] DIR

        Options:
          --keep N   how many stay,
                     at least one
          -h, --help

        More to know.
        """
        raise SystemExit("run")
        ''',
        0o755,
    )
    assert found.title == "Rotate the logs."
    assert found.summary == "Old ones are compressed.\nNone is lost.\n\nMore to know."
    assert found.usage.startswith("Usage:\n    rotate.py [--keep N] DIR\n\nOptions:\n  --keep N   how many stay,\n")
    assert found.languages == ("Python",)
    assert found.interpreter == "/usr/bin/env python3"
    assert found.problem is None


def test_argparse_options_are_read_from_the_source(tmp_path: Path) -> None:
    found = described(
        tmp_path,
        "sync.py",
        """
        import argparse
        DEFAULT = "eu"
        def main():
            parser = argparse.ArgumentParser(
                description="Copy the files "
                "to the mirror.",
                usage="%(prog)s SOURCE [options]",
            )
            parser.add_argument("source", help="where from")
            parser.add_argument("-r", "--region", default=DEFAULT, help="which one (default: %(default)s)")
            parser.add_argument("--rate", default=1 << 4, help=f"at {DEFAULT} 100%% (%(default)s) %(prog)s %(type)s")
            parser.add_argument("--secret", help=argparse.SUPPRESS)
            parser.add_argument("--bare", action="store_true")
            parser.add_argument("--empty-default", help="x %(default)s")
            parser.add_argument(*sys.argv)
        """,
    )
    assert found.title == "Copy the files to the mirror."
    assert found.usage == "%(prog)s SOURCE [options]".replace("%(prog)s", "sync.py")
    assert options(found) == {
        ("source",): "where from",
        ("-r", "--region"): "which one (default: eu)",
        ("--rate",): "at eu 100% (1 << 4) sync.py %(type)s",
        ("--bare",): "",
        ("--empty-default",): "x None",
    }


def test_an_option_that_is_nested_too_deep_is_left_out(tmp_path: Path) -> None:
    deep = "+".join(["'a'"] * 990)
    source = f"'Doc.'\np.add_argument('-a')\np.add_argument('-b', help={deep})\np.add_argument('-c')\nusage = {deep}\n"
    found = described(tmp_path, "x.py", source)
    assert found.title == "Doc."
    assert list(options(found)) == [("-a",), ("-c",)]


def test_click_and_optparse_options_are_read_too(tmp_path: Path) -> None:
    found = described(
        tmp_path,
        "tool.py",
        '''
        import click
        @click.command()
        @click.option("--count", "count_", default=1, help="""How
            often.""")
        @click.argument("name")
        def main(count_, name):
            """Greet somebody."""
        parser.add_option("-q", help="be quiet")
        unrelated.option("--no")
        ''',
    )
    assert found.title == "Greet somebody."
    assert options(found) == {("--count",): "How often.", ("name",): "", ("-q",): "be quiet"}


@pytest.mark.parametrize(
    ("source", "usage"),
    [
        ('USAGE = """\\\n    Usage: x.py [A]\n      A  one\n    """', "Usage: x.py [A]\n  A  one"),
        ("import sys\nsys.exit('usage: ' + 'x.py A')", "usage: x.py A"),
        ("print(f'Usage: {sys.argv[0]} {count} A')", "Usage: x.py {count} A"),
        ("print('usage: %s A' % sys.argv[0])", "usage: x.py A"),
        ("print('usage: %s A' % os.path.basename(__file__))", "usage: x.py A"),
        ("import textwrap\nprint(textwrap.dedent('''\n   usage: x A\n     B'''))", "usage: x A\n  B"),
        ("class A:\n    '''Usage: A()'''\ndef f():\n    '''Usage: f()'''", ""),
        ("print('no usage: here')", ""),
    ],
)
def test_a_usage_text_in_the_source_is_found(tmp_path: Path, source: str, usage: str) -> None:
    assert described(tmp_path, "x.py", source).usage == usage


@pytest.mark.parametrize(
    ("source", "title"),
    [
        ('"""Old one."""\nprint "x"\n', "Old one."),
        ("#!/usr/bin/python\n# a comment\n'''Old\none.\n\nMore.'''\nexec 'x'\n", "Old one."),
        ("# Only a comment says it.\nimport os\n", "Only a comment says it."),
        ("# Only a comment says it.\nprint 'x'\n", "Only a comment says it."),
        ("def main():\n    '''Do it.'''\n", "Do it."),
        ("x = 1\n", ""),
        ("", ""),
        (b"# -*- coding: latin-1 -*-\n'''Caf\xe9.'''\n", "Café."),
        (b"'''Caf\xe9.'''\n", "Caf\ufffd."),
        (b"# coding: no-such\n'''Coded.'''\n", "Coded."),
        (b"\xef\xbb\xbf'''Marked.'''\n", "Marked."),
        (b"'''Ends.'''\r\nx = 1\r\n", "Ends."),
        ("'''Deep.'''\nx = " + "(" * 5000 + ")" * 5000, "Deep."),
        ("'''Long.'''\nx = " + " + ".join(["'a'"] * 20_000), "Long."),
        ("'''Odd \\d escape.'''\nx = '\\d'\n", "Odd \\d escape."),
    ],
)
def test_a_title_is_found_whatever_the_state_of_the_source(tmp_path: Path, source: str | bytes, title: str) -> None:
    path = tmp_path / "x.py"
    path.write_bytes(source if isinstance(source, bytes) else source.encode())
    assert describe_script(path).title == title


def test_a_syntax_error_is_a_note_with_its_line(tmp_path: Path) -> None:
    assert described(tmp_path, "x.py", "x = 1\nx = = 2\n").problem == (
        "its source has a syntax error: line 2: invalid syntax"
    )


def test_inline_metadata_is_told(tmp_path: Path) -> None:
    found = described(
        tmp_path,
        "x.py",
        """
        #!/usr/bin/env -S uv run --script
        # /// script
        # requires-python = ">=3.12"
        # dependencies = ["httpx", "rich>=13"]
        # ///
        # Fetch the page.
        import httpx
        """,
        0o755,
    )
    assert found == ScriptDescription(
        title="Fetch the page.",
        languages=("Python",),
        interpreter="/usr/bin/env -S uv run --script",
        dependencies=("httpx", "rich>=13"),
        requires_python=">=3.12",
    )


def test_a_shell_script_is_described_by_its_header_comment(tmp_path: Path) -> None:
    found = described(
        tmp_path,
        "backup.sh",
        """
        #!/bin/bash
        # -*- coding: utf-8 -*-
        # vim: set ts=4:
        # shellcheck disable=SC2034,SC1090
        ###############################
        # backup.sh - copy the database #
        ###############################
        #
        # Author: Somebody <somebody@example.org>
        # SPDX-License-Identifier: MIT
        # It is copied
        # at night:
        #   * the tables
        #   * the users
        #
        # Usage: backup.sh [-n] TARGET
        #        backup.sh --help
        #
        # Permission is hereby granted, free of charge, to any person
        # obtaining a copy.

        # Not this any more.
        set -e
        """,
    )
    assert found == ScriptDescription(
        title="copy the database",
        summary="It is copied\nat night:\n  * the tables\n  * the users",
        usage="Usage: backup.sh [-n] TARGET\n       backup.sh --help",
        languages=("Bash",),
        interpreter="sh",
    )


@pytest.mark.parametrize(
    ("source", "title"),
    [
        ("#!/bin/sh\n# Do it.\n# Now.\necho # not this\n", "Do it. Now."),
        ("#!/bin/sh\n\n# Do it.\n\n# Later.\n", "Do it."),
        ("#!/bin/sh\nset -eu\n# Do it.\n", "Do it."),
        ("#!/bin/sh\n# Copyright 2020 X\n# All rights reserved.\n\n# Do it.\n", "Do it."),
        ("#!/bin/sh\necho\n# Too late.\n", ""),
        ("# x.sh\n#\n# Do it.\n", "Do it."),
        ("# x.sh\n# Do it.\n", "Do it."),
        ("# x: do it\n# Adapted from y\n", "do it"),
        ("# Description: Do it.\n", "Do it."),
        ("#Do it.\n", "Do it."),
        ("# Xylophone tuning\n", "Xylophone tuning"),
        (f"# {'word ' * 30}end. More.\n", f"{'word ' * 30}end."),
        (f"# {'x' * 500}\n", "x" * 239 + "…"),
        ("#!/bin/sh\r\n# Do it.\r\n", "Do it."),
        ("#!/bin/sh\n", ""),
        ("", ""),
    ],
)
def test_the_title_of_a_shell_script_is_what_its_first_comment_says(tmp_path: Path, source: str, title: str) -> None:
    assert described(tmp_path, "x.sh", source.encode()).title == title


@pytest.mark.parametrize(
    ("source", "usage"),
    [
        ("usage() {\n  cat <<EOF\nUsage: $0 [-x]\n}\n  -x  one\nEOF\n}\n", "Usage: x.sh [-x]\n}\n  -x  one"),
        ("function usage {\n\tcat <<-'END' >&2\n\t\tUsage: ${0##*/} A\n\tEND\n}\n", "Usage: x.sh A"),
        (
            'usage()\n{\n  echo "Usage: $(basename "$0") A" >&2\n  echo "  A  one"\n  exit 1\n}\n',
            "Usage: x.sh A\n  A  one",
        ),
        ("usage() { echo \"Usage: $0 A\"; exit 2; }\necho 'other'\n", "Usage: x.sh A"),
        (
            "show_help() {\n  printf 'Usage: %s A\\n' \"$0\"\n  printf '  100%% sure\\n'\n}\n",
            "Usage: x.sh A\n  100% sure",
        ),
        ('print_usage() {\n  echo "Usage: $PROGNAME A\n  more"\n}\n', "Usage: x.sh A\n  more"),
        ("if x; then\n  cat <<X\nnot this\nX\n  cat <<Y\nUsage: `basename $0` A\nY\nfi\n", "Usage: x.sh A"),
        ('[ $# = 1 ] || { echo "usage: ${0} A" >&2; exit 1; }\n', "usage: x.sh A"),
        ("cat <<NEVER\nUsage: x\n", ""),
        ("usage() {\n  never ends\n", ""),
        ('echo "never closed\n', ""),
        ("echo done\n", ""),
    ],
)
def test_the_usage_that_a_shell_script_would_print_is_found(tmp_path: Path, source: str, usage: str) -> None:
    assert described(tmp_path, "x.sh", source.encode()).usage == usage


def test_shell_options_are_those_of_the_usage_then_of_case_and_getopts(tmp_path: Path) -> None:
    found = described(
        tmp_path,
        "x.sh",
        r"""
        # Usage: x.sh [options]
        #   -n, --dry-run    only say
        #                    what would happen
        #   -o FILE          where to
        while getopts ":no:v" opt; do :; done
        case $1 in
          -h | --help) usage ;;
          --verb|--verbose) v=1 ;;
          --dry-run) n=1 ;;
          --level=*) shift ;;
          "-z") ;;
          *) ;;
        esac
        """,
    )
    assert options(found) == {
        ("-n", "--dry-run"): "only say what would happen",
        ("-o",): "where to",
        ("-h", "--help"): "",
        ("--verbose",): "",
        ("--level",): "",
        ("-z",): "",
        ("-v",): "",
    }


@pytest.mark.parametrize(
    ("name", "first", "languages"),
    [
        ("x", "#!/bin/sh", ("shell",)),
        ("x.sh", "#!/usr/bin/env -S bash -e", ("Bash",)),
        ("x", "#!/usr/bin/python3.11", ("Python",)),
        ("x", "#!/usr/bin/env node", ("JavaScript",)),
        ("x.rb", "", ("Ruby",)),
        ("x", "#!/opt/own/tool", ()),
        ("x", "", ()),
        ("x.sh", "python3 - <<'EOF'", ("shell", "Python")),
    ],
)
def test_the_language_is_told_by_shebang_then_extension(
    tmp_path: Path, name: str, first: str, languages: tuple[str, ...]
) -> None:
    assert described(tmp_path, name, first + "\n").languages == languages


def test_scripts_in_other_languages_are_described_by_their_header_comment(tmp_path: Path) -> None:
    assert described(tmp_path, "x", "#!/usr/bin/env node\n// Serve it.\n//\n// Usage: x PORT\n").title == "Serve it."
    found = described(tmp_path, "y.pl", "#!/usr/bin/perl\n# Sort it.\nuse strict;\n")
    assert (found.title, found.languages) == ("Sort it.", ("Perl",))


def test_what_cannot_be_read_is_told(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.sh")
    assert describe_script(tmp_path / "pipe.sh").problem == "it is no regular file"
    assert describe_script(tmp_path / "gone.sh").problem == "it cannot be read: No such file or directory"
    assert describe_script("nul\0").problem == "it cannot be read: its path has a NUL character"
    assert described(tmp_path, "x.py", b"\x7fELF\0\0", 0o755) == ScriptDescription(
        interpreter="itself", problem="it is no text"
    )


def test_nothing_is_imported_or_run(tmp_path: Path) -> None:
    trace = tmp_path / "trace"
    described(tmp_path, "x.py", f"'''Doc.'''\nopen({str(trace)!r}, 'w')\nf'{{open({str(trace)!r}, 'w')}}'\n", 0o755)
    described(tmp_path, "x.sh", f"#!/bin/sh\n# Doc.\nusage() {{ echo $(touch {trace}); }}\ntouch {trace}\n", 0o755)
    assert sorted(os.listdir(tmp_path)) == ["x.py", "x.sh"]


@pytest.mark.parametrize(
    "source",
    [
        "<<a\n" * 60_000,
        "usage() {\n" * 30_000,
        "echo 'usage\n" * 20_000,
        "# \n\n" * 50_000,
        "# " + "-a " * 80_000,
        "# " + " " * 200_000 + "x",
        "#" + "=-" * 100_000,
        "# usage:\n#" + "\n#" * 100_000,
        "(" * 200_000,
        "'''" + "x" * 200_000,
        "'''" + " " * 200_000 + "x'''",
        "'''\n" + " \n" * 100_000 + "x'''",
        "echo '" + " ;" * 100_000,
        "echo" + " " * 200_000 + "usage",
        "  -a" + " <" * 100_000,
        "x = " + "-" * 100_000 + "1",
        "f(" * 10_000,
    ],
)
@pytest.mark.parametrize("name", ["x.sh", "x.py"])
def test_hostile_text_is_described_without_hanging(tmp_path: Path, name: str, source: str) -> None:
    (tmp_path / name).write_text(source)
    # A search that is quadratic in the text takes hours here, and the suite's own time limit ends it.
    assert describe_script(tmp_path / name).languages == ("shell" if name == "x.sh" else "Python",)


WORDS = st.sampled_from(
    ["#", "# ", "\n", "\n\n", " ", "  ", "Usage:", "usage()", "{", "}", "<<EOF", "EOF", "echo ", '"', "'", "$0", "-x",
     "--long", "|", ")", "case", "Copyright", "'''", '"""', "def f():", "\\", "a.sh", "é", "\0", "\t", "=", "*",
     "Options:", "/// script", "# ///", "parser.add_argument(", "f'{", "%(default)s", "%", "help=", ","]
)  # fmt: skip


@PATIENT
@given(
    st.one_of(st.binary(max_size=200), st.lists(WORDS, max_size=60).map(lambda words: "".join(words).encode())),
    st.sampled_from(["a.sh", "a.py", "a", "a.js"]),
    st.sampled_from([b"", b"#!/bin/sh\n", b"#!/usr/bin/env python3\n", b"#!/usr/bin/env -S node\n"]),
)
def test_any_text_is_described_with_a_title_of_one_line(
    tmp_path_factory: pytest.TempPathFactory, content: bytes, name: str, first: bytes
) -> None:
    path = tmp_path_factory.getbasetemp() / name
    path.write_bytes(first + content)
    found = describe_script(path)
    assert "\n" not in found.title
    assert found.title == found.title.strip()
    assert all(option.names and all(option.names) and "\n" not in option.help for option in found.options)
    assert describe_script(path) == found
