"""Many small tasks, a few at a time, and a last agent that reads what the others found.

run_batched: a batch starts when the one before it has ended, and reads the outputs of those that succeeded. With
`retry` what fails is tried again.
"""

from __future__ import annotations

from offline import offline_session

from pytest_orchestrator import ModelRequest, run_batched

tried: list[str] = []


def model(request: ModelRequest) -> object:
    if "Sum up" in request.prompt:
        return f"Files with faults: {request.prompt.count('FAULT')}"
    name = request.prompt.split()[1]
    tried.append(name)
    if name == "db.py" and tried.count(name) == 1:
        return {"error": {"status": 400, "message": "not today"}}
    return f"FAULT in {name}" if name != "cli.py" else "fine"


with offline_session("batches", model) as create_process:
    files = ["api.py", "db.py", "cli.py"]
    agents = [create_process(f"Check {name} for faults.", name) for name in files]
    results = run_batched([*agents, create_process("Sum up.", "sum")], batch_size=3, pass_output=True, retry=2)

for result in sorted(results[:3], key=lambda result: result.process_id):
    print(f"{result.process_id}: {result.output}, attempts: {len(result.attempts) + 1}")
print(results[3].output)
