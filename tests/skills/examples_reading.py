"""Files that are no skills yet, each with one that is."""

from __future__ import annotations

from skill_examples import RuleExample

from pytest_orchestrator.skills.rule import Profile

_TEXT = "---\nname: make-tea\ndescription: Makes tea. Use when someone is thirsty.\n---\n\n# Make tea\n"


def _example(
    code: str, text: str, line: int = 1, title: str = "", profile: Profile = Profile.SPEC, good: str = _TEXT
) -> RuleExample:
    return RuleExample(code, {"make-tea/SKILL.md": text}, {"make-tea/SKILL.md": good}, line, profile, title)


EXAMPLES: tuple[RuleExample, ...] = (
    _example("SK100", _TEXT + "\n" + "Pour the water.\n" * 2**18, title="larger than 4 MiB"),
    _example("SK101", _TEXT.replace("thirsty", "at the caf\udce9"), 3, "Latin-1"),
    _example("SK101", "\udcff\udcfe-\0-\0-\0\n\0", 1, "UTF-16"),
    _example("SK102", ""),
    _example("SK102", " \n\n\t\n", title="white space"),
    _example("SK102", "\ufeff", title="a byte order mark"),
    _example("SK103", _TEXT + "\nPour\0 the water.\n", 8),
    _example("SK103", _TEXT.replace("thirsty", "thir\0sty"), 3, "in the front matter"),
    _example("SK104", "# Make tea\n\nPour the water.\n"),
    _example("SK104", "\n" + _TEXT, 2, "below an empty line"),
    _example("SK104", "\u200b" + _TEXT, 1, "behind an invisible character"),
    _example("SK104", _TEXT.replace("---\n", "--- ", 1), 1, "in the line of the fence"),
    _example("SK104", "# Make tea\n", 1, "Claude Code", Profile.CLAUDE_CODE),
    _example("SK105", "---\nname: make-tea\ndescription: Makes tea. Use when thirsty.\n\n# Make tea\n\nPour.\n"),
    _example("SK105", _TEXT.replace("\n---\n", "\n  ---\n"), 4, "indented"),
    _example("SK105", _TEXT.replace("\n---\n", "\n----\n"), 4, "four dashes"),
    _example("SK105", _TEXT.replace("\n---\n", "\n\u2014\n"), 4, "a dash that an editor made"),
    _example("SK105", "---", 1, "nothing else"),
    _example(
        "SK106",
        _TEXT.replace("Makes tea. Use", "Makes tea: use"),
        3,
        "a colon",
        good=_TEXT.replace("Makes tea. Use when someone is thirsty.", '"Makes tea: use when someone is thirsty."'),
    ),
    _example("SK106", _TEXT.replace("---\n\n", "name: brew-tea\n---\n\n"), 4, "duplicate key"),
    _example("SK106", _TEXT.replace("description: M", "description: 'M"), 3, "open quote"),
    _example("SK106", _TEXT.replace("description: M", "description: @M"), 3, "reserved character"),
    _example("SK106", _TEXT.replace("---\n\n", "metadata:\n\tauthor: me\n---\n\n"), 5, "tab"),
    _example("SK106", _TEXT.replace("---\n\n", "license: [MIT\n---\n\n"), 4, "open bracket"),
    _example("SK106", _TEXT.replace("---\n\n", "license: *mit\n---\n\n"), 4, "unknown alias"),
    _example("SK106", _TEXT.replace("---\n\n", "license: !!python/name:os.system x\n---\n\n"), 4, "tag"),
    _example("SK106", _TEXT.replace("thirsty", "thir\x07sty"), 3, "control character"),
    _example(
        "SK106",
        _TEXT.replace("---\n\n", "metadata: " + "[" * 100 + "]" * 100 + "\n---\n\n"),
        4,
        "nested too deeply",
    ),
    _example(
        "SK106",
        "---\nname: make-tea\nmetadata:\n  a: &a [x, x, x, x, x, x, x, x, x, x]\n"
        + "".join(
            f"  {one}: &{one} [{', '.join([f'*{other}'] * 10)}]\n"
            for other, one in zip("abcdefg", "bcdefgh", strict=True)
        )
        + "---\n",
        9,
        "alias bomb",
    ),
    _example("SK107", "---\n- make-tea\n- Makes tea. Use when thirsty.\n---\n\n# Make tea\n", 2),
    _example("SK107", "---\nmake-tea\n---\n\n# Make tea\n", 2, "text"),
    _example("SK108", "\ufeff" + _TEXT),
)
