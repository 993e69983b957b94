"""The kind of an error is told by its status and label, else by its words."""

from __future__ import annotations

import pytest

from pytest_orchestrator.agents.trouble import kind_of
from pytest_orchestrator.agents.usage_meter import MAX_REPLIES, UsageMeter
from pytest_orchestrator.core.transcript import ErrorKind, Usage

WORDS: list[tuple[str, ErrorKind]] = [
    ("rate limit exceeded: Rate limit reached for gpt-5 in organization org-x on tokens per min", "rate_limit"),
    ("Rate limit reached. Add a payment method at https://example.org/account/billing.", "rate_limit"),
    ("exceeded retry limit, last status: 429 Too Many Requests", "rate_limit"),
    ("You've hit your usage limit. Visit the settings to purchase more credits or try again later.", "rate_limit"),
    ("Claude AI usage limit reached|1762000000", "rate_limit"),
    ("5-hour limit reached, resets 3pm", "rate_limit"),
    ("You've hit your weekly limit", "rate_limit"),
    ("Quota exceeded. Check your plan and billing details.", "billing"),
    ("429 insufficient_quota: You exceeded your current quota", "billing"),
    ("Credit balance is too low", "billing"),
    ("Your workspace is out of credits.", "billing"),
    ("unexpected status 402 Payment Required", "billing"),
    ("There is a problem with your billing", "billing"),
    ("Selected model is at capacity. Please try a different model.", "overloaded"),
    ("We\u2019re currently experiencing high demand, which may cause temporary errors.", "overloaded"),
    ("unexpected status 503 Service Unavailable: no healthy upstream", "overloaded"),
    ("API Error: 529 Overloaded", "overloaded"),
    ("API Error: 502 <html>", "overloaded"),
    ("unexpected status 401 Unauthorized: Incorrect API key provided", "authentication"),
    ("Not logged in · Please run /login", "authentication"),
    ("OAuth token has expired", "authentication"),
    ("Missing environment variable: `OPENAI_API_KEY`.", "authentication"),
    ("stream disconnected before completion: error sending request for url", "network"),
    ("API Error: Unable to connect to API (ConnectionRefused)", "network"),
    ("getaddrinfo ENOTFOUND api.example.org", "network"),
    ("Request timed out.", "network"),
    ("Codex ran out of room in the model's context window.", "other"),
    ("Prompt is too long", "other"),
    ('{"error": {"type": "invalid_request_error", "message": "tools.3: network_check is odd"}}', "other"),
    ("", "other"),
]


@pytest.mark.parametrize(("words", "kind"), WORDS, ids=[words[:40] for words, _ in WORDS])
def test_the_words_of_an_error_tell_its_kind(words: str, kind: ErrorKind) -> None:
    assert kind_of(words) == kind


@pytest.mark.parametrize(
    ("label", "status", "kind"),
    [
        ("rate_limit", 429, "rate_limit"),
        ("unknown", 429, "rate_limit"),
        ("server_error", 529, "overloaded"),
        ("server_error", None, "overloaded"),
        ("authentication_failed", None, "authentication"),
        ("unknown", 403, "authentication"),
        ("unknown", 402, "billing"),
        ("billing_error", 400, "billing"),
        ("model_not_found", 404, "other"),
        ("invalid_request", 400, "other"),
    ],
)
def test_a_label_and_a_status_tell_it_whatever_the_words(label: str, status: int | None, kind: ErrorKind) -> None:
    assert kind_of("something odd", label, status) == kind


def test_a_quota_that_is_used_up_is_no_rate_limit_although_its_status_says_so() -> None:
    assert kind_of("You exceeded your current quota, check your billing details", "rate_limit", 429) == "billing"
    assert kind_of("Credit balance is too low", "invalid_request", 400) == "billing"


def test_a_request_that_was_refused_may_speak_of_anything() -> None:
    assert kind_of("API Error: 400 tools.0: no such socket, connection or network", "unknown", 400) == "other"


def test_a_meter_counts_each_reply_once_and_forgets_none() -> None:
    meter = UsageMeter()
    for number in range(2 * MAX_REPLIES):
        meter.note(f"m{number}", Usage(1, 1))
        meter.note(f"m{number}", Usage(1, 2))
    assert meter.total == Usage(2 * MAX_REPLIES, 4 * MAX_REPLIES)
    meter.settle(Usage(5))
    meter.note(f"m{2 * MAX_REPLIES - 1}", Usage(1, 2))
    assert meter.total == Usage(5)
    meter.note("new", Usage(0, 1))
    assert meter.total == Usage(5, 1)
