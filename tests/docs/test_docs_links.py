"""Every relative link of the documentation leads to a file, and every anchor to a heading."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from doc_pages import ROOT, anchors_of, links_of, page_name, pages

if TYPE_CHECKING:
    from pathlib import Path

_ELSEWHERE = re.compile(r"[a-z][a-z0-9+.-]*:")


def _broken(page: Path) -> list[str]:
    broken = []
    for line, target in links_of(page):
        if _ELSEWHERE.match(target):
            continue
        path, _, anchor = target.partition("#")
        file = (page.parent / path).resolve() if path else page
        if not file.exists():
            broken.append(f"{page_name(page)}:{line}: {target} does not exist")
        elif anchor and anchor not in anchors_of(file):
            broken.append(f"{page_name(page)}:{line}: {target} names no heading")
    return broken


@pytest.mark.parametrize("page", pages(), ids=page_name)
def test_every_relative_link_leads_somewhere(page: Path) -> None:
    assert _broken(page) == []


def test_every_page_is_reached_from_the_index() -> None:
    index = ROOT / "docs" / "index.md"
    reached: set[Path] = set()
    todo = [index]
    while todo:
        page = todo.pop()
        if page in reached:
            continue
        reached.add(page)
        targets = [target.partition("#")[0] for _, target in links_of(page) if not _ELSEWHERE.match(target)]
        todo += [(page.parent / target).resolve() for target in targets if target.endswith(".md")]
    assert set((ROOT / "docs").rglob("*.md")) <= reached


@pytest.mark.parametrize("page", pages(), ids=page_name)
def test_a_page_has_one_title(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    assert text.startswith("# ")
