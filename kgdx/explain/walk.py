"""A path as a person follows it: the stops it makes, and the edges between them as one line of text."""

from collections.abc import Iterator
from dataclasses import dataclass

from graph_schema import load
from kgdx.domain.curie import prefix_of
from kgdx.domain.path import Path, Step
from kgdx.domain.report import Report

FAMILIES = {
    "Disease": "disease",
    "PhenotypicFeature": "finding",
    "ImagingFinding": "finding",
    "Exposure": "finding",
    "Gene": "gene",
    "Drug": "treatment",
    "Procedure": "treatment",
    "AnatomicalEntity": "anatomy",
}


@dataclass(frozen=True, slots=True)
class Stop:
    """A node on the way.

    Attributes:
        curie: identifier.
        name: the name, or the CURIE where the node has none.
        family: `finding`, `disease`, `treatment`, `gene`, `anatomy`, or `other` where neither the prefix
            nor the relation tells.
    """

    curie: str
    name: str
    family: str


def stops(path: Path) -> tuple[Stop, ...]:
    """The nodes of a path in walking order; one more than it has steps, none where it has no step."""
    if not path.steps:
        return ()
    first = path.steps[0]
    start = tail_of(first) if not first.is_forward else head_of(first)
    return (start, *(tail_of(step) if step.is_forward else head_of(step) for step in path.steps))


def head_of(step: Step) -> Stop:
    """The node at which the edge starts in the store."""
    return Stop(step.head, step.head_name or step.head, _family(step.head, step.relation, is_head=True))


def tail_of(step: Step) -> Stop:
    """The node at which the edge ends in the store."""
    return Stop(step.tail, step.tail_name or step.tail, _family(step.tail, step.relation, is_head=False))


def chain(path: Path) -> str:
    """The path in one line, arrows as the store holds the edges: `Fever ←has_phenotype– Influenza`."""
    names = [stop.name for stop in stops(path)]
    arrows = [arrow(step) for step in path.steps]
    return " ".join([*names[:1], *(f"{a} {name}" for a, name in zip(arrows, names[1:], strict=True))])


def arrow(step: Step) -> str:
    """One edge as text, pointing from head to tail: `–treats→`, or `←treats–` when walked backwards."""
    label = f"NOT {step.relation}" if step.negated else step.relation
    return f"–{label}→" if step.is_forward else f"←{label}–"


def all_paths(report: Report) -> Iterator[Path]:
    """Every path the report shows, those of diagnoses first."""
    for diagnosis in report.differential:
        yield from diagnosis.paths
    for treatment in report.treatments:
        yield from treatment.paths
        yield from treatment.chains
        yield from (concern.path for concern in treatment.concerns)


def _family(curie: str, relation: str, *, is_head: bool) -> str:
    schema = load()
    kind = schema.prefix_kinds.get(prefix_of(curie))
    if kind is not None:
        return FAMILIES.get(kind, "other")
    known = schema.relations.get(relation)
    allowed = (known.domain if is_head else known.range) if known else ()
    families = {FAMILIES.get(kind, "other") for kind in allowed}
    return families.pop() if len(families) == 1 else "other"
