"""The best agent first, and others where it does not come to an end.

run_with_fallback: each has the time limit to itself; the first success is the result.
"""

from __future__ import annotations

from offline import offline_session

from pytest_orchestrator import ModelRequest, ProgressEvent, run_with_fallback

events: list[ProgressEvent] = []


def model(request: ModelRequest) -> object:
    if "everything" in request.prompt:
        return {"hang": True}
    if "modules" in request.prompt:
        return {"error": {"status": 400, "message": "the prompt is too long"}}
    return "The three largest files are a.py, b.py and c.py."


with offline_session("fallback", model) as create_process:
    attempts = [
        create_process("Analyse everything.", "advanced", timeout=1),
        create_process("Analyse the modules.", "standard"),
        create_process("Analyse the largest files.", "basic"),
    ]
    result = run_with_fallback(attempts, timeout=20, on_progress=events.append)

for event in events:
    if event.stage == "ended" and event.result is not None:
        print(f"{event.process_id}: {event.result.status}")
print(result.output)
