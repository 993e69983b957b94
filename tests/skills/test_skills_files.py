"""The files that come with a skill, and the rules on them."""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING

import pytest
from examples_files import TOKEN
from rule_checks import findings, lay_out

from pytest_orchestrator.skills import files as skill_files_module
from pytest_orchestrator.skills.document import read_skill
from pytest_orchestrator.skills.files import Texts, read_text, skill_files
from pytest_orchestrator.skills.finding import Severity
from pytest_orchestrator.skills.rules import bundle, home_paths, packages, prompts, secrets
from pytest_orchestrator.skills.shell_lines import commands

if TYPE_CHECKING:
    from pathlib import Path

    from pytest_orchestrator.skills.finding import Finding

MODULES = (bundle, secrets, home_paths, prompts, packages)
CHECKS = [module.check for module in MODULES]


def check(body: str, root: Path, files: dict[str, str] | None = None) -> list[Finding]:
    others = {f"make-tea/{name}": text for name, text in (files or {}).items()}
    return findings(lay_out({"make-tea/SKILL.md": f"---\nname: make-tea\n---\n{body}", **others}, root), CHECKS)


def codes(body: str, root: Path, files: dict[str, str] | None = None) -> list[str]:
    return [finding.code for finding in check(body, root, files)]


# -- the files --------------------------------------------------------------------------------------------------


def test_the_files_of_a_skill_are_those_of_its_directory_without_what_is_not_its_own(tmp_path: Path) -> None:
    inside = ["a.md", "references/SKILL.md", "references/x/y.md", "scripts/run.py"]
    outside = [".git/config", ".hidden/x", "__pycache__/a.pyc", "node_modules/a/x.js", "other/SKILL.md", "other/z.md"]
    skill = lay_out({"tea/SKILL.md": "x", **{f"tea/{name}": "" for name in inside + outside}}, tmp_path)
    files = skill_files(skill)
    assert [file.name for file in files] == inside
    assert files[0].shown_as == "tea/a.md"
    assert skill_files(skill) is files
    assert skill.bundle.has("references/x")
    assert not skill.bundle.has("other")


