"""The readers of graphs and paths: Hetionet, PrimeKG, DrugMechDB, genes and the Disease Ontology."""

import csv
import gzip
import json
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ingest.source_batch import SourceBatch
from kgdx.domain.graph import Edge
from kgdx.graph.arrow_schema import iter_edges
from tests.ingest.reading import edges_in, nodes_in, taken
from tests.ingest.seed import rows

Write = Callable[[str, str], Path]
PRIMEKG = (
    "relation,display_relation,x_index,x_id,x_type,x_name,x_source,y_index,y_id,y_type,y_name,y_source\n"
)


def stated(batch: SourceBatch) -> dict[tuple[str, str, str], Edge]:
    edges = batch.edges.select([name for name in batch.edges.column_names if not name.endswith("_kind")])
    return {(edge.head, edge.relation, edge.tail): edge for edge in iter_edges(edges)}


def test_primekg_states_what_it_says_twice_once(write: Write) -> None:
    drug, disease = 'DB00001,drug,"a, drug",DrugBank', "5_6,disease,flu,MONDO_grouped"
    text = f"indication,indication,1,{drug},2,{disease}\nindication,indication,2,{disease},1,{drug}\n"
    batch = taken("primekg", write("kg.csv", PRIMEKG + text))
    assert (batch.num_written, batch.num_merged) == (1, 1)
    assert stated(batch).keys() == {("DRUGBANK:DB00001", "treats", "MONDO:0000005")}
    assert nodes_in(batch)["DRUGBANK:DB00001"].name == "a, drug"


@pytest.mark.parametrize(
    ("row", "edge", "words", "negated"),
    [
        (
            "disease_phenotype_negative,phenotype absent,1,5,disease,flu,MONDO,2,77,effect/phenotype,fit,HPO",
            ("MONDO:0000005", "has_phenotype", "HP:0000077"),
            "phenotype absent",
            True,
        ),
        (
            "contraindication,contraindication,1,5,disease,flu,MONDO,2,DB00001,drug,d,DrugBank",
            ("DRUGBANK:DB00001", "contraindicated_in", "MONDO:0000005"),
            "",
            False,
        ),
        (
            "disease_disease,parent-child,1,9,disease,b,MONDO,2,5,disease,a,MONDO",
            ("MONDO:0000005", "associated_with", "MONDO:0000009"),
            "parent-child",
            False,
        ),
        (
            "bioprocess_bioprocess,parent-child,1,9,biological_process,b,GO,2,5,biological_process,a,GO",
            ("GO:0000005", "associated_with", "GO:0000009"),
            "parent-child",
            False,
        ),
        (
            "drug_protein,carrier,1,9,gene/protein,A,NCBI,2,DB00001,drug,d,DrugBank",
            ("DRUGBANK:DB00001", "interacts_with", "NCBIGene:9"),
            "carrier",
            False,
        ),
    ],
)
def test_primekg_gives_each_relation_its_direction(
    write: Write, row: str, edge: tuple[str, str, str], words: str, negated: bool
) -> None:
    found = stated(taken("primekg", write("kg.csv", f"{PRIMEKG}{row}\n")))
    assert found.keys() == {edge}
    assert (found[edge].original_predicate, found[edge].negated) == (words, negated)


def test_primekg_rejects_what_it_does_not_know(write: Write) -> None:
    text = (
        "likes,x,1,5,disease,flu,MONDO,2,6,disease,b,MONDO\nindication,x,1,5,planet,flu,MONDO,2,6,drug,b,X\n"
    )
    assert taken("primekg", write("kg.csv", PRIMEKG + text)).rejected == {
        "unknown relation": 1,
        "not an identifier of PrimeKG": 1,
    }


def test_genes_are_joined_to_their_diseases_once(write: Write) -> None:
    text = "#Format: x\n" + rows(
        *(f"2200 ; FBN1 ; HP:{n} ; term ; - ; - ; - ; - ; OMIM:154700" for n in range(3)),
        "x ; FBN1 ; HP:1 ; term ; - ; - ; - ; - ; OMIM:154700",
        "2200 ; FBN1 ; HP:1 ; term ; - ; - ; - ; - ; NOWHERE:1",
    )
    batch = taken("genes", write("genes.txt", text))
    assert edges_in(batch, "gene_associated_with_condition") == {("NCBIGene:2200", "OMIM:154700")}
    assert (batch.num_written, batch.num_merged) == (1, 2)
    assert nodes_in(batch)["NCBIGene:2200"].name == "FBN1"
    assert batch.rejected == {"not a gene number": 1, "prefix NOWHERE is not declared": 1}


