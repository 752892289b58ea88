"""What may be wrong with nodes, and with how they hang together."""

from collections.abc import Iterator

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from ingest.audit.finding import MAX_EXAMPLES, Finding, Graph, Level, ends_of, grouped, some
from ingest.catalogue import owner_of
from kgdx.domain.curie import prefix_of
from kgdx.graph.cliques import MATCH_RELATION, identify_nodes, is_exact_match

_MATCHES = pa.array([MATCH_RELATION, "close_match"])
_DEGREE_FLOOR, _DEGREE_SPREAD = 500, 20.0


def dangling(graph: Graph) -> Iterator[Finding]:
    """Ends of edges that no source describes: by prefix."""
    nodes = graph.nodes
    is_bare = pc.and_(pc.equal(nodes["name"], ""), pc.equal(nodes["source"], ""))
    is_bare = pc.and_(is_bare, pc.invert(nodes["is_obsolete"]))
    bare = nodes.filter(is_bare)["curie"].combine_chunks()
    known = nodes["curie"].combine_chunks()
    touched = ends_of(graph.edges)
    # To be the same as a term of another vocabulary is all that is said of most of them, and enough.
    said_more = ends_of(graph.edges.filter(pc.invert(pc.is_in(graph.edges["relation"], _MATCHES))))
    absent = touched.filter(pc.invert(pc.is_in(touched, known)))
    described = nodes.filter(pc.invert(is_bare))["curie"]
    bare = bare.filter(pc.invert(pc.is_in(bare, described.combine_chunks())))
    for curies, message in (
        (bare.filter(pc.is_in(bare, said_more)), "ends of edges that no source describes"),
        (absent, "ends of edges that are no nodes"),
    ):
        for prefix, terms in grouped((prefix_of(curie), curie) for curie in curies.to_pylist()):
            owner = owner_of(prefix)
            remedy = f"load {owner}" if owner else "load the source that describes them"
            level: Level = "warning" if message.endswith("describes") else "error"
            yield Finding("dangling-end", level, prefix, message, remedy, len(terms), some(terms))


def kind_conflicts(graph: Graph) -> Iterator[Finding]:
    """Identifiers that sources take for different kinds of thing."""
    counted = graph.nodes.group_by("curie").aggregate([("kind", "count_distinct"), ("kind", "list")])
    several = counted.filter(pc.greater(counted["kind_count_distinct"], 1))
    rows = several.to_pylist()
    for kinds, curies in grouped((" and ".join(sorted(set(r["kind_list"]))), r["curie"]) for r in rows):
        first = min(kinds.split(" and "), key=graph.schema.kinds.index)
        message = f"identifiers that sources take for {kinds}"
        remedy = f"a release takes them for {first}; correct the source that is wrong"
        yield Finding("kind-conflict", "warning", kinds, message, remedy, len(curies), some(curies))


def cycles(graph: Graph) -> Iterator[Finding]:
    """Terms that are, over some steps, a kind of themselves."""
    is_a = graph.edges.filter(
        pc.and_(pc.equal(graph.edges["relation"], "subclass_of"), pc.invert(graph.edges["negated"]))
    )
    if not is_a.num_rows:
        return
    names = ends_of(is_a)
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
            f"{len(curies)} terms are each a kind of the other"
            if len(curies) > 1
            else "a term is a kind of itself",
            "take out the subclass_of edge that is wrong",
            len(curies),
            some(curies),
        )


def degrees(graph: Graph) -> Iterator[Finding]:
    """Nodes with far more edges of a relation than others.

    Over 500, and over the upper quartile by 20 times the distance of the quartiles.
    """
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


def identity(graph: Graph) -> Iterator[Finding]:
    """Matches that would make two current terms of one vocabulary the same."""
    matches = graph.edges.filter(is_exact_match(graph.edges))
    conflicts = identify_nodes(graph.nodes, matches, graph.schema).conflicts
    told = (
        (prefix_of(c.terms[0]), f"{c.head} {MATCH_RELATION} {c.tail}: {' and '.join(c.terms)}")
        for c in conflicts
    )
    for prefix, texts in grouped(told):
        message = f"matches not followed: they would make two {prefix} terms one"
        remedy = "state them as close_match in the source, or take the wrong one out"
        yield Finding("identity-conflict", "warning", prefix, message, remedy, len(texts), some(texts))