def test_a_walk_ends_after_so_many_entries(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(skill_files_module, "MOST", 5)
    skill = lay_out({"tea/SKILL.md": "x", **{f"tea/assets/{number}": "" for number in range(9)}}, tmp_path)
    assert len(skill_files(skill)) < 6
    assert not skill.bundle.is_complete
    assert findings(skill, CHECKS) == []


def test_a_directory_that_is_not_there_has_no_files(tmp_path: Path) -> None:
    skill = lay_out({"tea/SKILL.md": "x"}, tmp_path)
    (tmp_path / "tea" / "SKILL.md").unlink()
    (tmp_path / "tea").rmdir()
    assert skill_files(skill) == ()


def test_what_is_no_text_is_not_read(tmp_path: Path) -> None:
    tree = {"tea/SKILL.md": "x", "tea/a.bin": "a\0b", "tea/b.txt": "text", "tea/c.txt": "", "tea/d.md": "x" * (1 << 20)}
    skill = lay_out(tree, tmp_path)
    (tmp_path / "tea" / "e.txt").write_bytes(b"caf\xe9")
    os.mkfifo(tmp_path / "tea" / "f.txt")
    os.symlink("b.txt", tmp_path / "tea" / "g.txt")
    texts = [read_text(file) for file in skill_files(skill)]
    assert texts == [None, "text", None, "x" * (1 << 20), "caf\ufffd", None]


def test_no_more_is_read_than_a_check_may_hold(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(skill_files_module, "MOST_TEXT", 5)
    skill = lay_out({"tea/SKILL.md": "x", "tea/a": "1234", "tea/b": "12", "tea/c": "1"}, tmp_path)
    texts = Texts()
    assert [texts.of(file) for file in skill_files(skill)] == ["1234", None, "1"]


def test_of_a_whole_project_only_the_directories_of_a_skill_are_its_own(tmp_path: Path) -> None:
    files = {"package.json": "{}", "src/a.js": TOKEN, "unused.js": "", "scripts/b.sh": f"echo {TOKEN}\n"}
    found = check("# Tea\n", tmp_path, files)
    assert [(finding.code, finding.path) for finding in found] == [
        ("SK411", "make-tea/SKILL.md"),
        ("SK421", "make-tea/scripts/b.sh"),
    ]


# -- what is mentioned -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "body",
    [
        "See [times](references/times.md).",
        "See times.md.",
        "All of `references/`.",
        "`references/*.md`",
        "`<tea>.md`",
        "references/{tea}.md",
        "The references folder has more.",
        "`times` says how long.",
        "Read references/times for all of them.",
        "```sh\ncat references/t*.md\n```",
    ],
)
def test_a_file_is_mentioned_by_its_name_its_directory_or_a_pattern(body: str, tmp_path: Path) -> None:
    assert codes(f"# Tea\n\n{body}\n", tmp_path, {"references/times.md": "x"}) == []


@pytest.mark.parametrize(
    "body", ["Look up times.", "references/other.md", "<!-- orchestrate: ignore SK405 times.md -->", ""]
)
def test_another_word_is_no_mention(body: str, tmp_path: Path) -> None:
    assert codes(f"# Tea\n\n{body}\n", tmp_path, {"references/times.md": "x"}) == ["SK411"]


def test_a_file_that_only_an_unmentioned_one_mentions_is_unmentioned(tmp_path: Path) -> None:
    found = check("# Tea\n", tmp_path, {"references/a.md": "See b.md.", "references/b.md": "x"})
    assert [finding.message for finding in found] == [
        "nothing mentions 'references/a.md'",
        "nothing mentions 'references/b.md'",
    ]


@pytest.mark.timeout(60)
def test_thousands_of_files_that_name_their_directory_take_no_time(tmp_path: Path) -> None:
    text = "See references/, references/x/, x/, x/y/ and *.md.\n"
    files = {f"references/x/y/{number}.md": text for number in range(4000)}
    skill = lay_out(
        {
            "make-tea/SKILL.md": "---\nname: make-tea\n---\n# Tea\n\nSee `references/`.\n",
            "make-tea/alone.xyz": "x",
            **{f"make-tea/{name}": each for name, each in files.items()},
        },
        tmp_path,
    )
    start = time.process_time()
    found = findings(skill, CHECKS)
    assert time.process_time() - start < 3  # where it grew with the square it was seven
    assert [finding.message for finding in found] == ["nothing mentions 'alone.xyz'"]


def test_many_unmentioned_files_of_a_directory_are_one_finding(tmp_path: Path) -> None:
    (finding,) = check("# Tea\n", tmp_path, {f"scripts/{number}.py": "" for number in range(9)})
    assert finding.message == "nothing mentions 9 files in 'scripts/', such as 'scripts/0.py'"


def test_text_for_people_at_the_top_is_a_note(tmp_path: Path) -> None:
    (finding,) = check("# Tea\n", tmp_path, {"HOW_TO_USE.md": "x"})
    assert finding.severity is Severity.NOTE


def test_symbolic_links_have_to_stay_inside(tmp_path: Path) -> None:
    skill = lay_out({"tea/SKILL.md": "a.md b.md c.md d.md", "tea/a.md": "x", "e.md": "x"}, tmp_path)
    for name, target in {"b.md": "a.md", "c.md": "../e.md", "d.md": "nowhere\n.md"}.items():
        os.symlink(target, tmp_path / "tea" / name)
    assert [(finding.path, finding.message) for finding in findings(skill, CHECKS)] == [
        ("tea/c.md", "the symbolic link leads to '../e.md', outside of the skill's directory"),
        ("tea/d.md", "the symbolic link leads to 'nowhere\\x0a.md', which does not exist"),
    ]


# -- what is in them ---------------------------------------------------------------------------------------------


def test_no_finding_shows_a_secret(tmp_path: Path) -> None:
    key = "-----BEGIN EC PRIVATE KEY-----\n" + "MHcCAQEEIBq7" * 14 + "\n-----END EC PRIVATE KEY-----"
    found = check(f"# Tea\n\n{TOKEN}\n\n{key}\n", tmp_path)
    assert [(finding.line, finding.message) for finding in found] == [
        (6, "what looks like a token (ghp_…) stands here"),
        (8, "what looks like a private key stands here"),
    ]
    assert {finding.severity for finding in found} == {Severity.ERROR}
    assert not any(TOKEN[4:12] in str(finding) or "MHcC" in str(finding) for finding in found)


@pytest.mark.parametrize(
    "text",
    [
        "AKIAIOSFODNN7EXAMPLE",
        "ghp_" + "x" * 36,
        "sk-your-key-goes-right-here-123",
        "Authorization: Bearer YOUR_TOKEN",
        "postgres://user:password@localhost/db",
        "-----BEGIN PRIVATE KEY-----\n...\n-----END PRIVATE KEY-----",
    ],
)
def test_a_stand_in_is_no_secret(text: str, tmp_path: Path) -> None:
    assert codes(f"# Tea\n\n{text}\n", tmp_path) == []


def test_a_sequence_in_the_shape_of_a_secret_is_a_note(tmp_path: Path) -> None:
    (finding,) = check("# Tea\n\nsk-abcdefghijklmnopqrstuvwxyz012345\n", tmp_path)
    assert (finding.code, finding.severity) == ("SK421", Severity.NOTE)


def test_a_home_that_examples_like_to_use_is_a_note(tmp_path: Path) -> None:
    (finding,) = check("# Tea\n\nC:\\Users\\alice\\tea\n", tmp_path)
    assert (finding.code, finding.severity) == ("SK422", Severity.NOTE)


def test_a_home_is_named_once_a_file_at_its_first_place(tmp_path: Path) -> None:
    body = "# Tea\r\n\r\ncd /Users/ann/tea\r\ncd /Users/ann/coffee; cd /home/bob/x\r\n"
    found = check(body, tmp_path)
    assert [(finding.line, finding.column, finding.message) for finding in found] == [
        (6, 4, "'/Users/ann/' is the home of one user"),
        (7, 26, "'/home/bob/' is the home of one user"),
    ]


@pytest.mark.parametrize(
    "text",
    [
        "/home/$USER/x",
        "/Users/<name>/x",
        "~/x",
        "$HOME/x",
        "/home/runner/work/x",
        "https://example.org/home/ann/x",
        "/home/ann",
        "repo/home/ann/x",
        "C:\\Users\\%USERNAME%\\x",
        "/Users/you/x",
        "GET /users/ann/x",
        "{root}/home/a/b",
    ],
)
def test_a_path_of_anybody_is_no_home(text: str, tmp_path: Path) -> None:
    assert codes(f"# Tea\n\n`{text}`\n", tmp_path) == []


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("import getpass\n\np = getpass.getpass()\n", 3),
        ("from getpass import getpass\nprint(getpass('Password'))\n", 2),
        ("import click\n\n\ndef main():\n    click.confirm('Sure?')\n", 5),
        ("from rich.prompt import Prompt\nname = Prompt.ask('Name')\n", 2),
    ],
)
def test_a_python_script_that_asks_is_found_by_its_syntax(text: str, line: int, tmp_path: Path) -> None:
    (finding,) = check("Run `scripts/a.py`.\n", tmp_path, {"scripts/a.py": text})
    assert (finding.code, finding.path, finding.line) == ("SK423", "make-tea/scripts/a.py", line)


