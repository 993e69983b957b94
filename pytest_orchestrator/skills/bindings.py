"""What binds names in Python: the names of a scope, and the conditions and calls that decide where it goes on."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

Function = ast.FunctionDef | ast.AsyncFunctionDef
SCOPES = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda)
"""What has names of its own."""
COMPOUND = (
    ast.For, ast.AsyncFor, ast.While, ast.If, ast.Try, ast.TryStar, ast.With, ast.AsyncWith, ast.Match
)  # fmt: skip
"""Statements that hold others."""

_BINDING = frozenset({
    ast.Name, ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Import, ast.ImportFrom, ast.MatchAs,
    ast.MatchStar, ast.MatchMapping,
})  # fmt: skip
PLAIN = frozenset({int, str, type(None), ast.Load, ast.Store, ast.Del})
"""Classes of what hangs on nodes without any node below it: most of what a walk meets."""
_EXITS = frozenset({"exit", "quit", "die", "abort", "fail", "fatal", "bail", "usage_error", "assert_never"})
_EXITS_OF = {
    "sys": frozenset({"exit"}),
    "os": frozenset({"_exit", "abort", "execv", "execve", "execvp", "execvpe", "execl", "execlp"}),
    "pytest": frozenset({"fail", "skip", "exit", "xfail"}),
    "self": frozenset({"fail", "skipTest"}),
    "ctx": frozenset({"exit", "abort", "fail"}),
}
_HIDING = frozenset({"suppress"})
_PLATFORM = ("version_info", "'platform'")
_FALSE_WHEN = {ast.IsNot: ast.Is, ast.NotEq: ast.Eq, ast.NotIn: ast.In}


def all_nodes(tree: ast.AST) -> list[ast.AST]:
    """Return ``tree`` and all nodes below it but the contexts of names. Several times as fast as :func:`ast.walk`."""
    nodes = [tree]
    for node in nodes:
        _add_children(node, nodes)
    return nodes


def children(node: ast.AST) -> list[ast.AST]:
    """Return the nodes right below ``node``, in the order of the syntax, but for the contexts of names."""
    found: list[ast.AST] = []
    _add_children(node, found)
    return found


def _add_children(node: ast.AST, nodes: list[ast.AST]) -> None:
    for value in node.__dict__.values():
        kind = value.__class__
        if kind is list:
            nodes += [item for item in value if isinstance(item, ast.AST)]
        elif kind not in PLAIN and isinstance(value, ast.AST):
            nodes.append(value)


def local_nodes(nodes: Iterable[ast.AST]) -> list[ast.AST]:
    """Return all nodes below ``nodes`` that belong to the same scope; what opens another one is there itself."""
    found = list(nodes)
    for node in found:
        if isinstance(node, SCOPES):
            found += evaluated_in_place(node)
        else:
            _add_children(node, found)
    return found


def evaluated_in_place(node: ast.AST) -> list[ast.AST]:
    """Return the parts of a definition that are evaluated where it stands."""
    if isinstance(node, ast.ClassDef):
        return [*node.decorator_list, *node.bases, *node.keywords]
    assert isinstance(node, Function | ast.Lambda)
    defaults: list[ast.AST] = [*node.args.defaults, *filter(None, node.args.kw_defaults)]
    return defaults if isinstance(node, ast.Lambda) else [*node.decorator_list, *defaults]


def parameters(node: Function | ast.Lambda) -> Iterator[str]:
    """Yield the names of a function's parameters."""
    given = node.args
    for argument in (*given.posonlyargs, *given.args, *given.kwonlyargs, given.vararg, given.kwarg):
        if argument is not None:
            yield argument.arg


def bound_by(node: ast.AST) -> Iterable[str]:
    """Return the names that ``node`` itself binds, but for a handler's own, which ends with the handler."""
    if node.__class__ not in _BINDING:
        return ()
    match node:
        case ast.Name(id=name, ctx=context):
            return (name,) if isinstance(context, ast.Store) else ()
        case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
            return (name,)
        case ast.Import(names=aliases) | ast.ImportFrom(names=aliases):
            return [alias.asname or alias.name.partition(".")[0] for alias in aliases]
        case ast.MatchAs(name=str(name)) | ast.MatchStar(name=str(name)) | ast.MatchMapping(rest=str(name)):
            return (name,)
    return ()


def names_bound(nodes: Iterable[ast.AST]) -> set[str]:
    """Return the names that are bound somewhere below ``nodes``, in their scope. Those of comprehensions count too."""
    return {name for node in local_nodes(nodes) for name in bound_by(node)}


