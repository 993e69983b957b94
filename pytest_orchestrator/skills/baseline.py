"""The baseline: a file of findings that are known, so that a big repository starts green and only goes down.

It is JSON: ``{"format": 1, "findings": {"skills/x/SKILL.md": {"SK402": ["there is no file 'a.md'"]}}}``, paths being
relative to its own directory. A finding is known by its rule and its message, in which numbers do not count: so it
stays known when lines move.
"""

from __future__ import annotations

import json
import os
import re
from collections import Counter
from dataclasses import field
from typing import TYPE_CHECKING, Any

from ..config.phrases import clipped
from ..config.regular_file import read_regular
from ..core.names import escape_name, unescape_name
from ..errors import ConfigurationError, Mistake, ReportError
from ..quick_dataclasses import dataclass
from .finding import Severity
from .replacement import replace_file

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence
    from pathlib import Path

    from .finding import Finding

FORMAT = 1
_LARGEST = 64 * 1024 * 1024
_NUMBER = re.compile(r"\d+")
_PAIR = 2
UPDATE = "--update-baseline (pytest: --orchestrate-update-baseline)"
"""What a baseline is written with, in both ways to check skills."""
_REMEDY = f"write it anew: remove it and run with {UPDATE}"

Known = dict[str, dict[str, list[str]]]
"""Messages by code by path."""


def _key(code: str, message: str) -> tuple[str, str]:
    return code, _NUMBER.sub("#", message)


@dataclass(frozen=True, slots=True)
class Baseline:
    """What one file says."""

    path: Path
    """Absolute."""
    known: Known = field(default_factory=dict)
    """By the path of the skill, relative to the directory of the file."""

    def relative(self, skill: str) -> str:
        """Return what the file calls the skill at the absolute path ``skill``."""
        return escape_name(os.path.relpath(skill, self.path.parent))

    def divide(
        self, skill: str, findings: Sequence[Finding]
    ) -> tuple[list[Finding], list[Finding], list[tuple[str, str]]]:
        """Return the findings of a skill that are not known, those that are, and what is known and gone.

        What is gone is a list of codes and messages. Notes, which never fail, are always among the first.
        """
        left: Counter[tuple[str, str]] = Counter()
        shown: dict[tuple[str, str], str] = {}
        for code, messages in self.known.get(self.relative(skill), {}).items():
            for message in messages:
                left[_key(code, message)] += 1
                shown[_key(code, message)] = message
        new: list[Finding] = []
        known: list[Finding] = []
        for finding in findings:
            key = _key(finding.code, finding.message)
            if left[key] and finding.severity is not Severity.NOTE:
                left[key] -= 1
                known.append(finding)
            else:
                new.append(finding)
        gone = [(key[0], shown[key]) for key in left.elements()]
        return new, known, gone

    def is_partial(self, skills: Collection[str]) -> bool:
        """Return whether the file is about more than ``skills`` (absolute paths), or these are too few to tell.

        What depends on other skills is not gone then: nobody looked at the others.
        """
        checked = {self.relative(skill) for skill in skills}
        return len(checked) < _PAIR or any(path not in checked and self._is_there(path) for path in self.known)

    def _is_there(self, path: str) -> bool:
        # A link that leads nowhere is checked too, and found wanting.
        return os.path.lexists(self.path.parent / unescape_name(path))

    def gone_skills(self) -> list[str]:
        """Return the paths in the file at which there is no skill any more, relative to its directory."""
        return [path for path in self.known if not self._is_there(path)]

    def doubts(self, shown_as: str) -> list[Mistake]:
        """Return a mistake for each skill in the file that is no more; ``shown_as`` is how they call the file."""
        remedy = f"take it out with {UPDATE}"
        return [Mistake(shown_as, 1, 1, f"there is no skill {clipped(path)}; {remedy}") for path in self.gone_skills()]

    def reduced(self, found: Mapping[str, Sequence[Finding]], unasked: Collection[str] = ()) -> Baseline:
        """Return the baseline without what is gone, given the findings of skills by their absolute paths.

        It never grows: a finding that it does not know is not taken in. Skills that are not among those in ``found``
        keep what is known of them, unless they do not exist any more. What is known of the rules ``unasked``, which
        could not be asked, stays.
        """
        gone = set(self.gone_skills())
        known = {path: codes for path, codes in self.known.items() if path not in gone}
        for skill, findings in found.items():
            name = self.relative(skill)
            if name in known:
                kept = {code: messages for code, messages in known[name].items() if code in unasked}
                known[name] = kept | _by_code(self.divide(skill, findings)[1])
        return Baseline(self.path, {path: codes for path, codes in sorted(known.items()) if codes})

    def text(self) -> str:
        """Return what stands in the file."""
        return json.dumps({"format": FORMAT, "findings": self.known}, indent=2, ensure_ascii=False) + "\n"

    def write(self) -> None:
        """Write the file. Raises :class:`~pytest_orchestrator.errors.ReportError` when that fails."""
        try:
            replace_file(self.path, self.text().encode("utf-8"))
        except OSError as error:
            raise ReportError(f"cannot write the baseline {os.fspath(self.path)!r}: {error.strerror}") from error


