"""What a failure says in the terminal is true, can be pasted, and does nothing to the terminal."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from orchestrated import Project


def test_a_command_with_control_characters_is_shown_in_a_form_that_can_be_pasted(project: Project) -> None:
    project.file("scripts/a.sh", "exit 1")
    project.file("scripts/orchestrator.yaml", 'default: {args: ["\\e[31mred\\a", "two\\nlines", "it\'s"]}')
    out = project.run().out
    assert r"""scripts/a.sh $'\033[31mred\007' $'two\nlines' 'it'"'"'s'""" in out
    assert "\x07" not in out


def test_of_an_output_that_was_cut_no_number_of_lines_is_claimed(project: Project) -> None:
    project.file("scripts/cut.sh", "seq 100000; exit 1")
    project.file("scripts/short.sh", "seq 100; exit 1")
    out = project.run().out
    assert "stdout, last 20 of 100 lines:\n" in out
    assert "stdout, last 20 lines, all of it in .orchestrator/logs/scripts/cut.sh.stdout:\n" in out


def test_each_attempt_has_a_line(project: Project) -> None:
    project.file("scripts/a.sh", "exit 4")
    project.file("scripts/orchestrator.yaml", "default: {retry: {max_attempts: 2}}")
    project.run().result.stdout.re_match_lines_random([
        r"attempt:  1 of 2: exit 4, expected 0, after \d\.\d\d s", r"attempt:  2 of 2: exit 4, .*",
    ])  # fmt: skip


def test_what_was_not_started_took_no_time(project: Project) -> None:
    project.file("scripts/a.sh", "#!/no/such/interpreter\n", 0o755)
    out = project.run().out
    assert "a.sh: not startable" in out
    assert "took:" not in out


def test_a_first_line_that_was_not_honoured_is_told_when_the_script_fails(project: Project) -> None:
    project.file("scripts/configured.py", "#!/usr/bin/env ruby\nexit 1\n", 0o755)
    project.file("scripts/mode.sh", "#!/usr/bin/env python3\nexit 1\n", 0o644)
    project.file("scripts/same.py", "#!/bin/sh\nexit 1\n", 0o755)
    project.file(
        "scripts/orchestrator.yaml",
        "scripts: {configured.py: {interpreter: sh}, same.py: {interpreter: /bin/sh}}",
    )
    out = project.run().out
    assert "note:     its first line names '/usr/bin/env ruby'; `interpreter` has 'sh' run it instead\n" in out
    assert "note:     its first line names 'python3', but it is not executable, so sh runs it" in out
    assert out.count("note:     its first line names") == 2


@pytest.mark.parametrize("workers", [(), ("-n1",)], ids=["process", "n1"])
def test_paths_of_reports_can_be_pasted_where_the_user_is(project: Project, workers: tuple[str, ...]) -> None:
    project.ini("")
    project.file("deep/er/scripts/a.sh", "exit 1")
    os.chdir(project.path / "deep" / "er")
    run = project.run(*workers, "scripts")
    (log,) = [line.split()[1] for line in run.result.outlines if line.startswith("log:")]
    (report,) = [line.split()[1] for line in run.result.outlines if line.startswith("report: ")]
    assert (log, report) == ("../../.orchestrator/logs/deep/er/scripts/a.sh.json", "../../.orchestrator/report.md")
    assert os.path.exists(log)
    assert "reports ../../.orchestrator" in run.out


def test_a_report_far_from_the_user_has_its_whole_path(project: Project) -> None:
    project.file("scripts/a.sh", "exit 1")
    deep = project.path / "/".join("abcdefghijklmnopqrstuvwxyz" * 2)
    deep.mkdir(parents=True)
    project.ini("")
    os.chdir(deep)
    run = project.run(project.path / "scripts")
    assert f"log:      {project.report_dir}/logs/scripts/a.sh.json\n" in run.out
