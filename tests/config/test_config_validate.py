"""What a configuration file may say, and the mistake for everything else."""

# ruff: noqa: E501, ISC004 -- messages are compared whole

from __future__ import annotations

from typing import Any

import pytest
from config_files import content_of, default_of, mistakes_in, the_mistake_in

SECONDS = "a number of seconds of at least 0 (0 means no limit)"


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("timeout: 5", {"timeout": 5.0}),
        ("timeout: 0", {"timeout": 0.0}),
        ("timeout: .5", {"timeout": 0.5}),
        ("timeout: 1e3", {"timeout": 1000.0}),
        ("grace: 0", {"grace": 0.0}),
        ("args: [a, 1, 2.50, 014, '', 2024-01-01]", {"args": ["a", "1", "2.50", "014", "", "2024-01-01"]}),
        ("args: []", {"args": []}),
        ("stdin: null", {"stdin": None}),
        ("stdin: ''", {"stdin": ""}),
        ('stdin: "a\\0b"', {"stdin": "a\0b"}),
        ("env: {PORT: 8080, RATE: 1.50, T: 12:30, OCT: 014, EMPTY: '', GONE: null}",
         {"env": {"PORT": "8080", "RATE": "1.50", "T": "12:30", "OCT": "014", "EMPTY": "", "GONE": None}}),
        ("env: {NO: 'no', on: x}", {"env": {"NO": "no", "on": "x"}}),
        ("env:", {"env": {}}),
        ("allowed_exit_codes: [0, 3, -15]", {"allowed_exit_codes": [0, 3, -15]}),
        ("skip_exit_codes: 77", {"skip_exit_codes": [77]}),
        ("{allowed_exit_codes: [1], skip_exit_codes: [0]}", {"allowed_exit_codes": [1], "skip_exit_codes": [0]}),
        ("cwd: '{script_dir}/data'", {"cwd": "{script_dir}/data"}),
        ("skip: true", {"skip": True}),
        ("skip: off", {"skip": False}),
        ("skip: needs a printer", {"skip": "needs a printer"}),
        ("{skip: true, skip_reason: slow}", {"skip": True, "skip_reason": "slow"}),
        ("skip_reason: slow", {"skip_reason": "slow"}),
        ("xfail: yes", {"xfail": True}),
        ("xfail: bug 12", {"xfail": "bug 12"}),
        ("xfail: {reason: bug 12, strict: true}", {"xfail": {"reason": "bug 12", "strict": True}}),
        ("retry: 3", {"retry": {"max_attempts": 3}}),
        ("retry: {max_attempts: 3, initial_delay: 1}", {"retry": {"max_attempts": 3, "initial_delay": 1.0}}),
        ("expect: {stdout: ready}", {"expect": {"stdout": {"contains": ["ready"]}}}),
        ("expect: {stdout: 42}", {"expect": {"stdout": {"contains": ["42"]}}}),
        ("expect: {stderr: [a, b]}", {"expect": {"stderr": {"contains": ["a", "b"]}}}),
        ("expect: {stdout: {matches: '^ok$', equals: ''}}",
         {"expect": {"stdout": {"matches": ["^ok$"], "equals": ""}}}),
        ("expect: {stdout: {matches: '[[a]'}}", {"expect": {"stdout": {"matches": ["[[a]"]}}}),
        ("expect: {files: [out/*.csv], max_duration: 5, min_duration: 1}",
         {"expect": {"files": ["out/*.csv"], "max_duration": 5.0, "min_duration": 1.0}}),
        ("resources: db", {"resources": ["db"]}),
        ("requires: {commands: git, platform: [linux], env: HOME}",
         {"requires": {"commands": ["git"], "platform": ["linux"], "env": ["HOME"]}}),
        ("left_processes: allow", {"left_processes": "allow"}),
        ("limits: {memory_mb: 512, open_files: 64, cpu_seconds: 0}",
         {"limits": {"memory_mb": 512.0, "open_files": 64, "cpu_seconds": 0.0}}),
        ("interpreter: uv run --script", {"interpreter": ["uv", "run", "--script"]}),
        ("interpreter: '\"/opt/my tools/perl\" -w'", {"interpreter": ["/opt/my tools/perl", "-w"]}),
        ("interpreter: [perl, -w]", {"interpreter": ["perl", "-w"]}),
        ("cases: {nightly: {args: [all]}, 2: {}, no: }", {"cases": {"nightly": {"args": ["all"]}, "2": {}, "no": {}}}),
    ],
)  # fmt: skip
def test_a_setting_becomes_plain_data(text: str, values: dict[str, Any]) -> None:
    assert default_of(text) == values


