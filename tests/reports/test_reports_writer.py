"""The report directory: rendered from results.jsonl alone, the same bytes every time."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from pytest_orchestrator.core.document import end_line, result_line, run_line, section_line
from pytest_orchestrator.core.result import Attempt, LeftProcess, RunResult
from pytest_orchestrator.core.status import Status
from pytest_orchestrator.errors import ReportError
from pytest_orchestrator.reports.library import generate_report
from pytest_orchestrator.reports.logs import log_path, save_log, write_log
from pytest_orchestrator.reports.marks import prepare_report_dir
from pytest_orchestrator.reports.writer import render_all, write_atomically

if TYPE_CHECKING:
    from pathlib import Path


def _result(name: str, status: Status = Status.PASSED, **more: Any) -> dict[str, Any]:
    settings: dict[str, Any] = {"exit_code": 0, "execution_time": 0.1, **more}
    return RunResult(
        script=f"/srv/scripts/{name}",
        name=name,
        subdirectory="scripts",
        started=1000.0,
        ended=1001.5,
        status=status,
        **settings,
    ).as_dict()


_RESULTS = {
    "scripts/good.sh::run": _result(
        "good.sh", stdout="ü\udcff\u2028\n", attempts=(Attempt(Status.FAILED, 1, 0.1), Attempt(Status.PASSED, 0, 0.1))
    ),
    "scripts/bad.sh::run[x]": _result(
        "bad.sh", Status.FAILED, exit_code=3, stderr="no\n", left_processes=(LeftProcess(1, "sleep"),)
    ),
    "../odd name.sh::run": _result("odd name.sh", Status.TIMEOUT),
}


def _write_results(directory: Path, *, end: bool = True) -> None:
    facts: dict[str, Any] = {
        "rootdir_name": "p",
        "command": [],
        "version": "0",
        "python": "3",
        "pytest": "9",
        "platform": "l",
        "jobs": 1,
        "workers": 0,
    }
    lines = [run_line(run_id="r1", started=1000.0, **facts)]
    for nodeid, data in _RESULTS.items():
        lines.append(result_line(nodeid, "script", Status(data["status"]), data["execution_time"], None, data))
        write_log(directory, nodeid, data)
    lines.append(result_line("scripts/never.sh::run", "script", Status.NOT_RUN, 0.0, None, None))
    lines.append(section_line("Costs", "*none*"))
    if end:
        lines.append(end_line(exit_status=1, ended=1010.0, totals={}, collected=4))
    (directory / "results.jsonl").write_text("".join(lines))


def _files(directory: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(directory)): path.read_bytes() for path in sorted(directory.rglob("*")) if path.is_file()
    }


def test_a_new_directory_ignores_itself_and_is_marked_as_a_cache(tmp_path: Path) -> None:
    directory = prepare_report_dir(tmp_path / "deep" / "reports")
    assert "*" in (directory / ".gitignore").read_text().splitlines()
    assert (directory / "CACHEDIR.TAG").read_bytes().startswith(b"Signature: 8a477f597d28d172789f06886806bc55\n")


def test_a_directory_of_the_user_is_not_hidden_from_git(tmp_path: Path) -> None:
    (tmp_path / "source.py").touch()
    prepare_report_dir(tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["source.py"]


def test_preparing_again_changes_nothing(tmp_path: Path) -> None:
    directory = prepare_report_dir(tmp_path / "reports")
    (directory / ".gitignore").write_text("mine")
    assert prepare_report_dir(directory) == directory
    assert (directory / ".gitignore").read_text() == "mine"


def test_a_file_in_its_place_is_refused(tmp_path: Path) -> None:
    (tmp_path / "reports").touch()
    with pytest.raises(ReportError, match=r"reports' is a file: remove it, or give another directory"):
        prepare_report_dir(tmp_path / "reports")
    with pytest.raises(ReportError, match="cannot make the report directory"):
        prepare_report_dir(tmp_path / "reports" / "below")


def test_everything_is_rendered_from_the_results(tmp_path: Path) -> None:
    _write_results(tmp_path)
    written = render_all(tmp_path)
    assert [path.name for path in written] == ["summary.json", "report.md", "history.jsonl", "logs"]
    summary = json.loads((tmp_path / "summary.json").read_text())
    assert (summary["collected"], summary["totals"]["failed"]) == (4, 1)
    report = (tmp_path / "report.md").read_text()
    assert report.startswith("# Failed: 1 failed, 1 timeout, 1 passed, 1 not run\n")
    assert report.endswith("## Costs\n\n*none*\n")
    assert len((tmp_path / "history.jsonl").read_text().splitlines()) == 1


@pytest.mark.parametrize("end", [True, False], ids=["ended", "crashed"])
def test_rendering_again_gives_the_same_bytes(tmp_path: Path, end: bool) -> None:
    _write_results(tmp_path, end=end)
    render_all(tmp_path, logs=False)
    first = _files(tmp_path)
    render_all(tmp_path)
    assert _files(tmp_path) == first


def test_lost_reports_come_back_from_the_results_alone(tmp_path: Path) -> None:
    _write_results(tmp_path)
    render_all(tmp_path)
    first = _files(tmp_path)
    for name in first:
        if name != "results.jsonl":
            (tmp_path / name).unlink()
    render_all(tmp_path)
    assert _files(tmp_path) == first


def test_the_log_of_an_item_is_its_result_dictionary(tmp_path: Path) -> None:
    _write_results(tmp_path)
    render_all(tmp_path)
    for nodeid, data in _RESULTS.items():
        log = json.loads((tmp_path / log_path(nodeid)).read_text())
        assert list(log) == [*data, "nodeid"]
        assert log["status"] == data["status"]
    assert not (tmp_path / log_path("scripts/never.sh::run")).exists()


def test_each_worker_has_a_log_of_its_own_where_each_ran_every_item(tmp_path: Path) -> None:
    first = run_line(
        run_id="r1", started=0.0, rootdir_name="p", command=[], version="", python="", pytest="", platform="",
        jobs=1, workers=2, per_worker=True,
    )  # fmt: skip
    lines = [
        result_line("a.sh::run", "script", Status.PASSED, 0.1, worker, {"stdout": worker}) for worker in ("gw0", "gw1")
    ]
    (tmp_path / "results.jsonl").write_text("".join([first, *lines]))
    render_all(tmp_path)
    logs = [json.loads((tmp_path / log_path(f"a.sh::run@{worker}")).read_text()) for worker in ("gw0", "gw1")]
    assert [log["stdout"] for log in logs] == ["gw0", "gw1"]


def test_a_failed_write_leaves_the_old_file_and_no_temporary_one(tmp_path: Path) -> None:
    path = tmp_path / "summary.json"
    write_atomically(path, "old")
    with pytest.raises(UnicodeEncodeError):
        write_atomically(path, "\ud800")
    assert _files(tmp_path) == {"summary.json": b"old"}
    with pytest.raises(ReportError, match="cannot write the report"):
        write_atomically(tmp_path / "missing" / "summary.json", "new")


def test_a_directory_without_results_says_what_is_missing(tmp_path: Path) -> None:
    with pytest.raises(ReportError, match="there is no results file"):
        render_all(tmp_path)


def test_plain_results_get_the_same_reports(tmp_path: Path) -> None:
    results = [_result("good.sh"), _result("bad.sh", Status.FAILED, error="exit 3"), _result("good.sh")]
    report = generate_report(results, tmp_path / "out")
    assert report == tmp_path / "out/report.md"
    assert report.read_text().startswith("# Failed: 1 failed, 2 passed\n")
    summary = json.loads((tmp_path / "out/summary.json").read_text())
    assert (summary["collected"], summary["duration"], summary["exit_status"], summary["by_kind"].keys()) == (
        3,
        1.5,
        1,
        {"script"},
    )
    assert (tmp_path / "out/logs/_root/srv/scripts/bad.sh.json").is_file()
    assert len(list((tmp_path / "out/logs").rglob("*.json"))) == 3
    before = _files(tmp_path)
    render_all(tmp_path / "out")
    assert _files(tmp_path) == before


def test_logs_saved_before_the_report_are_its_logs(tmp_path: Path) -> None:
    results = [_result("good.sh"), _result("good.sh", Status.FAILED)]
    saved = {save_log(result, tmp_path): result["status"] for result in results}
    generate_report(results, tmp_path)
    assert {path: json.loads(path.read_text())["status"] for path in tmp_path.rglob("logs/**/*.json")} == saved


def test_results_of_functions_are_reported_too(tmp_path: Path) -> None:
    result = {"name": "mod.work", "type": "function", "status": "passed", "execution_time": 0.5, "result": {1}}
    generate_report([result], tmp_path)
    assert json.loads((tmp_path / "summary.json").read_text())["by_kind"]["function"]["collected"] == 1


def test_a_report_of_nothing_says_so(tmp_path: Path) -> None:
    assert generate_report([], tmp_path).read_text().startswith("# Nothing collected: no items\n")


def test_a_status_that_does_not_exist_is_refused_with_those_that_do(tmp_path: Path) -> None:
    with pytest.raises(ReportError, match=r"has the status 'success': it must be one of passed, failed, timeout"):
        generate_report([{"name": "a", "status": "success"}], tmp_path)


def test_no_command_is_given_that_repeats_a_function(tmp_path: Path) -> None:
    function = {"name": "broken", "status": "error", "error": "ValueError: x", "type": "function"}
    report = generate_report([function, _result("bad.sh", Status.FAILED)], tmp_path / "out").read_text()
    assert "### `broken::run`" in report
    assert [line for line in report.splitlines() if line.startswith("pytest --orchestrate")] == [
        "pytest --orchestrate /srv/scripts/bad.sh::run"
    ]
