"""What was found about skills, for people, programs, code scanning and annotations of GitHub."""

from __future__ import annotations

import hashlib
import json
import os
from collections import Counter
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from ..config.phrases import joined
from ..core.names import unescape_name
from .finding import Severity
from .registry import rules
from .report import counted

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from .finding import Finding
    from .report import SkillReport

SARIF_SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
_LEVELS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.NOTE: "note"}
_COMMANDS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.NOTE: "notice"}


def as_text(reports: Sequence[SkillReport], *, verbose: bool = False) -> str:
    """Return a line for each finding, under one that names the skill's profile and why it is that one.

    Skills without findings are only counted, in the last line. Notes are shown with ``verbose``, and counted always.
    """
    lines: list[str] = []
    for report in reports:
        shown = [finding for finding in report.findings if verbose or finding.severity is not Severity.NOTE]
        if shown or report.unread or verbose:
            lines.append(f"{report.path}: profile {report.profile}, {report.why}")
        if report.unread:
            lines.append(f"{report.path}: its Markdown was not looked at: {report.unread}")
        lines += map(str, shown)
        if shown or report.unread:
            lines.append("")
    return "\n".join([*lines, summary(reports)]) + "\n"


def summary(reports: Sequence[SkillReport]) -> str:
    """Return one line: how many skills of which profile, and how much was found."""
    number = len(reports)
    profiles = Counter(str(report.profile) for report in reports)
    kinds = joined([f"{count} {name}" for name, count in sorted(profiles.items())]) if reports else ""
    findings = tuple(finding for report in reports for finding in report.findings)
    concerned = sum(bool(report.findings) for report in reports)
    found = f"{counted(findings)} in {_skills(concerned)}" if findings else "nothing found"
    known = sum(len(report.baselined) for report in reports)
    ignored = sum(len(report.ignored) for report in reports)
    more = [f"{ignored} ignored"] if ignored else []
    more += [f"{known} in the baseline"] if known else []
    return "; ".join([f"{_skills(number)} checked{f' ({kinds})' if kinds else ''}: {found}", *more])


def as_json(reports: Sequence[SkillReport]) -> str:
    """Return ``{"skills": [{"path", "profile", "findings": [...], ...}]}``; see :meth:`SkillReport.as_dict`."""
    return json.dumps({"skills": [report.as_dict() for report in reports]}, indent=2) + "\n"


def as_github(reports: Sequence[SkillReport]) -> str:
    """Return a workflow command of GitHub Actions for each finding, which makes it an annotation; then the summary."""
    lines = [_annotation(finding) for report in reports for finding in report.findings]
    return "\n".join([*lines, summary(reports)]) + "\n"


def _annotation(finding: Finding) -> str:
    rule = rules().get(finding.code)
    title = f"{finding.code} {rule.name}" if rule is not None else finding.code
    path = unescape_name(finding.path)
    # A name that no terminal should see is none that GitHub could show beside the code either.
    values = {
        "file": path if path.isprintable() else finding.path,
        "line": finding.line,
        "col": finding.column,
        "title": title,
    }
    properties = ",".join(f"{name}={_property(str(value))}" for name, value in values.items())
    return f"::{_COMMANDS[finding.severity]} {properties}::{_data(f'{finding.message}; {finding.remedy}')}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")


def as_sarif(reports: Sequence[SkillReport], version: str) -> str:
    """Return a SARIF 2.1.0 log of one run by this ``version``, for code scanning.

    Paths are relative to ``%SRCROOT%`` where they can be. Results have a fingerprint of rule, path and message, so that
    a finding that only moved is the same one.
    """
    findings = [finding for report in reports for finding in report.findings]
    codes = sorted({finding.code for finding in findings})
    driver = {
        "name": "pytest-orchestrator",
        "semanticVersion": version,
        "rules": [_sarif_rule(code) for code in codes],
    }
    run = {
        "tool": {"driver": driver},
        "columnKind": "unicodeCodePoints",
        "results": list(_sarif_results(findings, codes)),
    }
    return json.dumps({"$schema": SARIF_SCHEMA, "version": "2.1.0", "runs": [run]}, indent=2) + "\n"


def _sarif_rule(code: str) -> dict[str, Any]:
    rule = rules().get(code)
    if rule is None:
        return {"id": code}
    return {
        "id": code,
        "name": rule.name,
        "shortDescription": {"text": rule.summary},
        "fullDescription": {"text": rule.why},
        "defaultConfiguration": {"level": _LEVELS[rule.severity]},
    }


def _sarif_results(findings: Iterable[Finding], codes: Sequence[str]) -> Iterator[dict[str, Any]]:
    seen: Counter[str] = Counter()
    for finding in findings:
        text = f"{finding.code}\0{finding.path}\0{finding.message}"
        identity = hashlib.sha256(text.encode("utf-8", "backslashreplace")).hexdigest()[:32]
        seen[identity] += 1
        place = {
            "artifactLocation": _location(unescape_name(finding.path)),
            "region": {"startLine": finding.line, "startColumn": finding.column},
        }
        yield {
            "ruleId": finding.code,
            "ruleIndex": codes.index(finding.code),
            "level": _LEVELS[finding.severity],
            "message": {"text": f"{finding.message}; {finding.remedy}"},
            "locations": [{"physicalLocation": place}],
            "partialFingerprints": {"ruleAndMessage/v1": f"{identity}:{seen[identity]}"},
        }


def _location(path: str) -> dict[str, str]:
    uri = quote(os.fsencode(path))
    return {"uri": f"file://{uri}"} if path.startswith("/") else {"uri": uri, "uriBaseId": "%SRCROOT%"}


def _skills(number: int) -> str:
    return f"{number} skill{'' if number == 1 else 's'}"
