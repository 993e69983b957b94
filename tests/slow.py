"""The tests that take long: starting pytest many times, workers, time limits, other hosts, surprises by the hundred.

``pytest -m 'not slow'`` leaves them out. What is left enters every room, and needs a third of the time.
"""

from __future__ import annotations

from fnmatch import fnmatchcase
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    import pytest

TESTS = Path(__file__).parent
FILES = (
    "agents/misbehaving/*.py",
    "agents/test_agents_session_*.py",
    "agents/test_agents_strategies_*.py",
    "cli/test_cli_dry_run.py",
    "cli/test_cli_run.py",
    "collect/test_collect_agents.py",
    "collect/test_collect_ahead.py",
    "collect/test_collect_codex.py",
    "collect/test_collect_conftest.py",
    "collect/test_collect_crash.py",
    "collect/test_collect_discovery.py",
    "collect/test_collect_fast.py",
    "collect/test_collect_hooks.py",
    "collect/test_collect_ids.py",
    "collect/test_collect_interrupt.py",
    "collect/test_collect_junit.py",
    "collect/test_collect_offered_clis.py",
    "collect/test_collect_order.py",
    "collect/test_collect_reports_survive.py",
    "collect/test_collect_results.py",
    "collect/test_collect_shards.py",
    "collect/test_collect_skill_baseline.py",
    "collect/test_collect_skills.py",
    "collect/test_collect_terminal.py",
    "collect/test_collect_timeouts.py",
    "collect/test_collect_usage_errors.py",
    "contract/test_contract_cold_start.py",
    "contract/test_contract_option_parity.py",
    "docs/*.py",
    "examples/test_examples_agents.py",
    "examples/test_examples_workflows.py",
    "hosts/*.py",
    "library/test_library_engine_pool.py",
    "library/test_library_fixture.py",
    "library/test_library_old_faults.py",
    "library/test_library_run_function.py",
    "library/test_library_shipping.py",
    "matrix/*.py",
    "process/*.py",
    "reports/*_parsed.py",
    "reports/test_reports_markdown.py",
    "skills/test_skills_linear.py",
    "skills/test_skills_settled.py",
    "torture/*.py",
    "workflows/test_workflows_limits.py",
    "*/*_fuzz.py",
    "*/*_kill.py",
    "*/*_leaks.py",
    "*/*_real.py",
    "*/*_real_*.py",
)
"""Those in these files."""
WORDS = ("n2", "workers", "xdist")
"""Those with one of these in their name: three processes do what one does elsewhere."""


def mark_slow(items: Iterable[pytest.Item]) -> None:
    """Mark those of ``items`` that are slow. Raise ValueError for a pattern that no file has any more."""
    stale = [pattern for pattern in FILES if not any(TESTS.glob(pattern))]
    if stale:
        raise ValueError(f"tests/slow.py names files that are not there: {', '.join(stale)}")
    for item in items:
        path = item.path.relative_to(TESTS).as_posix() if item.path.is_relative_to(TESTS) else ""
        if any(fnmatchcase(path, pattern) for pattern in FILES) or any(word in item.name for word in WORDS):
            item.add_marker("slow")
