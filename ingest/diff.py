"""What loading a source would change, told before anything is written."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from ingest.source_batch import SourceBatch
from kgdx.domain.graph import Node
from kgdx.stores.base import GraphStore
from kgdx.stores.load_plan import LoadPlan

_ENDS = ("head", "relation", "tail")


@dataclass(frozen=True)
class Diff:
    """Nodes and edges that a load would add, remove or plan.

    An edge is changed if the source still joins the same two nodes by the same relation, and says
    something else of it: another frequency, other publications, another release.

    Attributes:
        nodes_added, nodes_changed, nodes_dropped: CURIE -> name. A dropped node is no longer named by the
            source; it goes unless another source names it or an edge holds it.
        edges_added, edges_removed, edges_changed: (n, 3) text columns `head`, `relation` and `tail`.
    """

    source: str
    nodes_added: Mapping[str, str]
    nodes_changed: Mapping[str, str]
    nodes_dropped: Mapping[str, str]
    edges_added: pa.Table
    edges_removed: pa.Table
    edges_changed: pa.Table

    @property
    def is_empty(self) -> bool:
        """Whether the load would change nothing."""
        return not any(self.counts().values())

    def counts(self) -> dict[str, int]:
        """How many there are of each, by attribute."""
        names = [f"{what}_{how}" for what in ("nodes", "edges") for how in _hows(what)]
        parts = ((name, getattr(self, name)) for name in names)
        return {name: part.num_rows if isinstance(part, pa.Table) else len(part) for name, part in parts}

    def to_dict(self) -> dict[str, Any]:
        """All of it, ready for JSON."""
        edges = {f"edges_{how}": getattr(self, f"edges_{how}").to_pylist() for how in _hows("edges")}
        nodes = {f"nodes_{how}": dict(getattr(self, f"nodes_{how}")) for how in _hows("nodes")}
        return {"source": self.source, "counts": self.counts(), **nodes, **edges}

    def lines(self, num_examples: int) -> Iterator[tuple[str, str]]:
        """(mark, text) of the first few of each: `+`, `-` or `~`, and what it is about."""
        for how, mark in (("added", "+"), ("dropped", "-"), ("changed", "~")):
            named = getattr(self, f"nodes_{how}")
            for curie in sorted(named)[:num_examples]:
                yield mark, f"{curie} {named[curie]}".strip()
        for how, mark in (("added", "+"), ("removed", "-"), ("changed", "~")):
            for row in getattr(self, f"edges_{how}").slice(0, num_examples).to_pylist():
                yield mark, " ".join(row[name] for name in _ENDS)


def diff(batch: SourceBatch, store: GraphStore) -> Diff:
    """Hold what a source states now against what the store holds of it."""
    return of_plan(store.compare_source(batch.source.name, list(batch.nodes), batch.edges))


def of_plan(plan: LoadPlan) -> Diff:
    """The diff that a plan makes."""
    fresh, gone = _ends(plan.edges), _ends(plan.stale)
    stays = pc.is_in(_key(gone), _key(fresh))
    comes_back = pc.is_in(_key(fresh), _key(gone))
    return Diff(
        source=plan.source,
        nodes_added=_named(plan.added),
        nodes_changed=_named(node for node, mentions in plan.updated.items() if mentions),
        nodes_dropped=_named(node for node, mentions in plan.updated.items() if not mentions),
        edges_added=fresh.filter(pc.invert(comes_back)),
        edges_removed=gone.filter(pc.invert(stays)),
        edges_changed=fresh.filter(comes_back),
    )


def _hows(what: str) -> tuple[str, str, str]:
    return ("added", "dropped", "changed") if what == "nodes" else ("added", "removed", "changed")


def _named(nodes: "Iterator[Node] | Mapping[Node, Any]") -> dict[str, str]:
    return {node.curie: node.name for node in nodes}


def _ends(edges: pa.Table) -> pa.Table:
    """Who is joined by what, each once, in a fixed order."""
    joined = edges.select(list(_ENDS)).group_by(list(_ENDS)).aggregate([])
    return joined.sort_by([(name, "ascending") for name in _ENDS])


def _key(edges: pa.Table) -> pa.Array:
    return pc.binary_join_element_wise(*(edges[name] for name in _ENDS), "\x1f")
