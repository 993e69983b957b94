"""Programs that are fetched from a registry and run at once, in whatever version is the latest."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ...config.phrases import clipped
from ..files import is_program
from ..finding import Part, Severity
from ..rule import Rule
from ..shell_lines import commands
from .mentions import SHELLS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..context import CheckContext
    from ..document import SkillDocument
    from ..rule import Found

UNPINNED = Rule(
    "SK424", "unpinned-package", Part.FILES, Severity.NOTE,
    "A package that is fetched and run by one command has a version.",
    "`npx -y some-tool` runs, with all rights of the agent, whatever the registry calls the latest version that day: "
    "the skill works differently tomorrow, or runs what somebody put there (Agent Skills: using scripts, pin "
    "versions). Looked at are `npx`, `bunx`, `pnpm dlx`, `yarn dlx`, `uvx`, `uv tool run` and `pipx run` in blocks of "
    "shell commands and in shell scripts. A path, and with `npx` the usual tools of a project (`npx tsc`), which come "
    "from its own dependencies, are fine.",
)  # fmt: skip

RULES = (UNPINNED,)

_HINTS = ("npx", "bunx", "uvx", "pipx", " dlx", "tool run", "bun x")
_RUNNER = re.compile(
    # What another command is to start stands behind its "--".
    r"(?:.{0,400}\s--\s+)?(?:(?P<node>npx|bunx|bun\s+x|pnpx|pnpm\s+dlx|yarn\s+dlx|npm\s+exec)\s|(?P<python>uvx|uv\s+tool\s+run|pipx\s+run)\s)"
)
_STAYS_LOCAL = frozenset({"--no", "--no-install", "--offline", "--prefer-offline"})
_NAMES_IT = {"node": frozenset({"-p", "--package"}), "python": frozenset({"--from", "--spec"})}
_TAKES_VALUE = {
    "node": frozenset({"-c", "--call", "--registry", "-w", "--workspace"}),
    "python": frozenset({
        "-p", "--python", "--with", "--index-url", "--extra-index-url", "--pip-args", "--with-requirements", "-i",
        "--index", "-c", "--constraints",
    }),
}  # fmt: skip
_PACKAGE = re.compile(
    r"(?P<name>(?:@[\w.-]+/)?\w[\w.-]*)(?:\[[\w,.-]*\])?(?:@(?P<tag>[\w.^~*+-]+)|(?P<pin>(?:==|~=|>=|<=|<|>)[\w.*,<>=!-]+))?"
)
_MOVING = frozenset({"latest", "next", "beta", "alpha", "canary", "rc", "dev", "nightly", "experimental", "main", "*"})
# What projects that use them have among their dependencies; npx runs that one.
_OF_A_PROJECT = frozenset({
    "astro", "ava", "babel", "bddgen", "biome", "c8", "cap", "changeset", "codecept", "commitlint",
    "conventional-changelog", "cypress",
    "depcheck", "drizzle-kit", "electron", "electron-builder", "electron-forge", "esbuild", "eslint", "expo",
    "expo-doctor", "graphql-codegen", "grunt", "gulp", "hardhat", "hereby", "husky", "jest", "karma", "knex", "knip",
    "lerna", "lint-staged", "madge", "mocha", "msw", "n8n-node", "next", "ng", "nodemon", "node-gyp", "nuxi", "nuxt",
    "nx", "nyc", "oxlint", "parcel", "payload", "playwright", "postcss", "prettier", "prisma", "react-native",
    "react-router", "remotion", "remix", "rollup", "sb", "semantic-release", "sequelize", "sequelize-cli",
    "size-limit", "storybook", "stylelint", "svelte-check", "svelte-kit", "sv", "tailwind", "tailwindcss", "tap",
    "tsc", "ts-node", "tsup", "tsx", "turbo", "typedoc", "typeorm", "vite", "vitepress", "vitest", "vue-tsc",
    "webpack", "wrangler", "@angular/cli", "@biomejs/biome", "@changesets/cli", "@commitlint/cli", "@nestjs/cli",
    "@tailwindcss/cli", "@redocly/cli",
})  # fmt: skip


def check(skill: SkillDocument, context: CheckContext) -> Iterator[Found]:
    """Yield the commands that run a package without a version, each package once."""
    seen: set[str] = set()
    for fence in skill.body.fences:
        is_shell = not fence.language or fence.language in SHELLS
        if is_shell and any(hint in fence.code for hint in _HINTS):
            written = fence.code.split("\n")
            for line, column, package in _unpinned(fence.code, fence.line + 1, seen):
                shift = skill.lines[line - 1].find(written[line - fence.line - 1])
                yield _found(package, line, column + max(shift, 0), "")
    for file in skill.bundle.own:
        if is_program(file) and (text := context.text(file)) is not None and file.is_shell(text):
            for line, column, package in _unpinned(text, 1, seen):
                yield _found(package, line, column, file.shown_as)


def _found(package: str, line: int, column: int, path: str) -> Found:
    return UNPINNED.at(
        line, column, f"{clipped(package)} is fetched and run in whatever version is the latest", "name a version",
        path=path,
    )  # fmt: skip


def _unpinned(text: str, first: int, seen: set[str]) -> Iterator[tuple[int, int, str]]:
    if not any(hint in text for hint in _HINTS):
        return
    for command in commands(text, first):
        runner = _RUNNER.match(command.text)
        if runner is None:
            continue
        package = _package(runner.lastgroup or "", command.text[runner.end() :].split())
        if package and package not in seen:
            seen.add(package)
            yield command.line, command.column, package


def _package(kind: str, words: list[str]) -> str:
    """Return the package that a command runs if it has no version; empty if it has, or cannot be told."""
    is_sure = False
    for number, word in enumerate(words):
        if word in _STAYS_LOCAL:
            return ""
        name, _, value = word.partition("=")
        if name in _NAMES_IT[kind]:
            return _judged(kind, value or "".join(words[number + 1 : number + 2]), is_sure=True)
        if word in ("-y", "--yes"):
            is_sure = True
        elif word.startswith("-"):
            if word in _TAKES_VALUE[kind]:
                words[number + 1 : number + 2] = ["-"]
        else:
            return _judged(kind, word, is_sure=is_sure)
    return ""


def _judged(kind: str, word: str, *, is_sure: bool) -> str:
    match = _PACKAGE.fullmatch(word.strip("\"'"))
    if match is None or match["pin"]:
        return ""
    tag = match["tag"]
    if tag is not None:
        return match[0] if tag.lower() in _MOVING else ""
    is_of_project = kind == "node" and not is_sure and match["name"] in _OF_A_PROJECT
    return "" if is_of_project else match[0]