def test_disease_ontology(tmp_path: Path) -> None:
    (tmp_path / "HumanDO.tsv").write_text(
        rows(
            "id ; label ; subClassOf",
            '"DOID:1" ; "disease" ; ""',
            '"DOID:2" ; "flu" ; "disease"',
            '"DOID:3" ; "obsolete cold" ; "nothing"',
        )
    )
    (tmp_path / "allXREFinDO.tsv").write_text(
        rows(
            "id ; label ; xref",
            '"DOID:2" ; "flu" ; "UMLS_CUI:C1"',
            '"DOID:2" ; "flu" ; "SNOMEDCT_US_2023_03_01:6142004"',
            '"DOID:2" ; "flu" ; "KEGG:1"',
        )
    )
    batch = taken("doid", tmp_path)
    assert edges_in(batch, "subclass_of") == {("DOID:2", "DOID:1")}
    assert edges_in(batch, "close_match") == {("DOID:2", "UMLS:C1"), ("DOID:2", "SCTID:6142004")}
    assert nodes_in(batch)["DOID:3"].is_obsolete
    assert batch.rejected == {"a parent that is no term": 1, "prefix KEGG is not declared": 1}
    assert batch.skipped == {"a term without a parent": 1}


@pytest.fixture
def hetionet(tmp_path: Path) -> Path:
    files = {
        "nodes.tsv": rows("id ; name ; kind", "Gene::1 ; G1 ; Gene", "Planet::1 ; M ; Planet"),
        "edges.sif": rows(
            "source ; metaedge ; target",
            "Compound::DB00001 ; CtD ; Disease::DOID:1",
            "Compound::DB00001 ; CpD ; Disease::DOID:1",
            "Anatomy::UBERON:1 ; AuG ; Gene::1",
            "Gene::2 ; GiG ; Gene::1",
            "Gene::1 ; GiG ; Gene::2",
            "Pharmacologic Class::N1 ; PCiC ; Compound::DB00001",
            "Compound::DB00001 ; CbG ; Gene::1",
            "Gene::1 ; XyZ ; Gene::2",
        ),
        "CbG-binding.tsv": rows(
            "drugbank_id ; sources ; pubmed_ids ; actions ; entrez_gene_id",
            "DB00001 ; x ; 2|1 ; inhibitor|binder ; 1",
        ),
    }
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    return tmp_path


def test_hetionet_edges_go_the_way_of_the_relation(hetionet: Path) -> None:
    batch = taken("hetionet", hetionet)
    found = stated(batch)
    assert found.keys() == {
        ("DRUGBANK:DB00001", "treats", "DOID:1"),
        ("DRUGBANK:DB00001", "ameliorates", "DOID:1"),
        ("NCBIGene:1", "expressed_in", "UBERON:1"),
        ("NCBIGene:1", "interacts_with", "NCBIGene:2"),
        ("DRUGBANK:DB00001", "subclass_of", "NDFRT:N1"),
        ("DRUGBANK:DB00001", "interacts_with", "NCBIGene:1"),
    }
    assert found["NCBIGene:1", "expressed_in", "UBERON:1"].original_predicate == "upregulates"
    assert found["DRUGBANK:DB00001", "ameliorates", "DOID:1"].original_predicate == "palliates"
    binding = found["DRUGBANK:DB00001", "interacts_with", "NCBIGene:1"]
    assert binding.provenance.publications == ("PMID:1", "PMID:2")
    assert binding.original_predicate == "inhibitor, binder"
    assert batch.num_merged == 1
    assert batch.skipped == {"in a table of its own": 1}
    assert batch.rejected == {"unknown kind of edge": 1, "not an identifier of Hetionet": 1}


def test_hetionet_without_its_tables_takes_the_edges(hetionet: Path) -> None:
    (hetionet / "CbG-binding.tsv").unlink()
    binding = stated(taken("hetionet", hetionet))["DRUGBANK:DB00001", "interacts_with", "NCBIGene:1"]
    assert binding.original_predicate == "binds"


