"""Fields that break a rule, each with some that do not."""

from __future__ import annotations

from skill_examples import RuleExample

from pytest_orchestrator.skills.rule import Profile


def _example(
    code: str, bad: str, good: str, title: str = "", *, line: int = 4, profile: Profile = Profile.SPEC
) -> RuleExample:
    said = "description" if profile is not Profile.SCRIPT_FIRST else "tags: [tea, kitchen, hot]\nintent"
    front = f"name: make-tea\n{said}: Makes tea. Use when someone is thirsty.\n"
    trees = ({"make-tea/SKILL.md": f"---\n{front}{text}\n---\n\n# Make tea\n"} for text in (bad, good))
    at = line + (profile is Profile.SCRIPT_FIRST)
    return RuleExample(code, next(trees), next(trees), at, profile, title)


_CLAUDE, _SCRIPT = Profile.CLAUDE_CODE, Profile.SCRIPT_FIRST

EXAMPLES: tuple[RuleExample, ...] = (
    _example("SK130", "author: me", "metadata:\n  author: me"),
    _example("SK130", "model: opus", "license: MIT", "of Claude Code"),
    _example("SK130", "user-invokable: false", "user-invocable: false", "a slip", profile=_CLAUDE),
    _example("SK130", "risk-level: low", "risk_level: low", "script-first", profile=_SCRIPT),
    _example("SK131", "metadata: tea", "metadata:\n  drink: tea"),
    _example("SK131", "allowed-tools:\n  - Read\n  - Bash", "allowed-tools: Read Bash", "a list of tools", line=5),
    _example("SK131", "license:", "license: MIT", "empty"),
    _example("SK131", "license: 2.0", "license: '2.0'", "a number"),
    _example("SK131", "compatibility: [git]", "compatibility: git", "a list"),
    _example(
        "SK131", 'disable-model-invocation: "true"', "disable-model-invocation: true", "text for true", profile=_CLAUDE,
    ),
    _example("SK131", "argument-hint: [file]", "argument-hint: '[file]'", "brackets", profile=_CLAUDE),
    _example("SK131", "paths:\n  - src\n  - 5", "paths:\n  - src\n  - '5'", "an entry", line=6, profile=_CLAUDE),
    _example("SK131", "hooks: PreToolUse", "hooks:\n  PreToolUse: []", "hooks", profile=_CLAUDE),
    _example("SK131", "always_load: never", "always_load: false", "a word", profile=_SCRIPT),
    _example("SK131", "languages: python", "languages: [python]", "no list", profile=_SCRIPT),
    _example("SK132", f"compatibility: Needs {'hot ' * 130}water", "compatibility: Needs hot water"),
    _example("SK133", "effort: extreme", "effort: max", profile=_CLAUDE),
    _example("SK133", "context: inline", "context: fork", "context", profile=_CLAUDE),
    _example("SK133", "shell: zsh", "shell: bash", "shell", profile=_CLAUDE),
    _example("SK133", "risk_level: deadly", "risk_level: high", "risk", profile=_SCRIPT),
    _example("SK134", "metadata:\n  steps: [boil, pour]", "metadata:\n  steps: boil pour", line=5),
    _example("SK134", "metadata:\n  version: 1.0", "metadata:\n  version: '1.0'", "a number", line=5),
    _example("SK135", "agent: Explore", "context: fork\nagent: Explore", profile=_CLAUDE),
    _example(
        "SK136",
        "disable-model-invocation: true\nuser-invocable: false",
        "disable-model-invocation: true\nuser-invocable: true",
        line=5,
        profile=_CLAUDE,
    ),
)  # fmt: skip
