"""What the graph states to be for a disease: of the disease itself, or indirectly, of what it is a kind of.

What is stated of a kind is a poor guide to its special cases. Of the indications of the Every Cure list that
diseases with statements of their own would inherit over MONDO, 12 % of those over one step are stated of the
disease as well (17 % where the wider disease has at most 20 kinds) and 5 % of those over two. So a disease
inherits over one step, of a narrow disease, only where nothing is stated of its own, and what it inherits
counts for so much.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from kgdx.domain.remarks import read
from kgdx.domain.treatment import Line
from kgdx.graph.hierarchy import EdgePath, Hierarchy
from kgdx.treatments.predictor import WalkReason
from kgdx.treatments.safety_graph import grouped

INDIRECT_SHARE = 0.17
"""Of what is stated of a narrow disease, the share that holds for a kind of it."""
_MOST_KINDS = 20
_IMMEDIATE = "immediate"


@dataclass(frozen=True, slots=True)
class Indication:
    """A disease that a treatment is for.

    Attributes:
        disease: node index.
        probability: of the disease, in [0, 1].
        ways: from the disease to the treatment, strongest first: one if it is stated, any number if it is
            predicted.
        confidence: of a prediction, in [0, 1]; None if the graph states that it treats the disease.
        line: the place of the treatment among those of the disease.
        is_immediate: whether it must not wait.
        only_if: nodes, one of which the patient must have or take; empty where nothing is asked for.
        is_indirect: whether it is stated of a wider disease alone.
    """

    disease: int
    probability: float
    ways: tuple[WalkReason, ...]
    confidence: float | None = None
    line: Line = Line.UNSTATED
    is_immediate: bool = False
    only_if: tuple[int, ...] = ()
    is_indirect: bool = False

    @property
    def is_predicted(self) -> bool:
        """Whether no edge states it."""
        return self.confidence is not None

    @property
    def benefit(self) -> float:
        """Probability that the patient has the disease and the treatment is for it, in [0, 1]."""
        share = INDIRECT_SHARE if self.is_indirect else 1.0
        return self.probability * (share if self.confidence is None else self.confidence)


@dataclass(frozen=True, eq=False)
class Indications:
    """The edges of a snapshot that say what treats what."""

    hierarchy: Hierarchy

    @property
    def num_treated(self) -> int:
        """How many diseases the graph states a treatment of."""
        return len(self._treating)

    def states_any(self, disease: int) -> bool:
        """Whether the graph states a treatment of the disease itself."""
        return bool(self._stated(disease, 0))

    def of(self, disease: int, probability: float) -> Mapping[int, Indication]:
        """Treatment -> what is stated of it for a disease.

        Args:
            probability: of the disease, in [0, 1].
        """
        own = self._stated(disease, 0)
        stated = own or self._stated(disease, 1)
        return {
            treatment: self._indication(disease, probability, trail, is_indirect=not own)
            for treatment, trail in stated.items()
        }

    def _indication(
        self, disease: int, probability: float, trail: EdgePath, *, is_indirect: bool
    ) -> Indication:
        snapshot = self.hierarchy.snapshot
        said = read(snapshot.edge(trail[-1][0]).original_predicate)
        line = said.get("line", "")
        asked = [
            snapshot.index[curie] for curie in said.get("only_if", "").split("|") if curie in snapshot.index
        ]
        return Indication(
            disease,
            probability,
            (WalkReason(disease, None, trail, 1.0),),
            line=Line(line) if line in tuple(Line) else Line.UNSTATED,
            is_immediate=said.get("urgency") == _IMMEDIATE,
            only_if=tuple(asked),
            is_indirect=is_indirect,
        )

    def _stated(self, disease: int, num_kinds: int) -> dict[int, EdgePath]:
        """Treatment -> the shortest way, over at most so many kinds, none of which is wide."""
        found: dict[int, EdgePath] = {}
        for node, trail in self.hierarchy.ancestors_with_paths(disease, num_kinds).items():
            rows = self._treating.get(node, ())
            if rows and num_kinds and self._is_wide(node):
                continue
            for row in rows:
                found.setdefault(int(self.hierarchy.snapshot.head[row]), (*trail, (row, False)))
        return found

    def _is_wide(self, disease: int) -> bool:
        """Whether it has too many kinds for what is said of it to hold for each."""
        seen, waiting = {disease}, [disease]
        while waiting and len(seen) <= _MOST_KINDS:
            for row in self._kinds.get(waiting.pop(), ()):
                kind = int(self.hierarchy.snapshot.head[row])
                if kind not in seen:
                    seen.add(kind)
                    waiting.append(kind)
        return len(seen) > _MOST_KINDS

    @cached_property
    def _treating(self) -> Mapping[int, list[int]]:
        """Disease -> rows of the edges that treat it."""
        return grouped(self.hierarchy.snapshot, "treats", self.hierarchy.snapshot.tail)

    @cached_property
    def _kinds(self) -> Mapping[int, list[int]]:
        """Disease -> rows of the edges to its kinds."""
        return grouped(self.hierarchy.snapshot, "subclass_of", self.hierarchy.snapshot.tail)
