"""Names that a Python program may read before they are bound: bound on one path to the place, and not on another.

A pass over the syntax tree that follows ``if``, ``for``, ``while``, ``try``, ``with`` and ``match``, and what leaves
them early. It speaks up only where there is a path that a reader can point at: loops are taken to run at least once,
a name that is bound under a condition is taken to be bound when the same condition is asked again, and a chain of
``elif`` about one value to name all values that there are. Names that no path binds are the business of pyflakes.
"""

from __future__ import annotations

import ast
import builtins
from typing import TYPE_CHECKING

from ..quick_dataclasses import dataclass
from . import bindings
from .settled import is_settled
from .survey import Survey, survey
from .unbound_flow import Flow

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

_MAGIC = frozenset({"exec", "globals", "locals", "vars"})
"""With these names come from where no analysis sees them."""
_BUILT_IN = frozenset(dir(builtins)) | {"__file__", "__name__", "__doc__", "__builtins__"}
_STEPS = (ast.stmt, ast.BoolOp, ast.IfExp, ast.NamedExpr, ast.comprehension)
_MOST_WORK = 1_000_000
"""Names times steps of all scopes that are followed: the time that it takes grows with both. What people write has a
tenth of it."""
_FEW_NODES = 3000
"""Nodes of a tree that cannot mean that much work, whatever they are."""


@dataclass(frozen=True, slots=True)
class Unbound:
    """A name that is read where it may not be bound."""

    name: str
    line: int
    column: int
    """Counted from 0, in bytes of UTF-8, as :mod:`ast` does."""
    bound_at: int
    """The line of a binding that only some paths pass."""


def possibly_unbound(tree: ast.Module, found: Survey | None = None) -> list[Unbound]:
    """Return the reads of names that only some of the paths to them bind; the first of each name and scope, in order.

    ``found`` is the survey of ``tree``, if there is one already. Raises RecursionError for a tree of an absurd depth.
    """
    found = found or survey(tree)
    if not found.has_forks or any(name.id in _MAGIC for name in found.reads) or not _MAGIC.isdisjoint(found.bound):
        return []
    functions: Sequence[bindings.Function] = found.functions
    suspects = [scope for scope in (tree, *functions) if not is_settled(scope.body, _given(scope))]
    if suspects and found.size > _FEW_NODES:
        followed = dict.fromkeys(_within_reach([tree, *functions]))
        functions = [scope for scope in followed if isinstance(scope, bindings.Function)]
        suspects = [scope for scope in suspects if scope in followed]
    own = {function.name: False for function in functions}
    # A glance that takes no account of conditions finds too much, but seldom anything.
    suspects = [scope for scope in suspects if any(_reads(scope, own, is_glance=True))]
    suspects = [scope for scope in suspects if any(_reads(scope, own))]
    if not suspects:
        return []
    endless = _without_return(functions)
    unbound = [one for scope in suspects for one in _places(scope, _reads(scope, endless))]
    return sorted(unbound, key=lambda one: (one.line, one.column))


def _given(scope: ast.Module | bindings.Function) -> Iterator[str]:
    return iter(()) if isinstance(scope, ast.Module) else bindings.parameters(scope)


def _within_reach(scopes: Sequence[ast.Module | bindings.Function]) -> Iterator[ast.Module | bindings.Function]:
    """Yield the scopes that can be followed in reasonable time, as long as there is time left."""
    left = _MOST_WORK
    for scope in scopes:
        parts = bindings.local_nodes(scope.body)
        names = {name for part in parts for name in bindings.bound_by(part)}
        work = len(names) * sum(isinstance(part, _STEPS) for part in parts)
        if work <= left:
            left -= work
            yield scope


def _reads(
    scope: ast.Module | bindings.Function, endless: Mapping[str, bool], *, is_glance: bool = False
) -> list[ast.Name]:
    """Return the reads in one scope that may fail."""
    names = bindings.names_bound_on_the_way(scope.body)
    given: frozenset[str] = frozenset()
    if isinstance(scope, ast.Module):
        # Elsewhere too a name of the language would not be looked up there; but in a module it is found all the same.
        names -= _BUILT_IN
    else:
        given = frozenset(bindings.parameters(scope))
    if names - given and not is_glance:
        names -= bindings.declared_elsewhere(scope.body)
    if not names - given:
        return []
    flow = Flow(names, given, endless, is_glance=is_glance)
    flow.run(scope.body)
    return flow.found


def _places(scope: ast.Module | bindings.Function, reads: Sequence[ast.Name]) -> Iterator[Unbound]:
    first = {name: node.lineno for node in reversed(_in_order(scope.body)) for name in bindings.bound_by(node)}
    for node in reads:
        yield Unbound(node.id, node.lineno, node.col_offset, first.get(node.id, node.lineno))


def _in_order(body: Sequence[ast.stmt]) -> list[ast.stmt | ast.expr]:
    nodes = [node for node in bindings.local_nodes(body) if isinstance(node, ast.stmt | ast.expr)]
    return sorted(nodes, key=lambda node: (node.lineno, node.col_offset))


def _without_return(functions: Sequence[bindings.Function]) -> dict[str, bool]:
    """Return for functions and methods, by their names, whether none of that name ever returns."""
    own = {node.name: False for node in functions}
    returning = set()
    for node in functions:
        parts = bindings.local_nodes(node.body)
        if any(isinstance(part, ast.Return | ast.Yield | ast.YieldFrom) for part in parts):
            returning.add(node.name)
        elif node.name not in returning:
            flow = Flow(set(), frozenset(), own)
            flow.run(node.body)
            own[node.name] = flow.known is None
            if flow.known is not None:
                returning.add(node.name)
    return {name: ends and name not in returning for name, ends in own.items()}
