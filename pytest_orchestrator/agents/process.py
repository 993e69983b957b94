"""A process of an agent's command line, from its prompt to its result."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any, ClassVar, Protocol, Self, runtime_checkable

from ..errors import AgentError
from .arguments import ProcessArguments
from .clis import agent_cli
from .execution import Execution
from .log import create_log_file
from .settings import SECRET_NAMES, ProcessSpec

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from .clis import AgentCli
    from .result import ProcessResult
    from .settings import Extras


class _Keep:
    """A default that means: as it was."""

    def __repr__(self) -> str:
        return "KEEP"


KEEP: Any = _Keep()


@runtime_checkable
class AgentProcess(Protocol):
    """What the strategies work with: anything that can be run once and stopped."""

    process_id: str
    prompt: str
    timeout: float | None
    """Seconds; None for no limit."""

    def run(self) -> ProcessResult:
        """Run it and return its result. Raise AgentError the second time."""

    def terminate(self) -> None:
        """End it, from any thread: :meth:`run` returns soon, with status ``cancelled``. Before, it will not start."""

    def replace(
        self, *, prompt: str = KEEP, process_id: str = KEEP, timeout: float | None = KEEP, model: str | None = KEEP
    ) -> Self:
        """Return a process like this one that has not been run, with other values for what is given."""

    @property
    def is_done(self) -> bool:
        """Whether :meth:`run` was called."""


class Observer(Protocol):
    """Whoever keeps the books of processes: a session."""

    @property
    def secret_names(self) -> Sequence[str]:
        """Globs for the names of environment variables whose values are kept out of logs."""

    def before(self, process: CliProcess) -> ProcessResult | None:
        """Take note that ``process`` is about to run, which may have to wait; return the result if there is one."""

    def after(self, process: CliProcess, result: ProcessResult | None) -> None:
        """Take note that ``process`` has run; ``result`` is None when an exception interrupted it, or even before().

        It is called, too, when there was a result before.
        """


class CliProcess:
    """One run of an agent's command line. A process object is run once; :meth:`replace` makes another like it.

    It is started by the same engine as every program of this package: a time limit ends it with everything that it
    has started, and nothing of it is left when this process dies, however that happens.
    """

    CLI: ClassVar[str | None] = None
    """The command line of a subclass."""

    def __init__(
        self,
        prompt: str,
        process_id: str,
        working_dir: Path | str,
        log_dir: Path | str,
        model: str | None = None,
        stream_output: bool = True,
        timeout: float | None = None,
        *,
        cli: str | None = None,
        **extras: Any,
    ) -> None:
        """Take what is to be run; nothing is started or written before :meth:`run`.

        ``prompt`` may be of any length. ``process_id`` names it in results and logs (any text: file names are made
        from it). ``working_dir`` is where it runs, ``log_dir`` where its log is made. ``model`` is the command line's
        word for a model. With ``stream_output`` what it says is printed as it comes, each line behind the process id.
        ``timeout`` is in seconds. ``cli`` is the name of a command line, for this class itself.

        Keyword arguments besides: ``idle_timeout`` (seconds without output), ``grace`` (seconds from SIGTERM to
        SIGKILL, 5), ``allowed_tools``, ``permission_mode`` (the command line's own unless given), ``extra_args``,
        ``env`` (added; None removes), ``pass_env`` (globs of more variables passed on), ``isolation`` (``user`` or
        ``fresh``), ``limits``, ``stdin`` (``prompt`` or ``terminal``), ``endpoint``, ``budget``, ``max_cost_usd``,
        ``max_tokens``, ``on_event``. Raise ArgumentError with all mistakes among them.
        """
        arguments = ProcessArguments()
        self.prompt = arguments.prompt("prompt", prompt)
        self.process_id = arguments.some_text("process_id", process_id)
        self.working_dir = arguments.directory("working_dir", working_dir)
        self.log_dir = arguments.directory("log_dir", log_dir)
        arguments.word("model", model)
        self.model = model
        self.stream_output = arguments.flag("stream_output", stream_output)
        self.timeout = arguments.seconds("timeout", timeout)
        self.extras: Extras = arguments.extras(extras)
        arguments.check()
        name = cli or self.CLI
        if name is None:
            problem = "CliProcess: give cli, the name of a command line, as in cli='claude'"
            raise AgentError(problem)
        self.cli: AgentCli = agent_cli(name)
        self.cli.words(self._spec().launch())  # what it cannot do is told here
        self.log_path: Path | None = None
        """Its log, from the moment that it runs."""
        self.observer: Observer | None = None
        """The session that it belongs to."""
        self.copy_of: str | None = None
        """Id of the process that :meth:`replace` made it from."""
        # Not what was given: lists and mappings are the caller's.
        self._given = {name: getattr(self.extras, name) for name in extras}
        self._guard = threading.Lock()
        self._is_done = False
        self._is_unwanted = False
        self._is_suspended = False
        self._execution: Execution | None = None

    # -- what callers do --------------------------------------------------------------------------------------

    @property
    def is_done(self) -> bool:
        """Whether :meth:`run` was called."""
        return self._is_done

    def run(self) -> ProcessResult:
        """Run it, wait for its end, and return its result: whatever happens to it is told there.

        Take at most ``timeout`` plus ``grace`` seconds, whatever it does. Ctrl-C ends it, then raises
        KeyboardInterrupt. Raise AgentError the second time, OSError when the log cannot be made.
        """
        with self._guard:
            if self._is_done:
                message = (
                    f"process {self.process_id!r} has been run already: a process runs once; replace() makes another"
                )
                raise AgentError(message)
            self._is_done = True
        observer = self.observer
        if observer is None:
            return self._run()
        result = None
        try:
            known = observer.before(self)
            if known is not None:
                return known
            result = self._run()
        finally:  # also when Ctrl-C comes in before()
            observer.after(self, result)
        return result

    def _run(self) -> ProcessResult:
        self.log_path = create_log_file(self.log_dir, self.process_id)
        names = SECRET_NAMES if self.observer is None else self.observer.secret_names
        execution = Execution(self._spec(), self.log_path, names)
        with self._guard:
            self._execution = execution
            if self._is_unwanted:
                execution.cancel()
            if self._is_suspended:
                execution.suspend()
        return execution.run()

    @property
    def is_unwanted(self) -> bool:
        """Whether :meth:`terminate` was called."""
        return self._is_unwanted

    def terminate(self) -> None:
        """End it, from any thread: :meth:`run` returns soon, with status ``cancelled``. Before, it will not start."""
        with self._guard:
            self._is_unwanted = True
            execution = self._execution
        if execution is not None:
            execution.cancel()

    def suspend(self) -> None:
        """Let it stand still where it is, with all that it started; its time limits stand still too."""
        with self._guard:
            self._is_suspended = True
            execution = self._execution
        if execution is not None:
            execution.suspend()

    def resume(self) -> None:
        """Let it go on after :meth:`suspend`."""
        with self._guard:
            self._is_suspended = False
            execution = self._execution
        if execution is not None:
            execution.resume()

    def replace(
        self, *, prompt: str = KEEP, process_id: str = KEEP, timeout: float | None = KEEP, model: str | None = KEEP
    ) -> Self:
        """Return a process like this one that has not been run, with other values for what is given."""
        given = dict(self._given)
        if type(self).CLI is None:
            given["cli"] = self.cli.name
        other = type(self)(
            self.prompt if prompt is KEEP else prompt,
            self.process_id if process_id is KEEP else process_id,
            self.working_dir,
            self.log_dir,
            self.model if model is KEEP else model,
            self.stream_output,
            self.timeout if timeout is KEEP else timeout,
            **given,
        )
        other.observer = self.observer
        other.copy_of = self.process_id
        return other

    def _spec(self) -> ProcessSpec:
        return ProcessSpec(
            self.cli,
            self.prompt,
            self.process_id,
            self.working_dir,
            self.model,
            self.stream_output,
            self.timeout,
            self.extras,
        )

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.process_id!r}>"
