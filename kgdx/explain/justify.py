"""From a ranking to diagnoses with their reasons."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from kgdx.domain.report import Diagnosis, FindingContribution, Path
from kgdx.explain.origins import Origins
from kgdx.explain.paths import PathWriter
from kgdx.reasoning.hierarchy import Hierarchy, Trail
from kgdx.reasoning.query import GraphQuery, Observation
from kgdx.reasoning.reasoner import Ranking, Reasoner

# What moves a logit by less than this is not worth a reader's time.
_LEAST = 0.05


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
        shown = min(num_shown, len(ranking.diseases))
        origins = Origins(self.reasoner, self.hierarchy, query.observations)
        return tuple(self._diagnosis(query, ranking, place, origins, num_paths) for place in range(shown))

    def _diagnosis(
        self, query: GraphQuery, ranking: Ranking, place: int, origins: Origins, num_paths: int
    ) -> Diagnosis:
        snapshot = self.reasoner.graph.snapshot
        disease = int(ranking.diseases[place])
        base = origins.of(int(ranking.positions[place]), ranking.base[place])
        total = ranking.base[place] + ranking.graph[place]
        findings = [
            FindingContribution(
                snapshot.curies[seen.node], _name(snapshot.names[seen.node], seen), float(value)
            )
            for seen, value in zip(query.observations, total, strict=True)
        ]
        is_unexplained = [
            seen.weight > 0 and trail is None and value < _LEAST
            for seen, trail, value in zip(query.observations, base, total, strict=True)
        ]
        explained = [f for f, skip in zip(findings, is_unexplained, strict=True) if not skip]
        return Diagnosis(
            disease=snapshot.curies[disease],
            name=snapshot.names[disease],
            rank=place + 1,
            logit=float(ranking.logit[place]),
            probability=float(ranking.probability[place]),
            supports=_sorted(f for f in explained if f.contribution >= _LEAST),
            contradicts=_sorted(f for f in explained if f.contribution <= -_LEAST),
            unexplained=_sorted(f for f, skip in zip(findings, is_unexplained, strict=True) if skip),
            paths=self._paths(query, ranking, place, base, num_paths),
            graph_surplus=float(ranking.surplus[place]),
        )

    def _paths(
        self,
        query: GraphQuery,
        ranking: Ranking,
        place: int,
        base: Sequence[Trail | None],
        num_paths: int,
    ) -> tuple[Path, ...]:
        """Likelihood and network may score one path both; it is then shown once, with the sum."""
        shares: dict[tuple[int, Trail], float] = {}
        for i, trail in enumerate(base):
            if trail is not None:
                shares[i, trail] = float(ranking.base[place, i])
        observed = {seen.node: i for i, seen in enumerate(query.observations)}
        walks, case_graph = ranking.walks.of(place), ranking.case_graph
        half = len(case_graph.edge_rows) // 2
        for start, edges, share in zip(walks.start, walks.edges, walks.contribution, strict=True):
            trail = tuple((int(case_graph.edge_rows[e]), bool(e < half)) for e in edges if e >= 0)
            key = observed[int(case_graph.nodes[start])], trail
            shares[key] = shares.get(key, 0.0) + float(share)
        best = sorted(shares.items(), key=lambda item: -abs(item[1]))[:num_paths]
        return tuple(
            self.writer.path(
                "findings",
                query.observations[i].node,
                trail,
                share,
                is_absent=query.observations[i].weight < 0,
            )
            for (i, trail), share in best
            if abs(share) >= _LEAST
        )


def _name(name: str, seen: Observation) -> str:
    return name if seen.weight > 0 else f"{name} (absent)"


def _sorted(findings: Iterable[FindingContribution]) -> tuple[FindingContribution, ...]:
    return tuple(sorted(findings, key=lambda finding: -abs(finding.contribution)))
