"""Which variables are secret: those that are built in, those of the ini file and those of the flag, together."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pytest_orchestrator.config.options import by_name
from pytest_orchestrator.process.redaction import Redactor

if TYPE_CHECKING:
    from orchestrated import Project

BUILT_IN = Redactor(by_name("redact").default, {})


@pytest.mark.parametrize(
    "name",
    ["DB_PASSWORD", "MYSQL_PWD", "gpg_passphrase", "AWS_SECRET_ACCESS_KEY", "AZURE_CREDENTIALS", "REDISCLI_AUTH",
     "HTTP_AUTHORIZATION", "DEPLOY_PRIVATE_KEY", "STORAGE_ACCESS_KEY"],
)  # fmt: skip
def test_a_usual_name_of_a_secret_is_built_in(name: str) -> None:
    assert BUILT_IN.is_secret_name(name)


@pytest.mark.parametrize("name", ["PWD", "OLDPWD", "SSH_AUTH_SOCK", "XAUTHORITY", "GIT_AUTHOR_NAME", "PATH", "HOME"])
def test_a_usual_name_of_something_else_is_not(name: str) -> None:
    assert not BUILT_IN.is_secret_name(name)


FIXTURES = """
import os, pytest
@pytest.fixture(autouse=True)
def database(request):
    if "before" in request.node.nodeid:
        raise OSError("cannot log in with " + os.environ["MY_TOKEN"])
    if "skips" in request.node.nodeid:
        pytest.skip("not with " + os.environ["MY_TOKEN"])
    if "xfails" in request.node.nodeid:
        pytest.xfail("bug of " + os.environ["MY_TOKEN"])
    yield
    if "after" in request.node.nodeid:
        raise OSError("cannot log out with " + os.environ["MY_TOKEN"])
"""


def test_what_a_fixture_says_is_recorded_without_secrets(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MY_TOKEN", "hunter2hunter2")
    project.file("scripts/conftest.py", FIXTURES)
    for name in ("before", "skips", "xfails", "after"):
        project.file(f"scripts/{name}.sh", "true")
    run = project.run()
    assert run.statuses == {"before.sh": "error", "skips.sh": "skipped", "xfails.sh": "xfailed", "after.sh": "error"}
    for path in project.report_dir.rglob("*"):
        assert not path.is_file() or "hunter2hunter2" not in path.read_text(), path
    assert "cannot log in with [redacted]" in run.data("before.sh")["error"]


def test_flag_and_ini_add_to_the_built_in_names(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("MY_TOKEN", "LICENSE_KEY", "DOOR_PIN", "MAX_TOKENS"):
        monkeypatch.setenv(name, f"value-of-{name.lower()}")
    project.ini("orchestrate_redact = LICENSE_KEY")
    project.file("scripts/a.sh", 'echo "$MY_TOKEN,$LICENSE_KEY,$DOOR_PIN,$MAX_TOKENS"')
    run = project.run("--orchestrate-redact", "*_PIN", "--orchestrate-redact", "!MAX_TOKENS")
    assert run.data("a.sh")["stdout"] == "[redacted],[redacted],[redacted],value-of-max_tokens\n"
