"""Experts who decide on a release, each for a field of their own; security counts twice.

expert_panel: the votes are counted, who dissents is named, and a moderator sums the opinions up.
"""

from __future__ import annotations

from offline import offline_session

from pytest_orchestrator import ModelRequest, expert_panel

OPINIONS = {
    "security": "A known hole is still open. VOTE: no",
    "quality": "All tests are green. VOTE: yes",
    "product": "Customers wait for it. VOTE: yes",
    "legal": "I have not read the licence yet.",
}


def model(request: ModelRequest) -> str:
    if "Sum up" in request.prompt:
        return f"{request.prompt.count('VOTE')} of {request.prompt.count('Output of')} opinions are clear."
    return OPINIONS[request.prompt.split()[2]]


with offline_session("panel", model) as create_process:
    experts = [create_process(f"Look at {field} of release 2.0.", field) for field in OPINIONS]
    found = expert_panel(
        experts,
        how="weighted",
        weights={"security": 2.5},
        extract=r"VOTE: (yes|no)",
        moderator=create_process("Sum up the opinions.", "moderator"),
    )

vote = found.aggregate
print(f"release: {vote.answer} ({vote.why})")
print(f"dissent: {', '.join(one.process_id for one in vote.dissent)}")
print(f"no vote: {', '.join(f'{one.process_id}, {one.why}' for one in vote.silent)}")
if found.summary is not None:
    print(found.summary.output)
