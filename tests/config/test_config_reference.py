"""The reference pages are what the option table says."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from config_files import content_of

from pytest_orchestrator.config.options import OPTIONS, SECTIONS, flag, ini
from pytest_orchestrator.config.reference import main, options_page, renewed

if TYPE_CHECKING:
    import pytest

DOCS = Path(__file__).parents[2] / "docs/reference"


def test_the_options_page_is_up_to_date() -> None:
    command = "python -m pytest_orchestrator.config.reference > docs/reference/options.md"
    assert (DOCS / "options.md").read_text() == options_page(), f"out of date; run: {command}"


def test_the_tables_of_the_configuration_page_are_up_to_date() -> None:
    page = (DOCS / "configuration.md").read_text()
    command = "python -m pytest_orchestrator.config.reference docs/reference/configuration.md"
    assert page == renewed(page), f"out of date; run: {command}"
    assert page.count("<!-- keys of ") == page.count("<!-- end -->") == 3
    for name, text in SECTIONS.items():
        assert f"| `{name}` | {text}. |" in page


def test_the_examples_of_the_configuration_page_are_valid() -> None:
    page = (DOCS / "configuration.md").read_text()
    examples = [block.partition("```")[0] for block in page.split("```yaml\n")[1:]]
    assert len(examples) >= 3
    for example in examples:
        content_of(example)


def test_every_option_is_on_the_options_page_in_every_form() -> None:
    page = options_page()
    for option in OPTIONS:
        section = page.partition(f"\n### `{option.name}`\n")[2].partition("\n### ")[0]
        assert option.help in section
        assert (f"`{flag(option)}" in section) == option.has_flag, option.name
        assert (f"- ini: `{ini(option)}`" in section) == option.has_ini
        assert ("- YAML: " in section) == option.has_yaml
        assert ("- marker: " in section) == option.has_marker
        for field in option.fields:
            assert f"`{field.name}`" in section


def test_the_command_writes_the_page(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 0
    assert capsys.readouterr().out == options_page()


def test_the_command_renews_the_tables_of_a_page(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("before\n<!-- keys of discovery -->\nold\n<!-- end -->\nafter\n")
    assert main([str(page)]) == 0
    text = page.read_text()
    assert text.startswith("before\n<!-- keys of discovery -->\n\n| key |")
    assert text.endswith("|\n\n<!-- end -->\nafter\n")
    assert "`max_depth`" in text
    assert "old" not in text