@pytest.mark.parametrize(
    "text",
    [
        "# input('x')\nprint('input(1)')\n",
        "def input(x):\n    return x\n\n\ninput(1)\n",
        "model.input(3)\n",
        "import sys\nif sys.stdin.isatty():\n    input('x')\n",
        "def broken(:\n    input('x')\n",
        "data = form.prompt('x')\n",
    ],
)
def test_a_python_script_that_does_not_ask_is_left_alone(text: str, tmp_path: Path) -> None:
    assert codes("Run `scripts/a.py`.\n", tmp_path, {"scripts/a.py": text}) == []


@pytest.mark.parametrize(
    "text",
    [
        "read -p 'Go? ' x\n",
        "#!/bin/sh\nstty -echo; read -s PASSWORD\n",
        "if true; then read -r -p 'x' y; fi\n",
        "cat <<EOF\nread\nEOF\nread -n 1 -p x\n",
    ],
)
def test_a_shell_script_that_asks_is_found(text: str, tmp_path: Path) -> None:
    assert codes("Run `scripts/a.sh`.\n", tmp_path, {"scripts/a.sh": text}) == ["SK423"]


@pytest.mark.parametrize(
    "text",
    [
        "# read -p 'x' y\n",
        "echo 'read -p x'\n",
        "cat <<'EOF'\nread -p x y\nEOF\n",
        "echo y | read -p x z\n",
        "while read -r line; do echo; done < f\n",
        "read -p x y <<< z\n",
        "thread -p x\n",
        'IFS=: read -ra parts <<< "$2"\n',
        "select_tea -p in\n",
    ],
)
def test_a_shell_script_that_does_not_ask_is_left_alone(text: str, tmp_path: Path) -> None:
    assert codes("Run `scripts/a.sh`.\n", tmp_path, {"scripts/a.sh": text}) == []


