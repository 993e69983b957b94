"""What is known of the names of a scope at one point of it: which are bound, and which only if a condition holds."""

from __future__ import annotations

from dataclasses import replace

from ..quick_dataclasses import dataclass

NOTHING: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Fact:
    """A condition that was found to hold, or not to."""

    key: str
    """The condition, in a form that equal ones share."""
    holds: bool
    names: frozenset[str]
    """The names in it: when one of them is bound anew, nothing is known any more."""


@dataclass(frozen=True, slots=True)
class Known:
    """What holds whenever a point of the program is reached."""

    bound: frozenset[str] = NOTHING
    """Names that are bound on every path to here."""
    seen: frozenset[str] = NOTHING
    """Names that are bound on one of the paths."""
    facts: frozenset[Fact] = frozenset()
    implied: frozenset[tuple[Fact, str]] = frozenset()
    """Names that are bound if a condition that was asked before is asked again with the same answer."""

    def binding(self, name: str) -> Known:
        """Return what is known once ``name`` is bound."""
        return replace(self._forgetting(name), bound=self.bound | {name}, seen=self.seen | {name})

    def with_all(self, names: frozenset[str]) -> Known:
        """Return what is known if all ``names`` are bound by whatever came before."""
        return replace(self, bound=self.bound | names, seen=self.seen | names)

    def reached_past(self, names: frozenset[str]) -> Known:
        """Return what is known where something that may have bound ``names`` was left in its middle."""
        return replace(self, seen=self.seen | names)

    def without(self, name: str) -> Known:
        """Return what is known once ``name`` is deleted."""
        return replace(self._forgetting(name), bound=self.bound - {name}, seen=self.seen - {name})

    def entering(self, rebound: set[str], deleted: set[str]) -> Known:
        """Return what is known at the start of every turn of a loop whose body binds and deletes such names."""
        known = self
        for name in rebound | deleted:
            known = known._forgetting(name)
        return replace(known, bound=known.bound - deleted)

    def where(self, fact: Fact) -> Known | None:
        """Return what is known where ``fact`` holds; None if it cannot."""
        if any(fact.key == other.key and fact.holds is not other.holds for other in self.facts):
            return None
        return replace(self.assuming(fact), facts=self.facts | {fact})

    def assuming(self, fact: Fact) -> Known:
        """Return what is known with the names that are bound where ``fact`` holds."""
        return replace(self, bound=self.bound.union(name for given, name in self.implied if given == fact))

    def _forgetting(self, name: str) -> Known:
        facts = frozenset(fact for fact in self.facts if name not in fact.names)
        implied = frozenset(pair for pair in self.implied if name not in pair[0].names and name != pair[1])
        return replace(self, facts=facts, implied=implied)

    def joined(self, other: Known) -> Known:
        """Return what is known where this and ``other`` come together."""
        if self == other:
            return self
        return Known(
            self.bound & other.bound,
            self.seen | other.seen,
            self.facts & other.facts,
            self._implications(other) | other._implications(self),
        )

    def _implications(self, other: Known) -> frozenset[tuple[Fact, str]]:
        kept = {pair for pair in self.implied if pair in other.implied or pair[1] in other.bound}
        kept.update((fact, name) for fact in self.facts - other.facts for name in self.bound - other.bound)
        return frozenset(kept)


def join(*states: Known | None) -> Known | None:
    """Return what is known where several paths meet; None if none of them gets there."""
    met: Known | None = None
    for state in states:
        if state is not None:
            met = state if met is None else met.joined(state)
    return met
