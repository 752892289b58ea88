"""The ontology reader: three formats say the same; kinds, undeclared prefixes, broken files."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from ingest.catalogue import Source, find
from ingest.model import Row, Skipped
from ingest.source_batch import SourceBatch
from ingest.sources.ontology import read
from kgdx.domain.errors import SourceError
from kgdx.domain.graph import Edge, Node

Write = Callable[[str, str], Path]
SOURCE = Source("mine", "Mine", "", "CC0-1.0", "", "", "infores:mine")

OBO = """format-version: 1.2
data-version: releases/2024-02-03
ontology: tiny

[Term]
id: UBERON:0000001
name: lung
def: "Organ of breathing, naïve." [PMID:1]
synonym: "pulmo" RELATED []
alt_id: UBERON:0000009
xref: UMLS:C1
is_a: UBERON:0000002 ! organ
is_a: CARO:0000003
relationship: part_of UBERON:0000004
relationship: drains UBERON:0000005

[Term]
id: UBERON:0000002
name: organ
is_a: UBERON:0000077

[Term]
id: UBERON:0000004
name: thorax

[Term]
id: UBERON:0000006
name: old lung
is_obsolete: true
replaced_by: UBERON:0000001
"""

_IRI = "http://purl.obolibrary.org/obo/"
GRAPH = json.dumps(
    {
        "graphs": [
            {
                "id": f"{_IRI}tiny.json",
                "meta": {"version": f"{_IRI}tiny/releases/2024-02-03/tiny.json"},
                "nodes": [
                    {
                        "id": f"{_IRI}UBERON_0000001",
                        "type": "CLASS",
                        "lbl": "lung",
                        "meta": {
                            "definition": {"val": "Organ of breathing, naïve."},
                            "synonyms": [{"pred": "hasRelatedSynonym", "val": "pulmo"}],
                            "xrefs": [{"val": "UMLS:C1"}],
                            "basicPropertyValues": [
                                {
                                    "pred": "http://www.geneontology.org/formats/oboInOwl#hasAlternativeId",
                                    "val": "UBERON:0000009",
                                }
                            ],
                        },
                    },
                    {"id": f"{_IRI}UBERON_0000002", "type": "CLASS", "lbl": "organ"},
                    {"id": f"{_IRI}UBERON_0000004", "type": "CLASS", "lbl": "thorax"},
                    {
                        "id": f"{_IRI}UBERON_0000006",
                        "type": "CLASS",
                        "lbl": "old lung",
                        "meta": {
                            "deprecated": True,
                            "basicPropertyValues": [{"pred": f"{_IRI}IAO_0100001", "val": "UBERON:0000001"}],
                        },
                    },
                ],
                "edges": [
                    {"sub": f"{_IRI}UBERON_{sub}", "pred": pred, "obj": f"{_IRI}{obj}"}
                    for sub, pred, obj in [
                        ("0000001", "is_a", "UBERON_0000002"),
                        ("0000001", "is_a", "CARO_0000003"),
                        ("0000001", f"{_IRI}BFO_0000050", "UBERON_0000004"),
                        ("0000002", "is_a", "UBERON_0000077"),
                    ]
                ],
            }
        ]
    },
    ensure_ascii=False,
    indent=1,
)

OWL = """<?xml version="1.0"?>
<!DOCTYPE rdf:RDF [<!ENTITY obo "http://purl.obolibrary.org/obo/">]>
<rdf:RDF xmlns="http://purl.obolibrary.org/obo/tiny.owl#" xmlns:owl="http://www.w3.org/2002/07/owl#"
  xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns:rdfs="http://www.w3.org/2000/01/rdf-schema#"
  xmlns:obo="http://purl.obolibrary.org/obo/" xmlns:oboInOwl="http://www.geneontology.org/formats/oboInOwl#">
 <owl:Ontology rdf:about="&obo;tiny.owl">
  <owl:versionIRI rdf:resource="&obo;tiny/releases/2024-02-03/tiny.owl"/>
  <owl:imports rdf:resource="http://nowhere.invalid/imported.owl"/>
 </owl:Ontology>
 <owl:AnnotationProperty/>
 <owl:ObjectProperty rdf:about="&obo;BFO_0000050"/>
 <owl:Class rdf:about="&obo;UBERON_0000001">
  <rdfs:subClassOf rdf:resource="&obo;UBERON_0000002"/>
  <rdfs:subClassOf rdf:resource="&obo;CARO_0000003"/>
  <rdfs:subClassOf><owl:Restriction>
    <owl:onProperty rdf:resource="&obo;BFO_0000050"/><owl:someValuesFrom rdf:resource="&obo;UBERON_0000004"/>
  </owl:Restriction></rdfs:subClassOf>
  <rdfs:label>lung</rdfs:label>
  <obo:IAO_0000115>Organ of breathing, naïve.</obo:IAO_0000115>
  <oboInOwl:hasRelatedSynonym>pulmo</oboInOwl:hasRelatedSynonym>
  <oboInOwl:hasAlternativeId>UBERON:0000009</oboInOwl:hasAlternativeId>
  <oboInOwl:hasDbXref>UMLS:C1</oboInOwl:hasDbXref>
  <oboInOwl:creation_date>some day</oboInOwl:creation_date>
  <obo:note rdf:datatype="http://nowhere.invalid/type">x</obo:note>
 </owl:Class>
 <rdf:Description rdf:about="&obo;UBERON_0000002">
  <rdf:type rdf:resource="http://www.w3.org/2002/07/owl#Class"/>
  <rdfs:subClassOf rdf:resource="&obo;UBERON_0000077"/>
  <rdfs:label>organ</rdfs:label>
 </rdf:Description>
 <owl:Class rdf:about="&obo;UBERON_0000004"><rdfs:label>thorax</rdfs:label></owl:Class>
 <owl:Class rdf:about="&obo;UBERON_0000006">
  <rdfs:label>old lung</rdfs:label>
  <owl:deprecated rdf:datatype="http://www.w3.org/2001/XMLSchema#boolean">true</owl:deprecated>
  <obo:IAO_0100001 rdf:resource="&obo;UBERON_0000001"/>
 </owl:Class>
