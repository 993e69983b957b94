"""The fixture ``model_endpoint``."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

ASK = """
import json, urllib.error, urllib.request

def ask(endpoint, prompt="Hello"):
    body = json.dumps({"messages": [{"role": "user", "content": prompt}]}).encode()
    try:
        with urllib.request.urlopen(f"{endpoint.url}/v1/messages", body, 10) as answer:
            return json.load(answer)["content"][0]["text"]
    except urllib.error.HTTPError as error:
        with error:
            return error.code
"""


def run(pytester: pytest.Pytester, test: str, *words: str) -> pytest.RunResult:
    pytester.makeini("[pytest]")
    pytester.makepyfile(ASK + test)
    return pytester.runpytest_inprocess("-p", "no:cacheprovider", *words)


def test_it_plays_a_script_and_is_closed_behind_the_test(pytester: pytest.Pytester) -> None:
    test = """
kept = []

def test_one(model_endpoint):
    kept.append(model_endpoint(["Hello yourself."]))
    assert ask(kept[0]) == "Hello yourself."

def test_two():
    import pytest
    with pytest.raises(OSError):
        ask(kept[0])
"""
    run(pytester, test).assert_outcomes(passed=2)


def test_a_request_without_a_reply_fails_the_test(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CI", raising=False)  # where pytest repeats whole messages in its summary
    test = """
def test_it(model_endpoint):
    first, second = model_endpoint(["Once."]), model_endpoint(["Once."])
    assert ask(first) == ask(second) == "Once."
    assert ask(first, "Bye") == "Once."
    body = {"when": {"prompt": "x"}, "say": "y"}
    third = model_endpoint([body])
    assert [ask(third), ask(third)] == [400, 400]
"""
    result = run(pytester, test)
    result.assert_outcomes(passed=1, errors=1)
    assert result.stdout.str().count("model_endpoint: the script has no reply for turn 1 of the conversation") == 1
    assert "  1. say 'y': its conditions do not hold" in result.stdout.lines


def test_a_test_may_allow_that(pytester: pytest.Pytester) -> None:
    test = """
def test_it(model_endpoint):
    assert ask(model_endpoint([], allow_unmatched=True)) == 400
"""
    run(pytester, test).assert_outcomes(passed=1)


def test_a_function_that_raises_fails_the_test_with_its_traceback(pytester: pytest.Pytester) -> None:
    test = """
def script(request):
    return {}["no such key"]

def test_it(model_endpoint):
    assert ask(model_endpoint(script)) == 400
"""
    result = run(pytester, test)
    result.assert_outcomes(passed=1, errors=1)
    assert '>       return {}["no such key"]' in result.stdout.lines
    assert "E       KeyError: 'no such key'" in result.stdout.lines


def test_a_path_is_one_beside_the_test_or_in_the_rootdir(pytester: pytest.Pytester, tmp_path: Path) -> None:
    for place, text in (
        ("sub/near.yaml", "near"),
        ("far.yaml", "far"),
        ("sub/both.yaml", "near"),
        ("both.yaml", "far"),
    ):
        path = pytester.path / place
        path.parent.mkdir(exist_ok=True)
        path.write_text(f"- {text}\n")
    (tmp_path / "abs.yaml").write_text("- abs\n")
    test = f"""
import pathlib, pytest
from pytest_orchestrator import ConfigurationError

def test_it(model_endpoint):
    assert ask(model_endpoint("near.yaml")) == "near"
    assert ask(model_endpoint(pathlib.Path("far.yaml"))) == "far"
    assert ask(model_endpoint("both.yaml")) == "near"
    assert ask(model_endpoint({str(tmp_path / "abs.yaml")!r})) == "abs"
    assert ask(model_endpoint("- text")) == "text"
    with pytest.raises(ConfigurationError, match="^nowhere.yaml:1:1: cannot be read: No such file"):
        model_endpoint("nowhere.yaml")
"""
    pytester.makeini("[pytest]")
    (pytester.path / "sub" / "test_it.py").write_text(ASK + test)
    pytester.runpytest_inprocess("-p", "no:cacheprovider", "sub").assert_outcomes(passed=1)
