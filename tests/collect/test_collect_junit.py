"""What JUnit XML holds: one short message, the program's own time, its output, and where the script is."""

from __future__ import annotations

from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import pytest

if TYPE_CHECKING:
    from orchestrated import Project

WORKERS = pytest.mark.parametrize("workers", [(), ("-n1",)], ids=["process", "n1"])


@pytest.fixture
def mixed(project: Project) -> Project:
    project.file("scripts/ok.sh", "echo fine; sleep 0.3")
    project.file("scripts/bad.sh", "echo out; echo 'err \x1b[31mred' >&2; exit 3")
    project.file("scripts/slow.sh", "echo before; sleep 30")
    project.file("scripts/off.sh")
    project.file("scripts/known.sh", "exit 1")
    project.file("scripts/broken.sh", "#!/no/such/interpreter\n", mode=0o755)
    project.file(
        "scripts/orchestrator.yaml",
        "skip: [{off.sh: not today}]\nscripts:\n  slow.sh: {timeout: 0.3, grace: 0.1}\n  known.sh: {xfail: reason}\n",
    )
    return project


def cases(project: Project) -> dict[str, ET.Element]:
    tree = ET.parse(project.path / "out.xml")
    return {str(case.get("classname")).rpartition("scripts.")[2]: case for case in tree.iter("testcase")}


@WORKERS
def test_each_outcome_has_its_element_and_a_short_message(mixed: Project, workers: tuple[str, ...]) -> None:
    run = mixed.run("--junitxml=out.xml", *workers)
    assert run.code == 1
    found = cases(mixed)
    assert {name: [child.tag for child in case if child.tag != "properties"] for name, case in found.items()} == {
        "bad.sh": ["failure"],
        "broken.sh": ["failure"],
        "known.sh": ["skipped"],
        "off.sh": ["skipped"],
        "ok.sh": [],
        "slow.sh": ["failure"],
    }

    def message(name: str) -> str:
        (element,) = [child for child in found[name] if child.tag != "properties"]
        return str(element.get("message"))

    assert message("bad.sh") == "bad.sh: exit 3, expected 0"
    assert message("slow.sh") == "slow.sh: timed out after 0.3 s (scripts/orchestrator.yaml)"
    assert message("broken.sh").startswith("broken.sh: not startable: ")
    assert message("off.sh") == "not today"
    text = found["bad.sh"].findtext("failure")
    assert text is not None
    assert "stderr:\n  err #x1B[31mred" in text
    assert "stdout:\n  out" in text


def test_times_are_the_programs_own(mixed: Project) -> None:
    mixed.run("--junitxml=out.xml", "--orchestrate-jobs=4")
    times = {name: float(case.get("time", "nan")) for name, case in cases(mixed).items()}
    assert times["ok.sh"] >= 0.3
    assert times["slow.sh"] >= 0.3
    assert times["bad.sh"] < 0.3


@WORKERS
def test_properties_say_which_script_and_status(mixed: Project, workers: tuple[str, ...]) -> None:
    mixed.run("--junitxml=out.xml", *workers)
    found = {
        name: {str(entry.get("name")): entry.get("value") for entry in case.iter("property")}
        for name, case in cases(mixed).items()
    }
    assert found["ok.sh"] == {"script": "scripts/ok.sh", "status": "passed"}
    assert found["slow.sh"] == {"script": "scripts/slow.sh", "status": "timeout"}
    assert found["broken.sh"] == {"script": "scripts/broken.sh", "status": "error"}


@WORKERS
def test_output_is_there_when_asked_for(mixed: Project, workers: tuple[str, ...]) -> None:
    run = mixed.run("--junitxml=out.xml", "-o", "junit_logging=all", *workers)
    found = cases(mixed)
    assert "fine" in str(found["ok.sh"].findtext("system-out"))
    assert "out" in str(found["bad.sh"].findtext("system-out"))
    assert "err #x1B[31mred" in str(found["bad.sh"].findtext("system-err"))
    assert "before" in str(found["slow.sh"].findtext("system-out"))
    assert run.out.count("err \x1b[31mred") == 1
    assert "Captured stderr" not in run.out


def test_a_rerun_adds_no_properties_twice(project: Project) -> None:
    project.file("scripts/a.sh", "test -e again || { touch again; exit 1; }")
    project.run("--junitxml=out.xml", "--reruns=1")
    (case,) = cases(project).values()
    assert [entry.get("name") for entry in case.iter("property")].count("status") == 1


@pytest.mark.parametrize("family", ["xunit1", "xunit2", "legacy"])
def test_every_family_is_well_formed_and_locates_the_file(mixed: Project, family: str) -> None:
    mixed.run("--junitxml=out.xml", "-o", f"junit_family={family}")
    case = cases(mixed)["bad.sh"]
    if family != "xunit2":
        assert (case.get("file"), case.get("line")) == ("scripts/bad.sh", "0")
    assert case.get("name") == "run"
