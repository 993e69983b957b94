"""Names that some path to a place does not bind, and the many programs of which nothing may be said."""

from __future__ import annotations

import ast
from textwrap import dedent

import pytest

from pytest_orchestrator.skills.unbound import possibly_unbound

FOUND = {
    "bound if a condition holds, read whatever it is": """
        def main(a):
            if a:
                x = 1
            print(x)  # here
    """,
    "bound in a try whose handler goes on": """
        def main():
            try:
                x = load()
            except ValueError as error:
                print(error)
            return x  # here
    """,
    "bound in a branch, read in a later try": """
        def main():
            first = a()
            if first.ok:
                try:
                    second = b(first)
                except Exception as error:
                    print(error)
            try:
                third = c(second)  # here
            except Exception as error:
                print(error)
    """,
    "bound in an attempt, read after all have failed": """
        def main():
            for attempt in range(3):
                try:
                    answer = fetch()
                    break
                except OSError:
                    wait()
            return answer  # here
    """,
    "bound by a search that may find nothing": """
        for line in lines:
            if line.startswith("x"):
                hit = line
                break
        print(hit)  # here
    """,
    "read in the handler of everything": """
        def main():
            try:
                reply = get()
            except Exception:
                print(reply.text)  # here
    """,
    "what suppress hides": """
        from contextlib import suppress
        with suppress(OSError):
            size = measure()
        print(size)  # here
    """,
    "one case of a match": """
        def main(value):
            match value:
                case [first, *_]:
                    x = first
            return x  # here
    """,
    "deleted on one path": """
        def main(a):
            x = 1
            if a:
                del x
            return x  # here
    """,
    "another condition than it was bound under": """
        def main(a, b):
            if a:
                x = 1
            if b:
                print(x)  # here
    """,
    "the condition has changed meanwhile": """
        def main():
            a = one()
            if a:
                x = 1
            a = two()
            if a:
                print(x)  # here
    """,
    "a function of the module that sounds as if it ended the program, and does not": """
        def fail(text):
            print(text)
            return 1

        def main():
            try:
                x = load()
            except OSError:
                fail("no")
            return x  # here
    """,
    "added to": """
        def main(a):
            if a:
                total = 0
            total += 1  # here
    """,
    "in a comprehension": """
        def main(a):
            if a:
                limit = 5
            return [n for n in range(9) if n < limit]  # here
    """,
    "in an async function": """
        async def main(a):
            async for x in a:
                if x:
                    y = x
            await z(y)  # here
    """,
}

