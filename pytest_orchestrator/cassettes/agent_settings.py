"""How each agent CLI is told to talk to the endpoint, and to nobody else."""

from __future__ import annotations

from ..agents.settings import AgentSettings

KEY_VARIABLE = "LOOPBACK_MODEL_KEY"
"""The variable in which Codex finds its key."""

_KEY = "loopback"
"""Any text is a key here."""

_CLAUDE = {
    "ANTHROPIC_API_KEY": _KEY,
    "ANTHROPIC_AUTH_TOKEN": "",
    "CLAUDE_CODE_USE_BEDROCK": "",
    "CLAUDE_CODE_USE_VERTEX": "",
    "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1",
    "CLAUDE_CODE_ENABLE_TELEMETRY": "0",
    "DISABLE_AUTOUPDATER": "1",
    "DISABLE_TELEMETRY": "1",
    "DISABLE_ERROR_REPORTING": "1",
}


def settings_for(cli_name: str, url: str) -> AgentSettings:
    """Return the variables and arguments for the CLI ``cli_name`` and the endpoint at ``url``.

    A CLI that is not known gets the variables by which clients of either API commonly find their server.
    """
    claude = {"ANTHROPIC_BASE_URL": url, **_CLAUDE}
    if cli_name == "codex":
        provider = f'{{name="loopback",base_url="{url}/v1",wire_api="responses",env_key="{KEY_VARIABLE}"}}'
        overrides = (
            'model_provider="loopback"',
            f"model_providers.loopback={provider}",
            "check_for_update_on_startup=false",
            "analytics.enabled=false",
        )
        arguments = tuple(part for override in overrides for part in ("-c", override))
        return AgentSettings({KEY_VARIABLE: _KEY}, arguments)
    if cli_name in ("claude", "tiny"):
        return AgentSettings(claude, ())
    return AgentSettings({**claude, "OPENAI_BASE_URL": f"{url}/v1", "OPENAI_API_KEY": _KEY}, ())
