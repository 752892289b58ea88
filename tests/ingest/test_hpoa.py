"""The hpoa reader: frequency in all its forms, NOT, qualifiers, references, and broken rows."""

from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graph_schema import load as load_schema
from ingest.load import load
from ingest.sources.hpoa import RELATIONS, parse_frequency
from kgdx.domain.errors import SourceError
from kgdx.stores.embedded import EmbeddedStore
from tests.ingest.tiny import HPO, edges_of, hpoa_row, nodes_of, reconciles

Write = Callable[[str, str], Path]
HEADER = "#description: x\n#date: 2023-01-27\n#DatabaseID\tDiseaseName\n"


@pytest.mark.parametrize(
    ("text", "frequency", "num_patients"),
    [
        ("", None, None),
        ("7/12", 7 / 12, 12),
        ("0/9", 0.0, 9),
        ("12%", 0.12, None),
        ("12.5%", 0.125, None),
        ("100%", 1.0, None),
        ("HP:0040280", 1.0, None),
        ("HP:0040281", 0.9, None),
        ("HP:0040282", 0.55, None),
        ("HP:0040283", 0.17, None),
        ("HP:0040284", 0.025, None),
        ("HP:0040285", 0.0, None),
    ],
)
def test_every_form_of_frequency(text: str, frequency: float | None, num_patients: int | None) -> None:
    assert parse_frequency(text) == (frequency, num_patients)


@pytest.mark.parametrize("text", ["3/0", "5/4", "101%", "often", "HP:0000001", "-1%", "1/2/3", "n/a"])
def test_what_is_no_frequency(text: str) -> None:
    with pytest.raises(ValueError, match="no frequency"):
        parse_frequency(text)


# What is drawn letter by letter is hardly ever a frequency: two in three are drawn as one.
_SHARES = st.builds("{}/{}".format, st.integers(0, 99), st.integers(0, 99))
_PERCENT = st.builds("{:.1f}%".format, st.floats(-10, 110))


@given(st.one_of(_SHARES, _PERCENT, st.text(alphabet="0123456789/%.HP: ", max_size=12)))
def test_a_frequency_is_a_share_or_refused(text: str) -> None:
    try:
        frequency, num_patients = parse_frequency(text)
    except ValueError:
        return
    assert frequency is None or 0 <= frequency <= 1
    assert num_patients is None or num_patients > 0


def test_a_statement_keeps_all_that_the_row_says(hpo_store: EmbeddedStore, write: Write) -> None:
    row = hpoa_row(
        "ORPHANET:558",
        frequency="3/4",
        onset="HP:0002202",
        sex="FEMALE",
        references="PMID:2;OMIM:1;ISBN-13:978",
    )
    summary = load("hpoa", write("p.hpoa", HEADER + row), hpo_store)
    (edge,) = edges_of(hpo_store, "has_phenotype")
    assert (edge.head, edge.tail, edge.frequency, edge.num_patients) == ("ORPHA:558", "HP:0002202", 0.75, 4)
    assert (edge.onset, edge.sex, edge.negated) == ("HP:0002202", "female", False)
    assert edge.provenance.publications == ("ISBN-13:978", "OMIM:1", "PMID:2")
    assert (edge.provenance.source, edge.provenance.release) == ("infores:hpo-annotations", "2023-01-27")
    assert nodes_of(hpo_store)["ORPHA:558"].name == "Some disease"
    assert (summary.num_nodes, summary.num_edges) == (1, 1)


@pytest.mark.parametrize(
    "cells", [{"qualifier": "NOT"}, {"frequency": "0/9"}, {"frequency": "HP:0040285"}, {"frequency": "0%"}]
)
def test_what_is_denied_is_kept_as_negated(
    hpo_store: EmbeddedStore, write: Write, cells: dict[str, str]
) -> None:
    load("hpoa", write("p.hpoa", hpoa_row(**cells)), hpo_store)
    (edge,) = edges_of(hpo_store, "has_phenotype")
    assert edge.negated


