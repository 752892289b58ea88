"""Five real sources: what the readers take from them is what the files hold.

Where a count cannot be worked out from the file in a line or two, it is worked out here with other code
than the reader's.
"""

import csv
import gzip
from pathlib import Path

import pyarrow.compute as pc
import pytest

from ingest.catalogue import find
from ingest.load import read
from ingest.source_batch import SourceBatch
from ingest.sources.hpoa import RELATIONS
from tests.ingest.reading import edges_in, nodes_in

pytestmark = [pytest.mark.realdata, pytest.mark.slow]

Batches = dict[str, SourceBatch]
NAMES = ("hpoa", "hpo", "mondo", "indications", "contraindications")


@pytest.fixture(scope="module")
def batches(data: Path) -> Batches:
    return {name: read(name, data / find(name).test_data) for name in NAMES}


def rows(path: Path) -> list[list[str]]:
    with gzip.open(path, "rt", encoding="utf-8") as file:
        return [line.rstrip("\n").split("\t") for line in file if not line.startswith("#")]


def test_hpoa_rows_come_out(batches: Batches, data: Path) -> None:
    file = rows(data / find("hpoa").test_data)
    statements = {tuple(row[:1] + row[2:5] + row[6:9]) for row in file}
    summary = batches["hpoa"]
    assert summary.num_rows == len(file) == 253_363
    assert summary.num_written + summary.num_merged == len(file)
    assert summary.edges.num_rows == summary.num_written == len(statements)
    assert summary.skipped == {}
    by_aspect = {aspect: sum(row[10] == aspect for row in file) for aspect in RELATIONS}
    assert by_aspect == {"P": 238_471, "I": 8_794, "C": 5_931, "M": 167}
    assert summary.rejected == {}


def test_every_denied_finding_is_kept(batches: Batches, data: Path) -> None:
    denied = {
        tuple(row[:1] + row[2:5] + row[6:9])
        for row in rows(data / find("hpoa").test_data)
        if row[2] == "NOT" or row[7].startswith("0/") or row[7] == "HP:0040285"
    }
    assert sum(row[1] == "NOT" for row in denied) > 1_400
    assert pc.sum(batches["hpoa"].edges["negated"]).as_py() == len(denied)


def test_hpo_terms_come_out(batches: Batches) -> None:
    nodes = nodes_in(batches["hpo"])
    assert batches["hpo"].edges.num_rows == 21_138
    # 17,245 terms, and 3,445 identifiers that were merged into one of them and are no terms themselves.
    assert len(nodes) == 17_245 + 3_445
    assert nodes["HP:0000057"].replaced_by == "HP:0008665"
    assert nodes["HP:0002202"].name == "Pleural effusion"


def test_mondo_rows_come_out(batches: Batches, data: Path) -> None:
    labels = {row[0]: row[1].strip('"') for row in rows(data / "mondo/class-stats.tsv.gz")}
    edges = [(row[0], row[2]) for row in rows(data / "mondo/subclass_edges.tsv.gz")[1:]]
    assert len(edges) == 38_242
    animals = {curie for curie, label in labels.items() if "non-human" in label}
    below = {curie for curie, label in labels.items() if label == "non-human animal disease"}
    for _ in range(30):
        below |= {head for head, tail in edges if tail in below}
    out = animals | below | {curie for curie, label in labels.items() if label.startswith("obsolete")}
    kept = [ends for ends in edges if not out.intersection(ends)]
    assert edges_in(batches["mondo"], "subclass_of") == set(kept)
    matches = [row for path in sorted((data / "mondo").glob("*.sssom.tsv.gz")) for row in rows(path)[1:]]
    current = {(row[0], row[3]) for row in matches if row[0] not in out}
    assert len(edges_in(batches["mondo"], "exact_match")) == len(current)
    assert batches["mondo"].skipped.keys() == {"a class of another ontology", "disease of animals"}
    assert batches["mondo"].rejected.keys() == {"touches an obsolete term"}


@pytest.mark.parametrize(
    ("name", "relation"), [("indications", "treats"), ("contraindications", "contraindicated_in")]
)
def test_drug_lists_come_out(batches: Batches, data: Path, name: str, relation: str) -> None:
    with gzip.open(data / find(name).test_data, "rt", encoding="utf-8", newline="") as file:
        listed = list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))
    sound = [
        row
        for row in listed
        if row.get("llm_nameres_correct", "TRUE") == "TRUE"
        or row["disease id nameres"] != row["final normalized disease id"]
    ]
    assert batches[name].num_rows == len(listed)
    assert len(edges_in(batches[name], relation)) == len({row["drug|disease"] for row in sound})
