"""Search: what a sentence finds, why, in which order, and how often it is right."""

from __future__ import annotations

import json
import math
import subprocess
import sys
from statistics import mean
from typing import TYPE_CHECKING

import pytest
from skill_trees import DATA, queries_of, skill_text, write_own_skills, write_tree

from pytest_orchestrator import SkillError
from pytest_orchestrator.skills import semantic
from pytest_orchestrator.skills.library import SkillLibrary
from pytest_orchestrator.skills.words import stem, terms

if TYPE_CHECKING:
    from pathlib import Path

QUERIES = queries_of("search_own_skills.json")


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> SkillLibrary:
    return SkillLibrary.of(root=write_own_skills(tmp_path_factory.mktemp("skills")))


def found(library: SkillLibrary, sentence: str, *, by_meaning: bool = False) -> list[str]:
    hits = library.search(sentence, None, semantic=by_meaning)
    return [hit.path.removesuffix("/SKILL.md") for hit in hits]


def ranks(library: SkillLibrary, *, by_meaning: bool = False) -> list[float]:
    """Return of every labelled sentence where its skill was found, counted from 1."""
    answers = [(found(library, query.sentence, by_meaning=by_meaning), query.relevant[0]) for query in QUERIES]
    return [names.index(wanted) + 1 if wanted in names else math.inf for names, wanted in answers]


def test_sentences_are_answered() -> None:
    assert len(QUERIES) >= 30


def test_the_right_skill_is_among_the_first_three(library: SkillLibrary) -> None:
    places = ranks(library)
    assert mean(place <= 3 for place in places) >= 0.96
    assert mean(1 / place for place in places) >= 0.9


@pytest.mark.parametrize(
    ("sentence", "path"),
    [
        ("combine several skills into one workflow", "core/orchestrator"),
        ("fix redis timeouts", "caches/redis-latency"),
        ("REDIS TIMEOUT!", "caches/redis-latency"),
        ("why are k8s pods crashing", "k8s/crashloop-triage"),
    ],
)
def test_a_sentence_finds_the_skill_that_it_means(library: SkillLibrary, sentence: str, path: str) -> None:
    assert found(library, sentence)[0] == path


def test_a_hit_says_which_words_matched_in_which_field(library: SkillLibrary) -> None:
    (hit, *_) = library.search("please fix the Redis timeouts of our clients")
    assert hit.as_dict() == {
        "path": "caches/redis-latency/SKILL.md",
        "name": "redis-latency",
        "score": hit.score,
        "why": {
            "name": ["redis"],
            "tags": ["redis"],
            "description": ["redis", "timeouts", "clients"],
            "headings": ["redis", "clients"],
        },
    }
    assert hit.score > 0


def test_the_best_is_first_and_the_same_question_has_the_same_answer(library: SkillLibrary) -> None:
    hits = library.search("restart the database after a restore", None)
    assert [hit.score for hit in hits] == sorted((hit.score for hit in hits), reverse=True)
    again = SkillLibrary.of(root=library.root).search("restart the database after a restore", None)
    assert [hit.as_dict() for hit in again] == [hit.as_dict() for hit in hits]


def test_equal_skills_come_in_the_order_of_their_paths(tmp_path: Path) -> None:
    write_tree(tmp_path, {f"{place}/same/SKILL.md": skill_text("same") for place in "cab"})
    hits = SkillLibrary.of(root=tmp_path).search("same")
    assert [hit.path[0] for hit in hits] == ["a", "b", "c"]
    assert len({hit.score for hit in hits}) == 1


def test_the_limit_holds(library: SkillLibrary) -> None:
    assert len(library.search("database logs git pods", 2)) == 2
    assert len(library.search("database logs git pods", None)) > 5


@pytest.mark.parametrize("sentence", ["", "   ", "quantum chromodynamics", "…!?", "\0", "use this when"])
def test_what_nothing_fits_finds_nothing(library: SkillLibrary, sentence: str) -> None:
    assert library.search(sentence) == []


def test_an_empty_library_finds_nothing(tmp_path: Path) -> None:
    assert SkillLibrary.of(root=tmp_path).search("anything") == []


def test_a_word_counts_more_in_a_name_than_in_a_heading(tmp_path: Path) -> None:
    write_tree(
        tmp_path,
        {
            "a/SKILL.md": skill_text("other", body="# Kafka\n"),
            "b/SKILL.md": skill_text("kafka"),
            "c/SKILL.md": skill_text("third", "Moves Kafka topics."),
        },
    )
    assert [hit.name for hit in SkillLibrary.of(root=tmp_path).search("kafka")] == ["kafka", "third", "other"]


