"""The Every Cure lists: indications, contraindications, drugs."""

from collections.abc import Callable
from pathlib import Path

import pytest

from ingest.load import load
from kgdx.domain.errors import SourceError
from kgdx.graph.arrow_schema import iter_nodes
from kgdx.stores.embedded import EmbeddedStore
from tests.ingest.tiny import edges_of, nodes_of, reconciles

Write = Callable[[str, str], Path]
HEADER = "\t".join(
    f"final normalized {end} {what}" for end in ("drug", "disease") for what in ("id", "label")
)


def test_the_column_gives_the_kind_where_the_prefix_does_not(store: EmbeddedStore, write: Write) -> None:
    rows = [
        "UMLS:C1\tSome vaccine\tUMLS:C2\tSome disease",
        "CHEBI:1\tMeperidine\tHP:0012531\tPain",
        "21S-Argatroban\tArgatroban\tMONDO:1\tx",
        "CHEBI:1\tMeperidine\t\t",
        "HP:0012531\tPain\tMONDO:1\tx",
        "CHEBI:1\tMeperidine\tCHEBI:2\tx",
        "UMLS:C2\tnow a drug\tMONDO:1\tx",
    ]
    summary = load("indications", write("i.tsv", "\n".join([HEADER, *rows])), store)
    assert {(node.curie, node.kind) for node in iter_nodes(store.export()[0])} == {
        ("UMLS:C1", "Drug"),
        ("UMLS:C2", "Disease"),
        ("UMLS:C2", "Drug"),
        ("CHEBI:1", "Drug"),
        ("HP:0012531", "PhenotypicFeature"),
        ("MONDO:1", "Disease"),
    }
    assert [(e.head, e.tail) for e in edges_of(store, "treats")] == [
        ("CHEBI:1", "HP:0012531"),
        ("UMLS:C1", "UMLS:C2"),
        ("UMLS:C2", "MONDO:1"),
    ]
    assert summary.rejected == {
        "not a CURIE in 'final normalized drug id'": 1,
        "no identifier in 'final normalized disease id'": 1,
        "HP identifier in 'final normalized drug id'": 1,
        "CHEBI identifier in 'final normalized disease id'": 1,
    }
    assert reconciles(summary)


def test_what_the_list_itself_marks_as_doubtful_is_rejected(store: EmbeddedStore, write: Write) -> None:
    header = f"{HEADER}\tdisease id nameres\tllm_nameres_correct\tis_allergen\tis_diagnostic_agent"
    rows = [
        f"CHEBI:{i}\tdrug {i}\tMONDO:1\tdisease\t{flags}"
        for i, flags in enumerate(
            [
                "MONDO:1\tTRUE\tFALSE\tFALSE",
                "MONDO:1\tFALSE\tFALSE\tFALSE",
                "MONDO:1\tTRUE\tTRUE\tFALSE",
                "MONDO:1\tTRUE\tFALSE\tTRUE",
                "MONDO:1\t?\tFALSE\tFALSE",
                "MONDO:2\tFALSE\tFALSE\tFALSE",
            ]
        )
    ]
    summary = load("contraindications", write("c.tsv", "\n".join([header, *rows])), store)
    assert [e.head for e in edges_of(store, "contraindicated_in")] == [
        "CHEBI:0",
        "CHEBI:2",
        "CHEBI:3",
        "CHEBI:5",
    ]
    assert set(nodes_of(store)) == {"CHEBI:0", "CHEBI:2", "CHEBI:3", "CHEBI:5", "MONDO:1"}
    assert summary.rejected == {"name resolution marked wrong by the list itself": 2}
    assert reconciles(summary)


def test_contraindications_are_never_taken_for_treatments(store: EmbeddedStore, write: Write) -> None:
    path = write("c.tsv", f"{HEADER}\tcontraindications\nCHEBI:1\tx\tMONDO:1\ty\tAnuria.")
    with pytest.raises(SourceError, match="it lists contraindications: load it with"):
        load("indications", path, store)
    assert nodes_of(store) == {}


def test_the_drug_list_names_its_drugs_whoever_named_them_before(store: EmbeddedStore, write: Write) -> None:
    load("indications", write("i.tsv", f"{HEADER}\nCHEBI:1\tASPIRIN TABLET\tMONDO:1\tpain"), store)
    text = (
        'curie,curie_label,source_ingredients\nCHEBI:1,Aspirin,"ASPIRIN| Aspirin| ASA"\nNCBIGene:1,A gene,x\n'
    )
    summary = load("drugs", write("d.csv", text), store)
    aspirin = nodes_of(store)["CHEBI:1"]
    assert (aspirin.name, aspirin.synonyms) == ("Aspirin", ("ASA", "ASPIRIN"))
    assert aspirin.source == "infores:everycure-drug-list"
    assert summary.rejected == {"NCBIGene identifier, not of a drug": 1}


@pytest.mark.parametrize(
    ("listed", "spoken"),
    [
        ("oxacillin(1-)", "oxacillin"),
        ("Labetalol hydrochloride", "Labetalol"),
        ("Salmeterol xinafoate", "Salmeterol"),
        ("Potassium chloride", "Potassium chloride"),
        ("Maleate", "Maleate"),
    ],
)
def test_a_drug_goes_by_the_name_that_doctors_use(
    store: EmbeddedStore, write: Write, listed: str, spoken: str
) -> None:
    load("drugs", write("d.csv", f"curie,curie_label,source_ingredients\nCHEBI:1,{listed},X\n"), store)
    drug = nodes_of(store)["CHEBI:1"]
    assert drug.name == spoken
    assert {drug.name, *drug.synonyms} == {listed, spoken, "X"}


def test_a_combination_holds_its_ingredients(store: EmbeddedStore, write: Write) -> None:
    text = (
        "curie,curie_label,source_ingredients,combination_therapy_ingredients_curies\n"
        "CHEBI:1,Augmentin,x,CHEBI:2~Amoxicillin|CHEBI:2~Amoxicillin| "
        "|CHEBI:1~Augmentin|Error~Error|MONDO:3~x\n"
        "CHEBI:4,Aspirin,x,\n"
    )
    summary = load("drugs", write("d.csv", text), store)
    assert [(e.head, e.tail) for e in edges_of(store, "part_of")] == [("CHEBI:2", "CHEBI:1")]
    assert nodes_of(store)["CHEBI:2"].name == "Amoxicillin"
    assert sum(summary.rejected.values()) == 2
    assert summary.skipped == {"a drug as its own ingredient": 1}
    assert reconciles(summary)
