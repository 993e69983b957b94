"""run_function: one call in a process of its own, whatever the function does."""

from __future__ import annotations

import functools
import json
import os
import sys
import threading
import types
from datetime import datetime
from typing import TYPE_CHECKING, Any

import callables
import pytest
from library_scripts import is_alive

from pytest_orchestrator import ArgumentError, generate_report, run_function, run_script

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

KEYS = [
    "name", "type", "status", "start_time", "end_time", "execution_time", "result", "error", "traceback", "stdout",
    "stderr",
]  # fmt: skip


def test_the_result_has_the_promised_keys_first_and_in_order() -> None:
    result = run_function(callables.add, (1,), {"right": 2})
    assert list(result)[: len(KEYS)] == KEYS
    assert (result["name"], result["type"], result["status"]) == ("add", "function", "passed")
    assert (result["result"], result["error"], result["traceback"]) == (3, None, None)
    start, end = (datetime.fromisoformat(result[key]) for key in ("start_time", "end_time"))
    assert start.utcoffset() is not None
    assert end >= start


def test_it_runs_in_another_process_in_the_current_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    directory, process, parent = run_function(callables.where)["result"]
    assert directory == str(tmp_path)
    assert os.getpid() not in (process, parent)
    assert list(tmp_path.iterdir()) == []


