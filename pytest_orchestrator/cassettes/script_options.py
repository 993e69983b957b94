"""What a script may say: its keys, as rows of the tables that the validator of configurations takes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..config.option import Kind, Option

if TYPE_CHECKING:
    from collections.abc import Mapping

STOPS = ("end_turn", "tool_use", "max_tokens", "stop_sequence", "refusal")
ALWAYS = "always"

_TEXT_TEST = (
    Option("contains", Kind.TEXT, "Text that is in it", any_text=True),
    Option("matches", Kind.PATTERN, "Regular expression that is found in it", any_text=True),
    Option("equals", Kind.TEXT, "All of it, without white space around it", any_text=True, empty_ok=True),
    Option("lacks", Kind.TEXT, "Text that is not in it", any_text=True),
)


def _text_test(name: str, words: str) -> Option:
    return Option(name, Kind.TABLE, words, fields=_TEXT_TEST, shorthand="contains")


WHEN = Option(
    "when",
    Kind.TABLE,
    "What must hold of the request",
    fields=(
        _text_test("prompt", "The first text of the user in the conversation"),
        _text_test("user", "The latest text of the user"),
        _text_test("result", "The results of the latest tool calls"),
        _text_test("model", "The model that was asked for"),
        Option("failed", Kind.BOOL, "Whether one of the latest tool calls failed"),
        Option("turn", Kind.INT, "1 for the first request of the conversation", minimum=1),
        Option("tools", Kind.TEXTS, "Tools that the agent must offer", single=True),
        Option("cli", Kind.CHOICE, "Which agent asks", choices=("claude", "codex", "tiny", "other")),
    ),
)

_COUNT = {"minimum": 0.0, "maximum": 1e12}

_ROWS = (
    Option("say", Kind.TEXT, "What the model says", any_text=True, empty_ok=True),
    Option(
        "usage",
        Kind.TABLE,
        "Tokens that the answer counts",
        fields=(
            Option("input_tokens", Kind.INT, "Read anew", **_COUNT),  # type: ignore[arg-type]
            Option("output_tokens", Kind.INT, "Written", **_COUNT),  # type: ignore[arg-type]
            Option("cache_read_tokens", Kind.INT, "Read from the cache", **_COUNT),  # type: ignore[arg-type]
            Option("cache_creation_tokens", Kind.INT, "Put into the cache", **_COUNT),  # type: ignore[arg-type]
        ),
    ),
    Option("stop", Kind.CHOICE, "Why the model stopped", choices=STOPS),
    Option(
        "error",
        Kind.TABLE,
        "An error in place of the answer",
        shorthand="status",
        fields=(
            Option("status", Kind.INT, "Status of HTTP", minimum=400, maximum=599),
            Option("type", Kind.TEXT, "The API's word for it"),
            Option("message", Kind.TEXT, "What it says", any_text=True),
            Option("retry_after", Kind.SECONDS, "Header of that name", minimum=0),
            Option("in_stream", Kind.BOOL, "Whether it comes as an event behind what is said"),
        ),
    ),
    Option("delay", Kind.SECONDS, "Before anything is sent", minimum=0),
    Option("slow", Kind.NUMBER, "Characters per second", minimum=0.1),
    Option(
        "cut",
        Kind.TABLE,
        "Where the connection ends in the middle of the answer",
        shorthand="events",
        fields=(
            Option("events", Kind.INT, "After so many events of the stream", minimum=0),
            Option("bytes", Kind.INT, "After so many bytes of the body", minimum=0),
        ),
    ),
    Option("hang", Kind.BOOL, "Whether nothing is ever sent"),
    WHEN,
    Option("times", Kind.INT, "How often it is used in one conversation", minimum=1, choices=(ALWAYS,)),
    Option("total", Kind.INT, "How often it is used in all conversations together", minimum=1),
)

ROWS: Mapping[str, Option] = {row.name: row for row in _ROWS}
"""The keys of a reply whose value is one of the validator's kinds."""

TOOL = Option("tool", Kind.TEXT, "The name of a tool, as the agent itself calls it")
RUN = Option("run", Kind.TEXT, "A shell command, with whatever tool the agent has for it")
WRITE = Option(
    "write",
    Kind.TABLE,
    "A file, with whatever tool the agent has for it",
    fields=(
        Option("path", Kind.TEXT, "Relative to the agent's working directory, or absolute"),
        Option("content", Kind.TEXT, "All of it", any_text=True, empty_ok=True),
    ),
)

CALL_KEYS = ("tool", "input", "run", "write")
REPLY_KEYS = ("say", *CALL_KEYS, "calls", *(name for name in ROWS if name != "say"))
GROUP_KEYS = ("when", "replies")
