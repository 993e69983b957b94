"""What the agent fixtures of one test share: workspaces, fake commands, processes, and what came of them."""

from __future__ import annotations

import os
import shutil
import threading
from fnmatch import fnmatchcase
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from ..agents.clis import agent_cli
from ..agents.evidence import bounded_runs, commands_evidence, run_evidence, workspace_evidence
from ..agents.fake_commands import FakeCommands
from ..agents.records import environment_of
from ..agents.settings import SECRET_NAMES
from ..agents.workspace import AgentWorkspace
from ..core.status import Status
from ..process.redaction import Redactor
from ..reports.logs import beside_log
from .agent_reports import AGENT_TEST, evidence_of, watch_agents
from .agent_watch import Watch
from .given import given_flags, given_ini
from .report_paths import shown_report_path

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ..agents.clis import AgentCli
    from ..agents.process import CliProcess
    from ..agents.result import ProcessResult

TIMEOUT = 300.0
"""Seconds that an agent gets in a test that does not say otherwise: a test that hangs tells nobody anything."""
CLOSE_SECONDS = 60.0
"""How long the end of a test waits for what it has told to end, which gets its grace period."""
_SESSION = "orchestrator-session"
"""The plugin that is there with ``--orchestrate``."""


class AgentTest:
    """The agents of one test."""

    def __init__(self, item: pytest.Item, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
        self.item = item
        self.workspaces: list[AgentWorkspace] = []
        self.fake: FakeCommands | None = None
        self.outcome = "passed"
        self.evidence: dict[str, Any] | None = None
        """What has been attached."""
        self._tmp_path = tmp_path
        self._temporary = tmp_path_factory
        self._log_dir: Path | None = None
        self._guard = threading.Condition()
        self._running: dict[CliProcess, Watch] = {}
        self._ended: list[tuple[CliProcess, ProcessResult]] = []
        self._count = 0
        self._is_open = True
        self._attached = (0, False)
        self._redactor = Redactor(self.secret_names, os.environ)
        item.stash[AGENT_TEST] = self
        watch_agents(item.config)

    # -- the session around it --------------------------------------------------------------------------------

    @property
    def is_recorded(self) -> bool:
        """Whether this session writes results."""
        return self._report_dir is not None

    @property
    def _report_dir(self) -> Path | None:
        if not self.item.config.pluginmanager.has_plugin(_SESSION):
            return None
        from .orchestration import KEY

        return self.item.config.stash[KEY].report_dir

    @property
    def secret_names(self) -> tuple[str, ...]:
        """Globs for the names of variables whose values are kept out of logs and reports."""
        if not self.item.config.pluginmanager.has_plugin(_SESSION):
            return SECRET_NAMES
        from .orchestration import KEY

        return self.item.config.stash[KEY].settings.redact

    @property
    def log_dir(self) -> Path:
        """Where the logs of processes are: below the report directory, else below pytest's temporary one."""
        if self._log_dir is None:
            report_dir = self._report_dir
            if report_dir is None:
                self._log_dir = self._temporary.mktemp("agent-logs")
            else:
                from .orchestration import KEY

                log_id = self.item.config.stash[KEY].log_id(self.item.nodeid)
                self._log_dir = Path(beside_log(str(report_dir), log_id, ".agents"))
        return self._log_dir

    @property
    def log_place(self) -> str:
        """What is put before the path of a log in the evidence to make one that can be pasted into a shell."""
        return "" if self._report_dir is None else f"{shown_report_path(self._report_dir, self.item.config)}/"

    @property
    def stream_output(self) -> bool:
        """Whether what agents say is printed as it comes: where pytest captures nothing."""
        return bool(self.item.config.getoption("capture", "fd") == "no")

    # -- what it is made of -----------------------------------------------------------------------------------

    def make_workspace(
        self, files: Mapping[str, str | bytes] | None, source: str | os.PathLike[str] | None
    ) -> AgentWorkspace:
        """Make a workspace; a relative ``source`` is looked for beside the test's file, then in the rootdir."""
        if source is not None and not os.path.isabs(source):
            places = [self.item.path.parent / source, self.item.config.rootpath / source]
            source = next((place for place in places if place.is_dir()), places[0])
        number = len(self.workspaces) + 1
        path = self._tmp_path / ("workspace" if number == 1 else f"workspace-{number}")
        workspace = AgentWorkspace.create(path, files, source)
        self.workspaces.append(workspace)
        return workspace

    def make_fake_commands(self) -> FakeCommands:
        """Make the fake commands of the test."""
        self.fake = FakeCommands(self._temporary.mktemp("fake-commands"))
        return self.fake

    @property
    def working_dir(self) -> Path:
        """Where agents work unless they are told otherwise: the last workspace, else the test's ``tmp_path``."""
        return self.workspaces[-1].path if self.workspaces else self._tmp_path

    def next_id(self, cli: str) -> str:
        """Return an id for the next process of a command line: ``claude-1``."""
        self._count += 1
        return f"{cli}-{self._count}"

    def arguments(self, working_dir: object, extras: Mapping[str, Any]) -> dict[str, Any]:
        """Return the keyword arguments of a process in ``working_dir``, with what the fixtures of the test add.

        A new home for each run, the fake commands first on ``PATH``, git without the settings of this machine.
        """
        given = {"isolation": "fresh", **extras}
        environment: dict[str, Any] = {}
        # What is no path is told by who is given it.
        where = Path(working_dir) if isinstance(working_dir, str | os.PathLike) else None
        for workspace in reversed(self.workspaces):
            if where is not None and (where == workspace.path or workspace.path in where.parents):
                environment |= workspace.environment
                if given["isolation"] == "fresh":
                    del environment["GIT_CONFIG_GLOBAL"]  # a new home has none, and the agent may write one
                break
        if self.fake is not None:
            environment |= self.fake.environment
        env = extras.get("env")
        if environment and (env is None or isinstance(env, dict)):
            given["env"] = environment | (env or {})
        return given

    def require(self, cli_name: str, extras: Mapping[str, Any]) -> None:
        """Skip the test when an agent cannot run here: no command line, no login. Under CI and strict, fail it."""
        cli = agent_cli(cli_name)
        path = (extras.get("env") or {}).get("PATH") or os.environ.get("PATH", os.defpath)
        if shutil.which(cli.executable, path=path) is None:
            remedy = f"install it with: {cli.install}" if cli.install else "install it"
            self._give_up(f"needs {cli.executable}, which is not on PATH; {remedy}")
        elif not self._has_login(cli, extras):
            self._give_up(
                f"needs a login of {cli.name}: with a new home for each run, one of {', '.join(cli.keys)} must be set;"
                f" export {cli.keys[0]}=…, or take your own login with isolation='user', or none at all with"
                " endpoint=model_endpoint([…])"
            )

    @staticmethod
    def _has_login(cli: AgentCli, extras: Mapping[str, Any]) -> bool:
        if extras.get("endpoint") is not None or extras.get("isolation", "fresh") != "fresh" or not cli.keys:
            return True
        environment = {**os.environ, **(extras.get("env") or {})}
        return any(value and fnmatchcase(name, key) for name, value in environment.items() for key in cli.keys)

    def _give_up(self, reason: str) -> None:
        config = self.item.config
        values = {**given_ini(config).values, **given_flags(config).values}
        if os.environ.get("CI", "").lower() in ("true", "1"):
            pytest.fail(f"{reason} (a failure, because CI is set)", pytrace=False)
        if values.get("strict"):
            pytest.fail(f"{reason} (--orchestrate-strict)", pytrace=False)
        pytest.skip(reason)

    # -- what processes tell (Observer) -----------------------------------------------------------------------

    def before(self, process: CliProcess) -> None:
        """Take note that ``process`` is about to run; after the test it will not."""
        with self._guard:
            if not self._is_open:
                process.terminate()
            self._running[process] = Watch(process)

    def after(self, process: CliProcess, result: ProcessResult | None) -> None:
        """Take note that ``process`` has run."""
        with self._guard:
            watch = self._running.pop(process, None)
            if watch is None:  # it did not run: its session was closed, or Ctrl-C came first
                return
            # Of now: what a test has set is taken back before reports are written.
            self._redactor = self._redactor.extended({**os.environ, **environment_of(process)})
            self._ended.append((process, watch.interrupted() if result is None else result))
            self._guard.notify_all()

    def stop(self) -> None:
        """End what still runs, and wait for it."""
        with self._guard:
            for process in self._running:
                process.terminate()
            self._guard.wait_for(lambda: not self._running, CLOSE_SECONDS)

    def close(self) -> None:
        """End what still runs, and start nothing more."""
        with self._guard:
            self._is_open = False
        self.stop()

    # -- what is told of them ---------------------------------------------------------------------------------

    def new_evidence(self) -> dict[str, Any] | None:
        """Return what the agents did so far, if more came since it was asked for last; plain JSON, without secrets."""
        with self._guard:
            ended = list(self._ended)
            state = (len(ended), bool(self._running))
        if self.evidence is not None and state == self._attached:
            return None
        if not ended and not self.workspaces and self.fake is None:
            return None
        self._attached = state
        runs = []
        for process, result in ended:
            runs.append(self._shown_log(run_evidence(process.prompt, result)))
        self.evidence = self._redacted(
            evidence_of(
                bounded_runs(runs),
                [workspace_evidence(workspace) for workspace in self.workspaces],
                None if self.fake is None else commands_evidence(self.fake),
            )
        )
        return self.evidence

    def _shown_log(self, run: dict[str, Any]) -> dict[str, Any]:
        """Return the evidence of a run with the path of its log relative to the report directory, where it is there."""
        report_dir = self._report_dir
        if run["log_path"] is not None and report_dir is not None:
            run["log_path"] = run["log_path"].removeprefix(f"{report_dir}/")
        return run

    def _redacted(self, value: Any) -> Any:
        if isinstance(value, str):
            return self._redactor.text(value)
        if isinstance(value, list):
            return [self._redacted(each) for each in value]
        if isinstance(value, dict):
            return {self._redactor.text(name): self._redacted(each) for name, each in value.items()}
        return value

    def trouble(self) -> str | None:
        """Return why what the test found cannot be held against its agents; None when it can.

        It cannot when a run ended as an ``error``, unless the same prompt was run again later, and successfully.
        """
        with self._guard:
            ended = list(self._ended)
        for process, result in ended:
            if result.status is not Status.ERROR:
                continue
            over = result.started + result.duration
            if not any(later.ok and again.prompt == process.prompt and later.started >= over for again, later in ended):
                return self._redactor.text(f"{result.process_id}: {result.error} ({result.reason})")
        return None
