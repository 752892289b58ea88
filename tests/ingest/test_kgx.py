"""KGX: what is written is read back unchanged; the starter graph loads."""

from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest import kgx
from ingest.catalogue import find
from ingest.load import load
from ingest.model import Block, Rejected, Row
from ingest.sources.kgx import read
from kgdx.domain.errors import SourceError
from kgdx.domain.graph import Edge, Node, Provenance
from kgdx.graph.arrow_schema import EDGE_COLUMNS, edge_table, iter_edges, node_table, stated_edges
from kgdx.stores.embedded import EmbeddedStore
from tests.ingest.tiny import nodes_of, reconciles

# KGX has no quotes: no control characters, no line ends of any kind, no `|` in lists.
text = st.text(st.characters(exclude_categories=["C", "Zl", "Zp"], exclude_characters="|"), max_size=12)
curie = st.integers(1, 9).map(lambda n: f"MONDO:{n}")
node = st.builds(
    Node,
    curie,
    st.just("Disease"),
    text,
    st.lists(text.filter(bool), max_size=3).map(tuple),
    text,
    st.booleans(),
    st.sampled_from(["", "MONDO:7"]),
    text,
)
share = st.none() | st.floats(0, 1)
edge = st.builds(
    Edge,
    curie,
    st.sampled_from(["subclass_of", "exact_match"]),
    curie,
    st.builds(
        Provenance,
        text.filter(bool),
        st.lists(text.filter(bool), max_size=2).map(tuple),
        text,
        text.filter(bool),
        text,
    ),
    st.booleans(),
    share,
    st.none() | st.integers(0, 999),
    text,
    st.sampled_from(["", "male"]),
    text,
)


@given(st.lists(node, max_size=4, unique_by=lambda n: n.curie), st.lists(edge, max_size=4))
def test_written_and_read_back_is_the_same(nodes: list[Node], edges: list[Edge]) -> None:
    with TemporaryDirectory() as folder:
        kgx.write(node_table(nodes), edge_table(edges), Path(folder))
        items = list(read(Path(folder), find("kgx")))
    assert {item.statement for item in items if isinstance(item, Row)} == set(nodes)
    blocks = [item for item in items if isinstance(item, Block)]
    found = [edge for block in blocks for edge in iter_edges(block.edges.select(EDGE_COLUMNS.names))]
    assert set(found) == set(edges)
    ids = [text for block in blocks for text in block.edges["edge_id"].to_pylist()]
    assert ids == [edge.edge_id for edge in found], "columns and objects give themselves the same ids"
    assert [line for block in blocks for line in block.lines.to_pylist()] == list(range(2, len(edges) + 2))
    assert not [item for item in items if isinstance(item, Rejected)]


def test_a_store_goes_through_kgx_unchanged(store: EmbeddedStore, tmp_path: Path) -> None:
    first = load("starter", None, store)
    assert first.num_edges > 0
    assert reconciles(first)
    assert first.rejected == {}
    before = [table.to_pylist() for table in store.export()]
    nodes, edges = store.export()
    kgx.write(nodes, edges, tmp_path / "out")
    store.replace_source("starter", [], stated_edges([], {}))
    assert nodes_of(store) == {}
    load("kgx", tmp_path / "out", store, alias="starter")
    after = [table.to_pylist() for table in store.export()]
    for old, new in zip(before, after, strict=True):
        assert sorted(old, key=str) == sorted(new, key=str)


def test_what_the_schema_does_not_hold_is_rejected(tmp_path: Path) -> None:
    (tmp_path / "g_nodes.tsv").write_text(
        "id\tcategory\nMONDO:1\tbiolink:Planet\nX\tbiolink:NamedThing|biolink:Disease\n"
    )
    header = "subject\tpredicate\tobject\thas_quotient"
    rows = ["MONDO:1\tbiolink:adores\tMONDO:2\t", "MONDO:1\tbiolink:subclass_of\tMONDO:2\t7"]
    (tmp_path / "g_edges.tsv").write_text("\n".join([header, *rows]))
    items = list(read(tmp_path / "g", find("kgx")))
    assert [item.reason for item in items if isinstance(item, Rejected)] == [
        "category not in the schema",
        "not a CURIE",
        "predicate not in the schema",
        "frequency outside 0 to 1",
    ]


def test_a_folder_without_the_files_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"no nodes\.tsv: name the folder of a KGX graph"):
        list(read(tmp_path, find("kgx")))
