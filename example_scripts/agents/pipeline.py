"""One agent after another, each reading what the one before it said.

run_sequential: `pass_output` says what is passed on, here one line of each answer; a failure ends the pipeline.
"""

from __future__ import annotations

from offline import offline_session

from pytest_orchestrator import ModelRequest, run_sequential


def model(request: ModelRequest) -> object:
    asked = request.prompt
    if "Find" in asked:
        return "I read 40 files.\nRESULT: parse() is called twice\nThat took me a while."
    if "Plan" in asked:
        assert "40 files" not in asked
        return f"RESULT: call it once ({asked.count('twice')} finding)"
    return f"Done as planned: {'call it once' in asked}"


with offline_session("pipeline", model) as create_process:
    stages = [
        create_process("Find what is slow.", "find"),
        create_process("Plan how to mend it.", "plan"),
        create_process("Mend it.", "mend"),
    ]
    results = run_sequential(stages, pass_output=r"^RESULT: (.*)$", stop_on_failure=True)

for result in results:
    print(f"{result.process_id}: {result.status}")
print(results[-1].output)
