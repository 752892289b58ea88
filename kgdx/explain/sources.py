"""Which sources a report leans on: one line a source, counted over the edges of all shown paths."""

from dataclasses import dataclass

from kgdx.domain.report import Report, Step
from kgdx.explain.walk import all_paths


@dataclass(frozen=True, slots=True)
class SourceUse:
    """What one source gave.

    Attributes:
        source: information resource, as in `infores:hpo-annotations`.
        num_edges: distinct edges of it on the shown paths.
        relations: what those edges state, by name.
        publications: CURIEs of what it cites for them, in order of appearance.
    """

    source: str
    num_edges: int
    relations: tuple[str, ...]
    publications: tuple[str, ...]


def sources_used(report: Report) -> tuple[SourceUse, ...]:
    """Sources of all paths shown in the report, the most used first."""
    steps = {step.edge_id: step for path in all_paths(report) for step in path.steps}
    by_source: dict[str, list[Step]] = {}
    for step in steps.values():
        by_source.setdefault(step.source, []).append(step)
    uses = (_use(source, given) for source, given in by_source.items())
    return tuple(sorted(uses, key=lambda use: (-use.num_edges, use.source)))


def _use(source: str, steps: list[Step]) -> SourceUse:
    return SourceUse(
        source=source,
        num_edges=len(steps),
        relations=tuple(sorted({step.relation for step in steps})),
        publications=tuple(dict.fromkeys(p for step in steps for p in step.publications)),
    )
