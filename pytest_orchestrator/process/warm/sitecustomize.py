"""An interpreter that stops just before it opens its script, and starts one script after another from there.

The supervisor starts it with this directory first on ``PYTHONPATH`` and a placeholder as its script. ``site`` imports
this module, which is the last thing that an interpreter does before it turns to its script. Here it waits. For each
script it forks twice: the process between ends at once, so the script falls to the supervisor, whose child it would
be after a plain start. The new process takes the descriptors, the environment and the directory of its script, writes
the script's path over the placeholder in its own memory, and returns. From there on it is the interpreter's own code
that opens, compiles and runs the script, shows what was not caught, and ends the process. Nothing of this module is
left in it: no frame, no module, no handler.

Any Python from 3.8 on may run this. It imports only what every interpreter has loaded anyway, and ``_socket``, and
takes what it imported out of ``sys.modules`` again.
"""

import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from .orchestrator_placeholder import Placeholder, Unsuitable
else:
    from orchestrator_placeholder import Placeholder, Unsuitable

    del sys.modules["orchestrator_placeholder"]

VARIABLE = "ORCHESTRATOR_ZYGOTE"
"""Set for this interpreter only. Its value: the modules to import before the first script, with commas."""
CONTROL = 3
"""The descriptor of the socket to the supervisor."""
DESCRIPTORS = 5
"""What comes with a request: standard input, output and error, the working directory, and the gate."""
READY = 2
"""Processes that are always ready for scripts; making one takes about as long as a short script."""
BATCH = 2
"""How many are made at a time, by one process between."""
MESSAGE = 1 << 17
"""Bytes that a request may have."""


class Zygote:
    """What scripts are started from."""

    def __init__(self, imports: "list[str]") -> None:
        """Take the names of modules to import. Raise OSError when the supervisor is not there."""
        import marshal

        modules, places = set(sys.modules), set(sys.path_importer_cache)
        import _socket
        import select

        for name in set(sys.modules) - modules:
            del sys.modules[name]
        for place in set(sys.path_importer_cache) - places:
            del sys.path_importer_cache[place]
        self._marshal = marshal
        self._control = _socket.socket(fileno=CONTROL)
        self._room = _socket.CMSG_SPACE(4 * DESCRIPTORS)
        self._poll = select.poll()
        self._imports = imports
        self._changed: dict[bytes, bytes] = {}
        self._removed: set[bytes] = set()

    def prepare(self) -> None:
        """Import what was asked for, and get to know this process. Raise Unsuitable if scripts could tell."""
        if sys.implementation.name != "cpython":
            raise Unsuitable(f"it is {sys.implementation.name}, not CPython")
        for name in self._imports:
            try:
                __import__(name)
            except BaseException as error:  # noqa: BLE001 - a module may raise anything
                raise Unsuitable(f"the warm import of {name!r} failed: {type(error).__name__}: {error}") from None
        if sys.modules["_thread"]._count():  # noqa: SLF001 - threading is not to be imported for this
            raise Unsuitable("its start leaves threads running, which a copy of it would not have")
        for stream in (sys.stdout, sys.stderr):
            if stream is not None:
                stream.flush()
        if os.fstat(1).st_size or os.fstat(2).st_size:
            said = (os.pread(2, 200, 0) or os.pread(1, 200, 0)).decode("utf-8", "replace").strip()
            raise Unsuitable(f"it writes something at its start: {said}")
        initial, current = _initial_environment(), os.environb
        self._changed = {name: value for name, value in current.items() if initial.get(name) != value}
        self._changed.pop(b"PYTHONPATH", None)
        self._removed = {name for name in initial if name not in current}
        self._placeholder = Placeholder(sys.argv[0])
        _freeze()

    def say(self, kind: str, what: "Any") -> None:
        """Tell the supervisor."""
        self._control.send(self._marshal.dumps((kind, what), 2))

    def serve(self) -> None:
        """Start scripts; return in the process of each of them, and never in this one.

        Some processes are always ready for the next scripts: they are made while others run.
        """
        ready: set[int] = set()
        while True:
            if len(ready) <= READY:
                pipes = [os.pipe() for _ in range(BATCH)]
                between = os.fork()
                if between == 0:
                    teller = next((teller for _, teller in pipes if os.fork() == 0), None)
                    if teller is None:
                        os._exit(0)
                    ready.update(fd for pipe in pipes for fd in pipe)
                    for fd in ready - {teller}:
                        os.close(fd)
                    self._await_script(teller)
                    return
                os.waitpid(between, 0)
                for news, teller in pipes:
                    os.close(teller)
                    ready.add(news)
                    self._poll.register(news)
            for news, _ in self._poll.poll():
                if os.read(news, 1) == _OVER:
                    os._exit(0)
                # Taken, or killed by somebody.
                self._poll.unregister(news)
                os.close(news)
                ready.discard(news)

    def _await_script(self, teller: int) -> None:
        """Return when this process has become that of a script."""
        os.setsid()
        while True:
            data, ancillary, _, _ = self._control.recvmsg(MESSAGE, self._room)
            if not data:
                os.write(teller, _OVER)  # the supervisor is gone, or wants no more
                os._exit(0)
            handed = ancillary[0][2]
            fds = [int.from_bytes(handed[at : at + 4], sys.byteorder) for at in range(0, len(handed), 4)]
            words, environment, name = self._marshal.loads(data)
            why = self._objection(words[1])
            if not why:
                os.write(teller, _TAKEN)
                self._become(words, environment, name, fds)
                break
            self.say("refused", why)
            for fd in fds:
                os.close(fd)
        self._control.detach()
        # Whatever else is open, the start of a plain interpreter would have opened too.
        for fd in (CONTROL, teller, *fds):
            os.close(fd)

    def _objection(self, script: bytes) -> str:
        """Return why ``script`` cannot have the modules that were imported; empty if it can."""
        directory = os.path.dirname(script)
        for name in self._imports:
            path = os.path.join(directory, os.fsencode(name.partition(".")[0]))
            if os.path.lexists(path) or os.path.lexists(path + b".py"):
                return f"its directory has a {name.partition('.')[0]!r} of its own, which comes before the warm import"
        return ""

    def _become(self, words: "list[bytes]", environment: "dict[bytes, bytes]", name: bytes, fds: "list[int]") -> None:
        """Turn this new process into that of a script, tell the supervisor, and wait until it has been marked."""
        gate = fds[4]
        try:
            os.fchdir(fds[3])
            for number in range(3):
                os.dup2(fds[number], number)
            self._set_environment(environment)
            sys.argv[:] = [os.fsdecode(word) for word in words[1:]]
            if hasattr(sys, "orig_argv"):
                sys.orig_argv[:] = [os.fsdecode(word) for word in words]
            self._placeholder.replace(os.fsdecode(words[1]), b" ".join(words))
            if name:
                with open("/proc/self/comm", "wb", buffering=0) as file:
                    file.write(name)
            _renew_main()
            generator = sys.modules.get("numpy.random")
            if generator is not None:
                generator.seed()  # others see to it themselves
            self.say("started", os.getpid())
            if not os.read(gate, 1):
                os._exit(1)
        except BaseException as error:  # noqa: BLE001 - whatever it is, this process cannot go on
            self.say("refused", f"its process cannot be made: {error}")
            os._exit(1)

    def _set_environment(self, wanted: "dict[bytes, bytes]") -> None:
        wanted.update(self._changed)
        for name in self._removed:
            wanted.pop(name, None)
        current = os.environb._data  # type: ignore[attr-defined]  # noqa: SLF001 - as os itself fills it
        for name in current:
            if name not in wanted:
                os.unsetenv(name)
        for name, value in wanted.items():
            if current.get(name) != value:
                os.putenv(name, value)
        for table in (current, sys.modules["posix"].environ):
            table.clear()
            table.update(wanted)


