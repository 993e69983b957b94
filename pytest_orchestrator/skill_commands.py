"""The commands ``pytest-orchestrator skills …``: list, show, search, check, directives, new."""

from __future__ import annotations

import argparse
import io
import json
import os
import sys
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from . import __version__
from .core.jsontext import compact
from .core.markdown import visible
from .errors import ConfigurationError, SkillError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .errors import Mistake
    from .skills.library import SkillLibrary


PROFILES = ("spec", "claude-code", "script-first")
FORMATS = ("text", "json", "sarif", "github")
PAGE = "docs/SCRIPT-FIRST-SKILLS.md"
NEW_SKILLS = "skills"
_WIDTH = 100
_SHOWN = {"not_utf8": "only what is before it is shown", "nul": "it is shown as a replacement character"}
"""What ``show`` makes of text that it cannot print as it is, by the kind of problem."""


def run_skills(parser: argparse.ArgumentParser, words: Sequence[str]) -> int:
    """Carry out the ``words`` behind ``skills``, which ``parser`` is to read, and return the exit code.

    0 without errors, 1 where a check found errors or a page disagrees with the skills. Raises
    :class:`~pytest_orchestrator.errors.OrchestratorError` for a mistake of the user.
    """
    _add_commands(parser)
    given = parser.parse_args(words)
    if isinstance(sys.stdout, io.TextIOWrapper):
        # Skills are in any language, terminals and CI logs are not.
        sys.stdout.reconfigure(errors="backslashreplace")
    return int(given.function(given))


def _add_commands(parser: argparse.ArgumentParser) -> None:
    commands = parser.add_subparsers(dest="skills_command", metavar="COMMAND", required=True, parser_class=type(parser))

    about = "List the skills below the current directory, or below each DIR."
    listing = commands.add_parser("list", help="list skills", description=about)
    _add_library_arguments(listing)
    listing.set_defaults(function=_list)

    about = "Print the SKILL.md of a skill. NAME is what it calls itself, its directory (core/orchestrator), or a path."
    show = commands.add_parser("show", help="print a skill", description=about)
    show.add_argument("name", metavar="NAME")
    _add_library_arguments(show)
    show.set_defaults(function=_show)

    about = "Find the skills that fit a sentence, best first, with the words that matched."
    search = commands.add_parser("search", help="find the skills that fit a sentence", description=about)
    search.add_argument("words", nargs="+", metavar="SENTENCE")
    search.add_argument("--limit", type=_at_least_one, default=10, metavar="N", help="how many at most; default: 10")
    search.add_argument("--semantic", action="store_true", help="by meaning too; needs the extra semantic")
    _add_library_arguments(search)
    search.set_defaults(function=_search)

    about = "Check skills. Exit code 0 without errors, 1 with, 2 for a mistake in the command or a configuration file."
    check = commands.add_parser("check", help="check skills", description=about)
    check.add_argument("paths", nargs="+", metavar="PATH", help="skills, files of skills, or directories of them")
    check.add_argument("--profile", choices=PROFILES, help="default: that of the configuration, else detected")
    check.add_argument("--format", choices=FORMATS, default="text", help="default: text")
    check.add_argument("--config", metavar="FILE", help="default: the nearest orchestrator.yaml of each skill")
    check.add_argument("--baseline", metavar="FILE", help="findings that are known, and not told again")
    check.add_argument(
        "--update-baseline", action="store_true", help="write that file first; later runs only shorten it"
    )
    check.add_argument("--strict", action="store_true", help="warnings are errors")
    check.add_argument("-v", "--verbose", action="store_true", help="show notes, and skills without findings")
    check.set_defaults(function=_check)

    about = f"Tell which skills carry the script-first directive. {PAGE} is the page where none is named."
    directives = commands.add_parser("directives", help="which skills carry the directive", description=about)
    directives.add_argument(
        "--against", metavar="FILE", help="a page that lists them: tell where it is wrong, exit code 1"
    )
    directives.add_argument("--write", action="store_true", help="correct that page, or write it")
    directives.add_argument("--apply", action="append", metavar="SKILL", help="put the directive into a skill")
    _add_library_arguments(directives)
    directives.set_defaults(function=_directives)

    about = "Write a new skill. It is valid as it is; nothing is ever overwritten."
    new = commands.add_parser("new", help="write a new skill", description=about)
    new.add_argument("name", metavar="NAME", help="as bulk-restart, or k8s/bulk-restart")
    new.add_argument("--path", default=NEW_SKILLS, metavar="DIR", help=f"where it goes; default: {NEW_SKILLS}")
    new.add_argument("--profile", choices=PROFILES, default=PROFILES[0], help="default: spec")
    new.add_argument("--script-first", action="store_true", help="with the directive and a script template")
    new.add_argument("--description", metavar="TEXT", help="what it does, and when to use it")
    new.set_defaults(function=_new)


