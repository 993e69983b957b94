"""Many conversations at once, told apart by what they say."""

from __future__ import annotations

import json
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from model_clients import MessagesClient, ResponsesClient, said

from pytest_orchestrator import ModelEndpoint, ModelRequest

COUNT = 50
SCRIPT: list[Any] = [
    {"run": "step 1"},
    {"when": {"result": "done 1"}, "run": "step 2"},
    {"when": {"result": "done 2"}, "say": "Finished."},
]


def play(client: MessagesClient) -> str:
    first = client.ask()
    assert first["content"][0]["input"]["command"] == "step 1"
    client.give("done 1")
    assert client.ask()["content"][0]["input"]["command"] == "step 2"
    client.give("done 2")
    return said(client.ask())


def together(clients: list[MessagesClient]) -> list[str]:
    """Play all conversations at once: none goes on before each has begun."""
    barrier = threading.Barrier(len(clients))

    def work(client: MessagesClient) -> str:
        barrier.wait(20)
        return play(client)

    with ThreadPoolExecutor(len(clients)) as pool:
        return list(pool.map(work, clients))


@pytest.mark.parametrize("has_sessions", [True, False])
@pytest.mark.parametrize("has_prompts", [True, False])
def test_fifty_at_once_each_get_their_own_script(has_sessions: bool, has_prompts: bool) -> None:
    with ModelEndpoint(SCRIPT) as endpoint:
        clients = [
            MessagesClient(
                endpoint.url, f"Task {number}" if has_prompts else "The task", f"s{number}" if has_sessions else ""
            )
            for number in range(COUNT)
        ]
        assert together(clients) == ["Finished."] * COUNT
        assert endpoint.unmatched == ()
        assert len(endpoint.requests) == 3 * COUNT
    ids = [
        block["id"]
        for client in clients
        for message in client.messages
        if message["role"] == "assistant"
        for block in message["content"]
        if block["type"] == "tool_use"
    ]
    assert len(set(ids)) == 2 * COUNT


def test_the_answer_does_not_depend_on_who_came_first() -> None:
    script: list[Any] = [
        {"when": {"prompt": "a"}, "replies": ["First of a.", "Second of a."]},
        {"when": {"prompt": "b"}, "replies": ["First of b.", "Second of b."]},
    ]
    told = []
    for order in ("ab", "ba"):
        with ModelEndpoint(script) as endpoint:
            clients = {name: MessagesClient(endpoint.url, name) for name in order}
            first = {name: client.ask() for name, client in clients.items()}
            for client in clients.values():
                client.say("Go on")
            second = {name: clients[name].ask() for name in reversed(order)}
        told.append({name: (first[name], second[name]) for name in "ab"})
    assert told[0] == told[1]
    assert said(told[0]["b"][1]) == "Second of b."


@pytest.mark.parametrize("session", ["", "s1"])
def test_a_client_that_tries_again_goes_on_with_its_conversation(session: str) -> None:
    with ModelEndpoint([{"error": 429}, {"error": 529}, "Here I am."]) as endpoint:
        client = MessagesClient(endpoint.url, session=session)
        assert client.post().status == 429
        assert client.post().status == 529
        assert said(client.ask()) == "Here I am."


def test_clients_without_a_session_that_ask_the_same_are_still_several() -> None:
    with ModelEndpoint(["One.", "Two."]) as endpoint:
        clients = [MessagesClient(endpoint.url) for _ in range(3)]
        assert [said(client.ask()) for client in clients] == ["One."] * 3


def test_words_tell_them_apart_where_nothing_else_does() -> None:
    def script(request: ModelRequest) -> str:
        return f"{request.turn}: {request.user_text}"

    with ModelEndpoint(script) as endpoint:
        clients = [MessagesClient(endpoint.url) for _ in range(2)]
        for client in clients:
            client.ask()
        for number, client in enumerate(clients):
            client.say(f"I am {number}")
            assert said(client.ask()) == f"2: I am {number}"


def test_a_sub_agent_has_a_conversation_of_its_own_in_the_session() -> None:
    script: list[Any] = [
        {"when": {"prompt": "Look into"}, "replies": [{"run": "ls"}, "Looked."]},
        {"tool": "Task", "input": {"prompt": "Look into it"}},
        "Delegated.",
    ]
    with ModelEndpoint(script) as endpoint:
        main = MessagesClient(endpoint.url, "Delegate", "s1")
        assert main.ask()["content"][0]["name"] == "Task"
        sub = MessagesClient(endpoint.url, "Look into it", "s1")
        sub.ask()
        sub.give("a.txt")
        assert said(sub.ask()) == "Looked."
        main.give("Looked.")
        assert said(main.ask()) == "Delegated."


def test_a_conversation_that_is_resumed_under_another_session_goes_on() -> None:
    with ModelEndpoint([{"run": "one"}, "Two.", "Three."]) as endpoint:
        client = MessagesClient(endpoint.url, session="s1")
        client.ask()
        client.give("done")
        client.ask()
        client.session = "s2"
        client.say("And?")
        assert said(client.ask()) == "Three."


SESSION = "c92d4dc5-6997-46b7-ad37-06300f8e009a"


@pytest.mark.parametrize(
    "user_id", [f"user_1f_account__session_{SESSION}", json.dumps({"device_id": "1f", "session_id": SESSION})]
)
def test_a_claude_that_names_its_session_elsewhere_is_known_as_well(user_id: str) -> None:
    with ModelEndpoint(["x"]) as endpoint:
        MessagesClient(endpoint.url).ask(metadata={"user_id": user_id})
        assert endpoint.requests[0].session == SESSION


@pytest.mark.parametrize("name", ["thread-id", "conversation_id", "session-id", "session_id"])
def test_a_codex_that_names_its_session_elsewhere_is_known_as_well(name: str) -> None:
    with ModelEndpoint(["x", "x"]) as endpoint:
        ResponsesClient(endpoint.url, headers={name: SESSION}).ask()
        ResponsesClient(endpoint.url).post(prompt_cache_key=SESSION)
        assert [request.session for request in endpoint.requests] == [SESSION, SESSION]


def test_one_endpoint_speaks_both_dialects_at_once() -> None:
    with ModelEndpoint([{"run": "ls"}, "Done."]) as endpoint:
        claude, codex = MessagesClient(endpoint.url), ResponsesClient(endpoint.url, session="t")
        claude.ask()
        codex.ask()
        claude.give("a")
        codex.give("Process exited with code 0\nOutput:\na")
        assert said(claude.ask()) == codex.ask()[0]["content"][0]["text"] == "Done."
        assert [request.dialect for request in endpoint.requests] == ["anthropic", "openai"] * 2
