"""What the tower makes of the images of cases, whole or through one of its networks."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Self

import numpy as np
from numpy.typing import NDArray

from benchmarks.datasets.medpix import MedPixCase
from kgdx.encoders.linear_head import Head
from kgdx.encoders.small_tower import Tower
from kgdx.imaging.read import read_image

Floats = NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Looked:
    """The images of N cases, each with one at least.

    Attributes:
        each: (images of the case, dim) unit vectors, case by case.
        head: reads places from them.
    """

    each: tuple[Floats, ...]
    head: Head

    @classmethod
    def at(cls, cases: Iterable[MedPixCase], tower: Tower, head: Head) -> Self:
        """Look at every image of the cases."""
        images = ([read_image(image.path).pixels for image in case.images] for case in cases)
        return cls(tuple(tower.encode_images(pixels) for pixels in images), head)

    def by_member(self, member: int, members: int) -> "Looked":
        """What one of the tower's networks makes of them by itself.

        Its bias is the mean over the networks, who were all asked the same.
        """
        width = self.head.weight.shape[1] // members
        own, scale = slice(member * width, (member + 1) * width), np.float32(np.sqrt(members))
        head = replace(self.head, weight=scale * self.head.weight[:, own])
        return Looked(tuple(scale * vectors[:, own] for vectors in self.each), head)

    @property
    def vectors(self) -> Floats:
        """(N, dim) mean vector of each case's images."""
        return np.stack([vectors.mean(axis=0) for vectors in self.each])

    @property
    def places(self) -> NDArray[np.float64]:
        """(N, L) mean probability of each place."""
        return np.stack([self.head.probabilities(vectors).mean(axis=0) for vectors in self.each])
