"""The examples in ``example_scripts/agents``: what each strategy and pattern prints, and nothing left."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from uuid import uuid4

import pytest
from process_watch import with_environment

ROOT = Path(__file__).resolve().parents[2] / "example_scripts" / "agents"
NO_EXAMPLES = {"tiny_agent.py", "offline.py", "scripted_model.yaml"}

PRINTED = {
    "scripted_model": """
the agent says: 2 of 3 services are up.
requests: 4, without a reply: 0
""",
    "review_in_parallel": """
karma: failed
performance: One query for each row.
security: The token is written to the log.
style: Nothing to add.
3 of 4 succeeded
""",
    "pipeline": """
find: passed
plan: passed
mend: passed
Done as planned: True
""",
    "fall_back": """
advanced: timeout
standard: failed
basic: passed
The three largest files are a.py, b.py and c.py.
""",
    "batches": """
api.py: FAULT in api.py, attempts: 1
cli.py: fine, attempts: 1
db.py: FAULT in db.py, attempts: 2
Files with faults: 2
""",
    "with_asyncio": """
done: 3, the loop went on meanwhile: True
out of time: nothing is left running
""",
    "versions": """
answer: 16 (majority: 2 of 3 votes)
others said: 17
""",
    "design_debate": """
round 1: CHOICE: thread / CHOICE: queue
round 2: CHOICE: queue / CHOICE: queue
agreed: True
Decision: a queue, because a crash loses nothing.
""",
    "cheap_first": """
small: Confidence: 40 %
middle: Confidence: 90 %
accepted: middle, not asked: large
""",
    "release_panel": """
release: no (weighted: 2.5 of 4.5 weight)
dissent: quality, product
no vote: legal, no answer in its output
3 of 4 opinions are clear.
""",
}


@pytest.mark.parametrize("name", PRINTED)
def test_an_example_prints_what_came_of_it_and_leaves_nothing(name: str, tmp_path: Path) -> None:
    mark = f"EXAMPLE_AGENTS_MARK={uuid4().hex}"
    variable, _, value = mark.partition("=")
    environment = {key: text for key, text in os.environ.items() if not key.startswith(("EXAMPLE_", "PYTEST"))}
    (tmp_path / "tmp").mkdir()
    done = subprocess.run(
        [sys.executable, str(ROOT / f"{name}.py")],
        cwd=tmp_path,
        env={**environment, variable: value, "TMPDIR": str(tmp_path / "tmp"), "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        timeout=100,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == PRINTED[name].removeprefix("\n")
    assert with_environment(mark) == {}
    assert [path.name for path in tmp_path.iterdir()] == ["tmp"]
    # The directory of this user, which all programs share.
    left = [path.name for path in (tmp_path / "tmp").rglob("*") if path.is_file()]
    assert [name for name in left if name != ".lock"] == []


def test_every_example_is_in_the_table_above() -> None:
    files = {path.name for path in ROOT.iterdir() if path.is_file()}
    assert files - NO_EXAMPLES == {f"{name}.py" for name in PRINTED}
