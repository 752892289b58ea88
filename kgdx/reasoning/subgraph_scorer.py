"""What a candidate would be given if only some edges of the graph were there.

Statistics stay those of the whole graph: background rates, information content, degrees, and how much is
stated of each disease. So do the logits of all other candidates, and the temperature of the case.
"""

from dataclasses import dataclass, replace

import numpy as np
import torch

from kgdx.graph.arrays import Ints
from kgdx.graph.groups import same_disease
from kgdx.reasoning.best_paths import BestPaths
from kgdx.reasoning.forward import Forward
from kgdx.reasoning.likelihood import contributions
from kgdx.reasoning.path_search import Walks
from kgdx.reasoning.query import GraphQuery
from kgdx.reasoning.ranking import Ranking
from kgdx.reasoning.reasoner import Reasoner, denied


@dataclass(frozen=True, eq=False)
class SubgraphScorer:
    """One ranked case, ready to be scored again.

    Attributes:
        forward: walks of the case, candidates in the order of the ranking.
    """

    reasoner: Reasoner
    query: GraphQuery
    ranking: Ranking
    forward: Forward

    @classmethod
    @torch.no_grad()
    def of(cls, reasoner: Reasoner, query: GraphQuery, ranking: Ranking) -> "SubgraphScorer":
        """Cut the case graph once more."""
        return cls(reasoner, query, ranking, reasoner.forward(query, ranking.diseases))

    def neighbourhood(self, rank: int) -> Ints:
        """Rows of all edges that the score of a candidate may come from, ascending.

        Args:
            rank: of the candidate, from 0.
        """
        graph, snapshot = self.reasoner.graph, self.reasoner.graph.snapshot
        joined = same_disease(snapshot, np.arange(snapshot.num_nodes))
        same = np.flatnonzero(joined == joined[self.ranking.diseases[rank]])
        stated = [graph.stated_of(int(disease)) for disease in same]
        findings = np.concatenate(
            [[obs.node for obs in self.query.observations], *(each.finding for each in stated)]
        )
        inside = np.zeros(snapshot.num_nodes, dtype=bool)
        inside[graph.annotations.ancestors[np.unique(findings).astype(np.int64)].indices] = True
        kinds, matches = snapshot.edges_of("subclass_of"), snapshot.edges_of("exact_match")
        parts = [
            kinds[inside[snapshot.head[kinds]]],
            matches[np.isin(snapshot.head[matches], same)],
            *(each.rows for each in stated),
            self.forward.case_graph.edge_rows,
            self._of_patient(rank),
        ]
        return np.asarray(np.unique(np.concatenate(parts)), dtype=np.int64)

    @torch.no_grad()
    def logit(self, rank: int, rows: Ints, walks: Walks | None = None) -> float:
        """Of a candidate, on these edges alone.

        Args:
            rows: of the snapshot's edge table, ascending.
            walks: over these edges; searched for if left out.
        """
        reasoner, query, ranking = self.reasoner, self.query, self.ranking
        position = int(ranking.positions[rank])
        snapshot, first = reasoner.graph.snapshot, np.zeros(1, dtype=np.int64)
        known = reasoner.graph.annotations.seen_over(snapshot, position, rows)
        is_denied = denied(query, known, first)
        whole = reasoner.best_paths
        best_paths = BestPaths(known, whole.information, whole.diseases[[position]])
        ratios = contributions(query.observations, known, reasoner.likelihood)
        ratios = reasoner.exclusions.lowered(
            ratios * reasoner.llr_scale(query)[:, None], query.observations, known, first
        )
        messages = np.where(is_denied, 0.0, reasoner.match_scores(query, best_paths, first))
        forward = self.forward.seen_over(rows, rank)
        settings = reasoner.settings
        if walks is None:
            walks = forward.strongest(settings.num_walks, settings.beam, is_denied)
        walked = np.where(is_denied, 0.0, forward.decide(walks))
        is_stated = np.isin([fact.rows[position] for fact in ranking.patient_facts], rows)
        added = ratios.sum() + messages.sum() + walked.sum()
        return float(ranking.prior[rank] + added + ranking.demographics[rank][is_stated].sum())

    def retained_logit(self, rank: int, rows: Ints) -> float:
        """Of a candidate, on its retained subgraph, over whose walks it was decided.

        Args:
            rows: as `kgdx.explain.retained_edges` finds them.
        """
        kept = self.ranking.walks.of(rank)
        return self.logit(rank, rows, replace(kept, candidate=np.zeros_like(kept.candidate)))

    def _of_patient(self, rank: int) -> Ints:
        position = self.ranking.positions[rank]
        rows = np.array([fact.rows[position] for fact in self.ranking.patient_facts], dtype=np.int64)
        return rows[rows >= 0]
