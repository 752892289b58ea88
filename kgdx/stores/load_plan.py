"""What a load changes: the difference between what a store holds and what a source now states.

Several sources may name one CURIE. The store keeps what each of them says (a *mention*, one JSON text), and
the record that everybody sees is made from the mentions alone, so that it never depends on the order of
loading: a record with a `source`, which only the owner of the CURIE gives, wins over one without; then the
smaller source name wins; the synonyms are everybody's. Pure functions, shared by all stores.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from graph_schema import Schema
from kgdx.domain.curie import prefix_of
from kgdx.domain.errors import SourceError
from kgdx.domain.graph import LoadCount, Node
from kgdx.graph.arrow_schema import STATED_EDGE_COLUMNS, distinct_edges

_to_json = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


def mention_start(source: str) -> str:
    """How every mention by a source begins."""
    return _to_json([source])[:-1] + ","


def mention(source: str, node: Node) -> str:
    """What a source says of a node."""
    record = [node.name, node.synonyms, node.definition, node.is_obsolete, node.replaced_by, node.source]
    return _to_json([source, *record])


def best_mention(mentions: Sequence[str]) -> str:
    """The owner's first, then those that give a name, then by name of the source."""
    return min(mentions, key=_rank)


def visible_node(kind: str, curie: str, mentions: Sequence[str]) -> Node:
    """The record that everybody sees."""
    if not mentions:
        return Node(curie, kind)
    ranked = [json.loads(text) for text in sorted(mentions, key=_rank)]
    _, name, synonyms, definition, is_obsolete, replaced_by, source = ranked[0]
    others = {synonym for record in ranked[1:] for synonym in record[2]} - {name, *synonyms}
    return Node(curie, kind, name, (*synonyms, *sorted(others)), definition, is_obsolete, replaced_by, source)


def _rank(mention: str) -> tuple[bool, bool, str]:
    has_name = json.loads(mention)[1] != ""
    return mention.endswith(',""]'), not has_name, mention


LOADED_EDGE_COLUMNS = pa.schema(
    [(name, pa.string()) for name in ("head", "relation", "tail", "edge_id")] + [("provenance", pa.int64())]
)


@dataclass(frozen=True)
class LoadPlan:
    """What to write.

    Attributes:
        source: whose load it is.
        added, updated: nodes with their mentions; one without mentions goes unless an edge holds it.
        edges: to be written, layout `STATED_EDGE_COLUMNS`.
        stale: to be taken away, layout `LOADED_EDGE_COLUMNS`; those that come back with another release,
            license or knowledge level are among both.
        num_edges_changed: how many come back.
        kept_records: ids of provenance that edges still have.
    """

    source: str
    added: Mapping[Node, tuple[str, ...]]
    updated: Mapping[Node, tuple[str, ...]]
    edges: pa.Table
    stale: pa.Table
    num_edges_changed: int
    kept_records: frozenset[int]

    @property
    def is_empty(self) -> bool:
        """Whether the store already holds what the source states."""
        return not (self.added or self.updated or self.edges.num_rows or self.stale.num_rows)

    def count(self, num_nodes_removed: int) -> LoadCount:
        """The change in numbers."""
        changed = sum(bool(mentions) for mentions in self.updated.values())
        return LoadCount(
            num_nodes_added=len(self.added),
            num_nodes_removed=num_nodes_removed,
            num_nodes_changed=changed,
            num_edges_added=self.edges.num_rows - self.num_edges_changed,
            num_edges_removed=self.stale.num_rows - self.num_edges_changed,
            num_edges_changed=self.num_edges_changed,
        )


Key = tuple[str, str]
"""Kind and CURIE: what makes a node the same in every source."""

RECORD = ("source", "licence", "knowledge_level", "release")
"""What the edges of a load have in common, kept once as a `Provenance` record."""


@dataclass(frozen=True)
class StoreState:
    """What a store already holds that a load may touch.

    Attributes:
        mentions: of every node that the source names now or named before, and of every end of its edges.
        edges: those that the source loaded, layout `kgdx.stores.load_plan.LOADED_EDGE_COLUMNS`.
        records: id -> what the edges of that provenance have in common, in the order of `RECORD`.
    """

    mentions: Mapping[Key, tuple[str, ...]]
    edges: pa.Table
    records: Mapping[int, tuple[str, ...]]


def keys_of(nodes: Iterable[Node], edges: pa.Table) -> set[Key]:
    """Every node that a load names or whose edges touch it."""
    keys = {(node.kind, node.curie) for node in nodes}
    for end in ("head", "tail"):
        ends = edges.group_by([f"{end}_kind", end]).aggregate([])
        keys |= set(zip(*(ends[name].to_pylist() for name in (f"{end}_kind", end)), strict=True))
    return keys


