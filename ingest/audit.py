"""The audit: what is wrong with a graph, or with a source before it is loaded, and how to mend it."""

from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from graph_schema import Schema
from ingest.catalogue import owner_of
from kgdx.domain.curie import prefix_of
from kgdx.identity import MATCH_RELATION, identify_nodes

Level = Literal["error", "warning"]

MAX_EXAMPLES = 5
_DEGREE_FLOOR, _DEGREE_SPREAD = 500, 20.0
_STATED = ("head", "relation", "tail", "negated", "frequency", "num_patients", "onset", "sex", "source")


@dataclass(frozen=True)
class Finding:
    """Like things that are wrong, told as one.

    Attributes:
        code: what is checked, such as `dangling-end`.
        level: `error` makes results wrong; `warning` may be meant so.
        where: the part of the graph: a source, a prefix or a relation.
        message: what is wrong.
        remedy: what to do about it.
        num: how many there are.
        examples: the first of them.
    """

    code: str
    level: Level
    where: str
    message: str
    remedy: str
    num: int
    examples: tuple[str, ...] = field(default=())

    def to_dict(self) -> dict[str, Any]:
        """Ready for JSON."""
        return asdict(self)


def audit(nodes: pa.Table, edges: pa.Table, schema: Schema) -> list[Finding]:
    """Look for what is wrong. The audit of a clean graph is empty.

    Args:
        nodes, edges: layouts `NODE_COLUMNS` and `EDGE_COLUMNS`, as a store exports them.

    Returns:
        Errors first; like findings are one.
    """
    graph = _Graph(nodes, edges, schema)
    found = [finding for check in _CHECKS for finding in check(graph)]
    return sorted(found, key=lambda f: (f.level != "error", f.code, -f.num, f.where))


@dataclass(frozen=True)
class _Graph:
    nodes: pa.Table
    edges: pa.Table
    schema: Schema

    def ends(self, mask: pa.Array) -> list[str]:
        rows = self.edges.filter(mask).slice(0, MAX_EXAMPLES)
        columns = (rows[name].to_pylist() for name in ("head", "relation", "tail"))
        return [" ".join(row) for row in zip(*columns, strict=True)]


def _dangling(graph: _Graph) -> Iterator[Finding]:
    """Ends of edges that no source describes: by prefix."""
    nodes = graph.nodes
    is_bare = pc.and_(pc.equal(nodes["name"], ""), pc.equal(nodes["source"], ""))
    is_bare = pc.and_(is_bare, pc.invert(nodes["is_obsolete"]))
    bare = nodes.filter(is_bare)["curie"].combine_chunks()
    known = nodes["curie"].combine_chunks()
    ends = pc.unique(pa.concat_arrays([graph.edges[end].combine_chunks() for end in ("head", "tail")]))
    absent = ends.filter(pc.invert(pc.is_in(ends, known)))
    described = nodes.filter(pc.invert(is_bare))["curie"]
    bare = bare.filter(pc.invert(pc.is_in(bare, described.combine_chunks())))
    for curies, message in (
        (bare.filter(pc.is_in(bare, ends)), "ends of edges that no source describes"),
        (absent, "ends of edges that are no nodes"),
    ):
        by_prefix: dict[str, list[str]] = {}
        for curie in curies.to_pylist():
            by_prefix.setdefault(prefix_of(curie), []).append(curie)
        for prefix, terms in by_prefix.items():
            owner = owner_of(prefix)
            remedy = f"load {owner}" if owner else "load the source that describes them"
            level: Level = "warning" if message.endswith("describes") else "error"
            yield Finding("dangling-end", level, prefix, message, remedy, len(terms), _some(terms))


def _misjoined(graph: _Graph) -> Iterator[Finding]:
    """Edges that do not join the kinds that their relation joins, where an end is of one kind only."""
    curies, kinds = graph.nodes["curie"].to_pylist(), graph.nodes["kind"].to_pylist()
    of: dict[str, set[str]] = {}
    for curie, kind in zip(curies, kinds, strict=True):
        of.setdefault(curie, set()).add(kind)
    joined = graph.edges.group_by(["relation", "head", "tail"]).aggregate([])
    wrong: dict[str, list[str]] = {}
    pairs = {name: set(relation.pairs()) for name, relation in graph.schema.relations.items()}
    columns = (joined[name].to_pylist() for name in ("relation", "head", "tail"))
    for relation, head, tail in zip(*columns, strict=True):
        ends = of.get(head, set()), of.get(tail, set())
        if not all(ends):
            continue
        if not any((h, t) in pairs.get(relation, ()) for h in ends[0] for t in ends[1]):
            text = f"{relation} from {'/'.join(sorted(ends[0]))} to {'/'.join(sorted(ends[1]))}"
            wrong.setdefault(text, []).append(f"{head} {relation} {tail}")
    for text, examples in wrong.items():
        yield Finding(
            "domain-range",
            "error",
            text.split(" ")[0],
            f"edges {text}, which the schema does not allow",
            "correct the kinds of the ends or the relation in the source",
            len(examples),
            _some(examples),
        )