def test_headings_in_code_are_no_headings(tmp_path: Path) -> None:
    body = "# Title\n\n~~~~sh\n# kafka\n~~~\n# kafka\n~~~~\n\n```\n# kafka\n```\n\n## Zookeeper\n"
    write_tree(tmp_path, {"a/SKILL.md": skill_text("a", body=body)})
    library = SkillLibrary.of(root=tmp_path)
    assert library.search("kafka") == []
    assert [dict(hit.why) for hit in library.search("zookeeper")] == [{"headings": ("zookeeper",)}]


def test_a_skill_without_a_description_is_found_by_its_first_paragraph(tmp_path: Path) -> None:
    write_tree(tmp_path, {"a/SKILL.md": "# Title\n\nCounts *penguins*.\n"})
    (hit,) = SkillLibrary.of(root=tmp_path).search("count penguins")
    assert dict(hit.why) == {"description": ("count", "penguins")}


@pytest.mark.parametrize(
    "forms",
    [
        "combine combines combined combining",
        "query queries querying queried",
        "deploy deploys deployed deploying deployment deployments",
        "orchestrate orchestrates orchestrating orchestration orchestrator",
        "analyze analyse analyzes analysis analyses analyzing analyzer analytics",
        "run runs running runner",
        "test tests tested testing tester",
        "summary summaries summarize summarise summarization",
        "notify notifies notification notifications",
        "authenticate authentication authenticating auth",
        "k8s kubernetes kubectl",
        "db dbs database databases",
        "docs document documents documentation",
    ],
)
def test_forms_of_one_word_are_one(forms: str) -> None:
    assert len({stem(form) for form in forms.split()}) == 1


@pytest.mark.parametrize(
    "pair", ["speed need", "class bus", "status static", "redis red", "test text", "server severe"]
)
def test_different_words_stay_different(pair: str) -> None:
    assert len({stem(word) for word in pair.split()}) == 2


def test_words_of_other_scripts_are_words() -> None:
    assert terms("Ärger über C++, C# und café_latte 日本") == [
        "ärger",
        "über",
        "c++",
        "c#",
        "und",
        "café",
        "lat",
        "日",
        "本",
    ]


def test_meaning_finds_what_no_word_of_it_says(library: SkillLibrary) -> None:
    pytest.importorskip("wordllama")
    assert "certificate" not in "https encryption about to lapse"
    assert "monitoring/certificate-expiry" in found(library, "ssl encryption about to lapse", by_meaning=True)[:2]


def test_meaning_is_no_worse_than_words_alone(library: SkillLibrary) -> None:
    pytest.importorskip("wordllama")
    assert mean(1 / place for place in ranks(library, by_meaning=True)) >= 0.9


def test_meaning_works_without_a_network_and_gives_the_same_answer_twice(
    library: SkillLibrary, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("wordllama")
    semantic._model.cache_clear()

    def refuse(*arguments: object) -> None:
        raise AssertionError(arguments)

    monkeypatch.setattr("socket.socket.connect", refuse)
    first, second = (
        [hit.as_dict() for hit in SkillLibrary.of(root=library.root).search("mend slow pages", semantic=True)]
        for _ in range(2)
    )
    assert first == second
    assert all(0 < hit["score"] <= 1 for hit in first)


def test_without_the_extra_search_by_meaning_says_what_to_install(
    library: SkillLibrary, monkeypatch: pytest.MonkeyPatch
) -> None:
    semantic._model.cache_clear()
    monkeypatch.setitem(sys.modules, "wordllama", None)
    with pytest.raises(SkillError, match=r"not installed: pip install 'pytest-orchestrator\[semantic\]'"):
        SkillLibrary.of(root=library.root).search("anything", semantic=True)


def test_meaning_of_nothing_is_nothing(tmp_path: Path, library: SkillLibrary) -> None:
    pytest.importorskip("wordllama")
    assert SkillLibrary.of(root=tmp_path).search("anything", semantic=True) == []
    assert library.search("  ", semantic=True) == []


# -- the labelled set over real skills, which is measured outside of the suite --------------------------------


def test_the_labelled_set_over_real_skills_is_large_enough_and_names_what_to_fetch() -> None:
    data = json.loads((DATA / "search_queries.json").read_text(encoding="utf-8"))
    queries = queries_of("search_queries.json")
    assert len({query.sentence for query in queries}) == len(queries) >= 100
    assert all(1 <= len(set(query.relevant)) == len(query.relevant) <= 4 for query in queries)
    assert len({name for query in queries for name in query.relevant}) >= 100
    page = (DATA.parents[1] / "docs/explanation/skill-search.md").read_text(encoding="utf-8")
    assert all(f"{name}=={version}" in page for name, version in data["packages"].items())


def test_without_the_real_skills_the_measurement_says_how_to_get_them(tmp_path: Path) -> None:
    write_own_skills(tmp_path)
    program = DATA.parent / "benchmarks" / "skill_search.py"
    done = subprocess.run([sys.executable, program, tmp_path], capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (2, "")
    assert "pip install --no-deps --no-compile --target DIRECTORY abvx-agent-skills==" in done.stderr
