"""The graph as Arrow columns: how nodes and edges travel in bulk between sources, stores and snapshots."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from hashlib import blake2b
from operator import attrgetter
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from kgdx.domain.graph import Edge, Node, Provenance

NODE_COLUMNS = pa.schema(
    [
        ("curie", pa.string()),
        ("kind", pa.string()),
        ("name", pa.string()),
        ("synonyms", pa.list_(pa.string())),
        ("definition", pa.string()),
        ("is_obsolete", pa.bool_()),
        ("replaced_by", pa.string()),
        ("source", pa.string()),
    ]
)

EDGE_COLUMNS = pa.schema(
    [
        ("head", pa.string()),
        ("relation", pa.string()),
        ("tail", pa.string()),
        ("edge_id", pa.string()),
        ("negated", pa.bool_()),
        ("frequency", pa.float64()),
        ("num_patients", pa.int64()),
        ("onset", pa.string()),
        ("sex", pa.string()),
        ("original_predicate", pa.string()),
        ("source", pa.string()),
        ("publications", pa.list_(pa.string())),
        ("licence", pa.string()),
        ("knowledge_level", pa.string()),
        ("release", pa.string()),
    ]
)

STATED_EDGE_COLUMNS = pa.schema([*EDGE_COLUMNS, ("head_kind", pa.string()), ("tail_kind", pa.string())])
"""Edges on their way into a store: the source itself says of which kinds their ends are."""

# Column -> attribute of `Provenance`. The hash of every release covers the name of its column, `licence`.
_PROVENANCE = {name: name for name in ("source", "publications", "knowledge_level", "release")}
_PROVENANCE["licence"] = "license"
_EDGE_PATHS = [
    f"provenance.{_PROVENANCE[name]}" if name in _PROVENANCE else name for name in EDGE_COLUMNS.names
]


def node_table(nodes: Iterable[Node]) -> pa.Table:
    """One row a node, columns as in `NODE_COLUMNS`."""
    return _table(nodes, NODE_COLUMNS, NODE_COLUMNS.names)


def edge_table(edges: Iterable[Edge]) -> pa.Table:
    """One row an edge, columns as in `EDGE_COLUMNS`; the provenance is spread over its columns."""
    return _table(edges, EDGE_COLUMNS, _EDGE_PATHS)


def stated_edges(edges: Iterable[Edge], kinds: Mapping[str, str]) -> pa.Table:
    """One row an edge, columns as in `STATED_EDGE_COLUMNS`.

    Args:
        kinds: CURIE -> kind, of every end.
    """
    table = edge_table(edges)
    for end in ("head", "tail"):
        values = pa.array([kinds.get(curie) for curie in table[end].to_pylist()], pa.string())
        table = table.append_column(f"{end}_kind", values)
    return table


def distinct_edges(edges: pa.Table) -> pa.Table:
    """Of edges with the same id, the one whose licence, knowledge level and release come first."""
    numbers = id_numbers(edges["edge_id"])
    order = np.argsort(numbers, kind="stable")
    is_like_next = numbers[order][1:] == numbers[order][:-1]
    if not is_like_next.any():
        return edges
    repeated = np.zeros(len(order), dtype=np.bool_)
    repeated[order[1:][is_like_next]] = repeated[order[:-1][is_like_next]] = True
    rows = np.flatnonzero(repeated)
    few = edges.select(["edge_id", "licence", "knowledge_level", "release"]).take(pa.array(rows))
    few = few.append_column("row", pa.array(rows))
    few = few.sort_by([(name, "ascending") for name in few.column_names])
    ids = few["edge_id"].to_numpy(zero_copy_only=False)
    is_first = np.concatenate(([True], ids[1:] != ids[:-1]))
    repeated[few["row"].to_numpy()[is_first]] = False
    return edges.filter(pa.array(~repeated))


def id_numbers(ids: pa.ChunkedArray) -> NDArray[np.uint64]:
    """(n,) the ids as the numbers that their 16 hexadecimal digits write."""
    parts = [np.empty(0, np.uint64)]
    for chunk in ids.chunks:
        fixed = chunk.cast(pa.binary()).cast(pa.binary(16))
        start = fixed.offset * 16
        raw = np.frombuffer(fixed.buffers()[1], np.uint8, len(fixed) * 16, start) if len(fixed) else b""
        digits = np.frombuffer(raw, np.uint8).reshape(-1, 16)
        halves = np.where(digits > ord("9"), digits - (ord("a") - 10), digits - ord("0"))
        packed = np.ascontiguousarray((halves[:, ::2] << 4) | halves[:, 1::2])
        parts.append(packed.view(">u8").ravel().astype(np.uint64))
    return np.concatenate(parts)


def combinations(table: pa.Table, names: Sequence[str]) -> tuple[NDArray[np.int64], list[tuple[str, ...]]]:
    """Which combination of a few repeating texts each row has, without joining the texts of every row.

    Returns:
        (n,) int64 number of each row's combination, and the combinations by number.
    """
    codes = np.zeros(table.num_rows, dtype=np.int64)
    texts: list[list[str]] = []
    for name in names:
        encoded = table[name].combine_chunks().dictionary_encode()
        texts.append(encoded.dictionary.to_pylist())
        codes = codes * max(len(texts[-1]), 1) + encoded.indices.to_numpy()
    used, numbers = np.unique(codes, return_inverse=True)
    found = []
    for code in used.tolist():
        parts = []
        for values in reversed(texts):
            code, place = divmod(code, len(values))
            parts.append(values[place])
        found.append(tuple(reversed(parts)))
    return numbers, found


def edge_ids(edges: pa.Table) -> pa.Array:
    """(num_edges,) the ids that `Edge` would give itself, for columns of `EDGE_COLUMNS` but `edge_id`."""
    names = "head", "relation", "tail", "negated", "frequency", "num_patients", "onset", "sex", "source"
    stated = pc.binary_join_element_wise(*(_as_text(edges[name]) for name in names), "\x1f")
    publications = pc.binary_join(edges["publications"].cast(pa.list_(pa.string())), "\x1f")
    for given, mark in ((publications, "\x1f"), (edges["original_predicate"], "\x1fas ")):
        marked = pc.binary_join_element_wise("", given, mark)
        stated = pc.binary_join_element_wise(stated, pc.if_else(pc.equal(given, ""), "", marked), "")
    texts = stated.cast(pa.binary()).to_pylist()
    return pa.array([blake2b(text, digest_size=8).hexdigest() for text in texts], pa.string())


def _as_text(column: pa.ChunkedArray) -> pa.Array:
    """A column as Python writes its values."""
    column = column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
    if pa.types.is_string(column.type):
        return column
    encoded = column.dictionary_encode(null_encoding="encode")
    written = [
        repr(value) if isinstance(value, float) else str(value) for value in encoded.dictionary.to_pylist()
    ]
    return pa.array(written, pa.string()).take(encoded.indices)


def iter_nodes(table: pa.Table) -> Iterator[Node]:
    """The nodes of a table, row by row."""
    for row in _rows(table):
        yield Node(**{**row, "synonyms": tuple(row["synonyms"])})


def iter_edges(table: pa.Table) -> Iterator[Edge]:
    """The edges of a table, row by row."""
    for row in _rows(table):
        row.pop("edge_id")
        provenance = {name: row.pop(column) for column, name in _PROVENANCE.items()}
        provenance["publications"] = tuple(provenance["publications"])
        yield Edge(**row, provenance=Provenance(**provenance))


def _table(items: Iterable[Any], schema: pa.Schema, paths: Sequence[str]) -> pa.Table:
    """Columns of the attributes at these paths."""
    listed = list(items)
    values = (map(attrgetter(path), listed) for path in paths)
    columns = [pa.array(list(v), field.type) for v, field in zip(values, schema, strict=True)]
    return pa.table(columns, schema=schema)


def _rows(table: pa.Table) -> Iterator[dict[str, Any]]:
    for batch in table.to_batches(max_chunksize=50_000):
        yield from batch.to_pylist()
