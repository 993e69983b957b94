"""A pytest plugin that takes the program out of every script: what is left is what an item itself costs."""

import atexit
import gc

from pytest_orchestrator.collect.items import ScriptItem


def _do_nothing(item: ScriptItem) -> None:
    del item


ScriptItem.runtest = _do_nothing  # type: ignore[method-assign, assignment]  # the measurement
# With a plugin of somebody else, as this file is one, the interpreter takes every item apart at its end. Runs of
# scripts leave that to the system (collect/heap.py), and that is what is to be measured.
atexit.register(gc.freeze)
