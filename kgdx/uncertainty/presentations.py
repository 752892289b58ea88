"""What must be excluded in a patient with this complaint, however unlikely it ranks, by a stated table."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from graph_schema.clinical import MustNotMiss, Presentation, must_not_miss
from kgdx.domain.concept import ConceptRef
from kgdx.domain.message import Message, Value
from kgdx.graph.arrays import Ints
from kgdx.reasoning.query import GraphQuery, Observation
from kgdx.reasoning.ranking import Ranking
from kgdx.reasoning.reasoner import Reasoner
from kgdx.uncertainty.danger_classes import emergencies
from kgdx.uncertainty.self_findings import SelfFindings

# From this prevalence on, in decades below 1 in 100,000, a disease is not looked for in everybody.
_TOO_RARE = -2
# An absence that is less sure than this, natural log, excludes nothing.
_LEAST_SURE = -1.0


@dataclass(frozen=True, eq=False)
class PresentationTable:
    """The table of `graph_schema/must_not_miss.yaml` on one graph."""

    reasoner: Reasoner
    table: MustNotMiss = field(default_factory=must_not_miss)

    @cached_property
    def itself(self) -> SelfFindings:
        """Which finding is a disease by another name."""
        return SelfFindings(self.reasoner.graph.snapshot, self.reasoner.exclusions)

    def to_exclude(self, query: GraphQuery, ranking: Ranking) -> dict[int, Message]:
        """Place in the whole ranking, from 0, -> why; for a disease that is no candidate, its likeliest kind.

        What ranks first is named already, and what does not occur at the patient's age or sex is left out.
        """
        positions = np.concatenate([ranking.positions, ranking.others])
        candidates = self.reasoner.graph.annotations.candidates
        decades, _ = self.reasoner.demographics.prevalence.classes(query.patient)
        found: dict[int, Message] = {}
        for complaint, presentation in self._presenting(query):
            for curie, danger in presentation.exclude.items():
                is_it = candidates[positions] == self.reasoner.graph.snapshot.index.get(curie, -1)
                if not is_it.any():
                    is_it = np.isin(candidates[positions], self._kinds.get(curie, ()))
                place = int(np.argmax(is_it))
                if not is_it[place] or place == 0 or decades[positions[place]] <= _TOO_RARE:
                    continue
                if not self.is_excluded(query, int(candidates[positions[place]]), curie):
                    values: dict[str, Value] = {
                        "danger": Message(f"danger.{danger}"),
                        "finding": complaint,
                    }
                    found.setdefault(place, Message("danger_shown.by_presentation", values))
        return found

    def is_excluded(self, query: GraphQuery, disease: int, curie: str = "") -> bool:
        """Whether a finding that would show the disease was looked for and is not there.

        Args:
            disease: node index.
            curie: class of the table that it is a kind of, whose findings exclude it as well.
        """
        snapshot, annotations = self.reasoner.graph.snapshot, self.reasoner.graph.annotations
        classes = {disease, snapshot.index.get(curie, disease)}
        absent = [obs for obs in query.observations if obs.weight <= _LEAST_SURE]
        rows = [row for one in classes for row in self.reasoner.exclusions.by_disease.get(one, ())]
        excluding = {finding for finding, row in rows if row.factor <= self.table.clears}
        excluding |= {finding for one in classes for finding in self.itself.of(one)}
        return any(obs.node in annotations.ancestors_of(finding) for obs in absent for finding in excluding)

    def _presenting(self, query: GraphQuery) -> Iterator[tuple[ConceptRef, Presentation]]:
        present = [obs for obs in query.observations if obs.weight > 0]
        for presentation in self.table.presentations.values():
            complaint = self._first(present, presentation.any_of)
            if complaint is not None and (
                not presentation.also or self._first(present, presentation.also) is not None
            ):
                yield complaint, presentation

    def _first(self, present: list[Observation], curies: tuple[str, ...]) -> ConceptRef | None:
        """The first present finding that is one of these, or a kind of one."""
        snapshot = self.reasoner.graph.snapshot
        nodes = {snapshot.index[curie] for curie in curies if curie in snapshot.index}
        annotations = self.reasoner.graph.annotations
        for obs in present:
            if nodes & set(annotations.ancestors_of(obs.node).tolist()):
                return ConceptRef(snapshot.curies[obs.node], snapshot.names[obs.node])
        return None

    @cached_property
    def _kinds(self) -> Mapping[str, Ints]:
        """Disease of the table -> nodes of it and of all that is a kind of it, as far as the graph has it."""
        snapshot = self.reasoner.graph.snapshot
        listed = {curie for each in self.table.presentations.values() for curie in each.exclude}
        return {
            curie: np.array(sorted(emergencies(snapshot, {curie: ""})), dtype=np.int64)
            for curie in sorted(listed & snapshot.index.keys())
        }


def probabilities(ranking: Ranking) -> NDArray[np.float64]:
    """(K + M,) probability of all candidates, those that were proposed first."""
    logits = np.concatenate([ranking.logit, ranking.others_logit])
    weight = np.exp((logits - logits[0]) / ranking.temperature)
    return np.asarray(weight / weight.sum())
