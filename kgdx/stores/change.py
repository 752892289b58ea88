"""What a load changes: the difference between what a store holds and what a source now states.

Several sources may name one CURIE. The store keeps what each of them says (a *mention*), and the record
that everybody sees is chosen from the mentions alone, so that it never depends on the order of loading:
a record with a `source`, which only the owner of the CURIE gives, wins over one without; then the
smaller source name wins. Pure functions, shared by all stores.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from graph_schema import Schema
from kgdx.domain.curie import prefix_of
from kgdx.domain.errors import SourceError
from kgdx.domain.graph import Edge, Node

Stamp = tuple[str, str, str, str]
"""Edge id and the provenance that is not part of it: licence, knowledge level, release."""


@dataclass(frozen=True, slots=True)
class StoredNode:
    """What a store must tell of a node for a change to be worked out."""

    kind: str
    mentions: tuple[str, ...]


@dataclass(frozen=True)
class NodeChange:
    """Nodes to write, each with its mentions; a node without mentions goes unless an edge holds it."""

    added: Mapping[Node, tuple[str, ...]]
    updated: Mapping[Node, tuple[str, ...]]
    kinds: Mapping[str, str]


def node_change(
    source: str, nodes: Iterable[Node], stored: Mapping[str, StoredNode], schema: Schema
) -> NodeChange:
    """Work out which nodes to add and which to write anew.

    Args:
        source: name of the source being loaded.
        nodes: everything it names.
        stored: CURIE -> what the store holds.

    Returns:
        The change, with `kinds` of all CURIEs known afterwards.

    Raises:
        SourceError: if a node has an unknown kind, or another kind than its prefix or the store says.
    """
    wanted: dict[str, str] = {}
    kinds = {curie: held.kind for curie, held in stored.items()}
    for node in nodes:
        _check_kind(source, node, kinds, schema)
        kinds[node.curie] = node.kind
        text = _mention(source, node)
        earlier = wanted.get(node.curie)
        wanted[node.curie] = min(earlier, text, key=_rank) if earlier else text
    added, updated = {}, {}
    for curie in wanted.keys() - stored.keys():
        added[_visible(curie, kinds[curie], (wanted[curie],))] = (wanted[curie],)
    start = mention_start(source)
    for curie, held in stored.items():
        others = tuple(text for text in held.mentions if not text.startswith(start))
        mentions = tuple(sorted((*others, wanted[curie]))) if curie in wanted else others
        if mentions != held.mentions:
            updated[_visible(curie, held.kind, mentions)] = mentions
    return NodeChange(added, updated, kinds)


def stamp(edge: Edge) -> Stamp:
    """What tells whether a stored edge is up to date."""
    given = edge.provenance
    return edge.edge_id, given.licence, given.knowledge_level, given.release


def distinct(edges: Iterable[Edge]) -> dict[Stamp, Edge]:
    """Edges by stamp, one of those with the same id: the one of the smaller stamp."""
    chosen: dict[str, Edge] = {}
    for edge in edges:
        earlier = chosen.setdefault(edge.edge_id, edge)
        if earlier is not edge and stamp(edge) < stamp(earlier):
            chosen[edge.edge_id] = edge
    return {stamp(edge): edge for edge in chosen.values()}


def edges_by_ends(
    source: str, edges: Iterable[Edge], kinds: Mapping[str, str], schema: Schema
) -> dict[tuple[str, str, str], list[Edge]]:
    """Sort edges by relation, kind of head and kind of tail.

    Raises:
        SourceError: if an edge has an unknown relation, an end that is no node, or ends of kinds that its
            relation does not join.
    """
    pairs = {name: set(relation.pairs()) for name, relation in schema.relations.items()}
    groups: dict[tuple[str, str, str], list[Edge]] = {}
    for edge in edges:
        if edge.relation not in pairs:
            raise _refused(source, edge, "the schema has no such relation")
        for end in (edge.head, edge.tail):
            if end not in kinds:
                raise _refused(source, edge, f"{end} is no node")
        ends = kinds[edge.head], kinds[edge.tail]
        if ends not in pairs[edge.relation]:
            raise _refused(source, edge, f"{edge.relation} does not join {ends[0]} to {ends[1]}")
        groups.setdefault((edge.relation, *ends), []).append(edge)
    return groups


def mention_start(source: str) -> str:
    """How every mention by a source begins."""
    return json.dumps([source], ensure_ascii=False)[:-1] + ","


def _check_kind(source: str, node: Node, kinds: Mapping[str, str], schema: Schema) -> None:
    declared = schema.prefix_kinds.get(prefix_of(node.curie), node.kind)
    known = kinds.get(node.curie, node.kind)
    if node.kind not in schema.categories or declared != node.kind or known != node.kind:
        fact = f"{node.curie} is given as {node.kind} but is {known if known != node.kind else declared}"
        raise SourceError(source, fact, "correct its kind; a CURIE has one kind in the whole graph")


def _refused(source: str, edge: Edge, fact: str) -> SourceError:
    where = f"{source}, edge {edge.head} {edge.relation} {edge.tail}"
    return SourceError(where, fact, "load the source of its ends first, or correct the edge")


def _mention(source: str, node: Node) -> str:
    record = [node.name, node.synonyms, node.definition, node.is_obsolete, node.replaced_by, node.source]
    return json.dumps([source, *record], ensure_ascii=False, separators=(",", ":"))


def _rank(mention: str) -> tuple[bool, str]:
    return mention.endswith(',""]'), mention


def _visible(curie: str, kind: str, mentions: Sequence[str]) -> Node:
    if not mentions:
        return Node(curie, kind)
    _, name, synonyms, definition, is_obsolete, replaced_by, source = json.loads(min(mentions, key=_rank))
    return Node(curie, kind, name, tuple(synonyms), definition, is_obsolete, replaced_by, source)
