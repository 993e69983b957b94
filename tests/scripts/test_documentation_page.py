"""The page of Markdown about a directory of scripts."""

from __future__ import annotations

import os
import re
import stat
import sys
from typing import TYPE_CHECKING

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from pytest_orchestrator.config.settings import DiscoverySettings
from pytest_orchestrator.core.markdown import visible
from pytest_orchestrator.errors import DiscoveryError
from pytest_orchestrator.scripts import markdown
from pytest_orchestrator.scripts.documentation import generate_script_documentation

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

# The machine may be busy: an example that takes long proves nothing.
PATIENT = settings(deadline=None)


def script(path: Path, content: str = "", mode: int = 0o644) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content)
    path.chmod(mode)
    return path


def page(directory: Path, **options: object) -> str:
    output = directory.parent / "page.md"
    return generate_script_documentation(directory, output, **options).read_text()  # type: ignore[arg-type]


def test_the_page_has_contents_and_a_section_for_each_script(tmp_path: Path) -> None:
    base = tmp_path / "ops"
    script(
        base / "backup.sh",
        "#!/bin/bash\n# Copy *everything*.\n#\n# It takes long.\n#\n# Usage: backup.sh [-n]\n",
        0o755,
    )
    script(
        base / "sub/clean.py",
        'import argparse\np = argparse.ArgumentParser()\np.add_argument("-n", "--dry", help="only say")\n',
    )
    assert page(base) == (
        "# Scripts in `ops`\n"
        "\n"
        "2 scripts, described from their own text: none was run to make this page.\n"
        "\n"
        "## Contents\n"
        "\n"
        "- [`backup.sh`](#script-backup-sh): Copy \\*everything\\*.\n"
        "- [`sub/clean.py`](#script-sub-clean-py)\n"
        "\n"
        '<a id="script-backup-sh"></a>\n'
        "\n"
        "## `backup.sh`\n"
        "\n"
        "Copy \\*everything\\*.\n"
        "\n"
        "It takes long.\n"
        "\n"
        "- Language: Bash\n"
        "- Runs with: `/bin/bash`\n"
        "\n"
        "### Usage\n"
        "\n"
        "```text\n"
        "Usage: backup.sh [-n]\n"
        "```\n"
        "\n"
        '<a id="script-sub-clean-py"></a>\n'
        "\n"
        "## `sub/clean.py`\n"
        "\n"
        "It says nothing about itself.\n"
        "\n"
        "- Language: Python\n"
        "- Runs with: `python`\n"
        "\n"
        "### Options\n"
        "\n"
        "- `-n`, `--dry`: only say\n"
    )


def test_no_script_is_run_or_imported(tmp_path: Path) -> None:
    base, trace = tmp_path / "scripts", tmp_path / "trace"
    base.mkdir()
    python = f"open({str(trace)!r}, 'a').write(__file__)\n"
    script(base / "a.py", python)
    script(base / "b.py", f"#!{sys.executable}\n'''Doc.'''\n{python}", 0o755)
    script(base / "c.sh", f"#!/bin/sh\nusage() {{ echo $(touch {trace}); }}\ntouch {trace}\nusage\n", 0o755)
    script(base / "d", f"#!/bin/sh\n# Doc.\ntouch {trace}\n", 0o755)
    script(base / "e.sh", f"touch {trace}\n")
    before = sorted(sys.modules)
    assert "5 scripts" in page(base)
    assert not trace.exists()
    assert not (base / "__pycache__").exists()
    assert [name for name in set(sys.modules) - set(before) if len(name) == 1] == []


