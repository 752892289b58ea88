"""The slake reader: which attribute states what, lists of things, and prose that states nothing."""

from pathlib import Path

import pytest

from ingest.source_batch import SourceBatch
from kgdx.domain.errors import SourceError
from tests.ingest.reading import edges_in, nodes_in, taken


def diseases(folder: Path, *rows: str) -> SourceBatch:
    (folder / "en_disease.csv").write_text("\r\n".join(["disease#attribute#value", *rows]), encoding="utf-8")
    return taken("slake", folder)


def organs(folder: Path, *rows: str) -> SourceBatch:
    (folder / "en_organ_new.csv").write_text("\n".join(["organ#attribute#value", *rows]), encoding="utf-8")
    return taken("slake", folder)


@pytest.mark.parametrize(
    ("attribute", "relation", "head", "tail", "kind"),
    [
        ("symptom", "has_phenotype", "d-flu", "f-x", "PhenotypicFeature"),
        ("location", "located_in", "d-flu", "a-x", "AnatomicalEntity"),
        ("locate in", "located_in", "d-flu", "a-x", "AnatomicalEntity"),
        ("treatment", "treats", "t-x", "d-flu", "Procedure"),
        ("cause", "causes", "c-x", "d-flu", "Exposure"),
    ],
)
def test_what_an_attribute_of_a_disease_states(
    tmp_path: Path, attribute: str, relation: str, head: str, tail: str, kind: str
) -> None:
    batch = diseases(tmp_path, f"Flu#{attribute}#x")
    assert edges_in(batch, relation) == {(f"SLAKE:{head}", f"SLAKE:{tail}")}
    assert {node.curie: node.kind for node in batch.nodes} == {
        "SLAKE:d-flu": "Disease",
        f"SLAKE:{({head, tail} - {'d-flu'}).pop()}": kind,
    }
    assert set(batch.edges["knowledge_level"].to_pylist()) == {"not_provided"}


def test_organs_are_parts_of_organs(tmp_path: Path) -> None:
    batch = organs(tmp_path, "Lung#belong to#Chest", "Lung#component#bronchi, alveoli", "Lung#shape#a cone")
    assert edges_in(batch, "part_of") == {
        ("SLAKE:a-lung", "SLAKE:a-chest"),
        ("SLAKE:a-bronchi", "SLAKE:a-lung"),
        ("SLAKE:a-alveoli", "SLAKE:a-lung"),
    }
    assert batch.skipped == {"an attribute in prose": 1}


def test_a_list_states_each_of_its_parts(tmp_path: Path) -> None:
    batch = diseases(tmp_path, "Flu#symptom#Cough, sore throat, and fever.")
    assert {tail for _, tail in edges_in(batch, "has_phenotype")} == {
        "SLAKE:f-cough",
        "SLAKE:f-sore-throat",
        "SLAKE:f-fever",
    }
    assert nodes_in(batch)["SLAKE:f-fever"].name == "fever"


def test_a_sentence_is_no_term(tmp_path: Path) -> None:
    six, seven = "a cough that comes at night", "a cough that comes late at night"
    batch = diseases(tmp_path, f"Flu#symptom#{six}, {seven}", "Flu#symptom#cough, , fever")
    assert batch.num_written == 3
    assert batch.rejected == {"a sentence, not a term": 1, "an empty value": 1}


def test_what_is_not_known_causes_nothing(tmp_path: Path) -> None:
    batch = diseases(tmp_path, "Flu#cause#Not clear", "Flu#cause#viruses, etc.", "Flu#cause#it is not clear.")
    assert edges_in(batch, "causes") == {("SLAKE:c-viruses", "SLAKE:d-flu")}
    assert batch.skipped == {"not known": 2, "and so on": 1}


def test_definitions_and_aliases_describe_the_node(tmp_path: Path) -> None:
    batch = diseases(tmp_path, "Flu#description#An illness, short.", "Cold#alias#common cold, cold, etc.")
    nodes = nodes_in(batch)
    assert nodes["SLAKE:d-flu"].definition == "An illness, short."
    assert nodes["SLAKE:d-cold"].synonyms == ("common cold",)
    assert (nodes["SLAKE:d-flu"].name, nodes["SLAKE:d-flu"].kind) == ("Flu", "Disease")


def test_broken_rows_and_files(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"no en_disease\.csv in it"):
        taken("slake", tmp_path)
    assert diseases(tmp_path, '"', "#symptom#cough", "", "Flu#symptom#fever").rejected == {
        "not three columns": 1,
        "no name": 1,
    }
    (tmp_path / "en_organ_new.csv").write_text("organ,attribute,value\n")
    with pytest.raises(SourceError, match="not organ#attribute#value"):
        taken("slake", tmp_path)


@pytest.mark.realdata
def test_the_real_knowledge_comes_out(data: Path) -> None:
    text = {path.name: path.read_text(encoding="utf-8") for path in (data / "slake_kg").glob("*.csv")}
    # An attribute's values, as said of each subject; a line without it goes on with the prose above.
    rows = [line.split("#", 2) for content in text.values() for line in content.splitlines()[1:]]
    sound = [row for row in rows if len(row) == 3]
    assert (len(rows), len(rows) - len(sound)) == (3_314, 1)
    lists = {"symptom", "location", "locate in", "treatment", "cause", "belong to", "component"}
    parts = [
        (subject, attribute, part.strip().rstrip("."))
        for subject, attribute, value in sound
        if attribute in lists
        for part in value.split(",")
    ]
    described = [row for row in sound if row[1] in {"description", "definition", "alias"}]
    batch = taken("slake", data / "slake_kg")
    num_prose = len(sound) - len(described) - sum(row[1] in lists for row in sound)
    assert batch.num_rows == len(rows) - len(sound) + num_prose + len(described) + len(parts)
    assert batch.skipped["an attribute in prose"] == num_prose
    assert batch.skipped["not known"] == sum(
        "not clear" in part[2][:15] or "cause is unknown" in part[2] for part in parts
    )
    assert batch.skipped["and so on"] == sum(part[2] == "etc" for part in parts)
    assert batch.rejected == {
        "a sentence, not a term": sum(len(words_of(part[2])) > 6 for part in parts),
        "not three columns": 1,
    }
    treated = {
        (subject.casefold(), part.casefold())
        for subject, attribute, part in parts
        if attribute == "treatment"
    }
    assert len(edges_in(batch, "treats")) == sum(len(part.split()) <= 6 for _, part in treated)


def words_of(part: str) -> list[str]:
    words = part.split()
    return words[1:] if words[:1] in (["and"], ["or"]) else words
