"""From a ranking to diagnoses with their reasons."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import count

from graph_schema.clinical import disease_identifiers
from kgdx.domain.path import Path, PathKind
from kgdx.domain.report import Diagnosis, FindingContribution
from kgdx.explain.path_selection import diverse
from kgdx.explain.paths import PathWriter
from kgdx.graph.hierarchy import EdgePath, Hierarchy
from kgdx.reasoning.attribution import Attribution
from kgdx.reasoning.query import GraphQuery, Observation
from kgdx.reasoning.ranking import Ranking
from kgdx.reasoning.reasoner import Reasoner

# What moves a logit by less than this is not worth a reader's time.
_LEAST = 0.05
_MOST_HOPS = 4
# So many times as many paths as are shown are looked at for what is new.
_CHOSEN_AMONG = 3

_Candidate = tuple[float, EdgePath, Callable[[], Path]]
"""Share of the score, the way, and how to write it."""


@dataclass(frozen=True, eq=False)
class Justifier:
    """Explains what one reasoner has ranked, from the very edges it used."""

    reasoner: Reasoner
    hierarchy: Hierarchy
    writer: PathWriter

    def diagnoses(
        self, query: GraphQuery, ranking: Ranking, num_shown: int, num_paths: int
    ) -> tuple[Diagnosis, ...]:
        """The best candidates with their reasons.

        Args:
            num_shown: how many candidates.
            num_paths: how many paths for each at most.
        """
        attribution = Attribution(self.reasoner, self.hierarchy, query, ranking, num_shown)
        ranks = range(min(num_shown, len(ranking.diseases)))
        return tuple(self._diagnosis(query, ranking, rank, attribution, num_paths) for rank in ranks)

    def _diagnosis(
        self, query: GraphQuery, ranking: Ranking, rank: int, attribution: Attribution, num_paths: int
    ) -> Diagnosis:
        snapshot, disease = self.reasoner.graph.snapshot, int(ranking.diseases[rank])
        ratio_paths = [ratio.path for ratio in attribution.likelihood_ratios(rank)]
        message_paths = attribution.message_paths(rank)
        explained: list[FindingContribution] = []
        unexplained: list[FindingContribution] = []
        for obs, value, *paths in zip(
            query.observations, ranking.of_findings[rank].tolist(), ratio_paths, message_paths, strict=True
        ):
            finding = FindingContribution(
                snapshot.curies[obs.node], snapshot.names[obs.node], value, is_excluded=obs.weight < 0
            )
            is_unexplained = obs.weight > 0 and not any(paths) and value < _LEAST
            (unexplained if is_unexplained else explained).append(finding)
        patient_paths = [*attribution.patient_paths(rank)]
        explained += [
            FindingContribution(
                snapshot.curies[snapshot.tail[row]],
                snapshot.names[snapshot.tail[row]],
                value,
                patient_fact=fact.message,
            )
            for fact, row, _, value in patient_paths
        ]
        shares: dict[tuple[int, EdgePath], float] = {}
        # Likelihood, best path and walk may be one, which is shown once.
        for i, path, share in (
            *zip(count(), ratio_paths, ranking.base[rank].tolist()),
            *zip(count(), message_paths, ranking.messages[rank].tolist()),
            *attribution.walk_paths(rank),
        ):
            if path is not None:
                shares[i, path] = shares.get((i, path), 0.0) + share
        candidates: list[_Candidate] = [
            (share, path, partial(self._finding_path, query.observations[i], path, share))
            for (i, path), share in shares.items()
        ]
        for fact, row, path, value in patient_paths:
            start, said = int(snapshot.tail[row]), fact.message
            write = partial(self.writer.path, PathKind.DEMOGRAPHICS, start, path, value, patient_fact=said)
            candidates.append((value, path, write))
        return Diagnosis(
            disease=snapshot.curies[disease],
            name=snapshot.names[disease],
            rank=rank + 1,
            logit=float(ranking.logit[rank]),
            probability=float(ranking.probability[rank]),
            supports=_sorted(f for f in explained if f.contribution >= _LEAST),
            contradicts=_sorted(f for f in explained if f.contribution <= -_LEAST),
            unexplained=_sorted(unexplained),
            paths=self._chosen(candidates, num_paths),
            residual_logit=float(ranking.residual_logit[rank]),
            equivalents=self._equivalents(disease),
        )

    def _equivalents(self, disease: int) -> tuple[str, ...]:
        """What the graph, or the table of the starter's diseases, has for the same disease."""
        curies = self.reasoner.graph.snapshot.curies
        same = [curies[node] for node in self.hierarchy.ancestors_with_paths(disease, 0)]
        known = {*same, *(other for curie in same for other in disease_identifiers().get(curie, ()))}
        return tuple(sorted(known - {curies[disease]}))

    def _chosen(self, candidates: Sequence[_Candidate], num_paths: int) -> tuple[Path, ...]:
        """The paths of the largest shares, at most four hops long; of those much alike the strongest."""
        short = [
            each
            for each in candidates
            if abs(each[0]) >= _LEAST and self.writer.num_hops(each[1]) <= _MOST_HOPS
        ]
        short = sorted(short, key=lambda each: -abs(each[0]))[: _CHOSEN_AMONG * num_paths]
        edges = [(share, frozenset(row for row, _ in path)) for share, path, _ in short]
        # Only what is shown is put into words.
        return tuple(short[i][2]() for i in diverse(edges, num_paths))

    def _finding_path(self, obs: Observation, path: EdgePath, share: float) -> Path:
        return self.writer.path(PathKind.FINDING, obs.node, path, share, is_excluded=obs.weight < 0)


def _sorted(findings: Iterable[FindingContribution]) -> tuple[FindingContribution, ...]:
    return tuple(sorted(findings, key=lambda finding: -abs(finding.contribution)))