def new_baseline(path: Path, found: Mapping[str, Sequence[Finding]]) -> Baseline:
    """Return a baseline in which all findings of skills, given by their absolute paths, are known."""
    empty = Baseline(path)
    known = {
        empty.relative(skill): codes
        for skill, findings in found.items()
        if (codes := _by_code(finding for finding in findings if finding.severity is not Severity.NOTE))
    }
    return Baseline(path, dict(sorted(known.items())))


def _by_code(findings: Iterable[Finding]) -> dict[str, list[str]]:
    codes: dict[str, list[str]] = {}
    for finding in findings:
        codes.setdefault(finding.code, []).append(finding.message)
    return {code: sorted(codes[code]) for code in sorted(codes)}


def read_baseline(path: Path, shown_as: str) -> Baseline:
    """Return the baseline in the file at ``path``, which mistakes call ``shown_as``.

    Raises :class:`~pytest_orchestrator.errors.ConfigurationError` when it cannot be read or is none.
    """
    try:
        text = read_regular(path, _LARGEST + 1)
        if len(text) > _LARGEST:
            raise _broken(shown_as, f"it is larger than {_LARGEST // 2**20} MiB")
        data = json.loads(text.decode("utf-8"))
    except json.JSONDecodeError as error:
        raise _broken(shown_as, f"not JSON: {error.msg}", error.lineno, error.colno) from None
    except FileNotFoundError:
        message = f"there is no such file; write it with {UPDATE}, or name another"
        raise ConfigurationError([Mistake(shown_as, 1, 1, message)]) from None
    except OSError as error:
        message = f"cannot be read: {error.strerror}; correct the path or its permissions"
        raise ConfigurationError([Mistake(shown_as, 1, 1, message)]) from None
    except (ValueError, RecursionError) as error:  # no UTF-8, or nested too deep
        raise _broken(shown_as, f"cannot be read: {error}") from None
    problem = _problem(data)
    if problem is not None:
        raise _broken(shown_as, problem)
    return Baseline(path, data["findings"])


def _broken(shown_as: str, message: str, line: int = 1, column: int = 1) -> ConfigurationError:
    return ConfigurationError([Mistake(shown_as, line, column, f"the baseline is broken: {message}; {_REMEDY}")])


def _problem(data: Any) -> str | None:
    if not isinstance(data, dict) or not isinstance(data.get("findings"), dict):
        return 'it is no object with "format" and "findings"'
    if data.get("format") != FORMAT:
        return f"its format is {data.get('format')!r}, this version reads {FORMAT}"
    for path, codes in data["findings"].items():
        if not isinstance(codes, dict):
            return f"what it has for {path!r} is no object of codes"
        for code, messages in codes.items():
            if not isinstance(messages, list) or not all(isinstance(message, str) for message in messages):
                return f"what it has for {code} of {path!r} is no list of messages"
    return None
