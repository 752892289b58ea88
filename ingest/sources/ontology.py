"""Any ontology in OBO, OWL (RDF/XML) or OBO Graphs JSON: terms, what they replaced, `is_a` and `part_of`.

The kind of a term is what its prefix fixes, else what its namespace says, as in the Gene Ontology, else the
`kind` of the source. Cross-references are left out: an ontology does not say whether they mean the same,
nearly the same or no more than something related. A mapping table (`table`) says so.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from graph_schema import load
from ingest.catalogue import Source
from ingest.identifiers import identify, reason_against
from ingest.model import Item, Rejected, Row, Skipped
from ingest.ontologies import Ontology, Term, read_ontology
from kgdx.domain.curie import prefix_of
from kgdx.domain.errors import CurieError, SourceError
from kgdx.domain.graph import Edge, Node

_NAMESPACES = {
    "biological_process": "BiologicalProcess",
    "molecular_function": "MolecularActivity",
    "cellular_component": "CellularComponent",
}
_REMEDY = "give an ontology in OBO, RDF/XML or OBO Graphs JSON; ROBOT converts other forms of OWL"


def read(path: Path, source: Source) -> Iterator[Item]:
    """Every term the file describes, every identifier merged into one, and its edges to current terms.

    Raises:
        SourceError: if the file cannot be read, is no ontology or describes no term, or if the kind of the
            source is not in the schema.
    """
    if source.kind and source.kind not in load().kinds:
        remedy = f"choose one of {', '.join(load().kinds)}"
        raise SourceError(f"source {source.name!r}", f"{source.kind!r} is not a kind of the schema", remedy)
    ontology = read_ontology(path, _REMEDY)
    if not any(term.is_described for term in ontology.terms.values()):
        raise SourceError(str(path), "no term in it", _REMEDY)
    yield from Statements(path.name, ontology, source).all()


@dataclass(frozen=True)
class Statements:
    """Turns the terms of an ontology into items, each placed by its file and term.

    Attributes:
        file: name of the file, for messages.
        ontology: what the file holds.
        source: gives the provenance, and the kind where neither prefix nor namespace does.
    """

    file: str
    ontology: Ontology
    source: Source

    def all(self) -> Iterator[Item]:
        """What all terms state; a term that is only named comes with the edge that names it."""
        for term in self.ontology.terms.values():
            if term.is_described:
                yield from self.of(term)

    def of(self, term: Term) -> Iterator[Item]:
        """What one term states: itself, what was merged into it, its parents and its wholes."""
        where, node = f"{self.file}, {term.curie}", self._node(term.curie)
        if isinstance(node, Rejected):
            yield node
            return
        yield Row(where, _described(node, term))
        if term.is_obsolete:
            return
        for merged in (curie for curie in term.alternative_ids if curie not in self.ontology.terms):
            old = self._node(merged, node.kind)
            yield old if isinstance(old, Rejected) else Row(where, _heir(old, node.curie))
        for relation, others in (("subclass_of", term.parents), ("part_of", term.wholes)):
            for other in others:
                yield self._edge(where, node, relation, other)

    def _edge(self, where: str, head: Node, relation: str, other: str) -> Item:
        term = self.ontology.terms.get(other)
        if term and term.is_obsolete:
            return Skipped(f"{relation} an obsolete term")
        tail = self._node(other, head.kind if relation == "subclass_of" else "")
        if isinstance(tail, Rejected):
            return tail
        if (head.kind, tail.kind) not in load().relations[relation].pairs():
            return Skipped(f"{relation} between kinds that it does not join")
        edge = Edge(head.curie, relation, tail.curie, self.source.provenance(self.ontology.release))
        return Row(where, edge, (head, tail))

    def _node(self, text: str, otherwise: str = "") -> Node | Rejected:
        """A nameless node for an identifier, or why there can be none."""
        where = f"{self.file}, {text}"
        try:
            curie = identify(text)
        except CurieError:
            return Rejected(where, _against(text), text)
        prefix, term = prefix_of(curie), self.ontology.terms.get(text)
        kind = load().prefix_kinds.get(prefix) or _NAMESPACES.get(term.namespace if term else "")
        kind = kind or self.source.kind or otherwise
        if not kind:
            return Rejected(where, f"prefix {prefix} has no kind: give the source one", text)
        return Node(curie, kind)


def _described(node: Node, term: Term) -> Node:
    # Where several terms took its place, the first by identifier stands for them.
    successor = next(iter(term.replaced_by), "") if term.is_obsolete else ""
    try:
        successor = identify(successor) if successor else ""
    except CurieError:
        successor = ""
    return Node(node.curie, node.kind, term.name, term.synonyms, term.definition, term.is_obsolete, successor)


def _heir(old: Node, curie: str) -> Node:
    return Node(old.curie, old.kind, is_obsolete=True, replaced_by=curie)


def _against(text: str) -> str:
    if "//" in text:
        return "no declared prefix covers its IRI: declare one in a file that KGDX_PREFIXES names"
    reason = reason_against(text)
    return (
        f"{reason}: declare it in a file that KGDX_PREFIXES names"
        if reason.endswith("not declared")
        else reason
    )
