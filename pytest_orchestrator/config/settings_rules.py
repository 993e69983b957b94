"""What settings of one script must not say together."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .phrases import joined
from .tree import Node, Table

if TYPE_CHECKING:
    from .values import Report


def check_together(report: Report, node: Table, values: dict[str, Any], where: str) -> None:
    """Report settings in ``values`` (the valid ones of ``node``) that contradict one another."""
    prefix = f"{where}." if where else ""
    skipping = values.get("skip_exit_codes", [])
    both = sorted(set(skipping) & set(values.get("allowed_exit_codes", [])))
    if both:
        codes = joined([str(code) for code in both])
        message = f"skip_exit_codes: {codes} also in allowed_exit_codes; a code means either a skip or success"
        report(_place(node, "skip_exit_codes"), prefix + message)
    elif 0 in skipping and "allowed_exit_codes" not in values:
        message = (
            "skip_exit_codes: 0 means success; to make it a skip, say by allowed_exit_codes which codes are success"
        )
        report(_place(node, "skip_exit_codes"), prefix + message)
    if isinstance(values.get("skip"), str) and "skip_reason" in values:
        message = "skip_reason: skip gives a reason already; keep one of them, or write skip: true"
        report(_place(node, "skip_reason"), prefix + message)
    expect = values.get("expect", {})
    shortest, longest = expect.get("min_duration", 0), expect.get("max_duration", 0)
    if 0 < longest < shortest:
        message = f"expect.min_duration: {shortest:g} is more than max_duration {longest:g}; no run can be both"
        report(_place(node, "expect", "min_duration"), prefix + message)
    retry = values.get("retry", {})
    first, most = retry.get("initial_delay", 0), retry.get("max_delay")
    if most is not None and first > most:
        message = f"retry.initial_delay: {first:g} is more than max_delay {most:g}; lower it or raise max_delay"
        report(_place(node, "retry", "initial_delay"), prefix + message)


def _place(node: Node, *names: str) -> int:
    for name in names:
        if isinstance(node, Table) and name in node.entries:
            node = node.entries[name].value
    return node.at
