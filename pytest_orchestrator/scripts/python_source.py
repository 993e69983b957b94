"""What a Python script says about itself, read from its syntax tree. Nothing is imported or run."""

from __future__ import annotations

import ast
import inspect
import io
import re
import tokenize
import warnings
from textwrap import dedent
from typing import TYPE_CHECKING

from .prose import Prose, ScriptOption, read_prose

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_DOCSTRING = re.compile(
    r"""(?sx) \A \s* (?: \#[^\n]*\n\s* )* [rRuU]? (?: \"\"\"(?P<double>.*?)\"\"\" | '''(?P<single>.*?)''' )"""
)
_USAGE = re.compile(r"\s*usage\s*:", re.IGNORECASE)
_STRIPS = frozenset({"strip", "lstrip", "rstrip", "expandtabs"})
_PERCENT = re.compile(r"%(?:\((\w+)\)[sdr]|(%)|[sdr])")
_LONGEST_DEFAULT = 60


class PythonSource:
    """A Python script's text and, when it has no syntax error, its tree."""

    def __init__(self, source: bytes, name: str) -> None:
        self.name = name
        self.text = _decode(source)
        self.problem: str | None = None
        """What is wrong with its syntax, as ``line 3: …``; None when nothing is."""
        self._tree: ast.Module | None = None
        self._texts: dict[str, str] = {}
        try:
            with warnings.catch_warnings():
                # A script's own SyntaxWarning is no business of whoever reads its description.
                warnings.simplefilter("ignore")
                self._tree = ast.parse(source)
        except SyntaxError as problem:
            where = f"line {problem.lineno}: " if problem.lineno else ""
            self.problem = f"{where}{problem.msg}"
        except (ValueError, RecursionError, MemoryError) as problem:
            self.problem = str(problem) or type(problem).__name__

    def docstring(self) -> str:
        """Return the module's docstring; with a syntax error, what looks like it; empty when there is none."""
        if self._tree is not None:
            return ast.get_docstring(self._tree) or ""
        match = _DOCSTRING.match(self.text)
        return "" if match is None else inspect.cleandoc(match["double"] or match["single"] or "")

    def prose(self, comment: str) -> Prose:
        """Return what it says: docstring, else ``comment`` (its header comment), else argparse, else ``main``."""
        try:
            calls = list(self._calls())
            self._read_constants()
            prose = read_prose(self.docstring() or comment, self.name)
            parser = next((call for call in calls if _called(call) in {"ArgumentParser", "OptionParser"}), None)
            title, summary = prose.title, prose.summary
            if not title and parser is not None:
                other = read_prose(self._argument(parser, "description"), self.name)
                title, summary = other.title, other.summary
            if not title:
                title = read_prose(self._main_docstring(), self.name).title
            usage = prose.usage
            if not usage and parser is not None:
                usage = self._filled_in(self._argument(parser, "usage"), parser)
            usage = usage or self._shown_usage()
        except RecursionError:
            # One expression nested a thousand deep; the docstring is what can still be had.
            return read_prose(self.docstring() or comment, self.name)
        return Prose(title, summary, usage)

    def options(self) -> tuple[ScriptOption, ...]:
        """Return what it gives to ``add_argument``, ``add_option``, ``click.option`` and ``click.argument``."""
        found: list[ScriptOption] = []
        for call in self._calls():
            if not _declares_option(call):
                continue
            try:
                names = tuple(filter(None, map(self._string, call.args)))
                hidden = any(
                    word.arg == "help" and ast.unparse(word.value).endswith("SUPPRESS") for word in call.keywords
                )
                help_text = self._filled_in(" ".join(self._argument(call, "help").split()), call)
            except RecursionError:
                continue
            if names and not hidden:
                # click takes the variable's name among the flags.
                flags = tuple(name for name in names if name.startswith("-")) or names[:1]
                found.append(ScriptOption(flags, help_text))
        return tuple(found)

    def _calls(self) -> Iterator[ast.Call]:
        if self._tree is None:
            return iter(())
        calls = [node for node in ast.walk(self._tree) if isinstance(node, ast.Call)]
        return iter(sorted(calls, key=lambda call: (call.lineno, call.col_offset)))

    def _read_constants(self) -> None:
        self._texts["__doc__"] = self.docstring()
        for node in self._tree.body if self._tree is not None else ():
            if isinstance(node, ast.Assign):
                text = self._string(node.value)
                for target in node.targets:
                    if isinstance(target, ast.Name) and text is not None:
                        self._texts[target.id] = text

    def _main_docstring(self) -> str:
        for node in self._tree.body if self._tree is not None else ():
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name in {"main", "cli", "run"}:
                return ast.get_docstring(node) or ""
        return ""

    def _argument(self, call: ast.Call, name: str) -> str:
        for keyword in call.keywords:
            if keyword.arg == name:
                return (self._string(keyword.value) or "").strip("\n")
        return ""

    def _shown_usage(self) -> str:
        if self._tree is None:
            return ""
        nodes = list(ast.walk(self._tree))
        # A statement that is nothing but a string is a docstring: of a function's use, not of the script's.
        docstrings = {id(node.value) for node in nodes if isinstance(node, ast.Expr)}
        strings = [node for node in nodes if isinstance(node, ast.Constant | ast.JoinedStr | ast.BinOp)]
        for node in sorted(strings, key=lambda node: (node.lineno, node.col_offset)):
            text = self._string(node) if id(node) not in docstrings else None
            if text is not None and _USAGE.match(text):
                return dedent(text).strip()
        return ""

    def _string(self, node: ast.expr) -> str | None:
        """Return the text that an expression stands for, as far as it can be told without running it."""
        match node:
            case ast.Constant(value=str(text)):
                return text
            case ast.Name(id=name):
                return self._texts.get(name)
            case ast.JoinedStr(values=parts):
                return "".join(self._string(part) or "" for part in parts)
            case ast.FormattedValue(value=value):
                return self._shown_value(value)
            case ast.BinOp(left=left, op=ast.Add(), right=right):
                first, second = self._string(left), self._string(right)
                return None if first is None or second is None else first + second
            case ast.BinOp(left=left, op=ast.Mod(), right=right):
                return self._changed(left, lambda text: _PERCENT.sub(lambda _: self._shown_value(right), text))
            case ast.Call(func=ast.Attribute(value=value, attr=method)) if method in _STRIPS:
                return self._changed(value, str.strip)
            case ast.Call(args=[value]) if _called(node) in {"dedent", "cleandoc"}:
                return self._changed(value, inspect.cleandoc)
        return None

    def _changed(self, node: ast.expr, change: Callable[[str], str]) -> str | None:
        text = self._string(node)
        return None if text is None else change(text)

    def _shown_value(self, node: ast.expr) -> str:
        known = self._string(node)
        if known is not None:
            return known
        source = ast.unparse(node)
        return self.name if re.search(r"argv\[0\]|__file__|\bprog\b", source) else f"{{{source}}}"

    def _filled_in(self, text: str, call: ast.Call) -> str:
        """Return a help text with argparse's ``%(default)s`` and the like replaced by what they stand for."""
        values = {keyword.arg: keyword.value for keyword in call.keywords if keyword.arg}

        def value_of(match: re.Match[str]) -> str:
            name, percent = match.groups()
            if percent:
                return "%"
            if name == "prog":
                return self.name
            if name not in values:
                return "None" if name == "default" else match.group()
            constant = self._string(values[name])
            return ast.unparse(values[name])[:_LONGEST_DEFAULT] if constant is None else constant

        return _PERCENT.sub(value_of, text)


def _declares_option(call: ast.Call) -> bool:
    match call.func:
        case ast.Attribute(attr="add_argument" | "add_option"):
            return True
        case ast.Attribute(attr="option" | "argument", value=ast.Name(id="click")):
            return True
    return False


def _called(call: ast.Call) -> str:
    match call.func:
        case ast.Attribute(attr=name) | ast.Name(id=name):
            return name
    return ""


def _decode(source: bytes) -> str:
    try:
        encoding, _ = tokenize.detect_encoding(io.BytesIO(source).readline)
        return source.decode(encoding, "replace")
    except (SyntaxError, LookupError):
        return source.decode("utf-8", "replace")
