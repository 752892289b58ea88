"""The HPO reader: terms, merged and obsolete identifiers, hierarchy."""

from collections.abc import Callable
from pathlib import Path

import pytest

from ingest.load import load
from kgdx.domain.errors import SourceError
from kgdx.domain.graph import Node
from kgdx.stores.embedded import EmbeddedStore
from tests.ingest.tiny import HPO, edges_of, nodes_of, reconciles

Write = Callable[[str, str], Path]


@pytest.mark.parametrize("name", ["hp.json", "hp.json.gz"])
def test_reads_terms_and_hierarchy(store: EmbeddedStore, write: Write, name: str) -> None:
    summary = load("hpo", write(name, HPO), store)
    nodes = nodes_of(store)
    assert nodes["HP:0002202"] == Node(
        "HP:0002202",
        "PhenotypicFeature",
        "Pleural effusion",
        ("Effusion, pleural", "Fluid around lungs"),
        "Excess fluid in the pleural cavity.",
        source="infores:hpo",
    )
    (edge,) = edges_of(store, "subclass_of")
    assert (edge.head, edge.tail, edge.provenance.release) == ("HP:0002202", "HP:0000118", "2023-01-27")
    assert summary.skipped == {"a term of another ontology": 1}
    assert reconciles(summary)


@pytest.mark.parametrize("curie", ["HP:0000057", "HP:0002101"])
def test_obsolete_and_merged_identifiers_point_to_their_heir(hpo_store: EmbeddedStore, curie: str) -> None:
    node = nodes_of(hpo_store)[curie]
    assert (node.is_obsolete, node.replaced_by) == (True, "HP:0002202")


@pytest.mark.parametrize(
    "text",
    [
        '{"a": 1}',
        "[1, 2]",
        '{"graphs": []}',
        '{"graphs": [{"nodes": 3}]}',
        "{",
        "hello",
        "[]",
        '{"graphs": [{"nodes": []}]}',
        '{"graphs": [{"nodes": [{"lbl": "x"}]}]}',
        '{"graphs": [{"nodes": [{"id": "HP:1", "lbl": 3}]}]}',
        '{"graphs": [{"nodes": [{"id": "HP:1", "meta": 3}], "edges": 2}]}',
        '{"graphs": [{"nodes": [{"id": "x"}], "edges": [{"sub": 1}]}]}',
        HPO.replace("/HP_", "/XX_"),
    ],
)
def test_another_shape_is_a_source_error(store: EmbeddedStore, write: Write, text: str) -> None:
    with pytest.raises(SourceError, match=r"give hp\.json"):
        load("hpo", write("hp.json", text), store)
    assert nodes_of(store) == {}


def test_the_release_may_be_obo_as_well(store: EmbeddedStore, write: Write) -> None:
    text = (
        "data-version: hp/releases/2024-04-26\n\n[Term]\nid: HP:1\nname: cough\n\n[Term]\nid: GO:1\nname: x\n"
    )
    summary = load("hpo", write("hp.obo", "format-version: 1.2\n" + text), store)
    assert nodes_of(store)["HP:1"].name == "cough"
    assert summary.skipped == {"a term of another ontology": 1}
