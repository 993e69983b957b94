#!/usr/bin/env python3
"""An agent at work with a script in place of its model: offline, the same each time, in a tenth of a second.

The script is `scripted_model.yaml`. The agent is real: it writes the file and runs the commands that the script tells
it to, and reports back what they print.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from pytest_orchestrator import ModelEndpoint

HERE = Path(__file__).resolve().parent


def main() -> int:
    with ModelEndpoint(HERE / "scripted_model.yaml") as endpoint, tempfile.TemporaryDirectory() as workspace:
        done = subprocess.run(
            [sys.executable, str(HERE / "tiny_agent.py"), "--allowedTools", "Bash,Write"],
            input="Write a script that counts the services that are up, and run it",
            env={**os.environ, **endpoint.agent_settings("tiny").env},
            cwd=workspace,
            capture_output=True,
            text=True,
            timeout=20,
            check=False,
        )
        requests, unmatched = len(endpoint.requests), endpoint.unmatched
    result = json.loads(done.stdout.splitlines()[-1])
    print(f"the agent says: {result['result']}")
    print(f"requests: {requests}, without a reply: {len(unmatched)}")
    return done.returncode


if __name__ == "__main__":
    sys.exit(main())
