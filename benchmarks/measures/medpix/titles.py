"""What the graph knows of a diagnosis that is given as free text: its document."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.feature_extraction.text import ENGLISH_STOP_WORDS, TfidfVectorizer

from ingest.catalogue import find
from ingest.phenotypes import build_snapshot
from kgdx.domain.language import language_of
from kgdx.evidence.spelling import fold
from kgdx.graph.snapshot import Snapshot

_SOURCES = ("hpo", "hpoa", "mondo", "doid", "radsem", "findingmodels", "slake", "padchest")
_KINDS = ("Disease", "PhenotypicFeature", "ImagingFinding")
_LEAST_LIKENESS = 0.55
_MAX_NODES, _MAX_NAMES, _MAX_NEIGHBOURS = 4, 12, 60
# What every history and report says, whatever the disease.
_TELLING_NOTHING = frozenset({
    "patient", "year", "old", "yo", "man", "woman", "male", "female", "boy", "girl", "history", "exam",
    "examination", "image", "imaging", "study", "scan", "ct", "mr", "mri", "weighted", "sequence",
    "axial", "coronal", "sagittal", "contrast", "gadolinium", "show", "demonstrate", "reveal", "note",
    "see", "seen", "noted", "present", "presented", "consistent", "evidence", "finding", "day", "week",
    "month", "left", "right", "normal", "physical", "significant", "past", "medical", "complain",
    "complaint", "report", "follow", "view", "series", "area", "appear", "appearance", "hospital",
    "clinic", "admitted", "limit", "unremarkable", "prior", "review", "figure", "approximately",
})  # fmt: skip
_SAME = frozenset({"exact_match", "close_match"})


@dataclass(frozen=True, eq=False)
class GraphDocuments:
    """Nodes that a free text names, and what the graph says of them.

    A title is linked to the nodes whose names share most of its character n-grams. Its document holds their
    names, definitions and the names of their neighbours.
    """

    snapshot: Snapshot

    def of(self, titles: Sequence[str]) -> list[str]:
        """One document a title; the title alone where no node is like it."""
        names, owners = self._names()
        rows = self.snapshot.nodes.select(["name", "synonyms", "definition"]).to_pylist()
        grams = TfidfVectorizer(
            analyzer="char_wb", ngram_range=(3, 4), sublinear_tf=True, dtype=np.float32, preprocessor=_folded
        )
        known = grams.fit_transform(names)
        like = (grams.transform(titles) @ known.T).tocsr()
        neighbours = self._neighbours()
        return [
            ". ".join(
                [title, *(self._document(node, rows, neighbours, 1) for node in _best(like[row], owners))]
            )
            for row, title in enumerate(titles)
        ]

    def _names(self) -> tuple[list[str], NDArray[np.int64]]:
        names, owners = [], []
        synonyms = self.snapshot.nodes["synonyms"].to_pylist()
        for node, kind in enumerate(map(str, self.snapshot.kinds)):
            if kind in _KINDS and self.snapshot.names[node]:
                for name in dict.fromkeys((self.snapshot.names[node], *_english(synonyms[node]))):
                    names.append(name)
                    owners.append(node)
        return names, np.array(owners)

    def _neighbours(self) -> dict[int, list[tuple[str, int]]]:
        found: dict[int, set[tuple[str, int]]] = {}
        relations = self.snapshot.edges["relation"].to_pylist()
        for head, tail, relation in zip(
            self.snapshot.head.tolist(), self.snapshot.tail.tolist(), relations, strict=True
        ):
            found.setdefault(head, set()).add((relation, tail))
            found.setdefault(tail, set()).add((relation, head))
        return {node: sorted(edges)[:_MAX_NEIGHBOURS] for node, edges in found.items()}

    def _document(
        self,
        node: int,
        rows: Sequence[dict[str, Any]],
        neighbours: Mapping[int, list[tuple[str, int]]],
        depth: int,
    ) -> str:
        row = rows[node]
        parts = [row["name"], *_english(row["synonyms"]), row["definition"]]
        for relation, other in neighbours.get(node, ()):
            parts.append(self.snapshot.names[other])
            if relation in _SAME and depth:
                parts.append(self._document(other, rows, neighbours, depth - 1))
        return ". ".join(part for part in parts if part)


def graph_of(data: Path, tell: Callable[[str], None]) -> Snapshot:
    """The graph that titles are looked up in, made of the sources that say what diseases look like."""
    return build_snapshot([(name, data / find(name).test_data) for name in _SOURCES], tell)


def words_of_text(text: str) -> list[str]:
    """Folded words that mean something by themselves."""
    words = (word for word in re.findall(r"[^\W\d_]{2,}", text) if word.lower() not in ENGLISH_STOP_WORDS)
    return [folded for folded in map(fold, words) if folded not in _TELLING_NOTHING]


def word_overlap(texts: Sequence[str], documents: Sequence[str]) -> NDArray[np.float64]:
    """(N, M) cosine of TF-IDF vectors over folded words; the documents alone say how rare a word is."""
    vectorizer = TfidfVectorizer(analyzer=words_of_text, sublinear_tf=True)
    known = vectorizer.fit_transform(documents)
    return np.asarray((vectorizer.transform(texts) @ known.T).toarray())


def _best(row: Any, owners: NDArray[np.int64]) -> list[int]:
    """The nodes most like a title, best first, each once."""
    data, indices = row.data, row.indices
    order = np.argsort(-data, kind="stable")
    nodes = [int(owners[indices[i]]) for i in order if data[i] >= _LEAST_LIKENESS]
    return list(dict.fromkeys(nodes))[:_MAX_NODES]


def _english(synonyms: Sequence[str] | None) -> list[str]:
    return [name for name in synonyms or () if not language_of(name)][:_MAX_NAMES]


def _folded(text: str) -> str:
    return " ".join(fold(word) for word in re.findall(r"\w+", text))
