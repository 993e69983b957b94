"""The check of skills: every rule, with the settings, exceptions, comments and baselines that hold for each file."""

from __future__ import annotations

import gc
import os
from collections import Counter
from collections.abc import Mapping
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

from ..config.phrases import clipped
from ..core.names import escape_name, unescape_name
from .baseline import Baseline, new_baseline, read_baseline
from .context import CheckContext
from .finding import Finding, Severity
from .ignores import GONE, Ignores, read_ignores
from .profiles import profile_of
from .registry import absent_from, check_of, prepare_of, rule, rule_modules, rules
from .report import SkillReport

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Sequence
    from pathlib import Path

    from ..config.skill_settings import SkillSettings
    from .document import SkillDocument
    from .rule import Found, Profile, Rule

_OFF = "off"
_BETWEEN_COLLECTIONS = 50_000
"""Objects that are made before those that nobody needs any more are looked for, while skills are checked."""


def check_skills(
    skills: Sequence[SkillDocument],
    settings: SkillSettings | Mapping[str, SkillSettings],
    *,
    update_baseline: bool = False,
) -> dict[str, SkillReport]:
    """Check skills together, and return a report for each by its (absolute) path, in their order.

    ``settings`` are those of all, or of each by its path. What looks at all skills at once, or starts programs, runs
    once. With ``update_baseline`` the baselines that the settings name are written first: all findings where there is
    no file yet, else without those that are gone.

    Raises :class:`~pytest_orchestrator.errors.ConfigurationError` when a baseline is missing or broken, and
    :class:`~pytest_orchestrator.errors.ReportError` when one cannot be written.
    """
    given = settings if isinstance(settings, Mapping) else {skill.path: settings for skill in skills}
    with _collecting_seldom():
        checks = _Checks(skills, given)
        reports = {skill.path: checks.check(skill, given[skill.path]) for skill in skills}
    baselines = _baselines(reports, given, checks.unasked_of, update=update_baseline)
    return {
        skill.path: checks.with_baseline(
            skill, reports[skill.path], given[skill.path], baselines.get(given[skill.path].baseline)
        )
        for skill in skills
    }


@contextmanager
def _collecting_seldom() -> Iterator[None]:
    # Every file makes thousands of objects, nearly none of them in cycles. To look for those takes a tenth of the time.
    youngest, *older = gc.get_threshold()
    gc.set_threshold(max(youngest, _BETWEEN_COLLECTIONS) if youngest else 0, *older)
    try:
        yield
    finally:
        gc.set_threshold(youngest, *older)


