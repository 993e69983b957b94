"""What the script orchestrators before this one got wrong, as far as library functions are concerned."""

from __future__ import annotations

import json
import resource
from typing import TYPE_CHECKING, Any

import pytest
from callables import hang, raise_key_error, repeat
from library_scripts import is_alive, script

from pytest_orchestrator import (
    ConfigurationError,
    DiscoveryError,
    discover_scripts,
    generate_report,
    generate_script_documentation,
    get_script_config,
    load_config,
    run_function,
    run_orchestrator,
    run_script,
    save_log,
)

if TYPE_CHECKING:
    from pathlib import Path


def config_of(directory: Path, text: str) -> dict[str, Any]:
    (directory / "orchestrator.yaml").write_text(text)
    return load_config(directory)


def mistakes_of(directory: Path, text: str) -> list[str]:
    with pytest.raises(ConfigurationError) as caught:
        config_of(directory, text)
    return [str(mistake) for mistake in caught.value.mistakes]


# -- 1: logs were scattered over folders named after the second --------------------------------------------------------


def test_the_logs_of_a_run_are_in_one_place_however_long_it_takes(tmp_path: Path) -> None:
    results = [
        {**run_script(script(tmp_path, "true", f"{number}.sh")), "end_time": f"2026-01-01T00:00:{number:02}+00:00"}
        for number in range(3)
    ]
    report = generate_report(results, tmp_path / "reports")
    assert report == tmp_path / "reports/report.md"
    logs = sorted(path.name for path in (tmp_path / "reports/logs").rglob("*.json"))
    assert logs == ["0.sh.json", "1.sh.json", "2.sh.json"]


def test_two_logs_of_the_same_second_do_not_share_a_file(tmp_path: Path) -> None:
    result = run_script(script(tmp_path, "echo once"))
    first, second = save_log(result, tmp_path / "logs"), save_log(result, tmp_path / "logs")
    assert first != second
    assert json.loads(first.read_text())["stdout"] == json.loads(second.read_text())["stdout"] == "once\n"


# -- 2: counts that did not add up, and the wrong limit told -----------------------------------------------------------


def test_skipped_and_timed_out_scripts_are_not_counted_as_failed(tmp_path: Path) -> None:
    results = [
        run_script(script(tmp_path, "true", "a/good.sh")),
        run_script(script(tmp_path, "exit 1", "a/bad.sh")),
        run_script(script(tmp_path, "sleep 60", "a/slow.sh"), timeout=0.1),
        {**run_script(script(tmp_path, "true", "a/skipped.sh")), "status": "skipped"},
    ]
    generate_report(results, tmp_path / "reports")
    summary = json.loads((tmp_path / "reports/summary.json").read_text())
    counted = {status: number for status, number in summary["totals"].items() if number}
    assert counted == {"passed": 1, "failed": 1, "timeout": 1, "skipped": 1}


def test_the_limit_that_is_told_is_the_one_that_fired(tmp_path: Path) -> None:
    result = run_script(script(tmp_path, "sleep 60"), config={"timeout": 0.1})
    assert result["error"] == "timed out after 0.1 s (config)"


# -- 3: nothing found was a success ------------------------------------------------------------------------------------


def test_a_missing_scripts_directory_is_an_error_with_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(DiscoveryError, match=r"scripts directory '.*nope' does not exist: name one that does"):
        discover_scripts(tmp_path / "nope")


def test_a_mistyped_sub_directory_is_an_error(tmp_path: Path) -> None:
    script(tmp_path, "true", "real/a.sh")
    with pytest.raises(DiscoveryError, match=r"no sub-directory 'nope' in .*: it has real"):
        discover_scripts(tmp_path, subdirs=["nope"])


@pytest.mark.parametrize("words", [["--filter", "*none*"], ["--subdirs", "nope"]], ids=["filter", "subdirs"])
def test_nothing_found_is_not_exit_code_0(tmp_path: Path, words: list[str]) -> None:
    script(tmp_path, "true", "scripts/a.sh")
    assert run_orchestrator(["--scripts-dir", str(tmp_path / "scripts"), *words]) in (4, 5)


def test_scripts_directly_in_the_folder_are_found(tmp_path: Path) -> None:
    assert discover_scripts(script(tmp_path, "true").parent) == [tmp_path / "script.sh"]


# -- 4: configuration --------------------------------------------------------------------------------------------------


def test_broken_yaml_is_a_mistake_with_its_place(tmp_path: Path) -> None:
    (mistake,) = mistakes_of(tmp_path, "default: {timeout: 5\nskip: []\n")
    assert "orchestrator.yaml:2:" in mistake


def test_a_list_in_place_of_the_configuration_is_a_mistake(tmp_path: Path) -> None:
    (mistake,) = mistakes_of(tmp_path, "- a\n- b\n")
    assert "orchestrator.yaml:1:1: " in mistake


def test_a_skip_without_a_value_skips_nothing(tmp_path: Path) -> None:
    assert config_of(tmp_path, "skip:\n")["skip"] == []


def test_numbers_among_arguments_and_variables_are_texts(tmp_path: Path) -> None:
    config = config_of(tmp_path, "default: {args: [1, 2.5], env: {LEVEL: 3}}\n")
    path = script(tmp_path, 'echo "$1 $2 $LEVEL"')
    assert run_script(path, config=get_script_config(path, tmp_path, config))["stdout"] == "1 2.5 3\n"


def test_a_quoted_timeout_is_told_once_and_not_per_script(tmp_path: Path) -> None:
    (mistake,) = mistakes_of(tmp_path, "default: {timeout: '5'}\n")
    assert "orchestrator.yaml:1:20: " in mistake
    assert "remove the quotes" in mistake


