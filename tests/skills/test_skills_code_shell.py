"""The shell in skills: what bash refuses, what documents may write all the same, and that nothing of it is run."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rule_findings import findings_of

from pytest_orchestrator.skills.bash_syntax import NoBashError, bash_faults
from pytest_orchestrator.skills.rules import code_shell, code_shellcheck
from pytest_orchestrator.skills.shell_code import is_plainly_valid, other_interpreter, relaxed, typed
from pytest_orchestrator.skills.shellcheck import LONGEST, shellcheck_comments, shellcheck_path

if TYPE_CHECKING:
    from pathlib import Path

    from pytest_orchestrator.skills.finding import Finding

FRONT = "---\nname: x\ndescription: Does x. Use when x is to be done.\n---\n"
CODES = {rule.code for module in (code_shell, code_shellcheck) for rule in module.RULES}
needs_shellcheck = pytest.mark.skipif(shellcheck_path() is None, reason="the [lint] extra is not installed")


def found_in(code: str, root: Path, info: str = "bash", **files: str) -> list[Finding]:
    tree = {"x/SKILL.md": f"{FRONT}# X\n\n```{info}\n{code}```\n", **files}
    return [finding for finding in findings_of(tree, "claude-code", root) if finding.code in CODES]


# -- what bash says ----------------------------------------------------------------------------------------------

REFUSED = {
    "if true; then\n  a\n": 3,
    "a\nfi\n": 2,
    'a\necho "b\nc\n': 2,
    "a\n\nb ()\n": 3,
    "for f in *; do a; fi\n": 1,
    "x=$(a < < b)\n": 1,
    "a\n[[ -f ]]\n": 2,
    "case a in\n": 1,
    "a;; b\n": 1,
    "}\n": 1,
}


@pytest.mark.parametrize("code", REFUSED)
def test_what_bash_refuses_is_found_at_its_line(code: str) -> None:
    fault = bash_faults([code])[code]
    assert fault is not None
    assert fault.is_error
    assert abs(fault.line - REFUSED[code]) <= 1  # of what never ends, some versions name the end


def test_the_line_of_a_refused_word_is_exact() -> None:
    assert [getattr(fault, "line", 0) for fault in bash_faults(["a\nb\nfi\n", "fi\n", "a\nb || fi\n"]).values()] == [
        3, 1, 2,
    ]  # fmt: skip


def test_a_here_document_without_an_end_is_no_error() -> None:
    (fault,) = bash_faults(["a\ncat <<'END'\nx\n"]).values()
    assert fault is not None
    assert (fault.line, fault.is_error) == (2, False)
    assert "'END'" in fault.message


@pytest.mark.parametrize("kind", ["touch {}", "$(touch {})", "x=`touch {}`", "echo $((1 + $(touch {})))",
    "}}; touch {}", ")\ntouch {}", "set +n\ntouch {}", "trap 'touch {}' EXIT DEBUG RETURN ERR\ntrue",
    "x[$(touch {})]=1", "cat <<EOF\n$(touch {})\nEOF", "fi\ntouch {}", "eval 'set +n'; touch {}",
    ": ${{x:=$(touch {})}}", "\\\n\ntouch {}", "cat <(touch {})", "echo \"\n$(touch {})"])  # fmt: skip
def test_nothing_is_executed_whatever_the_code_tries(kind: str, tmp_path: Path) -> None:
    mark = tmp_path / "touched"
    bash_faults([kind.format(mark), f"touch {mark}", kind.format(mark) + "\n"])
    assert not mark.exists()


def test_an_error_that_ends_the_shell_does_not_keep_the_others_from_being_looked_at() -> None:
    fatal = [f"x{number}=$(a < < b)\n" for number in range(5)]
    texts = ["first() { true; }\n", *fatal, "fi # last\n", "last() { true; }\n"]
    faults = bash_faults(texts)
    assert [faults[text] is not None for text in texts] == [False, *[True] * 5, True, False]


def test_neighbours_do_not_change_a_verdict() -> None:
    alone = {code: bash_faults([f"{code}# alone\n"]).popitem()[1] for code in REFUSED}
    together = bash_faults([f"{code}# together\n" for code in [*REFUSED, *reversed(REFUSED)]])
    for code, fault in alone.items():
        other = together[f"{code}# together\n"]
        assert fault is not None
        assert other is not None
        assert (other.line, other.message.replace("together", "")) == (fault.line, fault.message.replace("alone", ""))


def test_a_thousand_pieces_take_one_or_two_processes_and_no_time() -> None:
    texts = [f"if [ -f {number} ]; then\n  echo $(cat {number})\nfi\n" for number in range(1200)]
    faults = bash_faults(texts)
    assert len(faults) == 1200
    assert set(faults.values()) == {None}


def test_long_output_is_not_cut(tmp_path: Path) -> None:
    texts = [f"echo '{number:0300}' )\n" for number in range(400)]
    assert all(fault is not None for fault in bash_faults(texts).values())


def test_odd_characters_are_survived() -> None:
    texts = ["echo '\0'\n", "echo \udc80\n", "", "\n", "#", "\\", "echo é\n", "a" * 200_000]
    assert set(bash_faults(texts)) == set(texts)


def test_without_bash_a_note_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    (finding,) = found_in("if unheard; of\n", tmp_path)
    assert (str(finding.severity), finding.line) == ("note", 8)
    assert finding.message == "the shell from here on was not checked: bash is not installed"
    with pytest.raises(NoBashError):
        bash_faults(["if unheard; of it\n"])


# -- what documents write ------------------------------------------------------------------------------------------

ACCEPTED = {
    "prompts": "$ make\n$ for f in *; do\n>   echo $f\n> done\noutput (with a bracket\n",
    "an arrow for a prompt": "> tool go\n### Page\n- URL (of it)\n\n> tool stop\n",
    "prompts of people": "me@host:~/x$ make\nmade (all)\n(venv) $ python x.py\n",
    "a continued prompt": "$ make \\\n    all\nbuilt (x\n",
    "a placeholder at the end": "tool add <name>\n",
    "a placeholder before an operator": "which <binary> && <binary> --version\n",
    "a placeholder with words": "gh issue view <issue number> --json <field, field>\n",
    "a placeholder in a substitution": "ID=$(tool create < <name>.yaml -r)\n",
    "double braces": "{{TOOL}} start <id>\n",
    "optional arguments": "tool [options] <file> [--json] (start|stop)\n",
    "left out": "tool ...\n…\nfoo (...)\n".replace("foo (...)\n", ""),
    "extended patterns": "ls !(*.txt) +(a|b)\n",
    "arrays and arithmetic": "x=(1 2 3)\n((x[0]++)) || echo ${x[@]:1}\n",
    "a here-document": "cat > x.py << 'EOF'\nif (\n  '\nEOF\npython x.py\n",
    "process substitution": "diff <(sort a) <(sort b) > c\n",
    "comments": "# it's (all) here\nmake # don't\n",
}


@pytest.mark.parametrize("code", ACCEPTED.values(), ids=ACCEPTED.keys())
def test_what_documents_write_is_no_mistake(code: str, tmp_path: Path) -> None:
    assert [finding for finding in found_in(code, tmp_path) if finding.code == "SK510"] == []


@pytest.mark.parametrize("info", ["", "text", "console", "shell-session", "zsh", "fish", "powershell", "bat"])
def test_only_what_bash_can_judge_is_judged(info: str, tmp_path: Path) -> None:
    assert found_in("fi (\n", tmp_path, info) == []


@pytest.mark.parametrize("info", ["bash", "sh", "shell", "{.bash}", 'bash title="x"'])
def test_the_fences_of_shells_are(info: str, tmp_path: Path) -> None:
    assert [finding.line for finding in found_in("make\nfi\n", tmp_path, info)] == [9]


def test_a_shebang_names_another_language(tmp_path: Path) -> None:
    assert found_in("#!/usr/bin/env python3\nprint((1))\n", tmp_path) == []
    assert [other_interpreter(f"#!{line}\n") for line in ("/bin/sh", "/usr/bin/env -S bash -e", "/usr/bin/zsh -f")] == [
        "", "", "zsh",
    ]  # fmt: skip


def test_scripts_are_checked_as_they_stand_and_carry_their_own_path(tmp_path: Path) -> None:
    files = {
        "x/scripts/a.sh": "#!/bin/sh\ntool <name>\n",
        "x/scripts/b.bash": "if true; then\n  echo\nfi\n",
        "x/scripts/c.sh": "#!/usr/bin/env fish\nif true\nend\n",
        "x/other.sh": "fi\n",
    }
    found = [each for each in found_in("true\n", tmp_path, **files) if each.code == "SK510"]
    assert [(each.path, each.line, str(each.severity)) for each in found] == [("x/scripts/a.sh", 2, "error")]


def test_an_indented_fence_is_found_where_it_stands(tmp_path: Path) -> None:
    tree = {"x/SKILL.md": f"{FRONT}# X\n\n1. Do:\n\n   ```bash\n   make\n     fi\n   ```\n"}
    (finding,) = [each for each in findings_of(tree, "claude-code", tmp_path) if each.code == "SK510"]
    assert (finding.line, finding.column) == (11, 6)


def test_what_was_typed_keeps_its_lines() -> None:
    assert typed("$ a\nout\n  $ b \\\n  c\nmore") == "a\n\nb \\\n  c\n"
    assert typed("# root\ncost=$5\n") == "# root\ncost=$5\n"
    assert typed("a\n> b\n") == "a\n> b\n"


def test_redirections_are_no_placeholders() -> None:
    for code in ("cat <in >out", "cat <<EOF > x", "a <<<b", "a <(b) >(c)", "a < b > c"):
        assert "_" not in relaxed(code).replace("cat _out", ""), code


words = st.sampled_from(
    ["a", "-b", "--c=d", "./e", "$F", "${G}", '"h i"', "'j k'", "\\ ", "\\", "|", "||", "&&", ";", "&", ">", "2>&1",
     "<", "(", ")", "{", "}", "`", '"', "'", "#", "# l", "if", "then", "fi", "do", "done", "in", "!", "[[", "]]",
     "case", "esac", "$(", "<<EOF", "EOF", "=", "x=1", "é", "\t", "*", "?", "[a]", "$", "$$", "@", "%", "~", "^", "+",
     ":", ","]
)  # fmt: skip
lines = st.lists(st.lists(words, max_size=6).map(" ".join) | st.lists(words, max_size=4).map("".join), max_size=4)


@given(st.lists(lines.map("\n".join), min_size=20, max_size=40))
@settings(max_examples=30, deadline=None)
def test_what_is_called_plainly_valid_is_valid(codes: list[str]) -> None:
    plain = [code for code in codes if is_plainly_valid(code)]
    assert {code: fault for code, fault in bash_faults(plain).items() if fault is not None} == {}


@pytest.mark.parametrize(
    "code", ["npm install x\n", "git add . && git commit -m 'x'\n\nls -la | grep y\n", "A=1 b \\\n  c\n"]
)
def test_ordinary_commands_are_plainly_valid(code: str) -> None:
    assert is_plainly_valid(code)


def test_plainly_valid_is_decided_in_linear_time() -> None:
    assert not is_plainly_valid("a " * 50_000 + "(")
    assert not is_plainly_valid("'" * 50_001)


# -- ShellCheck ----------------------------------------------------------------------------------------------------


@needs_shellcheck
def test_an_error_of_shellcheck_is_one_in_a_program_only(tmp_path: Path) -> None:
    program = found_in("#!/bin/bash\nfor f in $@; do\n  rm $f\ndone\n", tmp_path / "a")
    assert [(each.code, each.line, str(each.severity)) for each in program] == [("SK511", 9, "error")]
    fragment = found_in("for f in $@; do\n  rm $f\ndone\n", tmp_path / "b")
    assert [(each.code, each.line, str(each.severity)) for each in fragment] == [("SK511", 8, "warning")]


@needs_shellcheck
def test_warnings_are_for_programs_and_matters_of_taste_for_nobody(tmp_path: Path) -> None:
    code = "cd /somewhere; rm -f x\nunused=$(a)\n"
    files = {"x/scripts/a.sh": f"#!/bin/bash\n{code}"}
    found = found_in(code, tmp_path, **files)
    assert [(each.path, each.line, str(each.severity)) for each in found] == [("x/scripts/a.sh", 2, "warning")]
    assert found[0].message.startswith("ShellCheck SC2164: ")


@needs_shellcheck
def test_what_shellcheck_is_told_in_the_code_holds(tmp_path: Path) -> None:
    assert found_in("#!/bin/bash\n# shellcheck disable=SC2068\nfill $@ (x\n".replace(" (x", ""), tmp_path) == []


@needs_shellcheck
def test_more_comments_than_a_result_holds_are_all_read() -> None:
    texts = [f"#!/bin/bash\n{'rm $a $b' if number % 2 else 'cd /a/b'}\n# {number}\n" * 8 for number in range(150)]
    comments = shellcheck_comments(texts)
    assert len(comments) == 150
    assert {len(comments[text]) for text in texts} == {2, 8}


@needs_shellcheck
def test_what_is_too_long_for_shellcheck_is_told_and_not_asked(tmp_path: Path) -> None:
    files = {"x/scripts/a.sh": f"#!/bin/bash\nfor f in $@; do rm $f; done\n: {'x' * LONGEST}\n"}
    (finding,) = [each for each in found_in("true\n", tmp_path, **files) if each.code == "SK511"]
    assert (finding.path, finding.line, str(finding.severity)) == ("x/scripts/a.sh", 1, "note")
    assert "longer than 64 KiB" in finding.message


def test_the_cold_import_of_the_rules_starts_nothing_and_loads_no_analyser() -> None:
    code = (
        "import sys, pytest_orchestrator.skills.rules.code_shell, pytest_orchestrator.skills.rules.code_shellcheck, "
        "pytest_orchestrator.skills.rules.code_python; print([m for m in ('pyflakes', 'yaml') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env={**os.environ}, check=True)
    assert "pyflakes" not in done.stdout
