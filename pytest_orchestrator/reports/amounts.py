"""Durations, sizes and counts as people read them. ASCII only."""

from __future__ import annotations


def format_duration(seconds: float) -> str:
    """Return a duration in two significant units at most: ``3.4 ms``, ``1.25 s``, ``2 min 3 s``, ``1 h 20 min``."""
    if seconds < 0.0095:
        return f"{seconds * 1000:.1f} ms"
    if seconds < 0.9995:
        return f"{seconds * 1000:.0f} ms"
    if seconds < 59.995:
        return f"{seconds:.2f} s"
    whole = round(seconds)
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"


def format_size(size: int) -> str:
    """Return a number of bytes: ``512 bytes``, ``1.5 KiB``, ``50.0 MiB``."""
    if size < 1024:
        return plural(size, "byte")
    amount = size / 1024
    for unit in ("KiB", "MiB"):
        if amount < 1023.95:
            return f"{amount:.1f} {unit}"
        amount /= 1024
    return f"{amount:.1f} GiB"


def format_number(value: object) -> str:
    """Return a number without needless digits: ``2``, ``0.5``; anything else as its text."""
    try:
        return f"{value:g}" if isinstance(value, int | float) else str(value)
    except OverflowError:
        return str(value)


def plural(number: int, noun: str, several: str | None = None) -> str:
    """Return the number with its noun: ``1 process``, ``2 processes`` (``several`` where an ``s`` is not enough)."""
    return f"{number} {noun if number == 1 else several or f'{noun}s'}"
