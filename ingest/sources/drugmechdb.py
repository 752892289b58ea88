"""DrugMechDB: curated paths by which a drug acts on a disease, one JSON object a line."""

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from graph_schema import load
from ingest.catalogue import Source
from ingest.files import read_json_lines
from ingest.identifiers import identify, kind_of, reason_against
from ingest.model import Item, Rejected, Row
from kgdx.domain.errors import CurieError
from kgdx.domain.graph import Edge, Node, Provenance
from kgdx.domain.mechanism import CuratedMechanism

_KINDS = {
    "BiologicalProcess": "BiologicalProcess",
    "Cell": "AnatomicalEntity",
    "CellularComponent": "CellularComponent",
    "ChemicalSubstance": "Drug",
    "Disease": "Disease",
    "Drug": "Drug",
    "GeneFamily": "Gene",
    "GrossAnatomicalStructure": "AnatomicalEntity",
    "MacromolecularComplex": "CellularComponent",
    "MolecularActivity": "MolecularActivity",
    "OrganismTaxon": "OrganismTaxon",
    "Pathway": "Pathway",
    "PhenotypicFeature": "PhenotypicFeature",
    "Protein": "Gene",
}
_PUBMED = re.compile(r"https?://(?:www\.)?(?:pubmed\.ncbi\.nlm\.nih\.gov|ncbi\.nlm\.nih\.gov/pubmed)/(\d+)")
_DRUGBANK = re.compile(r"DB:(?:DB|B)?(\d{5}|[A-Z]+\d+)")

# What each link says, by the relation that holds it. A link not named so itself keeps its own words.
_RELATIONS = {
    "ameliorates": ("ameliorates",),
    "associated_with": ("affects risk for", "exacerbates", "precedes", "prevents", "has phenotype"),
    "causes": ("causes", "contributes to"),
    "contraindicated_in": ("contraindicated for",),
    "correlated_with": ("correlated with", "negatively correlated with", "positively correlated with"),
    "expressed_in": ("expressed in",),
    "in_taxon": ("in taxon",),
    "interacts_with": ("directly interacts with", "interacts with", "molecularly interacts with"),
    "located_in": ("located in", "occurs in"),
    "part_of": ("part of",),
    "participates_in": ("actively involved in", "capable of", "enables", "participates in"),
    "produces": ("derives into", "has metabolite", "has output", "produces"),
    "similar_to": ("chemically similar to",),
    "subclass_of": ("subclass of",),
    "treats": ("treats",),
}
_TURNED = {
    "affected by": "affects",
    "caused by": "causes",
    "derives from": "produces",
    "disrupted by": "affects",
    "has active ingredient": "part_of",
    "has part": "part_of",
    "has participant": "participates_in",
    "is metabolite of": "produces",
    "location of": "located_in",
    "manifestation of": "has_phenotype",
    "phenotype of": "has_phenotype",
    "produced by": "produces",
    "superclass of": "subclass_of",
}
_BY_LINK = {link: relation for relation, links in _RELATIONS.items() for link in links}
_EFFECT = re.compile(r"(?:(?:increases|decreases) .+|(?:positively |negatively )?regulates|disrupts)")


def read(path: Path, source: Source) -> Iterator[Item]:
    """Every node and link of every path, and `treats` from its drug to its disease.

    Raises:
        SourceError: if the file cannot be read, or a line is no path.
    """
    for line, document in read_json_lines(path):
        where = f"{path.name}, line {line}"
        try:
            yield from _path(where, document, source)
        except (KeyError, TypeError, AttributeError):
            yield Rejected(where, "not a path of DrugMechDB", str(document)[:80])


def read_mechanisms(path: Path, source: Source) -> Iterator[CuratedMechanism]:
    """Every path as it was drawn, with what `read` makes of it; those that are none are left out.

    Raises:
        SourceError: if the file cannot be read, or a line is no JSON.
    """
    for line, document in read_json_lines(path):
        try:
            yield _mechanism(f"{path.name}, line {line}", document, source)
        except (KeyError, TypeError, AttributeError):
            continue


