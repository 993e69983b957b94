"""Fail when a certificate has expired. This one has, so orchestrator.yaml marks it as an expected failure.

As soon as somebody renews it the script passes, and with `strict: true` that fails the run: a note which is no
longer true does not stay.
"""

from __future__ import annotations

import sys
from datetime import UTC, datetime

CERTIFICATES = {
    "www.example": datetime(2099, 1, 1, tzinfo=UTC),
    "legacy.example": datetime(2024, 5, 31, tzinfo=UTC),
}


def main() -> int:
    """Compare every end date with today."""
    now = datetime.now(UTC)
    expired = [f"{name} ({end:%Y-%m-%d})" for name, end in CERTIFICATES.items() if end < now]
    print(f"{len(CERTIFICATES) - len(expired)} certificates are valid, {len(expired)} expired")
    if expired:
        print(f"expired: {', '.join(expired)}", file=sys.stderr)
    return 1 if expired else 0


if __name__ == "__main__":
    sys.exit(main())
