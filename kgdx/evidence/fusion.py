"""Image, text and codes together: what each statement weighs beside the others, and one vector of the case.

Two attentions, learnt by `kgdx train fusion` on drawn cases:

- a statement of a finding listens to what the other modalities say of the same finding, and to what an image
  shows that was undecided about it; what it hears is a factor on its weight, never less than 0, below 2;
- the vector of the case attends to the names of present findings and to the images, which a learnt map turns
  towards the names: in the space of the shipped model, images and names lie apart.

The same finding is the same CURIE: names that mean different things can lie close together in the space of
a small text tower.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from kgdx.domain.case import Polarity
from kgdx.domain.evidence import Evidence
from kgdx.encoders.base import TextEncoder
from kgdx.graph.arrays import Floats, Floats32

MODALITIES = ("code", "text", "image")
"""What can ask; what can be heard is one more: the whole image, see `Fusion.factors`."""
NUM_HEARD = len(MODALITIES) + 1

# Sharpness of attention: at 0.1 a token that agrees with the others by 0.2 more weighs e^2 times as much.
TEMPERATURE = 0.1


def fuse(tokens: Floats32, terms: Floats | float = 0.0) -> Floats32:
    """One vector for many, by attention.

    Each token is asked by the mean of all (one head of scaled dot-product attention, Vaswani et al. 2017),
    so that tokens that agree weigh more.

    Args:
        tokens: (T, dim) float32 unit rows, T at least 1.
        terms: (T,) added to the logits; all alike they change nothing.

    Returns:
        (dim,) float32 unit vector.
    """
    relative = np.asarray(terms - np.max(terms), dtype=np.float32)
    attention = np.exp(tokens @ tokens.mean(axis=0) / TEMPERATURE + relative)
    fused = (attention / attention.sum()) @ tokens
    return np.asarray(fused / max(float(np.linalg.norm(fused)), 1e-12), dtype=np.float32)


def names_vector(evidence: Sequence[Evidence], encoder: TextEncoder) -> Floats32:
    """The vector of a case of codes alone: its present findings, by name; zeros if there is none."""
    names = _present_names(evidence)
    return fuse(encoder.encode_texts(names)) if names else np.zeros(encoder.dim, dtype=np.float32)


def strongest(evidence: Sequence[Evidence]) -> dict[tuple[str, str], float]:
    """(CURIE, modality) -> weight of the strongest statement; of two that are as strong, the one for it.

    Two sentences that say the same are not two observations.
    """
    found: dict[tuple[str, str], float] = {}
    for item in evidence:
        key = item.curie, item.origin.modality
        found[key] = max(found.get(key, 0.0), item.weight, key=lambda weight: (abs(weight), weight))
    return found


@dataclass(frozen=True, eq=False)
class Fusion:
    """The learnt attentions.

    Of a table, rows are the modality that asks, in the order of MODALITIES; columns what it hears: a code, a
    text, an image's statement, and an undecided image. Nothing is learnt of codes alone: a code alone keeps
    its weight, and a case of codes alone the vector that the reasoner was trained on.

    Attributes:
        revision: of the image-text model it was trained with.
        scale: (3,) log odds of half the factor of a statement that hears nothing; 0 for codes.
        key: (3, 4) logits of attention; not to listen has logit 0.
        agree: (2, 3, 4) what is added to that log odds by what says the same, at full strength; first of
            statements for the finding, then of those against it.
        oppose: (2, 3, 4) the same for what says the opposite.
        reading: (dim, dim) map from the vector of an image to that of the names of what it shows.
        token: (3,) logits of a modality's tokens in the vector of the case; 0 for codes.
        sharpness: of the attention to how far a finding is believed, ln sigmoid(net weight), in that vector.
    """

    revision: str
    scale: Floats
    key: Floats
    agree: Floats
    oppose: Floats
    reading: Floats
    token: Floats
    sharpness: Floats

    @classmethod
    def additive(cls, revision: str, dim: int) -> Self:
        """What takes weights and images as they are: where training starts, and what it is compared with."""
        key = np.zeros((len(MODALITIES), NUM_HEARD))
        table = np.stack([key, key])
        row = np.zeros(len(MODALITIES))
        return cls(revision, row, key, table, table, np.eye(dim), row, np.zeros(()))

    def factors(self, own: Floats, asking: NDArray[np.int64], said: Floats) -> Floats:
        """What each statement's own weight is multiplied by, in (0, 2).

        Args:
            own: (N,) weights.
            asking: (N,) index of the modality of each.
            said: (N, 4) strongest weight of the same finding by code, text and image, and what the whole
                image shows of it; 0 for what says nothing. A statement does not hear its own modality.

        Returns:
            (N,) float64.
        """
        is_heard = (said != 0) & (np.arange(NUM_HEARD) != asking[:, None])
        odds = np.exp(self.key[asking]) * is_heard
        attention = odds / (1 + odds.sum(axis=1, keepdims=True))
        side, is_agreed = (own < 0).astype(np.int64), np.sign(said) == np.sign(own)[:, None]
        told = np.where(is_agreed, self.agree[side, asking], self.oppose[side, asking])
        value = told * np.tanh(np.abs(said) / 2)
        return np.asarray(2 / (1 + np.exp(-self.scale[asking] - (attention * value).sum(axis=1))))

    def weigh(
        self, evidence: Sequence[Evidence], subthreshold_scores: Mapping[str, float]
    ) -> tuple[Evidence, ...]:
        """The same evidence, in the same order, with final weights and the factors that led to them.

        Args:
            evidence: with the weights of its own readers.
            subthreshold_scores: CURIE -> weight that the images show, undecided or not.
        """
        if not evidence:
            return ()
        heard = strongest(evidence)
        said = np.zeros((len(evidence), NUM_HEARD))
        for row, item in enumerate(evidence):
            said[row, :-1] = [heard.get((item.curie, modality), 0.0) for modality in MODALITIES]
            # An image that has made up its mind is heard once.
            said[row, -1] = 0.0 if said[row, -2] else subthreshold_scores.get(item.curie, 0.0)
        asking = np.array([MODALITIES.index(item.origin.modality) for item in evidence])
        factors = self.factors(np.array([item.weight for item in evidence]), asking, said)
        return tuple(
            replace(item, weight=item.weight * float(factor), factor=float(factor))
            for item, factor in zip(evidence, factors, strict=True)
        )

    def case_vector(
        self, evidence: Sequence[Evidence], images: Sequence[Floats32], encoder: TextEncoder
    ) -> Floats32:
        """The vector of a case.

        Tokens are the image vectors and the vectors of the names of present findings; what is absent or
        uncertain is left out, for such vectors barely encode negation.

        Args:
            evidence: with final weights.
            images: (dim,) float32 unit vectors, in the space of `encoder`.

        Returns:
            (dim,) float32 unit vector; zeros if there is neither an image nor a present finding.
        """
        names = _present_names(evidence)
        tokens = [*map(self.read, images), *(encoder.encode_texts(names) if names else ())]
        if not tokens:
            return np.zeros(encoder.dim, dtype=np.float32)
        modality, net = _told(evidence, names)
        terms = self.token[modality] - self.sharpness * np.logaddexp(0.0, -net)
        of_images = np.full(len(images), self.token[MODALITIES.index("image")])
        return fuse(np.stack(tokens), np.concatenate([of_images, terms]))

    def read(self, image: Floats32) -> Floats32:
        """(dim,) float32 unit vector among those of names, for that of an image."""
        read = image @ self.reading
        return np.asarray(read / max(float(np.linalg.norm(read)), 1e-12), dtype=np.float32)

    def to_json(self) -> dict[str, Any]:
        """A JSON object that `from_json` reads back, numbers rounded to four digits."""
        numbers = {name: np.round(getattr(self, name), 4).tolist() for name in _SHAPES}
        return {"revision": self.revision} | numbers

    @classmethod
    def from_json(cls, content: Mapping[str, Any]) -> Self:
        """Read what `to_json` wrote.

        Raises:
            KeyError: if a part is missing.
            ValueError, TypeError: if a part is no number, not finite, or of another shape.
        """
        parts = {name: np.asarray(content[name], dtype=np.float64) for name in _SHAPES}
        dim = len(np.atleast_1d(parts["reading"]))
        for name, part in parts.items():
            shape = (dim, dim) if name == "reading" else _SHAPES[name]
            if part.shape != shape or not np.isfinite(part).all():
                raise ValueError(f"`{name}` is not finite numbers of shape {shape}")
        return cls(str(content["revision"]), **parts)


_SHAPES = {
    part.name: getattr(Fusion.additive("", 0), part.name).shape
    for part in fields(Fusion)
    if part.name != "revision"
}


def _present_names(evidence: Sequence[Evidence]) -> list[str]:
    return list(dict.fromkeys(e.name for e in evidence if e.polarity is Polarity.PRESENT))


def _told(evidence: Sequence[Evidence], names: Sequence[str]) -> tuple[NDArray[np.int64], Floats]:
    """By name: index of the modality that calls it present most strongly, and all modalities' net weight."""
    net: dict[str, float] = {}
    for (curie, _), weight in strongest(evidence).items():
        net[curie] = net.get(curie, 0.0) + weight
    best: dict[str, tuple[float, int, float]] = {}
    for item in evidence:
        if item.polarity is Polarity.PRESENT:
            told = item.weight, MODALITIES.index(item.origin.modality), net[item.curie]
            best[item.name] = max(best.get(item.name, told), told)
    modality = np.array([best[name][1] for name in names], dtype=np.int64)
    return modality, np.array([best[name][2] for name in names], dtype=np.float64)
