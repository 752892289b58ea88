"""The kinds of concepts: which of a graph a text can name, and what a kind is called."""

import re
from collections.abc import Iterator

import numpy as np
import pyarrow.compute as pc

from kgdx.domain.curie import prefix_of
from kgdx.graph.snapshot import Snapshot

FINDING_KINDS = ("PhenotypicFeature", "ImagingFinding")
# What a code may stand for and be evidence. Texts name exposures in too many ways for a dictionary to read.
CODED_KINDS = (*FINDING_KINDS, "Exposure")
DISEASE_KINDS = ("Disease",)

# Below it, HPO keeps findings; beside it, onset, course, inheritance and modifiers such as "Severe".
_PHENOTYPIC_ABNORMALITY = "HP:0000118"
# Branches of HPO that say how, when or how often, or how a disease is inherited: no findings.
_ATTRIBUTES = (
    "HP:0000005",  # mode of inheritance
    "HP:0012823",  # clinical modifier
    "HP:0031797",  # clinical course, with onset and age of death
    "HP:0032223",  # blood group
    "HP:0032443",  # past medical history
    "HP:0040279",  # frequency
    "kgdx:prevalence",  # how common a disease is
)


def is_attribute(snapshot: Snapshot, node: int) -> bool:
    """Whether a node is an attribute of a finding or a disease in HPO, and no finding."""
    return any(snapshot.curies[one] in _ATTRIBUTES for one in (node, *snapshot.ancestors(node)))


def active_concepts(snapshot: Snapshot, kinds: tuple[str, ...]) -> Iterator[tuple[str, str, list[str]]]:
    """(CURIE, name, synonyms) of the nodes of these kinds that are not obsolete, in the order of CURIEs."""
    nodes = snapshot.nodes
    wanted = pc.and_(
        pc.is_in(nodes["kind"].cast("string"), pc.cast(list(kinds), "string")),
        pc.invert(nodes["is_obsolete"]),
    )
    columns = nodes.filter(wanted).select(["curie", "name", "synonyms"])
    findings, attributes = _below(snapshot, _PHENOTYPIC_ABNORMALITY), _below(snapshot, *_ATTRIBUTES)
    for curie, name, synonyms in zip(*(columns[c].to_pylist() for c in columns.column_names), strict=True):
        if curie not in attributes and (not findings or prefix_of(curie) != "HP" or curie in findings):
            yield curie, name, synonyms


def direct_parents(snapshot: Snapshot) -> dict[str, set[str]]:
    """CURIE -> CURIEs of what it is a kind of, by one edge."""
    rows = snapshot.edges_of("subclass_of")
    parents: dict[str, set[str]] = {}
    for child, parent in zip(snapshot.head[rows].tolist(), snapshot.tail[rows].tolist(), strict=True):
        parents.setdefault(snapshot.curies[child], set()).add(snapshot.curies[parent])
    return parents


def _below(snapshot: Snapshot, *roots: str) -> set[str]:
    """CURIEs of these roots, as far as the graph has them, and of all that is a kind of one."""
    rows = snapshot.edges_of("subclass_of")
    child, parent = snapshot.head[rows], snapshot.tail[rows]
    is_below = np.zeros(snapshot.num_nodes, dtype=np.bool_)
    is_below[[snapshot.index[root] for root in roots if root in snapshot.index]] = True
    num_before = 0
    while (num_below := int(is_below.sum())) > num_before:
        num_before = num_below
        is_below[child[is_below[parent]]] = True
    return {snapshot.curies[i] for i in np.flatnonzero(is_below)}


def kind_in_words(kind: str) -> str:
    """The name of a kind as words, as in `phenotypic feature`."""
    return re.sub(r"(?<!^)(?=[A-Z])", " ", kind).lower()
