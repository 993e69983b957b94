"""How each agent's command line is told to ask the endpoint, and nobody else."""

from __future__ import annotations

from ..agents.settings import AgentSettings

KEY_VARIABLE = "LOOPBACK_MODEL_KEY"
"""The variable in which Codex finds its key."""

_KEY = "loopback"
"""Any text is a key here."""

_LOOPBACK = "127.0.0.1,localhost,::1"

_CLAUDE = {
    "ANTHROPIC_API_KEY": _KEY,
    # Whatever the user has set: it would win over the lines above and below.
    "ANTHROPIC_AUTH_TOKEN": "",
    "CLAUDE_CODE_USE_BEDROCK": "",
    "CLAUDE_CODE_USE_VERTEX": "",
    "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1",
    "CLAUDE_CODE_ENABLE_TELEMETRY": "0",
    "DISABLE_AUTOUPDATER": "1",
    "DISABLE_ERROR_REPORTING": "1",
    "DISABLE_TELEMETRY": "1",
}

_CODEX = (
    'model_provider="loopback"',
    "analytics.enabled=false",
    "check_for_update_on_startup=false",
    # Both look for what is new, at GitHub and elsewhere, in each run.
    "features.apps=false",
    "features.plugins=false",
)


def settings_for(cli_name: str, url: str) -> AgentSettings:
    """Return the variables and arguments for the command line ``cli_name`` and the endpoint at ``url``.

    One that is not known gets the variables by which clients of either API commonly find their server.
    """
    anthropic = {"ANTHROPIC_BASE_URL": url, **_CLAUDE}
    if cli_name in ("claude", "tiny"):
        return AgentSettings({**anthropic, **_proxies(url)})
    if cli_name == "codex":
        provider = f'{{name="loopback",base_url="{url}/v1",wire_api="responses",env_key="{KEY_VARIABLE}"}}'
        overrides = (*_CODEX, f"model_providers.loopback={provider}")
        arguments = tuple(part for override in overrides for part in ("-c", override))
        return AgentSettings({KEY_VARIABLE: _KEY, **_proxies(url)}, arguments)
    openai = {"OPENAI_BASE_URL": f"{url}/v1", "OPENAI_API_KEY": _KEY}
    return AgentSettings({**anthropic, **openai, **_proxies(url)})


def _proxies(url: str) -> dict[str, str]:
    """Return variables that lead everything but the loopback interface to the endpoint."""
    led = dict.fromkeys(("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"), url) | {"NO_PROXY": _LOOPBACK}
    return led | {name.lower(): value for name, value in led.items()}
