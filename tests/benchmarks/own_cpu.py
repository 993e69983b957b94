"""Run pytest in this process and say on standard error how much CPU time it took itself, without its children.

python tests/benchmarks/own_cpu.py [ARGUMENT ...]
"""

import resource
import sys

import pytest

if __name__ == "__main__":
    status = pytest.main(sys.argv[1:])
    usage = resource.getrusage(resource.RUSAGE_SELF)
    print(f"{usage.ru_utime + usage.ru_stime:.3f}", file=sys.stderr)
    sys.exit(status)
