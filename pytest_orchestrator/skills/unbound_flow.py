"""The way of control through one scope of a Python program, and what is bound on it."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from . import bindings
from .assignment import Known, join
from .evaluation import Evaluation, Origin

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

_HARMLESS = (ast.Constant, ast.Name, ast.List, ast.Tuple, ast.Dict, ast.Set, ast.expr_context, ast.JoinedStr)
_EVERYTHING = frozenset({"Exception", "BaseException"})
_ABOUT_NAMES = frozenset({"NameError", "UnboundLocalError"})


class Flow(Evaluation):
    """Walks the statements of one scope in the order in which they run."""

    def __init__(
        self, names: set[str], given: frozenset[str], own: Mapping[str, bool], *, is_glance: bool = False
    ) -> None:
        """Prepare for a scope with local ``names``, of which ``given`` are bound from the start.

        ``own`` says of functions of the module whether they never return. A glance takes no account of what conditions
        have to do with one another: it takes a fraction of the time, and finds more.
        """
        super().__init__(names, given, is_glance=is_glance)
        self._own = own
        self._raising: list[Known | None] = []
        """Of each ``try`` around the place: what holds where its handlers begin."""
        self._loops: list[tuple[list[Known | None], list[Known | None]]] = []
        """Of each loop around the place: what holds at each ``break`` and ``continue``."""

    def run(self, body: Sequence[ast.stmt]) -> None:
        """Walk through statements."""
        for statement in body:
            if self.known is None:
                return
            outermost = self._compound is None and isinstance(statement, bindings.COMPOUND)
            if outermost:
                self._compound = statement
                self._note_names(statement)
            self._statement(statement)
            if outermost:
                self._compound = None

    def _note_names(self, statement: ast.stmt) -> None:
        if self._is_glance:
            return
        assert self.known is not None
        called = {
            node.func.id
            for node in ast.walk(statement)
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
        }
        for name in bindings.names_bound([statement]):
            companions = set(bindings.names_in(statement)) - called
            facts = self.known.facts
            if (origin := self._conditions.get(name)) is not None:
                companions |= origin.companions
                facts = origin.facts
            self._conditions[name] = Origin(statement, companions, facts)

    # -- statements -------------------------------------------------------------------------------------------

    def _statement(self, node: ast.stmt) -> None:
        match node:
            case ast.If():
                self._if(node)
            case ast.For() | ast.AsyncFor():
                self._for(node)
            case ast.While():
                self._while(node)
            case ast.Try() | ast.TryStar():
                self._try(node)
            case ast.With() | ast.AsyncWith():
                self._with(node)
            case ast.Match():
                self._match(node)
            case _:
                if not _is_harmless(node):
                    self._may_raise()
                self._simple(node)

    def _simple(self, node: ast.stmt) -> None:
        match node:
            case ast.Assign(value=value, targets=targets):
                self._evaluate(value)
                for target in targets:
                    self._evaluate(target)
            case ast.AugAssign(target=target, value=value):
                if isinstance(target, ast.Name):
                    self._read(ast.copy_location(ast.Name(target.id, ast.Load()), target))
                self._evaluate(value)
                self._evaluate(target)
            case ast.AnnAssign(target=target, value=given):
                if given is not None:
                    self._evaluate(given)
                    self._evaluate(target)
            case ast.Return(value=given):
                self._evaluate(given)
                self.known = None
            case ast.Raise(exc=exception, cause=cause):
                self._evaluate(exception)
                self._evaluate(cause)
                self.known = None
            case ast.Break():
                self._leave_loop(0)
            case ast.Continue():
                self._leave_loop(1)
            case ast.Assert(test=test, msg=message):
                holds, fails = self._branch(test)
                self.known = fails
                self._evaluate(message)
                self.known = holds
            case ast.Expr(value=value):
                self._evaluate(value)
                if bindings.exits(value, self._own):
                    self.known = None
            case ast.Global() | ast.Nonlocal() | ast.Pass():
                pass
            case _:
                self._definition(node)

    def _definition(self, node: ast.stmt) -> None:
        if isinstance(node, bindings.SCOPES):
            for part in bindings.evaluated_in_place(node):
                self._evaluate(part)
        elif isinstance(node, ast.Delete):
            self._evaluate(node)
        for name in bindings.bound_by(node):
            self._bind(name)

    def _leave_loop(self, how: int) -> None:
        if self._loops:
            self._loops[-1][how].append(self.known)
        self.known = None

    def _if(self, node: ast.If) -> None:
        self._may_raise()
        is_dispatch = bindings.is_dispatch(node)
        ends: list[Known | None] = []
        while True:
            holds, fails = self._branch(node.test)
            ends.append(self._after(holds, node.body))
            if len(node.orelse) != 1 or not isinstance(node.orelse[0], ast.If):
                break
            self.known, node = fails, node.orelse[0]
            if self.known is None:
                self.known = join(*ends)
                return
        if not is_dispatch:
            ends.append(self._after(fails, node.orelse))
        self.known = join(*ends)

    def _after(self, start: Known | None, body: Sequence[ast.stmt]) -> Known | None:
        self.known = start
        self.run(body)
        return self.known

    def _for(self, node: ast.For | ast.AsyncFor) -> None:
        self._may_raise()
        self._evaluate(node.iter)
        before = self.known
        assert before is not None
        self._enter_loop(before, [node.target, *node.body])
        self._assume(node.iter)
        self._evaluate(node.target)
        end, breaks = self._turn(node.body)
        if end is None and (node.orelse or not breaks):
            end = before
        self.known = join(self._after(end, node.orelse), *breaks)

    def _while(self, node: ast.While) -> None:
        before = self.known
        assert before is not None
        self._enter_loop(before, [node.test, *node.body])
        self._may_raise()
        self.known, never = self._branch(node.test)
        end, breaks = self._turn(node.body)
        if bindings.is_always(node.test):
            self.known = join(*breaks)
            return
        if end is not None:
            self.known = end
            with self._silence():
                end = self._branch(node.test)[1]
        elif node.orelse or not breaks:
            end = never
        self.known = join(self._after(end, node.orelse), *breaks)

    def _enter_loop(self, before: Known, parts: Sequence[ast.AST]) -> None:
        self.known = before.entering(bindings.names_bound(parts), bindings.names_deleted(parts))

    def _turn(self, body: Sequence[ast.stmt]) -> tuple[Known | None, list[Known | None]]:
        """Walk through the body of a loop; return what holds at its end, and at each ``break``."""
        self._loops.append(([], []))
        self.run(body)
        breaks, continues = self._loops.pop()
        return join(self.known, *continues), breaks

    def _with(self, node: ast.With | ast.AsyncWith) -> None:
        self._may_raise()
        for item in node.items:
            self._evaluate(item.context_expr)
            self._evaluate(item.optional_vars)
        if not bindings.hides_exceptions(node):
            self.run(node.body)
            return
        self._raising.append(None)
        self.run(node.body)
        self.known = join(self.known, self._raising.pop())

    def _match(self, node: ast.Match) -> None:
        self._may_raise()
        self._evaluate(node.subject)
        start = self.known
        ends: list[Known | None] = []
        for case in node.cases:
            self.known = start
            for name in (name for part in ast.walk(case.pattern) for name in bindings.bound_by(part)):
                self._bind(name)
            if case.guard is not None:
                self.known = self._branch(case.guard)[0]
            ends.append(self._after(self.known, case.body))
        if len(node.cases) == 1 and not _takes_all(node.cases[0]):
            ends.append(start)
        self.known = join(*ends)

    def _try(self, node: ast.Try | ast.TryStar) -> None:
        names = {name for handler in node.handlers for name in _exceptions(handler)}
        # Whoever catches NameError knows.
        asks_for_names = bool(names & _ABOUT_NAMES)
        with self._silence(asks_for_names):
            self._raising.append(self.known if not node.handlers else None)
            self.run(node.body)
            raised = self._raising.pop()
        if asks_for_names and self.known is not None:
            self.known = self.known.with_all(frozenset().union(*map(bindings.names_in, node.body)))
        end = self._after(self.known, node.orelse)
        if self._raising and not names & _EVERYTHING:
            self._raising[-1] = join(self._raising[-1], raised)
        # A handler of a certain exception knows which statement raises it.
        bound = bindings.names_bound(node.body)
        raised = raised and raised.reached_past(frozenset(bound))
        ends = [end]
        for handler in node.handlers:
            self.known = raised
            if self.known is None:
                continue
            if handler.name:
                self._bind(handler.name)
            with self._unasked_in(bound if names.isdisjoint(_EVERYTHING) else set()):
                end = self._after(self.known, handler.body)
            if handler.name and end is not None:
                # What it held before, if anything, is gone as well; that it is read later is pyflakes' to tell.
                end = end.without(handler.name)
            ends.append(end)
        self.known = join(*ends)
        if self.known is None:
            with self._silence():
                self._after(raised, node.finalbody)
            self.known = None
        else:
            self.run(node.finalbody)

    def _may_raise(self) -> None:
        if self._raising:
            self._raising[-1] = join(self._raising[-1], self.known)


def _is_harmless(node: ast.stmt) -> bool:
    """Return whether a statement can raise nothing: ``results = []``."""
    if isinstance(node, ast.Pass | ast.Global | ast.Nonlocal | ast.Break | ast.Continue | bindings.Function):
        return True
    if not isinstance(node, ast.Assign) or not all(isinstance(target, ast.Name) for target in node.targets):
        return False
    return all(isinstance(part, _HARMLESS) for part in ast.walk(node.value))


def _exceptions(handler: ast.ExceptHandler) -> Iterator[str]:
    if handler.type is None:
        yield "BaseException"
        return
    for node in ast.walk(handler.type):
        match node:
            case ast.Name(id=name) | ast.Attribute(attr=name):
                yield name


def _takes_all(case: ast.match_case) -> bool:
    return case.guard is None and isinstance(case.pattern, ast.MatchAs) and case.pattern.pattern is None
