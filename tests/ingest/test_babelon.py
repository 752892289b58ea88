"""The babelon reader: translated names as synonyms with a language tag, and nothing else."""

import csv
import gzip
from collections.abc import Callable
from pathlib import Path

import pytest

from ingest.load import load
from kgdx.domain.errors import SourceError
from kgdx.stores.embedded import EmbeddedStore
from tests.ingest.reading import nodes_in, taken
from tests.ingest.tiny import nodes_of

Write = Callable[[str, str], Path]
HEADER = (
    "source_language\ttranslation_language\tsubject_id\tpredicate_id\tsource_value\ttranslation_value"
    "\ttranslation_status\n"
)


def row(
    language: str = "zh",
    subject: str = "HP:0002202",
    predicate: str = "rdfs:label",
    text: str = "胸腔积液",
    status: str = "OFFICIAL",
) -> str:
    return "\t".join(["en", language, subject, predicate, "Pleural effusion", text, status]) + "\n"


def test_a_translated_name_is_a_tagged_synonym(write: Write) -> None:
    table = HEADER + row() + row("pt-BR", "HP:0000118", "oboInOwl:hasExactSynonym", " anomalia ", "CANDIDATE")
    nodes = nodes_in(taken("hpo-zh", write("x.babelon.tsv", table)))
    assert nodes["HP:0002202"].synonyms == ("胸腔积液@zh",)
    assert nodes["HP:0000118"].synonyms == ("anomalia@pt-BR",)
    assert {(node.name, node.kind) for node in nodes.values()} == {("", "PhenotypicFeature")}


def test_what_is_no_translated_name_is_skipped(write: Write) -> None:
    table = HEADER + row(predicate="IAO:0000115") + row(status="NOT_TRANSLATED") + row(text=" ")
    batch = taken("hpo-zh", write("x.babelon.tsv", table))
    assert batch.skipped == {"not a name": 1, "not translated": 2}
    assert batch.num_written == 0


def test_what_cannot_be_used_is_rejected(write: Write) -> None:
    bad = row("chinese!") + row("") + row(subject="HP 2") + row(subject="NOPE:1") + row(subject="UMLS:C1")
    assert taken("hpo-zh", write("x.babelon.tsv", HEADER + bad)).rejected == {
        "not a language tag": 2,
        "not a CURIE": 1,
        "prefix NOPE is not declared": 1,
        "the prefix does not tell the kind": 1,
    }


def test_the_record_stays_its_owners(hpo_store: EmbeddedStore, write: Write) -> None:
    before = nodes_of(hpo_store)["HP:0002202"]
    load("hpo-zh", write("x.babelon.tsv", HEADER + row()), hpo_store)
    after = nodes_of(hpo_store)["HP:0002202"]
    assert after.name == before.name == "Pleural effusion"
    assert after.definition == before.definition
    assert set(after.synonyms) == {*before.synonyms, "胸腔积液@zh"}


def test_another_table_is_refused(write: Write) -> None:
    with pytest.raises(SourceError, match="no column 'translation_language'"):
        taken("hpo-zh", write("x.babelon.tsv", "subject_id\tlabel\nHP:0002202\tx\n"))


@pytest.mark.realdata
def test_the_real_names_come_out(data: Path) -> None:
    path = data / "hpo/hp-zh.babelon.tsv.gz"
    with gzip.open(path, "rt", encoding="utf-8", newline="") as file:
        listed = list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))
    names = {
        (row["subject_id"], f"{row['translation_value'].strip()}@zh")
        for row in listed
        if row["predicate_id"] == "rdfs:label" and row["translation_value"].strip()
    }
    batch = taken("hpo-zh", path)
    assert batch.num_rows == len(listed) == 18_988
    assert {(node.curie, name) for node in batch.nodes for name in node.synonyms} == names
    assert batch.rejected == {}
