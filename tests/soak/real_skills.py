"""Check real skills with every rule: none may crash, and every finding must be at a place that is there.

    python tests/soak/real_skills.py [--fetch DIRECTORY] [--fewest N] [--sample N --seed N] [DIRECTORY ...]

Checks every SKILL.md below the directories, each text once, and prints how many findings each rule made, by severity
and by profile. With --fetch, the packages that tests/corpora.md names are downloaded from PyPI into that directory
first, unpacked and checked as well. With --sample, so many skills with a finding above a note are shown, chosen at
random, for somebody to read. Ends with 1 when there are fewer skills than --fewest, or a finding is nowhere.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import random
import re
import subprocess
import sys
import time
import zipfile
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from itertools import zip_longest
from pathlib import Path
from typing import TYPE_CHECKING

from pytest_orchestrator.config.skill_settings import SkillSettings
from pytest_orchestrator.skills.checker import check_skills
from pytest_orchestrator.skills.discovery import find_skills
from pytest_orchestrator.skills.document import read_skill
from pytest_orchestrator.skills.finding import Severity
from pytest_orchestrator.skills.registry import rules

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from pytest_orchestrator.skills.finding import Finding
    from pytest_orchestrator.skills.report import SkillReport

CORPORA = Path(__file__).resolve().parents[1] / "corpora.md"
PINNED = re.compile(r"^\| `([\w.-]+==[\w.]+)` \|", re.MULTILINE)
LINE_END = re.compile(r"\r\n|\r|\n")


@dataclass(slots=True)
class Seen:
    """What came of all checks."""

    reports: list[SkillReport] = field(default_factory=list)
    copies: int = 0
    """Files with a text that was checked already."""
    texts: set[str] = field(default_factory=set)
    packages: dict[str, str] = field(default_factory=dict)
    """The first directory on the way to each of them."""
    nowhere: list[Finding] = field(default_factory=list)
    """Findings at places that are not in their files."""


def fetch(directory: Path) -> None:
    """Download the packages that are named in the list, and unpack those that are new."""
    wheels = directory / "wheels"
    wheels.mkdir(parents=True, exist_ok=True)
    names = PINNED.findall(CORPORA.read_text(encoding="utf-8"))
    pip = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary=:all:", "-d", str(wheels)]
    subprocess.run([*pip, *names], check=True)
    for wheel in sorted(wheels.glob("*.whl")):
        target = directory / wheel.stem
        if not target.exists():
            with zipfile.ZipFile(wheel) as archive:
                archive.extractall(target)


def check(directory: str, seen: Seen) -> None:
    """Check the skills below one directory together, as one project has them."""
    skills = []
    for path in find_skills([directory]):
        skill = read_skill(path, os.path.relpath(path, os.path.dirname(os.path.abspath(directory))))
        digest = hashlib.sha256(skill.text.encode()).hexdigest()
        if digest in seen.texts:
            seen.copies += 1
            continue
        seen.texts.add(digest)
        skills.append(skill)
    reports = check_skills(skills, SkillSettings())
    for skill in skills:
        report = reports[skill.path]
        seen.reports.append(report)
        seen.packages[report.path] = os.path.relpath(skill.path, directory).partition("/")[0]
        lines = LINE_END.split(skill.text)
        own = [finding for finding in report.findings if finding.path == skill.shown_as]
        seen.nowhere += [finding for finding in own if not is_in(finding, lines)]


def is_in(finding: Finding, lines: Sequence[str]) -> bool:
    """Return whether a finding is at a place of the file that has these lines."""
    return 1 <= finding.line <= len(lines) and 1 <= finding.column <= len(lines[finding.line - 1]) + 1


def shown(seen: Seen) -> Iterable[str]:
    """Yield the lines of the summary."""
    number = len(seen.reports)
    profiles = Counter(str(report.profile) for report in seen.reports)
    worst = Counter(min((finding.severity.rank for finding in report.findings), default=3) for report in seen.reports)
    yield f"{number} skills ({seen.copies} more files with the text of one of them)"
    yield ", ".join(f"{profile} {count}" for profile, count in profiles.most_common())
    yield f"with an error {worst[0]}, with a warning at most {worst[1]}, with notes only {worst[2]}, clean {worst[3]}"
    yield ""
    findings: Counter[tuple[str, Severity]] = Counter()
    skills: dict[str, set[str]] = defaultdict(set)
    by_profile: Counter[tuple[str, str]] = Counter()
    for report in seen.reports:
        for finding in report.findings:
            findings[finding.code, finding.severity] += 1
            skills[finding.code].add(report.path)
            by_profile[finding.code, str(report.profile)] += 1
    names = [profile for profile, _ in profiles.most_common()]
    yield "\t".join(["rule", "skills", *(f"{severity}s" for severity in Severity), *names, "name"])
    for code, rule in rules().items():
        if code in skills:
            counts = [len(skills[code]), *(findings[code, severity] for severity in Severity)]
            counts += [by_profile[code, profile] for profile in names]
            yield "\t".join([code, *map(str, counts), rule.name])


def sample(seen: Seen, number: int, seed: int) -> Iterable[str]:
    """Yield skills with a finding above a note, chosen at random, with those findings.

    In turn from each directory that packages were unpacked to: the largest one would be most of the sample.
    """
    chooser = random.Random(seed)
    found: dict[str, list[SkillReport]] = defaultdict(list)
    for report in sorted(seen.reports, key=lambda report: report.path):
        if any(finding.severity.rank < 2 for finding in report.findings):
            found[seen.packages[report.path]].append(report)
    for reports in found.values():
        chooser.shuffle(reports)
    turns = [report for turn in zip_longest(*found.values()) for report in turn if report is not None]
    yield ""
    for report in turns[:number]:
        yield f"{report.path} ({report.profile}: {report.why})"
        yield from (f"  {finding}" for finding in report.findings if finding.severity.rank < 2)


def main() -> int:
    """Read the command line, check and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("directories", nargs="*")
    parser.add_argument("--fetch", type=Path, metavar="DIRECTORY", help="download the named packages of PyPI to here")
    parser.add_argument("--fewest", type=int, default=100, metavar="N", help="skills that there must be")
    parser.add_argument("--sample", type=int, default=0, metavar="N", help="skills to show")
    parser.add_argument("--seed", type=int, default=30, metavar="N", help="of the choice of those")
    options = parser.parse_args()
    directories = list(options.directories)
    if options.fetch is not None:
        fetch(options.fetch)
        directories.append(str(options.fetch))
    if not directories:
        parser.error("name directories with skills, or one for --fetch")
    seen, begin = Seen(), time.perf_counter()
    for directory in directories:
        print(f"checking {directory}", flush=True)
        check(directory, seen)
    print(f"{time.perf_counter() - begin:.1f} s")
    for line in (*shown(seen), *(sample(seen, options.sample, options.seed) if options.sample else ())):
        print(line)
    for finding in seen.nowhere:
        print(f"nowhere: {finding}")
    if len(seen.reports) < options.fewest:
        print(f"fewer than {options.fewest} skills")
    return 1 if seen.nowhere or len(seen.reports) < options.fewest else 0


if __name__ == "__main__":
    sys.exit(main())
