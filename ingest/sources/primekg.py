"""PrimeKG (`kg.csv`): one row an edge, and the same edge once more the other way round."""

from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

from ingest.catalogue import Source
from ingest.files import read_table
from ingest.identifiers import identify
from ingest.model import Item, Rejected, Row
from kgdx.domain.errors import CurieError
from kgdx.domain.graph import Edge, Node

_COLUMNS = tuple(f"{end}_{what}" for end in "xy" for what in ("id", "type", "name", "source"))
_KINDS = {
    "anatomy": "AnatomicalEntity",
    "biological_process": "BiologicalProcess",
    "cellular_component": "CellularComponent",
    "disease": "Disease",
    "drug": "Drug",
    "effect/phenotype": "PhenotypicFeature",
    "exposure": "Exposure",
    "gene/protein": "Gene",
    "molecular_function": "MolecularActivity",
    "pathway": "Pathway",
}
_PREFIXES = {
    "CTD": "CTD",
    "DrugBank": "DRUGBANK",
    "GO": "GO",
    "HPO": "HP",
    "MONDO": "MONDO",
    "MONDO_grouped": "MONDO",
    "NCBI": "NCBIGene",
    "REACTOME": "REACT",
    "UBERON": "UBERON",
}
_PADDED = {"GO", "HP", "MONDO", "UBERON"}


class _Meaning(NamedTuple):
    """What a relation of PrimeKG is here; `head` is the kind its edges start at, empty for ends alike."""

    relation: str
    head: str = ""
    negated: bool = False


_MEANINGS = {
    "anatomy_anatomy": _Meaning("part_of"),
    "anatomy_protein_absent": _Meaning("expressed_in", "Gene", negated=True),
    "anatomy_protein_present": _Meaning("expressed_in", "Gene"),
    "bioprocess_bioprocess": _Meaning("subclass_of"),
    "bioprocess_protein": _Meaning("participates_in", "Gene"),
    "cellcomp_cellcomp": _Meaning("subclass_of"),
    "cellcomp_protein": _Meaning("located_in", "Gene"),
    "contraindication": _Meaning("contraindicated_in", "Drug"),
    "disease_disease": _Meaning("associated_with"),
    "disease_phenotype_negative": _Meaning("has_phenotype", "Disease", negated=True),
    "disease_phenotype_positive": _Meaning("has_phenotype", "Disease"),
    "disease_protein": _Meaning("gene_associated_with_condition", "Gene"),
    "drug_drug": _Meaning("interacts_with"),
    "drug_effect": _Meaning("has_side_effect", "Drug"),
    "drug_protein": _Meaning("interacts_with", "Drug"),
    "exposure_bioprocess": _Meaning("affects", "Exposure"),
    "exposure_cellcomp": _Meaning("affects", "Exposure"),
    "exposure_disease": _Meaning("predisposes_to", "Exposure"),
    "exposure_exposure": _Meaning("associated_with"),
    "exposure_molfunc": _Meaning("affects", "Exposure"),
    "exposure_protein": _Meaning("affects", "Exposure"),
    "indication": _Meaning("treats", "Drug"),
    "molfunc_molfunc": _Meaning("subclass_of"),
    "molfunc_protein": _Meaning("participates_in", "Gene"),
    "off-label use": _Meaning("applied_to_treat", "Drug"),
    "pathway_pathway": _Meaning("subclass_of"),
    "pathway_protein": _Meaning("participates_in", "Gene"),
    "phenotype_phenotype": _Meaning("associated_with"),
    "phenotype_protein": _Meaning("associated_with", "Gene"),
    "protein_protein": _Meaning("interacts_with"),
}
_SAME = {"ppi", "indication", "contraindication", "off-label use", "phenotype present"}


def read(path: Path, source: Source) -> Iterator[Item]:
    """One edge a row; the row that says it the other way round is merged with it.

    The table does not keep which of two like ends is the parent. So an edge between ends of one kind is
    stated from the smaller to the larger identifier, and as `associated_with` where its direction would
    count; a group of Mondo terms goes under its first one.

    Raises:
        SourceError: if the file cannot be read or lacks a column.
    """
    given = source.provenance("")
    for line, row in read_table(path, ("relation", "display_relation", *_COLUMNS), delimiter=","):
        where = f"{path.name}, line {line}"
        meaning = _MEANINGS.get(row["relation"])
        if meaning is None:
            yield Rejected(where, "unknown relation", row["relation"])
            continue
        head = _node(row["x_id"], row["x_type"], row["x_name"], row["x_source"])
        tail = _node(row["y_id"], row["y_type"], row["y_name"], row["y_source"])
        if head is None or tail is None:
            yield Rejected(where, "not an identifier of PrimeKG", f"{row['x_id']} {row['y_id']}")
            continue
        if (meaning.head and head.kind != meaning.head) or (not meaning.head and head.curie > tail.curie):
            head, tail = tail, head
        relation, words = meaning.relation, row["display_relation"]
        if not meaning.head and relation in ("subclass_of", "part_of"):
            relation = "associated_with"
        elif words in _SAME:
            words = ""
        edge = Edge(
            head.curie, relation, tail.curie, given, negated=meaning.negated, original_predicate=words
        )
        yield Row(where, edge, (head, tail))


@lru_cache(maxsize=1 << 18)
def _node(local: str, kind: str, name: str, vocabulary: str) -> Node | None:
    prefix = _PREFIXES.get(vocabulary)
    if prefix is None or kind not in _KINDS:
        return None
    first = local.partition("_")[0] if vocabulary == "MONDO_grouped" else local
    if prefix in _PADDED:
        first = first.zfill(7)
    try:
        return Node(identify(f"{prefix}:{first}"), _KINDS[kind], name.strip())
    except CurieError:
        return None
