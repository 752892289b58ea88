"""All names of all concepts as one matrix, and the concepts nearest to a vector."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from kgdx.graph.arrays import Floats32
from kgdx.training.data.concept_names import Concept, HeldOut

Encode = Callable[[Sequence[str]], Floats32]
_BLOCK = 256
# Names looked at for each text: enough to hold five concepts.
_NEAREST = 64


@dataclass(frozen=True, eq=False)
class NameIndex:
    """Vectors of names.

    Attributes:
        curies: (n,) the concept of each name.
        vectors: (n, dim) float32 unit rows.
    """

    curies: Sequence[str]
    vectors: Floats32

    @classmethod
    def of(cls, concepts: Sequence[Concept], encode: Encode) -> "NameIndex":
        """Encode every name."""
        curies = [concept.curie for concept in concepts for _ in concept.names]
        return cls(curies, encode([name for concept in concepts for name in concept.names]))

    def nearest(self, vectors: Floats32, count: int = 5) -> list[list[str]]:
        """The concepts of the nearest names of each vector, the nearest first, each concept once.

        Args:
            vectors: (m, dim) float32 unit rows.
            count: of concepts, at most.
        """
        found = []
        size = min(_NEAREST, len(self.curies))
        for start in range(0, len(vectors), _BLOCK):
            for row in vectors[start : start + _BLOCK] @ self.vectors.T:
                top = np.argpartition(-row, size - 1)[:size]
                top = top[np.argsort(-row[top], kind="stable")]
                found.append(list(dict.fromkeys(self.curies[i] for i in top))[:count])
        return found


def accuracy(index: NameIndex, held_out: Sequence[HeldOut], encode: Encode) -> tuple[float, float]:
    """Share of held-out names whose concept is the nearest, and is among the five nearest."""
    nearest = index.nearest(encode([held.text for held in held_out]))
    first = [held.curie == found[0] for held, found in zip(held_out, nearest, strict=True)]
    among = [held.curie in found for held, found in zip(held_out, nearest, strict=True)]
    return float(np.mean(first)), float(np.mean(among))