def test_each_row_is_accounted_for(hpo_store: EmbeddedStore, write: Write) -> None:
    rows = [
        hpoa_row(),
        hpoa_row(evidence="TAS"),
        hpoa_row(aspect="I", term="HP:0000006"),
        hpoa_row(disease="NOPE:1"),
        hpoa_row(disease="21S-Argatroban"),
        hpoa_row(term="HP:9999999"),
        hpoa_row(frequency="often"),
        hpoa_row(sex="both"),
        hpoa_row(qualifier="PERHAPS"),
        hpoa_row(disease="OMIM:2", term="HP:0000057"),
        hpoa_row(disease="OMIM:3"),
        hpoa_row(disease="OMIM:4"),
        hpoa_row(aspect="H"),
    ]
    summary = load("hpoa", write("p.hpoa", HEADER + "\n".join(rows)), hpo_store)
    assert (summary.num_rows, summary.num_written, summary.num_merged) == (13, 6, 1)
    assert summary.skipped == {"of another aspect": 1}
    assert summary.rejected == {
        "prefix NOPE is not declared": 1,
        "not a CURIE": 1,
        "unreadable frequency": 1,
        "unknown sex": 1,
        "unknown qualifier": 1,
    }
    assert summary.examples["unreadable frequency"] == ("p.hpoa, line 10: often",)
    assert reconciles(summary)
    tails = {edge.tail for edge in edges_of(hpo_store, "has_phenotype")}
    assert tails == {"HP:0002202", "HP:9999999", "HP:0000057"}
    assert summary.undescribed == {"HP": 2}


@pytest.mark.parametrize(
    ("aspect", "relation"),
    [
        ("P", "has_phenotype"),
        ("I", "has_mode_of_inheritance"),
        ("C", "has_clinical_attribute"),
        ("M", "has_clinical_attribute"),
    ],
)
def test_every_aspect_has_its_relation(
    hpo_store: EmbeddedStore, write: Write, aspect: str, relation: str
) -> None:
    row = hpoa_row(aspect=aspect, frequency="3/12", sex="MALE", references="PMID:7")
    load("hpoa", write("p.hpoa", row), hpo_store)
    (edge,) = edges_of(hpo_store, relation)
    assert (edge.frequency, edge.num_patients, edge.sex, edge.negated) == (0.25, 12, "male", False)
    assert edge.provenance.publications == ("PMID:7",)


def test_course_and_inheritance_carry_no_evidence_from_findings() -> None:
    relations = load_schema().relations
    assert not any(relations[name].is_diagnostic for name in RELATIONS.values() if name != "has_phenotype")


def test_a_row_of_nine_columns_stops_the_load(hpo_store: EmbeddedStore, write: Write) -> None:
    load("hpoa", write("p.hpoa", hpoa_row()), hpo_store)
    before = edges_of(hpo_store, "has_phenotype")
    short = "\t".join(hpoa_row("OMIM:2").split("\t")[:9])
    path = write("broken.hpoa", "\n".join([HEADER.strip(), hpoa_row("OMIM:3"), short]))
    with pytest.raises(SourceError) as caught:
        load("hpoa", path, hpo_store)
    message = str(caught.value)
    assert message.startswith(f"{path}, line 5: 9 columns instead of 12: correct the row")
    assert "\n" not in message
    assert edges_of(hpo_store, "has_phenotype") == before


def test_without_hpo_the_load_says_so(store: EmbeddedStore, write: Write) -> None:
    path = write("p.hpoa", hpoa_row() + "\n" + hpoa_row("OMIM:2"))
    assert load("hpoa", path, store).undescribed == {"HP": 1}
    assert nodes_of(store)["HP:0002202"].name == ""
    assert load("hpo", write("hp.json", HPO), store).undescribed == {}
    assert nodes_of(store)["HP:0002202"].name == "Pleural effusion"


def test_a_file_of_comments_is_refused(hpo_store: EmbeddedStore, write: Write) -> None:
    with pytest.raises(SourceError, match="no annotation in it"):
        load("hpoa", write("p.hpoa", HEADER), hpo_store)
