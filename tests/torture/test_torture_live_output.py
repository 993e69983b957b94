"""With ``-s`` all output is shown while scripts run, each line under the name of the script that wrote it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from torture_sessions import SECRET, WAYS, Torture

if TYPE_CHECKING:
    from pathlib import Path

COUNT = 30


@pytest.mark.parametrize("way", ["jobs 1", "jobs 4"])
def test_every_line_is_shown_once_and_under_its_own_name(way: str, tmp_path: Path) -> None:
    project = Torture(tmp_path)
    for number in range(COUNT):
        # Much output at once fills every buffer on the way.
        text = f"echo start-{number}; head -c {number % 3 * 60_000} /dev/zero | tr '\\0' x; echo; echo → $MY_PASSWORD"
        project.script(f"s{number}.sh", f"{text}; printf end-{number}\n")
    with project.session(*WAYS[way], "-s") as session:
        assert session.wait() == 0
        output = session.output
    for word in ("start", "end"):
        shown = re.findall(rf"(?:\bs(\d+)\.sh: )?\b{word}-(\d+)$", output, re.MULTILINE)
        assert sorted(int(number) for _, number in shown) == list(range(COUNT))
        assert all(name in ("", number) for name, number in shown)
        assert {bool(name) for name, _ in shown} == {way == "jobs 4"}
    assert output.count("→ [redacted]") == COUNT
    assert SECRET not in output


def test_every_attempt_is_shown(tmp_path: Path) -> None:
    project = Torture(tmp_path)
    project.script("flaky.sh", "echo x >> count; echo attempt $(wc -l < count); [ $(wc -l < count) = 3 ]\n")
    (tmp_path / "scripts" / "orchestrator.yaml").write_text("default: {retry: 3}\n")
    with project.session("-s", "-q") as session:
        assert session.wait() == 0
        assert re.findall(r"\battempt (\d)$", session.output, re.MULTILINE) == ["1", "2", "3"]


def test_a_line_too_long_to_be_shown_whole_is_cut_between_characters_and_not_in_a_secret(tmp_path: Path) -> None:
    project = Torture(tmp_path)
    line = "('\\u20ac' * 7 + os.environ['MY_PASSWORD']) * 30_000"
    project.script("long.py", f"import os, sys\nsys.stdout.buffer.write(({line}).encode())\n")
    with project.session("-s", "-q") as session:
        assert session.wait() == 0
        output = session.output
    assert SECRET not in output
    assert "\\x" not in output
    assert output.count("\N{EURO SIGN}") == 7 * 30_000
    assert output.count("[redacted]") == 30_000