def test_a_script_that_can_be_told_beforehand_is_a_note(tmp_path: Path) -> None:
    text = "import sys\n\nif '--yes' not in sys.argv:\n    input('Sure? ')\n    input('Really? ')\n"
    (finding,) = check("Run `scripts/a.py`.\n", tmp_path, {"scripts/a.py": text})
    assert (finding.line, finding.column, finding.severity) == (4, 5, Severity.NOTE)
    assert finding.message == "the script waits for somebody to type here ('input('), and once more"


def test_what_a_skill_copies_or_tests_may_ask(tmp_path: Path) -> None:
    files = {"assets/a.py": "input('x')\n", "tests/b.py": "input('x')\n", "scripts/c.template.sh": "read -p x y\n"}
    assert codes("`assets/a.py` c.template.sh\n", tmp_path, files) == []


@pytest.mark.parametrize(
    ("command", "package"),
    [
        ("npx some-tool --fast", "some-tool"),
        ("npx @scope/tool", "@scope/tool"),
        ("npx tool@latest", "tool@latest"),
        ("npx -y jest", "jest"),
        ("bunx tool", "tool"),
        ("pnpm dlx create-x@next .", "create-x@next"),
        ("uvx ruff check", "ruff"),
        ("uvx --from kettle kettle-cli", "kettle"),
        ("pipx run --python 3.12 black .", "black"),
        ("uv tool run x", "x"),
        ("cd a && npx tool", "tool"),
        ("$ npx tool", "tool"),
        ("claude mcp add x -- npx -y tool", "tool"),
    ],
)
def test_a_package_without_a_version_is_found(command: str, package: str, tmp_path: Path) -> None:
    (finding,) = check(f"```sh\n{command}\n{command}\n```\n", tmp_path)
    assert (finding.code, finding.line, finding.severity) == ("SK424", 5, Severity.NOTE)
    assert finding.message == f"{package!r} is fetched and run in whatever version is the latest"


@pytest.mark.parametrize(
    "command",
    [
        "npx tool@1.2.3",
        "npx @scope/tool@^2",
        "npx ./tool",
        "npx --no-install tool",
        "npx tsc --noEmit",
        "npx $TOOL",
        "npx <package>",
        "# npx tool",
        "echo 'npx tool'",
        "uvx ruff@0.14.1",
        "uvx --from kettle==1.0 kettle-cli",
        "npx",
        "pipx run black==25.1",
        "uvx --from git+https://example.org/x tool",
        "npm run npx",
        "command -v npx > /dev/null",
    ],
)
def test_a_package_with_a_version_or_of_the_project_is_left_alone(command: str, tmp_path: Path) -> None:
    assert codes(f"```sh\n{command}\n```\n\n```js\nnpx tool\n```\n", tmp_path) == []


def test_commands_are_told_apart_from_quotes_comments_and_here_documents() -> None:
    text = "a 'b; c' \"d | e\" # f; g\nX=1 sudo h | i && j\ncat <<-END; k\n\tl\n\tEND\nm \\; n\n"
    assert [(command.text, command.line, command.is_piped) for command in commands(text)] == [
        ("a 'b; c' \"d | e\"", 1, False),
        ("h", 2, False),
        ("i", 2, True),
        ("j", 2, False),
        ("cat <<-END", 3, False),
        ("k", 3, False),
        ("m \\; n", 6, False),
    ]


def test_of_a_skill_that_cannot_be_read_no_file_is_called_unmentioned(tmp_path: Path) -> None:
    skill = lay_out({"tea/SKILL.md": "x", "tea/notes.txt": "x"}, tmp_path)
    assert [finding.code for finding in findings(skill, CHECKS)] == ["SK411"]
    (tmp_path / "tea/SKILL.md").write_bytes(b"Read \xe9 and `notes.txt`.")
    broken = read_skill(skill.path, skill.shown_as)
    assert findings(broken, CHECKS) == []
