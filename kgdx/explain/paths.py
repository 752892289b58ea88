"""From walks over a snapshot to the paths of a report."""

from dataclasses import dataclass
from itertools import groupby

from graph_schema import Schema, load
from kgdx.domain.concept import ConceptRef
from kgdx.domain.message import Message
from kgdx.domain.path import Path, PathKind, Stage, Step
from kgdx.graph.hierarchy import EdgePath
from kgdx.graph.snapshot import Snapshot


@dataclass(frozen=True, eq=False)
class PathWriter:
    """Writes walks over one snapshot as paths."""

    snapshot: Snapshot
    schema: Schema

    def path(
        self,
        kind: PathKind,
        start: int,
        trail: EdgePath,
        contribution: float,
        *,
        is_excluded: bool = False,
        patient_fact: Message | None = None,
        named_like: ConceptRef | None = None,
        is_certain: bool = True,
        quotes: tuple[str, ...] = (),
    ) -> Path:
        """A walk as a path.

        Args:
            start: node index at which the trail starts.
            trail: may be empty.
            contribution: to the score, as `Path` defines it.
            is_excluded, patient_fact, named_like, is_certain, quotes: as of `Stage`.
        """
        steps = tuple(step_of(self.snapshot, row, is_forward) for row, is_forward in trail)
        verbs = tuple(self._own_verb(step) for step in steps)
        stage = Stage(
            kind,
            self.concept(start),
            len(steps),
            is_excluded=is_excluded,
            patient_fact=patient_fact,
            named_like=named_like,
            is_certain=is_certain,
            verbs=verbs if any(verbs) else (),
            quotes=quotes,
        )
        return Path(steps, contribution, (stage,))

    def concept(self, node: int) -> ConceptRef:
        """A node with its name."""
        return ConceptRef(self.snapshot.curies[node], self.snapshot.names[node])

    def num_hops(self, trail: EdgePath) -> int:
        """As `Path.num_hops`, of a walk that is not written yet."""
        relations = self.snapshot.relations
        walked = [
            (relations[row], is_forward) for row, is_forward in trail if relations[row] != "exact_match"
        ]
        return sum(1 for _ in groupby(walked))

    def _own_verb(self, step: Step) -> str:
        """How a relation that does not ship with kgdx reads; empty for any other."""
        if step.relation in load().relations:
            return ""
        relation = self.schema.relations[step.relation]
        return relation.text if step.is_forward else relation.inverse_text


def step_of(snapshot: Snapshot, row: int, is_forward: bool) -> Step:
    """One edge as a step, with everything that its source says of it."""
    edge = snapshot.edge(row)
    return Step(
        edge_id=edge.edge_id,
        head=edge.head,
        head_name=snapshot.names[snapshot.index[edge.head]],
        relation=edge.relation,
        tail=edge.tail,
        tail_name=snapshot.names[snapshot.index[edge.tail]],
        is_forward=is_forward,
        source=edge.provenance.source,
        publications=edge.provenance.publications,
        frequency=edge.frequency,
        negated=edge.negated,
        licence=edge.provenance.license,
        release=edge.provenance.release,
    )