def mechanism(*links: tuple[str, str, str], **more: Any) -> str:
    nodes = [
        {"id": "MESH:D1", "label": "Drug", "name": "drug"},
        {"id": "UniProt:P1", "label": "Protein", "name": "protein"},
        {"id": "MESH:D2", "label": "Disease", "name": "disease"},
        {"id": "taxonomy:9606", "label": "OrganismTaxon", "name": "human"},
    ]
    document = {
        "graph": {"drug_mesh": "MESH:D1", "disease_mesh": "MESH:D2"},
        "links": [{"source": head, "key": key, "target": tail} for head, key, tail in links],
        "nodes": nodes,
        "references": ["https://pubmed.ncbi.nlm.nih.gov/7", "https://example.org/paper"],
    }
    return json.dumps(document | more) + "\n"


def test_a_mechanism_is_its_links_and_the_treatment(write: Write) -> None:
    links = (
        ("MESH:D1", "decreases activity of", "UniProt:P1"),
        ("MESH:D2", "caused by", "UniProt:P1"),
        ("UniProt:P1", "occurs in", "taxonomy:9606"),
        ("UniProt:P1", "treats", "UniProt:P1"),
        ("UniProt:P1", "shines on", "MESH:D2"),
        ("UniProt:P1", "causes", "MESH:D9"),
    )
    batch = taken("drugmechdb", write("paths.jsonl", mechanism(*links)))
    found = stated(batch)
    assert {key: edge.original_predicate for key, edge in found.items()} == {
        ("MESH:D1", "treats", "MESH:D2"): "",
        ("MESH:D1", "affects", "UniProtKB:P1"): "decreases activity of",
        ("UniProtKB:P1", "causes", "MESH:D2"): "",
        ("UniProtKB:P1", "in_taxon", "NCBITaxon:9606"): "occurs in",
        ("UniProtKB:P1", "associated_with", "UniProtKB:P1"): "treats",
    }
    papers = {edge.provenance.publications for edge in found.values()}
    assert papers == {("PMID:7", "https://example.org/paper")}
    assert batch.rejected == {"unknown link": 1, "a link to a node that is not among the path's": 1}


@pytest.mark.parametrize("more", [{"nodes": 3}, {"links": [{}]}, {"graph": []}])
def test_what_is_no_mechanism_is_rejected(write: Write, more: dict[str, Any]) -> None:
    batch = taken("drugmechdb", write("paths.jsonl", mechanism(**more)))
    assert "not a path of DrugMechDB" in batch.rejected
    assert batch.num_written == 0


@pytest.mark.slow
@pytest.mark.realdata
def test_real_hetionet_edges_come_out(data: Path) -> None:
    batch = taken("hetionet", data / "hetionet")
    (edges,), (bindings,) = ((data / "hetionet").glob(name) for name in ("edges.sif*", "CbG-binding.tsv*"))
    lines = read_text(edges).splitlines()[1:]
    kinds = Counter(line.split("\t")[1] for line in lines)
    assert len(edges_in(batch, "treats")) == kinds["CtD"]
    assert len(edges_in(batch, "has_phenotype")) == kinds["DpS"]
    assert len(edges_in(batch, "has_side_effect")) == kinds["CcSE"]
    rows_of = csv.DictReader(read_text(bindings).splitlines(), delimiter="\t")
    ends = {(row["drugbank_id"], row["entrez_gene_id"]) for row in rows_of}
    drugs = {(h, t) for h, t in edges_in(batch, "interacts_with") if h.startswith("DRUGBANK:")}
    assert drugs == {(f"DRUGBANK:{drug}", f"NCBIGene:{gene}") for drug, gene in ends}


@pytest.mark.realdata
def test_real_mechanisms_come_out(data: Path) -> None:
    (path,) = (data / "drugmechdb").glob("paths.jsonl*")
    documents = [json.loads(line) for line in read_text(path).splitlines()]
    batch = taken("drugmechdb", path)
    assert batch.rejected == {}
    assert batch.num_rows == sum(len(d["nodes"]) + len(d["links"]) + 1 for d in documents)


def read_text(path: Path) -> str:
    content = path.read_bytes()
    return (gzip.decompress(content) if path.suffix == ".gz" else content).decode()
