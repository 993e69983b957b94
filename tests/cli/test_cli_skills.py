"""``pytest-orchestrator skills``: what each command prints, as text and JSON, and its exit codes."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest
from cli_runs import COMMAND, command
from skill_trees import skill_text, write_own_skills, write_tree

from pytest_orchestrator.cli import main

if TYPE_CHECKING:
    from pathlib import Path

SAID = pytest.CaptureFixture[str]
GOOD = skill_text("good", "Counts penguins. Use when penguins have to be counted.", "# Good\n\nCount them.\n")
BAD = "---\nname: Bad\ndescription: Does bad things. Use when asked.\n---\n# Bad\n\nText.\n"


@pytest.fixture(autouse=True)
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "pyproject.toml").touch()
    monkeypatch.chdir(tmp_path)
    return tmp_path


def said_json(capsys: SAID, *words: str, code: int = 0) -> Any:
    assert main(["skills", *words]) == code
    return json.loads(capsys.readouterr().out)


# -- mistakes -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ([], "the following arguments are required: COMMAND"),
        (["lsit"], "invalid choice: 'lsit'"),
        (["show"], "the following arguments are required: NAME"),
        (["show", "x"], "there is no skill 'x' below .; name a directory that holds skills"),
        (["show", "x", "--path", "nowhere"], "there is no file or directory 'nowhere': name a skill"),
        (["search"], "the following arguments are required: SENTENCE"),
        (["search", "x", "--limit", "0"], "argument --limit: '0' is not a whole number of at least 1"),
        (["check"], "the following arguments are required: PATH"),
        (["check", "nowhere"], "there is no file or directory 'nowhere': name a skill"),
        (["check", "."], "no skill below .: name a directory with a SKILL.md, or one above such"),
        (["check", ".", "--profile", "speck"], "argument --profile: invalid choice: 'speck'"),
        (["check", ".", "--format", "xml"], "argument --format: invalid choice: 'xml'"),
        (["check", ".", "--bogus"], "unrecognized arguments: --bogus"),
        (["directives", "--against", "p.md"], "there is no page 'p.md': write it with --write, or name another one"),
        (["directives", "--apply", "x", "--write"], "one after the other"),
        (["new", "Not_A_Name"], "did you mean 'not-a-name'?"),
        (["new"], "the following arguments are required: NAME"),
    ],
)
def test_a_mistake_is_one_line_on_stderr_and_exit_code_2(words: list[str], told: str, capsys: SAID) -> None:
    assert main(["skills", *words]) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.startswith("pytest-orchestrator")
    assert told in said.err
    assert said.err.count("\n") == 1


def test_help_names_every_command(capsys: SAID) -> None:
    assert main(["skills", "--help"]) == 0
    out = capsys.readouterr().out
    assert all(f"\n    {word}" in out for word in ("list", "show", "search", "check", "directives", "new"))
    assert main(["--help"]) == 0
    assert "skills" in capsys.readouterr().out


# -- list and show --------------------------------------------------------------------------------------------


def test_list_prints_paths_that_show_accepts(root: Path, capsys: SAID) -> None:
    write_own_skills(root / "skills")
    assert main(["skills", "list"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 25
    assert lines[0].startswith("skills/caches/memcached-warmup/SKILL.md: memcached-warmup: Fill a cold Memcached")
    assert all(len(line) <= 100 for line in lines)
    for line in lines:
        path = line.partition(":")[0]
        assert main(["skills", "show", path]) == 0
        assert capsys.readouterr().out == (root / path).read_text()


def test_list_as_json_has_what_agents_choose_by(root: Path, capsys: SAID) -> None:
    write_own_skills(root)
    skills = said_json(capsys, "list", "--json", "--path", "core", "--path", "git/release-notes/SKILL.md")
    assert [skill["path"] for skill in skills] == [
        "core/librarian/SKILL.md",
        "core/orchestrator/SKILL.md",
        "git/release-notes/SKILL.md",
    ]
    assert skills[0] == {
        "path": "core/librarian/SKILL.md",
        "name": "librarian",
        "description": "Find the right skill for a task among all that are installed.",
        "tags": ["core", "search", "discovery"],
        "script_first": False,
    }


HOSTILE = 'name: "a\\e[31m\\n::error::a"\ndescription: "Use \\e]0;x\\a when asked"\nscript_first: true\n'


def test_no_name_or_description_commands_a_terminal_or_a_workflow(root: Path, capsys: SAID) -> None:
    write_tree(root, {"skills/a/SKILL.md": f"---\n{HOSTILE}---\n# A\n\nClear: \x1b[2J\n"})
    for words in (["list"], ["search", "asked"], ["directives"], ["directives", "--write"]):
        assert main(["skills", *words]) in (0, 1)
        said = capsys.readouterr().out
        assert said.replace("\n", "").isprintable()
        assert said
        assert not any(line.startswith("::") for line in said.splitlines())


def test_show_prints_the_file_as_it_is_but_not_to_a_terminal(
    root: Path, capsys: SAID, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_tree(root, {"skills/a/SKILL.md": "---\nname: a\n---\n# A\n\nClear:\t\x1b[2J\n"})
    assert main(["skills", "show", "a"]) == 0
    assert capsys.readouterr().out.endswith("Clear:\t\x1b[2J\n")
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    assert main(["skills", "show", "a"]) == 0
    assert capsys.readouterr().out.endswith("Clear:\t\\x1b[2J\n")


@pytest.mark.parametrize(
    ("end", "shown", "told"),
    [
        (b"Caf\xe9.\n", "Caf", "byte 0xe9 is no UTF-8; only what is before it is shown"),
        (b"Caf\0.\n", "Caf\ufffd.\n", "a NUL character is in the file; it is shown as a replacement character"),
    ],
)
def test_show_says_what_it_cannot_print(root: Path, capsys: SAID, end: bytes, shown: str, told: str) -> None:
    write_tree(root, {"a/SKILL.md": ""})
    (root / "a/SKILL.md").write_bytes(b"---\nname: a\n---\n" + end)
    for more in ([], ["--json"]):
        assert main(["skills", "show", "a", *more]) == 0
        said = capsys.readouterr()
        assert said.err == f"pytest-orchestrator: warning: a/SKILL.md:4:4: {told}\n"
    assert json.loads(said.out)["body"] == shown


def test_show_of_a_file_of_nothing_but_space_says_so(root: Path, capsys: SAID) -> None:
    write_tree(root, {"a/SKILL.md": " \n"})
    assert main(["skills", "show", "a"]) == 0
    assert "a/SKILL.md:1:1: the file is empty; " in capsys.readouterr().err


def test_an_empty_library_is_an_empty_list_and_a_word_on_stderr(capsys: SAID) -> None:
    for command_words in (["list", "--json"], ["search", "x", "--json"]):
        assert main(["skills", *command_words]) == 0
        said = capsys.readouterr()
        assert json.loads(said.out) == []
        assert "below ." in said.err


def test_show_as_json_has_fields_headings_files_and_body(root: Path, capsys: SAID) -> None:
    text = "---\nname: a\ndescription: d\ncreated: 2026-01-02\nratio: .nan\n---\n# A\n\n## B\n"
    write_tree(root, {"a/SKILL.md": text, "a/scripts/run.py": "pass\n"})
    assert main(["skills", "show", "a", "--json"]) == 0
    shown = json.loads(capsys.readouterr().out, parse_constant=pytest.fail)
    assert shown["fields"]["created"] == "2026-01-02"
    assert shown["headings"] == [{"level": 1, "text": "A", "line": 7}, {"level": 2, "text": "B", "line": 9}]
    assert shown["files"] == ["scripts/run.py"]
    assert shown["body"] == "# A\n\n## B\n"


# -- search ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("sentence", "first"),
    [
        (["combine several skills into one workflow"], "core/orchestrator/SKILL.md"),
        (["fix", "redis", "timeouts"], "caches/redis-latency/SKILL.md"),
    ],
)
def test_search_answers_sentences_with_and_without_quotes(
    root: Path, sentence: list[str], first: str, capsys: SAID
) -> None:
    write_own_skills(root)
    hits = said_json(capsys, "search", *sentence, "--json")
    assert hits[0]["path"] == first
    assert all(set(hit) == {"path", "name", "score", "why"} for hit in hits)
    assert [hit["score"] for hit in hits] == sorted((hit["score"] for hit in hits), reverse=True)


def test_search_as_text_says_why(root: Path, capsys: SAID) -> None:
    write_own_skills(root)
    assert main(["skills", "search", "redis timeouts", "--limit", "1"]) == 0
    first, why = capsys.readouterr().out.splitlines()
    assert first.startswith("1. redis-latency (")
    assert first.endswith(")  caches/redis-latency/SKILL.md")
    assert why == "   name: redis; tags: redis; description: redis, timeouts; headings: redis"


def test_nothing_found_is_no_failure(root: Path, capsys: SAID) -> None:
    write_own_skills(root)
    assert main(["skills", "search", "quantum chromodynamics"]) == 0
    said = capsys.readouterr()
    assert (said.out, said.err) == ("", "nothing among the 25 skills below . fits 'quantum chromodynamics'\n")


def test_a_sentence_may_begin_with_a_hyphen(root: Path, capsys: SAID) -> None:
    write_own_skills(root)
    assert said_json(capsys, "search", "--json", "--", "-redis")[0]["name"] == "redis-latency"


def test_search_by_meaning(root: Path, capsys: SAID) -> None:
    pytest.importorskip("wordllama")
    write_own_skills(root)
    hits = said_json(capsys, "search", "ssl encryption about to lapse", "--semantic", "--json", "--limit", "2")
    assert "certificate-expiry" in [hit["name"] for hit in hits]


# -- check ----------------------------------------------------------------------------------------------------


def test_check_of_good_skills_is_one_line_and_exit_code_0(root: Path, capsys: SAID) -> None:
    write_tree(root, {"skills/good/SKILL.md": GOOD})
    assert main(["skills", "check", "skills"]) == 0
    assert capsys.readouterr().out == "1 skill checked (1 spec): nothing found\n"


def test_check_prints_findings_with_their_places_and_exit_code_1(root: Path, capsys: SAID) -> None:
    write_tree(root, {"skills/good/SKILL.md": GOOD, "skills/bad/SKILL.md": BAD})
    assert main(["skills", "check", "skills"]) == 1
    out = capsys.readouterr().out
    assert "skills/bad/SKILL.md: profile spec, no field of another profile\n" in out
    assert "skills/bad/SKILL.md:2:7: SK1" in out
    assert "skills/good" not in out


def test_check_as_json_has_the_promised_shape(root: Path, capsys: SAID) -> None:
    write_tree(root, {"skills/good/SKILL.md": GOOD, "skills/bad/SKILL.md": BAD})
    bad, good = said_json(capsys, "check", "skills", "--format", "json", code=1)["skills"]
    assert (bad["path"], bad["profile"]) == ("skills/bad/SKILL.md", "spec")
    assert good["findings"] == []
    for finding in bad["findings"]:
        assert {"code", "severity", "line", "column", "message", "remedy"} <= set(finding)
    assert {"error"} <= {finding["severity"] for finding in bad["findings"]}


def test_check_as_sarif_and_as_annotations(root: Path, capsys: SAID) -> None:
    write_tree(root, {"skills/bad/SKILL.md": BAD})
    log = said_json(capsys, "check", ".", "--format", "sarif", code=1)
    rules = {rule["id"]: rule for rule in log["runs"][0]["tool"]["driver"]["rules"]}
    for result in log["runs"][0]["results"]:
        assert rules[result["ruleId"]]["shortDescription"]["text"]
    assert main(["skills", "check", ".", "--format", "github"]) == 1
    first = capsys.readouterr().out.splitlines()[0]
    assert first.startswith("::error file=skills/bad/SKILL.md,line=2,col=7,title=SK1")


def test_a_file_of_a_skill_stands_for_the_skill(root: Path, capsys: SAID) -> None:
    write_tree(root, {"a/bad/SKILL.md": BAD, "a/bad/scripts/x.py": "pass\n", "a/good/SKILL.md": GOOD})
    assert [
        skill["path"] for skill in said_json(capsys, "check", "a/bad/scripts/x.py", "--format=json", code=1)["skills"]
    ] == ["a/bad/SKILL.md"]


def test_the_profile_can_be_chosen(root: Path, capsys: SAID) -> None:
    write_tree(root, {"skills/good/SKILL.md": GOOD})
    (report,) = said_json(capsys, "check", ".", "--profile", "script-first", "--format", "json", code=1)["skills"]
    assert (report["profile"], report["why"]) == ("script-first", "chosen by --profile")


def test_warnings_fail_only_where_strict_is_asked_for(root: Path, capsys: SAID) -> None:
    text = skill_text("lazy", "Counts penguins. Use when penguins have to be counted.", "# Lazy\n\nTODO: say more.\n")
    write_tree(root, {"lazy/SKILL.md": text})
    assert main(["skills", "check", "."]) == 0
    assert " warning: " in capsys.readouterr().out
    assert main(["skills", "check", ".", "--strict"]) == 1


def test_the_configuration_nearest_to_each_skill_counts(root: Path, capsys: SAID) -> None:
    todo = skill_text("lazy", "Counts penguins. Use when penguins have to be counted.", "# Lazy\n\nTODO: say more.\n")
    write_tree(
        root,
        {
            "orchestrator.yaml": "skills: {rules: {SK212: error}}\n",
            "a/lazy/SKILL.md": todo,
            "b/lazy/SKILL.md": todo,
            "b/orchestrator.yaml": "skills: {rules: {SK212: 'off'}}\n",
            "other.yaml": "skills: {rules: {SK212: 'off'}}\n",
        },
    )
    first, second = said_json(capsys, "check", "a", "b", "--format", "json", code=1)["skills"]
    assert [(each["code"], each["severity"]) for each in first["findings"] if each["code"] == "SK212"] == [
        ("SK212", "error")
    ]
    assert "SK212" not in [each["code"] for each in second["findings"]]
    assert main(["skills", "check", "a", "--config", "other.yaml"]) == 0


def test_a_broken_configuration_is_told_with_its_place_and_exit_code_2(root: Path, capsys: SAID) -> None:
    write_tree(root, {"orchestrator.yaml": "skills: {profle: spec}\n", "good/SKILL.md": GOOD})
    assert main(["skills", "check", "good"]) == 2
    assert "orchestrator.yaml:1:10: skills.profle: unknown key; did you mean 'profile'?" in capsys.readouterr().err


def test_a_baseline_lets_a_library_start_green(root: Path, capsys: SAID) -> None:
    write_tree(root, {"bad/SKILL.md": BAD})
    assert main(["skills", "check", ".", "--update-baseline"]) == 2
    assert "--update-baseline needs a file to write" in capsys.readouterr().err
    assert main(["skills", "check", ".", "--baseline", "known.yaml", "--update-baseline"]) == 0
    assert main(["skills", "check", ".", "--baseline", "known.yaml"]) == 0
    assert "in the baseline" in capsys.readouterr().out
    assert main(["skills", "check", "."]) == 1


# -- directives -----------------------------------------------------------------------------------------------


def test_what_names_nothing_is_a_warning_and_with_strict_a_mistake(root: Path, capsys: SAID) -> None:
    write_tree(root, {"skills/good/SKILL.md": GOOD, "skills/bad/SKILL.md": BAD})
    (root / "orchestrator.yaml").write_text("skills: {exceptions: {skills/gone/SKILL.md: [SK401]}, baseline: b.json}\n")
    assert main(["skills", "check", "skills", "--update-baseline"]) == 0
    (root / "skills/bad/SKILL.md").unlink()
    capsys.readouterr()
    assert main(["skills", "check", "skills"]) == 0
    told = capsys.readouterr().err.splitlines()
    assert told[0] == (
        "pytest-orchestrator: warning: orchestrator.yaml:1:23: skills.exceptions: there is no file "
        "'skills/gone/SKILL.md'; correct or remove it"
    )
    assert told[1].startswith("pytest-orchestrator: warning: b.json:1:1: there is no skill 'skills/bad/SKILL.md'; ")
    assert main(["skills", "check", "skills", "--strict"]) == 2
    said = capsys.readouterr()
    assert (said.out, said.err.count("(--strict)\n")) == ("", 2)
    assert main(["skills", "check", "skills", "--update-baseline"]) == 0
    assert capsys.readouterr().err.splitlines() == told[:1]


def test_directives_are_listed_written_and_compared(root: Path, capsys: SAID) -> None:
    assert main(["skills", "new", "k8s/bulk-restart", "--script-first"]) == 0
    assert main(["skills", "new", "time-awareness"]) == 0
    assert capsys.readouterr().out == "skills/k8s/bulk-restart/SKILL.md\nskills/time-awareness/SKILL.md\n"

    assert main(["skills", "directives"]) == 0
    said = capsys.readouterr()
    assert said.out == "skills/k8s/bulk-restart/SKILL.md:4: bulk-restart has script_first and the directive\n"
    assert said.err == "1 of 2 skills have script_first or the directive\n"
    assert said_json(capsys, "directives", "--json")["skills"][1] == {
        "path": "skills/time-awareness/SKILL.md",
        "name": "time-awareness",
        "script_first": False,
        "directive": False,
    }

    assert main(["skills", "directives", "--write"]) == 0
    assert capsys.readouterr().out == "docs/SCRIPT-FIRST-SKILLS.md\n"
    assert "- [x] `k8s/bulk-restart`" in (root / "docs/SCRIPT-FIRST-SKILLS.md").read_text()
    assert main(["skills", "directives", "--against", "docs/SCRIPT-FIRST-SKILLS.md"]) == 0
    assert capsys.readouterr().out == ""


def test_a_page_that_lies_is_told_line_by_line_with_exit_code_1(root: Path, capsys: SAID) -> None:
    main(["skills", "new", "document-parser"])
    capsys.readouterr()
    write_tree(root, {"docs/page.md": "# Skills\n\n## Applied\n\n- [x] `document-parser` - parses\n"})
    assert main(["skills", "directives", "--against", "docs/page.md"]) == 1
    assert capsys.readouterr().out == (
        "docs/page.md:5: 'document-parser' is applied here, and skills/document-parser/SKILL.md has neither"
        " script_first nor the directive\n"
    )
    (difference,) = said_json(capsys, "directives", "--against", "docs/page.md", "--json", code=1)["differences"]
    assert (difference["path"], difference["line"]) == ("docs/page.md", 5)

    assert main(["skills", "directives", "--apply", "document-parser"]) == 0
    assert main(["skills", "directives", "--apply", "skills/document-parser"]) == 0
    first, second = capsys.readouterr().out.splitlines()
    assert first == "skills/document-parser/SKILL.md: added script_first and the directive at line 19"
    assert second == "skills/document-parser/SKILL.md: has both already"
    assert main(["skills", "directives", "--against", "docs/page.md"]) == 0


def test_nothing_is_written_when_one_of_several_cannot_be_edited(root: Path, capsys: SAID) -> None:
    write_tree(root, {"good/SKILL.md": GOOD, "broken/SKILL.md": "---\nname: [\n---\n"})
    assert main(["skills", "directives", "--apply", "good", "--apply", "broken"]) == 2
    assert "broken/SKILL.md: no directive can be put into it" in capsys.readouterr().err
    assert (root / "good/SKILL.md").read_text() == GOOD


# -- as a program ---------------------------------------------------------------------------------------------


def test_a_current_directory_that_is_gone_is_one_line(root: Path) -> None:
    (root / "gone").mkdir()
    words = ["sh", "-c", 'cd gone && rmdir ../gone && exec "$@"', "sh", *COMMAND, "skills", "list"]
    done = subprocess.run(words, cwd=root, capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("pytest-orchestrator: the current directory does not exist any more; ")
    assert done.stderr.count("\n") == 1


def test_a_full_disk_is_one_line_and_no_output_is_none(root: Path) -> None:
    write_tree(root, {"skills/good/SKILL.md": GOOD})
    for words in (["check", "skills"], ["show", "good"], ["list"]):
        program = [*COMMAND, "skills", *words]
        with open("/dev/full", "w") as full:
            done = subprocess.run(program, stdout=full, stderr=subprocess.PIPE, text=True, cwd=root)
        assert (done.returncode, done.stderr) == (
            2, "pytest-orchestrator: cannot write the output: No space left on device\n",
        )  # fmt: skip
        closed = ["sh", "-c", 'exec "$@" >&-', "sh", *program]
        done = subprocess.run(closed, capture_output=True, text=True, cwd=root)
        assert (done.returncode, done.stderr) == (0, "")


def test_any_text_can_be_printed_wherever_the_output_goes(root: Path) -> None:
    write_tree(root, {"a/SKILL.md": skill_text("a", "Zählt 🐧. Use when penguins have to be counted.")})
    done = command(root, "skills", "list", PYTHONIOENCODING="ascii")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("a/SKILL.md: a: Z\\xe4hlt \\U0001f427.")


def test_it_starts_without_pytest(root: Path) -> None:
    write_tree(root, {"a/SKILL.md": GOOD})
    program = (
        "import sys; from pytest_orchestrator.cli import main; main(['skills', 'list']);"
        " main(['skills', 'check', '.']); sys.exit('pytest' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", program], cwd=root, capture_output=True).returncode == 0
