"""Whether what a report shows is why it says so: the candidate is scored again, with and without the paths.

Source of the measures: Yuan et al. 2023, Explainability in graph neural networks: a taxonomic survey, IEEE
TPAMI 45:5782 (fidelity+ and fidelity-, here in probabilities).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from kgdx.domain.path import Path, Step
from kgdx.domain.report import Diagnosis, Report
from kgdx.explain.baseline_paths import BaselineRule, baseline_paths
from kgdx.explain.paths import step_of
from kgdx.explain.walk import all_paths
from kgdx.graph.arrays import Floats, Ints
from kgdx.graph.hierarchy import Hierarchy
from kgdx.graph.snapshot import Snapshot
from kgdx.reasoning.attribution import Attribution
from kgdx.reasoning.query import GraphQuery
from kgdx.reasoning.reasoner import Reasoner
from kgdx.reasoning.subgraph_scorer import SubgraphScorer

# Sets of as many random paths that a diagnosis is scored without, for comparison.
_NUM_DRAWS = 5


@dataclass(frozen=True, slots=True)
class Scored:
    """A score: logit, calibrated probability in [0, 1], and the rank it would give, from 1."""

    logit: float
    probability: float
    rank: int


@dataclass(frozen=True, slots=True)
class Verified:
    """One diagnosis, scored again.

    Attributes:
        reported: as the report says.
        again: as the engine ranks the case now.
        retained: on the retained subgraph alone.
        full_graph: with what the rest of the graph would have added, to all that walks looked at.
        without_paths: without every edge of the shown paths that speak for it.
        without_random: without as many random paths, mean of several draws.
        num_edges: of the shown paths that speak for it.
        num_retained: edges of the retained subgraph.
    """

    disease: str
    name: str
    reported: Scored
    again: Scored
    retained: Scored
    full_graph: Scored
    without_paths: Scored
    without_random: Scored
    num_edges: int
    num_retained: int


@dataclass(frozen=True, slots=True)
class Verification:
    """A report held against the graph.

    Attributes:
        num_edges: distinct edges of all paths, of treatments too.
        unknown: edges of paths that the graph does not hold as the report states them.
        missing: diagnoses of the report that are not among the candidates looked at now.
        treatments: CURIEs of treatments that come out otherwise now, or are only in one of the two: by their
            status, concerns, benefit, or what they are for.

    Not held against anything are what a path or a finding is said to contribute, names, warnings, reasons to
    abstain, red flags, next steps, pairs of diseases and suppositions.
    """

    diagnoses: tuple[Verified, ...]
    num_edges: int
    unknown: tuple[str, ...]
    missing: tuple[str, ...] = ()
    treatments: tuple[str, ...] = ()

    @property
    def is_sound(self) -> bool:
        """Whether every edge is there, and every diagnosis and treatment comes out as reported.

        Of a diagnosis its rank, its probability, and its logit, on the retained subgraph too.
        """
        is_as_said = not (self.unknown or self.missing or self.treatments)
        return is_as_said and all(_is_as_reported(v) for v in self.diagnoses)


# Float32 sums in another order.
TOLERANCE = 0.001


def verify(
    report: Report,
    diagnoses: Sequence[Diagnosis],
    reasoner: Reasoner,
    hierarchy: Hierarchy,
    query: GraphQuery,
    seed: int = 0,
) -> Verification:
    """Hold a report against the graph.

    Args:
        diagnoses: those of the report that are to be scored again.
        query: what the reasoner was asked.
        seed: of the random paths.
    """
    ranking, rng = reasoner.rank(query), np.random.default_rng(seed)
    on = SubgraphScorer.of(reasoner, query, ranking)
    attribution = Attribution(reasoner, hierarchy, query, ranking)
    ranks = {int(node): rank for rank, node in enumerate(ranking.diseases)}
    snapshot = reasoner.graph.snapshot
    found = [(diagnosis, ranks.get(snapshot.index.get(diagnosis.disease, -1))) for diagnosis in diagnoses]
    verified = [
        _verified(diagnosis, on, rank, attribution.rows(rank), rng)
        for diagnosis, rank in found
        if rank is not None
    ]
    steps = dict.fromkeys(step for path in all_paths(report) for step in path.steps)
    return Verification(
        tuple(verified),
        num_edges=len({step.edge_id for step in steps}),
        unknown=_unknown(list(steps), snapshot),
        missing=tuple(diagnosis.disease for diagnosis, rank in found if rank is None),
    )


def rows_of(paths: Sequence[Path], snapshot: Snapshot) -> Ints:
    """Rows of the edges of some paths, ascending; edges that the snapshot does not hold are left out."""
    ids = list({step.edge_id: None for path in paths for step in path.steps})
    found = pc.index_in(pa.array(ids, pa.string()), snapshot.edges["edge_id"].combine_chunks())
    return np.sort(np.array(found.drop_null().to_pylist(), dtype=np.int64))


def full_graph(on: SubgraphScorer, rank: int) -> Scored:
    """A candidate as all walks of the case graph would have it, for all proposed candidates alike."""
    ranking = on.ranking
    logits = ranking.logit + ranking.residual_logit
    others = np.append(np.delete(logits, rank), ranking.others_logit)
    return _scored_against(others, float(logits[rank]), ranking.temperature)


def _verified(
    diagnosis: Diagnosis, on: SubgraphScorer, rank: int, retained: Ints, rng: np.random.Generator
) -> Verified:
    snapshot, ranking = on.reasoner.graph.snapshot, on.ranking
    shown = [path for path in diagnosis.paths if path.contribution > 0]
    whole, removed = on.neighbourhood(rank), rows_of(shown, snapshot)
    present = np.array([obs.node for obs in on.query.observations if obs.weight > 0], dtype=np.int64)
    drawn = []
    for _ in range(_NUM_DRAWS):
        paths = baseline_paths(
            ranking.case_graph, present, int(ranking.diseases[rank]), BaselineRule.RANDOM, len(shown), rng
        )
        left_out = np.concatenate(paths) if paths else removed[:0]
        drawn.append(on.logit(rank, np.setdiff1d(whole, left_out)))
    logit = float(ranking.logit[rank])
    return Verified(
        disease=diagnosis.disease,
        name=diagnosis.name,
        reported=Scored(diagnosis.logit, diagnosis.probability, diagnosis.rank),
        again=scored(on, rank, logit),
        retained=scored(on, rank, on.retained_logit(rank, retained)),
        full_graph=full_graph(on, rank),
        without_paths=scored(on, rank, on.logit(rank, np.setdiff1d(whole, removed))),
        without_random=scored(on, rank, float(np.mean(drawn))),
        num_edges=len(removed),
        num_retained=len(retained),
    )


def scored(on: SubgraphScorer, rank: int, logit: float) -> Scored:
    """A candidate, were this its logit and all else as it is."""
    others = np.append(np.delete(on.ranking.logit, rank), on.ranking.others_logit)
    return _scored_against(others, logit, on.ranking.temperature)


def _scored_against(others: Floats, logit: float, temperature: float) -> Scored:
    odds_against = np.logaddexp.reduce((others - logit) / temperature, initial=-np.inf)
    return Scored(logit, float(1.0 / (1.0 + np.exp(odds_against))), int((others > logit).sum()) + 1)


def _is_as_reported(verified: Verified) -> bool:
    reported, again = verified.reported, verified.again
    amounts = (
        (again.logit, reported.logit),
        (verified.retained.logit, reported.logit),
        (again.probability, reported.probability),
    )
    return again.rank == reported.rank and all(abs(one - other) < TOLERANCE for one, other in amounts)


def _unknown(steps: Sequence[Step], snapshot: Snapshot) -> tuple[str, ...]:
    ids = pa.array([step.edge_id for step in steps], pa.string())
    rows = pc.index_in(ids, snapshot.edges["edge_id"].combine_chunks()).to_pylist()
    wrong = (
        step.edge_id
        for step, row in zip(steps, rows, strict=True)
        if row is None or step_of(snapshot, row, step.is_forward) != step
    )
    return tuple(dict.fromkeys(wrong))
