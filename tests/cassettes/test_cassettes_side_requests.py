"""What the command lines ask for themselves uses up no reply of a script."""

from __future__ import annotations

import json
from typing import Any

import pytest
from model_clients import CODE_MODE, MessagesClient, ResponsesClient, said

from pytest_orchestrator import ModelEndpoint

CLAUDE = "claude-cli/2.1.330 (external, cli)"
SCHEMA = {
    "type": "object",
    "properties": {
        "title": {"type": "string"},
        "isNewTopic": {"type": "boolean"},
        "kind": {"enum": ["a", "b"]},
        "count": {"anyOf": [{"type": "integer"}, {"type": "null"}]},
        "tags": {"type": "array"},
    },
}
SUMMARY = "Your task is to create a detailed summary of the conversation so far, paying close attention"


def asked(**more: Any) -> tuple[str, str]:
    """Return what a request of Claude Code is answered, and what it was taken for."""
    tools = more.pop("tools", [])
    with ModelEndpoint(["Scripted."]) as endpoint:
        client = MessagesClient(endpoint.url, "Restart all the pods of the shop", "s1", CLAUDE, tools=tools)
        message = client.ask(**more)
        return said(message), endpoint.requests[0].purpose


@pytest.mark.parametrize(
    "system",
    [
        "Generate a concise, sentence-case title (3-7 words) that captures the main topic",
        [{"type": "text", "text": "Generate a short kebab-case name (2-4 words)"}],
    ],
)
def test_a_title_is_made_of_the_prompt(system: Any) -> None:
    assert asked(system=system) == ("Restart all the pods of the", "side")


@pytest.mark.parametrize("key", ["output_config", "output_format"])
def test_an_answer_with_a_schema_fits_it(key: str) -> None:
    form = {"type": "json_schema", "schema": SCHEMA}
    answer, purpose = asked(**{key: {"format": form} if key == "output_config" else form})
    assert purpose == "side"
    assert json.loads(answer) == {
        "title": "Restart all the pods of the",
        "isNewTopic": False,
        "kind": "a",
        "count": 0,
        "tags": [],
    }


def test_a_check_of_the_quota_is_answered() -> None:
    assert asked(max_tokens=1) == ("ok", "side")


def test_a_turn_without_tools_is_a_turn_all_the_same() -> None:
    assert asked(system="You are a Claude agent.") == ("Scripted.", "turn")


def test_a_summary_of_the_conversation_repeats_its_prompt() -> None:
    with ModelEndpoint([{"run": "ls"}, "Done."]) as endpoint:
        client = MessagesClient(endpoint.url, "Restart the pods", "s1", CLAUDE)
        client.ask()
        client.give("a.txt")
        before = list(client.messages)
        client.say(SUMMARY)
        assert said(client.ask()) == "<summary>\nRestart the pods\n</summary>"
        client.messages = before
        assert said(client.ask()) == "Done."
        assert [request.purpose for request in endpoint.requests] == ["turn", "side", "turn"]


FILE_PATHS = "Extract any file paths that this command reads or modifies. For commands like"
NO_PATHS = "<is_displaying_contents>\nfalse\n</is_displaying_contents>\n\n<filepaths>\n</filepaths>"
BASH = "Your task is to process Bash commands that an AI coding agent wants to run."


@pytest.mark.parametrize(
    ("system", "prompt", "answer"),
    [
        (FILE_PATHS, "Command: ls", NO_PATHS),
        (BASH, "Command: ls", "none"),
        ("Something new", "What next?", "What next?"),
    ],
)
def test_what_a_session_with_tools_asks_without_any_is_no_turn(system: str, prompt: str, answer: str) -> None:
    with ModelEndpoint([{"run": "ls"}, "Done."]) as endpoint:
        main = MessagesClient(endpoint.url, "Restart the pods", "s1", CLAUDE)
        main.ask()
        assert said(MessagesClient(endpoint.url, prompt, "s1", CLAUDE, tools=[]).ask(system=system)) == answer
        main.give("a.txt")
        assert said(main.ask()) == "Done."
        other = MessagesClient(endpoint.url, prompt, "s2", CLAUDE, tools=[])
        assert other.post(system=system).json["error"]["message"].startswith("the reply runs the command 'ls'")


def test_a_script_may_summarize_a_web_page() -> None:
    page = {"when": {"prompt": "Web page content:"}, "say": "It is about pods."}
    with ModelEndpoint([page, {"tool": "WebFetch", "input": {"url": "http://127.0.0.1/"}}]) as endpoint:
        MessagesClient(endpoint.url, "Fetch it", "s1", CLAUDE).ask()
        fetched = MessagesClient(endpoint.url, "\nWeb page content:\n---\nPods", "s1", CLAUDE, tools=[])
        assert said(fetched.ask()) == "It is about pods."


def test_what_another_client_asks_is_always_a_turn() -> None:
    with ModelEndpoint(["Scripted."]) as endpoint:
        assert said(MessagesClient(endpoint.url, SUMMARY, tools=[]).ask(max_tokens=1)) == "Scripted."


@pytest.mark.parametrize(("kind", "purpose"), [("turn", "turn"), ("compact", "side"), ("title", "side")])
def test_codex_says_itself_what_a_request_is_for(kind: str, purpose: str) -> None:
    with ModelEndpoint(["Scripted."]) as endpoint:
        client = ResponsesClient(endpoint.url, "Restart the pods")
        client.items.insert(0, CODE_MODE)
        client.headers["x-codex-turn-metadata"] = json.dumps({"request_kind": kind})
        (message,) = client.ask()
        assert endpoint.requests[0].purpose == purpose
    assert message["content"][0]["text"] == ("Scripted." if purpose == "turn" else "Restart the pods")
