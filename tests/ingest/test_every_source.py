"""Sources of the real data: their rows add up, the docs tell their counts, and both stores hold the same.

`some` holds each law for a few small sources; `all` is slow and holds it for every one.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pytest

from benchmarks.runs.sources import Contents, Counted, page
from graph_schema import load as load_schema
from ingest import kgx
from ingest.audit import audit
from ingest.catalogue import catalogue, find
from ingest.load import load, read, release_of
from ingest.source_batch import SourceBatch
from kgdx.stores.base import GraphStore
from kgdx.stores.embedded import EmbeddedStore
from tests.servers import Server, open_store, wipe

pytestmark = pytest.mark.realdata

Batches = dict[str, SourceBatch]


@dataclass(frozen=True)
class Extent:
    """How much of the real data a law is held for.

    Attributes:
        again: those that are compared with what the store holds of them.
        on_server: what a server takes in within seconds; `python -m benchmarks.sources --neo4j URI`
            compares all of them.
        codes: what an audit of them must find.
    """

    sources: tuple[str, ...]
    again: tuple[str, ...]
    on_server: tuple[str, ...]
    through_kgx: tuple[str, ...]
    codes: frozenset[str]


_SMALL = ("padchest", "slake", "ddxplus", "findingmodels", "contraindications", "indications")
SOME = Extent(
    ("padchest", "slake", "ddxplus", "contraindications", "indications"),
    ("slake", "contraindications"),
    (),
    ("slake", "contraindications"),
    frozenset({"contradiction"}),
)
ALL = Extent(
    tuple(source.name for source in catalogue().values() if source.test_data),
    ("mondo", "drugs", "hetionet"),
    _SMALL,
    (*_SMALL, "drugs", "doid"),
    frozenset({"contradiction", "kind-conflict", "identity-conflict"}),
)


@pytest.fixture(
    scope="module",
    params=[pytest.param(SOME, id="some"), pytest.param(ALL, id="all", marks=pytest.mark.slow)],
)
def extent(request: pytest.FixtureRequest) -> Extent:
    found: Extent = request.param
    return found


@pytest.fixture(scope="module")
def batches(extent: Extent, data: Path) -> Batches:
    return {name: read(name, data / find(name).test_data) for name in extent.sources}


@pytest.fixture(scope="module")
def store(batches: Batches, tmp_path_factory: pytest.TempPathFactory) -> Iterator[GraphStore]:
    with EmbeddedStore.open(tmp_path_factory.mktemp("graph") / "graph") as store:
        put(batches, store)
        yield store


# What only the graph of all sources can answer.
only_all = pytest.mark.parametrize(
    "extent", [pytest.param(ALL, id="all", marks=pytest.mark.slow)], indirect=True, scope="module"
)


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


def of_sources(written: str) -> list[str]:
    """The lines of the page that tell of one source each; the others tell of the graph of all."""
    rows = [line for line in written.splitlines() if line.startswith("| `")]
    sections = written.partition("## Source by source\n")[2]
    return [*rows, *(line for line in sections.splitlines() if line)]


def test_the_docs_tell_the_counts_of_a_source(batches: Batches, root: Path) -> None:
    counted = {name: Counted.of(batch) for name, batch in batches.items()}
    written = (root / "docs/reference/sources.md").read_text(encoding="utf-8")
    told = of_sources(page(counted, Contents({}, {})))
    assert len(told) >= 3 * len(counted)
    assert set(told) <= set(of_sources(written)), "run python -m benchmarks.sources --write"


@only_all
def test_the_docs_tell_the_counts(batches: Batches, store: GraphStore, root: Path) -> None:
    counted = {name: Counted.of(batch) for name, batch in batches.items()}
    written = (root / "docs/reference/sources.md").read_text(encoding="utf-8")
    assert written == page(counted, Contents.of(store)), "run python -m benchmarks.sources --write"


@only_all
def test_a_question_of_an_analyst_is_answered(store: GraphStore) -> None:
    cypher = (
        "MATCH (d:Disease)-[e:has_phenotype]->(p:PhenotypicFeature) "
        "WHERE p.curie = $finding AND NOT e.negated AND e.frequency >= $share "
        "RETURN d.name AS name, e.frequency AS frequency ORDER BY frequency DESC, name"
    )
    found = store.query(cypher, {"finding": "HP:0001083", "share": 0.4}, limit=500)
    assert "Marfan syndrome" in {row["name"] for row in found}


def test_loading_a_source_again_changes_nothing(batches: Batches, store: GraphStore, extent: Extent) -> None:
    for name in extent.again:
        change = store.compare_source(name, list(batches[name].nodes), batches[name].edges)
        assert change.is_empty


def test_the_graph_holds_no_errors(store: GraphStore, extent: Extent) -> None:
    findings = audit(*store.export(), load_schema())
    assert [f for f in findings if f.level == "error"] == []
    assert {f.code for f in findings} >= extent.codes


@only_all
def test_a_server_holds_the_same(
    batches: Batches, extent: Extent, neo4j_server: Server, tmp_path: Path
) -> None:
    small = {name: batches[name] for name in extent.on_server}
    wipe(neo4j_server)
    with open_store(neo4j_server) as there, EmbeddedStore.open(tmp_path / "graph") as here:
        for store in (there, here):
            put(small, store)
        assert Contents.of(there) == Contents.of(here)
        assert are_same(there, here)


def test_a_graph_goes_through_kgx_unchanged(batches: Batches, extent: Extent, tmp_path: Path) -> None:
    """Provenance included: only the name that the edges were loaded under differs."""
    with EmbeddedStore.open(tmp_path / "graph") as store, EmbeddedStore.open(tmp_path / "other") as other:
        put({name: batches[name] for name in extent.through_kgx}, store)
        nodes, edges = store.export()
        kgx.write(nodes, edges, tmp_path / "out", kgx.kinds_of_ends(store, nodes))
        summary = load("kgx", tmp_path / "out", other)
        assert (summary.rejected, summary.skipped, summary.num_merged) == ({}, {}, 0)
        assert (summary.num_nodes, summary.num_edges) == (nodes.num_rows, edges.num_rows)
        assert are_same(other, store)
