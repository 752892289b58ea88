"""Fits the bridge from images to texts."""

from collections.abc import Sequence

import numpy as np
from sklearn.linear_model import LogisticRegression, RidgeCV

from benchmarks.measures.medpix.bridge import Bridge, Floats

# Log odds of a place that no title of the training cases is about.
_NEVER = -30.0
_ALPHAS = (0.1, 1.0, 10.0, 100.0)


def fit_bridge(
    titles: Floats, texts: Floats, images: Floats, places: Sequence[int], num_places: int
) -> Bridge:
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
    return Bridge(*(np.asarray(array, dtype=np.float32) for array in arrays))
