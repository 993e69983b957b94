"""The one place that reaches into pytest's private parts, and why it must.

pytest has no public way to ask for fixtures on behalf of an item that is no Python function (its own doctest plugin
does it as here), none to say in which colour a category of its last line is shown, none to ask which rootdir it would
have found for other arguments, and none to report a subtest of an item that is no Python function. What it offers for
keywords and ids takes several times as long for each item as all that we do with them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from _pytest import terminal
from _pytest.config.findpaths import determine_setup
from _pytest.fixtures import FuncFixtureInfo, TopRequest
from _pytest.subtests import SubtestContext, SubtestReport

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    import pytest


def fixture_info(item: pytest.Item) -> FuncFixtureInfo:
    """Return the fixtures that ``item`` gets: the autouse ones of its directory and those of its ``usefixtures`` marks.

    Right only after collection: pytest reads a folder's conftest fixtures when the folder's ``collect`` has returned.
    """
    return item.session._fixturemanager.getfixtureinfo(node=item, func=None, cls=None)  # noqa: SLF001 - what this file is for


def new_request(item: Any) -> TopRequest:
    """Return a request on behalf of ``item``, which must have ``_fixtureinfo``, ``fixturenames`` and ``funcargs``."""
    return TopRequest(item, _ispytest=True)


def fill_fixtures(request: TopRequest) -> None:
    """Set up every fixture of the request's item."""
    request._fillfixtures()  # noqa: SLF001 - what this file is for


def subtest_report(report: pytest.TestReport, name: str) -> pytest.TestReport:
    """Return ``report`` as that of the subtest called ``name``."""
    return SubtestReport._new(report, SubtestContext(msg=name, kwargs={}), None, None)  # noqa: SLF001 - what this file is for


def own_keywords(node: pytest.Item) -> Iterable[str]:
    """Return the keywords of ``node`` without those of the nodes above it, which pytest goes through for each anew."""
    own: Iterable[str] = node.keywords._markers  # type: ignore[attr-defined]  # noqa: SLF001 - what this file is for
    return own


def structured_id(node: pytest.Item) -> Any:
    """Return the id of ``node`` in the form in which reports share it, where this pytest has one; else as text."""
    return getattr(node, "id", node.nodeid)


def show_in_red(category: str) -> None:
    """Make pytest's last line show the number of reports of ``category`` in red, as it does for failures."""
    terminal._color_for_type.setdefault(category, "red")  # noqa: SLF001 - what this file is for


def rootdir_and_ini(config: pytest.Config, arguments: Sequence[str]) -> tuple[Path, Path | None]:
    """Return the rootdir and the ini file that pytest finds for these path arguments."""
    rootdir, ini, *_ = determine_setup(
        inifile=config.option.inifilename,
        override_ini=None,
        args=arguments,
        rootdir_cmd_arg=config.option.rootdir or None,
        invocation_dir=config.invocation_params.dir,
    )
    return rootdir, ini