class _Checks:
    """All rules, and what they may know of all skills."""

    def __init__(self, skills: Sequence[SkillDocument], settings: Mapping[str, SkillSettings]) -> None:
        self._skills = skills
        self._in_force: dict[tuple[Profile, int], dict[str, Severity]] = {}
        self._profiles = {skill.path: profile_of(skill, settings[skill.path]) for skill in skills}
        wanted = {
            code for skill in skills for code in self.in_force(self._profiles[skill.path][0], settings[skill.path])
        }
        modules = [(frozenset(rule.code for rule in module.RULES), module) for module in rule_modules()]
        self._modules = [(codes, check_of(module)) for codes, module in modules]
        self.unasked = {code for codes, module in modules if absent_from(module) is not None for code in codes}
        """Codes of the rules that find nothing here because something that they need is missing."""
        self._unasked_of: dict[Path, Collection[str]] = {}
        self._batched: dict[str, list[Found]] = {}
        for codes, module in modules:
            prepare = prepare_of(module)
            if prepare is not None and not codes.isdisjoint(wanted):
                for path, found in prepare(skills).items():
                    self._batched.setdefault(path, []).extend(found)
        self._names = [rule.name for rule in rules().values()]

    def in_force(self, profile: Profile, settings: SkillSettings) -> dict[str, Severity]:
        """Return the severities of the rules that hold for a profile, by their codes."""
        key = profile, id(settings)
        if key not in self._in_force:
            severities = settings.severities
            self._in_force[key] = {
                code: Severity(severities.get(code, rule.severity))
                for code, rule in rules().items()
                if profile in rule.profiles and severities.get(code) != _OFF
            }
        return self._in_force[key]

    def unasked_of(self, baseline: Baseline) -> Collection[str]:
        """Return the codes of the rules that find less here than where ``baseline`` was written, nothing being mended.

        Besides those that cannot be asked at all, these are the rules about several skills, where some are left out.
        """
        known = self._unasked_of.get(baseline.path)
        if known is None:
            known = self.unasked
            if baseline.is_partial([skill.path for skill in self._skills]):
                known = known | {code for code, rule in rules().items() if rule.about_others}
            self._unasked_of[baseline.path] = known
        return known

    def check(self, skill: SkillDocument, settings: SkillSettings) -> SkillReport:
        """Return the report about one skill, before its baseline."""
        profile, why = self._profiles[skill.path]
        in_force = self.in_force(profile, settings)
        ignores = read_ignores(skill, rule, self._names)
        findings: list[Finding] = []
        ignored: list[Finding] = []
        for found in self._found(skill, profile, in_force):
            severity = in_force.get(found.rule.code)
            if severity is None:
                continue
            path = found.path or skill.shown_as
            code = found.rule.code
            is_excepted = settings.exceptions.cover(_absolute(path, skill), code)
            # A comment is of use even where an exception does the same.
            is_silenced = ignores.silence(code, found.line, is_own_file=path == skill.shown_as) or is_excepted
            (ignored if is_silenced else findings).append(found.finding(path, _severity(found, severity)))
        findings += self._own(skill, ignores, in_force, settings)
        return SkillReport(
            path=skill.shown_as,
            name=skill.name,
            profile=profile,
            why=why,
            findings=tuple(sorted(findings, key=_place)),
            ignored=tuple(sorted(ignored, key=_place)),
            unread=_unread(skill),
        )

    def _found(self, skill: SkillDocument, profile: Profile, in_force: Mapping[str, Severity]) -> Iterator[Found]:
        """Yield what the rules have to say, each thing once."""
        batched = self._batched.get(skill.path, [])
        context = CheckContext(profile)
        seen: set[Found] = set()
        for codes, check in self._modules:
            if check is not None and not codes.isdisjoint(in_force):
                for found in check(skill, context):
                    if found not in seen:
                        seen.add(found)
                        yield found
        yield from (found for found in dict.fromkeys(batched) if found not in seen)

    def _own(
        self, skill: SkillDocument, ignores: Ignores, in_force: Mapping[str, Severity], settings: SkillSettings
    ) -> Iterator[Finding]:
        """Yield findings about the comments that silence others."""
        for fault in ignores.faults:
            yield from _about_rule(skill, fault, None, in_force, settings)
        for found, about in ignores.unused():
            # A rule that is off here may be on elsewhere, and where all skills are checked more may be found:
            # the comment is of use there.
            if about.code in in_force and about.code not in self.unasked and not about.about_others:
                yield from _about_rule(skill, found, about, in_force, settings)

    def with_baseline(
        self, skill: SkillDocument, report: SkillReport, settings: SkillSettings, baseline: Baseline | None
    ) -> SkillReport:
        """Return ``report`` without what the baseline knows, and with what it knows and is gone."""
        if baseline is None:
            return report
        findings, known, gone = baseline.divide(skill.path, report.findings)
        in_force = self.in_force(report.profile, settings)
        for (code, message), number in Counter(gone).items():
            if code in self.unasked_of(baseline):
                continue
            times = f" ({number} times)" if number > 1 else ""
            about = f"{escape_name(baseline.path.name)} has {code} {clipped(message)}{times}, which is gone"
            found = GONE.at(1, 1, about, "update the baseline, which takes it out")
            findings += _about_rule(skill, found, rules().get(code), in_force, settings)
        return replace(report, findings=tuple(sorted(findings, key=_place)), baselined=tuple(known))


def _severity(found: Found, severity: Severity) -> Severity:
    """Return how much a finding matters where its rule has ``severity``.

    What the rule itself takes less seriously than usual stays below what was set for it.
    """
    if found.severity is None or found.severity.rank <= found.rule.severity.rank:
        return severity
    return found.severity if found.severity.rank > severity.rank else severity


def _about_rule(
    skill: SkillDocument, found: Found, about: Rule | None, in_force: Mapping[str, Severity], settings: SkillSettings
) -> Iterator[Finding]:
    code = found.rule.code
    if code in in_force and not settings.exceptions.cover(skill.path, code):
        finding = found.finding(skill.shown_as, in_force[code])
        yield finding if about is None else replace(finding, part=about.part)


def _absolute(shown: str, skill: SkillDocument) -> str:
    """Return the absolute path of a file of a skill from how it is shown."""
    if shown == skill.shown_as:
        return skill.path
    prefix = os.path.join(os.path.dirname(skill.shown_as), "")
    return os.path.join(skill.directory, unescape_name(shown.removeprefix(prefix)))


def _unread(skill: SkillDocument) -> str:
    problem = skill.problem
    if problem is not None and problem.kind != "nul":
        return problem.message
    if skill.front.is_there and not skill.front.is_closed:
        return "its front matter never ends"
    return ""


def _place(finding: Finding) -> tuple[str, int, int, str]:
    return finding.place


# -- baselines ------------------------------------------------------------------------------------------------


def _baselines(
    checked: Mapping[str, SkillReport],
    settings: Mapping[str, SkillSettings],
    unasked_of: Callable[[Baseline], Collection[str]],
    *,
    update: bool,
) -> dict[Path | None, Baseline]:
    """Return the baselines that the settings name, by their paths; write them first if asked to.

    What one knows of the rules ``unasked_of`` it stays in it.
    """
    files: dict[Path, dict[str, Sequence[Finding]]] = {}
    for path, report in checked.items():
        file = settings[path].baseline
        if file is not None:
            files.setdefault(file, {})[path] = report.findings
    found: dict[Path | None, Baseline] = {}
    for file, findings in files.items():
        if update and not os.path.lexists(file):
            found[file] = new_baseline(file, findings)
            found[file].write()
            continue
        baseline = read_baseline(file, escape_name(os.path.relpath(file)))
        if update:
            baseline = baseline.reduced(findings, unasked_of(baseline))
            baseline.write()
        found[file] = baseline
    return found
