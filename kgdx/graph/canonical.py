"""The view of a graph in which every identifier stands for one node: what a release is made of.

Where sources disagree on the kind of an identifier, the kind that comes first in the schema has it. Edges
of an obsolete term move to the one that replaced it and, if asked, edges of equivalent terms to the one
that the schema prefers. The store keeps every statement as it was made, so all of this can be undone by
making the view again.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import pyarrow as pa
import pyarrow.compute as pc

from graph_schema import Schema
from kgdx.domain.graph import Node
from kgdx.graph.arrow_schema import (
    EDGE_COLUMNS,
    NODE_COLUMNS,
    distinct_edges,
    edge_ids,
    iter_nodes,
    node_table,
)
from kgdx.graph.cliques import Conflict, identify_nodes, is_exact_match

NOTE_COLUMNS = pa.schema([(name, pa.string()) for name in ("curie", "became", "reason")])


@dataclass(frozen=True)
class CanonicalView:
    """A graph in which every CURIE is one node.

    Attributes:
        nodes, edges: layouts `NODE_COLUMNS` and `EDGE_COLUMNS`.
        notes: every identifier that another one stands for now, layout `NOTE_COLUMNS`.
        num_moved: edges that have another end now.
        left_out: reason -> number of edges that the view does not hold.
    """

    nodes: pa.Table
    edges: pa.Table
    notes: pa.Table
    num_moved: int
    left_out: Mapping[str, int]


def canonical_view(nodes: pa.Table, edges: pa.Table, schema: Schema, merge: bool = False) -> CanonicalView:
    """Make the view.

    Args:
        nodes: layout `NODE_COLUMNS`; a CURIE may come with several kinds.
        edges: layout `EDGE_COLUMNS`, every id once.
        merge: make equivalent nodes one, too, and not only obsolete terms and their successors.

    Returns:
        The same for every order of the rows; making it again changes nothing.
    """
    identity = identify_nodes(nodes, edges.filter(is_exact_match(edges)), schema)
    nodes, kinds = _one_kind_each(nodes, schema)
    became = {
        old: successor
        for (kind, old), (_, successor) in (identity.clique_leader if merge else identity.replaced_by).items()
        if kinds.get(old) == kind and kinds.get(successor) == kind
    }
    left_out: Counter[str] = Counter()
    moved = _moved(edges, became, left_out)
    if merge:
        moved = _without(moved, identity.conflicts, became, left_out)
    sound = _joined(moved, kinds, schema, left_out)
    stated = distinct_edges(sound) if became else sound
    if repeated := sound.num_rows - stated.num_rows:
        left_out["the same as another one now"] = repeated
    notes = [
        {"curie": old, "became": successor, "reason": _reason(kinds[old], old, identity.replaced_by)}
        for old, successor in sorted(became.items())
    ]
    return CanonicalView(
        _united(nodes, became) if merge else nodes,
        stated.select(EDGE_COLUMNS.names),
        pa.Table.from_pylist(notes, NOTE_COLUMNS),
        pc.sum(sound["is_moved"]).as_py() or 0,
        dict(left_out),
    )


def _reason(kind: str, old: str, replaced_by: Mapping[tuple[str, str], tuple[str, str]]) -> str:
    return "obsolete" if (kind, old) in replaced_by else "exact match"


def _one_kind_each(nodes: pa.Table, schema: Schema) -> tuple[pa.Table, dict[str, str]]:
    """Nodes with every CURIE once, and its kind."""
    order = {kind: i for i, kind in enumerate(schema.kinds)}
    curies = nodes["curie"].to_pylist()
    kinds: dict[str, str] = {}
    repeated = set()
    for curie, kind in zip(curies, nodes["kind"].to_pylist(), strict=True):
        if curie in kinds:
            repeated.add(curie)
            kind = min(kind, kinds[curie], key=order.__getitem__)
        kinds[curie] = kind
    if not repeated:
        return nodes, kinds
    is_repeated = pc.is_in(nodes["curie"], pa.array(sorted(repeated)))
    groups: dict[str, list[Node]] = {}
    for node in iter_nodes(nodes.filter(is_repeated)):
        groups.setdefault(node.curie, []).append(node)
    united = [_unite(replace(_best(group), kind=kinds[curie]), group) for curie, group in groups.items()]
    return pa.concat_tables([nodes.filter(pc.invert(is_repeated)), node_table(united)]), kinds


def _best(group: list[Node]) -> Node:
    """The record of the owner, else one with a name; then by what it says."""
    return min(group, key=lambda node: (not node.source, not node.name, node.name, node.kind))


def _unite(leader: Node, group: list[Node]) -> Node:
    """The leader, with the names and synonyms of all."""
    others = {name for node in group for name in (node.name, *node.synonyms) if name}
    fresh = sorted(others - {leader.name, *leader.synonyms})
    definition = leader.definition or next((n.definition for n in group if n.definition), "")
    return replace(leader, synonyms=(*leader.synonyms, *fresh), definition=definition)


def _united(nodes: pa.Table, became: Mapping[str, str]) -> pa.Table:
    """Nodes without those that another one stands for, whose names it takes over."""
    touched = pa.array(sorted({*became, *became.values()}), pa.string())
    is_touched = pc.is_in(nodes["curie"], touched)
    groups: dict[str, list[Node]] = {}
    leaders: dict[str, Node] = {}
    for node in sorted(iter_nodes(nodes.filter(is_touched)), key=lambda n: n.curie):
        if node.curie in became:
            groups.setdefault(became[node.curie], []).append(node)
        else:
            leaders[node.curie] = node
    united = [_unite(leader, groups.get(curie, [])) for curie, leader in leaders.items()]
    return pa.concat_tables([nodes.filter(pc.invert(is_touched)), node_table(united)]).select(
        NODE_COLUMNS.names
    )


def _moved(edges: pa.Table, became: Mapping[str, str], left_out: Counter[str]) -> pa.Table:
    """Edges with the ends they have now, and `is_moved`."""
    is_moved = pa.array([False]).take(pa.array([0] * edges.num_rows, pa.int64()))
    if not became:
        return edges.append_column("is_moved", is_moved)
    table = edges
    for end in ("head", "tail"):
        encoded = edges[end].combine_chunks().dictionary_encode()
        texts = encoded.dictionary.to_pylist()
        now = pa.array([became.get(text, text) for text in texts], pa.string()).take(encoded.indices)
        is_moved = pc.or_(is_moved, pc.not_equal(now, edges[end].combine_chunks()))
        table = table.set_column(table.column_names.index(end), end, now)
    is_circle = pc.and_(is_moved, pc.equal(table["head"], table["tail"]))
    if num := pc.sum(is_circle).as_py():
        left_out["between two that are one now"] = num
    table = table.append_column("is_moved", is_moved).filter(pc.invert(is_circle))
    still, changed = table.filter(pc.invert(table["is_moved"])), table.filter(table["is_moved"])
    index = changed.column_names.index("edge_id")
    return pa.concat_tables([still, changed.set_column(index, "edge_id", edge_ids(changed))])


def _without(
    edges: pa.Table, conflicts: Sequence[Conflict], became: Mapping[str, str], left_out: Counter[str]
) -> pa.Table:
    """Edges without the matches that were not followed: they would be, once what barred them is merged."""
    barred = {tuple(became.get(end, end) for end in (c.head, c.tail)) for c in conflicts}
    keys = pa.array(["\x1f".join(ends) for ends in barred], pa.string())
    ends = pc.binary_join_element_wise(edges["head"], edges["tail"], "\x1f")
    is_barred = pc.and_(is_exact_match(edges), pc.is_in(ends, keys))
    if num := pc.sum(is_barred).as_py():
        left_out["a match that would make two terms of one vocabulary one"] = num
    return edges.filter(pc.invert(is_barred))


def _joined(edges: pa.Table, kinds: Mapping[str, str], schema: Schema, left_out: Counter[str]) -> pa.Table:
    """Edges whose relation joins the kinds that their ends have now."""
    ends = []
    for end in ("head", "tail"):
        encoded = edges[end].combine_chunks().dictionary_encode()
        known = [kinds.get(curie, "") for curie in encoded.dictionary.to_pylist()]
        ends.append(pa.array(known, pa.string()).take(encoded.indices))
    joins = pc.binary_join_element_wise(edges["relation"].combine_chunks(), *ends, " ")
    misfits = []
    for join in pc.unique(joins).to_pylist():
        relation, head, tail = join.split(" ")
        if (head, tail) not in schema.relations[relation].pairs():
            misfits.append(join)
            reason = f"{relation} does not join {head or 'nothing'} to {tail or 'nothing'}"
            left_out[reason] += pc.sum(pc.equal(joins, join)).as_py()
    if not misfits:
        return edges
    return edges.filter(pc.invert(pc.is_in(joins, pa.array(misfits))))
