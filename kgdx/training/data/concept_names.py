"""What a graph calls its concepts: the texts that the concept encoder learns from, and those kept from it.

A concept is what exact matches make one: the MONDO term, the Disease Ontology's and Orphanet's. The texts are
names, synonyms and definitions of vocabularies with an open licence; of others nothing is read.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Literal

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from kgdx.domain.curie import prefix_of
from kgdx.domain.language import language_of
from kgdx.evidence.spelling import fold
from kgdx.evidence.words import words_of
from kgdx.graph.snapshot import Snapshot

Part = Literal["train", "validation", "test"]

# CC BY 4.0, CC0 or MIT, the HPO licence, and our own. OMIM, ICD, SNOMED CT and UMLS are not open.
OPEN_PREFIXES = (
    "HP", "MONDO", "DOID", "ORPHA", "NCIT", "GAMUTS", "CXRFINDING", "RADSEM", "CHEBI", "UBERON", "kgdx",
)  # fmt: skip
# The name of such a node is the concept's own and always learnt; another vocabulary's is one more synonym.
_OWN = ("HP", "MONDO", "GAMUTS", "CXRFINDING", "RADSEM", "CHEBI", "UBERON", "kgdx")
_PERCENT_TEST, _PERCENT_VALIDATION = 10, 5


@dataclass(frozen=True, slots=True)
class Concept:
    """One thing and all that it is called.

    Attributes:
        curie: the first of its identifiers, in the order of `OPEN_PREFIXES`.
        names: in the spelling of the source, the concept's own name first; each only once.
        definitions: each a sentence or more.
    """

    curie: str
    names: tuple[str, ...]
    definitions: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class HeldOut:
    """A name that training never sees, and what it names."""

    text: str
    curie: str


@dataclass(frozen=True, slots=True)
class Vocabularies:
    """The texts of a graph in three parts.

    Attributes:
        concepts: what may be learnt, by CURIE.
        validation, test: names held out for early stopping and calibration, and for measuring.
    """

    concepts: tuple[Concept, ...]
    validation: tuple[HeldOut, ...]
    test: tuple[HeldOut, ...]


def part_of(curie: str) -> Part:
    """Which part the synonyms of a node belong to: the same in every graph and every release."""
    percent = int.from_bytes(sha256(f"kgdx synonyms {curie}".encode()).digest()[:4], "big") % 100
    if percent < _PERCENT_TEST:
        return "test"
    return "validation" if percent < _PERCENT_TEST + _PERCENT_VALIDATION else "train"


def plain(text: str) -> str:
    """A text as the matcher compares it: folded words without marks."""
    return " ".join(fold(word.text) for word in words_of(text) if word.is_name)


def read_vocabularies(snapshots: Sequence[Snapshot]) -> Vocabularies:
    """Collect the concepts of several graphs and hold out a tenth of the synonyms, and a twentieth.

    Held out are the synonyms of the nodes that `part_of` chooses, and the names that a matched vocabulary
    has for them; such a text is left out of every concept, whoever else uses it. A text that is some
    concept's own name is learnt, and so is not held out.
    """
    nodes = _nodes(snapshots)
    groups = _groups(nodes, _matches(snapshots, nodes))
    own = {plain(node.name) for node in nodes.values() if prefix_of(node.curie) in _OWN}
    held: dict[Part, list[tuple[str, str]]] = {"test": [], "validation": []}
    for members in groups:
        for curie in members:
            part = part_of(curie)
            if part != "train":
                texts = nodes[curie].names[prefix_of(curie) in _OWN :]
                held[part] += [(text, members[0]) for text in texts if plain(text) not in own]
    hidden = {plain(text) for texts in held.values() for text, _ in texts}
    concepts = tuple(filter(lambda c: c.names, (_concept(nodes, members, hidden) for members in groups)))
    return Vocabularies(concepts, _unambiguous(held["validation"]), _unambiguous(held["test"]))


@dataclass(frozen=True, slots=True)
class _Node:
    curie: str
    name: str
    names: tuple[str, ...]
    definition: str


def _nodes(snapshots: Iterable[Snapshot]) -> dict[str, _Node]:
    """Every living, named node of an open vocabulary; of two graphs that hold it, the first."""
    found: dict[str, _Node] = {}
    columns = ["curie", "name", "synonyms", "definition", "is_obsolete"]
    for snapshot in snapshots:
        for row in snapshot.nodes.select(columns).to_pylist():
            if row["name"] and not row["is_obsolete"] and prefix_of(row["curie"]) in OPEN_PREFIXES:
                english = [text for text in row["synonyms"] if text and not language_of(text)]
                names = tuple(dict.fromkeys((row["name"], *english)))
                found.setdefault(row["curie"], _Node(row["curie"], row["name"], names, row["definition"]))
    return dict(sorted(found.items()))


def _matches(snapshots: Iterable[Snapshot], nodes: Mapping[str, _Node]) -> list[tuple[str, str]]:
    pairs = set()
    for snapshot in snapshots:
        for row in snapshot.edges_of("exact_match"):
            ends = snapshot.curies[snapshot.head[row]], snapshot.curies[snapshot.tail[row]]
            if ends[0] in nodes and ends[1] in nodes:
                pairs.add(ends)
    return sorted(pairs)


def _groups(nodes: Mapping[str, _Node], matches: Sequence[tuple[str, str]]) -> list[tuple[str, ...]]:
    """Identifiers of one thing each, in the order of the vocabularies."""
    curies = list(nodes)
    place = {curie: i for i, curie in enumerate(curies)}
    ends = np.asarray([(place[a], place[b]) for a, b in matches], dtype=np.int64).reshape(-1, 2)
    shape = (len(curies), len(curies))
    joined = coo_array((np.ones(len(ends), np.int8), (ends[:, 0], ends[:, 1])), shape=shape)
    _, labels = connected_components(joined, directed=False)
    members = defaultdict(list)
    for curie, label in zip(curies, labels.tolist(), strict=True):
        members[label].append(curie)
    rank = {prefix: i for i, prefix in enumerate(OPEN_PREFIXES)}
    return sorted(tuple(sorted(m, key=lambda c: (rank[prefix_of(c)], c))) for m in members.values())


def _concept(nodes: Mapping[str, _Node], members: tuple[str, ...], hidden: set[str]) -> Concept:
    names: dict[str, str] = {}
    for curie in members:
        for text in nodes[curie].names:
            key = plain(text)
            if key and key not in hidden:
                names.setdefault(key, text)
    definitions = (nodes[curie].definition for curie in members)
    return Concept(members[0], tuple(names.values()), tuple(dict.fromkeys(d for d in definitions if d)))


def _unambiguous(texts: Iterable[tuple[str, str]]) -> tuple[HeldOut, ...]:
    """Held-out names that name one concept only."""
    meant: dict[str, set[str]] = defaultdict(set)
    written: dict[str, str] = {}
    for text, curie in texts:
        meant[plain(text)].add(curie)
        written.setdefault(plain(text), text)
    return tuple(
        HeldOut(written[key], next(iter(curies)))
        for key, curies in sorted(meant.items())
        if key and len(curies) == 1
    )
