"""The user's own hooks around a run: what they return is checked here, and what they raise belongs to the item."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from ..core.status import Reason, Status
from ..errors import OrchestratorError

if TYPE_CHECKING:
    import pytest

    from ..core.document import RunDocument
    from ..core.result import RunResult
    from ..process.redaction import Redactor
    from ..scripts.prepare import Prepared
    from ..scripts.spec import RunContext
    from .items import ScriptItem

COMMAND = "pytest_orchestrator_command"
ENVIRONMENT = "pytest_orchestrator_environment"
VERDICT = "pytest_orchestrator_verdict"
SECTIONS = "pytest_orchestrator_report_sections"

_VERDICTS = {str(status): status for status in (Status.PASSED, Status.FAILED, Status.ERROR, Status.SKIPPED)}


def adapted(item: ScriptItem, prepared: Prepared, context: RunContext) -> Prepared:
    """Return ``prepared`` with what hooks change in command and environment.

    Raise OrchestratorError for an answer that is none, and whatever a hook raises.
    """
    hook = item.ihook
    argv = hook.pytest_orchestrator_command(item=item, argv=list(prepared.shown))
    if argv is not None:
        prepared = prepared.with_argv(_words(argv), context)
    changes: dict[str, str | None] = {}
    for given in hook.pytest_orchestrator_environment(item=item):
        for name, value in _variables(given).items():
            changes.setdefault(name, value)
    return prepared.with_environment(changes) if changes else prepared


def _words(argv: Any) -> tuple[str, ...]:
    if isinstance(argv, list | tuple) and argv and all(_is_word(word) for word in argv):
        return tuple(argv)
    message = f"{COMMAND} returned {argv!r}; a command is a list of texts without NUL that is not empty"
    raise OrchestratorError(message)


def _variables(given: Any) -> Mapping[str, str | None]:
    if isinstance(given, Mapping) and all(
        _is_word(name) and name and "=" not in name and (value is None or _is_word(value))
        for name, value in given.items()
    ):
        return given
    message = f"{ENVIRONMENT} returned {given!r}; it is a dictionary of names to texts, or to None to remove a variable"
    raise OrchestratorError(message)


def _is_word(value: object) -> bool:
    return isinstance(value, str) and "\0" not in value


def judged(item: ScriptItem, result: RunResult, redactor: Callable[[], Redactor]) -> RunResult:
    """Return ``result`` with the verdict that a hook gives it, its error without the secrets that ``redactor()`` knows.

    Raise OrchestratorError for an answer that is none, and whatever a hook raises.
    """
    hook = item.ihook.pytest_orchestrator_verdict
    if not hook.get_hookimpls():
        return result
    answer = hook(item=item, result=result.as_dict())
    if answer is None:
        return result
    if not isinstance(answer, Mapping) or not {"status"} <= answer.keys() <= {"status", "error"}:
        message = f"{VERDICT} returned {answer!r} for {item.nodeid}; allowed is a dictionary of 'status' and 'error'"
        raise OrchestratorError(message)
    status, error = _VERDICTS.get(answer["status"]), answer.get("error")
    if status is None:
        message = (
            f"{VERDICT} returned status {answer['status']!r} for {item.nodeid}; allowed are {', '.join(_VERDICTS)}"
        )
        raise OrchestratorError(message)
    if status is not Status.PASSED and error is None:
        error = f"{status} by {VERDICT}"
    return replace(
        result,
        status=status,
        error=None if error is None else redactor().text(str(error)),
        reason=Reason.CONFIGURATION if status is Status.ERROR else None,
        changed_by=VERDICT,
    )


def report_sections(
    config: pytest.Config, document: Callable[[], RunDocument], redacted: Callable[[str], str]
) -> tuple[list[tuple[str, str]], str | None]:
    """Return the sections that hooks add to the report, and what went wrong with them, in one line.

    ``redacted`` takes the secrets out of both.
    """
    hook = config.hook.pytest_orchestrator_report_sections
    if not hook.get_hookimpls():
        return [], None
    try:
        sections = [section for answer in hook(config=config, document=document()) for section in answer]
    except Exception as error:  # noqa: BLE001 - no item to blame it on, and the report is worth more than its addition
        return [], redacted(f"{SECTIONS} raised {type(error).__name__}: {error}")
    for section in sections:
        if not (isinstance(section, tuple | list) and len(section) == 2 and all(isinstance(t, str) for t in section)):
            problem = f"{SECTIONS} returned {section!r}; a section is a pair of a title and Markdown text"
            return [], redacted(problem)
    return [(redacted(title), redacted(markdown)) for title, markdown in sections], None
