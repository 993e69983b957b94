"""The document that reports are made of at the end of a run is the one that ``results.jsonl`` gives."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

CONFTEST = """
    import pytest
    from pytest_orchestrator.reports.reader import read_results

    def pytest_orchestrator_report_sections(config, document):
        return [("Mine", "**seen**")]

    def pytest_unconfigure(config):
        session = config.pluginmanager.get_plugin("orchestrator-session")
        recorder = None if session is None else session._recorder
        if recorder is not None:
            found = read_results(recorder.directory.path / "results.jsonl")
            assert recorder.document is not None
            assert recorder.document.rows == found.rows
            same = recorder.document == found
            (config.rootpath / "same.txt").write_text(f"{same} {len(found.rows)}")
"""


def tree_of_all_kinds(root: Path) -> None:
    """Write scripts and a workflow that end in every way."""
    scripts = root / "scripts"
    scripts.mkdir()
    (scripts / "fails.sh").write_text("echo out; echo err >&2; exit 3\n")
    (scripts / "leaves.sh").write_text("sleep 60 &\n")
    (scripts / "passes.sh").write_text("echo fine\n")
    (scripts / "flaky.sh").write_text("test -f seen || { touch seen; exit 1; }\n")
    (scripts / "slow.sh").write_text("sleep 60\n")
    (scripts / "skipped.sh").write_text("true\n")
    (scripts / "xfails.sh").write_text("exit 1\n")
    (scripts / "\u00fcber\u2028 [x].sh").write_text("true\n")
    (scripts / "bytes.sh").write_text("printf '\\\\377\\\\205\\\\n'; exit 1\n")
    (scripts / "orchestrator.yaml").write_text(
        "scripts:\n  slow.sh: {timeout: 0.3, grace: 0.1}\n  skipped.sh: {skip: not today}\n"
        "  xfails.sh: {xfail: known}\n  flaky.sh: {retry: 2}\n"
    )
    (root / "flow.workflow.yaml").write_text("tasks:\n  one: {run: echo one}\n  two: {run: exit 1, needs: one}\n")


@pytest.mark.parametrize("workers", [(), ("-n2",), ("-n2", "--dist=each")], ids=["one", "load", "each"])
def test_what_was_gathered_is_what_would_be_read(pytester: pytest.Pytester, workers: tuple[str, ...]) -> None:
    pytester.makeconftest(CONFTEST)
    tree_of_all_kinds(pytester.path)
    run = pytester.runpytest_subprocess("--orchestrate", "scripts", "flow.workflow.yaml", *workers)
    items = 10 * (2 if "--dist=each" in workers else 1)
    assert (pytester.path / "same.txt").read_text() == f"True {items}", run.stdout.str()
    assert "**seen**" in (pytester.path / ".orchestrator" / "report.md").read_text()