def test_variables_of_a_script_are_added_to_the_default_ones(tmp_path: Path) -> None:
    config = config_of(tmp_path, "default: {env: {A: '1'}}\nscripts: {script.sh: {env: {B: '2'}}}\n")
    assert get_script_config(tmp_path / "script.sh", tmp_path, config)["env"] == {"A": "1", "B": "2"}


def test_a_path_does_not_match_another_that_ends_like_it(tmp_path: Path) -> None:
    script(tmp_path, "", "k.py")
    config = config_of(tmp_path, "timeout_override: {k.py: 5}\n")
    assert get_script_config(tmp_path / "a/ok.py", tmp_path, config)["timeout"] == 60
    assert get_script_config(tmp_path / "k.py", tmp_path, config)["timeout"] == 5


def test_an_unrelated_config_yaml_above_is_not_ours(tmp_path: Path) -> None:
    (tmp_path / "config.yaml").write_text("default: {timeout: 1}\n")
    (tmp_path / "scripts").mkdir()
    assert load_config(tmp_path / "scripts")["path"] is None


def test_an_unknown_key_is_a_mistake(tmp_path: Path) -> None:
    (mistake,) = mistakes_of(tmp_path, "default: {timeuot: 5}\n")
    assert "did you mean 'timeout'?" in mistake


# -- 5: output that is no text -----------------------------------------------------------------------------------------


def test_one_byte_that_is_no_utf8_loses_nothing(tmp_path: Path) -> None:
    result = run_script(script(tmp_path, r"printf 'one\ntw\377o\nthree\n'"))
    assert (result["status"], result["exit_code"]) == ("passed", 0)
    assert result["stdout"] == "one\ntw\\xffo\nthree\n"


def test_output_is_text_after_a_timeout_too(tmp_path: Path) -> None:
    result = run_script(script(tmp_path, r"printf 'before\377\n'; echo oops >&2; exec sleep 60"), timeout=0.3)
    assert (result["status"], result["stdout"], result["stderr"]) == ("timeout", "before\\xff\n", "oops\n")
    json.dumps(result)


# -- 6: children -------------------------------------------------------------------------------------------------------


def test_a_timeout_ends_the_whole_tree(tmp_path: Path) -> None:
    text = "sleep 600 & echo $! >pids; setsid sleep 600 & echo $! >>pids; nohup sleep 600 & echo $! >>pids; wait"
    result = run_script(script(tmp_path, text), cwd=tmp_path, timeout=1)
    pids = [int(pid) for pid in (tmp_path / "pids").read_text().split()]
    assert result["status"] == "timeout"
    assert len(pids) == 3
    assert not any(map(is_alive, pids))


def test_a_background_child_that_holds_stdout_is_no_timeout(tmp_path: Path) -> None:
    result = run_script(script(tmp_path, "sleep 600 & echo $!; exit 0"), timeout=30)
    assert (result["status"], result["exit_code"]) == ("passed", 0)
    assert [left["command"] for left in result["left_processes"]] == ["sleep 600"]
    assert not is_alive(int(result["stdout"]))


# -- 7: unbounded output -----------------------------------------------------------------------------------------------


def test_fifty_megabytes_of_output_are_not_kept_in_memory(tmp_path: Path) -> None:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    result = run_script(script(tmp_path, "echo first; yes | head -c 52428800; echo last"))
    after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    assert result["status"] == "passed"
    assert result["stdout_bytes"] == 52428800 + len("first\nlast\n")
    assert len(result["stdout"]) < 100_000
    assert result["stdout"].startswith("first\n")
    assert result["stdout"].endswith("last\n")
    assert "bytes left out here" in result["stdout"]
    assert after - before < 20_000


# -- 8: functions ------------------------------------------------------------------------------------------------------


def test_a_large_return_value_is_no_timeout() -> None:
    result = run_function(repeat, (b"0123456789", 1_000_000), timeout=60)
    assert (result["status"], result["result"]) == ("passed", b"0123456789" * 1_000_000)


def test_any_exception_is_told_at_once_with_its_traceback() -> None:
    result = run_function(raise_key_error)
    assert (result["status"], result["error"]) == ("failed", "KeyError: 'outer'")
    assert "KeyError: 'LIBRARY_MISSING'" in result["traceback"]
    assert "raise KeyError" in result["traceback"]


def test_a_function_that_timed_out_leaves_no_child(tmp_path: Path) -> None:
    result = run_function(hang, (str(tmp_path / "pid"),), timeout=3)
    assert (result["status"], result["stdout"]) == ("timeout", "hanging\n")
    assert not is_alive(int((tmp_path / "pid").read_text()))


# -- 9: arguments that were ignored ------------------------------------------------------------------------------------


def test_arguments_reach_the_script(tmp_path: Path) -> None:
    path = script(tmp_path, 'printf "%s|" "$@"')
    assert run_script(path, config={"args": ["a b", "", "*"]})["stdout"] == "a b||*|"


# -- and: documenting scripts ran them ---------------------------------------------------------------------------------


def test_documenting_scripts_runs_none(tmp_path: Path) -> None:
    text = f'"""Makes a file."""\nopen({str(tmp_path / "made")!r}, "w")\n'
    script(tmp_path, text, "scripts/make.py")
    page = generate_script_documentation(tmp_path / "scripts", tmp_path / "page.md")
    assert "Makes a file" in page.read_text()
    assert not (tmp_path / "made").exists()
