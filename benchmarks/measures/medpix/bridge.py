"""From what an image shows to what a text says: the place that a title is about, and a shared space."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import load_file, save_file
from scipy.special import softmax
from sklearn.linear_model import LogisticRegression, RidgeCV

Floats = NDArray[np.float32]
# Log odds of a place that no title of the training cases is about.
_NEVER = -30.0
_ALPHAS = (0.1, 1.0, 10.0, 100.0)


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
    def fit(
        cls, titles: Floats, texts: Floats, images: Floats, places: Sequence[int], num_places: int
    ) -> Self:
        """Fit on N cases.

        Args:
            titles: (N, T) vectors of their titles.
            texts: (N, T) vectors of their texts.
            images: (N, V) mean vectors of their images.
            places: number of the place of each, below `num_places`; three of them occur at least.
        """
        classes = LogisticRegression(C=10.0, max_iter=1000).fit(titles, places)
        weight = np.zeros((num_places, titles.shape[1]))
        bias = np.full(num_places, _NEVER)
        weight[classes.classes_], bias[classes.classes_] = classes.coef_, classes.intercept_
        image_mean, text_mean = images.mean(axis=0), texts.mean(axis=0)
        ridge = RidgeCV(_ALPHAS, fit_intercept=False).fit(images - image_mean, texts - text_mean)
        # One more of each, for a place that is rare here need not be so elsewhere (Laplace's rule).
        prior = (np.bincount(places, minlength=num_places) + 1) / (len(places) + num_places)
        arrays = (weight, bias, prior, ridge.coef_, image_mean, text_mean)
        return cls(*(np.asarray(array, dtype=np.float32) for array in arrays))

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
