"""Two agents who argue, read one another, and argue again, until they agree or the rounds are over.

debate: from the second round on each reads what all said in the round before.
"""

from __future__ import annotations

from offline import offline_session

from pytest_orchestrator import ModelRequest, debate


def model(request: ModelRequest) -> str:
    if "Write down" in request.prompt:
        return "Decision: a queue, because a crash loses nothing."
    if "what if it crashes" in request.prompt:  # it has been read
        return "CHOICE: queue. A crash must lose nothing."
    return (
        "CHOICE: queue. Else, what if it crashes?" if "careful" in request.prompt else "CHOICE: thread. It is simple."
    )


with offline_session("debate", model) as create_process:
    found = debate(
        [
            create_process("You like it simple. Thread or queue?", "simple"),
            create_process("You are careful. Thread or queue?", "careful"),
        ],
        rounds=3,
        extract=r"CHOICE: (\w+)",
        judge=create_process("Write down what was decided.", "judge"),
    )

for number, results in enumerate(found.rounds, 1):
    print(f"round {number}: {' / '.join(result.output.partition('.')[0] for result in results)}")
print(f"agreed: {found.is_agreed}")
print(found.answer)
