"""The last event of a run of Claude Code: what it says of success, error, tokens and money."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..core.transcript import Usage
from .event_lines import amount_of, count_of, items, mapping, text_of
from .trouble import kind_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ..core.transcript import ErrorKind

MAX_MODELS = 1000
"""Models whose tokens are added up."""


class ClaudeResult:
    """A ``result`` event. ``label`` is the command line's word for the last error that was told before it."""

    def __init__(self, event: Mapping[str, Any], label: str, before: ClaudeResult | None) -> None:
        subtype = text_of(event.get("subtype"))
        result = event.get("result")
        self.text: str | None = text_of(result) if isinstance(result, str) else None
        # Some versions say is_error: false when the turns or the money ran out.
        self.is_error = event.get("is_error") is True or subtype.startswith("error")
        self.stop_reason = text_of(event.get("stop_reason")) or text_of(event.get("terminal_reason")) or None
        milliseconds = amount_of(event.get("duration_ms"))
        self.duration = None if milliseconds is None else milliseconds / 1000
        self.error: str | None = None
        self.error_kind: ErrorKind | None = None
        if self.is_error:
            told = "; ".join(filter(None, map(text_of, items(event.get("errors")))))
            self.error = told or self.text or subtype or "error"
            status = count_of(event.get("api_error_status")) or None
            self.error_kind = _kind(subtype, self.error, label, status)
        self.prior: Usage = before.prior if before else Usage()
        self.prior_cost: float = before.prior_cost if before else 0.0
        self._read_totals(event, before is None)

    def _read_totals(self, event: Mapping[str, Any], is_first: bool) -> None:
        """Take tokens and money of this run alone.

        ``modelUsage`` and ``total_cost_usd`` count sub-agents too, which ``usage`` does not. In versions that have
        ``model_usage_since_last_result`` they also count what a resumed session had used before this run; the
        first result of the run tells how much that was.
        """
        models = _models(event.get("modelUsage"))
        cost = amount_of(event.get("total_cost_usd"))
        if is_first and isinstance(event.get("model_usage_since_last_result"), dict):
            fresh = _models(event["model_usage_since_last_result"])
            self.prior = _less(_usage(models), _usage(fresh))
            self.prior_cost = max(0.0, _cost(models) - _cost(fresh))
        self.cost_usd = None if cost is None else round(max(0.0, cost - self.prior_cost), 9)
        self.usage = _less(_usage(models), self.prior)
        if not self.usage.total:
            self.usage = usage_of(mapping(event.get("usage")))


def usage_of(told: Mapping[str, Any]) -> Usage:
    """Return the ``usage`` of a message or a result."""
    return Usage(
        count_of(told.get("input_tokens")),
        count_of(told.get("output_tokens")),
        count_of(told.get("cache_read_input_tokens")),
        count_of(told.get("cache_creation_input_tokens")),
    )


def _kind(subtype: str, error: str, label: str, status: int | None) -> ErrorKind:
    if subtype == "error_max_turns":
        return "max_turns"
    if subtype == "error_max_budget_usd":
        return "max_cost"
    if subtype.startswith("error_max_"):
        return "other"
    return kind_of(error, label, status)


def _models(told: object) -> list[Mapping[str, Any]]:
    return [mapping(each) for each in list(mapping(told).values())[:MAX_MODELS]]


def _usage(models: list[Mapping[str, Any]]) -> Usage:
    total = Usage()
    for told in models:
        total += Usage(
            count_of(told.get("inputTokens")),
            count_of(told.get("outputTokens")),
            count_of(told.get("cacheReadInputTokens")),
            count_of(told.get("cacheCreationInputTokens")),
        )
    return total


def _cost(models: list[Mapping[str, Any]]) -> float:
    return sum(amount_of(told.get("costUSD")) or 0.0 for told in models)


def _less(total: Usage, part: Usage) -> Usage:
    return Usage(
        max(0, total.input_tokens - part.input_tokens),
        max(0, total.output_tokens - part.output_tokens),
        max(0, total.cache_read_tokens - part.cache_read_tokens),
        max(0, total.cache_creation_tokens - part.cache_creation_tokens),
    )