def _mechanism(where: str, document: Mapping[str, Any], source: Source) -> CuratedMechanism:
    nodes = _nodes([_node(where, entry) for entry in document["nodes"]], document)
    drug, disease = _ends(document, nodes)
    statements = [item.statement for item in _path(where, document, source) if isinstance(item, Row)]
    links = [(nodes.get(link["source"]), nodes.get(link["target"])) for link in document["links"]]
    return CuratedMechanism(
        name=str(document["graph"]["_id"]),
        drug=nodes[drug].curie,
        disease=nodes[disease].curie,
        links=tuple((start.curie, end.curie) for start, end in links if start and end),
        statements=frozenset(
            (edge.head, edge.relation, edge.tail, edge.original_predicate, edge.provenance.publications)
            for edge in statements
            if isinstance(edge, Edge)
        ),
    )


def _path(where: str, document: Mapping[str, Any], source: Source) -> list[Item]:
    references = {_publication(str(text)) for text in document.get("references") or ()}
    given = source.provenance("", tuple(sorted(references)))
    items = [_node(where, entry) for entry in document["nodes"]]
    nodes = _nodes(items, document)
    links = [(link["source"], link["key"], link["target"]) for link in document["links"]]
    drug, disease = _ends(document, nodes)
    for head, link, tail in (*links, (drug, "treats", disease)):
        ends = nodes.get(head), nodes.get(tail)
        if ends[0] is None or ends[1] is None:
            items.append(Rejected(where, "a link to a node that is not among the path's", f"{head} {tail}"))
            continue
        relation = _BY_LINK.get(link) or _TURNED.get(link) or ("affects" if _EFFECT.fullmatch(link) else "")
        if not relation:
            items.append(Rejected(where, "unknown link", str(link)))
            continue
        items.append(_statement(where, ends[0], link, ends[1], relation, given))
    return items


def _nodes(items: Sequence[Item], document: Mapping[str, Any]) -> dict[str, Node]:
    """The nodes that could be read, by the identifiers that the path itself uses."""
    return {
        entry["id"]: item.statement
        for entry, item in zip(document["nodes"], items, strict=True)
        if isinstance(item, Row) and isinstance(item.statement, Node)
    }


def _ends(document: Mapping[str, Any], nodes: Mapping[str, Node]) -> tuple[Any, Any]:
    """What the path calls its drug and its disease; the first drug on it where it names none that is."""
    drug, disease = document["graph"].get("drug_mesh"), document["graph"].get("disease_mesh")
    if drug not in nodes:
        drug = next((text for text, node in nodes.items() if node.kind == "Drug"), drug)
    return drug, disease


def _statement(where: str, head: Node, link: str, tail: Node, relation: str, given: Provenance) -> Row:
    """A link as an edge; where its relation does not join such ends, one that does, in its own words."""
    first, second = (tail, head) if link in _TURNED else (head, tail)
    words = "" if link in _TURNED or link.replace(" ", "_") == relation else link
    ends = first.kind, second.kind
    if ends not in load().relations[relation].pairs():
        is_host = ends in load().relations["in_taxon"].pairs()
        relation = "in_taxon" if is_host else "associated_with"
        (first, second), words = (first, second) if is_host else (head, tail), link
    edge = Edge(first.curie, relation, second.curie, given, original_predicate=words)
    return Row(where, edge, (first, second))


def _node(where: str, entry: Mapping[str, Any]) -> Item:
    kind = _KINDS.get(entry["label"])
    if kind is None:
        return Rejected(where, "unknown kind of node", str(entry["label"]))
    text = _DRUGBANK.sub(r"DRUGBANK:DB\1", str(entry["id"]))
    try:
        curie = identify(text)
    except CurieError:
        return Rejected(where, reason_against(text), text)
    return Row(where, Node(curie, kind_of(curie, kind), str(entry["name"]).strip()))


def _publication(text: str) -> str:
    """The PMID of an address of PubMed; any other address as it is."""
    found = _PUBMED.match(text.strip())
    return f"PMID:{found[1]}" if found else text.strip()
