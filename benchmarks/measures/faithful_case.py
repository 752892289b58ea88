"""How faithful the paths of one first diagnosis are, beside paths that other rules would have shown.

On the graph: the candidate is scored without the edges of k paths, and on them alone (fidelity+ and
fidelity-, Yuan et al. 2023, IEEE TPAMI 45:5782). On the case: it is ranked without the findings at which k
paths start, and with them alone (comprehensiveness and sufficiency, DeYoung et al. 2020, ACL). All in the
calibrated probability of the diagnosis.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from benchmarks.ranker import Ranker
from kgdx.domain.path import Path
from kgdx.domain.report import Diagnosis
from kgdx.explain.baseline_paths import BaselineRule, baseline_paths
from kgdx.explain.faithfulness import full_graph, rows_of, scored
from kgdx.explain.walk import stops
from kgdx.reasoning.attribution import Attribution
from kgdx.reasoning.query import GraphQuery
from kgdx.reasoning.ranking import Ranking
from kgdx.reasoning.subgraph_scorer import SubgraphScorer

NUM_PATHS = (1, 3, 5)
# As many paths as a report shows of a diagnosis.
_NUM_SHOWN = 8
OURS, CHANCE = "shown", "random"

Ints = NDArray[np.int64]
Figures = dict[str, float]
"""Such as `fidelity_plus/shown/3`: measure, rule and number of paths."""


@dataclass(frozen=True, eq=False)
class Faithful:
    """Measures cases, one by one."""

    ranker: Ranker
    rng: np.random.Generator

    def measure(self, query: GraphQuery) -> Figures | None:
        """Everything about the first diagnosis of a case; None where no path speaks for it."""
        ranker, reasoner = self.ranker, self.ranker.reasoner
        ranking = reasoner.rank(query)
        first = ranker.justifier.diagnoses(query, ranking, num_shown=1, num_paths=_NUM_SHOWN)[0]
        shown = [path for path in first.paths if path.contribution > 0 and path.steps]
        if not shown:
            return None
        on = SubgraphScorer.of(reasoner, query, ranking)
        probability = float(ranking.probability[0])
        retained = Attribution(reasoner, ranker.justifier.hierarchy, query, ranking).rows(0)
        whole = full_graph(on, 0)
        return {
            "retained_logit": abs(on.retained_logit(0, retained) - float(ranking.logit[0])),
            "fidelity_minus": abs(whole.probability - probability),
            "surplus": abs(float(ranking.residual_logit[0])),
            **self._on_graph(on, query, shown, probability),
            **self._on_case(query, first, shown, ranking),
        }

    def _on_graph(
        self, on: SubgraphScorer, query: GraphQuery, shown: Sequence[Path], probability: float
    ) -> Figures:
        snapshot, ranking = on.reasoner.graph.snapshot, on.ranking
        neighbourhood = on.neighbourhood(0)
        present = np.array([seen.node for seen in query.observations if seen.weight > 0], dtype=np.int64)
        rules = {OURS: [rows_of([path], snapshot) for path in shown[: max(NUM_PATHS)]]}
        for control in BaselineRule:
            rules[control.value] = baseline_paths(
                ranking.case_graph,
                present,
                int(ranking.diseases[0]),
                control,
                max(NUM_PATHS),
                self.rng,
            )
        figures: Figures = {}
        for rule, paths in rules.items():
            for number in NUM_PATHS:
                rows = np.unique(np.concatenate([*paths[:number], np.zeros(0, dtype=np.int64)]))
                left = np.setdiff1d(neighbourhood, rows)
                without = scored(on, 0, on.logit(0, left)).probability
                alone = scored(on, 0, on.logit(0, np.intersect1d(neighbourhood, rows))).probability
                figures[f"fidelity_plus/{rule}/{number}"] = probability - without
                figures[f"kept_alone/{rule}/{number}"] = probability - alone
                figures[f"edges/{rule}/{number}"] = float(len(rows))
        return figures

    def _on_case(
        self, query: GraphQuery, first: Diagnosis, shown: Sequence[Path], ranking: Ranking
    ) -> Figures:
        """Findings are taken away from the case, as if nobody had mentioned them."""
        index = self.ranker.snapshot.index
        starts = list(dict.fromkeys(index[stops(path)[0].curie] for path in shown))
        observed = [seen.node for seen in query.observations]
        told = [node for node in starts if node in observed]
        drawn = self.rng.permutation([seen.node for seen in query.observations if seen.weight > 0]).tolist()
        figures: Figures = {}
        for rule, nodes in ((OURS, told), (CHANCE, drawn)):
            for number in NUM_PATHS:
                # As many findings by chance as the shown paths start from.
                some = set(nodes[: min(number, len(told))])
                for measure, is_kept in (("comprehensiveness", False), ("sufficiency", True)):
                    left = tuple(s for s in query.observations if (s.node in some) == is_kept)
                    after = self._probability(replace(query, observations=left), index[first.disease])
                    figures[f"{measure}/{rule}/{number}"] = float(ranking.probability[0]) - after
        return figures

    def _probability(self, query: GraphQuery, disease: int) -> float:
        """Of a disease for another case; without any finding nothing is known of it."""
        if not query.observations:
            return 0.0
        ranking = self.ranker.reasoner.rank(query)
        place = np.flatnonzero(ranking.diseases == disease)
        return float(ranking.probability[place[0]]) if len(place) else 0.0