</rdf:RDF>
"""


def take(
    path: Path, source: Source = SOURCE
) -> tuple[dict[str, Node], list[tuple[str, str, str]], SourceBatch]:
    """Nodes by CURIE, edges, and the batch after it has settled."""
    batch = SourceBatch(source)
    for item in read(path, source):
        batch.add(item)
    batch.settle()
    edges = zip(*(batch.edges[column].to_pylist() for column in ("head", "relation", "tail")), strict=True)
    return {node.curie: node for node in batch.nodes}, sorted(edges), batch


@pytest.mark.parametrize(
    ("name", "text"),
    [("t.obo", OBO), ("t.json", GRAPH), ("t.owl", OWL), ("t.owl.gz", OWL), ("bom.obo", "\ufeff" + OBO)],
)
def test_every_format_says_the_same(write: Write, name: str, text: str) -> None:
    nodes, edges, batch = take(write(name, text))
    lung = Node(
        "UBERON:0000001", "AnatomicalEntity", "lung", ("pulmo",), definition="Organ of breathing, naïve."
    )
    assert nodes["UBERON:0000001"] == lung
    assert edges == [
        ("UBERON:0000001", "part_of", "UBERON:0000004"),
        ("UBERON:0000001", "subclass_of", "UBERON:0000002"),
        ("UBERON:0000002", "subclass_of", "UBERON:0000077"),
    ]
    for old in ("UBERON:0000006", "UBERON:0000009"):
        assert (nodes[old].is_obsolete, nodes[old].replaced_by) == (True, "UBERON:0000001")
    assert nodes["UBERON:0000077"].name == "", "a parent that another ontology describes"
    assert batch.rejected == {"prefix CARO is not declared: declare it in a file that KGDX_PREFIXES names": 1}
    assert batch.edges["release"][0].as_py() == "2024-02-03"


def test_the_namespace_tells_the_kind_where_the_prefix_does_not(write: Write) -> None:
    terms = [
        ("0000001", "process", "biological_process", "relationship: part_of GO:0000003"),
        ("0000002", "function", "molecular_function", "is_a: GO:0000009"),
        ("0000003", "component", "cellular_component", ""),
        ("0000004", "other", "external", ""),
    ]
    frames = [f"[Term]\nid: GO:{i}\nname: {name}\nnamespace: {n}\n{more}\n" for i, name, n, more in terms]
    nodes, edges, batch = take(write("go.obo", "format-version: 1.2\n\n" + "\n".join(frames)))
    assert {curie: node.kind for curie, node in nodes.items()} == {
        "GO:0000001": "BiologicalProcess",
        "GO:0000002": "MolecularActivity",
        "GO:0000003": "CellularComponent",
        "GO:0000009": "MolecularActivity",
    }
    assert edges == [
        ("GO:0000001", "part_of", "GO:0000003"),
        ("GO:0000002", "subclass_of", "GO:0000009"),
    ]
    assert batch.rejected == {"prefix GO has no kind: give the source one": 1}


def test_the_source_may_give_the_kind(write: Write) -> None:
    text = "[Term]\nid: EFO:1\nname: assay\nrelationship: part_of EFO:2\n\n[Term]\nid: EFO:2\nname: study\n"
    path = write("efo.obo", text)
    nodes, edges, batch = take(path, replace(SOURCE, kind="Procedure"))
    assert {node.kind for node in nodes.values()} == {"Procedure"}
    assert edges == []
    assert batch.skipped == {"part_of between kinds that it does not join": 1}
    with pytest.raises(SourceError, match="'Assay' is not a kind of the schema: choose one of Disease"):
        take(path, replace(SOURCE, kind="Assay"))


def test_what_no_prefix_covers_is_rejected_with_a_way_out(write: Write) -> None:
    text = OWL.replace("&obo;CARO_0000003", "http://nowhere.invalid/3")
    assert take(write("t.owl", text))[2].rejected == {
        "no declared prefix covers its IRI: declare one in a file that KGDX_PREFIXES names": 1
    }


def test_a_name_in_another_language_is_a_marked_synonym(write: Write) -> None:
    label = "<rdfs:label>lung</rdfs:label>"
    text = OWL.replace(label, f'<rdfs:label xml:lang="fr">poumon</rdfs:label>{label}')
    lung = take(write("t.owl", text))[0]["UBERON:0000001"]
    assert (lung.name, lung.synonyms) == ("lung", ("poumon@fr", "pulmo"))


def test_a_cycle_is_kept_for_the_audit_to_find(write: Write) -> None:
    frames = [f"[Term]\nid: UBERON:{a}\nname: {a}\nis_a: UBERON:{b}\n" for a, b in ("12", "23", "31", "44")]
    _, edges, _ = take(write("c.obo", "\n".join(frames)))
    assert {(head[-1], tail[-1]) for head, _, tail in edges} >= {("1", "2"), ("2", "3"), ("3", "1")}


def test_an_edge_to_an_obsolete_term_is_skipped(write: Write) -> None:
    text = OBO.replace("is_a: UBERON:0000077", "is_a: UBERON:0000006")
    items = list(read(write("t.obo", text), SOURCE))
    assert Skipped("subclass_of an obsolete term") in items
    assert not [
        i
        for i in items
        if isinstance(i, Row) and isinstance(i.statement, Edge) and i.statement.tail[-1] == "6"
    ]


@pytest.mark.parametrize(
    ("name", "text", "place"),
    [
        ("t.obo", OBO.replace("alt_id: UBERON:0000009", "alt_id"), ", line 10: "),
        ("t.obo", "hello", ": neither OBO"),
        ("t.obo", "format-version: 1.2\n", ": no term in it"),
        ("t.obo", OBO.replace("id: UBERON:0000004\n", "", 1), ", line "),
        ("t.json", GRAPH[:-200], ", line "),
        ("t.json", '{"graphs": []}', ": no ontology that can be read (JSON of another shape"),
        ("t.json", '{"graphs": [{"id": "x", "nodes":\n [{"lbl": 3}]}]}', ", line 2: "),
        ("t.json", '{"graphs": [{"id": "x", "nodes":\n [{"id": "a b"}],\n "edges": []}]}', ", line 2: "),
        ("t.json", "[" * 100_000, ": neither OBO"),
        ("t.json", '{"a": ' * 100_000, ": no ontology that can be read"),
        ("t.owl", OWL.replace("<rdfs:label>organ", "<rdfs:label organ"), ", line "),
        ("t.owl", "<html></html>", ": no ontology that can be read"),
        ("t.owl", "<a>&lol;</a>", ", line 1: "),
    ],
)
def test_a_broken_file_is_one_error_that_names_the_place(
    write: Write, name: str, text: str, place: str
) -> None:
    path = write(name, text)
    with pytest.raises(SourceError) as caught:
        list(read(path, SOURCE))
    assert str(caught.value).startswith(f"{path}{place}")
    assert "\n" not in str(caught.value)


def test_a_byte_that_is_no_text_is_named(tmp_path: Path) -> None:
    (tmp_path / "t.obo").write_bytes(OBO.encode("latin-1"))
    with pytest.raises(SourceError, match=r"t\.obo, line 8: byte 0xef is not UTF-8"):
        list(read(tmp_path / "t.obo", SOURCE))
    (tmp_path / "t.owl").write_bytes(OWL.replace('"1.0"', '"1.0" encoding="latin-1"').encode("latin-1"))
    assert "naïve" in take(tmp_path / "t.owl")[0]["UBERON:0000001"].definition


@pytest.mark.slow
@pytest.mark.realdata
def test_hpo_reads_the_same_through_either_reader(data: Path) -> None:
    nodes, edges, batch = take(data / "hpo/hp.v2023-01-27.json.gz", find("hpo"))
    assert (len(nodes), len(edges)) == (17_245 + 3_445, 21_138)
    assert (batch.rejected, batch.skipped) == ({}, {})