def _add_library_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--path", action="append", metavar="DIR", help="where to look; may be given more than once")
    parser.add_argument("--json", action="store_true", help="print JSON")


def _at_least_one(text: str) -> int:
    if not text.isascii() or not text.isdigit() or int(text) < 1:
        message = f"{text!r} is not a whole number of at least 1"
        raise argparse.ArgumentTypeError(message)
    return int(text)


def _library(given: argparse.Namespace) -> SkillLibrary:
    from .skills.library import SkillLibrary

    return SkillLibrary.of(*(given.path or []))


def _print_json(value: Any) -> None:
    # Front matter may say .nan, which JSON has no word for.
    print(json.dumps(json.loads(compact(value)), indent=2))


def _print_line(text: str, width: int | None = None) -> None:
    """Print what may hold words of a skill, at most ``width`` characters, as one line that harms no terminal."""
    from .skills.presentable import presentable

    line = presentable(text)
    print(line if width is None or len(line) <= width else line[: width - 1].rstrip() + "…")


def _list(given: argparse.Namespace) -> int:
    from .skills.library import summary_of

    library = _library(given)
    summaries = [summary_of(skill) for skill in library]
    if given.json:
        _print_json(summaries)
    else:
        for summary in summaries:
            _print_line(f"{summary['path']}: {summary['name']}: {summary['description']}", _WIDTH)
    if not summaries:
        print(f"no skill {library.where}", file=sys.stderr)
    return 0


def _show(given: argparse.Namespace) -> int:
    from .skills.library import details_of

    skill = _library(given).get(given.name)
    if skill.problem is not None and not skill.text:
        raise SkillError(f"{skill.shown_as}: {skill.problem.message}; {skill.problem.remedy}")
    if skill.problem is not None:
        problem = skill.problem
        at = f"{skill.shown_as}:{problem.line}:{problem.column}"
        done = _SHOWN.get(problem.kind, problem.remedy)
        print(f"pytest-orchestrator: warning: {at}: {problem.message}; {done}", file=sys.stderr)
    if given.json:
        _print_json(details_of(skill))
    else:
        # A program that reads it gets it as it is; a terminal would obey what is meant for none.
        text = visible(skill.text) if sys.stdout and sys.stdout.isatty() else skill.text
        print(text, end="" if text.endswith("\n") else "\n")
    return 0


def _search(given: argparse.Namespace) -> int:
    library = _library(given)
    sentence = " ".join(given.words)
    hits = library.search(sentence, given.limit, semantic=given.semantic)
    if given.json:
        _print_json([hit.as_dict() for hit in hits])
    else:
        for number, hit in enumerate(hits, 1):
            _print_line(f"{number}. {hit.name} ({hit.score:.2f})  {hit.path}")
            why = "; ".join(f"{name}: {', '.join(matched)}" for name, matched in hit.why.items())
            _print_line(f"   {why or 'its meaning is close'}")
    if not hits:
        print(f"nothing {library.where} fits {sentence!r}", file=sys.stderr)
    return 0


