"""Phrases that no dictionary holds, linked to the concept they most likely mean; names of several concepts.

A phrase is a run of words that the dictionary left over. It is linked if its vector lies so close to a name
of one concept, and so much farther from those of unrelated ones, that the calibrated probability is high.
What a kind of a concept is called does not speak against it: ancestors and descendants are one family.
"""

import threading
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Self

import numpy as np
from numpy.typing import NDArray

from kgdx.domain.language import language_of
from kgdx.encoders.base import TextEncoder
from kgdx.encoders.link_calibration import LinkCalibration
from kgdx.evidence import lexicon
from kgdx.evidence.lexicon import Lexicon
from kgdx.evidence.spelling import fold
from kgdx.evidence.words import Word
from kgdx.graph.kinds import FINDING_KINDS, active_concepts, direct_parents
from kgdx.graph.snapshot import Snapshot

_WORDS = lexicon.read("linking.yaml")
_INSIDE = frozenset(_WORDS["inside"])
_BREAKS = frozenset(word for line in _WORDS["breaks"] for word in line)
_MAX_WORDS = 6
_MIN_LETTERS = 5
# Below this similarity nothing is linked; beyond this margin, a rival no longer matters.
_LEAST_SIMILARITY, _WIDEST_MARGIN = 0.6, 0.5
_CACHE = 65_536
# Concepts of one name are told apart only if the words around lie clearly closer to another than the first.
_LEAST_CONTEXT, _LEAST_ADVANTAGE = 0.2, 0.08


@dataclass(frozen=True, slots=True)
class Link:
    """A concept that a phrase most likely means.

    Attributes:
        curie, name: the concept.
        similarity: cosine of the phrase and the concept's nearest name, in [-1, 1].
        margin: how much farther the nearest name of an unrelated concept is, at least 0.
        num_words: of the phrase, without words such as "of".
        probability: that the concept is meant, in [0, 1].
    """

    curie: str
    name: str
    similarity: float
    margin: float
    num_words: int
    probability: float


@dataclass(frozen=True, slots=True)
class Placed:
    """A link and the words it stands for: `words[start:end]`."""

    start: int
    end: int
    link: Link