def test_it_sees_the_environment_of_now(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LIBRARY_NOW", "now")
    assert run_function(callables.environment, ("LIBRARY_NOW",))["result"] == "now"
    assert run_function(callables.environment, ("PYTEST_CURRENT_TEST",))["result"] is None


def test_what_it_prints_is_kept_apart_from_what_it_returns() -> None:
    result = run_function(callables.speak, ("grüße\udcff",))
    assert (result["stdout"], result["stderr"]) == ("grüße\\udcff\n", "GRÜSSE\\udcff\n")
    assert result["result"] is None


def many_callables() -> list[tuple[Callable[..., Any], tuple[Any, ...], str, object]]:
    account = callables.Account("Ada")
    return [
        (functools.partial(callables.add, 5), (2,), "add", 7),
        (account.greeting, ("hello",), "greeting", "hello Ada"),
        (len, ([1, 2],), "len", 2),
        ("abc".upper, (), "upper", "ABC"),
        (callables.double, (4,), "double", 8),
    ]


@pytest.mark.parametrize(
    ("function", "args", "name", "value"), many_callables(), ids=["partial", "method", "builtin", "bound", "coroutine"]
)
def test_any_callable_with_a_name_can_be_called(
    function: Callable[..., Any], args: tuple[Any, ...], name: str, value: object
) -> None:
    result = run_function(function, args)
    assert (result["name"], result["status"], result["result"]) == (name, "passed", value)


def test_an_object_of_a_users_class_comes_back_as_one() -> None:
    value = run_function(callables.new_account, ("Ada",))["result"]
    assert isinstance(value, callables.Account)
    assert value.name == "Ada"


def test_results_of_functions_and_scripts_go_into_one_report(tmp_path: Path) -> None:
    (tmp_path / "a.sh").write_text("true")
    results = [
        run_script(tmp_path / "a.sh"),
        run_function(callables.new_account, ("Ada",)),
        run_function(callables.leave, (3,)),
    ]
    report = generate_report(results, tmp_path / "reports").read_text()
    assert "sys.exit(3)" in report
    summary = json.loads((tmp_path / "reports/summary.json").read_text())
    assert (summary["totals"]["passed"], summary["totals"]["failed"]) == (2, 1)


# -- exceptions --------------------------------------------------------------------------------------------------------


def test_a_traceback_starts_in_the_users_code() -> None:
    trace = run_function(callables.raise_key_error)["traceback"]
    assert trace.startswith("Traceback (most recent call last):\n  File ")
    assert "callables.py" in trace.splitlines()[1]
    assert "function_child" not in trace


def test_an_exception_that_cannot_be_unpickled_keeps_type_and_message() -> None:
    result = run_function(callables.raise_unreadable)
    assert (result["status"], result["error"]) == ("failed", "callables.UnreadableError: 7: seven")
    assert result["traceback"].endswith("callables.UnreadableError: 7: seven\n")


def test_an_exception_that_cannot_show_itself_is_still_told() -> None:
    result = run_function(callables.raise_shy)
    assert result["error"] == "callables.TooShyError: (its message cannot be shown: RuntimeError)"


@pytest.mark.parametrize(
    ("code", "status", "error", "exit_code", "stderr"),
    [(None, "passed", None, 0, ""), (0, "passed", None, 0, ""), (3, "failed", "sys.exit(3)", 3, ""),
     ("bye", "failed", "sys.exit('bye')", 1, "bye\n")],
)  # fmt: skip
def test_sys_exit_is_told_as_what_it_says(
    code: object, status: str, error: str | None, exit_code: int, stderr: str
) -> None:
    result = run_function(callables.leave, (code,))
    assert (result["status"], result["error"], result["exit_code"]) == (status, error, exit_code)
    assert (result["stdout"], result["stderr"]) == ("leaving", stderr)


@pytest.mark.parametrize("code", [0, 3])
def test_os_exit_is_a_failure_whatever_the_code(code: int) -> None:
    result = run_function(callables.leave_hard, (code,))
    assert (result["status"], result["exit_code"], result["stdout"]) == ("failed", code, "leaving\n")
    assert f"its process ended with exit status {code} before the function returned" in result["error"]


def test_a_signal_is_a_failure_that_names_it() -> None:
    result = run_function(callables.kill_myself)
    assert (result["status"], result["signal"], result["result"]) == ("failed", "SIGKILL", None)
    assert result["error"] == "its process was killed by SIGKILL before the function returned"


def test_a_message_of_any_length_is_told_by_its_start_and_end() -> None:
    result = run_function(callables.raise_at_length, (10_000_000,))
    assert result["error"].startswith("ValueError: xxx")
    assert len(result["error"]) < 10_000
    assert len(result["traceback"]) < 70_000
    assert result["traceback"].startswith("Traceback (most recent call last):")
    assert "characters left out here" in result["traceback"]


def test_endless_recursion_is_an_exception_like_any_other() -> None:
    result = run_function(callables.recurse)
    assert (result["status"], result["error"]) == ("failed", "RecursionError: maximum recursion depth exceeded")


def test_a_keyboard_interrupt_in_the_function_is_its_own() -> None:
    result = run_function(callables.interrupt_myself)
    assert (result["status"], result["error"]) == ("failed", "KeyboardInterrupt")


# -- what functions do to their process --------------------------------------------------------------------------------


def test_bytes_that_are_no_text_are_shown_as_such() -> None:
    assert run_function(callables.speak_bytes)["stdout"] == "\\xff\x00 one\n\\x80 two\n"


def test_a_result_of_any_size_comes_back() -> None:
    assert len(run_function(callables.repeat, (b"x", 300 << 20))["result"]) == 300 << 20


def test_closed_descriptors_change_nothing() -> None:
    closed = run_function(callables.close_descriptors, (None,))
    assert (closed["status"], closed["result"]) == ("passed", "closed")
    failed = run_function(callables.close_descriptors, ("all are closed",))
    assert (failed["status"], failed["error"]) == ("failed", "ValueError: all are closed")
    dropped = run_function(callables.drop_streams)
    assert (dropped["status"], dropped["result"]) == ("passed", "dropped")


def test_a_forked_copy_that_returns_is_not_taken_for_the_function(tmp_path: Path) -> None:
    result = run_function(callables.return_twice, (str(tmp_path / "ended"),))
    assert (tmp_path / "ended").exists()
    assert (result["status"], result["result"]) == ("failed", None)
    assert "before the function returned" in result["error"]
    raised = run_function(callables.raise_twice)
    assert (raised["status"], raised["result"]) == ("passed", "the original")


# -- limits ------------------------------------------------------------------------------------------------------------


def test_a_timeout_says_where_the_function_was(tmp_path: Path) -> None:
    result = run_function(callables.hang, (str(tmp_path / "pid"),), timeout=3)
    assert (result["status"], result["error"]) == ("timeout", "timed out after 3 s (run_function(timeout=3))")
    assert result["limit"]["name"] == "timeout"
    assert "callables.py" in result["traceback"]
    assert " in hang" in result["traceback"]
    assert "function_child" not in result["traceback"]


def test_a_thread_that_outlives_the_function_is_told_and_the_value_kept() -> None:
    result = run_function(callables.leave_thread, timeout=3)
    assert (result["status"], result["result"]) == ("timeout", "done")
    assert result["error"] == "timed out after 3 s (run_function(timeout=3)), after the function had returned"


def test_a_child_that_outlives_the_function_is_ended_and_told(tmp_path: Path) -> None:
    result = run_function(callables.leave_child, (str(tmp_path / "pid"),))
    assert (result["status"], result["result"]) == ("passed", "done")
    assert result["notes"] == ["left 1 background process: sleep 600"]
    assert not is_alive(int((tmp_path / "pid").read_text()))


def test_a_memory_limit_ends_in_a_memory_error_that_names_it() -> None:
    result = run_function(callables.allocate, (1024,), memory_limit_mb=200)
    assert (result["status"], result["error"]) == ("failed", "MemoryError (memory_limit_mb 200)")
    assert " in allocate" in result["traceback"]


def test_a_limit_in_which_python_cannot_start_is_an_error() -> None:
    result = run_function(callables.add, (1,), memory_limit_mb=4)
    assert (result["status"], result["reason"]) == ("error", "not_startable")
    assert "Python could not start in its own process" in result["error"]
    assert "memory_mb 4" in result["error"]


# -- what cannot be sent -----------------------------------------------------------------------------------------------


INSIDE = "is defined inside a function, where no other process can find it: move it to the top level of a module"


def made_up_function() -> Callable[..., Any]:
    """Return a function of a module that is in no file."""
    module = sys.modules["made_up"] = types.ModuleType("made_up")
    exec("def f(): return 1", module.__dict__)
    made: Callable[..., Any] = module.f
    return made


def unsendable() -> list[tuple[Callable[..., Any], tuple[Any, ...], str]]:
    nameless: Any = lambda: 1  # noqa: E731 - a function without a name is what is wanted
    partial = functools.partial(callables.new_account, nameless)
    local, local_object = callables.make_local(), callables.make_local_object()
    return [
        (nameless, (), "<lambda> cannot be sent to another process: a lambda has no name"),
        (local, (), f"local cannot be sent to another process: the function 'make_local.<locals>.local' {INSIDE}"),
        (callables.add, (local_object,), "args[0] cannot be sent to another process: the class 'make_local_object"),
        (
            local_object.method,
            (),
            "method cannot be sent to another process: the class 'make_local_object.<locals>.Loc",
        ),
        (
            made_up_function(),
            (),
            "f cannot be sent to another process: the function 'f' is defined in the module 'made",
        ),
        (callables.add, (1, threading.Lock()), "args[1] (lock) cannot be sent to another process: cannot pickle"),
        (callables.add, (callables.Reluctant(),), "args[0] (Reluctant) cannot be sent to another process: not me"),
        (partial, (), "new_account cannot be sent to another process: a lambda has no"),
        (callables.count, (3,), "count is a generator function, whose values cannot leave its process: return a list"),
        (callables.count_slowly, (3,), "count_slowly is a generator function"),
    ]


@pytest.mark.parametrize(("function", "args", "error"), unsendable())
def test_what_cannot_be_sent_is_an_error_that_says_what_to_do(
    function: Callable[..., Any], args: tuple[Any, ...], error: str
) -> None:
    result = run_function(function, args)
    assert (result["status"], result["reason"], result["exit_code"]) == ("error", "not_startable", None)
    assert result["error"].startswith(error)


def test_a_keyword_argument_that_cannot_be_sent_is_named() -> None:
    result = run_function(callables.add, (1,), {"right": threading.Lock()})
    assert result["error"].startswith("kwargs['right'] (lock) cannot be sent to another process")


@pytest.mark.parametrize(
    ("function", "args", "error"),
    [
        (callables.new_lock, (), "the result (lock) cannot be sent to another process: cannot pickle"),
        (callables.new_lambda, (), "the result cannot be sent to another process: a lambda has no name"),
        (callables.hidden_count, (3,), "the result (generator) cannot be sent to another process: cannot pickle"),
        (callables.make_local_object, (), "the result cannot be sent to another process: the class"),
        (callables.nest, (100_000,), "the result (list) cannot be sent to another process: it is nested too deeply"),
    ],
)
def test_a_result_that_cannot_be_sent_back_is_an_error(
    function: Callable[..., Any], args: tuple[Any, ...], error: str
) -> None:
    result = run_function(function, args)
    assert (result["status"], result["reason"], result["result"]) == ("error", "configuration", None)
    assert result["error"].startswith(error)


def test_a_result_that_cannot_be_read_here_is_an_error() -> None:
    result = run_function(callables.new_vanishing, (os.getpid(),))
    assert (result["status"], result["result"]) == ("error", None)
    assert result["error"] == "its result cannot be read in this process: ValueError: not at home"


def test_a_generator_returned_is_refused_with_the_way_out() -> None:
    assert run_function(callables.hidden_count, (3,))["error"].endswith("return a list of what it yields")


# -- secrets and mistakes ----------------------------------------------------------------------------------------------


def test_secrets_are_replaced_in_texts_and_not_in_the_result(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LIBRARY_TOKEN", "hunter2-hunter2")
    failed = run_function(callables.raise_secret)
    assert (failed["stdout"], failed["error"]) == ("[redacted]\n", "ValueError: [redacted]")
    assert "hunter2" not in failed["traceback"]
    assert run_function(callables.secret)["result"] == "hunter2-hunter2"


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        ((3,), "func: 3 is not callable; give the function itself, not its result"),
        ((callables.add, "ab"), r"args: 'ab' is not a tuple or list; for one argument write args=\('ab',\)"),
        ((callables.add, (1,), [2]), r"kwargs: \[2\] is not a mapping"),
        ((callables.add, (1,), {2: 3}), "kwargs: 2 is not the name of an argument"),
        ((callables.add, (1,), None, -1), r"run_function\(\): timeout: -1 is not"),
        ((callables.add, (1,), None, 1, "much"), r"run_function\(\): limits.memory_mb: 'much' is not"),
    ],
)
def test_mistakes_of_the_caller_are_raised(arguments: tuple[Any, ...], error: str) -> None:
    with pytest.raises(ArgumentError, match=error):
        run_function(*arguments)
