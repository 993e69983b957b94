"""How long the end of a program may take."""

DEFAULT_GRACE = 5.0
"""Seconds between SIGTERM and SIGKILL."""
STOP_SLACK = 5.0
"""Seconds beyond the grace period that the end of a tree may take."""
