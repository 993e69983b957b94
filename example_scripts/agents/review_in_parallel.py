"""Several agents look at one change at the same time; one of them does not succeed.

run_parallel: results come in the order of completion, and what fails is a result like any other.
"""

from __future__ import annotations

import sys

from offline import offline_session

from pytest_orchestrator import LiveTable, ModelRequest, run_parallel

FIELDS = {
    "security": "The token is written to the log.",
    "performance": "One query for each row.",
    "style": "Nothing to add.",
}


def model(request: ModelRequest) -> object:
    field = request.prompt.split()[1]
    return FIELDS.get(field, {"error": {"status": 400, "message": f"what is {field}?"}})


with offline_session("review", model) as create_process:
    agents = [create_process(f"Review {field} of the last commit.", field) for field in [*FIELDS, "karma"]]
    # On a terminal this is a table, drawn again in its place; elsewhere it is a line for each step.
    results = run_parallel(agents, max_workers=3, on_progress=LiveTable() if sys.stderr.isatty() else None)

for result in sorted(results, key=lambda result: result.process_id):
    print(f"{result.process_id}: {result.output if result.ok else result.status}")
print(f"{sum(result.ok for result in results)} of {len(results)} succeeded")
