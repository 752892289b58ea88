"""Mondo Disease Ontology: labels, hierarchy, and exact matches (SSSOM) to other vocabularies.

Diseases of animals are left out: those that say so in their label, and everything below
`non-human animal disease`.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from ingest.catalogue import Source
from ingest.files import TableRow, read_comments, read_table
from ingest.identifiers import identify, kind_of, reason_against
from ingest.model import Item, Rejected, Row, Skipped
from kgdx.domain.errors import CurieError, SourceError
from kgdx.domain.graph import Edge, Node, Provenance

_HIERARCHY = "subclass_edges.tsv"
_LABELS = "class-stats.tsv"
_MATCHES = "mondo_exactmatch_*.sssom.tsv"
_ANIMAL = "non-human"
_ANIMAL_ROOT = "non-human animal disease"
_RELEASE = re.compile(r"mapping_set_version:.*?(\d{4}-\d{2}-\d{2})")


@dataclass(frozen=True, slots=True)
class _Release:
    """Labels by CURIE, the diseases of animals, and where the edges come from."""

    labels: Mapping[str, str]
    animals: frozenset[str]
    provenance: Provenance

    def node(self, curie: str, name: str = "") -> Node:
        label = self.labels.get(curie, name)
        return Node(curie, "Disease", label, is_obsolete=label.startswith("obsolete"))

    def objection(self, where: str, curies: Iterable[str]) -> Item | None:
        """Why an edge with these ends is left out, if it is."""
        for curie in curies:
            if curie in self.animals:
                return Skipped("disease of animals")
            if self.node(curie).is_obsolete:
                return Rejected(where, "touches an obsolete term", curie)
        return None


def read(path: Path, source: Source) -> Iterator[Item]:
    """Diseases, `subclass_of` and `exact_match`.

    Args:
        path: the folder, or its `subclass_edges.tsv`; labels and matches are looked for beside that.

    Raises:
        SourceError: if there is no hierarchy, or a file cannot be read.
    """
    folder = path if path.is_dir() else path.parent
    hierarchy = next(iter(_files(folder, _HIERARCHY)), None) if path.is_dir() else path
    if hierarchy is None:
        raise SourceError(str(path), f"no {_HIERARCHY} in it", "name the folder of a Mondo release")
    edges = list(read_table(hierarchy, ("subject", "predicate", "object")))
    matches = _files(folder, _MATCHES)
    labels = {}
    for file in _files(folder, _LABELS)[:1]:
        for _, row in read_table(file, ("cls", "cls_label")):
            labels[row["cls"]] = row["cls_label"].strip('"')
    version = next((found for file in matches if (found := _version(file))), "")
    release = _Release(labels, _animals(labels, edges), source.provenance(version))
    for curie in labels:
        yield _disease(curie, release)
    for line, row in edges:
        yield _subclass(f"{hierarchy.name}, line {line}", row, release)
    for file in matches:
        for line, row in read_table(file, ("subject_id", "predicate_id", "object_id")):
            yield _match(f"{file.name}, line {line}", row, release)


def _disease(curie: str, release: _Release) -> Item:
    if not curie.startswith("MONDO:"):
        return Skipped("a class of another ontology")
    if curie in release.animals:
        return Skipped("disease of animals")
    return Row(curie, release.node(curie))


def _subclass(where: str, row: Mapping[str, str], release: _Release) -> Item:
    ends = row["subject"], row["object"]
    for end in ends:
        if not end.startswith("MONDO:"):
            return Rejected(where, "not a Mondo identifier", end)
    if row["predicate"] != "biolink:subclass_of":
        return Skipped("not a subclass_of edge")
    edge = Edge(ends[0], "subclass_of", ends[1], release.provenance)
    return release.objection(where, ends) or Row(where, edge, (release.node(ends[0]), release.node(ends[1])))


def _match(where: str, row: Mapping[str, str], release: _Release) -> Item:
    if row["predicate_id"] != "skos:exactMatch":
        return Skipped("not an exact match")
    text = row["subject_id"]
    try:
        disease = identify(text)
        text = row["object_id"]
        match = identify(text)
    except CurieError:
        return Rejected(where, reason_against(text), text)
    ends = (
        release.node(disease, row.get("subject_label", "")),
        Node(match, kind_of(match, "Disease"), row.get("object_label", "")),
    )
    edge = Edge(disease, "exact_match", match, release.provenance)
    return release.objection(where, (disease,)) or Row(where, edge, ends)


def _animals(labels: Mapping[str, str], edges: Iterable[TableRow]) -> frozenset[str]:
    children = defaultdict(list)
    for _, row in edges:
        children[row["object"]].append(row["subject"])
    waiting = [curie for curie, label in labels.items() if label == _ANIMAL_ROOT]
    below = set(waiting)
    while waiting:
        fresh = set(children[waiting.pop()]) - below
        below |= fresh
        waiting += fresh
    return frozenset(below | {curie for curie, label in labels.items() if _ANIMAL in label})


def _files(folder: Path, pattern: str) -> list[Path]:
    return sorted([*folder.glob(pattern), *folder.glob(f"{pattern}.gz")])


def _version(file: Path) -> str:
    return next((m[1] for m in map(_RELEASE.match, read_comments(file)) if m), "")