def _kind_conflicts(graph: _Graph) -> Iterator[Finding]:
    """Identifiers that sources take for different kinds of thing."""
    counted = graph.nodes.group_by("curie").aggregate([("kind", "count_distinct"), ("kind", "list")])
    several = counted.filter(pc.greater(counted["kind_count_distinct"], 1))
    groups: dict[str, list[str]] = {}
    for row in several.to_pylist():
        groups.setdefault(" and ".join(sorted(set(row["kind_list"]))), []).append(row["curie"])
    for kinds, curies in groups.items():
        first = min(kinds.split(" and "), key=graph.schema.kinds.index)
        message = f"identifiers that sources take for {kinds}"
        remedy = f"a release takes them for {first}; correct the source that is wrong"
        yield Finding("kind-conflict", "warning", kinds, message, remedy, len(curies), _some(curies))


def _cycles(graph: _Graph) -> Iterator[Finding]:
    """Terms that are, over some steps, a kind of themselves."""
    is_a = graph.edges.filter(pc.and_(pc.equal(graph.edges["relation"], "subclass_of"), pc.invert(graph.edges["negated"])))
    if not is_a.num_rows:
        return
    names = pc.unique(pa.concat_arrays([is_a[end].combine_chunks() for end in ("head", "tail")]))
    head, tail = (pc.index_in(is_a[end], names).to_numpy() for end in ("head", "tail"))
    size = len(names)
    matrix = coo_array((np.ones(len(head), dtype=np.int8), (head, tail)), shape=(size, size))
    _, label = connected_components(matrix, directed=True, connection="strong")
    members = np.bincount(label)
    loops = np.unique(label[head[head == tail]])
    for number in np.union1d(np.flatnonzero(members > 1), loops).tolist():
        curies = sorted(names.take(pa.array(np.flatnonzero(label == number))).to_pylist())
        yield Finding(
            "is-a-cycle",
            "error",
            prefix_of(curies[0]),
            f"{len(curies)} terms are each a kind of the other" if len(curies) > 1 else "a term is a kind of itself",
            "take out the subclass_of edge that is wrong",
            len(curies),
            _some(curies),
        )


def _duplicates(graph: _Graph) -> Iterator[Finding]:
    """The same statement by the same source more than once, under different publications or ids."""
    counted = graph.edges.group_by(list(_STATED)).aggregate([("edge_id", "count")])
    repeated = counted.filter(pc.greater(counted["edge_id_count"], 1))
    for source in pc.unique(repeated["source"]).to_pylist():
        rows = repeated.filter(pc.equal(repeated["source"], source))
        columns = (rows.slice(0, MAX_EXAMPLES)[name].to_pylist() for name in ("head", "relation", "tail"))
        examples = tuple(" ".join(row) for row in zip(*columns, strict=True))
        message = "statements made more than once, with different publications or words"
        remedy = "harmless for ranking; unite the rows if they should be one"
        yield Finding("duplicate-edge", "warning", source, message, remedy, rows.num_rows, examples)


def _contradictions(graph: _Graph) -> Iterator[Finding]:
    """Treats and must not be given; shows and does not show."""
    edges = graph.edges
    key = pc.binary_join_element_wise(edges["head"], edges["tail"], " ")

    def of(relation: str, negated: bool) -> pa.Array:
        is_it = pc.and_(pc.equal(edges["relation"], relation), pc.equal(edges["negated"], negated))
        return pc.unique(key.filter(is_it))

    for one, other, where, message in (
        (of("treats", False), of("contraindicated_in", False), "treats", "pairs said to be treatment and contraindication"),
        *(
            (of(name, False), of(name, True), name, f"pairs for which {name} is said and denied")
            for name in graph.schema.relations
        ),
    ):
        both = one.filter(pc.is_in(one, other)).to_pylist()
        if both:
            remedy = "see both sources; a contraindication always wins, a denial counts beside the claim"
            yield Finding("contradiction", "warning", where, message, remedy, len(both), _some(both))


def _obsolete(graph: _Graph) -> Iterator[Finding]:
    """Edges that still speak of withdrawn terms."""
    nodes = graph.nodes
    for is_replaced in (False, True):
        known = pc.is_in(nodes["replaced_by"], nodes["curie"].combine_chunks())
        old = nodes.filter(pc.and_(nodes["is_obsolete"], pc.equal(known, is_replaced)))["curie"].combine_chunks()
        touches = pc.or_(pc.is_in(graph.edges["head"], old), pc.is_in(graph.edges["tail"], old))
        for source in pc.unique(graph.edges["source"].filter(touches)).to_pylist():
            mask = pc.and_(touches, pc.equal(graph.edges["source"], source))
            message = "edges of obsolete terms " + ("that have an heir" if is_replaced else "without an heir")
            remedy = "a release moves them to the heir" if is_replaced else "take a newer release of the source"
            num = pc.sum(mask).as_py()
            yield Finding("obsolete-id", "warning", source, message, remedy, num, tuple(graph.ends(mask)))


