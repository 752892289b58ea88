"""From codes to a justified ranking, with the shipped weights on any snapshot."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import graph_schema
from kgdx.domain.case import CodedFinding, Patient
from kgdx.encoders.clip import Clip
from kgdx.evidence.codes import code_evidence
from kgdx.evidence.fusion import names_vector
from kgdx.explain.justify import Justifier
from kgdx.explain.paths import PathWriter
from kgdx.graph.hierarchy import Hierarchy
from kgdx.graph.snapshot import Snapshot
from kgdx.reasoning.annotations import Annotations
from kgdx.reasoning.case_graph import DiagnosticGraph
from kgdx.reasoning.query import GraphQuery, seed
from kgdx.reasoning.ranking import Ranking
from kgdx.reasoning.reasoner import Reasoner
from kgdx.release.bundle import shipped_folder
from kgdx.release.checkpoints import ReasonerCheckpoint


@dataclass(frozen=True, eq=False)
class Ranker:
    """Everything that ranks the diseases of a snapshot."""

    snapshot: Snapshot
    reasoner: Reasoner
    justifier: Justifier
    clip: Clip

    @classmethod
    def open(
        cls,
        snapshot: Snapshot,
        is_candidate: Callable[[str], bool] | None = None,
        is_merging: bool = True,
        weights: Path | None = None,
    ) -> "Ranker":
        """With the weights that ship, or others.

        Args:
            is_candidate: which diseases to rank, by CURIE; all with a finding if left out.
            is_merging: rank what is exactly matched as one.
            weights: folder of a reasoner.
        """
        annotations = Annotations.from_snapshot(snapshot, is_candidate)
        graph = DiagnosticGraph(snapshot, annotations, graph_schema.load())
        clip = Clip.open(shipped_folder() / "clip")
        saved = ReasonerCheckpoint.open(weights or shipped_folder() / "reasoner")
        reasoner = saved.reasoner(graph, clip, is_merging=is_merging)
        justifier = Justifier(reasoner, Hierarchy(snapshot), PathWriter(snapshot, graph.schema))
        return cls(snapshot, reasoner, justifier, clip)

    def query(self, findings: Sequence[CodedFinding], patient: Patient | None = None) -> GraphQuery:
        """The findings, and what is known of the patient, as the reasoner is asked."""
        evidence, _ = code_evidence(tuple(findings), self.snapshot, self.reasoner.graph.schema)
        return seed(evidence, self.snapshot, names_vector(evidence, self.clip), patient)

    def rank(self, query: GraphQuery) -> Ranking:
        """The ranking, with ten diagnoses justified."""
        ranking = self.reasoner.rank(query)
        self.justifier.diagnoses(query, ranking, num_shown=10, num_paths=8)
        return ranking
