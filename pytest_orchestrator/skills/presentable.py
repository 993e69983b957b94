"""Text out of skills as terminals, logs of CI and reports may show it: who wrote a skill is not who reads these."""

from __future__ import annotations

from ..core.markdown import visible
from ..process.redaction import Redactor

# Secrets by their shape only. The values of variables are known where scripts are run, which adds them.
_SECRETS = Redactor((), {})


def presentable(text: str) -> str:
    r"""Return ``text`` on one line, every character visible, tokens and keys replaced by ``[redacted]``.

    Line ends become ``\n``, other characters that do not show ``\xNN``. So no text moves a cursor, sets the title of a
    window, or begins a line of its own, which GitHub Actions would take for a command.
    """
    shown = text if text.isprintable() else visible(text).replace("\n", r"\n").replace("\t", " ")
    return _SECRETS.text(shown)
