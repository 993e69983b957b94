"""What was found in skills, put together from the rows of their items: counts, and a section of ``report.md``."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import field
from typing import TYPE_CHECKING, Any

from ..core.kinds import SKILL
from ..quick_dataclasses import dataclass
from .amounts import plural
from .quoting import code

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from ..core.document import ResultRow

SEVERITIES = ("error", "warning", "note")
MOST_FINDINGS = 25
"""Findings of one skill that the report shows."""
LISTED = 100
"""How many skills the summary names."""


@dataclass(slots=True)
class FoundIn:
    """What was found in one skill."""

    path: str
    profile: str = ""
    reason: str = ""
    findings: list[Mapping[str, Any]] = field(default_factory=list)
    ignored: int = 0
    baselined: int = 0

    @property
    def counts(self) -> dict[str, int]:
        """How many findings there are of each severity."""
        counts = dict.fromkeys(SEVERITIES, 0)
        for finding in self.findings:
            counts[_severity(finding)] += 1
        return counts

    def add(self, row: ResultRow) -> None:
        """Take in the row of one of its items."""
        data = row.data
        self.profile = str(data.get("profile") or self.profile)
        self.reason = str(data.get("profile_reason") or self.reason)
        self.findings += [finding for finding in row.entries("findings") if isinstance(finding, Mapping)]
        for key in ("ignored", "baselined"):
            number = data.get(key)
            if isinstance(number, int):
                setattr(self, key, getattr(self, key) + number)


def _severity(finding: Mapping[str, Any]) -> str:
    severity = finding.get("severity")
    return severity if severity in SEVERITIES else "note"


def _rank(finding: Mapping[str, Any]) -> tuple[int, str, int]:
    line = finding.get("line")
    return SEVERITIES.index(_severity(finding)), str(finding.get("path", "")), line if isinstance(line, int) else 0


def found_in_skills(rows: Iterable[ResultRow]) -> list[FoundIn]:
    """Return what was found in each skill: those with most errors first, then those with most warnings."""
    skills: dict[str, FoundIn] = {}
    seen: set[str] = set()
    for row in rows:
        # Where every worker runs every item, the findings of one are those of all.
        if row.kind == SKILL and row.nodeid not in seen:
            seen.add(row.nodeid)
            skills.setdefault(row.path, FoundIn(row.path)).add(row)
    return sorted(skills.values(), key=_order)


def _order(found: FoundIn) -> tuple[int, int, str]:
    counts = found.counts
    return -counts["error"], -counts["warning"], found.path


def skills_summary(rows: Iterable[ResultRow]) -> dict[str, Any]:
    """Return the counts for ``summary.json``: skills, findings by severity, and the skills with errors or warnings."""
    skills = found_in_skills(rows)
    counts = [found.counts for found in skills]
    concerned = [found.path for found in skills if found.counts["error"] or found.counts["warning"]]
    return {
        "count": len(skills),
        "findings": {severity: sum(count[severity] for count in counts) for severity in SEVERITIES},
        "ignored": sum(found.ignored for found in skills),
        "baselined": sum(found.baselined for found in skills),
        "concerned": {"count": len(concerned), "paths": concerned[:LISTED]},
    }


def counted(counts: Mapping[str, int]) -> str:
    """Return ``2 errors, 1 warning``; nothing for none."""
    return ", ".join(plural(counts[severity], severity) for severity in SEVERITIES if counts.get(severity))


def passed_over(summary: Mapping[str, Any]) -> str:
    """Return ``2 ignored, 4 in the baseline`` of a summary's ``skills``; nothing where nothing was passed over."""
    parts = [f"{summary['ignored']} ignored"] if summary["ignored"] else []
    return ", ".join([*parts, *([f"{summary['baselined']} in the baseline"] if summary["baselined"] else [])])


def skills_line(skills: Sequence[FoundIn], summary: Mapping[str, Any]) -> str:
    """Return how many skills were held to which profile, how much was found and what was passed over: Markdown."""
    profiles = Counter(found.profile for found in skills if found.profile)
    kinds = ", ".join(f"{number} {code(name, 60)}" for name, number in sorted(profiles.items()))
    found = counted(summary["findings"]) or "nothing found"
    more = passed_over(summary)
    return f"{plural(len(skills), 'skill')}{f' ({kinds})' if kinds else ''}: {found}{f'; {more}' if more else ''}"


def skill_blocks(skills: Sequence[FoundIn]) -> Iterator[str]:
    """Yield the part of the report about each skill in which errors or warnings were found, safe Markdown."""
    for found in skills:
        if found.counts["error"] or found.counts["warning"]:
            yield _block(found)


def _block(found: FoundIn) -> str:
    reason = f" ({code(found.reason, 200)})" if found.reason else ""
    facts = [f"profile {code(found.profile or 'unknown', 60)}{reason}", counted(found.counts)]
    facts += [f"{found.ignored} ignored"] if found.ignored else []
    facts += [f"{found.baselined} in the baseline"] if found.baselined else []
    shown = sorted((finding for finding in found.findings if _severity(finding) != "note"), key=_rank)
    lines = [_line(finding) for finding in shown[:MOST_FINDINGS]]
    if len(shown) > MOST_FINDINGS:
        lines.append(f"- … and {len(shown) - MOST_FINDINGS} more\n")
    return f"### {code(found.path, 500)}\n\n{'; '.join(facts)}\n\n{''.join(lines)}\n"


def _line(finding: Mapping[str, Any]) -> str:
    place = f"{finding.get('path', '?')}:{finding.get('line', 1)}:{finding.get('column', 1)}"
    said = f"{finding.get('message', '')}; {finding.get('remedy', '')}"
    return f"- {_severity(finding)} {code(str(finding.get('code', '?')), 20)} {code(place, 300)}: {code(said, 500)}\n"
