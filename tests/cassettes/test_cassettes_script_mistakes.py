"""Mistakes in a YAML script: all at once, each with its place, the value, and what is allowed."""

# ruff: noqa: E501 - a table of what is written and what is said about it reads best with a line for each

from __future__ import annotations

import pytest

from pytest_orchestrator import ConfigurationError, ModelEndpoint


def mistakes(text: str) -> list[str]:
    with pytest.raises(ConfigurationError) as caught:
        ModelEndpoint(text if "\n" in text else f"{text}\n")
    return str(caught.value).split("\n")


MISTAKES = [
    ("say: x", "script:1:1: the script is a mapping, not a list of replies; write one reply after '- ', as in '- say: Done.'"),
    ("", "script:1:1: the script is empty; write one reply after '- ', as in '- say: Done.'"),
    ("- 17", "script:1:3: reply 1: 17 is not a reply; write text to say, or a mapping as in say: text"),
    ("- say: x\n  sya: y", "script:2:3: reply 1.sya: unknown key; did you mean 'say'?"),
    ("- say: [x]", "script:1:8: reply 1.say: a list is not text"),
    ("- times: 2", "script:1:3: reply 1: says and does nothing; write say:, run:, tool:, write:, error: or hang:"),
    ("- {say: x, times: 0}", "script:1:19: reply 1.times: 0 is not a whole number of at least 1 or 'always'"),
    ("- {say: x, times: often}", "script:1:19: reply 1.times: 'often' is not a whole number of at least 1 or 'always'"),
    ("- {say: x, stop: soon}", "script:1:18: reply 1.stop: 'soon' is not 'end_turn', 'tool_use', 'max_tokens', 'stop_sequence' or 'refusal'"),
    ("- {say: x, delay: 2 s}", "script:1:19: reply 1.delay: '2 s' is not a number of seconds of at least 0; write seconds, without a unit"),
    ("- {say: x, slow: 0}", "script:1:18: reply 1.slow: 0 is not a number of at least 0.1"),
    ("- {say: x, usage: {input_token: 3}}", "script:1:20: reply 1.usage.input_token: unknown key; did you mean 'input_tokens'?"),
    ("- {say: x, cut: {events: 1, bytes: 2}}", "script:1:12: reply 1.cut: has both events and bytes; keep one of them"),
    ("- error: 200", "script:1:10: reply 1.error: 200 is not a whole number from 400 to 599"),
    ("- error: {status: 429, retry-after: 1}", "script:1:24: reply 1.error.retry-after: unknown key; did you mean 'retry_after'?"),
    ("- {say: x, error: 500}", "script:1:12: reply 1.error: replaces what is said; remove one of them, or add in_stream: true"),
    ("- {hang: true, say: x}", "script:1:4: reply 1.hang: sends nothing; remove it, or what is said beside it"),
    ("- input: {a: 1}", "script:1:3: reply 1.input: belongs to a tool:, which is missing; add its name"),
    ("- {tool: Bash, input: 3}", "script:1:23: reply 1.input: 3 is not a mapping of arguments, and no text"),
    ("- {tool: Bash, input: {a: .inf}}", "script:1:27: reply 1.input.a: .inf is no number of JSON; write plain digits, or quote it"),
    ("- write: {path: a.txt}", "script:1:10: reply 1.write: content is missing; add it"),
    ("- write: {}", "script:1:10: reply 1.write: path and content are missing; add it"),
    ("- calls: ls", "script:1:10: reply 1.calls: 'ls' is not a list of calls; write one after '- ', as in '- run: ls'"),
    ("- calls: [ls]", "script:1:11: reply 1.calls.1: 'ls' is not a call; write run:, write:, or tool: and input:"),
    ("- calls: [{rum: ls}]", "script:1:12: reply 1.calls.1.rum: unknown key; did you mean 'run'?"),
    ("- {say: x, when: {}}", "script:1:18: reply 1.when: says nothing; leave it out"),
    ("- {say: x, when: {promt: y}}", "script:1:19: reply 1.when.promt: unknown key; did you mean 'prompt'?"),
    ("- {say: x, when: {result: {matches: '('}}}", "script:1:37: reply 1.when.result.matches: '(' is not a regular expression: missing ), unterminated subpattern at position 0; correct it"),
    ("- {say: x, when: {cli: cloude}}", "script:1:24: reply 1.when.cli: 'cloude' is not 'claude', 'codex', 'tiny' or 'other'; did you mean 'claude'?"),
    ("- {say: x, when: {turn: 0}}", "script:1:25: reply 1.when.turn: 0 is not a whole number of at least 1"),
    ("- {replies: x}", "script:1:13: reply 1.replies: 'x' is not a list of replies"),
    ("- {replies: [x], say: y}", "script:1:18: reply 1.say: unknown key of a group of replies; put it into the replies"),
    ("- {replies: [{sya: y}]}", "script:1:15: reply 1.1.sya: unknown key; did you mean 'say'?"),
    ("- say: x\n  say: y", "script:2:3: duplicate key 'say', first on line 1; remove one of them"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "message"), MISTAKES, ids=[text for text, _ in MISTAKES])
def test_a_mistake_is_told_with_its_place(text: str, message: str) -> None:
    assert message in mistakes(text)


def test_all_mistakes_are_told_at_once() -> None:
    text = """\
- say: 1.5
  tmies: 2
- error: {status: 42}
- when: {turn: x}
  run: ls
- 'fine'
- calls:
    - {tool: Bash, inptu: {}}
"""
    places = [line.partition(": ")[0] for line in mistakes(text)]
    assert places == ["script:2:3", "script:3:19", "script:4:16", "script:8:20"]


def test_yaml_that_cannot_be_read_is_told_with_its_place() -> None:
    (message,) = mistakes("- say: 'x\n")
    assert message == "script:1:8: the quote ' is never closed; close it"
