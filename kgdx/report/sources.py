"""Which sources a report leans on: one line a source, counted over the edges of all shown paths."""

from dataclasses import dataclass

from kgdx.domain.path import Step
from kgdx.domain.report import Report
from kgdx.explain.walk import all_paths


@dataclass(frozen=True, slots=True)
class SourceUse:
    """What one source gave.

    Attributes:
        source: information resource, as in `infores:hpo-annotations`.
        releases, licences: of the source, as its edges state them; empty where none is stated.
        num_edges: distinct edges of it on the shown paths.
        relations: what those edges state, by name.
        publications: CURIEs of what it cites for them, in order of appearance.
    """

    source: str
    releases: tuple[str, ...]
    licences: tuple[str, ...]
    num_edges: int
    relations: tuple[str, ...]
    publications: tuple[str, ...]


def edges_shown(report: Report) -> tuple[Step, ...]:
    """Every edge of the paths shown, once, in order of appearance."""
    steps = {step.edge_id: step for path in all_paths(report) for step in path.steps}
    return tuple(steps.values())


def sources_used(report: Report) -> tuple[SourceUse, ...]:
    """Sources of all paths shown in the report, the most used first."""
    by_source: dict[str, list[Step]] = {}
    for step in edges_shown(report):
        by_source.setdefault(step.source, []).append(step)
    uses = (_use(source, given) for source, given in by_source.items())
    return tuple(sorted(uses, key=lambda use: (-use.num_edges, use.source)))


def _use(source: str, steps: list[Step]) -> SourceUse:
    return SourceUse(
        source=source,
        releases=tuple(sorted({step.release for step in steps if step.release})),
        licences=tuple(sorted({step.licence for step in steps if step.licence})),
        num_edges=len(steps),
        relations=tuple(sorted({step.relation for step in steps})),
        publications=tuple(dict.fromkeys(p for step in steps for p in step.publications)),
    )
