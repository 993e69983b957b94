"""``python -m pytest_orchestrator``: the command ``pytest-orchestrator``."""

import sys

from .cli import main

sys.exit(main())
