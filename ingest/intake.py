"""What a load takes in: rows sorted into nodes and edges, checked against schema and graph, counted."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from graph_schema import load as load_schema
from ingest.catalogue import Source, owner_of
from ingest.model import Item, Rejected, Skipped
from kgdx.domain.curie import prefix_of
from kgdx.domain.errors import SourceError
from kgdx.domain.graph import Edge, Node

_MAX_EXAMPLES = 3


@dataclass(frozen=True, slots=True)
class Known:
    """What the graph already tells of a CURIE: its kind, and what replaced it if it is obsolete."""

    kind: str
    replaced_by: str


@dataclass
class Intake:
    """Give it every row with `take`, then `settle`; `nodes` and `edges` are then what the source states.

    Attributes:
        source: whose rows these are.
        known: CURIE -> what the graph already holds.
        num_rows: rows taken; each is written, merged, rejected or skipped.
        num_replaced: edges with an obsolete end that was exchanged for what replaced it.
    """

    source: Source
    known: Mapping[str, Known]
    num_rows: int = 0
    num_written: int = 0
    num_merged: int = 0
    num_replaced: int = 0
    rejected: Counter[str] = field(default_factory=Counter)
    skipped: Counter[str] = field(default_factory=Counter)
    examples: dict[str, list[str]] = field(default_factory=dict)
    edges: dict[str, Edge] = field(default_factory=dict)
    _stated: dict[str, Node] = field(default_factory=dict)
    _named: dict[str, Node] = field(default_factory=dict)
    _waiting: list[tuple[str, Edge]] = field(default_factory=list)

    @property
    def nodes(self) -> Iterator[Node]:
        """Nodes the source states, then those it names on the way; the owner's records marked as such."""
        for node in (self._named | self._stated).values():
            is_owned = not node.source and prefix_of(node.curie) in self.source.owns
            yield replace(node, source=self.source.infores) if is_owned else node

    def take(self, item: Item) -> None:
        """Take one row."""
        self.num_rows += 1
        if isinstance(item, Skipped):
            self.skipped[item.reason] += 1
            return
        if isinstance(item, Rejected):
            self._reject(item.where, item.reason, item.text)
            return
        stated = (item.statement,) if isinstance(item.statement, Node) else ()
        for node in (*item.mentions, *stated):
            if objection := self._objection(node):
                self._reject(item.where, objection, node.curie)
                return
        for node in item.mentions:
            self._name(node)
        if isinstance(item.statement, Edge):
            self._waiting.append((item.where, item.statement))
        else:
            self._count(item.statement.curie in self._stated)
            self._stated.setdefault(item.statement.curie, item.statement)

    def settle(self, path: Path) -> None:
        """Check the edges, once all nodes are known.

        Raises:
            SourceError: if more than half of them end in nodes that nobody has loaded.
        """
        unknown: Counter[str] = Counter()
        for where, stated in self._waiting:
            edge = self._with_current_ends(stated)
            missing = next((end for end in (edge.head, edge.tail) if not self._kind(end)), "")
            if missing:
                advice = _advice(missing)
                unknown[advice] += 1
                self._reject(where, f"unknown {prefix_of(missing)} term: {advice}", missing)
            elif objection := self._misjoins(edge):
                self._reject(where, objection, f"{edge.head} {edge.tail}")
            else:
                self._count(edge.edge_id in self.edges)
                self.edges.setdefault(edge.edge_id, edge)
        if unknown.total() * 2 > len(self._waiting):
            fact = f"{unknown.total()} of {len(self._waiting)} edges end in a term that is not in the graph"
            raise SourceError(str(path), fact, unknown.most_common(1)[0][0])

    def _kind(self, curie: str) -> str:
        own = self._stated.get(curie) or self._named.get(curie)
        if own:
            return own.kind
        return self.known[curie].kind if curie in self.known else ""

    def _objection(self, node: Node) -> str:
        declared = load_schema().prefix_kinds.get(prefix_of(node.curie), node.kind)
        if declared != node.kind:
            return f"{prefix_of(node.curie)} identifiers are of kind {declared}, not {node.kind}"
        kind = self._kind(node.curie)
        return f"already a {kind}, cannot be a {node.kind} too" if kind not in ("", node.kind) else ""

    def _misjoins(self, edge: Edge) -> str:
        relation = load_schema().relations[edge.relation]
        head, tail = self._kind(edge.head), self._kind(edge.tail)
        is_sound = head in relation.domain and tail in relation.range
        is_sound = is_sound and (head == tail or not relation.is_same_kind)
        return "" if is_sound else f"{edge.relation} does not join {head} to {tail}"

    def _with_current_ends(self, edge: Edge) -> Edge:
        ends = self._current(edge.head), self._current(edge.tail)
        if ends == (edge.head, edge.tail):
            return edge
        self.num_replaced += 1
        return replace(edge, head=ends[0], tail=ends[1])

    def _current(self, curie: str) -> str:
        """What replaced an obsolete CURIE, unless the source itself speaks of that CURIE."""
        if curie not in self.known or curie in self._stated or curie in self._named:
            return curie
        heir = self.known[curie].replaced_by
        return heir if heir in self.known else curie

    def _name(self, node: Node) -> None:
        earlier = self._named.get(node.curie)
        if earlier is None or (node.name and not earlier.name):
            self._named[node.curie] = node

    def _count(self, is_repeated: bool) -> None:
        self.num_merged += is_repeated
        self.num_written += not is_repeated

    def _reject(self, where: str, reason: str, text: str) -> None:
        self.rejected[reason] += 1
        examples = self.examples.setdefault(reason, [])
        if len(examples) < _MAX_EXAMPLES:
            examples.append(f"{where}: {text}")


def _advice(curie: str) -> str:
    owner = owner_of(prefix_of(curie))
    return f"load {owner} first" if owner else "load its ontology first"
