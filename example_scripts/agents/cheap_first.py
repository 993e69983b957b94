"""A cheap model first, and stronger ones only where its answer is not good enough.

cascade: `accept` decides; what an answer costs is in the results.
"""

from __future__ import annotations

from offline import offline_session

from pytest_orchestrator import ModelRequest, cascade

CONFIDENCE = {"small": 40, "middle": 90, "large": 99}


def model(request: ModelRequest) -> str:
    return f"Lines 4 to 9 are never reached. Confidence: {CONFIDENCE[request.model]} %"


with offline_session("cascade", model) as create_process:
    levels = [create_process("Is there dead code?", name, model=name) for name in CONFIDENCE]
    found = cascade(levels, accept=lambda result: int(result.output.split()[-2]) >= 80)

for result in found.results:
    print(f"{result.process_id}: {result.output.partition('. ')[2]}")
print(f"accepted: {found.result.process_id}, not asked: {', '.join(list(CONFIDENCE)[len(found.results) :])}")