def names_bound_on_the_way(body: Iterable[ast.stmt]) -> set[str]:
    """Return the names of a scope that may be bound on some of its paths only.

    Those that plain statements bind one after the other are not among them.
    """
    found: set[str] = set()
    for statement in body:
        if isinstance(statement, COMPOUND):
            found |= names_bound([statement]) | names_deleted([statement])
        elif isinstance(statement, ast.Delete):
            found |= names_deleted([statement])
        elif not isinstance(statement, SCOPES):
            parts = local_nodes([statement])
            found.update(part.target.id for part in parts if isinstance(part, ast.NamedExpr))
    return found


def names_deleted(nodes: Iterable[ast.AST]) -> set[str]:
    """Return the names that are deleted somewhere below ``nodes``, in their scope."""
    return {node.id for node in local_nodes(nodes) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Del)}


def names_in(node: ast.AST) -> frozenset[str]:
    """Return all names that are written below ``node``."""
    return frozenset(part.id for part in all_nodes(node) if isinstance(part, ast.Name))


def declared_elsewhere(nodes: Iterable[ast.AST]) -> set[str]:
    """Return the names that a scope, or one within it, declares ``global`` or ``nonlocal``."""
    found: set[str] = set()
    for node in nodes:
        for part in all_nodes(node):
            if isinstance(part, ast.Global | ast.Nonlocal):
                found.update(part.names)
    return found


def exits(call: ast.expr, own: Mapping[str, bool]) -> bool:
    """Return whether evaluating ``call`` never comes back: ``sys.exit()``, ``parser.error()`` and the like.

    ``own`` says it of the functions of the module.
    """
    if isinstance(call, ast.Await):
        call = call.value
    if not isinstance(call, ast.Call):
        return False
    match call.func:
        case ast.Name(id=name):
            return own.get(name, name in _EXITS)
        case ast.Attribute(value=ast.Name(id=owner), attr=attribute):
            if attribute in _EXITS_OF.get(owner, ()) or (owner in ("self", "cls") and own.get(attribute)):
                return True
            return attribute in ("error", "exit") and ("pars" in owner or owner == "ap")
    return False


def hides_exceptions(node: ast.With | ast.AsyncWith) -> bool:
    """Return whether the block of a ``with`` may end early without the function ending, as ``suppress`` has it."""
    for item in node.items:
        match item.context_expr:
            case ast.Call(func=ast.Name(id=name) | ast.Attribute(attr=name)) if name in _HIDING:
                return True
    return False


def is_always(test: ast.expr) -> bool | None:
    """Return what a condition is whatever happens; None where that depends."""
    match test:
        case ast.Constant(value=value):
            return bool(value)
        case ast.Name(id="TYPE_CHECKING") | ast.Attribute(attr="TYPE_CHECKING"):
            # What is imported under it is used in annotations, which are not looked at.
            return True
        case ast.Compare(left=left) if any(name in ast.dump(left) for name in _PLATFORM):
            # Whoever reads this runs one of them.
            return True
    return None


def condition(test: ast.expr) -> tuple[str, bool]:
    """Return a condition in a form that equal ones share, and whether it holds when that does."""
    if isinstance(test, ast.Compare) and len(test.ops) == 1:
        positive = _FALSE_WHEN.get(type(test.ops[0]))
        if positive is not None:
            return ast.dump(ast.Compare(test.left, [positive()], test.comparators)), False
    return ast.dump(test), True


def subject(test: ast.expr) -> str | None:
    """Return what a condition of an ``elif`` chain asks about; None where it is no plain question about one thing."""
    match test:
        case ast.Compare(left=left, ops=[ast.Eq() | ast.In() | ast.Is()]):
            return ast.dump(left)
        case ast.Call(func=ast.Name(id="isinstance" | "issubclass"), args=[left, _]):
            return ast.dump(left)
        case ast.Call(func=ast.Attribute(value=left, attr="startswith" | "endswith")):
            return ast.dump(left)
        case ast.Call(func=ast.Name(), args=[left]):
            return ast.dump(left)
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            return subject(operand)
        case ast.BoolOp(values=values):
            subjects = {subject(value) for value in values}
            return subjects.pop() if len(subjects) == 1 else None
    return None


def is_dispatch(node: ast.If) -> bool:
    """Return whether an ``if`` with its ``elif`` asks about one thing only, and has no ``else``.

    Whoever writes that means the cases to be all that there are.
    """
    subjects = [subject(node.test)]
    while len(node.orelse) == 1 and isinstance(node.orelse[0], ast.If):
        node = node.orelse[0]
        subjects.append(subject(node.test))
    return not node.orelse and len(subjects) > 1 and subjects[0] is not None and len(set(subjects)) == 1
