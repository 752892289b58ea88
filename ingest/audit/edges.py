"""What may be wrong with statements."""

from collections.abc import Iterator

import pyarrow as pa
import pyarrow.compute as pc

from ingest.audit.finding import MAX_EXAMPLES, Finding, Graph, some

_STATED = ("head", "relation", "tail", "negated", "frequency", "num_patients", "onset", "sex", "source")


def misjoined(graph: Graph) -> Iterator[Finding]:
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
            some(examples),
        )


def duplicates(graph: Graph) -> Iterator[Finding]:
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


def contradictions(graph: Graph) -> Iterator[Finding]:
    """Treats and must not be given; shows and does not show."""
    edges = graph.edges
    key = pc.binary_join_element_wise(edges["head"], edges["tail"], " ")

    def of(relation: str, negated: bool) -> pa.Array:
        is_it = pc.and_(pc.equal(edges["relation"], relation), pc.equal(edges["negated"], negated))
        return pc.unique(key.filter(is_it))

    for one, other, where, message in (
        (
            of("treats", False),
            of("contraindicated_in", False),
            "treats",
            "pairs said to be treatment and contraindication",
        ),
        *(
            (of(name, False), of(name, True), name, f"pairs for which {name} is said and denied")
            for name in graph.schema.relations
        ),
    ):
        both = one.filter(pc.is_in(one, other)).to_pylist()
        if both:
            remedy = "see both sources; a contraindication always wins, a denial counts beside the claim"
            yield Finding("contradiction", "warning", where, message, remedy, len(both), some(both))


def obsolete(graph: Graph) -> Iterator[Finding]:
    """Edges that still speak of withdrawn terms."""
    nodes = graph.nodes
    for is_replaced in (False, True):
        known = pc.is_in(nodes["replaced_by"], nodes["curie"].combine_chunks())
        old = nodes.filter(pc.and_(nodes["is_obsolete"], pc.equal(known, is_replaced)))[
            "curie"
        ].combine_chunks()
        touches = pc.or_(pc.is_in(graph.edges["head"], old), pc.is_in(graph.edges["tail"], old))
        for source in pc.unique(graph.edges["source"].filter(touches)).to_pylist():
            mask = pc.and_(touches, pc.equal(graph.edges["source"], source))
            message = f"edges of obsolete terms {'that have' if is_replaced else 'without'} a replacement"
            move = "a release moves them to the replacement"
            remedy = move if is_replaced else "take a newer release of the source"
            num = pc.sum(mask).as_py()
            yield Finding("obsolete-id", "warning", source, message, remedy, num, graph.examples(mask))


def unproved(graph: Graph) -> Iterator[Finding]:
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
            examples = graph.examples(is_missing)
            yield Finding("missing-provenance", level, name, f"edges without a {name}", remedy, num, examples)  # type: ignore[arg-type]


def numbers(graph: Graph) -> Iterator[Finding]:
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
            yield Finding(
                "bad-number",
                "error",
                name,
                f"edges with an impossible {name}",
                remedy,
                num,
                graph.examples(mask),
            )
