"""What an agent's workspace starts with, and what it finds has changed."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from pytest_orchestrator import AgentError, AgentWorkspace, ArgumentError

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def workspace(tmp_path: Path) -> AgentWorkspace:
    files: dict[str, str | bytes] = {
        "a.txt": "one\ntwo\n",
        "b/deep.txt": "deep",
        "run.sh": "#!/bin/sh\necho hi\n",
        ".gitignore": "*.log\n",
        "old.log": "log",
        "data.bin": b"\0\xff\1",
    }
    return AgentWorkspace.create(tmp_path / "workspace", files=files)


def in_shell(workspace: AgentWorkspace, script: str) -> str:
    """Run a shell script in the workspace, as an agent would, and return what it prints."""
    environment = {**os.environ, **workspace.environment}
    done = subprocess.run(
        ["sh", "-ec", script], cwd=workspace.path, env=environment, capture_output=True, text=True, check=True
    )
    return done.stdout


# -- how it starts --------------------------------------------------------------------------------------------


def test_a_new_workspace_is_clean_and_has_nothing_to_tell(workspace: AgentWorkspace) -> None:
    assert (workspace.created(), workspace.modified(), workspace.deleted()) == ([], [], [])
    assert workspace.untouched() == [".gitignore", "a.txt", "b/deep.txt", "data.bin", "old.log", "run.sh"]
    assert workspace.diff() == ""
    assert workspace.commits() == []
    assert in_shell(workspace, "git status --porcelain; git log --format='%an %ae %at %s'") == (
        "Workspace workspace@example.invalid 946684800 Start\n"
    )
    assert in_shell(workspace, "git branch --show-current") == "main\n"


def test_inline_files_are_written_as_they_are_and_scripts_can_be_run(workspace: AgentWorkspace) -> None:
    assert workspace.read("a.txt") == "one\ntwo\n"
    assert workspace.read_bytes("data.bin") == b"\0\xff\1"
    assert in_shell(workspace, "./run.sh") == "hi\n"
    assert not os.access(workspace.path / "a.txt", os.X_OK)


def test_the_same_start_has_the_same_commit(tmp_path: Path) -> None:
    heads = {
        in_shell(AgentWorkspace.create(tmp_path / name, files={"a": "1"}), "git rev-parse HEAD") for name in ("x", "y")
    }
    assert len(heads) == 1


def test_an_empty_workspace_has_a_commit_to_start_from(tmp_path: Path) -> None:
    workspace = AgentWorkspace.create(tmp_path / "empty")
    assert workspace.untouched() == []
    assert in_shell(workspace, "git log --oneline | wc -l").strip() == "1"


def test_a_directory_is_copied_with_modes_and_links_and_without_its_repository(tmp_path: Path) -> None:
    source = tmp_path / "source"
    AgentWorkspace.create(source, files={"tool": "#!/bin/sh\necho old\n", "sub/x": "x", "y": "y"})
    (source / "sub/relative").symlink_to("../y")
    (source / "absolute").symlink_to(source / "sub")
    (source / "away").symlink_to("/usr/bin/env")
    (source / "empty").mkdir()
    (source / "y").chmod(0o400)
    copy = AgentWorkspace.create(tmp_path / "copy", files={"tool": "new", "sub/z": "z"}, source=source)
    assert copy.untouched() == ["absolute", "away", "sub/relative", "sub/x", "sub/z", "tool", "y"]
    assert (copy.path / "absolute").resolve() == copy.path / "sub"
    assert os.readlink(copy.path / "away") == "/usr/bin/env"
    assert (copy.read("tool"), copy.read("sub/relative")) == ("new", "y")
    assert (copy.path / "empty").is_dir()
    (copy.path / "y").write_text("the copy is there to be written")
    assert (source / "y").read_text() == "y"
    assert in_shell(copy, "git log --oneline | wc -l").strip() == "1"


def test_inline_files_do_not_write_through_a_link_of_the_copy(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "file").write_text("mine")
    source = tmp_path / "source"
    source.mkdir()
    (source / "file").symlink_to(outside / "file")
    (source / "dir").symlink_to(outside)
    workspace = AgentWorkspace.create(tmp_path / "one", files={"file": "yours"}, source=source)
    assert workspace.read("file") == "yours"
    with pytest.raises(ArgumentError, match="'dir/file' leads out of the workspace, through a link"):
        AgentWorkspace.create(tmp_path / "two", files={"dir/file": "yours"}, source=source)
    assert (outside / "file").read_text() == "mine"


def test_all_wrong_names_are_told_at_once(tmp_path: Path) -> None:
    files = {
        "../x": "",
        "/etc/x": "",
        "a/../../x": "",
        "": "",
        "a\0b": "",
        ".git/hooks/pre-commit": "",
        "d/": "",
        "x": 5,
    }
    with pytest.raises(ArgumentError) as caught:
        AgentWorkspace.create(tmp_path / "w", files=files)  # type: ignore[arg-type]
    assert str(caught.value).split("\n") == [
        "'../x' may lead out of the workspace; give a path relative to it, without '..'",
        "'/etc/x' is not in the workspace; give a path relative to it",
        "'a/../../x' may lead out of the workspace; give a path relative to it, without '..'",
        "'' is no name of a file in a workspace",
        "'a\\x00b' is no name of a file in a workspace",
        "'.git/hooks/pre-commit' is git's own; the workspace has a repository of its own",
        "'d/' is not the relative path of a file",
        "the file 'x' must be text or bytes, not int",
    ]
    assert not list((tmp_path / "w").iterdir())


def test_a_file_below_a_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ArgumentError, match="cannot write the file 'a/b'"):
        AgentWorkspace.create(tmp_path / "w", files={"a": "", "a/b": ""})


def test_a_directory_that_is_not_empty_is_refused(tmp_path: Path) -> None:
    (tmp_path / "mine").write_text("")
    with pytest.raises(ArgumentError, match="needs an empty directory"):
        AgentWorkspace.create(tmp_path)


def test_sources_that_cannot_be_copied_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ArgumentError, match="is no directory"):
        AgentWorkspace.create(tmp_path / "w", source=tmp_path / "missing")
    with pytest.raises(ArgumentError, match="which is in it"):
        AgentWorkspace.create(tmp_path / "w", source=tmp_path)
    source = tmp_path / "pipes"
    source.mkdir()
    os.mkfifo(source / "pipe")
    with pytest.raises(ArgumentError, match=r"'.*pipe' is neither file nor directory nor link"):
        AgentWorkspace.create(tmp_path / "v", source=source)


def test_without_git_the_error_says_how_to_get_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(AgentError, match=r"no git on PATH; install it .* 'apt-get install git'"):
        AgentWorkspace.create(tmp_path / "w")


def test_settings_and_hooks_of_the_user_do_not_count(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home = tmp_path / "home"
    hooks = home / "hooks"
    (home / ".config/git").mkdir(parents=True)
    hooks.mkdir()
    (home / ".config/git/ignore").write_text("*\n")
    (home / ".gitconfig").write_text(f"[core]\nhooksPath = {hooks}\n[commit]\ngpgSign = true\n[user]\nname = Me\n")
    (hooks / "pre-commit").write_text("#!/bin/sh\nexit 1\n")
    (hooks / "pre-commit").chmod(0o755)
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("GIT_DIR", str(tmp_path / "elsewhere"))
    monkeypatch.setenv("GIT_AUTHOR_NAME", "Me")
    workspace = AgentWorkspace.create(tmp_path / "w", files={"a": "1"})
    monkeypatch.delenv("GIT_DIR")
    monkeypatch.delenv("GIT_AUTHOR_NAME")
    assert in_shell(workspace, "git log --format=%an --name-only") == "Workspace\n\na\n"
    # The settings of the repository are enough for an agent that has the user's environment.
    subprocess.run("echo 2 > a; git commit -qam two", shell=True, cwd=workspace.path, check=True)
    assert [commit.author for commit in workspace.commits()] == ["Workspace <workspace@example.invalid>"]


# -- what changes ---------------------------------------------------------------------------------------------


def test_every_kind_of_change_is_told(workspace: AgentWorkspace) -> None:
    in_shell(
        workspace,
        """
        echo three >> a.txt; rm b/deep.txt; chmod 600 run.sh; printf '\\0\\377\\2' > data.bin
        echo changed > old.log; echo new > new.log; mkdir -p out/empty out/full; echo x > out/full/x
        """,
    )
    assert workspace.created() == ["new.log", "out/full/x"]
    assert workspace.modified() == ["a.txt", "data.bin", "old.log", "run.sh"]
    assert workspace.deleted() == ["b/deep.txt"]
    assert workspace.untouched() == [".gitignore"]


def test_a_file_written_again_as_it_was_is_untouched(workspace: AgentWorkspace) -> None:
    in_shell(workspace, "cp a.txt x; rm a.txt; mv x a.txt; touch -d 2001-01-01 data.bin")
    assert workspace.modified() == []
    assert "a.txt" in workspace.untouched()


def test_another_kind_of_thing_under_a_name_is_a_change(workspace: AgentWorkspace) -> None:
    in_shell(
        workspace, "rm a.txt data.bin; mkfifo a.txt; ln -s old.log data.bin; rm old.log; mkdir old.log; : > old.log/x"
    )
    assert workspace.modified() == ["a.txt", "data.bin"]
    assert (workspace.created(), workspace.deleted()) == (["old.log/x"], ["old.log"])


def test_a_link_is_what_it_points_to(tmp_path: Path) -> None:
    source = tmp_path / "source"
    source.mkdir()
    (source / "link").symlink_to("a")
    (source / "same").symlink_to("a")
    workspace = AgentWorkspace.create(tmp_path / "w", files={"a": "1", "b": "1"}, source=source)
    in_shell(workspace, "ln -sf b link; echo 2 > a")
    assert workspace.modified() == ["a", "link"]
    assert workspace.untouched() == ["b", "same"]


def test_a_link_to_a_directory_is_not_entered(workspace: AgentWorkspace) -> None:
    in_shell(workspace, "ln -s / root; ln -s . here")
    assert workspace.created() == ["here", "root"]


@pytest.mark.parametrize(
    "script",
    [
        "git add -A; git commit -qm done",
        "git add -A; git commit -q --amend -m other",
        "git checkout -q --orphan empty; git rm -qrf --cached .",
        "rm -rf .git",
        "rm -rf .git; git init -q; git add -A; git -c user.name=x -c user.email=y commit -qm again",
        "git update-index --assume-unchanged a.txt; echo '*' > .git/info/exclude",
    ],
)
def test_what_the_agent_does_with_git_hides_nothing(workspace: AgentWorkspace, script: str) -> None:
    in_shell(workspace, f"echo 3 > a.txt; echo 4 > new; rm b/deep.txt; {script}")
    assert workspace.created() == ["new"]
    assert workspace.modified() == ["a.txt"]
    assert workspace.deleted() == ["b/deep.txt"]
    assert "+3\n" in workspace.diff()


def test_going_back_to_the_start_leaves_nothing_changed(workspace: AgentWorkspace) -> None:
    in_shell(workspace, "echo 3 > a.txt; rm b/deep.txt; git checkout -q .")
    assert (workspace.created(), workspace.modified(), workspace.deleted()) == ([], [], [])


def test_another_repository_is_one_thing(workspace: AgentWorkspace) -> None:
    in_shell(workspace, "mkdir sub; cd sub; git init -q; echo x > x")
    assert workspace.created() == ["sub/.git", "sub/x"]


def test_odd_names_come_back_as_they_are(workspace: AgentWorkspace) -> None:
    names = ["-rf", "a\nb", "a b'\"$", os.fsdecode(b"\xff\xfe"), "ünïcode", "[x]", "\\"]
    for name in names:
        (workspace.path / name).write_text(name.encode("utf-8", "surrogateescape").hex())
    assert workspace.created() == sorted(names)
    for name in names:
        assert workspace.read(name) == name.encode("utf-8", "surrogateescape").hex()
    assert workspace.diff().count("new file mode") == len(names)


def test_marking_makes_what_is_there_the_start(workspace: AgentWorkspace) -> None:
    in_shell(workspace, "echo 3 > a.txt; echo 4 > new; git add -A; git commit -qm prepared")
    workspace.mark()
    assert (workspace.created(), workspace.modified(), workspace.commits()) == ([], [], [])
    in_shell(workspace, "rm new; git commit -qam removed")
    assert workspace.deleted() == ["new"]
    assert [commit.subject for commit in workspace.commits()] == ["removed"]


def test_a_huge_new_file_is_not_read(workspace: AgentWorkspace) -> None:
    with open(workspace.path / "huge", "wb") as file:
        file.truncate(1 << 40)
    os.truncate(workspace.path / "a.txt", 1 << 40)
    assert (workspace.created(), workspace.modified()) == (["huge"], ["a.txt"])
    diff = workspace.diff()
    assert (
        "# 'huge': nothing at the start, a file of 1099511627776 bytes now; more than 8388608 bytes are not shown"
        in diff
    )
    assert "# 'a.txt': a file of 8 bytes at the start" in diff


def test_a_workspace_that_is_gone_is_an_error(workspace: AgentWorkspace) -> None:
    workspace.path.rename(workspace.path.parent / "elsewhere")
    with pytest.raises(AgentError, match="is not there any more"):
        workspace.created()


# -- the difference -------------------------------------------------------------------------------------------


def test_the_difference_is_a_patch_that_git_can_apply(workspace: AgentWorkspace, tmp_path: Path) -> None:
    other = AgentWorkspace.create(tmp_path / "other", source=workspace.path)
    in_shell(
        workspace,
        "echo three >> a.txt; rm b/deep.txt; chmod 644 run.sh; mkdir n; echo new > n/e; ln -s e n/l; echo y > old.log",
    )
    (tmp_path / "patch").write_text(workspace.diff())
    in_shell(other, "git apply ../patch")
    assert other.changes() == workspace.changes()
    assert other.diff() == workspace.diff()


def test_the_difference_tells_of_binary_files_and_permissions(workspace: AgentWorkspace) -> None:
    in_shell(workspace, "printf '\\0' > data.bin; chmod 600 a.txt; mkfifo pipe")
    diff = workspace.diff()
    assert "Binary files a/data.bin and b/data.bin differ" in diff
    assert "# 'a.txt': permissions 644 are 600 now\n" in diff
    assert "# 'pipe': nothing at the start, a pipe, socket or device now; only files and links are shown\n" in diff


def test_settings_of_the_repository_do_not_change_the_difference(workspace: AgentWorkspace) -> None:
    in_shell(
        workspace,
        "git config diff.external false; git config diff.noprefix true; git config color.ui always;"
        "git config core.fsmonitor 'touch started'; echo '* -diff' > .git/info/attributes; echo 3 > a.txt",
    )
    assert workspace.commits() == []
    assert workspace.diff().startswith("diff --git a/a.txt b/a.txt\n")
    assert workspace.created() == []


# -- reading, and commits -------------------------------------------------------------------------------------


def test_reading_stays_in_the_workspace(workspace: AgentWorkspace, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("secret")
    in_shell(workspace, "ln -s ../secret link; ln -s / root; ln -s a.txt fine; ln -s loop loop")
    assert workspace.read("fine") == workspace.read(workspace.path / "a.txt") == "one\ntwo\n"
    for name in ("../secret", "b/../../secret", "link", "root/etc/passwd", str(tmp_path / "secret"), "", "a\0"):
        with pytest.raises(ArgumentError):
            workspace.read(name)
    with pytest.raises(FileNotFoundError):
        workspace.read("missing")
    in_shell(workspace, "mkfifo pipe")
    for name in ("pipe", "b", "loop"):
        with pytest.raises(ArgumentError, match=f"'{name}' is no file"):
            workspace.read(name)


def test_bytes_that_are_no_text_are_shown(workspace: AgentWorkspace) -> None:
    assert workspace.read("data.bin") == "\0\\xff\1"


def test_commits_are_told_in_order_wherever_they_are(workspace: AgentWorkspace) -> None:
    in_shell(
        workspace,
        """
        echo 1 > 1; git add 1; git commit -qm 'First

