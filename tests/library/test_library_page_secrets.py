"""No secret on the page about scripts, wherever in the scripts or their configuration it stands."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_orchestrator import generate_script_documentation

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

TOKEN = "ghp_" + "a1B2" * 9


def test_a_page_about_scripts_shows_no_secrets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DEPLOY_TOKEN", "from_the_*environment*")
    scripts = tmp_path / "scripts"
    scripts.mkdir()
    (scripts / "a.sh").write_text(
        f"# Deploys with from_the_*environment*.\n#\n# Once it was {TOKEN}.\n#\n# Usage: a.sh db://me:hunter2@host\n"
    )
    (scripts / "b.py").write_text(
        f'"""Says in-the-file.\n\nAnd {TOKEN}."""\nimport argparse\np = argparse.ArgumentParser()\n'
        'p.add_argument("--token", help="as in-the-file")\n'
    )
    (scripts / "orchestrator.yaml").write_text(
        f"scripts:\n  '*':\n    args: [--token, in-the-file, db://me:hunter2@host]\n    stdin: {TOKEN}\n"
        "    env: {MY_PASSWORD: in-the-file, URL: 'http://x/?in-the-file', PLAIN: shown}\n"
    )
    text = generate_script_documentation(scripts, tmp_path / "page.md").read_text().replace("\\", "")
    for secret in ("from_the_*environment*", "in-the-file", "hunter2", TOKEN):
        assert secret not in text
    assert text.count("[redacted]") >= 12
    assert '"PLAIN": "shown"' in text
