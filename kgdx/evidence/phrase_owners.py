"""Phrases that name concepts, and which concept has a phrase that several claim."""

from collections.abc import Iterable
from dataclasses import dataclass

from kgdx.evidence.spelling import fold
from kgdx.evidence.words import is_han, joined_forms

Key = tuple[str, ...]
"""Folded words."""
NO_CURIE = ""
"""Whose phrase a decoy is."""
NAME = 1
"""Rank of a concept's own name: after the lexicon's, before synonyms."""
COMPOSED = 4
"""Rank of a phrase that follows from others."""
_MIN_CHARACTERS = 3
# A Chinese word has two characters as a rule; one alone is part of too many others.
_MIN_HAN = 2
# Longer abbreviations than this are no words of English by chance.
_MAX_AMBIGUOUS = 3


@dataclass(frozen=True, slots=True)
class Phrase:
    """One way to name a concept.

    Attributes:
        text: as an ontology or the lexicon writes it.
        curie: the concept; empty for a decoy.
        rank: of two concepts with the same phrase, the lower rank has it.
        is_normal: as in `Mention`.
    """

    text: str
    curie: str
    rank: int
    is_normal: bool = False

    @property
    def is_ambiguous(self) -> bool:
        """Whether it is an abbreviation so short that in another case it may be a word."""
        return len(self.text) <= _MAX_AMBIGUOUS and sum(c.isupper() for c in self.text) > 1


def owners(phrases: Iterable[tuple[Key, Phrase]], junk: set[str]) -> dict[Key, Phrase]:
    """Folded words -> the phrase that has them."""
    meant: dict[Key, Phrase] = {}
    for key, phrase in sorted(phrases, key=lambda keyed: _precedence(keyed[1])):
        is_junk = len(key) == 1 and key[0] in junk and phrase.rank > 0
        if _is_long_enough(key) and any(part.isalpha() for part in key) and not is_junk:
            meant.setdefault(key, phrase)
    return meant


def denials(phrases: Iterable[tuple[Key, Phrase]]) -> dict[Key, tuple[str, ...]]:
    """Folded words -> all that they deny: "heart and mediastinum are normal" denies two findings."""
    denied: dict[Key, dict[str, None]] = {}
    for key, phrase in phrases:
        if phrase.is_normal:
            denied.setdefault(key, {})[phrase.curie] = None
    return {key: tuple(curies) for key, curies in denied.items() if len(curies) > 1}


def key_of(phrase: str) -> Key:
    """The words of a phrase, folded."""
    return tuple(map(fold, joined_forms(phrase)))


def _precedence(phrase: Phrase) -> int:
    """A name of several words is its own concept's, whatever the lexicon says: "thoracic scoliosis"."""
    return -1 if phrase.rank == NAME and " " in phrase.text else phrase.rank


def _is_long_enough(key: Key) -> bool:
    least = _MIN_HAN if all(map(is_han, key)) else _MIN_CHARACTERS
    return len("".join(key)) >= least


def rivals(phrases: Iterable[tuple[Key, Phrase]]) -> dict[Key, tuple[str, ...]]:
    """Folded words -> the concepts that share them with equal right, where there are several."""
    claims: dict[Key, dict[str, int]] = {}
    for key, phrase in sorted(phrases, key=lambda keyed: keyed[1].rank):
        claims.setdefault(key, {}).setdefault(phrase.curie, phrase.rank)
    shared = {key: claim for key, claim in claims.items() if len(claim) > 1}
    return {
        key: tuple(curie for curie, rank in claim.items() if curie and rank == min(claim.values()))
        for key, claim in shared.items()
    }