@pytest.mark.parametrize(
    ("text", "mistake"),
    [
        ("timeout: -1", f"2:12: default.timeout: -1 is not {SECONDS}"),
        ("timeout: soon", f"2:12: default.timeout: 'soon' is not {SECONDS}"),
        ("timeout: '5'", f"2:12: default.timeout: '5' is not {SECONDS}; remove the quotes"),
        ("timeout: 5s", f"2:12: default.timeout: '5s' is not {SECONDS}; write seconds, without a unit"),
        (
            "timeout: 12:30",
            f"2:12: default.timeout: 12:30 is not {SECONDS}; YAML would read it in base 60; write one plain number",
        ),
        (
            "timeout: 12:30:00",
            f"2:12: default.timeout: 12:30:00 is not {SECONDS}; YAML would read it in base 60; write one plain number",
        ),
        (
            "timeout: 014",
            f"2:12: default.timeout: 014 is not {SECONDS}; YAML would read it in base 8; write it without the leading 0",
        ),
        ("timeout: 1_000", f"2:12: default.timeout: 1_000 is not {SECONDS}; write plain decimal digits"),
        ("timeout: 0x10", f"2:12: default.timeout: 0x10 is not {SECONDS}; write plain decimal digits"),
        ("timeout: .inf", f"2:12: default.timeout: .inf is not {SECONDS}; write a finite number"),
        ("timeout: .nan", f"2:12: default.timeout: .nan is not {SECONDS}; write a finite number"),
        ("timeout: yes", f"2:12: default.timeout: yes is not {SECONDS}"),
        ("timeout:", f"2:11: default.timeout: nothing is not {SECONDS}"),
        ("timeout: null", f"2:12: default.timeout: null is not {SECONDS}"),
        ("timeout: [5]", f"2:12: default.timeout: a list is not {SECONDS}"),
        ("timeout: {a: 1}", f"2:12: default.timeout: a mapping is not {SECONDS}"),
        ("timeout: 1e300", f"2:12: default.timeout: '1e300' is not {SECONDS}; 1000000000 is the most"),
        ("tiemout: 5", "2:3: default.tiemout: unknown key; did you mean 'timeout'?"),
        ("max_depth: 5", "2:3: default.max_depth: unknown key; it belongs under discovery, at the top of the file"),
        ("scripts: {}", "2:3: default.scripts: unknown key; it belongs at the top of the file"),
        ("args: --fast", "2:9: default.args: '--fast' is not a list of texts; write a list"),
        ("args:", "2:8: default.args: nothing is not a list of texts; write [] for none"),
        ("args: [no]", "2:10: default.args: no is not text; quote it to mean the text: 'no'"),
        ("args: [~]", "2:10: default.args: ~ is not text; quote it to mean the text: '~'"),
        ("args: [[a]]", "2:10: default.args: a list is not text"),
        (
            'args: ["a\\0"]',
            "2:10: default.args: 'a\\x00' holds a NUL character, which no program can be given; remove it",
        ),
        ("env: {DEBUG: yes}", "2:16: default.env.DEBUG: yes is not text; quote it to mean the text: 'yes'"),
        ("env: {HOME: ~}", "2:15: default.env.HOME: ~ is not text; quote it to mean the text: '~'"),
        (
            "env: {A: }",
            "2:12: default.env.A: nothing is not text; write '' for an empty value, null to remove the variable",
        ),
        ("env: {A: [x]}", "2:12: default.env.A: a list is not text"),
        ("env: [A]", "2:8: default.env: a list is not a mapping of names to texts; write NAME: text"),
        ("env: {A=B: x}", "2:9: default.env: 'A=B' is not a variable name; it is empty or holds '=' or NUL"),
        (
            "env: {ORCHESTRATOR_TMP: x}",
            "2:9: default.env.ORCHESTRATOR_TMP: is set by pytest-orchestrator itself; choose another name",
        ),
        ("allowed_exit_codes: [256]", "2:24: default.allowed_exit_codes: 256 is not a whole number from -64 to 255"),
        ("allowed_exit_codes: [1.5]", "2:24: default.allowed_exit_codes: 1.5 is not a whole number from -64 to 255"),
        (
            "{allowed_exit_codes: [0, 3], skip_exit_codes: [3]}",
            "2:49: default.skip_exit_codes: 3 also in allowed_exit_codes; a code means either a skip or success",
        ),
        (
            "skip_exit_codes: [0, 77]",
            "2:20: default.skip_exit_codes: 0 means success"
            "; to make it a skip, say by allowed_exit_codes which codes are success",
        ),
        ("cwd: ''", "2:8: default.cwd: '' is empty; write something, or leave it out"),
        (
            "cwd: '{scriptdir}'",
            "2:8: default.cwd: '{scriptdir}' holds the unknown placeholder {scriptdir}"
            "; {script_dir} and {tmp} can be used",
        ),
        (
            "skip: 'no'",
            "2:9: default.skip: 'no' is not true, false or a reason; remove the quotes, or write a sentence",
        ),
        ("skip: 1", "2:9: default.skip: 1 is not true, false or a reason"),
        ("skip: ' '", "2:9: default.skip: ' ' is not true, false or a reason"),
        (
            "{skip: broken, skip_reason: slow}",
            "2:31: default.skip_reason: skip gives a reason already; keep one of them, or write skip: true",
        ),
        ("xfail: {strict: maybe}", "2:19: default.xfail.strict: 'maybe' is not true or false"),
        ("xfail: {strict: 'true'}", "2:19: default.xfail.strict: 'true' is not true or false; remove the quotes"),
        ("xfail: [a]", "2:10: default.xfail: a list is not true, false or a reason or a mapping of reason and strict"),
        ("retry: 0", "2:10: default.retry: 0 is not a whole number from 1 to 1000"),
        ("retry: true", "2:10: default.retry: true is not a whole number from 1 to 1000"),
        ("retry: {attempts: 3}", "2:11: default.retry.attempts: unknown key; did you mean 'max_attempts'?"),
        (
            "retry: {initial_delay: 9, max_delay: 1}",
            "2:26: default.retry.initial_delay: 9 is more than max_delay 1; lower it or raise max_delay",
        ),
        ("retry: {factor: 0.5}", "2:19: default.retry.factor: 0.5 is not a number from 1 to 1000"),
        (
            "expect: done",
            "2:11: default.expect: 'done' is not a mapping"
            "; its keys are stdout, stderr, files, max_duration and min_duration",
        ),
        ("expect: {stdout: {match: x}}", "2:21: default.expect.stdout.match: unknown key; did you mean 'matches'?"),
        (
            "expect: {stdout: {contains: ''}}",
            "2:31: default.expect.stdout.contains: '' is empty; write something, or leave it out",
        ),
        (
            "expect: {stdout: {matches: ['ok', '(']}}",
            "2:37: default.expect.stdout.matches: '(' is not a regular expression: missing ), unterminated subpattern at position 0"
            "; correct it",
        ),
        (
            "expect: {stdout: {matches: 'x{99999999999}'}}",
            "2:30: default.expect.stdout.matches: 'x{99999999999}' is not a regular expression: the repetition number is too large"
            "; correct it",
        ),
        (
            "expect: {max_duration: 1, min_duration: 2}",
            "2:43: default.expect.min_duration: 2 is more than max_duration 1; no run can be both",
        ),
        ("resources: ''", "2:14: default.resources: '' is empty; write something, or leave it out"),
        ("requires: {env: A=B}", "2:19: default.requires.env: 'A=B' is not a name without '='"),
        (
            "left_processes: kil",
            "2:19: default.left_processes: 'kil' is not 'kill', 'allow' or 'fail'; did you mean 'kill'?",
        ),
        ("left_processes: no", "2:19: default.left_processes: no is not 'kill', 'allow' or 'fail'"),
        ("limits: {memory: 5}", "2:12: default.limits.memory: unknown key; did you mean 'memory_mb'?"),
        (
            "limits: {open_files: 1.5}",
            "2:24: default.limits.open_files: 1.5 is not a whole number of at least 0 (0 means no limit)",
        ),
        ("interpreter: ''", "2:16: default.interpreter: '' is empty; write something, or leave it out"),
        (
            "interpreter: ' '",
            "2:16: default.interpreter: ' ' is not a command: text or a list of texts; it is empty; leave the key out",
        ),
        (
            "interpreter: []",
            "2:16: default.interpreter: a list is not a command: text or a list of texts; it is empty; leave the key out",
        ),
        (
            "interpreter: 'a \"b'",
            "2:16: default.interpreter: 'a \"b' cannot be split into words: no closing quotation"
            "; correct it or write a list",
        ),
        ("cases: {'a b': {}}", "2:11: default.cases: 'a b' is not a case name; use letters, digits, '.', '_' and '-'"),
        ("cases: [a]", "2:10: default.cases: a list is not a mapping; write case name: settings"),
        ("cases: {a: 5}", "2:14: default.cases.a: 5 is not a mapping of settings; write key: value below it"),
        (
            "cases: {a: {cases: {}}}",
            "2:15: default.cases.a.cases: cases are not allowed here; they belong to a script, in the configuration file",
        ),
    ],
)
def test_a_wrong_setting_is_a_mistake_with_its_place(text: str, mistake: str) -> None:
    assert the_mistake_in(f"default:\n  {text}\n") == mistake


