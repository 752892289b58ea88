"""The five real sources in one store: the counts come out as in the files, and loading again changes nothing.

Where a count cannot be worked out from the file in a line or two, it is worked out here with other code
than the reader's.
"""

import csv
import gzip
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import pytest

from ingest.load import Summary, load
from kgdx.domain.graph import LoadCount
from kgdx.snapshot import Snapshot
from kgdx.stores.embedded import EmbeddedStore
from tests.ingest.tiny import reconciles

pytestmark = pytest.mark.realdata

HPOA = "hpo/phenotype.v2023-01-27.hpoa.gz"
PATHS = {
    "hpo": "hpo/hp.v2023-01-27.json.gz",
    "hpoa": HPOA,
    "mondo": "mondo",
    "indications": "matrix/indications.tsv.gz",
    "contraindications": "matrix/contraindications.tsv.gz",
}
Loaded = tuple[EmbeddedStore, dict[str, Summary]]


def rows(path: Path) -> list[list[str]]:
    with gzip.open(path, "rt", encoding="utf-8") as file:
        return [line.rstrip("\n").split("\t") for line in file if not line.startswith("#")]


@pytest.fixture(scope="module")
def loaded(data: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Loaded]:
    with EmbeddedStore.open(tmp_path_factory.mktemp("real") / "graph") as store:
        yield store, {name: load(name, data / path, store) for name, path in PATHS.items()}


@pytest.fixture(scope="module")
def snapshot(loaded: Loaded) -> Snapshot:
    return Snapshot.from_tables(*loaded[0].export())


def num_edges(snapshot: Snapshot, relation: str) -> int:
    return len(snapshot.edges_of(relation))


def test_every_row_is_accounted_for(loaded: Loaded) -> None:
    for summary in loaded[1].values():
        assert reconciles(summary)
        assert summary.change.num_edges_added == summary.num_edges


def test_hpoa_rows_come_out(loaded: Loaded, snapshot: Snapshot, data: Path) -> None:
    file = rows(data / HPOA)
    phenotypes = [row for row in file if row[10] == "P"]
    statements = {tuple(row[:1] + row[2:5] + row[6:9]) for row in phenotypes}
    summary = loaded[1]["hpoa"]
    assert summary.num_rows == len(file) == 253_363
    assert summary.num_written + summary.num_merged == len(phenotypes) == 238_471
    assert num_edges(snapshot, "has_phenotype") == summary.num_written == len(statements)
    assert summary.skipped == {"not a phenotype": len(file) - len(phenotypes)}
    assert summary.rejected == {}


def test_every_denied_finding_is_kept(snapshot: Snapshot, data: Path) -> None:
    denied = {
        tuple(row[:1] + row[2:5] + row[6:9])
        for row in rows(data / HPOA)
        if row[10] == "P" and (row[2] == "NOT" or row[7].startswith("0/") or row[7] == "HP:0040285")
    }
    assert sum(row[1] == "NOT" for row in denied) > 1_400
    assert int(snapshot.negated.sum()) == len(denied)


def test_hpo_terms_come_out(loaded: Loaded, snapshot: Snapshot) -> None:
    summary = loaded[1]["hpo"]
    assert summary.num_edges == 21_138
    # 17,245 terms, and 3,445 identifiers that were merged into one of them and are no terms themselves.
    assert summary.num_nodes == 17_245 + 3_445
    assert snapshot.replaced_by["HP:0000057"] == "HP:0008665"
    assert snapshot.names[snapshot.index["HP:0002202"]] == "Pleural effusion"


def test_mondo_rows_come_out(loaded: Loaded, snapshot: Snapshot, data: Path) -> None:
    labels = {row[0]: row[1].strip('"') for row in rows(data / "mondo/class-stats.tsv.gz")}
    edges = [(row[0], row[2]) for row in rows(data / "mondo/subclass_edges.tsv.gz")[1:]]
    assert len(edges) == 38_242
    animals = {curie for curie, label in labels.items() if "non-human" in label}
    below = {curie for curie, label in labels.items() if label == "non-human animal disease"}
    for _ in range(30):
        below |= {head for head, tail in edges if tail in below}
    out = animals | below | {curie for curie, label in labels.items() if label.startswith("obsolete")}
    kept = [ends for ends in edges if not out.intersection(ends)]
    hpo = loaded[1]["hpo"].num_edges
    assert num_edges(snapshot, "subclass_of") == len(set(kept)) + hpo
    matches = [row for path in sorted((data / "mondo").glob("*.sssom.tsv.gz")) for row in rows(path)[1:]]
    current = {(row[0], row[3]) for row in matches if row[0] not in out}
    assert num_edges(snapshot, "exact_match") == len(current)
    assert loaded[1]["mondo"].skipped.keys() == {"a class of another ontology", "disease of animals"}
    assert loaded[1]["mondo"].rejected.keys() == {"touches an obsolete term"}


@pytest.mark.parametrize(
    ("name", "relation"), [("indications", "treats"), ("contraindications", "contraindicated_in")]
)
def test_drug_lists_come_out(
    loaded: Loaded, snapshot: Snapshot, data: Path, name: str, relation: str
) -> None:
    with gzip.open(data / PATHS[name], "rt", encoding="utf-8", newline="") as file:
        listed = list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))
    sound = [
        row
        for row in listed
        if (
            row.get("llm_nameres_correct", "TRUE") == "TRUE"
            or row["disease id nameres"] != row["final normalized disease id"]
        )
        and "TRUE" not in (row.get("is_allergen"), row.get("is_diagnostic_agent"))
    ]
    assert loaded[1][name].num_rows == len(listed)
    assert num_edges(snapshot, relation) == len({row["drug|disease"] for row in sound})


def test_loading_hpoa_again_changes_nothing(loaded: Loaded, snapshot: Snapshot, data: Path) -> None:
    store, _ = loaded
    assert load("hpoa", data / HPOA, store).change == LoadCount()
    assert Snapshot.from_tables(*store.export()).content_hash == snapshot.content_hash


def test_a_question_of_an_analyst_is_answered(loaded: Loaded) -> None:
    cypher = (
        "MATCH (d:Disease)-[e:has_phenotype]->(p:PhenotypicFeature) "
        "WHERE p.curie = $finding AND NOT e.negated AND e.frequency >= $share "
        "RETURN d.name AS name, e.frequency AS frequency ORDER BY frequency DESC, name"
    )
    found = list(islice(loaded[0].query(cypher, {"finding": "HP:0001083", "share": 0.4}), 500))
    assert "Marfan syndrome" in {row["name"] for row in found}
