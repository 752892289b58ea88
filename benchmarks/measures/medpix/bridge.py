"""From what an image shows to what a text says: the place that a title is about, and a shared space."""

from dataclasses import dataclass
from pathlib import Path
from typing import Self

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import load_file, save_file
from scipy.special import softmax

Floats = NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Bridge:
    """What was fitted on the training cases.

    Attributes:
        place_weight, place_bias: (L, T) and (L,), of the place that a text vector is about.
        prior: (L,) share of each place among the training cases.
        across: (T, V) from a centred image vector to a centred text vector.
        image_mean, text_mean: (V,) and (T,).
    """

    place_weight: Floats
    place_bias: Floats
    prior: Floats
    across: Floats
    image_mean: Floats
    text_mean: Floats

    @classmethod
    def open(cls, path: Path) -> Self:
        """Read what `write` wrote."""
        return cls(**load_file(path))

    def write(self, path: Path) -> None:
        """Write as safetensors."""
        save_file({name: np.ascontiguousarray(value) for name, value in vars(self).items()}, path)

    def signs(self, places: NDArray[np.float64], images: Floats, titles: Floats) -> NDArray[np.float64]:
        """(N, M, 2) what N cases' images say of M titles: by the place, by likeness; see below.

        Args:
            places: (N, L) probability of each place by the images.
            images: (N, V) mean vectors of the cases' images.
            titles: (M, T).
        """
        return np.stack([self.by_place(places, titles), self.similarity(images, titles)], axis=2)

    def by_place(self, seen: NDArray[np.float64], titles: Floats) -> NDArray[np.float64]:
        """(N, M) natural log of how much likelier M titles are for the places seen than at large.

        Args:
            seen: (N, L) probability of each place by the images.
            titles: (M, T).
        """
        about = softmax(titles @ self.place_weight.T + self.place_bias, axis=1)
        return np.asarray(np.log(seen @ (about / self.prior).T), dtype=np.float64)

    def similarity(self, images: Floats, texts: Floats) -> NDArray[np.float64]:
        """(N, M) cosine of image vectors, carried over, and text vectors."""
        carried, said = (images - self.image_mean) @ self.across.T, texts - self.text_mean
        return np.asarray(_unit(carried) @ _unit(said).T, dtype=np.float64)


def _unit(rows: Floats) -> Floats:
    return np.asarray(rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-9), dtype=np.float32)
