"""Small Python scripts, each of which looks at one thing that a plain start gives it."""
# ruff: noqa: E501 - a program of three lines is read best in one

from __future__ import annotations

SCRIPTS: dict[str, str] = {
    # how it ends
    "nothing": "",
    "exit 0": "import sys; sys.exit()",
    "exit 3": "import sys; sys.exit(3)",
    "exit -1": "import sys; sys.exit(-1)",
    "exit 256": "import sys; sys.exit(256)",
    "exit a huge number": "import sys; sys.exit(1 << 80)",
    "exit with text": "import sys; sys.exit('it is broken: ü')",
    "exit None": "raise SystemExit(None)",
    "exit True": "raise SystemExit(True)",
    "exit with a list": "raise SystemExit([1, 2])",
    "exit with an object that cannot be shown": """
        class Mute:
            def __str__(self): raise ValueError("mute")
        raise SystemExit(Mute())
        """,
    "exit in a handler": """
        try:
            1 / 0
        except ZeroDivisionError:
            raise SystemExit(7)
        """,
    "os._exit": "import os; print('lost'); os._exit(9)",
    "killed": "import os, signal; os.kill(os.getpid(), signal.SIGKILL)",
    "terminated": "import os, signal; print('x', flush=True); os.kill(os.getpid(), signal.SIGTERM)",
    "aborted": "import os; os.abort()",
    "SIGPIPE is ignored": "import os\nr, w = os.pipe(); os.close(r)\nos.write(w, b'x')",
    # what is not caught
    "an exception": "def f(x):\n    return 1 / x\nprint('before')\nf(0)",
    "a chained exception": """
        def load():
            try:
                {}['key']
            except KeyError as error:
                raise ValueError("no key") from error
        try:
            load()
        except ValueError:
            raise RuntimeError("while cleaning up")
        """,
    "an exception with notes": "e = ValueError('x'); e.add_note('try y') if hasattr(e, 'add_note') else None\nraise e",
    "a group of exceptions": """
        import sys
        if sys.version_info >= (3, 11):
            raise ExceptionGroup("two", [ValueError(1), TypeError(2)])
        """,
    "an exception without text": "raise AssertionError",
    "an exception from C": "int('ü')",
    "an exception in a library": "import json\njson.loads('{')",
    "a syntax error": "print('never')\nx = = 1\n",
    "an indentation error": "if True:\nprint(1)\n",
    "a tab error": "if True:\n    a = 1\n\tb = 2\n",
    "a source that is not UTF-8": "# coding: utf-8\nx = '\udcff'\n",
    "an unknown coding": "# coding: klingon\nprint(1)\n",
    "a null byte": "print(1)\n\0\n",
    "Latin-1": "# coding: latin-1\nprint(ascii('\udce9'))\n",
    "a BOM": "\ufeffprint('bom')",
    "carriage returns": "print(1)\r\nif True:\r\n    print(2)\r\n",
    "KeyboardInterrupt": "raise KeyboardInterrupt",
    "SIGINT": "import os, signal, time\nos.kill(os.getpid(), signal.SIGINT)\ntime.sleep(10)",
    "SIGINT ignored": "import os, signal\nsignal.signal(signal.SIGINT, signal.SIG_IGN)\nos.kill(os.getpid(), 2)",
    "deep recursion": "def f(n):\n    return f(n + 1)\nf(0)",
    "how deep recursion goes": """
        import sys
        depth = 0
        def f():
            global depth
            depth += 1
            f()
        try:
            f()
        except RecursionError:
            print(depth, sys.getrecursionlimit())
        """,
    "its own excepthook": "import sys\nsys.excepthook = lambda *a: print('hook', a[0].__name__)\n1 / 0",
    "a broken excepthook": "import sys\ndef hook(*a): raise OSError('again')\nsys.excepthook = hook\n1 / 0",
    "an exception in __del__": "class A:\n    def __del__(self): 1 / 0\na = A()\ndel a\nprint('on')",
    "a frame's way up": """
        import inspect, sys, traceback
        def f():
            traceback.print_stack()
            print([(x.function, x.lineno) for x in inspect.stack()])
            frame, depth = sys._getframe(), 0
            while frame:
                frame, depth = frame.f_back, depth + 1
            print(depth)
        f()
        """,
    "faulthandler": "import faulthandler, sys\nfaulthandler.dump_traceback(sys.stderr, all_threads=False)",
    # the end
    "atexit": """
        import atexit, sys
        atexit.register(print, "first")
        atexit.register(lambda: print("second", "__main__" in sys.modules))
        print("body")
        """,
    "an exception in atexit": "import atexit\natexit.register(lambda: 1 / 0)\nprint('body')",
    "sys.exit in atexit": "import atexit, sys\natexit.register(sys.exit, 5)",
    "threads are joined": """
        import threading, time
        threading.Thread(target=lambda: (time.sleep(0.05), print("thread"))).start()
        print("main", threading.active_count(), threading.main_thread() is threading.current_thread())
        """,
    "daemon threads are not": "import threading\nthreading.Thread(target=threading.Event().wait, daemon=True).start()",
    "an exception in a thread": "import threading\nt = threading.Thread(target=lambda: 1 / 0, name='T'); t.start(); t.join()",
    "thread names": "import threading\nprint(threading.enumerate()[0].name, threading.main_thread().native_id == __import__('os').getpid())",
    "objects are finalized at the end": "class A:\n    def __del__(self): print('gone')\na = A()\nprint('end')",
    "a pool of threads": """
        from concurrent.futures import ThreadPoolExecutor
        with ThreadPoolExecutor(4) as pool:
            print(list(pool.map(lambda x: x * x, range(10))))
        """,
    "asyncio": "import asyncio\nasync def f():\n    await asyncio.sleep(0)\n    return 5\nprint(asyncio.run(f()))",
    "stdout closed": "import sys\nprint('x')\nsys.stdout.close()",
    "output that cannot be flushed": "import os, sys\nprint('x')\nos.close(1)",
    # what it finds
    "__main__": """
        import sys
        main = sys.modules["__main__"]
        print(main.__name__, main.__file__, main.__spec__, main.__package__, main.__doc__, main.__builtins__)
        print(type(main.__loader__).__name__, getattr(main.__loader__, "path", None), sorted(vars(main)), main)
        """,
    "argv": "import sys\nprint(sys.argv, getattr(sys, 'orig_argv', None))",
    "path": "import sys\nprint(sys.path, sys.path_hooks, sys.meta_path)",
    "a module beside it": "import neighbour\nprint(neighbour.VALUE, neighbour.__file__)",
    "flags": "import sys\nprint(sys.flags, sys.warnoptions, sys._xoptions, sys.dont_write_bytecode)",
    "the interpreter": """
        import sys
        print(sys.executable, sys.prefix, sys.base_prefix, sys.exec_prefix, sys.version, sys.platlibdir)
        print(sys.getswitchinterval(), sys.getrefcount(sys.modules["__main__"].__dict__) < 9)
        """,
    "modules": "import sys\nprint(sorted(sys.modules))\nprint(sorted(sys.path_importer_cache))",
    "encodings": """
        import locale, sys
        print(sys.getdefaultencoding(), sys.getfilesystemencoding(), sys.getfilesystemencodeerrors())
        print(locale.getpreferredencoding(False), locale.setlocale(locale.LC_ALL))
        """,
    "streams": """
        import sys
        for s in (sys.stdin, sys.stderr, sys.stdout):
            print(s.name, s.mode, s.encoding, s.errors, s.line_buffering, s.write_through, s.newlines, s.isatty(),
                  s.fileno(), s.seekable(), s.buffer.raw, s.buffer.tell(), s is getattr(sys, f"__{s.name[1:-1]}__"))
        """,
    "the size of buffers": "import os, sys\nsys.stdout.write('x' * 100000)\nprint(os.fstat(1).st_size, file=sys.stderr)",
    "the order of streams": "import sys\nfor i in range(3):\n    print(i)\n    print(i, file=sys.stderr)\n",
    "text that cannot be encoded": "print('\\ud800')",
    "undecodable arguments": "import os, sys\nprint(os.fsencode(sys.argv[-1]))",
    "stdin": "import sys\nprint(repr(sys.stdin.read()), sys.stdin.readline() == '')",
    "input": "print(input('? '))\nprint(input())\ninput()",
    "environment": """
        import os
        skip = ("ORCHESTRATOR_RUN", "ORCHESTRATOR_TMP")
        print([(k, v) for k, v in os.environ.items() if k not in skip])
        print(sorted(k for k in os.environb) == sorted(os.environb._data), os.environ == dict(os.environ))
        """,
    "environment of a child": """
        import subprocess
        out = subprocess.run(["env"], capture_output=True, text=True).stdout.splitlines()
        print(sorted(line for line in out if not line.startswith(("_=", "ORCHESTRATOR_RUN", "ORCHESTRATOR_TMP"))))
        """,
    "the environment as C sees it": """
        import ctypes, os
        getenv = ctypes.CDLL(None).getenv
        getenv.restype = ctypes.c_char_p
        print([getenv(os.fsencode(k)) == os.fsencode(v) for k, v in sorted(os.environ.items())])
        print(getenv(b"ORCHESTRATOR_ZYGOTE"), getenv(b"PYTHONPATH"))
        """,
    "working directory": "import os\nprint(os.getcwd(), os.path.abspath('x'))",
    "a working directory that is gone": """
        import os, tempfile
        os.chdir(tempfile.mkdtemp()); os.rmdir(os.getcwd())
        import json
        os.getcwd()
        """,
    "descriptors": "import os\nprint(sorted(map(int, os.listdir('/proc/self/fd'))))",
    "descriptors are handed on": """
        import subprocess
        print(subprocess.run(["ls", "/proc/self/fd"], capture_output=True, close_fds=False).stdout)
        """,
    "closed descriptors": "import os\nos.closerange(0, 3)\nprint('into nothing')",
    "signals": """
        import signal
        print([(s.name, signal.getsignal(s)) for s in sorted(signal.valid_signals()) if isinstance(s, signal.Signals)])
        print(signal.pthread_sigmask(signal.SIG_BLOCK, []), signal.getitimer(signal.ITIMER_REAL))
        print([line for line in open("/proc/self/status") if line.startswith(("Sig", "Shd"))][1:])
        """,
    "session": """
        import os
        me = os.getpid()
        print(os.getsid(0) == me, os.getpgrp() == me, os.getppid() != me, os.path.exists(f"/proc/{os.getppid()}"))
        """,
    "its parent": "import os\nprint(b'supervisor.main' in open(f'/proc/{os.getppid()}/cmdline', 'rb').read())",
    "umask and niceness": "import os\nprint(oct(os.umask(0)), os.nice(0))",
    "limits": """
        import resource
        names = sorted(n for n in dir(resource) if n.startswith("RLIMIT_") and n != "RLIMIT_RTTIME")
        print([(n, resource.getrlimit(getattr(resource, n))) for n in names])
        """,
    "a limit that it sets itself": """
        import resource
        resource.setrlimit(resource.RLIMIT_NOFILE, (16, 16))
        files = [open("/dev/null") for _ in range(20)]
        """,
    "CPU time": "import resource, time\nprint(time.process_time() < 5, resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime)",
    "its name": "print(open('/proc/self/comm').read())\nprint(open('/proc/self/stat').read().split()[1])",
    "recursion, garbage and threads of the collector": "import gc\nprint(gc.isenabled(), gc.get_threshold(), gc.garbage, gc.get_debug())",
    "modules are imported anew": "import socket, random, marshal, _socket, gc\nprint(socket.socket.__mro__[1] is _socket.socket, marshal.version)",
    "random differs in each process": """
        import os, random
        r, w = os.pipe()
        if os.fork() == 0:
            os.write(w, repr(random.random()).encode()); os._exit(0)
        os.wait()
        print(os.read(r, 100) != repr(random.random()).encode())
        """,
    "seeded random": "import random\nrandom.seed(5)\nprint(random.random(), random.sample(range(100), 5))",
    "warnings": "import warnings\nwarnings.warn('careful')\nwarnings.warn('old', DeprecationWarning)\n'\\d'\n",
    "a warning's place": "import warnings\ndef f():\n    warnings.warn('up', stacklevel=5)\nf()",
    "open files that were left": "f = open(__file__)\nprint('x')",
    "a guard": "if __name__ == '__main__':\n    print('main')\nimport __main__\nprint(__main__.__name__)",
    "exec and names": "exec(compile('x = 1', '<text>', 'exec'))\nprint(x, __annotations__ if '__annotations__' in dir() else None)",
    "annotations": "x: int = 5\nprint(__annotations__)",
    "a future": "from __future__ import annotations\ndef f(x: nothing): ...\nprint(f.__annotations__)",
    "pickle": "import pickle\nclass A: pass\nprint(type(pickle.loads(pickle.dumps(A()))) is A, A.__module__)",
    "dataclasses and doctest": """
        '''
        >>> 1 + 1
        3
        '''
        import doctest
        print(doctest.testmod())
        """,
    "unittest": "import unittest\nclass T(unittest.TestCase):\n    def test(self): self.fail('no')\n\nunittest.main(argv=['x'], exit=False) and 0",
    "argparse": "import argparse\nargparse.ArgumentParser().parse_args(['--what'])",
    "runpy": "import runpy, sys\nprint(runpy.run_module('this')['__name__'])",
    "reading its own source": "import inspect\ndef f(): pass\nprint(inspect.getsource(f), open(__file__).read()[:6])",
    "audit hooks": "import sys\nseen = []\nsys.addaudithook(lambda n, a: seen.append(n))\nopen(__file__).close()\nprint(seen)",
    "trace": "import sys\nprint(sys.gettrace(), sys.getprofile())",
    # other processes
    "fork": "import os, sys\nprint('a', flush=True)\nif os.fork() == 0:\n    print('child')\n    sys.exit(3)\nprint(os.waitstatus_to_exitcode(os.wait()[1]) if hasattr(os, 'waitstatus_to_exitcode') else 3)",
    "exec": "import os\nprint('a', flush=True)\nos.execvp('sh', ['sh', '-c', 'echo $0 b; exit 4'])",
    "exec of the same": "import os, sys\nif len(sys.argv) < 5:\n    os.execv(sys.executable, [sys.executable, *sys.argv, 'more', 'x'])\nprint(sys.argv)",
    "subprocess": "import subprocess, sys\nprint(subprocess.run([sys.executable, '-c', 'import sys; print(sys.path, sys.flags)'], capture_output=True))",
    "subprocess writes to the same streams": "import subprocess\nprint('a', flush=True)\nsubprocess.run(['sh', '-c', 'echo b; echo c >&2'])\nprint('d')",
    "no children": "import os\ntry:\n    os.wait()\nexcept ChildProcessError as e:\n    print(e)",
    "multiprocessing, fork": """
        import multiprocessing
        def square(x): return x * x
        if __name__ == "__main__":
            with multiprocessing.get_context("fork").Pool(2) as pool:
                print(pool.map(square, range(5)))
        """,
    "multiprocessing, spawn": """
        import multiprocessing
        def square(x): return x * x
        if __name__ == "__main__":
            with multiprocessing.get_context("spawn").Pool(1) as pool:
                print(pool.map(square, range(5)))
        """,
    "multiprocessing, forkserver": """
        import multiprocessing
        def put(queue): queue.put(multiprocessing.current_process().name)
        if __name__ == "__main__":
            context = multiprocessing.get_context("forkserver")
            queue = context.Queue()
            process = context.Process(target=put, args=(queue,))
            process.start()
            print(queue.get(), process.join(), process.exitcode)
        """,
}
