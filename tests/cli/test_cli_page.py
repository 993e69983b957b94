"""The reference page of the command line tells of every option, and shows what really comes out."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from cli_runs import command

from pytest_orchestrator.cli import main

PAGE = (Path(__file__).resolve().parents[2] / "docs/reference/command-line.md").read_text(encoding="utf-8")


def section(name: str) -> str:
    start = PAGE.index(f"\n## {name}\n")
    end = PAGE.find("\n## ", start + 1)
    return PAGE[start : end if end > 0 else None]


@pytest.mark.parametrize("name", ["run", "docs", "report", "schema"])
def test_every_option_of_a_command_is_on_the_page_and_no_other(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([name, "--help"]) == 0
    text = capsys.readouterr().out
    listed = text[text.index("\noptions:") :].partition("\n\n")[0]
    real = set(re.findall(r"(?<![\w-])--?[a-z][a-z-]*", listed)) - {"-h", "--help"}
    told = section(name).partition("\n```")[0]
    named = {
        word for row in re.findall(r"^\| (`.*?) \|", told, re.MULTILINE) for word in re.findall(r"--?[a-z-]+", row)
    }
    usage = re.findall(r"(?<![\w-])-[a-z]\b", told.splitlines()[3])
    assert real - {"--output"} == named | set(usage)


def test_what_a_dry_run_shows_is_what_the_page_shows(tmp_path: Path) -> None:
    blocks = re.findall(r"^```(?:sh|yaml) (\S+)\n(.*?)^```$", section("run"), re.MULTILINE | re.DOTALL)
    for name, text in blocks:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    (tmp_path / "pyproject.toml").touch()
    (shown,) = re.findall(r"^\$ .*--dry-run\n(.*?)^```$", section("run"), re.MULTILINE | re.DOTALL)
    printed = command(tmp_path, "run", "--dry-run").stdout.replace(str(tmp_path), "/home/me/project")
    normal = [re.sub(r"in [\d.]+s|\S+/sh(?= )", "…", text) for text in (shown, printed)]
    assert normal[0] == normal[1]
