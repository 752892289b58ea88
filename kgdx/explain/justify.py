"""From a ranking to diagnoses with their reasons."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial

from kgdx.domain.report import Diagnosis, FindingContribution, Path, PathKind
from kgdx.explain.attribution import Origins
from kgdx.explain.path_selection import diverse
from kgdx.explain.paths import PathWriter
from kgdx.graph.hierarchy import EdgePath, Hierarchy, reverse
from kgdx.reasoning.query import GraphQuery, Observation
from kgdx.reasoning.ranking import Ranking
from kgdx.reasoning.reasoner import Reasoner

# What moves a logit by less than this is not worth a reader's time.
_LEAST = 0.05
_MOST_HOPS = 4
# So many times as many paths as are shown are looked at for what is new.
_CHOSEN_AMONG = 3

_Told = tuple[float, EdgePath, Callable[[], Path]]
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
        shown = min(num_shown, len(ranking.diseases))
        positions = ranking.positions[:shown]
        origins = Origins(self.reasoner, self.hierarchy, query.observations, positions)
        return tuple(self._diagnosis(query, ranking, place, origins, num_paths) for place in range(shown))

    def _diagnosis(
        self, query: GraphQuery, ranking: Ranking, place: int, origins: Origins, num_paths: int
    ) -> Diagnosis:
        snapshot = self.reasoner.graph.snapshot
        disease = int(ranking.diseases[place])
        position, total = int(ranking.positions[place]), ranking.of_findings[place]
        read = (origins.of(position, ranking.base[place]), origins.nearest(position, ranking.messages[place]))
        findings = [
            FindingContribution(
                snapshot.curies[seen.node], _name(snapshot.names[seen.node], seen), float(value)
            )
            for seen, value in zip(query.observations, total, strict=True)
        ]
        is_unexplained = [
            seen.weight > 0 and not any(trails) and value < _LEAST
            for seen, value, *trails in zip(query.observations, total, *read, strict=True)
        ]
        explained = [f for f, skip in zip(findings, is_unexplained, strict=True) if not skip]
        explained += self._of_patient(ranking, place)
        return Diagnosis(
            disease=snapshot.curies[disease],
            name=snapshot.names[disease],
            rank=place + 1,
            logit=float(ranking.logit[place]),
            probability=float(ranking.probability[place]),
            supports=_sorted(f for f in explained if f.contribution >= _LEAST),
            contradicts=_sorted(f for f in explained if f.contribution <= -_LEAST),
            unexplained=_sorted(f for f, skip in zip(findings, is_unexplained, strict=True) if skip),
            paths=self._paths(query, ranking, place, read, num_paths),
            residual_logit=float(ranking.surplus[place]),
        )

    def _paths(
        self,
        query: GraphQuery,
        ranking: Ranking,
        place: int,
        read: tuple[Sequence[EdgePath | None], Sequence[EdgePath | None]],
        num_paths: int,
    ) -> tuple[Path, ...]:
        """The paths of the largest shares; likelihood, best path and walk may be one, which is shown once.

        At most four hops long, and of those that are much alike the strongest first.
        """
        shares: dict[tuple[int, EdgePath], float] = {}
        for trails, added in zip(read, (ranking.base[place], ranking.messages[place]), strict=True):
            for i, trail in enumerate(trails):
                if trail is not None:
                    shares[i, trail] = shares.get((i, trail), 0.0) + float(added[i])
        observed = {seen.node: i for i, seen in enumerate(query.observations)}
        walks, case_graph = ranking.walks.of(place), ranking.case_graph
        half = len(case_graph.edge_rows) // 2
        for start, edges, share in zip(walks.start, walks.edges, walks.contribution, strict=True):
            trail = tuple((int(case_graph.edge_rows[e]), bool(e < half)) for e in edges if e >= 0)
            key = observed[int(case_graph.nodes[start])], trail
            shares[key] = shares.get(key, 0.0) + float(share)
        told: list[_Told] = [
            (share, trail, partial(self._finding_path, query.observations[i], trail, share))
            for (i, trail), share in shares.items()
            if abs(share) >= _LEAST
        ]
        told += (each for each in self._patient_paths(ranking, place) if abs(each[0]) >= _LEAST)
        short = [each for each in told if self.writer.num_hops(each[1]) <= _MOST_HOPS]
        short = sorted(short, key=lambda each: -abs(each[0]))[: _CHOSEN_AMONG * num_paths]
        edges = [(share, frozenset(row for row, _ in trail)) for share, trail, _ in short]
        # Only what is shown is put into words.
        return tuple(short[i][2]() for i in diverse(edges, num_paths))

    def _finding_path(self, seen: Observation, trail: EdgePath, share: float) -> Path:
        return self.writer.path(PathKind.FINDING, seen.node, trail, share, is_excluded=seen.weight < 0)

    def _of_patient(self, ranking: Ranking, place: int) -> list[FindingContribution]:
        """What sex, age and onset add, each under what the graph states of the disease."""
        snapshot, position = self.reasoner.graph.snapshot, ranking.positions[place]
        told = [
            (int(statement.rows[position]), statement.text, float(value))
            for statement, value in zip(ranking.statements, ranking.demographics[place], strict=True)
        ]
        return [
            FindingContribution(snapshot.curies[snapshot.tail[row]], text, value)
            for row, text, value in told
            if row >= 0
        ]

    def _patient_paths(self, ranking: Ranking, place: int) -> Iterator[_Told]:
        """From what the graph states of a course or an inheritance to the disease, however it is named."""
        snapshot, disease = self.reasoner.graph.snapshot, int(ranking.diseases[place])
        for statement, value in zip(ranking.statements, ranking.demographics[place].tolist(), strict=True):
            row = int(statement.rows[ranking.positions[place]])
            if row >= 0:
                named = self.hierarchy.ancestors_with_paths(disease, max_kinds=0)[int(snapshot.head[row])]
                trail, start = ((row, False), *reverse(named)), int(snapshot.tail[row])
                write = partial(
                    self.writer.path,
                    PathKind.DEMOGRAPHICS,
                    start,
                    trail,
                    value,
                    patient_fact=statement.text,
                )
                yield value, trail, write


def _name(name: str, seen: Observation) -> str:
    return name if seen.weight > 0 else f"{name} (absent)"


def _sorted(findings: Iterable[FindingContribution]) -> tuple[FindingContribution, ...]:
    return tuple(sorted(findings, key=lambda finding: -abs(finding.contribution)))
