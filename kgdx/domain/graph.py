"""Nodes and edges of the medical graph, as a source yields them and a store keeps them."""

from dataclasses import dataclass, field
from hashlib import blake2b


@dataclass(frozen=True, slots=True)
class Provenance:
    """Where an edge comes from.

    Attributes:
        source: information resource, as in `infores:hpo-annotations`.
        publications: CURIEs of what the source cites, as in `PMID:15266616`; may be empty.
        license: SPDX name or short words.
        knowledge_level: Biolink's, such as `knowledge_assertion`, `prediction`, `not_provided`.
        release: the source's own version, as in `2023-01-27`.
    """

    source: str
    publications: tuple[str, ...] = ()
    license: str = ""
    knowledge_level: str = "knowledge_assertion"
    release: str = ""


@dataclass(frozen=True, slots=True)
class Node:
    """A concept of the graph.

    Attributes:
        curie: identifier, standardized.
        kind: one of the schema's kinds.
        name: the preferred name; empty only where a source names an identifier and nothing else.
        synonyms: other names, without the preferred one. A name in another language than English ends in
            `@` and its BCP 47 tag, as RDF writes it: `胸腔积液@zh`.
        definition: a sentence or two, possibly empty.
        is_obsolete: withdrawn by its ontology.
        replaced_by: CURIE that took the place of an obsolete one, or empty.
        source: information resource that owns the record.
    """

    curie: str
    kind: str
    name: str = ""
    synonyms: tuple[str, ...] = ()
    definition: str = ""
    is_obsolete: bool = False
    replaced_by: str = ""
    source: str = ""


@dataclass(frozen=True, slots=True)
class Edge:
    """A statement of the graph: `head relation tail`.

    Attributes:
        negated: the source says that the relation does *not* hold (hpoa's NOT, or a frequency of 0).
        frequency: share of patients with the finding, in [0, 1]; None where none is stated.
        num_patients: how many patients the frequency was counted on; None where it was not counted.
        onset, sex: qualifiers, HP CURIE and `male`/`female`, or empty.
        original_predicate: how the source itself calls the relation where that says more, such as
            `decreases activity of`; else empty.
    """

    head: str
    relation: str
    tail: str
    provenance: Provenance
    negated: bool = False
    frequency: float | None = None
    num_patients: int | None = None
    onset: str = ""
    sex: str = ""
    original_predicate: str = ""
    edge_id: str = field(init=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "edge_id", _edge_id(self))


def _edge_id(edge: Edge) -> str:
    """Name an edge by what it states and who states it, so that loading twice changes nothing.

    The source's release is left out: the same statement in the next release is the same edge.
    """
    stated = (
        edge.head,
        edge.relation,
        edge.tail,
        str(edge.negated),
        repr(edge.frequency),
        str(edge.num_patients),
        edge.onset,
        edge.sex,
        edge.provenance.source,
        *edge.provenance.publications,
        *((f"as {edge.original_predicate}",) if edge.original_predicate else ()),
    )
    return blake2b("\x1f".join(stated).encode(), digest_size=8).hexdigest()


@dataclass(frozen=True, slots=True)
class LoadCount:
    """What one load changed in a store.

    An edge whose release, license or knowledge level alone is new counts as changed.
    """

    num_nodes_added: int = 0
    num_nodes_removed: int = 0
    num_nodes_changed: int = 0
    num_edges_added: int = 0
    num_edges_removed: int = 0
    num_edges_changed: int = 0
