"""Every source of the real data: its rows add up, the docs tell its counts, and both stores hold the same."""

from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pytest

from benchmarks.runs.sources import Contents, Counted, page
from graph_schema import load as load_schema
from ingest import kgx
from ingest.audit import audit
from ingest.load import load, release_of
from kgdx.stores.base import GraphStore
from kgdx.stores.embedded import EmbeddedStore
from tests.ingest.conftest import Batches
from tests.servers import Server, open_store, wipe

pytestmark = pytest.mark.realdata
# What a server takes in within seconds. `python -m benchmarks.sources --neo4j URI` compares all of them.
SMALL = {"padchest", "slake", "ddxplus", "findingmodels", "contraindications", "indications"}


@pytest.fixture(scope="module")
def store(batches: Batches, tmp_path_factory: pytest.TempPathFactory) -> Iterator[GraphStore]:
    with EmbeddedStore.open(tmp_path_factory.mktemp("all") / "graph") as store:
        put(batches, store)
        yield store


def put(batches: Batches, store: GraphStore) -> None:
    for name, batch in batches.items():
        store.replace_source(name, list(batch.nodes), batch.edges, release_of(batch))


def content(store: GraphStore) -> tuple[pa.Table, pa.Table]:
    """All statements in an order of their own; an edge has one id, a node one CURIE of each kind."""
    nodes, edges = store.export()
    keys = [(name, "ascending") for name in ("curie", "kind")]
    return nodes.sort_by(keys).combine_chunks(), edges.sort_by("edge_id").combine_chunks()


def are_same(one: GraphStore, other: GraphStore) -> bool:
    return all(a.equals(b) for a, b in zip(content(one), content(other), strict=True))


def test_every_row_is_accounted_for(batches: Batches) -> None:
    assert all(Counted.of(batch).adds_up for batch in batches.values())
    assert all(batch.edges.num_rows or name == "hpo-zh" for name, batch in batches.items())


def test_the_docs_tell_the_counts(batches: Batches, store: GraphStore, root: Path) -> None:
    counted = {name: Counted.of(batch) for name, batch in batches.items()}
    written = (root / "docs/reference/sources.md").read_text(encoding="utf-8")
    assert written == page(counted, Contents.of(store)), "run python -m benchmarks.sources --write"


def test_a_question_of_an_analyst_is_answered(store: GraphStore) -> None:
    cypher = (
        "MATCH (d:Disease)-[e:has_phenotype]->(p:PhenotypicFeature) "
        "WHERE p.curie = $finding AND NOT e.negated AND e.frequency >= $share "
        "RETURN d.name AS name, e.frequency AS frequency ORDER BY frequency DESC, name"
    )
    found = store.query(cypher, {"finding": "HP:0001083", "share": 0.4}, limit=500)
    assert "Marfan syndrome" in {row["name"] for row in found}


def test_loading_a_source_again_changes_nothing(batches: Batches, store: GraphStore) -> None:
    for name in ("mondo", "drugs", "hetionet"):
        change = store.compare_source(name, list(batches[name].nodes), batches[name].edges)
        assert change.is_empty


def test_the_graph_holds_no_errors(store: GraphStore) -> None:
    findings = audit(*store.export(), load_schema())
    assert [f for f in findings if f.level == "error"] == []
    assert {f.code for f in findings} >= {"contradiction", "kind-conflict", "identity-conflict"}


def test_a_server_holds_the_same(batches: Batches, neo4j_server: Server, tmp_path: Path) -> None:
    small = {name: batch for name, batch in batches.items() if name in SMALL}
    wipe(neo4j_server)
    with open_store(neo4j_server) as there, EmbeddedStore.open(tmp_path / "graph") as here:
        for store in (there, here):
            put(small, store)
        assert Contents.of(there) == Contents.of(here)
        assert are_same(there, here)


def test_a_graph_goes_through_kgx_unchanged(batches: Batches, tmp_path: Path) -> None:
    """Provenance included: only the name that the edges were loaded under differs."""
    with EmbeddedStore.open(tmp_path / "graph") as store, EmbeddedStore.open(tmp_path / "other") as other:
        put({name: batches[name] for name in (*SMALL, "drugs", "doid")}, store)
        nodes, edges = store.export()
        kgx.write(nodes, edges, tmp_path / "out", kgx.kinds_of_ends(store, nodes))
        summary = load("kgx", tmp_path / "out", other)
        assert (summary.rejected, summary.skipped, summary.num_merged) == ({}, {}, 0)
        assert (summary.num_nodes, summary.num_edges) == (nodes.num_rows, edges.num_rows)
        assert are_same(other, store)
