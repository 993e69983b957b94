"""Where this package is: what processes that we start must have on ``sys.path``."""

from __future__ import annotations

import os

PACKAGE_PARENT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.realpath(__file__))))
"""The directory that holds the package."""