@pytest.mark.parametrize(
    ("text", "mistake"),
    [
        ("timeout: 5", "1:1: timeout: unknown key; it belongs under default (for every script) or under scripts"),
        ("exclude: [x]", "1:1: exclude: unknown key; it belongs under discovery"),
        ("defaults: {}", "1:1: defaults: unknown key; did you mean 'default'?"),
        (
            "zzz: {}",
            "1:1: zzz: unknown key; known keys are default, skip, timeout_override, scripts, discovery and skills",
        ),
        ("workflows: []", "1:1: workflows: not supported by this version; remove it"),
        ("agents: 1", "1:1: agents: not supported by this version; remove it"),
        ("default: 5", "1:10: default: 5 is not a mapping of settings; write key: value below it"),
        ("discovery: [x]", "1:12: discovery: a list is not a mapping of settings; write key: value below it"),
        ("discovery: {max_deph: 1}", "1:13: discovery.max_deph: unknown key; did you mean 'max_depth'?"),
        ("discovery: {max_depth: -1}", "1:24: discovery.max_depth: -1 is not a whole number of at least 0"),
        (
            "discovery: {allowed_extensions: [.sh, py]}",
            "1:39: discovery.allowed_extensions: 'py' is not an extension with its dot, as in '.py'",
        ),
        ("skip: a.sh", "1:7: skip: 'a.sh' is not a list of paths and globs; write - path, or - path: reason"),
        ("skip: {a.sh: x}", "1:7: skip: a mapping is not a list of paths and globs; write - path, or - path: reason"),
        ("skip: [{a.sh: }]", "1:15: skip.a.sh: nothing is not text"),
        ("skip: [{a.sh: yes}]", "1:15: skip.a.sh: yes is not text; quote it to mean the text: 'yes'"),
        ("skip: [[a.sh]]", "1:8: skip: a list is not a path"),
        ("skip: [/a.sh]", "1:8: skip: '/a.sh' is absolute; write it relative to the directory of this file"),
        (
            "skip: [a/../../b]",
            "1:8: skip: 'a/../../b' leaves the directory of this file by '..'; write a path below it",
        ),
        ("skip: [a.sh, ./a.sh]", "1:14: skip: './a.sh' stands for the same as an earlier entry; remove one of them"),
        ("skip: [.]", "1:8: skip: '.' names the directory itself; write '**' for everything below"),
        (
            "scripts: {'a\\b.sh': {}}",
            "1:11: scripts: 'a\\\\b.sh' holds a backslash; separate directories with '/', and write odd characters as \\xNN",
        ),
        ("scripts: [a.sh]", "1:10: scripts: a list is not a mapping; write path: settings"),
        ("scripts: {'': {}}", "1:11: scripts: '' is empty; write a path or a glob"),
        (
            "scripts: {../a.sh: {}}",
            "1:11: scripts: '../a.sh' leaves the directory of this file by '..'; write a path below it",
        ),
        ("scripts: {a.sh: [x]}", "1:17: scripts.a.sh: a list is not a mapping of settings; write key: value below it"),
        ("timeout_override: {a.sh: x}", f"1:26: timeout_override.a.sh: 'x' is not {SECONDS}"),
        (
            "timeout_override: {/a: 1}",
            "1:20: timeout_override: '/a' is absolute; write it relative to the directory of this file",
        ),
        ("timeout_override: 5", "1:19: timeout_override: 5 is not a mapping; write path: seconds"),
    ],
)
def test_a_wrong_section_is_a_mistake_with_its_place(text: str, mistake: str) -> None:
    assert the_mistake_in(text) == mistake


