"""The words of names and sentences as search compares them: split, without what carries no meaning, stemmed."""

from __future__ import annotations

import re
from functools import lru_cache

# A word may end as C++ and C# do. Scripts without spaces are compared character by character.
_WORD = re.compile(
    r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]|[^\W_\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]+(?:\+\+|#)?"
)

_COMMON = """
a about after all also an and any are as asks at be been before but by can could do does for from get give had has have
help how i if in into is it its just like make me my need needs not of on one or our out over please should so some
something such than that the their them then there these they this those to up use used user uses using want wants was
way we what when whenever where which while who why will with would you your
"""
STOP_WORDS = frozenset(_COMMON.split())
"""Words that nearly every skill and sentence has: they are not looked for."""

_SHORT_FORMS = """
apis=api auth=authentication config=configuration db=database dbs=database doc=document docs=document
documentation=document docx=word env=environment js=javascript k8s=kubernetes kubectl=kubernetes multi=multiple
perf=performance postgresql=postgres ppt=powerpoint pptx=powerpoint py=python repo=repository repos=repository
several=multiple ts=typescript xls=excel xlsx=excel
"""
_SAME = dict(pair.split("=") for pair in _SHORT_FORMS.split())
"""What people write one way and skills the other."""

_SUFFIXES = tuple(
    (suffix, rest, shortest)
    for suffixes, rest, shortest in (
        ("ization isation izing ising izer iser ized ised ize ise", "", 4),
        ("ication icating icator icated icate", "", 4),
        ("ation ator ating ated ate", "", 4),
        ("ility", "il", 4),
        ("ity ness ment", "", 4),
        ("ysis yzing yzer yzed yze ysing yser ysed yse ytical ytic", "ys", 3),
        ("ical", "ic", 4),
        ("ion er or", "", 4),
        ("ing ed", "", 3),
        ("ly", "", 4),
        ("y i e", "", 3),
    )
    for suffix in suffixes.split()
)
_KEPT = ("eed", "thing", "ss", "us", "is", "ee")
_VOWEL = re.compile("[aeiouy]")


def words(text: str) -> list[str]:
    """Return the words of ``text`` in their order, in lower case. ``snake_case`` is two, ``GitHub`` is one."""
    return [word.lower() for word in _WORD.findall(text)]


def terms(text: str) -> list[str]:
    """Return what search counts of ``text``: the stems of its words, stop words left out."""
    return [stem(word) for word in words(text) if word not in STOP_WORDS]


@lru_cache(maxsize=1 << 16)
def stem(word: str) -> str:
    """Return what forms of one word have in common: ``combin`` of combine, combined, combining.

    A light one, with no dictionary: a few pairs that belong together stay apart (``ran``, ``run``), and a few that do
    not come together (``dock``, ``docker``).
    """
    word = _SAME.get(word, word)
    if not word.isascii():
        return word
    if len(word) > 3 and word[-1] == "s" and not word.endswith(_KEPT):
        word = _SAME.get(word[:-1], word[:-1])
    while (shorter := _without_suffix(word)) != word:
        word = _SAME.get(shorter, shorter)
    return word


def _without_suffix(word: str) -> str:
    if len(word) <= 3 or (word.endswith(_KEPT) and not word.endswith("ysis")):
        return word
    for suffix, rest, shortest in _SUFFIXES:
        if word.endswith(suffix):
            root = word[: -len(suffix)] + rest
            if len(root) >= shortest and _VOWEL.search(root) and (suffix != "y" or root[-1] not in "aeiou"):
                # runn, of running, is run; but no word ends in one l of call.
                return root[:-1] if root[-1] == root[-2] and root[-1] not in "aeioulsz" else root
    return word
