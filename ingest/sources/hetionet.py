"""Hetionet: genes, compounds, diseases and what joins them, as nodes and SIF edges."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

from ingest.catalogue import Source
from ingest.files import find_file, find_files, read_table
from ingest.identifiers import identify
from ingest.model import Item, Rejected, Row, Skipped
from kgdx.domain.errors import CurieError
from kgdx.domain.graph import Edge, Node


class _Metaedge(NamedTuple):
    """How an edge of Hetionet is stated here; `words` is what its name says beyond the relation's."""

    relation: str
    is_turned: bool = False
    words: str = ""
    is_symmetric: bool = False


_KINDS = {
    "Anatomy": ("AnatomicalEntity", ""),
    "Biological Process": ("BiologicalProcess", ""),
    "Cellular Component": ("CellularComponent", ""),
    "Compound": ("Drug", "DRUGBANK:"),
    "Disease": ("Disease", ""),
    "Gene": ("Gene", "NCBIGene:"),
    "Molecular Function": ("MolecularActivity", ""),
    "Pathway": ("Pathway", ""),
    "Pharmacologic Class": ("Drug", "NDFRT:"),
    "Side Effect": ("PhenotypicFeature", "UMLS:"),
    "Symptom": ("PhenotypicFeature", "MESH:"),
}
_METAEDGES = {
    "AdG": _Metaedge("expressed_in", True, "downregulates"),
    "AeG": _Metaedge("expressed_in", True),
    "AuG": _Metaedge("expressed_in", True, "upregulates"),
    "CbG": _Metaedge("interacts_with", words="binds"),
    "CcSE": _Metaedge("has_side_effect"),
    "CdG": _Metaedge("affects", words="downregulates"),
    "CpD": _Metaedge("ameliorates", words="palliates"),
    "CrC": _Metaedge("similar_to", is_symmetric=True),
    "CtD": _Metaedge("treats"),
    "CuG": _Metaedge("affects", words="upregulates"),
    "DaG": _Metaedge("gene_associated_with_condition", True),
    "DdG": _Metaedge("affects", words="downregulates"),
    "DlA": _Metaedge("located_in"),
    "DpS": _Metaedge("has_phenotype"),
    "DrD": _Metaedge("similar_to", is_symmetric=True),
    "DuG": _Metaedge("affects", words="upregulates"),
    "GcG": _Metaedge("correlated_with", words="covaries", is_symmetric=True),
    "GiG": _Metaedge("interacts_with", is_symmetric=True),
    "GpBP": _Metaedge("participates_in"),
    "GpCC": _Metaedge("located_in"),
    "GpMF": _Metaedge("participates_in"),
    "GpPW": _Metaedge("participates_in"),
    "Gr>G": _Metaedge("affects", words="regulates"),
    "PCiC": _Metaedge("subclass_of", True),
}
# These two kinds have a table of their own, complete and with publications; where it is there, it counts.
_BINDING, _ASSOCIATION = "CbG-binding.tsv", "DaG-association.tsv"


def read(path: Path, source: Source) -> Iterator[Item]:
    """Every node, and every edge of `edges.sif` and of the tables of bindings and associations.

    Args:
        path: folder with `nodes.tsv`, `edges.sif` and, if there, the two tables.

    Raises:
        SourceError: if nodes or edges are missing, or a file cannot be read.
    """
    nodes, edges = find_file(path, "nodes.tsv"), find_file(path, "edges.sif")
    bindings, associations = find_files(path, _BINDING), find_files(path, _ASSOCIATION)
    told_apart = {*(["CbG"] if bindings else []), *(["DaG"] if associations else [])}
    for line, row in read_table(nodes, ("id", "name", "kind")):
        yield _node(f"{nodes.name}, line {line}", row)
    for line, row in read_table(edges, ("source", "metaedge", "target")):
        if row["metaedge"] in told_apart:
            yield Skipped("in a table of its own")
        else:
            yield _edge(f"{edges.name}, line {line}", row, source)
    for file in bindings:
        for line, row in read_table(file, ("drugbank_id", "entrez_gene_id", "pubmed_ids", "actions")):
            yield _binding(f"{file.name}, line {line}", row, source)
    for file in associations:
        for line, row in read_table(file, ("doid_id", "doid_name", "entrez_gene_id", "gene_symbol")):
            yield _association(f"{file.name}, line {line}", row, source)


def _concept(text: str) -> Node:
    """The node an identifier such as `Gene::9021` means.

    Raises:
        CurieError: if it is malformed.
    """
    name, _, local = text.partition("::")
    if name not in _KINDS:
        raise CurieError("node", f"{text!r} is of no kind of Hetionet", "correct it")
    kind, prefix = _KINDS[name]
    if name == "Pathway":
        prefix = "WIKIPATHWAYS:" if local.startswith("WP") else "PathwayCommons:"
    return Node(identify(f"{prefix}{local}"), kind)


def _node(where: str, row: Mapping[str, str]) -> Item:
    try:
        found = _concept(row["id"])
    except CurieError:
        return Rejected(where, "not an identifier of Hetionet", row["id"])
    return Row(where, Node(found.curie, found.kind, row["name"].strip()))


def _edge(where: str, row: Mapping[str, str], source: Source) -> Item:
    known = _METAEDGES.get(row["metaedge"])
    if known is None:
        return Rejected(where, "unknown kind of edge", row["metaedge"])
    try:
        ends = [_concept(row["source"]), _concept(row["target"])]
    except CurieError:
        return Rejected(where, "not an identifier of Hetionet", f"{row['source']} {row['target']}")
    if known.is_turned or (known.is_symmetric and ends[0].curie > ends[1].curie):
        ends.reverse()
    given = source.provenance("")
    edge = Edge(ends[0].curie, known.relation, ends[1].curie, given, original_predicate=known.words)
    return Row(where, edge, tuple(ends))


def _binding(where: str, row: Mapping[str, str], source: Source) -> Item:
    try:
        drug = identify(f"DRUGBANK:{row['drugbank_id']}")
        gene = identify(f"NCBIGene:{row['entrez_gene_id']}")
        papers = sorted({identify(f"PMID:{number}") for number in row["pubmed_ids"].split("|") if number})
    except CurieError:
        return Rejected(where, "a malformed identifier", f"{row['drugbank_id']} {row['entrez_gene_id']}")
    words = row["actions"].replace("|", ", ") or "binds"
    given = source.provenance("", tuple(papers))
    return Row(where, Edge(drug, "interacts_with", gene, given, original_predicate=words))


def _association(where: str, row: Mapping[str, str], source: Source) -> Item:
    try:
        disease, gene = identify(row["doid_id"]), identify(f"NCBIGene:{row['entrez_gene_id']}")
    except CurieError:
        return Rejected(where, "a malformed identifier", f"{row['doid_id']} {row['entrez_gene_id']}")
    ends = Node(gene, "Gene", row["gene_symbol"]), Node(disease, "Disease", row["doid_name"])
    return Row(where, Edge(gene, "gene_associated_with_condition", disease, source.provenance("")), ends)
