"""The same question three times over; the answer of the majority counts.

n_version: copies of one process run in parallel, and a vote selects one of the results.
"""

from __future__ import annotations

import itertools

from offline import offline_session

from pytest_orchestrator import ModelRequest, n_version

numbers = itertools.count(1)


def model(_: ModelRequest) -> str:
    # Several agents ask at the same time; each gets a number of its own.
    number = next(numbers)
    return "Probably.\nANSWER: 17" if number == 2 else f"I counted them, for the {number}. time.\nANSWER: 16"


with offline_session("versions", model) as create_process:
    found = n_version(create_process("How many endpoints has the service?", "count"), 3, extract=r"^ANSWER: (\d+)$")

assert found.aggregate is not None
print(f"answer: {found.aggregate.answer} ({found.why})")
print(f"others said: {', '.join(str(vote.answer) for vote in found.aggregate.dissent)}")
