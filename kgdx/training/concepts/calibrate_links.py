"""How sure a link is, learnt from sentences whose right answer is known.

Three kinds of sentences, all from names that the encoder never saw:

    named       a held-out name in a carrier sentence: its concept is right, or what that is a kind of
    missing     the same, but the graph lacks the concept and all its kinds: only its parents are right
    defined     definitions of concepts: what is linked is right only if it is the concept or above it

The last is harsh: a definition rightly mentions other findings. What is wrong there is an upper bound.
"""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pyarrow as pa

from kgdx.encoders.base import TextEncoder
from kgdx.encoders.link_calibration import LinkCalibration
from kgdx.evidence.linking import Linker, Placed
from kgdx.evidence.mentions import Vocabulary
from kgdx.evidence.words import joined, sentences
from kgdx.graph.kinds import FINDING_KINDS
from kgdx.graph.snapshot import Snapshot
from kgdx.training.data.concept_names import HeldOut, Part, Vocabularies, part_of, plain
from kgdx.training.progress import Progress

Kind = Literal["named", "missing", "defined"]

CARRIERS = (
    "There is {}.",
    "The patient has {} since early childhood.",
    "On examination we saw {}, which had not been described before.",
    "{} was reported by the mother.",
    "Imaging last week: {}; follow up in three months.",
)
# Everything is proposed. The weights only say which of two overlapping phrases goes first; they were set by
# hand, close to what is fitted.
_ALL = LinkCalibration(similarity=5.0, margin=10.0, num_words=0.8, offset=-8.0, least=0.0)
# Harsh as the judgement is, about every fourth of the links counted wrong is right to a reader.
LEAST_PRECISION = 0.75


@dataclass(frozen=True, slots=True)
class Proposed:
    """A link that was proposed in a sentence, and whether it is right.

    Attributes:
        asked: which sentence of its kind.
        is_exact: whether it is the very concept.
    """

    kind: Kind
    asked: int
    phrase: str
    link_name: str
    similarity: float
    margin: float
    num_words: int
    is_right: bool
    is_exact: bool


@dataclass(frozen=True, eq=False)
class Trial:
    """Sentences of one part, and what was proposed in them.

    Attributes:
        num_sentences: of each kind.
        proposed: every link of every sentence, however unsure.
    """

    num_sentences: dict[Kind, int]
    proposed: tuple[Proposed, ...]


def fit_links(
    snapshot: Snapshot, known: Vocabularies, encoder: TextEncoder, limit: int, progress: Progress
) -> LinkCalibration | None:
    """Calibrate on the validation names; None if too few links are right, or none is wrong."""
    seen = try_links(snapshot, known, encoder, "validation", limit, progress).proposed
    is_right = [p.is_right for p in seen]
    if min(sum(is_right), len(seen) - sum(is_right)) < 10:
        return None
    return LinkCalibration.fit(
        [(p.similarity, p.margin, p.num_words) for p in seen], is_right, LEAST_PRECISION
    )


def try_links(
    snapshot: Snapshot, known: Vocabularies, encoder: TextEncoder, part: Part, limit: int, progress: Progress
) -> Trial:
    """Propose links in sentences of one part.

    Args:
        part: "validation" or "test".
        limit: sentences of each kind, at most.
    """
    held = known.test if part == "test" else known.validation
    hidden = {plain(h.text) for h in (*known.test, *known.validation)}
    whole = Reader.of(_without(snapshot, hidden, frozenset()), encoder)
    asked = _some([h for h in held if h.curie in whole.linker.names], limit)
    removed = whole.below({h.curie for h in asked})
    holed = Reader.of(_without(snapshot, hidden, removed), encoder)
    defined = _some(
        [d for d in _definitions(snapshot) if part_of(d.curie) == part and d.curie in whole.linker.names],
        limit,
    )
    proposed: list[Proposed] = []
    jobs: list[tuple[Kind, Reader, list[HeldOut]]] = [
        ("named", whole, asked),
        ("missing", holed, asked),
        ("defined", whole, defined),
    ]
    for kind, reader, texts in jobs:
        for i, item in enumerate(texts):
            proposed += reader.proposed(kind, i, item)
            progress(i + 1, len(texts), f"calibrating links: {kind}")
    return Trial({kind: len(texts) for kind, _, texts in jobs}, tuple(proposed))


@dataclass(frozen=True, eq=False)
class Reader:
    """Reads sentences with the dictionary and the linker of one graph."""

    vocabulary: Vocabulary
    linker: Linker

    @classmethod
    def of(cls, snapshot: Snapshot, encoder: TextEncoder) -> "Reader":
        """Read the findings of a graph."""
        linker = Linker.from_snapshot(snapshot, encoder, _ALL)
        return cls(Vocabulary.from_snapshot(snapshot), linker)

    def below(self, curies: Collection[str]) -> frozenset[str]:
        """These concepts and all their kinds."""
        return frozenset(
            c for c in self.linker.names if c in curies or self.linker.ancestors(c) & set(curies)
        )

    def proposed(self, kind: Kind, asked: int, item: HeldOut) -> Iterator[Proposed]:
        """Every link proposed in the sentence of an item, judged."""
        text = item.text if kind == "defined" else CARRIERS[asked % len(CARRIERS)].format(item.text)
        at = text.find(item.text)
        above = self.linker.ancestors(item.curie)
        right = {item.curie, *(above if kind == "defined" else self.linker.parents.get(item.curie, ()))}
        for placed, start, end in self._links(text):
            is_inside = start < at + len(item.text) and at < end
            is_right = is_inside and placed.link.curie in right
            yield Proposed(
                kind,
                asked,
                text[start:end],
                placed.link.name,
                placed.link.similarity,
                placed.link.margin,
                placed.link.num_words,
                is_right,
                is_right and placed.link.curie == item.curie,
            )

    def _links(self, text: str) -> Iterator[tuple[Placed, int, int]]:
        """Links with their places in characters."""
        for sentence in sentences(text):
            words = tuple(joined(sentence))
            taken = [(m.start, m.end) for m in self.vocabulary.find_in(sentence)]
            covered = {i for i, w in enumerate(words) if any(s <= w.start < e for s, e in taken)}
            for placed in self.linker.link_in(words, covered):
                yield placed, words[placed.start].start, words[placed.end - 1].end


def _definitions(snapshot: Snapshot) -> Iterator[HeldOut]:
    rows = snapshot.nodes.select(["curie", "kind", "definition", "is_obsolete"]).to_pylist()
    for row in rows:
        if row["definition"] and row["kind"] in FINDING_KINDS and not row["is_obsolete"]:
            yield HeldOut(row["definition"], row["curie"])


def _some(items: Sequence[HeldOut], limit: int) -> list[HeldOut]:
    """At most so many, evenly spread."""
    places = np.unique(np.linspace(0, len(items) - 1, min(limit, len(items))).astype(int))
    return [items[i] for i in places]


def _without(snapshot: Snapshot, hidden: Collection[str], removed: Collection[str]) -> Snapshot:
    """A graph without these synonyms, and with these nodes gone."""
    nodes = snapshot.nodes
    synonyms = [[s for s in row if plain(s) not in hidden] for row in nodes["synonyms"].to_pylist()]
    gone = [
        old or curie in removed
        for old, curie in zip(nodes["is_obsolete"].to_pylist(), snapshot.curies, strict=True)
    ]
    columns = {"synonyms": pa.array(synonyms, pa.list_(pa.string())), "is_obsolete": pa.array(gone)}
    for name, column in columns.items():
        nodes = nodes.set_column(nodes.column_names.index(name), name, column)
    return Snapshot(nodes, snapshot.edges, "")
