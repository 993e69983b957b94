"""The signals, without the enumerations of the standard library's module: to import those is a fifth of our start."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    import signal
else:
    import _signal as signal

__all__ = ["signal"]