def plan_load(source: str, nodes: Sequence[Node], edges: pa.Table, state: StoreState) -> LoadPlan:
    """Work out what to write, so that the store holds what the source states.

    Args:
        source: name of the source being loaded.
        nodes: everything it names; they and the edges have passed `check`.
        edges: everything it states, layout `STATED_EDGE_COLUMNS`.
    """
    wanted: dict[Key, str] = {}
    alone: dict[Key, Node] = {}
    for node in nodes:
        key, text = (node.kind, node.curie), mention(source, node)
        if key not in wanted or best_mention((wanted[key], text)) == text:
            wanted[key], alone[key] = text, node
    added, updated = {}, {}
    start = mention_start(source)
    for key in keys_of((), edges) | wanted.keys() | state.mentions.keys():
        earlier = state.mentions.get(key)
        others = [text for text in earlier or () if not text.startswith(start)]
        mentions = tuple(sorted([*others, wanted[key]])) if key in wanted else tuple(others)
        if earlier is None:
            # Nobody else has spoken of it, so there is nothing to unite.
            added[alone.get(key) or visible_node(*key, mentions)] = mentions
        elif mentions != earlier:
            updated[visible_node(*key, mentions)] = mentions
    fresh, stale, num_changed, kept = _edge_plan(distinct_edges(edges), state)
    return LoadPlan(source, added, updated, fresh, stale, num_changed, kept)


def check(source: str, nodes: Iterable[Node], edges: pa.Table, schema: Schema) -> None:
    """Hold a load against the schema.

    Raises:
        SourceError: naming the first node of an unknown or wrong kind, or the first edge whose relation is
            unknown or does not join the kinds of its ends.
    """
    for node in nodes:
        declared = schema.prefix_kinds.get(prefix_of(node.curie), node.kind)
        if node.kind not in schema.categories or declared != node.kind:
            fact = f"{node.curie} is given as {node.kind}" + (f" but is {declared}" * (declared != node.kind))
            raise SourceError(source, fact, "correct its kind: the prefix tells it, or the schema lists it")
    if not edges.schema.equals(STATED_EDGE_COLUMNS):
        raise SourceError(source, "edges in another layout", "make them with arrow_schema.stated_edges")
    joins = edges.group_by(["relation", "head_kind", "tail_kind"]).aggregate([])
    for row in joins.to_pylist():
        relation = schema.relations.get(row["relation"])
        if relation is None:
            raise _refused(source, edges, row, "the schema has no such relation")
        for end in ("head", "tail"):
            if row[f"{end}_kind"] is None:
                raise _refused(source, edges, row, f"nobody says of which kind its {end} is")
        if (row["head_kind"], row["tail_kind"]) not in relation.pairs():
            fact = f"{relation.name} does not join {row['head_kind']} to {row['tail_kind']}"
            raise _refused(source, edges, row, fact)


def _refused(source: str, edges: pa.Table, like: Mapping[str, str | None], fact: str) -> SourceError:
    alike = [
        pc.is_null(edges[name]) if value is None else pc.equal(edges[name], value)
        for name, value in like.items()
    ]
    first = edges.filter(pc.and_(pc.and_(alike[0], alike[1]), alike[2])).slice(0, 1).to_pylist()[0]
    where = f"{source}, edge {first['head']} {first['relation']} {first['tail']}"
    return SourceError(where, fact, "correct the edge, or the kinds of its ends")


def _edge_plan(edges: pa.Table, state: StoreState) -> tuple[pa.Table, pa.Table, int, frozenset[int]]:
    """Edges to write, edges to take away, how many are in both, and the provenance of those that stay."""
    if not state.edges.num_rows:
        return edges, state.edges, 0, frozenset()
    known = pc.index_in(edges["edge_id"], state.edges["edge_id"].combine_chunks())
    records = {number: "\x1f".join(record) for number, record in state.records.items()}
    numbers = state.edges["provenance"].combine_chunks().dictionary_encode()
    names = pa.array([records[number] for number in numbers.dictionary.to_pylist()], pa.string())
    loaded_records = names.take(numbers.indices)
    stated = pc.binary_join_element_wise(*(edges[name] for name in RECORD), "\x1f")
    is_loaded = pc.is_valid(known)
    is_same = pc.fill_null(pc.equal(stated, loaded_records.take(known)), fill_value=False)
    fresh = edges.filter(pc.invert(is_same))
    staying = known.filter(is_same)
    is_stale = pc.invert(
        pc.is_in(pa.array(np.arange(state.edges.num_rows), staying.type), staying.combine_chunks())
    )
    num_changed = pc.sum(pc.and_(is_loaded, pc.invert(is_same))).as_py() or 0
    kept = frozenset(pc.unique(state.edges["provenance"].take(staying)).to_pylist())
    return fresh, state.edges.filter(is_stale), num_changed, kept


def now() -> str:
    """UTC, ISO 8601."""
    return datetime.now(UTC).isoformat(timespec="seconds")
