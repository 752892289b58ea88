"""Which identifiers mean the same, and which of them stands for all.

Sources name one disease by many identifiers. `exact_match` edges join these, and the schema says which
vocabulary a kind prefers; an obsolete term is stood for by the one that replaced it. Nothing is moved
in the store, which keeps what every source said: each node only tells its `preferred`, and `canonical_view`
makes a view of the graph in which they are one. So a merge is recorded, and undone by taking the match
or its source away.

Two identifiers of one vocabulary are two things there. A chain of matches that would make them one is
cut where it would, and told as a conflict.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

import pyarrow as pa
import pyarrow.compute as pc

from graph_schema import Schema
from kgdx.domain.curie import prefix_of

Key = tuple[str, str]
"""Kind and CURIE of a node."""

MATCH_RELATION = "exact_match"


def is_exact_match(edges: pa.Table) -> pa.ChunkedArray:
    """(n,) bool: which of these edges say that two identifiers mean the same, and are not denied."""
    return pc.and_(pc.equal(edges["relation"], MATCH_RELATION), pc.invert(edges["negated"]))


@dataclass(frozen=True)
class Conflict:
    """A match that was not followed: it would make one of two current terms of the same vocabulary."""

    kind: str
    head: str
    tail: str
    terms: tuple[str, str]


@dataclass(frozen=True)
class Identity:
    """What stands for what.

    Attributes:
        replaced_by: obsolete node -> the current node that replaced it, where the graph holds that.
        clique_leader: node -> the node that stands for it; without those that stand for themselves.
        conflicts: matches that were not followed.
    """

    replaced_by: dict[Key, Key]
    clique_leader: dict[Key, Key]
    conflicts: tuple[Conflict, ...]

    def preferred(self, kinds: pa.ChunkedArray, curies: pa.ChunkedArray) -> pa.Array:
        """(n,) CURIE of the node that stands for each of these."""
        keys = zip(kinds.to_pylist(), curies.to_pylist(), strict=True)
        return pa.array([self.clique_leader.get(key, key)[1] for key in keys], pa.string())


def identify_nodes(nodes: pa.Table, matches: pa.Table, schema: Schema) -> Identity:
    """Work out what stands for what.

    Args:
        nodes: at least `kind`, `curie`, `is_obsolete` and `replaced_by`.
        matches: at least `head` and `tail` of the exact matches that are not denied, any order.

    Returns:
        The same for every order of the rows.
    """
    obsolete = nodes.filter(pc.and_(nodes["is_obsolete"], pc.not_equal(nodes["replaced_by"], "")))
    columns = (obsolete[name].to_pylist() for name in ("kind", "curie", "replaced_by"))
    replaced = {(kind, curie): (kind, successor) for kind, curie, successor in zip(*columns, strict=True)}
    replaced_by = _current_terms(replaced, nodes)
    kinds: dict[str, list[str]] = {}
    ends = pc.unique(pa.concat_arrays([matches[end].combine_chunks() for end in ("head", "tail")]))
    touched = nodes.filter(pc.is_in(nodes["curie"], ends))
    for kind, curie in zip(touched["kind"].to_pylist(), touched["curie"].to_pylist(), strict=True):
        kinds.setdefault(curie, []).append(kind)
    classes = _Classes(schema)
    pairs = matches.group_by(["head", "tail"]).aggregate([])
    for head, tail in sorted(zip(pairs["head"].to_pylist(), pairs["tail"].to_pylist(), strict=True)):
        for kind in set(kinds.get(head, ())) & set(kinds.get(tail, ())):
            if schema.prefers[kind]:
                classes.join(
                    replaced_by.get((kind, head), (kind, head)), replaced_by.get((kind, tail), (kind, tail))
                )
    clique_leader = classes.clique_leader
    for old, successor in replaced_by.items():
        clique_leader[old] = clique_leader.get(successor, successor)
    return Identity(replaced_by, clique_leader, tuple(classes.conflicts))


def preferred_changes(nodes: pa.Table, matches: pa.Table, schema: Schema) -> pa.Table:
    """Nodes whose `preferred` is no longer right: their `kind`, `curie` and the right `preferred`.

    Args:
        nodes, matches: as for `identify_nodes`; the nodes also with the `preferred` they have.
    """
    right = identify_nodes(nodes, matches, schema).preferred(nodes["kind"], nodes["curie"])
    is_wrong = pc.not_equal(nodes["preferred"].combine_chunks(), right)
    fresh = nodes.select(["kind", "curie"]).append_column("preferred", right)
    return fresh.filter(is_wrong)


def _current_terms(replaced: dict[Key, Key], nodes: pa.Table) -> dict[Key, Key]:
    """Follow replacements to the end; one that leaves the graph or runs in a circle is none."""
    there = (
        set(zip(nodes["kind"].to_pylist(), nodes["curie"].to_pylist(), strict=True)) if replaced else set()
    )
    replaced_by = {}
    for old in replaced:
        seen, successor = {old}, replaced[old]
        while successor in replaced and successor not in seen:
            seen.add(successor)
            successor = replaced[successor]
        if successor in there and successor not in seen:
            replaced_by[old] = successor
    return replaced_by


class _Classes:
    """Sets of nodes that mean the same, joined pair by pair."""

    def __init__(self, schema: Schema) -> None:
        self._schema = schema
        self._parent: dict[Key, Key] = {}
        self._terms: dict[Key, dict[str, str]] = {}
        self.conflicts: list[Conflict] = []

    def join(self, head: Key, tail: Key) -> None:
        a, b = self._find(head), self._find(tail)
        if a == b:
            return
        ours, theirs = self._terms[a], self._terms[b]
        shared = min((prefix for prefix in ours.keys() & theirs.keys()), default=None)
        if shared is not None:
            low, high = sorted((ours[shared], theirs[shared]))
            self.conflicts.append(Conflict(head[0], head[1], tail[1], (low, high)))
            return
        low_key, high_key = min(a, b), max(a, b)
        self._parent[high_key] = low_key
        self._terms[low_key] = {**ours, **theirs}
        del self._terms[high_key]

    @cached_property
    def clique_leader(self) -> dict[Key, Key]:
        """Node -> best node of its set, without those that are best themselves."""
        best = {root: (root[0], self._best(root[0], terms.values())) for root, terms in self._terms.items()}
        return {key: best[self._find(key)] for key in self._parent if best[self._find(key)] != key}

    def _best(self, kind: str, curies: Iterable[str]) -> str:
        order = {prefix: i for i, prefix in enumerate(self._schema.prefers[kind])}
        return min(curies, key=lambda curie: (order.get(prefix_of(curie), len(order)), curie))

    def _find(self, key: Key) -> Key:
        if key not in self._parent:
            self._parent[key] = key
            self._terms[key] = {prefix_of(key[1]): key[1]}
        while self._parent[key] != key:
            self._parent[key] = self._parent[self._parent[key]]
            key = self._parent[key]
        return key