class Linker:
    """Links phrases to the concepts of one graph with the vectors of one encoder.

    Attributes:
        names: CURIE -> name of every concept that may be linked.
        parents: CURIE -> CURIEs it is a kind of.
        finds_phrases: whether it links what no dictionary holds.
    """

    def __init__(
        self,
        encoder: TextEncoder,
        calibration: LinkCalibration,
        phrases: Sequence[tuple[str, str]],
        names: Mapping[str, str],
        parents: Mapping[str, Collection[str]],
        finds_phrases: bool = True,
    ) -> None:
        """Remember the phrases; they are encoded when the first is asked for.

        Args:
            encoder: of phrases.
            calibration: fitted for this encoder.
            phrases: (text, CURIE) of every way to name a concept.
            names: CURIE -> name.
            parents: CURIE -> CURIEs it is a kind of.
            finds_phrases: link what no dictionary holds; without it concepts of one name are told apart only.
        """
        self.finds_phrases = finds_phrases
        self._encoder, self._calibration = encoder, calibration
        self.names, self.parents = names, parents
        self._phrases = [text for text, _ in phrases]
        self._owners = [curie for _, curie in phrases]
        self._known = {fold(word) for text, _ in phrases for word in text.replace("-", " ").split()}
        self._texts: dict[str, list[int]] = {}
        for row, curie in enumerate(self._owners):
            self._texts.setdefault(curie, []).append(row)
        self._above: dict[str, frozenset[str]] = {}
        self._links: dict[str, Link | None] = {}
        self._lock = threading.Lock()

    @classmethod
    def from_snapshot(
        cls,
        snapshot: Snapshot,
        encoder: TextEncoder,
        calibration: LinkCalibration,
        kinds: tuple[str, ...] = FINDING_KINDS,
        words: Lexicon | None = None,
        finds_phrases: bool = True,
    ) -> Self:
        """Link to the living nodes of these kinds, the same that `Vocabulary.from_snapshot` looks for.

        Args:
            words: further phrases; the lexicon of this package by default.
            finds_phrases: as in `Linker`.
        """
        words = words or lexicon.load()
        concepts = list(active_concepts(snapshot, kinds))
        names = {curie: name or curie for curie, name, _ in concepts}
        phrases = [
            (text, curie)
            for curie, name, synonyms in concepts
            for text in dict.fromkeys((name, *synonyms))
            if text and not language_of(text)
        ]
        phrases += [(text, curie) for curie, texts in words.names.items() if curie in names for text in texts]
        return cls(encoder, calibration, phrases, names, direct_parents(snapshot), finds_phrases)

    @cached_property
    def _vectors(self) -> NDArray[np.float32]:
        """(P, dim) float32, one row a phrase."""
        return self._encoder.encode_texts(self._phrases)

    def link_in(self, words: Sequence[Word], covered: Collection[int]) -> tuple[Placed, ...]:
        """The links of one sentence, in order, none overlapping another.

        Args:
            words: of the sentence, hyphens inside words left out.
            covered: places of the words that the dictionary knows.
        """
        if not self.finds_phrases:
            return ()
        spans = {span: _phrase(words, *span) for span in spans_of(words, covered, self._known)}
        linked = self.links(list(spans.values()))
        sure = [
            Placed(*span, link)
            for span, link in zip(spans, linked, strict=True)
            if link is not None and link.probability >= self._calibration.least
        ]
        kept: list[Placed] = []
        for placed in sorted(sure, key=lambda p: (-p.link.probability, p.start - p.end, p.start)):
            if all(placed.end <= other.start or other.end <= placed.start for other in kept):
                kept.append(placed)
        return tuple(sorted(kept, key=lambda p: p.start))

    def look_ahead(self, sentences: Sequence[tuple[Sequence[Word], Collection[int]]]) -> None:
        """Compare the phrases of several sentences at once, so that `link_in` finds them compared.

        Args:
            sentences: words and covered places, as for `link_in`.
        """
        if not self.finds_phrases:
            return
        self.links([
            _phrase(words, *span)
            for words, covered in sentences
            for span in spans_of(words, covered, self._known)
        ])  # fmt: skip

    def links(self, phrases: Sequence[str]) -> list[Link | None]:
        """The nearest concept of each phrase, however unsure; None where there is nothing to compare."""
        with self._lock:
            found = {phrase: self._links[phrase] for phrase in phrases if phrase in self._links}
        fresh = [phrase for phrase in dict.fromkeys(phrases) if phrase not in found]
        if fresh and self._owners:
            similar = self._encoder.encode_texts(fresh) @ self._vectors.T
            found |= {text: self._nearest(text, row) for text, row in zip(fresh, similar, strict=True)}
            with self._lock:
                if len(self._links) > _CACHE:
                    self._links.clear()
                self._links |= {text: found[text] for text in fresh}
        return [found.get(phrase) for phrase in phrases]

    def choose(self, curies: Sequence[str], context: str) -> str:
        """Which concept of one name is meant, by the words around it; the first if they do not tell."""
        (vector,) = self._encoder.encode_texts([context])
        fit = [float((self._names_of(curie) @ vector).max(initial=-1.0)) for curie in curies]
        best = int(np.argmax(fit))
        is_clear = fit[best] >= _LEAST_CONTEXT and fit[best] - fit[0] >= _LEAST_ADVANTAGE
        return curies[best if is_clear else 0]

    def _names_of(self, curie: str) -> NDArray[np.float32]:
        """(n, dim) vectors of all names of a concept; the encoder keeps what it has encoded."""
        return self._encoder.encode_texts([self._phrases[row] for row in self._texts.get(curie, ())])

    def _nearest(self, phrase: str, similar: NDArray[np.float32]) -> Link | None:
        """The link of a phrase whose similarity to every name is known, (num_phrases,) float32."""
        closest = int(np.argmax(similar))
        similarity, best = float(similar[closest]), self._owners[closest]
        if similarity < _LEAST_SIMILARITY or is_fragment(phrase, self._phrases[closest]):
            return None
        rivals = np.flatnonzero(similar > similarity - _WIDEST_MARGIN)
        strangers = (
            row
            for row in rivals[np.argsort(-similar[rivals])]
            if not self._is_family(best, self._owners[row])
        )
        stranger = next(strangers, None)
        margin = _WIDEST_MARGIN if stranger is None else similarity - float(similar[stranger])
        num_words = len(_content(phrase))
        probability = self._calibration.probability(similarity, margin, num_words)
        return Link(best, self.names[best], similarity, margin, num_words, probability)

    def _is_family(self, one: str, other: str) -> bool:
        return one == other or one in self.ancestors(other) or other in self.ancestors(one)

    def ancestors(self, curie: str) -> frozenset[str]:
        """Everything that a concept is a kind of, without itself."""
        known = self._above.get(curie)
        if known is None:
            above: set[str] = set()
            queue = list(self.parents.get(curie, ()))
            while queue:
                parent = queue.pop()
                if parent not in above:
                    above.add(parent)
                    queue += self.parents.get(parent, ())
            known = self._above[curie] = frozenset(above)
        return known


def is_fragment(phrase: str, name: str) -> bool:
    """Whether a phrase says less than a name: all its words stand in the name, which has others besides.

    So "platelet aggregation" does not name abnormal platelet aggregation.
    """
    return set(_content(phrase)) < set(_content(name))


def _content(phrase: str) -> list[str]:
    """Folded words, without those such as "of"."""
    return [fold(word) for word in phrase.lower().replace("-", " ").split() if word not in _INSIDE]


def spans_of(
    words: Sequence[Word], covered: Collection[int], known: Collection[str]
) -> Iterator[tuple[int, int]]:
    """Places of the phrases worth comparing: `words[start:end]`, free of what the dictionary knows.

    A phrase of several words holds a word of the vocabulary. One word alone is compared only if it is none: a
    misspelling; alone, the vocabulary's own words are fragments of names.

    Args:
        covered: places of words that are taken.
        known: folded words of the vocabulary.
    """
    folded = [fold(word.text) for word in words]
    is_open = [
        i not in covered and words[i].is_name and not {folded[i], words[i].text.lower()} & _BREAKS
        for i in range(len(words))
    ]
    is_end = [free and folded[i] not in _INSIDE and not folded[i].isdigit() for i, free in enumerate(is_open)]
    for start in range(len(words)):
        if not is_end[start]:
            continue
        for end in range(start + 1, min(start + _MAX_WORDS, len(words)) + 1):
            if not is_open[end - 1]:
                break
            if is_end[end - 1] and _is_worth(folded[start:end], known):
                yield start, end


def _is_worth(folded: Sequence[str], known: Collection[str]) -> bool:
    if len(folded) == 1:
        return folded[0] not in known and len(folded[0]) > _MIN_LETTERS and folded[0].isalpha()
    return any(word in known and len(word) >= _MIN_LETTERS for word in folded)


def _phrase(words: Sequence[Word], start: int, end: int) -> str:
    return " ".join(word.text for word in words[start:end]).lower()