def test_the_same_scripts_give_the_same_page_wherever_they_lie(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for place in ("one", "two/deeper"):
        for name in ("b.sh", "a.py", "c/d.sh"):
            script(tmp_path / place / "scripts" / name, "# Do it.\n")
    first = page(tmp_path / "one/scripts")
    assert page(tmp_path / "two/deeper/scripts") == first
    assert page(tmp_path / "one/scripts") == first
    monkeypatch.chdir(tmp_path / "one/scripts")
    assert generate_script_documentation(".", "../here.md").read_text() == first
    assert str(tmp_path) not in first


def test_the_settings_that_apply_are_shown_when_given(tmp_path: Path) -> None:
    path = script(tmp_path / "scripts/a.sh")
    asked = []

    def settings_for(script: Path) -> Mapping[str, object]:
        asked.append(script)
        return {
            "timeout": 5.0,
            "args": ("-v", "a b"),
            "cwd": "",
            "env": {"B": "`", "A": None},
            "tags": {"y", "x"},
            "path": path,
        }

    found = page(tmp_path / "scripts", settings_for=settings_for)
    assert found.endswith(
        "### Settings\n"
        "\n"
        "- `timeout`: `5.0`\n"
        '- `args`: `["-v", "a b"]`\n'
        '- `cwd`: `""`\n'
        '- `env`: ``{"A": null, "B": "`"}``\n'
        '- `tags`: `["x", "y"]`\n'
        f'- `path`: `"{path}"`\n'
    )
    assert asked == [path]
    assert "### Settings" not in page(tmp_path / "scripts", settings_for=lambda _: {})


def test_what_a_script_needs_and_what_is_wrong_with_it_is_told(tmp_path: Path) -> None:
    metadata = '# /// script\n# requires-python = ">=3.12"\n# dependencies = ["httpx", "rich"]\n# ///\n'
    script(tmp_path / "scripts/a.py", f"{metadata}x = = 1\n")
    found = page(tmp_path / "scripts", settings=DiscoverySettings(max_depth=0))
    assert (
        "- Language: Python\n"
        "- Runs with: `python`\n"
        "- Requires Python: `>=3.12`\n"
        "- Dependencies (PEP 723): `httpx`, `rich`\n"
        "- Note: its source has a syntax error: line 5: invalid syntax\n"
    ) in found


def test_options_are_listed_unless_the_usage_text_tells_them(tmp_path: Path) -> None:
    script(tmp_path / "s/a.sh", "# Usage: a.sh [-n]\n#   -n  only\n#       say\ncase $1 in -n) ;; esac\n")
    assert "### Options" not in page(tmp_path / "s")
    script(tmp_path / "s/a.sh", "# Usage: a.sh [-n]\n#   -n  only say\ncase $1 in\n  -q) ;; esac\n")
    assert "### Options\n\n- `-n`: only say\n- `-q`\n" in page(tmp_path / "s")


def test_odd_names_are_readable_and_their_links_lead_somewhere(tmp_path: Path) -> None:
    base = tmp_path / "s`"
    names = (
        b"a b.sh",
        b"a-b.sh",
        b"a::b.sh",
        b"[x](y).sh",
        b"line\nbreak.sh",
        b"\xff.sh",
        b"``tick.sh",
        "名.sh".encode(),
    )
    for name in names:
        script(base / os.fsdecode(name), "# <b>Bold</b> [link](x) `code`\n")
    found = page(base)
    assert found.startswith("# Scripts in `` s` ``\n")
    for shown in (
        r"`a\x3a\x3ab.sh`",
        r"`line\x0abreak.sh`",
        r"`\xff.sh`",
        "``` ``tick.sh ```",
        "`名.sh`",
        r"`\x5bx\x5d(y).sh`",
    ):
        assert f"## {shown}\n" in found
    links = re.findall(r"\]\(#([a-z0-9-]+)\)", found)
    assert len(set(links)) == len(names)
    assert links == re.findall(r'<a id="([a-z0-9-]+)"></a>', found)
    assert r"\<b\>Bold\</b\> \[link\](x) \`code\`" in found


def test_a_directory_without_scripts_gives_a_page_that_says_what_was_looked_for(tmp_path: Path) -> None:
    (tmp_path / "s").mkdir()
    assert page(tmp_path / "s").startswith(
        "# Scripts in `s`\n\nNo scripts found. Looked for: `*.py *.sh *.bash and executables with a shebang; not "
    )


def test_the_page_replaces_an_older_one_and_its_directory_is_made(tmp_path: Path) -> None:
    script(tmp_path / "s/a.sh")
    output = tmp_path / "docs/deep/scripts.md"
    assert generate_script_documentation(str(tmp_path / "s"), str(output)) == output
    output.write_text("older")
    longest = "x" * 252 + ".md"
    target = output.rename(output.with_name(longest))
    output.symlink_to(longest)
    generate_script_documentation(tmp_path / "s", output)
    assert target.read_text().startswith("# Scripts in `s`")
    assert sorted(os.listdir(output.parent)) == ["scripts.md", longest]
    mask = os.umask(0)
    os.umask(mask)
    assert stat.S_IMODE(target.stat().st_mode) == 0o666 & ~mask


def test_a_page_that_cannot_be_written_leaves_nothing_behind(tmp_path: Path) -> None:
    script(tmp_path / "s/a.sh")
    (tmp_path / "directory.md").mkdir()
    with pytest.raises(IsADirectoryError):
        generate_script_documentation(tmp_path / "s", tmp_path / "directory.md")
    with pytest.raises(FileExistsError):
        generate_script_documentation(tmp_path / "s", tmp_path / "s/a.sh/page.md")
    with pytest.raises(DiscoveryError, match="does not exist"):
        generate_script_documentation(tmp_path / "gone", tmp_path / "page.md")
    assert sorted(os.listdir(tmp_path)) == ["directory.md", "s"]


def test_the_page_can_go_to_a_pipe(tmp_path: Path) -> None:
    script(tmp_path / "s/a.sh")
    os.mkfifo(tmp_path / "pipe")
    reader = os.open(tmp_path / "pipe", os.O_RDONLY | os.O_NONBLOCK)
    try:
        generate_script_documentation(tmp_path / "s", tmp_path / "pipe")
        assert os.read(reader, 100_000).startswith(b"# Scripts in `s`")
    finally:
        os.close(reader)


TEXTS = st.text(
    st.one_of(st.sampled_from("ab1 \n\t*_`~[]()<>#&;:!|\\$+-=.@\"'/\r\x1b\u202e\udcff"), st.characters(codec="utf-8")),
    max_size=30,
)


@PATIENT
@given(TEXTS)
@example("# a\n- b\n1. c\n> d\n=== \n---\n    e")
@example("&amp; &#1; :smile: $x$ <b> http://a.b/c_d_e. ![i](j) a|b~~c~~ \\* *x*")
@example("a  \nb\\\nc")
def test_prose_means_what_it_says_in_markdown(text: str) -> None:
    parser = pytest.importorskip("markdown_it").MarkdownIt("commonmark").enable("table").enable("strikethrough")
    tokens = parser.parse(markdown.line(text))
    assert {token.type for token in tokens} <= {"paragraph_open", "inline", "paragraph_close"}
    inline = [part for token in tokens for part in token.children or ()]
    assert {part.type for part in inline} <= {"text", "text_special", "softbreak", "link_open", "link_close"}
    said = "".join("\n" if part.type == "softbreak" else part.content for part in inline)
    assert said.split() == visible(text).split()


@PATIENT
@given(TEXTS)
def test_code_means_what_it_says_in_markdown(text: str) -> None:
    parser = pytest.importorskip("markdown_it").MarkdownIt("commonmark")
    shown = visible(text).replace("\n", r"\n").replace("\t", " ")
    inline = [part for token in parser.parse(f"x{markdown.code(text)}x") for part in token.children or ()]
    if shown.strip(" "):
        assert [(part.type, part.content) for part in inline] == [("text", "x"), ("code_inline", shown), ("text", "x")]
    fenced = parser.parse(markdown.fence(text))
    assert [token.type for token in fenced] == ["fence"]
    assert fenced[0].content.strip("\n") == visible(text).expandtabs().strip("\n")


@PATIENT
@given(TEXTS)
def test_prose_with_a_layout_keeps_it_in_a_block(text: str) -> None:
    parser = pytest.importorskip("markdown_it").MarkdownIt("commonmark")
    allowed = {"paragraph_open", "inline", "paragraph_close", "fence"}
    assert {token.type for token in parser.parse(markdown.prose(f"first\n\n  - {text}"))} <= allowed
    assert "fence" in {token.type for token in parser.parse(markdown.prose("first\n\n  - a list"))}
