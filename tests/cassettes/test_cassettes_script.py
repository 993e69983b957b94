"""Which reply of a script a request gets."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from model_clients import MessagesClient, ResponsesClient, said

from pytest_orchestrator import ArgumentError, ConfigurationError, ModelEndpoint, ModelRequest
from pytest_orchestrator.cassettes.reply import Reply, Run

if TYPE_CHECKING:
    from pathlib import Path


def test_replies_are_used_in_order_each_once() -> None:
    with ModelEndpoint(["One.", "Two.", {"say": "Three."}]) as endpoint:
        client = MessagesClient(endpoint.url)
        texts = []
        for _ in range(3):
            texts.append(said(client.ask()))
            client.say("Go on")
        assert client.post().status == 400
    assert texts == ["One.", "Two.", "Three."]


def test_a_reply_may_be_used_several_times_or_always() -> None:
    with ModelEndpoint([{"say": "Twice.", "times": 2}, {"say": "Always.", "times": "always"}]) as endpoint:
        client = MessagesClient(endpoint.url)
        texts = []
        for _ in range(5):
            texts.append(said(client.ask()))
            client.say("Go on")
    assert texts == ["Twice.", "Twice.", "Always.", "Always.", "Always."]


def test_each_conversation_is_played_the_script_from_its_beginning() -> None:
    with ModelEndpoint(["One.", "Two."]) as endpoint:
        for prompt in ("a", "b", "c"):
            client = MessagesClient(endpoint.url, prompt)
            assert said(client.ask()) == "One."
            client.say("Go on")
            assert said(client.ask()) == "Two."


def test_a_total_counts_in_all_conversations_together() -> None:
    with ModelEndpoint([{"error": 529, "total": 2, "times": "always"}, "Here I am."]) as endpoint:
        statuses = [MessagesClient(endpoint.url, prompt).post().status for prompt in ("a", "b", "c")]
    assert statuses == [529, 529, 200]


CONDITIONS: list[tuple[dict[str, Any], bool]] = [
    ({"prompt": "the pods"}, True),
    ({"prompt": "the nodes"}, False),
    ({"prompt": {"matches": "^list .* pods$"}}, False),
    ({"prompt": {"matches": "^List .* pods$"}}, True),
    ({"prompt": {"equals": "List the pods"}}, True),
    ({"prompt": {"equals": "List"}}, False),
    ({"prompt": {"lacks": "nodes"}}, True),
    ({"prompt": {"lacks": "pods"}}, False),
    ({"prompt": {"contains": "List", "lacks": "pods"}}, False),
    ({"user": "And now"}, True),
    ({"user": "List the pods"}, False),
    ({"result": "pod-1"}, True),
    ({"result": {"matches": r"^pod-\d$"}}, True),
    ({"result": "pod-3"}, False),
    ({"failed": False}, True),
    ({"failed": True}, False),
    ({"turn": 2}, True),
    ({"turn": 1}, False),
    ({"model": "model-"}, True),
    ({"model": {"equals": "model"}}, False),
    ({"tools": "Bash"}, True),
    ({"tools": ["Bash", "Write"]}, True),
    ({"tools": ["Bash", "Edit"]}, False),
    ({"cli": "claude"}, True),
    ({"cli": "codex"}, False),
    ({"prompt": "pods", "turn": 2, "failed": False, "cli": "claude"}, True),
    ({"prompt": "pods", "turn": 3}, False),
]


@pytest.mark.parametrize(("when", "holds"), CONDITIONS, ids=str)
def test_a_condition_looks_at_the_request(when: dict[str, Any], holds: bool) -> None:
    script = [{"run": "kubectl get pods"}, {"when": when, "say": "Yes."}, "No."]
    with ModelEndpoint(script) as endpoint:
        client = MessagesClient(endpoint.url, "List the pods", user_agent="claude-cli/2")
        client.ask()
        client.give("NAME\npod-1\npod-2")
        client.say("And now?")
        assert said(client.ask()) == ("Yes." if holds else "No.")


@pytest.mark.parametrize("when", [{"result": "x"}, {"result": {"lacks": "x"}}, {"failed": True}, {"failed": False}])
def test_a_condition_on_results_never_holds_without_any(when: dict[str, Any]) -> None:
    with ModelEndpoint([{"when": when, "say": "Yes."}, "No."]) as endpoint:
        assert said(MessagesClient(endpoint.url).ask()) == "No."


def test_one_failure_among_several_results_counts() -> None:
    script = [{"calls": [{"run": "a"}, {"run": "b"}]}, {"when": {"failed": True}, "say": "Failed."}, "Fine."]
    with ModelEndpoint(script) as endpoint:
        client = MessagesClient(endpoint.url)
        client.ask()
        client.give("ok", "ok")
        client.messages[-1]["content"][1]["is_error"] = True
        assert said(client.ask()) == "Failed."


def test_a_group_shares_its_condition() -> None:
    script = [
        {"when": {"prompt": "pods"}, "replies": ["Pods.", {"when": {"turn": 2}, "say": "More pods."}]},
        {
            "when": {"prompt": "nodes"},
            "replies": [{"when": {"turn": 7}, "say": "Never."}, "Nodes.", {"replies": ["End."]}],
        },
    ]
    with ModelEndpoint(script) as endpoint:
        for prompt, first, second in (("nodes", "Nodes.", "End."), ("pods", "Pods.", "More pods.")):
            client = MessagesClient(endpoint.url, prompt)
            assert said(client.ask()) == first
            client.say("Go on")
            assert said(client.ask()) == second


def test_yaml_and_python_say_the_same(tmp_path: Path) -> None:
    text = """\
