"""What collection made stays to the end of the session: the garbage collector need not look at it time and again."""

from __future__ import annotations

import gc
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

_FREEZE: pytest.StashKey[Callable[[], None]] = pytest.StashKey()


def prepare_to_spare(config: pytest.Config) -> None:
    """Make :func:`spare_collected` possible. To be called before others add what they do at pytest's very end."""
    frozen = False

    def freeze() -> None:
        nonlocal frozen
        if gc.get_freeze_count() == 0:  # else somebody else has done so, and it is not ours to undo
            gc.freeze()
            frozen = True

    def unfreeze() -> None:
        if frozen:
            gc.unfreeze()

    config.stash[_FREEZE] = freeze
    config.add_cleanup(unfreeze)  # after those that are added later, of which one collects garbage


def spare_collected(config: pytest.Config) -> None:
    """Keep the garbage collector from all that exists now, until pytest has ended this session.

    With 10 000 items every full collection takes 40 ms, and pytest asks for two when it ends.
    """
    config.stash[_FREEZE]()
