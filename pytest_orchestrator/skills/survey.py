"""The names of a piece of Python, from one walk through its syntax tree."""

from __future__ import annotations

import ast
from dataclasses import field

from ..quick_dataclasses import dataclass
from .bindings import COMPOUND, PLAIN, Function, bound_by, parameters

_FORKS = frozenset({*COMPOUND, ast.NamedExpr, ast.Delete})
_BINDING = frozenset({
    ast.Import, ast.ImportFrom, ast.ClassDef, ast.MatchAs, ast.MatchStar, ast.MatchMapping, ast.ExceptHandler,
})  # fmt: skip
_FUNCTIONS = frozenset({ast.FunctionDef, ast.AsyncFunctionDef})


@dataclass(slots=True)
class Survey:
    """What is in a tree."""

    reads: list[ast.Name] = field(default_factory=list)
    bound: set[str] = field(default_factory=set)
    """The names that are bound anywhere, in whatever scope."""
    functions: list[Function] = field(default_factory=list)
    has_forks: bool = False
    """Whether there is anything that binds names on some paths only."""
    imports_all: bool = False
    """Whether names come from an ``import *``."""
    size: int = 0
    """How many nodes there are, but for the contexts of names."""


def survey(tree: ast.AST) -> Survey:
    """Return what is in ``tree``."""
    found = Survey()
    reads, bound = found.reads, found.bound
    nodes = [tree]
    for node in nodes:
        kind = node.__class__
        if kind is ast.Name:
            if node.ctx.__class__ is ast.Load:  # type: ignore[attr-defined]  # a name has one
                reads.append(node)  # type: ignore[arg-type]
            else:
                bound.add(node.id)  # type: ignore[attr-defined]
            continue
        if kind is ast.Constant:
            continue
        if kind is ast.Attribute:
            nodes.append(node.value)  # type: ignore[attr-defined]
            continue
        if kind in _FORKS:
            found.has_forks = True
        elif kind in _FUNCTIONS or kind is ast.Lambda:
            bound.update(parameters(node))  # type: ignore[arg-type]
            if kind in _FUNCTIONS:
                bound.add(node.name)  # type: ignore[attr-defined]
                found.functions.append(node)  # type: ignore[arg-type]
        elif kind in _BINDING:
            _bind(found, node)
        for value in node.__dict__.values():
            kind = value.__class__
            if kind is list:
                nodes += [item for item in value if isinstance(item, ast.AST)]
            elif kind not in PLAIN and isinstance(value, ast.AST):
                nodes.append(value)
    found.size = len(nodes)
    return found


def _bind(found: Survey, node: ast.AST) -> None:
    if isinstance(node, ast.ExceptHandler):
        found.bound.add(node.name or "")
    elif isinstance(node, ast.ImportFrom) and node.names[0].name == "*":
        found.imports_all = True
    else:
        found.bound.update(bound_by(node))
