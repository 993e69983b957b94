"""Whether a scope of a Python program binds what it reads before it reads it, as far as a short look can tell.

Most do: every name is bound by a statement above the one that reads it, in the same block or in one around it. What
happens on which path has to be asked of the others only.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from . import bindings

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

_COMPOUND = frozenset(bindings.COMPOUND)
_SCOPES = frozenset(bindings.SCOPES)
_LEAVING = (ast.Return, ast.Raise, ast.Break, ast.Continue)
_COMPREHENSIONS = frozenset({ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp})
_IMPORTS = frozenset({ast.Import, ast.ImportFrom})


def is_settled(body: Sequence[ast.stmt], given: Iterable[str]) -> bool:
    """Return whether no name is read in a scope that only some of its paths may have bound.

    ``given`` are the names that are bound from the start. False where a longer look is needed.
    """
    look = Look(set(given))
    look.block(body, is_inner=False)
    return not (look.is_open or (look.inner and not look.inner.isdisjoint(look.loose | (look.reads & look.caught))))


class Look:
    """What a walk through the blocks of one scope has seen."""

    def __init__(self, bound: set[str]) -> None:
        self._bound = bound
        """What is bound at the place, in its block and those around it."""
        self._handling: list[str] = []
        """The names of the exceptions whose handlers the place is in."""
        self.loose: set[str] = set()
        """Names that were read while no block around had bound them."""
        self.inner: set[str] = set()
        """Names that are bound within compound statements."""
        self.reads: set[str] = set()
        self.caught: set[str] = set()
        """Names of exceptions that are handled: each is gone after its handler."""
        self.is_open = False
        """Whether a name is deleted."""

    def block(self, statements: Sequence[ast.stmt], *, is_inner: bool, bound: Iterable[str] = ()) -> set[str] | None:
        """Look at a block that begins with names ``bound`` besides those that are; return what is bound at its end.

        None where the end is never reached. Behind it nothing of that counts.
        """
        before = self._bound
        self._bound = before.copy()
        self._bound.update(bound)
        self._statements(statements, is_inner=is_inner)
        end, self._bound = self._bound, before
        return None if statements and isinstance(statements[-1], _LEAVING) else end

    def _statements(self, statements: Sequence[ast.stmt], *, is_inner: bool) -> None:
        for statement in statements:
            if statement.__class__ in _COMPOUND:
                self._compound(statement)
                continue
            stores = self._names(statement)
            if stores:
                self._bound.update(stores)
                if is_inner:
                    self.inner.update(stores)

    def _compound(self, node: ast.stmt) -> None:
        match node:
            case ast.If():
                self._names(node.test)
                ends = self.block(node.body, is_inner=True), self.block(node.orelse, is_inner=True)
                self._go_on(ends)
            case ast.While():
                self._names(node.test)
                self.block(node.body, is_inner=True)
                self.block(node.orelse, is_inner=True)
            case ast.For() | ast.AsyncFor():
                self._names(node.iter)
                targets = self._names(node.target)
                self.inner.update(targets)
                self.block(node.body, is_inner=True, bound=targets)
                self.block(node.orelse, is_inner=True)
            case ast.With() | ast.AsyncWith():
                for item in node.items:
                    self._names(item.context_expr)
                    if item.optional_vars is not None:
                        targets = self._names(item.optional_vars)
                        self.inner.update(targets)
                        self._bound.update(targets)
                if bindings.hides_exceptions(node):
                    self.block(node.body, is_inner=True)
                else:
                    self._statements(node.body, is_inner=True)
            case ast.Try() | ast.TryStar():
                self._try(node)
            case ast.Match():
                self._names(node.subject)
                for case in node.cases:
                    names = {name for part in ast.walk(case.pattern) for name in bindings.bound_by(part)}
                    self.inner |= names
                    if case.guard is not None:
                        self.is_open = True
                    self.block(case.body, is_inner=True, bound=names)

    def _try(self, node: ast.Try | ast.TryStar) -> None:
        end = self.block(node.body, is_inner=True)
        ends = [None if end is None else self.block(node.orelse, is_inner=True, bound=end)]
        for handler in node.handlers:
            if handler.name is None:
                ends.append(self.block(handler.body, is_inner=True))
                continue
            # The inner one of two of a name takes it away from the outer one.
            self.is_open = self.is_open or handler.name in self._handling
            self.caught.add(handler.name)
            self._handling.append(handler.name)
            ends.append(self.block(handler.body, is_inner=True, bound=(handler.name,)))
            self._handling.pop()
        # It may be run from anywhere, but what it binds is bound behind it.
        self._statements(node.finalbody, is_inner=True)
        self._go_on(ends)

    def _go_on(self, ends: Iterable[set[str] | None]) -> None:
        """Go on where blocks meet that have ended with such names bound."""
        reached = [end for end in ends if end is not None]
        if reached:
            self._bound |= set.intersection(*reached)

    def _names(self, root: ast.AST) -> list[str]:
        """Take note of the names that are read below ``root``, and return those that it binds in this scope."""
        stores: list[str] = []
        reads: list[str] = []
        nodes = [root]
        if isinstance(root, ast.AugAssign) and isinstance(root.target, ast.Name):
            reads.append(root.target.id)
        elif isinstance(root, ast.AnnAssign):
            nodes = [] if root.value is None else [root.value, root.target]
        for node in nodes:
            kind = node.__class__
            if kind is ast.Name:
                (stores if node.ctx.__class__ is ast.Store else reads).append(node.id)  # type: ignore[attr-defined]
                continue
            if kind is ast.Constant:
                continue
            if kind in _SCOPES:
                nodes += bindings.evaluated_in_place(node)
                stores += bindings.bound_by(node)
                continue
            if kind in _COMPREHENSIONS:
                self._comprehension(node, nodes)
                continue
            if kind in _IMPORTS:
                stores += bindings.bound_by(node)
                continue
            if kind in (ast.NamedExpr, ast.Delete):
                self.is_open = True
            for value in node.__dict__.values():
                kind = value.__class__
                if kind is list:
                    nodes += [item for item in value if isinstance(item, ast.AST)]
                elif kind not in bindings.PLAIN and isinstance(value, ast.AST):
                    nodes.append(value)
        self._read(reads)
        return stores

    def _comprehension(self, node: ast.AST, nodes: list[ast.AST]) -> None:
        """Add to ``nodes`` what a comprehension evaluates outside; look at the rest with its own names bound."""
        parts = bindings.children(node)
        generators = [part for part in parts if isinstance(part, ast.comprehension)]
        own = {name for each in generators for part in ast.walk(each.target) for name in bindings.bound_by(part)}
        nodes += [each.iter for each in generators]
        self.inner |= own
        before = self._bound
        self._bound = before | own
        for part in (*(part for part in parts if not isinstance(part, ast.comprehension)),
                     *(test for each in generators for test in each.ifs)):  # fmt: skip
            self._names(part)
        self._bound = before

    def _read(self, names: list[str]) -> None:
        for name in names:
            if name not in self._handling:
                self.reads.add(name)
            if name not in self._bound:
                self.loose.add(name)
