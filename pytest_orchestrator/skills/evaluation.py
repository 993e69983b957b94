"""The expressions of one scope of a Python program: what they read and bind, in the order of evaluation."""

from __future__ import annotations

import ast
from contextlib import contextmanager
from typing import TYPE_CHECKING

from ..quick_dataclasses import dataclass
from . import bindings
from .assignment import Fact, Known, join

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass(slots=True)
class Origin:
    """Where a name is bound that compound statements bind."""

    compound: ast.stmt
    """The last of them."""
    companions: set[str]
    """The names that are written there too, and still have the values that they had then."""
    facts: frozenset[Fact]
    """What was known before the first of them."""


class Evaluation:
    """Evaluates expressions as far as names go."""

    def __init__(self, names: set[str], given: frozenset[str], *, is_glance: bool) -> None:
        """Prepare for a scope with local ``names``; ``given`` are bound from the start."""
        self._is_glance = is_glance
        self.known: Known | None = Known(bound=given, seen=given)
        """What holds where the walk has come to; None where it never gets."""
        self.found: list[ast.Name] = []
        """The reads that may fail, the first of each name."""
        self._names = names
        self._told: set[str] = set()
        self._silent = 0
        self._unasked: set[str] = set()
        self._compound: ast.stmt | None = None
        """The outermost compound statement around the place."""
        self._conditions: dict[str, Origin] = {}
        """Where names are bound that compound statements bind."""

    def _evaluate(self, node: ast.AST | None) -> None:
        match node:
            case None:
                pass
            case ast.Name(id=name, ctx=context):
                if isinstance(context, ast.Load):
                    self._read(node)
                elif isinstance(context, ast.Store):
                    self._bind(name)
                elif self.known is not None:
                    self._read(node)
                    self.known = self.known.without(name)
            case ast.NamedExpr(target=target, value=value):
                self._evaluate(value)
                self._evaluate(target)
            case ast.BoolOp() | ast.UnaryOp(op=ast.Not()):
                self.known = join(*self._branch(node))
            case ast.IfExp(test=test, body=body, orelse=orelse):
                holds, fails = self._branch(test)
                self.known = holds
                self._evaluate(body)
                self.known, holds = fails, self.known
                self._evaluate(orelse)
                self.known = join(self.known, holds)
            case ast.Lambda():
                for part in bindings.evaluated_in_place(node):
                    self._evaluate(part)
            case ast.ListComp() | ast.SetComp() | ast.DictComp() | ast.GeneratorExp():
                self._comprehension(node)
            case ast.Constant() | ast.expr_context():
                pass
            case _:
                for child in bindings.children(node):
                    self._evaluate(child)

    def _comprehension(self, node: ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp) -> None:
        first = node.generators[0]
        self._evaluate(first.iter)
        before = self.known
        own = {name for each in node.generators for part in ast.walk(each.target) for name in bindings.bound_by(part)}
        for name in own:
            self._bind(name)
        for each in node.generators:
            if each is not first:
                self._evaluate(each.iter)
            for test in each.ifs:
                self.known = self._branch(test)[0]
        for part in (node.key, node.value) if isinstance(node, ast.DictComp) else (node.elt,):
            self._evaluate(part)
        self.known = before

    def _branch(self, test: ast.expr) -> tuple[Known | None, Known | None]:
        """Evaluate a condition; return what is known where it holds, and where it does not."""
        match test:
            case ast.BoolOp(op=op, values=values):
                others: list[Known | None] = []
                for value in values:
                    holds, fails = self._branch(value)
                    self.known, other = (holds, fails) if isinstance(op, ast.And) else (fails, holds)
                    others.append(other)
                ends = self.known, join(*others)
                return ends if isinstance(op, ast.And) else (ends[1], ends[0])
            case ast.UnaryOp(op=ast.Not(), operand=operand):
                holds, fails = self._branch(operand)
                return fails, holds
        self._evaluate(test)
        always = bindings.is_always(test)
        if always is not None or self.known is None:
            return (self.known, None) if always in (True, None) else (None, self.known)
        return self._where(test), self._where(test, holds=False)

    def _where(self, test: ast.expr, *, holds: bool = True) -> Known | None:
        """Return what is known where a condition has come out as said; None where it cannot."""
        if self._is_glance or self.known is None:
            return self.known
        return self.known.where(_fact(test, holds=holds))

    def _assume(self, test: ast.expr) -> None:
        """Take it that a condition holds, of which nothing is known later."""
        if self.known is not None and not self._is_glance:
            self.known = self.known.assuming(_fact(test, holds=True))

    def _bind(self, name: str) -> None:
        if self.known is not None:
            self.known = self.known.binding(name)
        for origin in self._conditions.values():
            if origin.compound is not self._compound:
                origin.companions.discard(name)

    def _read(self, node: ast.Name) -> None:
        known, name = self.known, node.id
        if known is None or name not in self._names or name in known.bound or name not in known.seen:
            return
        if self._silent or name in self._told or name in self._unasked or self._is_guarded(name, known):
            return
        self._told.add(name)
        self.found.append(node)

    def _is_guarded(self, name: str, known: Known) -> bool:
        """Return whether the place is under a condition on what was decided where ``name`` was bound, or was not.

        ``found`` in ``if found: print(line)`` is such a condition after ``line`` and ``found`` were set together.
        """
        origin = self._conditions.get(name)
        return origin is not None and any(fact.names & origin.companions for fact in known.facts - origin.facts)

    @contextmanager
    def _silence(self, wanted: bool = True) -> Iterator[None]:
        self._silent += wanted
        yield
        self._silent -= wanted

    @contextmanager
    def _unasked_in(self, names: set[str]) -> Iterator[None]:
        before, self._unasked = self._unasked, self._unasked | names
        yield
        self._unasked = before


def _fact(test: ast.expr, *, holds: bool) -> Fact:
    key, is_positive = bindings.condition(test)
    return Fact(key, holds is is_positive, bindings.names_in(test))
