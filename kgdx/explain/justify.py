"""From a ranking to diagnoses with their reasons, and from treatment options to treatments with theirs."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from kgdx.domain.report import Diagnosis, FindingContribution, Path, Treatment, TreatmentStatus
from kgdx.explain.paths import PathWriter
from kgdx.reasoning.hierarchy import Hierarchy, Trail, reverse
from kgdx.reasoning.likelihood import expected_frequency
from kgdx.reasoning.query import GraphQuery, Observation
from kgdx.reasoning.reasoner import Ranking, Reasoner
from kgdx.reasoning.treatment import Option, Veto
from kgdx.snapshot import Snapshot

# What moves a logit by less than this is not worth a reader's time.
_LEAST = 0.05
_NUM_NAMED = 3


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
        return tuple(self._diagnosis(query, ranking, place, num_paths) for place in range(shown))

    def _diagnosis(self, query: GraphQuery, ranking: Ranking, place: int, num_paths: int) -> Diagnosis:
        snapshot = self.reasoner.graph.snapshot
        disease = int(ranking.diseases[place])
        base = self._base_trails(query, ranking, place)
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

    def _base_trails(self, query: GraphQuery, ranking: Ranking, place: int) -> list[Trail | None]:
        """For each observation, the walk its likelihood ratio was read from; None where it was noise.

        What a disease and a finding share only by being findings at all lowers the ratio: that is noise.
        """
        trails = []
        for seen, value in zip(query.observations, ranking.base[place], strict=True):
            position = int(ranking.positions[place])
            denied = self._denied_row(seen.node, position) if seen.weight > 0 else None
            is_noise = seen.weight > 0 and value <= 0
            trails.append(denied or (None if is_noise else self._base_trail(seen, position)))
        return trails

    def _base_trail(self, seen: Observation, position: int) -> Trail | None:
        annotations = self.reasoner.graph.annotations
        via = seen.node
        if seen.weight > 0:
            _, ancestors, _ = expected_frequency(seen.node, annotations, self.reasoner.likelihood)
            via = int(ancestors[position])
        if via < 0:
            return None
        stated, row = self._stated_finding(via, position)
        if row is None:
            return None
        up = self.hierarchy.climb(seen.node, over_matches=False)[via]
        down = reverse(self.hierarchy.climb(stated, over_matches=False)[via])
        return (*up, *down, (row, False))

    def _stated_finding(self, general: int, position: int) -> tuple[int, int | None]:
        """The commonest kind of `general` that is stated of the disease, and the row of its edge."""
        annotations = self.reasoner.graph.annotations
        start, end = annotations.direct.indptr[position : position + 2]
        stated = annotations.direct.indices[start:end]
        is_kind = np.asarray(annotations.ancestors[stated, general].todense()).ravel()
        if not is_kind.any():
            return general, None
        often = np.where(is_kind, annotations.direct.data[start:end], -1.0)
        finding = int(stated[np.argmax(often)])
        return finding, self._row(int(annotations.candidates[position]), finding, is_denied=False)

    def _denied_row(self, node: int, position: int) -> Trail | None:
        annotations = self.reasoner.graph.annotations
        climbed = self.hierarchy.climb(node, over_matches=False)
        for ancestor, up in climbed.items():
            if annotations.denied[position, ancestor]:
                row = self._row(int(annotations.candidates[position]), ancestor, is_denied=True)
                return None if row is None else (*up, (row, False))
        return None

    def _row(self, disease: int, finding: int, *, is_denied: bool) -> int | None:
        snapshot = self.reasoner.graph.snapshot
        rows = self.reasoner.graph.rows_of(disease)
        rows = rows[(snapshot.tail[rows] == finding) & (snapshot.negated[rows] == is_denied)]
        if len(rows) == 0:
            return None
        often = np.nan_to_num(snapshot.frequency[rows], nan=-1.0)
        return int(rows[np.argmax(often)])


def treatments(options: Sequence[Option], writer: PathWriter) -> tuple[Treatment, ...]:
    """Treatment options with their reasons in words; order is kept."""
    return tuple(_treatment(option, writer) for option in options)


def _treatment(option: Option, writer: PathWriter) -> Treatment:
    indicated = [
        writer.path("treatments", item.disease, item.trail, item.probability) for item in option.indications
    ]
    forbidden = [_veto(veto, writer) for veto in option.vetoes]
    snapshot = writer.snapshot
    return Treatment(
        drug=snapshot.curies[option.treatment],
        name=snapshot.names[option.treatment],
        status=TreatmentStatus.CONTRAINDICATED if forbidden else TreatmentStatus.RECOMMENDED,
        expected_benefit=option.benefit,
        reasons=(_indicated_for(option, snapshot), *(path.sentence for path in forbidden)),
        paths=(*indicated, *forbidden),
    )


def _indicated_for(option: Option, snapshot: Snapshot) -> str:
    """What it is for, as in "Treats pneumonia (62%), pleural empyema (21%) and 2 more"."""
    named = [f"{snapshot.names[i.disease]} ({i.probability:.0%})" for i in option.indications[:_NUM_NAMED]]
    more = len(option.indications) - len(named)
    return f"Treats {', '.join(named)}{f' and {more} more' if more else ''}"


def _veto(veto: Veto, writer: PathWriter) -> Path:
    return writer.path("allergies" if veto.is_allergy else "vetoes", veto.reason, veto.trail, 0.0)


def _name(name: str, seen: Observation) -> str:
    return name if seen.weight > 0 else f"{name} (absent)"


def _sorted(findings: Iterable[FindingContribution]) -> tuple[FindingContribution, ...]:
    return tuple(sorted(findings, key=lambda finding: -abs(finding.contribution)))