def _unproved(graph: _Graph) -> Iterator[Finding]:
    """Edges that do not say where they come from."""
    edges = graph.edges
    for name, level, is_missing in (
        ("source", "error", pc.invert(pc.starts_with(edges["source"], pattern="infores:"))),
        ("licence", "warning", pc.equal(edges["licence"], "")),
        ("knowledge_level", "warning", pc.equal(edges["knowledge_level"], "")),
    ):
        if num := pc.sum(is_missing).as_py():
            remedy = f"have the source tell its {name.replace('_', ' ')}"
            if name == "source":
                remedy += ", as in infores:hpo-annotations"
            examples = tuple(graph.ends(is_missing))
            yield Finding("missing-provenance", level, name, f"edges without a {name}", remedy, num, examples)  # type: ignore[arg-type]


def _numbers(graph: _Graph) -> Iterator[Finding]:
    """Shares outside 0 to 1, and counts of nobody."""
    edges = graph.edges
    share = edges["frequency"]
    for name, is_wrong in (
        ("frequency", pc.or_(pc.less(share, 0), pc.greater(share, 1))),
        ("num_patients", pc.less_equal(edges["num_patients"], 0)),
    ):
        mask = pc.fill_null(is_wrong, fill_value=False)
        if num := pc.sum(mask).as_py():
            remedy = "correct the number in the source"
            yield Finding("bad-number", "error", name, f"edges with an impossible {name}", remedy, num, tuple(graph.ends(mask)))


def _degrees(graph: _Graph) -> Iterator[Finding]:
    """Nodes with far more edges of a relation than others: over 500, and 20 spreads above the third quartile."""
    for end in ("head", "tail"):
        counted = graph.edges.group_by(["relation", end]).aggregate([("edge_id", "count")])
        for relation in pc.unique(counted["relation"]).to_pylist():
            of_it = counted.filter(pc.equal(counted["relation"], relation))
            degrees = of_it["edge_id_count"].to_numpy()
            low, high = np.percentile(degrees, (25, 75))
            limit = max(_DEGREE_FLOOR, high + _DEGREE_SPREAD * max(high - low, 1))
            hubs = np.flatnonzero(degrees > limit)
            if len(hubs):
                order = hubs[np.argsort(-degrees[hubs], kind="stable")]
                curies = of_it[end].take(pa.array(order[:MAX_EXAMPLES])).to_pylist()
                examples = tuple(f"{c} ({degrees[i]:,})" for c, i in zip(curies, order, strict=False))
                message = f"nodes at the {end} of more than {limit:,.0f} edges"
                remedy = "look whether a placeholder or a far too general term stands there"
                yield Finding("suspicious-degree", "warning", relation, message, remedy, len(hubs), examples)


def _identity(graph: _Graph) -> Iterator[Finding]:
    """Matches that would make two current terms of one vocabulary the same."""
    edges = graph.edges
    is_match = pc.and_(pc.equal(edges["relation"], MATCH_RELATION), pc.invert(edges["negated"]))
    conflicts = identify_nodes(graph.nodes, edges.filter(is_match), graph.schema).conflicts
    by_prefix: dict[str, list[str]] = {}
    for conflict in conflicts:
        text = f"{conflict.head} exact_match {conflict.tail}: {' and '.join(conflict.terms)}"
        by_prefix.setdefault(prefix_of(conflict.terms[0]), []).append(text)
    for prefix, texts in by_prefix.items():
        message = f"matches not followed: they would make two {prefix} terms one"
        remedy = "state them as close_match in the source, or take the wrong one out"
        yield Finding("identity-conflict", "warning", prefix, message, remedy, len(texts), _some(texts))


def _some(texts: list[str]) -> tuple[str, ...]:
    return tuple(sorted(texts)[:MAX_EXAMPLES])


_CHECKS: tuple[Callable[[_Graph], Iterator[Finding]], ...] = (
    _dangling,
    _misjoined,
    _kind_conflicts,
    _cycles,
    _duplicates,
    _contradictions,
    _obsolete,
    _unproved,
    _numbers,
    _degrees,
    _identity,
)


def has_errors(findings: list[Finding]) -> bool:
    """Whether any of them makes results wrong."""
    return any(finding.level == "error" for finding in findings)


__all__ = ["Finding", "audit", "has_errors"]
