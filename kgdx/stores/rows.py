"""Between the columns of the graph and the properties that every store keeps on its edges.

A store keeps no empty text: it is null there, as in every property graph. Publications are one text, and
what the edges of a load have in common is a number (see `kgdx.stores.cypher`).
"""

from collections.abc import Iterable, Iterator, Mapping

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from kgdx.domain.graph import Node
from kgdx.graph.arrow_schema import EDGE_COLUMNS, combinations, id_numbers, node_table
from kgdx.stores.cypher import EDGE_PROPERTIES, LIST_SEPARATOR, MENTIONS, PROVENANCE, RECORD_COLUMNS
from kgdx.stores.load_plan import RECORD

_NULLABLE = ("onset", "sex", "original_predicate", "publications")
_MAX_RECORDS = 1 << 24

Joined = tuple[tuple[str, str, str], pa.Table]
"""Relation, kind of head and kind of tail, with edges as `to_properties` makes them."""


def node_tables(nodes: Mapping[Node, tuple[str, ...]]) -> Iterator[tuple[str, pa.Table]]:
    """Kind by kind, nodes as a store keeps them but for `preferred`.

    Args:
        nodes: node -> its mentions.
    """
    by_kind: dict[str, list[Node]] = {}
    for node in nodes:
        by_kind.setdefault(node.kind, []).append(node)
    for kind, members in by_kind.items():
        mentions = pa.array([list(nodes[node]) for node in members], pa.list_(pa.string()))
        yield kind, node_table(members).append_column(MENTIONS, mentions)


def new_records(source: str, load: int, edges: pa.Table) -> tuple[pa.Table, pa.Array]:
    """The provenance of edges that are to be written.

    Args:
        edges: layout `STATED_EDGE_COLUMNS`.

    Returns:
        The records, layout `RECORD_COLUMNS`, and (num_edges,) int64 id of the record of each edge.
    """
    numbers, stated = combinations(edges, RECORD)
    first = load * _MAX_RECORDS
    rows = [
        dict(zip(RECORD, values, strict=True)) | {"id": first + i, "loaded_from": source, "load": load}
        for i, values in enumerate(stated)
    ]
    return pa.Table.from_pylist(rows, RECORD_COLUMNS), pa.array(numbers + first, pa.int64())


def by_join(edges: pa.Table, provenance: pa.Array, num_rows: int) -> Iterator[Joined]:
    """Edges as a store keeps them, sorted by relation and kinds of ends, in tables of at most `num_rows`.

    Args:
        edges: layout `STATED_EDGE_COLUMNS`.
        provenance: (num_edges,) int64 id of the record of each edge.
    """
    numbers, joins = combinations(edges, ("relation", "head_kind", "tail_kind"))
    for number, (relation, head, tail) in enumerate(joins):
        found = np.flatnonzero(numbers == number)
        for start in range(0, len(found), num_rows):
            some = pa.array(found[start : start + num_rows])
            yield (relation, head, tail), to_properties(edges.take(some), provenance.take(some))


def to_properties(edges: pa.Table, provenance: pa.Array) -> pa.Table:
    """Head, tail, and the properties as a store keeps them."""
    joined = pc.binary_join(edges["publications"].cast(pa.list_(pa.string())), LIST_SEPARATOR)
    columns = {name: edges[name] for name in ("head", "tail", *EDGE_PROPERTIES) if name != PROVENANCE}
    columns |= {"publications": joined, PROVENANCE: provenance}
    for name in _NULLABLE:
        empty = pc.equal(columns[name], "")
        columns[name] = pc.if_else(empty, pa.scalar(None, pa.string()), columns[name])
    return pa.table({name: columns[name] for name in ("head", "tail", *EDGE_PROPERTIES)})


def to_edges(relation: str, properties: pa.Table, records: pa.Table) -> pa.Table:
    """The columns of the graph, and `loaded_from`: the name of the source whose load wrote the edge.

    Args:
        properties: as `to_properties` makes them, of one relation.
        records: every record, layout `RECORD_COLUMNS`.
    """
    columns = {name: properties[name] for name in properties.column_names}
    for name in _NULLABLE:
        columns[name] = pc.fill_null(columns[name].cast(pa.string()), "")
    columns["publications"] = _split(columns["publications"])
    columns["relation"] = pa.repeat(pa.scalar(relation), properties.num_rows)
    row = pc.index_in(properties[PROVENANCE], records["id"].combine_chunks())
    for name in (*RECORD, "loaded_from"):
        columns[name] = records[name].combine_chunks().take(row.combine_chunks())
    fields = [*EDGE_COLUMNS, pa.field("loaded_from", pa.string())]
    return pa.table([columns[field.name] for field in fields], schema=pa.schema(fields))


def publications(text: str | None) -> list[str]:
    """The list that stands on an edge as one text."""
    return text.split(LIST_SEPARATOR) if text else []


def stated_once(tables: Iterable[pa.Table]) -> pa.Table:
    """One of the edges with the same id: the one of the smaller source name."""
    edges = pa.concat_tables(tables)
    ids = np.sort(id_numbers(edges["edge_id"]))
    if (ids[1:] == ids[:-1]).any():
        edges = edges.sort_by([("edge_id", "ascending"), ("loaded_from", "ascending")]).combine_chunks()
        texts = edges["edge_id"].combine_chunks()
        is_first = pc.not_equal(texts.slice(1), texts.slice(0, len(texts) - 1))
        edges = edges.filter(pa.concat_arrays([pa.array([True]), is_first]))
    return edges.select(EDGE_COLUMNS.names)


def _split(texts: pa.ChunkedArray) -> pa.ChunkedArray:
    """Lists of texts; an empty text is an empty list."""
    lists = []
    for chunk in texts.chunks if isinstance(texts, pa.ChunkedArray) else [texts]:
        parts = pc.split_pattern(chunk, LIST_SEPARATOR)
        is_empty = pc.equal(chunk, "")
        empty = pa.scalar([], pa.list_(pa.string()))
        lists.append(pc.if_else(is_empty, empty, parts.cast(pa.list_(pa.string()))))
    return pa.chunked_array(lists, pa.list_(pa.string()))