def test_all_mistakes_of_a_file_are_told_at_once_in_its_order() -> None:
    text = """
default: {timeout: x, tiemout: 1}
default: {}
scripts:
  a.sh: {retry: 0, env: {A: no}}
nope: 1
"""
    assert [mistake.partition(" ")[0] for mistake in mistakes_in(text)] == [
        "2:20:",
        "2:23:",
        "3:1:",
        "5:17:",
        "5:29:",
        "6:1:",
    ]


@pytest.mark.parametrize("section", ["default", "skip", "timeout_override", "scripts", "discovery"])
def test_a_section_whose_entries_are_all_commented_out_is_empty(section: str) -> None:
    assert content_of(f"{section}:\n  # nothing\n") == content_of("")


def test_a_skip_list_takes_paths_globs_and_reasons() -> None:
    content = content_of(
        "skip:\n  - a.sh\n  - '*.tmp.sh'\n  - b.sh: needs a printer\n    c.sh: later\n  - 2024-01-01\n"
    )
    assert [(entry.pattern.text, entry.values["skip"]) for entry in content.skip] == [
        ("a.sh", True),
        ("*.tmp.sh", True),
        ("b.sh", "needs a printer"),
        ("c.sh", "later"),
        ("2024-01-01", True),
    ]


def test_discovery_values_are_plain_data() -> None:
    content = content_of("discovery: {max_depth: null, allowed_extensions: .pl, exclude: [a/**], skill_scripts: yes}")
    assert content.discovery == {
        "max_depth": None,
        "allowed_extensions": [".pl"],
        "exclude": ["a/**"],
        "skill_scripts": True,
    }


def test_a_very_long_value_is_cut_in_the_message() -> None:
    assert len(the_mistake_in(f"default: {{timeout: '{'x' * 100_000}'}}")) < 250
    assert len(the_mistake_in(f"{'x' * 1000}: 1")) < 250