def _check(given: argparse.Namespace) -> int:
    from .skills.checker import check_skills
    from .skills.configuration import baseline_doubts, settings_of
    from .skills.finding import Severity
    from .skills.formats import as_github, as_json, as_sarif, as_text
    from .skills.library import SkillLibrary

    library = SkillLibrary.of(*given.paths)
    if not len(library):
        raise SkillError(f"no skill {library.where}: name a directory with a SKILL.md, or one above such")
    doubts: list[Mistake] = []
    settings = settings_of(
        library.skills, profile=given.profile, baseline=given.baseline, config=given.config, on_doubt=doubts.append
    )
    if not given.update_baseline:
        doubts += baseline_doubts(settings.values())
    elif not any(each.baseline for each in settings.values()):
        raise SkillError(
            "--update-baseline needs a file to write: give --baseline FILE, or `baseline` under `skills` in "
            "orchestrator.yaml"
        )
    if doubts and given.strict:
        raise ConfigurationError([replace(doubt, message=f"{doubt.message} (--strict)") for doubt in doubts])
    for doubt in doubts:
        print(f"pytest-orchestrator: warning: {doubt}", file=sys.stderr)
    reports = list(check_skills(library.skills, settings, update_baseline=given.update_baseline).values())
    writers = {
        "text": lambda: as_text(reports, verbose=given.verbose),
        "json": lambda: as_json(reports),
        "sarif": lambda: as_sarif(reports, __version__),
        "github": lambda: as_github(reports),
    }
    print(writers[given.format](), end="")
    fails = {Severity.ERROR, Severity.WARNING} if given.strict else {Severity.ERROR}
    return int(any(finding.severity in fails for report in reports for finding in report.findings))


def _directives(given: argparse.Namespace) -> int:
    if given.apply:
        if given.write or given.against:
            raise SkillError(
                "--apply writes into skills and --against and --write are about a page: one after the other"
            )
        return _apply(given)
    if given.write or given.against:
        return _page(given)
    from .skills.directives_page import directive_states

    library = _library(given)
    states = directive_states(library.skills)
    if given.json:
        _print_json({"skills": [state.as_dict() for state in states]})
        return 0
    concerned = [state for state in states if state.true_claim is not None]
    for state in concerned:
        _print_line(f"{state.skill.shown_as}:{state.line}: {state.skill.name} has {state.words}")
    print(f"{len(concerned)} of {len(states)} skills have script_first or the directive", file=sys.stderr)
    return 0


def _page(given: argparse.Namespace) -> int:
    from .skills.directives_correction import corrected_page
    from .skills.directives_page import differences
    from .skills.page_file import read_page_file, write_page_file

    library = _library(given)
    path = given.against or PAGE
    page = read_page_file(path, must_exist=not given.write)
    if given.write:
        corrected = corrected_page(page, library)
        if corrected != page:
            write_page_file(path, corrected)
        page = corrected
        print(path, file=sys.stderr if given.json else sys.stdout)
    found = differences(page, path, library)
    if given.json:
        _print_json({"differences": [{"path": at.path, "line": at.line, "message": at.message} for at in found]})
    else:
        for difference in found:
            _print_line(str(difference))
    return int(bool(found))


def _apply(given: argparse.Namespace) -> int:
    from .skills.directive_edit import apply_directive

    library = _library(given)
    skills = [library.get(name) if not os.path.exists(name) else library.below(name).only() for name in given.apply]
    # All or none: what cannot be edited is found before anything is written.
    edits = [apply_directive(skill, write=False) for skill in skills]
    for skill in skills:
        apply_directive(skill)
    for skill, edit in zip(skills, edits, strict=True):
        done = f"added {' and '.join(edit.added)}" if edit.added else "has both already"
        print(f"{skill.shown_as}: {done}")
    return 0


def _new(given: argparse.Namespace) -> int:
    from .skills.rule import Profile
    from .skills.scaffold import new_skill

    profile = Profile(given.profile)
    path = new_skill(
        given.name, given.path, profile=profile, script_first=given.script_first, description=given.description
    )
    print(path)
    return 0
