"""A diff tells what the load then does; three releases in a row add up."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from ingest.diff import Diff, diff
from ingest.load import load, read, release_of
from ingest.source_batch import SourceBatch
from kgdx.domain.graph import LoadCount
from kgdx.graph.snapshot import Snapshot
from kgdx.stores.base import GraphStore
from kgdx.stores.embedded import EmbeddedStore
from tests.ingest.tiny import HPO, hpoa_row

Write = Callable[[str, str], Path]
Triple = tuple[str, str, str]


def triples(store: GraphStore) -> set[Triple]:
    edges = store.export()[1]
    return set(zip(*(edges[name].to_pylist() for name in ("head", "relation", "tail")), strict=True))


def joined(found: Diff, how: str) -> set[Triple]:
    return {(r["head"], r["relation"], r["tail"]) for r in getattr(found, f"edges_{how}").to_pylist()}


def curies(store: GraphStore) -> set[str]:
    return set(store.export()[0]["curie"].to_pylist())


def content(store: GraphStore) -> str:
    return Snapshot.from_tables(*store.export()).content_hash


def write_in(batch: SourceBatch, store: GraphStore) -> LoadCount:
    return store.replace_source(batch.source.name, list(batch.nodes), batch.edges, release_of(batch))


def test_a_diff_tells_what_is_added_removed_and_changed(store: EmbeddedStore, write: Write) -> None:
    load("hpo", write("hp.json", HPO), store)
    first = [hpoa_row("OMIM:1", frequency="1/2"), hpoa_row("OMIM:2")]
    second = [hpoa_row("OMIM:1", frequency="2/2"), hpoa_row("OMIM:3", name="Third disease")]
    load("hpoa", write("1.hpoa", "\n".join(first)), store)
    before = content(store)
    batch = read("hpoa", write("2.hpoa", "\n".join(second)))
    found = diff(batch, store)
    assert content(store) == before, "nothing is written"
    assert found.nodes_added == {"OMIM:3": "Third disease"}
    assert found.nodes_dropped.keys() == {"OMIM:2"}
    assert joined(found, "added") == {("OMIM:3", "has_phenotype", "HP:0002202")}
    assert joined(found, "removed") == {("OMIM:2", "has_phenotype", "HP:0002202")}
    assert joined(found, "changed") == {("OMIM:1", "has_phenotype", "HP:0002202")}
    assert json.loads(json.dumps(found.to_dict()))["counts"] == found.counts()
    assert ("+", "OMIM:3 Third disease") in list(found.lines(5))
    write_in(batch, store)
    assert diff(batch, store).is_empty


DAYS = ("2023-01-27", "2024-04-26")


def drawn(write: Write) -> list[SourceBatch]:
    """Two releases of annotations: some diseases and findings leave, more come, some frequencies change."""
    ends = [[(f"OMIM:{i}", f"HP:000000{i % 4}") for i in numbers] for numbers in (range(9), range(4, 20))]
    texts = [
        "\n".join([f"#version: {day}", *(hpoa_row(*pair, frequency=share) for pair in pairs)])
        for day, pairs, share in zip(DAYS, ends, ("1/2", "2/2"), strict=True)
    ]
    return [read("hpoa", write(f"{i}.hpoa", text)) for i, text in enumerate(texts)]


@pytest.mark.parametrize(
    ("is_real", "least"),
    [
        pytest.param(False, (10, 10, 3), id="drawn"),
        pytest.param(True, (1_000, 2_000, 400), id="real", marks=(pytest.mark.slow, pytest.mark.realdata)),
    ],
)
def test_three_releases_in_a_row_add_up(
    store: EmbeddedStore, write: Write, data: Path, is_real: bool, least: tuple[int, int, int]
) -> None:
    paths = [data / f"hpo/hp.v{day}.json.gz" for day in DAYS]
    old, new = [read("hpo", path) for path in paths] if is_real else drawn(write)
    releases = [old, new, old]
    states, told, counts = [], [], []
    for batch in releases:
        nodes, edges = curies(store), triples(store)
        found = diff(batch, store)
        counts.append(write_in(batch, store))
        assert curies(store) == (nodes | found.nodes_added.keys()) - found.nodes_dropped.keys()
        assert triples(store) == (edges - joined(found, "removed")) | joined(found, "added")
        assert joined(found, "changed") <= edges & triples(store)
        states.append(content(store))
        told.append(found.counts())
    assert states[0] == states[2] != states[1]
    there, back = told[1], told[2]
    assert there["nodes_added"] == back["nodes_dropped"] > least[0]
    assert there["nodes_dropped"] == back["nodes_added"]
    assert there["edges_added"] == back["edges_removed"] > least[1]
    assert there["edges_removed"] == back["edges_added"] > least[2]
    assert there["edges_changed"] == back["edges_changed"]
    assert there["nodes_changed"] == back["nodes_changed"]
    assert counts[1].num_edges_added == counts[2].num_edges_removed
    history = [row["l"]["release"] for row in store.query("MATCH (l:Load) RETURN l ORDER BY l.id", {})]
    assert history == ["2023-01-27", "2024-04-26", "2023-01-27"]
