"""An empty store, and how to load a few lines of text into it."""

import gzip
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from ingest.load import Summary, load
from kgdx.domain.graph import Edge, Node
from kgdx.graph.arrow_schema import iter_edges, iter_nodes
from kgdx.stores.embedded import EmbeddedStore

HPO = """{"graphs": [{"id": "http://purl.obolibrary.org/obo/hp.json",
 "meta": {"version": "http://purl.obolibrary.org/obo/hp/releases/2023-01-27/hp.json"},
 "nodes": [
 {"id": "http://purl.obolibrary.org/obo/HP_0000118", "type": "CLASS", "lbl": "Phenotypic abnormality"},
 {"id": "http://purl.obolibrary.org/obo/HP_0002202", "type": "CLASS", "lbl": "Pleural effusion", "meta": {
   "definition": {"val": "Excess fluid in the pleural cavity."},
   "synonyms": [{"pred": "hasExactSynonym", "val": "Fluid around lungs"},
                {"pred": "hasExactSynonym", "val": "Effusion, pleural"}],
   "basicPropertyValues": [
     {"pred": "http://www.geneontology.org/formats/oboInOwl#hasAlternativeId", "val": "HP:0002101"}]}},
 {"id": "http://purl.obolibrary.org/obo/HP_0000057", "type": "CLASS", "lbl": "obsolete Old effusion",
  "meta": {"deprecated": true,
   "basicPropertyValues": [{"pred": "http://purl.obolibrary.org/obo/IAO_0100001", "val": "HP:0002202"}]}},
 {"id": "http://purl.obolibrary.org/obo/GO_0000016", "type": "CLASS", "lbl": "lactase activity"}],
 "edges": [{"sub": "http://purl.obolibrary.org/obo/HP_0002202", "pred": "is_a",
            "obj": "http://purl.obolibrary.org/obo/HP_0000118"}]}]}
"""


def hpoa_row(disease: str = "OMIM:1", term: str = "HP:0002202", **cells: str) -> str:
    names = (
        "name",
        "qualifier",
        "references",
        "evidence",
        "onset",
        "frequency",
        "sex",
        "modifier",
        "aspect",
        "by",
    )
    given = {"name": "Some disease", "references": "PMID:1", "evidence": "PCS", "aspect": "P", **cells}
    name, qualifier, *rest = (given.get(column, "") for column in names)
    return "\t".join([disease, name, qualifier, term, *rest])


@pytest.fixture
def store(tmp_path: Path) -> Iterator[EmbeddedStore]:
    with EmbeddedStore.open(tmp_path / "store" / "graph") as store:
        yield store


@pytest.fixture
def write(tmp_path: Path) -> Callable[[str, str], Path]:
    def write(name: str, text: str) -> Path:
        path = tmp_path / name
        content = text.encode()
        path.write_bytes(gzip.compress(content) if name.endswith(".gz") else content)
        return path

    return write


@pytest.fixture
def hpo_store(store: EmbeddedStore, write: Callable[[str, str], Path]) -> EmbeddedStore:
    """A store with the four terms of `HPO`."""
    load("hpo", write("hp.json", HPO), store)
    return store


def nodes_of(store: EmbeddedStore) -> dict[str, Node]:
    return {node.curie: node for node in iter_nodes(store.export()[0])}


def edges_of(store: EmbeddedStore, relation: str) -> list[Edge]:
    edges = [edge for edge in iter_edges(store.export()[1]) if edge.relation == relation]
    return sorted(edges, key=lambda edge: (edge.head, edge.tail, edge.edge_id))


def reconciles(summary: Summary) -> bool:
    """Every row read was written, merged, rejected or skipped."""
    beside = sum(summary.rejected.values()) + sum(summary.skipped.values())
    return summary.num_rows == summary.num_written + summary.num_merged + beside