_TAKEN, _OVER = b"+", b"-"
"""What a process that was ready tells before it is not."""


def _initial_environment() -> "dict[bytes, bytes]":
    with open("/proc/self/environ", "rb") as file:
        pairs = [line.partition(b"=") for line in file.read().split(b"\0") if b"=" in line]
    ours = (VARIABLE.encode(), b"PYTHONPATH")
    return {name: value for name, _, value in pairs if name not in ours}


def _renew_main() -> None:
    """Put a module in place of ``__main__`` that the collector sees: a script's own objects hang on it."""
    main = type(sys)("__main__")
    names = vars(main)
    names.clear()
    names.update(vars(sys.modules["__main__"]))
    if "__annotations__" in names:
        names["__annotations__"] = {}
    sys.modules["__main__"] = main


def _freeze() -> None:
    """Keep the collector away from what is there, so that scripts do not copy the memory of it."""
    known = "gc" in sys.modules
    import gc

    gc.collect()
    gc.freeze()
    if not known:
        del sys.modules["gc"]


def _uncover() -> None:
    """Take this directory off the path and out of the environment: from now on it was never there."""
    here = os.path.dirname(os.path.abspath(__file__))
    sys.path[:] = [entry for entry in sys.path if entry != here]
    sys.path_importer_cache.pop(here, None)
    first, _, rest = os.environ.get("PYTHONPATH", "").partition(os.pathsep)
    if first == here:
        os.environ.pop("PYTHONPATH")
        if rest:
            os.environ["PYTHONPATH"] = rest


def _import_hidden() -> "str | None":
    """Import the ``sitecustomize`` that this one hides; return why it failed, or an empty text if there is none."""
    del sys.modules["sitecustomize"]
    try:
        __import__("sitecustomize")
    except ImportError as error:
        return "" if error.name == "sitecustomize" else f"{type(error).__name__}: {error}"
    except Exception as error:  # noqa: BLE001 - site catches the same
        return f"{type(error).__name__}: {error}"
    return None


def _serve(imports: "list[str]", problem: "str | None") -> None:
    """Start scripts if the supervisor is there; return in the process of each script."""
    try:
        zygote = Zygote(imports)
    except OSError:
        return  # a child of this interpreter's start, which inherits the variable and not the socket
    try:
        if problem:
            zygote.say("unsuitable", f"its sitecustomize failed: {problem}")
            os._exit(0)
        zygote.prepare()
    except Unsuitable as error:
        zygote.say("unsuitable", str(error))
        os._exit(0)
    zygote.say("ready", None)
    zygote.serve()


def _main() -> None:
    given = os.environ.pop(VARIABLE, None)
    _uncover()
    problem = _import_hidden()
    if given is not None:
        _serve([name for name in given.split(",") if name], problem)
    if problem == "":
        raise ModuleNotFoundError("No module named 'sitecustomize'", name="sitecustomize")
    if problem:
        raise RuntimeError(problem)


_main()
