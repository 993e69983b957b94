"""A session of real agents against a scripted model: budgets that end them, and a program that dies and goes on."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from process_watch import until
from session_programs import Programs, programs_in

from pytest_orchestrator import (
    AgentCli,
    AgentSettings,
    ClaudeParser,
    Launch,
    ModelEndpoint,
    OrchestratorSession,
    register_agent_cli,
    run_parallel,
    run_sequential,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

TINY = Path(__file__).resolve().parents[2] / "example_scripts" / "agents" / "tiny_agent.py"


def _arguments(launch: Launch) -> list[str]:
    return [str(TINY), "-p", *launch.extra_args]


register_agent_cli(AgentCli("tiny", sys.executable, _arguments, ClaudeParser))


class AsClaude:
    """An endpoint for an agent that speaks as Claude Code does."""

    def __init__(self, endpoint: ModelEndpoint) -> None:
        self._endpoint = endpoint

    def agent_settings(self, cli_name: str) -> AgentSettings:
        settings = self._endpoint.agent_settings("claude")
        return AgentSettings({name: value for name, value in settings.env.items() if name.startswith("ANTHROPIC_")})


@pytest.fixture
def programs(tmp_path: Path) -> Iterator[Programs]:
    with programs_in(tmp_path) as programs:
        yield programs


def session(directory: Path, **given: Any) -> OrchestratorSession:
    return OrchestratorSession("real", directory, cli="tiny", **given)


def test_tokens_of_real_agents_count_while_they_work(tmp_path: Path) -> None:
    # A model takes its time. Without any, an agent burns thousands of tokens between two looks at its output.
    usage = {"input_tokens": 50, "output_tokens": 50}
    replies = [{"run": "echo one", "times": "always", "delay": 0.05, "usage": usage}]
    with ModelEndpoint(replies) as endpoint, session(tmp_path, budget_tokens=400) as made:
        agents = [made.create_process("Go on", stream_output=False, endpoint=AsClaude(endpoint)) for _ in range(2)]
        results = run_parallel(agents)
        last = made.create_process("Go on", stream_output=False, endpoint=AsClaude(endpoint)).run()
    assert {(str(result.status), result.limit.name if result.limit else None) for result in results} == {
        ("failed", "budget_tokens")
    }
    assert any(result.transcript and result.transcript.tool_calls for result in results)
    assert str(last.status) == "not_run"
    assert made.budget is not None
    assert 400 < made.budget.spent[1] < 4000


def test_a_pipeline_of_real_agents_goes_on_where_its_program_died(programs: Programs, tmp_path: Path) -> None:
    program = programs.start("""
import test_agents_session_real_agent as real
plan = {"when": {"prompt": {"equals": "Make a plan"}}, "say": "A plan of three steps."}
endpoint = real.ModelEndpoint([plan, {"run": "echo x >> ran; touch hangs; sleep 60"}])
made = real.session(Path.cwd())
say(made.session_id)
stages = [quiet(made, text, name, endpoint=real.AsClaude(endpoint)) for name, text in
          (("plan", "Make a plan"), ("act", "Follow it"))]
real.run_sequential(stages, pass_output=True)
""")
    name = program.says()
    until((tmp_path / "hangs").exists, "the work of the second")
    program.kill()
    replies = [{"run": "echo y >> ran"}, {"say": "Done."}]
    with ModelEndpoint(replies) as endpoint, session(tmp_path, resume=name) as made:
        stages = [
            made.create_process(text, name, stream_output=False, endpoint=AsClaude(endpoint))
            for name, text in (("plan", "Make a plan"), ("act", "Follow it"))
        ]
        results = run_sequential(stages, pass_output=True)
        prompts = [request.prompt for request in endpoint.requests]
    assert [result.output for result in results] == ["A plan of three steps.", "Done."]
    assert (tmp_path / "ran").read_text() == "x\ny\n"
    assert len(prompts) == 2, "the first stage did not ask again"
    assert "A plan of three steps." in prompts[0]