SILENT = {
    "bound on both ways": "if a:\n    x = 1\nelse:\n    x = 2\nprint(x)",
    "the other way leaves": "def f(a):\n    if a:\n        x = 1\n    else:\n        return\n    print(x)",
    "the other way exits": "import sys\nif a:\n    x = 1\nelse:\n    sys.exit(1)\nprint(x)",
    "the handler raises": """
        def f():
            try:
                x = g()
            except OSError as e:
                raise E from e
            return x
    """,
    "the handler calls what never returns": """
        def stop(text):
            print(text)
            raise SystemExit(1)

        def main():
            try:
                x = g()
            except OSError:
                stop("no")
            return x
    """,
    "the parser ends the program": "if a:\n    x = 1\nelse:\n    parser.error('no')\nprint(x)",
    "the same condition again": "def f(a):\n    if a:\n        x = 1\n    g()\n    if a:\n        return x",
    "its opposite leaves first": """
        def f(a):
            if a:
                x = 1
            if not a:
                return None
            return x
    """,
    "half of the same condition": "def f(a, b):\n    if a:\n        x = 1\n    if b and a:\n        return x",
    "is None and is not None": """
        def f(a):
            if a is None:
                return
            if a is not None:
                x = 1
            print(x)
    """,
    "a flag set beside it": """
        def main(lines):
            found = False
            for line in lines:
                if good(line):
                    hit = line
                    found = True
            if found:
                print(hit)
    """,
    "an error noted beside it": """
        def main():
            errors = []
            try:
                x = g()
            except OSError as error:
                errors.append(error)
            if not errors:
                print(x)
    """,
    "a loop taken to run": "for x in xs:\n    y = x\nprint(x, y)",
    "bound by an earlier turn": """
        for line in lines:
            if line.startswith(">"):
                name = line
            else:
                print(name)
    """,
    "asked for until it is good": """
        def main():
            while True:
                try:
                    n = int(input())
                    break
                except ValueError:
                    print("again")
            return n
    """,
    "else of a loop leaves": """
        def main(xs):
            for x in xs:
                if good(x):
                    hit = x
                    break
            else:
                raise ValueError
            return hit
    """,
    "one value, case by case": """
        def f(k):
            if k == 'a':
                x = 1
            elif k == 'b':
                x = 2
            return x
    """,
    "match, case by case": """
        def f(k):
            match k:
                case 1:
                    x = 1
                case 2:
                    x = 2
            return x
    """,
    "deliberately caught": "try:\n    x\nexcept NameError:\n    x = 1\nprint(x)",
    "read later in a function": "if a:\n    import yaml\ndef f():\n    return yaml.safe_load('')",
    "global": "def f():\n    global x\n    if a:\n        x = 1\n    print(x)",
    "a name of the language": "if a:\n    input = raw\ninput()",
    "for type checkers": """
        from typing import TYPE_CHECKING
        if TYPE_CHECKING:
            from a import B
        x: B = B()
    """,
    "by version": "import sys\nif sys.version_info >= (3, 11):\n    import tomllib\nprint(tomllib)",
    "nothing can fail before it": """
        def f():
            try:
                x = None
                x = g()
            except Exception:
                print(x)
    """,
    "the handler of what comes later": """
        try:
            r = get()
            r.check()
        except StatusError:
            print(r.text)
    """,
    "walrus": "def f(a):\n    if (m := a.match()) and m.ok:\n        return m\n    return m",
    "walrus behind and": "def f(a):\n    if a and (m := a.match()):\n        return m",
    "with exec": "exec(code)\nif a:\n    x = 1\nprint(x)",
    "a comprehension's own": "if a:\n    x = [x for x in y]\nprint([x for x in z])",
    "finally": "def f():\n    try:\n        c = connect()\n        c.go()\n    finally:\n        c.close()",
    "never bound at all, which is another's business": "def f():\n    print(x)",
    "unreachable": "def f(a):\n    if a:\n        x = 1\n    return\n    print(x)",
}


@pytest.mark.parametrize("program", FOUND.values(), ids=FOUND.keys())
def test_a_name_that_one_path_does_not_bind_is_found_where_it_is_read(program: str) -> None:
    source = dedent(program).strip()
    expected = 1 + next(number for number, line in enumerate(source.splitlines()) if line.endswith("# here"))
    assert [one.line for one in possibly_unbound(ast.parse(source))] == [expected]


@pytest.mark.parametrize("program", SILENT.values(), ids=SILENT.keys())
def test_nothing_is_said_where_a_reader_would_not_agree(program: str) -> None:
    assert possibly_unbound(ast.parse(dedent(program).strip())) == []


def test_a_finding_names_the_place_that_binds_the_name() -> None:
    (found,) = possibly_unbound(ast.parse("if a:\n    x = 1\nelif b:\n    pass\nprint('é', x)"))
    assert (found.name, found.line, found.column, found.bound_at) == ("x", 5, 12, 2)


def test_each_name_is_told_once_in_a_scope() -> None:
    found = possibly_unbound(ast.parse("if a:\n    x = y = 1\nprint(x)\nprint(x, y)"))
    assert [(one.name, one.line) for one in found] == [("x", 3), ("y", 4)]


def test_functions_within_functions_and_methods_are_looked_at() -> None:
    source = (
        "class A:\n    def f(self):\n        def g(a):\n            if a:\n                x = 1\n            return x"
    )
    assert [one.line for one in possibly_unbound(ast.parse(source))] == [6]
