"""Finding and loading the configuration file of a directory."""

from __future__ import annotations

from pathlib import Path

import pytest

from pytest_orchestrator.config.project import ProjectConfig, find_config_file
from pytest_orchestrator.config.resolve import Layer, script_variants
from pytest_orchestrator.errors import ConfigurationError


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "root/a/b").mkdir(parents=True)
    return tmp_path / "root"


def write(path: Path, text: str = "") -> Path:
    path.write_text(text)
    return path


def test_the_nearest_file_counts_up_to_the_rootdir(root: Path) -> None:
    assert find_config_file(root / "a/b", root) is None
    outside = write(root.parent / "orchestrator.yaml")
    assert find_config_file(root / "a/b", root) is None
    at_root = write(root / "orchestrator.yml")
    assert find_config_file(root / "a/b", root) == at_root
    nearer = write(root / "a/orchestrator.yaml")
    assert find_config_file(root / "a/b", root) == nearer
    assert find_config_file(root, root) == at_root
    assert find_config_file(root.parent, root) == outside


def test_a_file_stands_for_its_directory(root: Path) -> None:
    config = write(root / "a/orchestrator.yaml")
    assert find_config_file(write(root / "a/x.sh"), root) == config


def test_outside_of_the_rootdir_only_the_directory_itself_is_looked_into(root: Path) -> None:
    other = root.parent / "other/sub"
    other.mkdir(parents=True)
    write(other.parent / "orchestrator.yaml")
    assert find_config_file(other, root) is None


