"""What kind of trouble an agent's command line is in, told by a status, a label, and its own words."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ..core.transcript import ErrorKind

_LABELS: Mapping[str, ErrorKind] = {
    "rate_limit": "rate_limit",
    "rate_limit_error": "rate_limit",
    "overloaded": "overloaded",
    "overloaded_error": "overloaded",
    "authentication_failed": "authentication",
    "authentication_error": "authentication",
    "permission_error": "authentication",
    "oauth_org_not_allowed": "authentication",
    "billing_error": "billing",
}

_BILLING = r"""
    insufficient_quota | quota\ exceeded | exceeded\ your\ current\ quota | credit\ balance | out\ of\ credits
    | billing_error | hard.limit.reached | payment\ required | \b402\b
"""
_RATE_LIMIT = r"""
    rate.?limit | usage\ limit | too\ many\ requests | \b429\b | limit\ reached | hit\ your\ (?:\S+\ )?limit
"""
_OVERLOADED = r"""
    overloaded | at\ capacity | high\ demand | server.?error | service\ unavailable | bad\ gateway | \b529\b
    | gateway\ time-?out | (?: api\ error | status(?:\ code)? ) :?\ 5\d\d\b
"""
_AUTHENTICATION = r"""
    api.key | authenticat | unauthorized | \b401\b | \b403\b | not\ logged\ in | /login\b | (?: log\ ?|sign\ )in\ again
    | missing\ environment\ variable | (?:oauth|access|refresh)\ token | token\ (?:has\ |is\ )?(?:expired|revoked)
"""
_NETWORK = r"""
    \bE(?:CONN[A-Z]+|NOTFOUND|TIMEDOUT|AI_AGAIN|PIPE|HOSTUNREACH|NETUNREACH)\b | connection | network | \bdns\b
    | unable\ to\ connect | error\ sending\ request | stream\ (?:disconnected|closed) | fetch\ failed | getaddrinfo
    | socket | certificate | timed\ out
"""


def _pattern(words: str) -> re.Pattern[str]:
    return re.compile(words, re.IGNORECASE | re.VERBOSE)


# Looked through in this order: a quota that is used up is told as a rate limit with other words in it, a failed
# login and an overload as a connection that was lost.
_WORDS: tuple[tuple[ErrorKind, re.Pattern[str]], ...] = (
    ("billing", _pattern(_BILLING)),
    ("rate_limit", _pattern(_RATE_LIMIT)),
    ("overloaded", _pattern(_OVERLOADED)),
    ("authentication", _pattern(_AUTHENTICATION)),
    ("network", _pattern(_NETWORK)),
    ("billing", _pattern("billing")),
)


def kind_of(text: str, label: str = "", status: int | None = None) -> ErrorKind:
    """Return the kind of an error.

    ``text`` is what the command line says of it, ``label`` its own word for the kind where it has one, ``status``
    the HTTP status of the model's answer. A failed server counts as ``overloaded``: both pass by themselves.
    """
    told = _kind_in(text)
    if told == "billing" and status in (None, 400, 429):
        return told
    by_label = _LABELS.get(label)
    if by_label is not None:
        return by_label
    by_status = _kind_of_status(status)
    if by_status is not None:
        return by_status
    if told is not None and not (told in ("network", "overloaded") and "invalid_request_error" in text):
        return told
    return "overloaded" if label == "server_error" else "other"


def _kind_of_status(status: int | None) -> ErrorKind | None:
    if status is None:
        return None
    if status >= 500:
        return "overloaded"
    known: Mapping[int, ErrorKind] = {401: "authentication", 402: "billing", 403: "authentication", 429: "rate_limit"}
    # A request that was refused for what it holds may speak of anything.
    return known.get(status, "other" if 400 <= status < 500 and status != 408 else None)


def _kind_in(text: str) -> ErrorKind | None:
    # What helps to tell stands at the beginning; the rest may be a whole page of a proxy.
    beginning = text[:2000]
    return next((kind for kind, words in _WORDS if words.search(beginning)), None)
