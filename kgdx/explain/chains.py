"""Paths of two stages: from a finding of the case over a diagnosis to what treats it."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from kgdx.domain.path import Path
from kgdx.domain.report import Diagnosis, Treatment
from kgdx.explain.walk import stops

_NUM_CHAINS = 3


def chained(treatments: Sequence[Treatment], differential: Sequence[Diagnosis]) -> tuple[Treatment, ...]:
    """Treatments with the paths that join them to the findings, those of the largest benefit first.

    A path of the second stage is split among the paths that speak for its diagnosis, as they share in all
    that speaks for it; what begins at another disease, of like name, joins nothing.
    """
    by_disease = {diagnosis.disease: diagnosis for diagnosis in differential}
    return tuple(replace(each, chains=_best(each, by_disease)) for each in treatments)


def _best(treatment: Treatment, differential: dict[str, Diagnosis]) -> tuple[Path, ...]:
    joined = (
        chain
        for path in treatment.paths
        if (diagnosis := differential.get(stops(path)[0].curie)) is not None
        for chain in _join(diagnosis, path)
    )
    return tuple(sorted(joined, key=lambda chain: -chain.contribution)[:_NUM_CHAINS])


def _join(diagnosis: Diagnosis, path: Path) -> Iterator[Path]:
    speaks_for = sum(finding.contribution for finding in diagnosis.supports)
    for first in diagnosis.paths:
        if first.contribution > 0 and first.steps and stops(first)[-1].curie == diagnosis.disease:
            share = min(1.0, first.contribution / max(speaks_for, first.contribution))
            stages = (*first.stages, *path.stages)
            yield Path((*first.steps, *path.steps), path.contribution * share, stages)
