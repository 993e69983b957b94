"""The pages of the rules, and the table of their codes, are what the rules and their examples say."""

from __future__ import annotations

from rule_pages import PAGES, TABLE, pages, table

RENEW = "out of date; run: python tests/skills/rule_pages.py"


def test_each_rule_has_its_page() -> None:
    made = pages()
    assert sorted(path.name for path in PAGES.glob("*")) == sorted(made), RENEW
    stale = [name for name, text in made.items() if (PAGES / name).read_text(encoding="utf-8") != text]
    assert stale == [], RENEW


def test_a_page_shows_a_bad_skill_what_is_said_of_it_and_a_good_one() -> None:
    for name, text in pages().items():
        if name != "index.md":
            code = name.removesuffix(".md")
            wrong, right = text.partition("## Wrong\n")[2].partition("\n## Right\n")[::2]
            assert f": {code} " in wrong, name
            assert right, name


def test_the_configuration_knows_every_rule() -> None:
    assert TABLE.read_text(encoding="utf-8") == table(), RENEW