with a body'
        git checkout -q -b side; git -c user.name=Ann -c user.email=ann@x commit -q --allow-empty -m 'on the side'
        git checkout -q --detach; git commit -q --allow-empty -m detached
        """,
    )
    commits = workspace.commits()
    assert [commit.subject for commit in commits] == ["First", "on the side", "detached"]
    assert commits[0].message == "First\n\nwith a body"
    assert commits[1].author == "Ann <ann@x>"
    assert commits[1].id == in_shell(workspace, "git rev-parse side").strip()
    assert commits[1].time.startswith("20")


def test_a_start_that_was_rewritten_is_told_as_a_commit(workspace: AgentWorkspace) -> None:
    in_shell(
        workspace,
        "git commit -q --amend -m 'Not the start'; git reflog expire --expire=now --all; git gc -q --prune=now",
    )
    assert [commit.subject for commit in workspace.commits()] == ["Not the start"]


def test_commits_of_a_removed_repository_are_an_error(workspace: AgentWorkspace) -> None:
    in_shell(workspace, "rm -rf .git")
    with pytest.raises(AgentError, match=r"its \.git was removed"):
        workspace.commits()


def test_a_broken_repository_is_an_error_with_what_git_says(workspace: AgentWorkspace) -> None:
    in_shell(workspace, "rm -rf .git/objects .git/HEAD")
    with pytest.raises(AgentError, match=r"'git log --all' failed in .*not a git repository"):
        workspace.commits()


def test_a_directory_that_is_deeper_than_paths_are_long_is_an_error(workspace: AgentWorkspace) -> None:
    code = "import os\nfor _ in range(30): os.mkdir('d' * 200); os.chdir('d' * 200)"
    subprocess.run([sys.executable, "-c", code], cwd=workspace.path / "b", check=True)
    with pytest.raises(AgentError, match=r"cannot look into 'b/ddd.*\.\.\.' of the workspace: File name too long"):
        workspace.created()
    in_shell(workspace, "rm -r b")
    assert workspace.deleted() == ["b/deep.txt"]


@pytest.mark.skipif(os.geteuid() == 0, reason="root may look into every directory")
def test_a_directory_that_nobody_may_look_into_is_an_error(workspace: AgentWorkspace) -> None:
    (workspace.path / "b").chmod(0)
    with pytest.raises(AgentError, match="cannot look into 'b/' of the workspace: Permission denied"):
        workspace.deleted()
