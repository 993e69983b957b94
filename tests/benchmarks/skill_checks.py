"""Check the skills below directories in this process, and print what that took.

    python tests/benchmarks/skill_checks.py [--shellcheck] DIRECTORY ...

Prints wall and CPU seconds (those of bash included) of finding and reading the files, of parsing their Markdown, and of
all rules but ShellCheck's, with the number of skills and findings. Imports come before the clock.
"""

from __future__ import annotations

import argparse
import os
import time
from dataclasses import dataclass

from pytest_orchestrator.config.skill_settings import SkillSettings
from pytest_orchestrator.process.pool import shared_pool
from pytest_orchestrator.skills.checker import check_skills
from pytest_orchestrator.skills.discovery import find_skills
from pytest_orchestrator.skills.document import parse_skill, read_skill


@dataclass(frozen=True, slots=True)
class Clock:
    """A moment: wall seconds, and CPU seconds of this process and of those that ended."""

    wall: float
    cpu: float

    @staticmethod
    def now() -> Clock:
        """Return this moment."""
        times = os.times()
        return Clock(time.perf_counter(), times.user + times.system + times.children_user + times.children_system)


def show(what: str, begin: Clock, end: Clock) -> None:
    """Print what was done between two moments."""
    print(f"{what}\t{end.wall - begin.wall:.3f}\t{end.cpu - begin.cpu:.3f}")


def warm_up() -> None:
    """Check one skill, so that all modules are there and all patterns compiled."""
    text = b"---\nname: tea\ndescription: Makes tea.\n---\n# T\n\n> *q*\n\n```python\nx\n```\n```yaml\na: b\n```\n"
    check_skills([parse_skill(text, "/tea/SKILL.md", "tea/SKILL.md")], SkillSettings())


def main() -> None:
    """Read the command line, check and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("directories", nargs="+")
    parser.add_argument("--shellcheck", action="store_true", help="with the rule that asks ShellCheck")
    options = parser.parse_args()
    warm_up()
    settings = SkillSettings(severities={} if options.shellcheck else {"SK511": "off"})
    start = Clock.now()
    skills = [read_skill(path, os.path.relpath(path)) for path in find_skills(options.directories)]
    is_read = Clock.now()
    for skill in skills:
        _ = skill.body
    is_parsed = Clock.now()
    reports = check_skills(skills, settings)
    shared_pool().close()
    end = Clock.now()
    show("read", start, is_read)
    show("parse", is_read, is_parsed)
    show("rules", is_parsed, end)
    show("all", start, end)
    print(f"skills\t{len(skills)}\nfindings\t{sum(len(report.findings) for report in reports.values())}")


if __name__ == "__main__":
    main()