def test_relative_paths_mean_the_current_directory(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    config = write(root / "a/orchestrator.yaml", "scripts: {b/x.sh: {timeout: 5}}")
    monkeypatch.chdir(root)
    assert find_config_file(Path("a/b"), Path()) == config
    project = ProjectConfig.load(Path("a/orchestrator.yaml"), "o.yaml")
    for script in ("a/b/x.sh", root / "a/b/x.sh", "./a//b/x.sh"):
        [(_, settings)] = script_variants(project, script, Layer("ini", {}), Layer("command line", {}))
        assert settings.timeout == 5.0


def test_both_spellings_in_one_directory_are_a_mistake(root: Path) -> None:
    write(root / "a/orchestrator.yaml")
    write(root / "a/orchestrator.yml")
    with pytest.raises(ConfigurationError) as caught:
        find_config_file(root / "a/b", root)
    assert str(caught.value) == (
        "a/orchestrator.yaml:1:1: orchestrator.yml lies beside it and both cannot count; remove one of them"
    )


def test_a_directory_of_that_name_is_no_file_and_a_broken_link_is_told(root: Path) -> None:
    (root / "a/orchestrator.yaml").mkdir()
    assert find_config_file(root / "a", root) is None
    link = root / "a/orchestrator.yml"
    link.symlink_to("nowhere")
    assert find_config_file(root / "a", root) == link
    with pytest.raises(ConfigurationError, match=r"^a/orchestrator\.yml:1:1: cannot be read: No such file"):
        ProjectConfig.load(link, "a/orchestrator.yml")


def test_loading_tells_all_mistakes_under_the_name_that_is_shown(root: Path) -> None:
    path = write(root / "orchestrator.yaml", "default: {timeout: x}\nskip: 5\n")
    with pytest.raises(ConfigurationError) as caught:
        ProjectConfig.load(path, "shown/o.yaml")
    assert [str(mistake).split(" ")[0] for mistake in caught.value.mistakes] == [
        "shown/o.yaml:1:20:",
        "shown/o.yaml:2:7:",
    ]


def test_paths_are_relative_to_the_file_unless_said_otherwise(root: Path) -> None:
    path = write(root / "a/orchestrator.yaml")
    assert ProjectConfig.load(path, "o").directory == root / "a"
    assert ProjectConfig.load(path, "o", root).directory == root


def test_a_directory_without_a_file_has_an_empty_configuration(root: Path) -> None:
    project = ProjectConfig.empty(root)
    assert project.path is None
    assert project.as_plain() == {
        "default": {}, "skip": [], "timeout_override": {}, "scripts": {}, "discovery": {}, "skills": {},
    }  # fmt: skip
    assert project.unmatched_paths() == []


def test_exact_paths_that_name_no_file_are_found(root: Path) -> None:
    write(root / "a/real.sh")
    text = """
skip: [a/real.sh, gone.sh, '*.none']
timeout_override: {a/rael.sh: 5, a/b: 5}
scripts: {x/y/z.sh: {}, a/b/: {}}
"""
    project = ProjectConfig.load(write(root / "orchestrator.yaml", text), "o.yaml")
    directory = "it is a directory, write 'a/b/' for everything below it"
    assert [str(mistake) for mistake in project.unmatched_paths()] == [
        "o.yaml:2:19: skip: there is no file 'gone.sh'; correct or remove it",
        "o.yaml:3:20: timeout_override: there is no file 'a/rael.sh'; did you mean 'a/real.sh'?",
        f"o.yaml:3:34: timeout_override: there is no file 'a/b'; {directory}",
        "o.yaml:4:11: scripts: there is no file 'x/y/z.sh'; correct or remove it",
    ]


def test_an_exception_for_a_directory_that_is_not_there_is_found(root: Path) -> None:
    write(root / "a/real.md")
    globs = "gone/, a/, a/*.md, 'a/x/**', '*.none', '*/gone/x*', a/x*"
    text = "skip: [gone/]\nskills: {exceptions: {" + globs.replace(",", ": SK401,") + ": SK401}}\n"
    project = ProjectConfig.load(write(root / "orchestrator.yaml", text), "o.yaml")
    below = "below that of this file; correct or remove it"
    assert [str(mistake) for mistake in project.unmatched_paths()] == [
        f"o.yaml:2:23: skills.exceptions: 'gone/' matches nothing: there is no directory 'gone' {below}",
        f"o.yaml:2:63: skills.exceptions: 'a/x/**' matches nothing: there is no directory 'a/x' {below}",
    ]


def test_many_missing_files_are_told_without_looking_for_each(root: Path) -> None:
    for number in range(20):
        write(root / f"real-{number}.sh")
    text = "skip:\n" + "".join(f"  - rael-{number}.sh\n" for number in range(20))
    missing = ProjectConfig.load(write(root / "orchestrator.yaml", text), "o.yaml").unmatched_paths()
    assert [mistake.line for mistake in missing] == list(range(2, 22))
    assert ["did you mean" in mistake.message for mistake in missing] == [True] * 10 + [False] * 10


def test_plain_data_means_the_same_when_it_is_read_back(root: Path) -> None:
    text = """
default: {timeout: 5, env: {A: 1, B: null}, expect: {stdout: {matches: '^a'}}}
skip: [a/, 'b.sh': why, './*.sh']
timeout_override: {'*.py': 0}
scripts: {'**/x.sh': {cases: {one: {retry: 2}}, interpreter: perl -w}}
discovery: {max_depth: null}
"""
    project = ProjectConfig.load(write(root / "orchestrator.yaml", text), "o.yaml")
    again = ProjectConfig.from_plain(project.as_plain(), root)
    assert again.as_plain() == project.as_plain()
    assert [entry.pattern for entry in again.content.skip] == [entry.pattern for entry in project.content.skip]


def test_mistakes_in_plain_data_are_told_all_at_once(root: Path) -> None:
    data = {
        "default": {"timeout": "5", "env": {"A": object}},
        "skip": [{"a.sh": None}],
        "nope": 1,
        "scripts": {"/x": {}},
    }
    with pytest.raises(ConfigurationError) as caught:
        ProjectConfig.from_plain(data, root)
    assert len(caught.value.mistakes) == 5
    assert all(str(mistake).startswith("config:1:1: ") for mistake in caught.value.mistakes)


def test_plain_data_that_holds_itself_is_a_mistake(root: Path) -> None:
    data: dict[str, object] = {}
    data["default"] = {"env": data, "expect": {"stdout": [data]}}
    with pytest.raises(ConfigurationError):
        ProjectConfig.from_plain(data, root)
