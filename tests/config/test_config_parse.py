"""Values that come as text from a flag or an ini file."""

from __future__ import annotations

from typing import Any

import pytest

from pytest_orchestrator.config.options import by_name
from pytest_orchestrator.config.parse import parse_text, parse_value


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("timeout", "5", 5.0),
        ("timeout", " 2.5 ", 2.5),
        ("timeout", "1e3", 1000.0),
        ("timeout", "0", 0.0),
        ("jobs", "4", 4),
        ("jobs", "auto", "auto"),
        ("strict", "yes", True),
        ("strict", "0", False),
        ("reports", "off", "off"),
        ("left_processes", "fail", "fail"),
        ("retry", "3", {"max_attempts": 3}),
        ("report_dir", "my reports", "my reports"),
        ("cwd", "{script_dir}", "{script_dir}"),
        ("cwd", "none", None),
        ("max_depth", "2", 2),
        ("max_depth", "none", None),
        ("redact", "*TOKEN* *KEY*", ["*TOKEN*", "*KEY*"]),
        ("exclude", "'with space/*'\nother", ["with space/*", "other"]),
        ("allowed_extensions", ".pl", [".pl"]),
        ("include", "", []),
    ],
)
def test_text_becomes_the_value_that_the_file_would_give(name: str, text: str, value: Any) -> None:
    parsed = parse_text(by_name(name), text)
    assert parsed == value
    assert type(parsed) is type(value)


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("timeout", "soon", "'soon' is not a number of seconds of at least 0 (0 means no limit)"),
        ("timeout", "-1", "'-1' is not a number of seconds of at least 0 (0 means no limit)"),
        ("timeout", "inf", "'inf' is not a number of seconds of at least 0 (0 means no limit); write a finite number"),
        (
            "timeout",
            "1e9999",
            "'1e9999' is not a number of seconds of at least 0 (0 means no limit); 1000000000 is the most",
        ),
        (
            "timeout",
            "5m",
            "'5m' is not a number of seconds of at least 0 (0 means no limit); write seconds, without a unit",
        ),
        (
            "grace",
            "4000",
            "'4000' is not a number of seconds from 0 to 3600 (0 means SIGKILL at once)",
        ),
        ("jobs", "0", "'0' is not a whole number from 1 to 4096 or 'auto'"),
        ("jobs", "many", "'many' is not a whole number from 1 to 4096 or 'auto'"),
        ("jobs", "9" * 5000, "9…' is not a whole number from 1 to 4096 or 'auto'"),
        ("strict", "maybe", "'maybe' is not true or false"),
        ("reports", "offf", "'offf' is not 'on' or 'off'; did you mean 'off'?"),
        ("left_processes", "", "'' is not 'kill', 'allow' or 'fail'"),
        ("retry", "0", "'0' is not a whole number from 1 to 1000"),
        ("report_dir", "", "'' is empty; write something, or leave it out"),
        ("cwd", "{home}", "'{home}' holds the unknown placeholder {home}; {script_dir} and {tmp} can be used"),
        ("allowed_extensions", "pl", "'pl' is not an extension with its dot, as in '.py'"),
        ("skip_dirs", "build/", "'build/' is not a name or glob without '/'"),
        ("subdirs", "../up", "'../up' is not a path below the directory, without '..'"),
        ("redact", "'open", '"\'open" cannot be split into words: no closing quotation; correct the quotes'),
    ],
)
def test_a_wrong_text_says_what_is_wrong_and_what_is_allowed(name: str, text: str, message: str) -> None:
    with pytest.raises(ValueError, match=r"^\S") as caught:
        parse_text(by_name(name), text)
    assert str(caught.value).endswith(message)


def test_all_mistakes_of_a_list_are_told() -> None:
    with pytest.raises(ValueError, match=r"'pl' is not an extension .*; 'rb' is not an extension"):
        parse_text(by_name("allowed_extensions"), "pl .sh rb")


def test_python_values_are_taken_as_they_are() -> None:
    assert parse_value(by_name("timeout"), 5) == 5.0
    assert parse_value(by_name("redact"), ["*A*"]) == ["*A*"]
    with pytest.raises(ValueError, match=r"^'5' is not a number of seconds .*remove the quotes$"):
        parse_value(by_name("timeout"), "5")
