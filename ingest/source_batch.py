"""What a source states: rows sorted into nodes and edges, held against the schema, counted.

Only the rows themselves decide: what is in the graph already plays no part, so that the order of loading
cannot matter. The kind of an end is what its own row says, else what its prefix says, else what any row of
the source says of that identifier.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from graph_schema import load as load_schema
from ingest.catalogue import Source
from ingest.model import Block, Item, Rejected, Skipped
from ingest.texts import tidy_edge, tidy_node
from kgdx.domain.curie import prefix_of
from kgdx.domain.graph import Edge, Node
from kgdx.graph.arrow_schema import STATED_EDGE_COLUMNS, distinct_edges, edge_table

_MAX_EXAMPLES = 3
_PER_TABLE = 20_000

Progress = Callable[[int], None]
"""Told the number of rows read so far."""

_Stated = tuple[Edge, str, str]
"""An edge with the kinds of its head and its tail."""


@dataclass
class SourceBatch:
    """Give it every row with `add`, then `settle`; `nodes` and `edges` are then what the source states.

    Attributes:
        source: whose rows these are.
        num_rows: rows added; each is written, merged, rejected or skipped.
        edges: without repetitions, layout `kgdx.graph.arrow_schema.STATED_EDGE_COLUMNS`.
    """

    source: Source
    num_rows: int = 0
    num_written: int = 0
    num_merged: int = 0
    rejected: Counter[str] = field(default_factory=Counter)
    skipped: Counter[str] = field(default_factory=Counter)
    examples: dict[str, list[str]] = field(default_factory=dict)
    edges: pa.Table = field(default_factory=STATED_EDGE_COLUMNS.empty_table)
    _stated: dict[tuple[str, str], Node] = field(default_factory=dict)
    _named: dict[tuple[str, str], Node] = field(default_factory=dict)
    _kinds: dict[str, str] = field(default_factory=dict)
    _pending: list[_Stated] = field(default_factory=list)
    _tables: list[pa.Table] = field(default_factory=list)
    _waiting: list[tuple[str, Edge, str, str]] = field(default_factory=list)

    @property
    def nodes(self) -> Iterator[Node]:
        """Nodes the source states, then those it names on the way; the owner's records marked as such."""
        for node in (self._named | self._stated).values():
            is_owned = not node.source and prefix_of(node.curie) in self.source.owns
            yield replace(node, source=self.source.infores) if is_owned else node

    def add(self, item: Item) -> None:
        """Add one row, or a block of them."""
        if isinstance(item, Block):
            self._add_block(item)
            return
        self.num_rows += 1
        if isinstance(item, Skipped):
            self.skipped[item.reason] += 1
            return
        if isinstance(item, Rejected):
            self._reject(item.where, item.reason, item.text)
            return
        statement = item.statement
        stated = (statement,) if isinstance(statement, Node) else ()
        for node in (*item.mentions, *stated):
            if objection := _objection(node):
                self._reject(item.where, objection, node.curie)
                return
        for node in item.mentions:
            self._name(tidy_node(node))
        if isinstance(statement, Node):
            self._state(tidy_node(statement))
            return
        statement = tidy_edge(statement)
        named = {node.curie: node.kind for node in item.mentions}
        head, tail = self._kind(statement.head, named), self._kind(statement.tail, named)
        if head and tail:
            self._join(item.where, statement, head, tail)
        else:
            self._waiting.append((item.where, statement, head, tail))

    def settle(self) -> None:
        """Count the edges, once all rows are added."""
        for where, edge, head, tail in self._waiting:
            self._join(where, edge, head or self._kind(edge.head, {}), tail or self._kind(edge.tail, {}))
        self._waiting.clear()
        self._flush()
        stated = pa.concat_tables([STATED_EDGE_COLUMNS.empty_table(), *self._tables])
        self._tables.clear()
        self.edges = distinct_edges(stated)
        self.num_written += self.edges.num_rows
        self.num_merged += stated.num_rows - self.edges.num_rows
        del stated
        # Reading leaves Arrow with much that it keeps for later; the store needs it now.
        pa.default_memory_pool().release_unused()

    def hand_over(self) -> pa.Table:
        """Give the edges away, so that whoever takes them can let go of them."""
        edges, self.edges = self.edges, STATED_EDGE_COLUMNS.empty_table()
        return edges

    def _add_block(self, block: Block) -> None:
        self.num_rows += len(block.lines)
        table, lines = block.edges, block.lines
        for end in ("head", "tail"):
            kinds = self._filled(table[end], table[f"{end}_kind"])
            table = table.set_column(table.column_names.index(f"{end}_kind"), f"{end}_kind", kinds)
        joins = pc.binary_join_element_wise(
            *(table[name] for name in ("relation", "head_kind", "tail_kind")), " ", null_handling="replace"
        ).combine_chunks()
        is_sound = np.ones(len(lines), dtype=np.bool_)
        for join in pc.unique(joins).to_pylist():
            objection = _misjoins(*join.split(" "))
            if objection:
                rows = np.flatnonzero(pc.equal(joins, join).to_numpy(zero_copy_only=False))
                is_sound[rows] = False
                for row in rows[:_MAX_EXAMPLES].tolist():
                    ends = f"{table['head'][row]} {table['tail'][row]}"
                    self._note(f"{block.file}, line {lines[row]}", objection, ends)
                self.rejected[objection] += len(rows)
        self._tables.append(table.filter(pa.array(is_sound)).combine_chunks())

    def _filled(self, curies: pa.ChunkedArray, kinds: pa.ChunkedArray) -> pa.ChunkedArray:
        if not kinds.null_count:
            return kinds
        encoded = curies.combine_chunks().dictionary_encode()
        by_prefix = load_schema().prefix_kinds
        known = [
            by_prefix.get(curie.partition(":")[0]) or self._kinds.get(curie)
            for curie in encoded.dictionary.to_pylist()
        ]
        return pc.coalesce(kinds, pa.array(known, pa.string()).take(encoded.indices))

    def _kind(self, curie: str, named: dict[str, str]) -> str:
        """What the row says, else the prefix, else any row of the source; empty where nobody does."""
        return (
            named.get(curie) or load_schema().prefix_kinds.get(prefix_of(curie)) or self._kinds.get(curie, "")
        )

    def _join(self, where: str, edge: Edge, head: str, tail: str) -> None:
        if objection := _misjoins(edge.relation, head, tail):
            self._reject(where, objection, f"{edge.head} {edge.tail}")
            return
        self._pending.append((edge, head, tail))
        if len(self._pending) >= _PER_TABLE:
            self._flush()

    def _flush(self) -> None:
        table = edge_table([edge for edge, _, _ in self._pending])
        for i, end in ((1, "head"), (2, "tail")):
            kinds = pa.array([stated[i] for stated in self._pending], pa.string())
            table = table.append_column(f"{end}_kind", kinds)
        self._tables.append(table)
        self._pending.clear()

    def _state(self, node: Node) -> None:
        key = node.kind, node.curie
        is_repeated = key in self._stated
        self.num_merged += is_repeated
        self.num_written += not is_repeated
        self._stated.setdefault(key, node)
        self._kinds.setdefault(node.curie, node.kind)

    def _name(self, node: Node) -> None:
        key = node.kind, node.curie
        earlier = self._named.get(key)
        if earlier is None or (node.name and not earlier.name):
            self._named[key] = node
        self._kinds.setdefault(node.curie, node.kind)

    def _reject(self, where: str, reason: str, text: str) -> None:
        self.rejected[reason] += 1
        self._note(where, reason, text)

    def _note(self, where: str, reason: str, text: str) -> None:
        examples = self.examples.setdefault(reason, [])
        if len(examples) < _MAX_EXAMPLES:
            examples.append(f"{where}: {text}")


def _objection(node: Node) -> str:
    declared = load_schema().prefix_kinds.get(prefix_of(node.curie), node.kind)
    if declared != node.kind:
        return f"{prefix_of(node.curie)} identifiers are of kind {declared}, not {node.kind}"
    return ""


def _misjoins(relation: str, head: str, tail: str) -> str:
    """Why a relation does not join two kinds; empty where it does."""
    if not (head and tail):
        return f"nobody says of which kind its {'tail' if head else 'head'} is"
    known = load_schema().relations[relation]
    is_sound = head in known.domain and tail in known.range and (head == tail or not known.is_same_kind)
    return "" if is_sound else f"{relation} does not join {head} to {tail}"
