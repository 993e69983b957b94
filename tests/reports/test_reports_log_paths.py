"""Where logs are kept: readable, unique, and never outside the log directory."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_orchestrator.errors import ReportError
from pytest_orchestrator.reports.logs import log_path, output_files, save_log, write_log

_PARTS = st.sampled_from(
    [
        "a",
        "b.sh",
        "run",
        "..",
        ".",
        "",
        "_up",
        "_root",
        "a.json",
        "a.stdout",
        "ä",
        "a\u0308",
        "a b",
        "a@b",
        "a~b",
        "a[b]",
        "x" * 300,
    ]
)
_PATHS = st.lists(_PARTS, min_size=1, max_size=5).map("/".join)
_NAMES = st.sampled_from(
    ["::run", "::run[x]", "::run[a@b]", "::frontmatter", "::frontmatter[x]", "::run[]", "", "::", "::run[a/b]"]
)
_IDS = st.one_of(st.builds("{}{}".format, _PATHS, _NAMES), st.text(), st.text(alphabet="ab./[]@~_:\\", max_size=12))


@pytest.mark.parametrize(
    ("nodeid", "expected"),
    [
        ("scripts/backup.sh::run", "logs/scripts/backup.sh.json"),
        ("scripts/backup.sh::run[nightly]", "logs/scripts/backup.sh@nightly.json"),
        ("skills/x/SKILL.md::frontmatter", "logs/skills/x/SKILL.md@@frontmatter.json"),
        ("../x/y.sh::run", "logs/_up/x/y.sh.json"),
        ("/abs/y.sh::run", "logs/_root/abs/y.sh.json"),
        ("größe/büro.sh::run", "logs/größe/büro.sh.json"),
    ],
)
def test_an_ordinary_id_has_a_readable_path(nodeid: str, expected: str) -> None:
    assert str(log_path(nodeid)) == expected


def test_output_stands_beside_the_log() -> None:
    files = output_files("/r", "scripts/backup.sh::run")
    assert files == (b"/r/logs/scripts/backup.sh.stdout", b"/r/logs/scripts/backup.sh.stderr")


@given(_IDS)
def test_no_id_leads_out_of_the_log_directory(nodeid: str) -> None:
    text = str(log_path(nodeid))
    parts = text.split("/")
    assert parts[0] == "logs"
    assert len(parts) > 1
    assert not {"", ".", ".."} & set(parts)
    assert not any(character in text for character in '\0\n\r"<>|*?:\\ ')


@given(_IDS)
def test_every_component_fits_on_a_file_system(nodeid: str) -> None:
    path = log_path(nodeid)
    assert max(len(os.fsencode(part)) for part in path.parts) <= 200
    assert len(os.fsencode(str(path))) <= 1100


@given(_IDS, _IDS)
def test_different_ids_have_different_files(one: str, other: str) -> None:
    files = [{os.fsencode(f"/r/{log_path(nodeid)}"), *output_files("/r", nodeid)} for nodeid in (one, other)]
    assert len(files[0]) == 3
    assert (one == other) == bool(files[0] & files[1])


@given(_IDS, _IDS)
def test_no_log_needs_a_directory_where_another_has_a_file(one: str, other: str) -> None:
    directories = {os.fsencode(f"/r/{parent}") for parent in log_path(one).parents}
    assert not directories & {os.fsencode(f"/r/{log_path(other)}"), *output_files("/r", other)}


def test_a_very_deep_path_is_cut_and_stays_unique() -> None:
    deep = "/".join(["directory"] * 400)
    one, other = log_path(f"{deep}/a.sh::run"), log_path(f"{deep}x/a.sh::run")
    assert one != other
    assert len(str(one)) < 300


def test_a_saved_log_holds_the_result(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    result = {"script": str(tmp_path / "scripts/a.sh"), "name": "a.sh", "status": "passed", "stdout": "ü\udcff\n"}
    path = save_log(result, tmp_path / "out")
    assert path == tmp_path / "out/logs/scripts/a.sh.json"
    assert json.loads(path.read_text()) == {**result, "stdout": "ü\\xff\n", "nodeid": "scripts/a.sh::run"}


def test_two_results_of_one_script_never_share_a_file(tmp_path: Path) -> None:
    results = [{"script": "/srv/a.sh", "name": "a.sh", "status": status} for status in ("failed", "failed", "passed")]
    paths = [save_log(result, tmp_path) for result in results]
    assert len(set(paths)) == 3
    assert [json.loads(path.read_text())["status"] for path in paths] == ["failed", "failed", "passed"]


def test_a_function_result_is_saved_by_its_name(tmp_path: Path) -> None:
    path = save_log({"name": "pack.mod.work", "type": "function", "status": "passed", "result": {1, 2}}, tmp_path)
    assert path == tmp_path / "logs/pack.mod.work.json"
    assert json.loads(path.read_text())["result"] == "{1, 2}"


def test_a_result_without_a_name_is_refused_with_its_keys(tmp_path: Path) -> None:
    with pytest.raises(ReportError, match=r"needs a 'script' or a 'name'.*\['status'\]"):
        save_log({"status": "passed"}, tmp_path)


def test_a_log_that_cannot_be_written_says_why(tmp_path: Path) -> None:
    (tmp_path / "logs").write_text("a file where the directory should be")
    with pytest.raises(ReportError, match="cannot write the log"):
        write_log(tmp_path, "a.sh::run", {"status": "passed"})


def test_a_second_run_overwrites_the_log_of_the_first(tmp_path: Path) -> None:
    write_log(tmp_path, "a.sh::run", {"stdout": "long " * 100})
    path = write_log(tmp_path, "a.sh::run", {"stdout": "short"})
    assert json.loads(Path(path).read_text()) == {"stdout": "short", "nodeid": "a.sh::run"}
