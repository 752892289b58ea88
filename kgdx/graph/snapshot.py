"""A snapshot: the graph at one moment, in columns that map straight from disk into arrays.

The store is the truth; reasoning reads a snapshot. Nodes are numbered by sorted CURIE and edges sorted by
what they state, so that the same graph always has the same bytes and the same content hash, whichever
store it came from and in whichever order it was loaded.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from kgdx.domain.errors import BundleError
from kgdx.domain.graph import Edge, Provenance
from kgdx.graph.arrow_schema import EDGE_COLUMNS, NODE_COLUMNS, id_numbers

_NODES = "nodes.arrow"
_EDGES = "edges.arrow"
_REMEMBERED = 20_000
_REPEATING = (
    "kind",
    "relation",
    "source",
    "licence",
    "knowledge_level",
    "release",
    "onset",
    "sex",
    "original_predicate",
)


@dataclass(frozen=True, eq=False)
class Snapshot:
    """Columns of the whole graph.

    Attributes:
        nodes: one row a node, sorted by CURIE; the row number is the node's index.
        edges: one row an edge; `head` and `tail` are int32 node indices.
        content_hash: SHA-256 over all columns, hexadecimal.
    """

    nodes: pa.Table
    edges: pa.Table
    content_hash: str

    @classmethod
    def from_tables(cls, nodes: pa.Table, edges: pa.Table) -> "Snapshot":
        """Number and sort what a store exported.

        Args:
            nodes, edges: layouts `NODE_COLUMNS` and `EDGE_COLUMNS`, any order.

        Raises:
            BundleError: if an edge ends in a node that is not there, or a CURIE occurs twice.
        """
        nodes = nodes.select(NODE_COLUMNS.names).sort_by("curie").combine_chunks()
        edges = edges.select(EDGE_COLUMNS.names)
        curies = nodes["curie"]
        if pc.count_distinct(curies).as_py() != len(nodes):
            raise BundleError("snapshot", "a CURIE occurs twice among the nodes", "load the graph again")
        for end in ("head", "tail"):
            edges = edges.set_column(edges.column_names.index(end), end, _numbered(edges[end], curies))
        nodes, edges = _compact(nodes), _compact(edges)
        edges = edges.take(_order(edges, nodes.num_rows)).combine_chunks()
        return cls(nodes, edges, _content_hash(nodes, edges))

    @classmethod
    def open(cls, folder: Path) -> "Snapshot":
        """Map a snapshot from disk, without reading it all.

        Raises:
            BundleError: if a file is missing or is no Arrow file.
        """
        tables = []
        for name in (_NODES, _EDGES):
            path = folder / name
            try:
                with pa.memory_map(str(path)) as source:
                    tables.append(pa.ipc.open_file(source).read_all())
            except (OSError, pa.ArrowInvalid) as error:
                raise BundleError(str(path), "not a readable snapshot", "run kgdx build again") from error
        nodes, edges = tables
        stored = (edges.schema.metadata or {}).get(b"kgdx", b"{}")
        return cls(nodes, edges, json.loads(stored).get("content_hash", ""))

    def write(self, folder: Path) -> tuple[Path, ...]:
        """Write both files into an existing folder and return their paths."""
        metadata = {"kgdx": json.dumps({"content_hash": self.content_hash})}
        paths = (folder / _NODES, folder / _EDGES)
        for path, table in zip(paths, (self.nodes, self.edges), strict=True):
            stamped = table.replace_schema_metadata(metadata)
            # Into the place of an older file and not over it: some snapshot may be mapped from there.
            draft = path.with_suffix(".partial")
            with pa.OSFile(str(draft), "wb") as sink, pa.ipc.new_file(sink, stamped.schema) as file:
                file.write_table(stamped, max_chunksize=1 << 22)
            draft.replace(path)
        return paths

    def computed_hash(self) -> str:
        """The content hash of the columns as they are now, to be held against the stored one."""
        return _content_hash(self.nodes, self.edges)

    @property
    def num_nodes(self) -> int:
        """How many nodes there are."""
        return int(self.nodes.num_rows)

    @property
    def num_edges(self) -> int:
        """How many edges there are."""
        return int(self.edges.num_rows)

    @cached_property
    def curies(self) -> list[str]:
        """CURIE of every node, by index."""
        return list(self.nodes["curie"].to_pylist())

    @cached_property
    def names(self) -> list[str]:
        """Name of every node, by index; the CURIE where there is no name."""
        named = zip(self.nodes["name"].to_pylist(), self.curies, strict=True)
        return [name or curie for name, curie in named]

    @cached_property
    def index(self) -> Mapping[str, int]:
        """CURIE -> node index."""
        return {curie: i for i, curie in enumerate(self.curies)}

    @cached_property
    def kinds(self) -> NDArray[np.str_]:
        """(num_nodes,) kind of every node."""
        return np.asarray(self.nodes["kind"].cast(pa.string()).to_pylist(), dtype=np.str_)

    @cached_property
    def replaced_by(self) -> Mapping[str, str]:
        """Obsolete CURIE -> the CURIE that took its place; empty string where nothing did."""
        obsolete = self.nodes.filter(self.nodes["is_obsolete"])
        return dict(zip(obsolete["curie"].to_pylist(), obsolete["replaced_by"].to_pylist(), strict=True))

    @cached_property
    def head(self) -> NDArray[np.int32]:
        """(num_edges,) node index at which each edge starts."""
        return _int32(self.edges["head"])

    @cached_property
    def tail(self) -> NDArray[np.int32]:
        """(num_edges,) node index at which each edge ends."""
        return _int32(self.edges["tail"])

    @cached_property
    def negated(self) -> NDArray[np.bool_]:
        """(num_edges,) whether the source denies the relation."""
        return np.asarray(self.edges["negated"].to_numpy(zero_copy_only=False), dtype=np.bool_)

    @cached_property
    def frequency(self) -> NDArray[np.float32]:
        """(num_edges,) share of patients in [0, 1]; NaN where none is stated."""
        return np.asarray(self.edges["frequency"].to_numpy(zero_copy_only=False), dtype=np.float32)

    @cached_property
    def num_patients(self) -> NDArray[np.float64]:
        """(E,) float64, on how many patients the frequency was counted; NaN where that is not said."""
        return np.asarray(self.edges["num_patients"].to_numpy(zero_copy_only=False), dtype=np.float64)

    @cached_property
    def relations(self) -> NDArray[np.str_]:
        """(num_edges,) relation of every edge."""
        return np.asarray(self.edges["relation"].cast(pa.string()).to_pylist(), dtype=np.str_)

    def edges_of(self, *relations: str, among: NDArray[np.int64] | None = None) -> NDArray[np.int64]:
        """Row numbers of the edges of these relations, ascending.

        Args:
            among: rows to look at, ascending; all if left out.
        """
        names = self.edges["relation"] if among is None else self.edges["relation"].take(pa.array(among))
        mask = pc.is_in(names.cast(pa.string()), pa.array(relations))
        found = np.flatnonzero(mask.to_numpy(zero_copy_only=False))
        return found if among is None else among[found]

    def ancestors(self, node: int) -> frozenset[int]:
        """All that a node is a kind of, over any number of `subclass_of` edges; itself left out."""
        child, parent = self._parents
        found, frontier = {node}, [node]
        while frontier:
            here = frontier.pop()
            start, end = np.searchsorted(child, (here, here + 1))
            above = set(parent[start:end].tolist()) - found
            found |= above
            frontier.extend(above)
        return frozenset(found - {node})

    @cached_property
    def _parents(self) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
        """(child, parent) of each affirmed `subclass_of` edge, sorted by child."""
        rows = self.edges_of("subclass_of")
        rows = rows[~self.negated[rows]]
        rows = rows[np.argsort(self.head[rows], kind="stable")]
        return self.head[rows], self.tail[rows]

    def edge(self, row: int) -> Edge:
        """One edge with all its properties, as the store holds it."""
        return self._edge(row)

    @cached_property
    def _edge(self) -> Callable[[int], Edge]:
        """Reading an edge, the last ones remembered: case after case tells the same edges around findings."""
        return lru_cache(maxsize=_REMEMBERED)(self._read_edge)

    @cached_property
    def _columns(self) -> dict[str, pa.ChunkedArray]:
        """Of the edges; an edge names itself."""
        return {name: self.edges[name] for name in self.edges.column_names if name != "edge_id"}

    def _read_edge(self, row: int) -> Edge:
        values: dict[str, Any] = {name: column[row].as_py() for name, column in self._columns.items()}
        provenance = Provenance(
            source=values.pop("source"),
            publications=tuple(values.pop("publications")),
            license=values.pop("licence"),
            knowledge_level=values.pop("knowledge_level"),
            release=values.pop("release"),
        )
        head, tail = self.curies[values.pop("head")], self.curies[values.pop("tail")]
        return Edge(head=head, tail=tail, provenance=provenance, **values)


def _numbered(ends: pa.ChunkedArray, curies: pa.ChunkedArray) -> pa.ChunkedArray:
    numbers = pc.index_in(ends, curies)
    if numbers.null_count:
        missing = ends.filter(pc.is_null(numbers))[0].as_py()
        raise BundleError("snapshot", f"an edge ends in {missing}, which is no node", "load its source again")
    return numbers


def _order(edges: pa.Table, num_nodes: int) -> pa.Array:
    """(num_edges,) the rows by head, relation, tail and id; by numbers, since texts sort far more slowly."""
    relations = edges["relation"].combine_chunks()
    head, tail = (edges[end].to_numpy().astype(np.int64) for end in ("head", "tail"))
    keys = (head * len(relations.dictionary) + relations.indices.to_numpy()) * num_nodes + tail
    order = np.argsort(keys, kind="stable")
    is_like_next = keys[order][1:] == keys[order][:-1]
    places = np.flatnonzero(np.concatenate((is_like_next, [False])) | np.concatenate(([False], is_like_next)))
    alike = order[places]
    ids = id_numbers(edges["edge_id"].take(pa.array(alike)))
    order[places] = alike[np.lexsort((ids, keys[alike]))]
    return pa.array(order)


def _compact(table: pa.Table) -> pa.Table:
    """Dictionary-encode the columns that repeat a few values, the values in alphabetical order."""
    for i, name in enumerate(table.column_names):
        if name in _REPEATING:
            encoded = table.column(i).combine_chunks().dictionary_encode()
            values = encoded.dictionary.take(pc.sort_indices(encoded.dictionary))
            places = pc.index_in(encoded.dictionary, values).cast(pa.int32())
            table = table.set_column(
                i, name, pa.DictionaryArray.from_arrays(places.take(encoded.indices), values)
            )
    return table


def _content_hash(nodes: pa.Table, edges: pa.Table) -> str:
    digest = sha256()
    for table in (nodes, edges):
        for name in table.column_names:
            column = table[name]
            plain = column.cast(pa.string()) if pa.types.is_dictionary(column.type) else column
            digest.update(name.encode())
            batch = pa.table({name: plain}).combine_chunks().to_batches(max_chunksize=1 << 30)
            sink = pa.BufferOutputStream()
            with pa.ipc.new_stream(sink, pa.schema([(name, plain.type)])) as stream:
                for part in batch:
                    stream.write_batch(part)
            digest.update(sink.getvalue())
    return digest.hexdigest()


def _int32(column: pa.ChunkedArray) -> NDArray[np.int32]:
    return np.asarray(column.to_numpy(), dtype=np.int32)