- run: ./report.sh
- when: {failed: true}
  say: It failed.
- when:
    result: {matches: '\\d of \\d'}
  say: All is well.
"""
    path = tmp_path / "script.yaml"
    path.write_text(text, encoding="utf-8")
    python = [
        {"run": "./report.sh"},
        {"when": {"failed": True}, "say": "It failed."},
        {"when": {"result": {"matches": r"\d of \d"}}, "say": "All is well."},
    ]
    objects = [Reply(calls=(Run("./report.sh"),)), *python[1:]]
    for script in (text, path, str(path), python, objects):
        with ModelEndpoint(script) as endpoint:
            client = MessagesClient(endpoint.url)
            assert client.ask()["content"][0]["input"]["command"] == "./report.sh"
            client.give("3 of 3")
            assert said(client.ask()) == "All is well."


def test_a_function_decides_on_each_request() -> None:
    def script(request: ModelRequest) -> Any:
        if request.results:
            return f"It said {request.result!r}."
        return {"run": f"echo {request.prompt}"} if request.prompt != "nothing" else None

    with ModelEndpoint(script) as endpoint:
        client = MessagesClient(endpoint.url, "hello")
        assert client.ask()["content"][0]["input"]["command"] == "echo hello"
        client.give("hello")
        assert said(client.ask()) == "It said 'hello'."
        assert MessagesClient(endpoint.url, "nothing").post().status == 400
        (why,) = endpoint.unmatched
    assert why.startswith("the script's function returned no reply for turn 1 of the conversation 'nothing'")


@pytest.mark.parametrize(
    ("made", "words"),
    [
        (17, "the script's function returned 17; return a Reply, text, a mapping, or None for no reply"),
        ({"sya": "x"}, "reply 1.sya: unknown key; did you mean 'say'?"),
    ],
)
def test_a_function_that_returns_something_else_is_told_to_the_agent_and_the_test(made: Any, words: str) -> None:
    with ModelEndpoint(lambda _: made) as endpoint:
        got = MessagesClient(endpoint.url).post()
        (failure,) = endpoint.failures
    assert isinstance(failure, ArgumentError)
    assert words in str(failure)
    assert got.status == 400
    assert words in got.json["error"]["message"]


def test_a_function_that_raises_is_told_to_the_agent_and_the_test() -> None:
    def script(request: ModelRequest) -> str:
        raise LookupError(request.prompt)

    with ModelEndpoint(script) as endpoint:
        got = MessagesClient(endpoint.url, "Look it up").post()
        (failure,) = endpoint.failures
    assert isinstance(failure, LookupError)
    assert got.json["error"]["message"] == "the script's function raised LookupError: Look it up"


def test_a_request_without_a_reply_is_explained() -> None:
    script = ["Once.", {"when": {"prompt": "x"}, "run": "ls"}, {"error": 500, "total": 1, "when": {"turn": 9}}]
    with ModelEndpoint(script) as endpoint:
        client = MessagesClient(endpoint.url, "List the pods", user_agent="claude-cli/2")
        client.ask()
        client.say("And the nodes?")
        got = client.post()
        again = client.post()
        unmatched = endpoint.unmatched
    assert got.status == again.status == 400
    (why,) = unmatched
    assert why == (
        "the script has no reply for turn 2 of the conversation 'List the pods', in which the user last said "
        "'And the nodes?', asked by claude of model 'model-a'. It has:\n"
        "  1. say 'Once.': used up in this conversation\n"
        "  2. run 'ls': its conditions do not hold\n"
        "  3. error 500: its conditions do not hold\n"
        "Add a reply, or raise times: of one."
    )
    assert got.json["error"]["message"] == why


def test_a_tool_result_is_a_part_of_the_explanation() -> None:
    with ModelEndpoint([{"run": "x"}]) as endpoint:
        client = ResponsesClient(endpoint.url)
        client.ask()
        client.give("Process exited with code 3\nOutput:\nno such file")
        assert client.post().status == 400
        (why,) = endpoint.unmatched
    assert "after the tool result (an error) 'no such file', asked by codex" in why


@pytest.mark.parametrize(
    ("script", "words"),
    [
        (17, "script: 17 is no script; give a list of replies, a path, the text of one, or a function"),
        (b"- say: x", "script: b'- say: x' is no script"),
        ([17], "reply 1: 17 is not a reply; write text to say, or a mapping as in say: text"),
        ([{"say": "a", "sya": 1}, {"times": 0, "say": "b"}], "reply 2.times: 0 is not a whole number of at least 1"),
        ([{"tool": "x", "input": {"a": object()}}], "reply 1.input.a: <object object at"),
    ],
)
def test_mistakes_in_python_are_told_at_once(script: Any, words: str) -> None:
    with pytest.raises(ArgumentError) as caught:
        ModelEndpoint(script)
    assert words in str(caught.value)


def test_a_missing_file_is_told_as_such(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"script\.yaml:1:1: cannot be read: No such file"):
        ModelEndpoint(tmp_path / "script.yaml")
