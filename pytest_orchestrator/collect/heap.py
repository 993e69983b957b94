"""What collection made stays to the end of the session: the garbage collector need not look at it time and again."""

from __future__ import annotations

import gc

import pytest

_IS_OURS: pytest.StashKey[bool] = pytest.StashKey()


def prepare_to_spare(config: pytest.Config) -> None:
    """Undo :func:`spare_collected` at the very end: after what others add later, of which one collects garbage."""
    config.add_cleanup(lambda: gc.unfreeze() if config.stash.get(_IS_OURS, False) else None)


def spare_collected(config: pytest.Config) -> None:
    """Keep the garbage collector from all that exists now, until pytest has ended this session.

    With 10 000 items every full collection takes 40 ms, and pytest asks for two when it ends.
    """
    if gc.get_freeze_count() == 0:  # else somebody else has done so, and it is not ours to undo
        gc.freeze()
        config.stash[_IS_OURS] = True
