"""From the options of a session to the plugins that make it: read once, when ``--orchestrate`` is given."""

from __future__ import annotations

from dataclasses import replace

import pytest

from .. import __version__
from ..config.options import by_name, flag
from ..core.names import escape_name
from ..errors import OrchestratorError
from ..reports.directory import ReportDirectory
from ..reports.recorder import Recorder
from .arguments import refuse_unknown_parts, refuse_unknown_subdirs, resolve_arguments
from .distribution import (
    ORDER,
    PER_WORKER,
    XdistController,
    is_controller,
    make_arguments_transferable,
    other_hosts,
    report_dir_of_worker,
    worker_input,
)
from .given import given_flags, given_ini, run_settings
from .heap import prepare_to_spare
from .orchestration import KEY, Orchestration
from .order import RANDOM, new_seed
from .ownership import PytestFiles
from .recording import Recording
from .remote import Remote, refuse_another_version
from .rootdir import refuse_misled_rootdir
from .sequence import ReportedSequence
from .session import OrchestratorSession
from .sharding import Sharding, shared_durations
from .stop_request import StopRequests
from .timeouts import TimeoutTakeover

_ONLY_SHOW = ("help", "version", "markers", "showfixtures", "show_fixtures_per_test", "cacheshow", "collectonly")
"""Options with which pytest runs nothing."""
_WITHOUT_COLLECTION = ("help", "version", "markers")


def activate(config: pytest.Config) -> None:
    """Read what was asked for and register what does it. Raise ``pytest.UsageError`` for what cannot be done."""
    if any(config.getoption(name, False) for name in _WITHOUT_COLLECTION):
        return
    prepare_to_spare(config)
    given = worker_input(config)
    if given is None:
        refuse_misled_rootdir(config)
    else:
        refuse_another_version(given)
    elsewhere = other_hosts(config)
    flags, ini_layer = given_flags(config), given_ini(config)
    settings = run_settings(config, ini_layer, flags)
    arguments, scope = resolve_arguments(config, settings.paths)
    config.args[:] = arguments
    # One broken file must not keep the other scripts from running; the run fails all the same.
    config.option.continue_on_collection_errors = True
    if settings.order == RANDOM:
        settings = replace(settings, order=f"{RANDOM}:{new_seed()}")
    if given is not None:
        settings = replace(settings, order=given[ORDER])
    orchestration = Orchestration(
        rootdir=config.rootpath,
        settings=settings,
        scope=scope,
        pytests_own=PytestFiles(config),
        ini=ini_layer,
        flags=flags,
        here=config.invocation_params.dir,
        worker=None if given is None else str(given["workerid"]),
        remote=None if given is None else Remote.of(given),
        per_worker=given is not None and bool(given.get(PER_WORKER)),
    )
    config.stash[KEY] = orchestration
    if settings.update_baseline and (given is not None or is_controller(config)):
        option = flag(by_name("update_baseline"))
        raise pytest.UsageError(f"{option}: one process has to see all skills; run it without workers (-n0)")
    refuse_unknown_parts(orchestration)
    refuse_unknown_subdirs(orchestration)
    recorder = None
    if orchestration.remote is not None:
        orchestration.report_dir = orchestration.remote.report_dir()
    elif given is not None:
        orchestration.report_dir = report_dir_of_worker(given)
    elif settings.reports and not any(config.getoption(name, False) for name in _ONLY_SHOW):
        recorder = _start_recorder(config, orchestration)
    shared = shared_durations(settings.durations)
    sharding = None if settings.shard is None else Sharding(settings.shard, shared)
    recording = Recording(config, None if recorder is None else settings.report_dir, shared)
    register = config.pluginmanager.register
    if config.pluginmanager.hasplugin("timeout"):
        register(TimeoutTakeover(), "orchestrator-timeouts")
    workers = None
    if is_controller(config):
        make_arguments_transferable(config)
        workers = XdistController(orchestration, recorder, recording)
        register(workers, "orchestrator-xdist")
    if elsewhere is not None:
        register(elsewhere, "orchestrator-hosts")
    if given is not None:
        register(StopRequests(config, orchestration), "orchestrator-stop-requests")
    if sharding is not None:
        register(sharding, "orchestrator-shard")
    register(ReportedSequence(settings.order, recording), "orchestrator-order")
    register(OrchestratorSession(config, orchestration, recorder, recording, sharding, workers), "orchestrator-session")


def _start_recorder(config: pytest.Config, orchestration: Orchestration) -> Recorder:
    try:
        directory = ReportDirectory.claim(orchestration.settings.report_dir)
    except OrchestratorError as error:
        message = str(error)
        if "--orchestrate-report-dir" not in message:
            message += "; name another directory with --orchestrate-report-dir=DIR, or write none with "
            message += "--orchestrate-reports=off"
        raise pytest.UsageError(message) from error
    orchestration.report_dir = directory.path
    return Recorder(directory, __version__, escape_name(config.rootpath.name), orchestration.settings.jobs)
