"""What a condition is, too, in another vocabulary: the finding behind a disease, the disease behind it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from graph_schema.clinical import implied_conditions
from kgdx.graph.hierarchy import EdgePath, Hierarchy

_KINDS = ("Disease", "PhenotypicFeature")


@dataclass(frozen=True, eq=False)
class Equivalents:
    """Conditions that a condition stands for, besides all that it is a kind of.

    A disease and a finding of one name are the same; `graph_schema/implied_conditions.yaml` lists others.
    """

    hierarchy: Hierarchy

    def climb(self, node: int) -> Iterator[tuple[int, Mapping[int, EdgePath]]]:
        """The condition, then each one that it stands for, with all that is climbed to from there."""
        seen, waiting = {node}, [node]
        while waiting:
            here = waiting.pop(0)
            kinds = self.hierarchy.ancestors_with_paths(here)
            yield here, kinds
            for kind in kinds:
                for other in self._of.get(kind, ()):
                    if other not in seen and other not in kinds:
                        seen.add(other)
                        waiting.append(other)

    @cached_property
    def _of(self) -> Mapping[int, Sequence[int]]:
        """Condition -> others that it stands for; what stands for none is left out."""
        snapshot = self.hierarchy.snapshot
        found: dict[int, list[int]] = {}
        diseases, features = (self._by_name(kind) for kind in _KINDS)
        for name in diseases.keys() & features.keys():
            found.setdefault(diseases[name], []).append(features[name])
            found.setdefault(features[name], []).append(diseases[name])
        for curie, others in implied_conditions().items():
            if curie in snapshot.index:
                known = [snapshot.index[other] for other in others if other in snapshot.index]
                found.setdefault(snapshot.index[curie], []).extend(known)
        return found

    def _by_name(self, kind: str) -> Mapping[str, int]:
        snapshot = self.hierarchy.snapshot
        nodes = (snapshot.kinds == kind).nonzero()[0].tolist()
        return {
            snapshot.names[node].casefold(): node
            for node in nodes
            if snapshot.names[node] != snapshot.curies[node]
        }
