"""Chest-radiograph phantoms: drawn, not photographed, so they may be trained on and given away.

A phantom is a frontal film of standard polarity (dense is bright) and standard orientation (the patient's
left on the right of the image), with any set of findings, the region of each, and a caption. It teaches
where findings lie and how they are worded; it does not look like a patient. Same seed, same phantom.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter

from kgdx.graph.arrays import Floats32
from kgdx.imaging.contrast import stretch
from kgdx.imaging.image import Pixels
from kgdx.training.synthetic import signs
from kgdx.training.synthetic.captions import describe, truths_of_signs
from kgdx.training.synthetic.phantom_anatomy import (
    AERATION,
    Frame,
    heart,
    lung,
    markings,
    sample_anatomy,
    sample_frame,
    step,
    trunk,
)
from kgdx.training.synthetic.phantom_signs import DRAWABLE, Chest, displace, paint
from kgdx.training.synthetic.signs import BY_CURIE, Sign, sides_of


@dataclass(frozen=True)
class Phantom:
    """One drawn radiograph.

    Attributes:
        pixels: (S, S) float32 in [0, 1].
        findings: CURIEs of what was drawn, sorted, each once.
        signs: what was drawn, with sides.
        masks: CURIE -> (S, S) bool, the region of the finding (both sides together).
        caption: what a reader might dictate, in lower case.
    """

    pixels: Floats32
    findings: tuple[str, ...]
    signs: frozenset[Sign]
    masks: Mapping[str, NDArray[np.bool_]]
    caption: str


def draw_phantom(seed: int, present: Iterable[Sign] | None = None, size: int = 128) -> Phantom:
    """Draw one phantom.

    Args:
        seed: decides everything that `present` leaves open.
        present: the findings to draw; None draws a random set, nothing in about one of four.
        size: side in pixels, at least 32.

    Raises:
        KeyError: if a finding is not one of `phantom_signs.DRAWABLE`.
    """
    rng = np.random.default_rng(seed)
    chosen = sample_signs(rng) if present is None else frozenset(present)
    curies = {sign.curie for sign in chosen}
    frame = sample_frame(rng, size)
    measures = sample_anatomy(
        rng, is_heart_large=signs.CARDIOMEGALY in curies, is_overinflated=signs.HYPERINFLATION in curies
    )
    anatomy = displace(measures, chosen, rng)
    clear_of_heart = 1 - 0.93 * heart(frame, anatomy)
    fields = {side: lung(frame, anatomy, side) * clear_of_heart for side in (-1, 1)}
    air = fields[-1] + fields[1]
    film = trunk(frame, anatomy, rng) - rng.uniform(0.75, 1.0) * AERATION * air
    chest, bare, masks = Chest(frame, anatomy, fields), np.zeros_like(film), dict[str, NDArray[np.bool_]]()
    for sign in sorted(chosen, key=lambda sign: (sign.curie, sign.side)):
        layer = paint(chest, sign, rng)
        film = film + layer.added
        bare = np.maximum(bare, layer.bare)
        masks[sign.curie] = masks.get(sign.curie, np.zeros(film.shape, bool)) | layer.mask
    film = film + air * (1 - np.clip(bare, 0, 1)) * markings(frame, anatomy, rng)
    pixels = stretch(expose(film, frame, rng))
    caption = describe(truths_of_signs(chosen), rng).text
    return Phantom(pixels, tuple(sorted(curies)), chosen, masks, caption)


def sample_signs(rng: np.random.Generator) -> frozenset[Sign]:
    """A random set: none in one of four, else one to four kinds; a fifth of the sided ones on both sides."""
    if rng.random() < 0.25:
        return frozenset()
    count = min(1 + int(rng.poisson(0.8)), 4)
    chosen: set[Sign] = set()
    for curie in rng.choice(DRAWABLE, count, replace=False):
        sides = sides_of(BY_CURIE[str(curie)])
        if len(sides) == 2 and rng.random() < 0.8:
            sides = (sides[int(rng.integers(2))],)
        chosen.update(Sign(str(curie), side) for side in sides)
    return frozenset(chosen)


def expose(film: Pixels, frame: Frame, rng: np.random.Generator) -> Pixels:
    """Turn attenuation into a film: scatter, tone curve, blur, noise, collimation; unbounded float32."""
    hazy = film + rng.uniform(0.0, 0.25) * gaussian_filter(film, 0.12 * frame.size)
    low, high = np.quantile(hazy[::4, ::4], (0.01, 0.995))
    tone = np.clip((hazy - low) / (high - low), 0, 1.1) ** rng.uniform(0.65, 1.5)
    tone = gaussian_filter(tone, rng.uniform(0.0, 0.012) * frame.size)
    tone = tone + rng.uniform(0.0, 0.035) * rng.standard_normal(tone.shape, dtype=np.float32)
    tone = tone + rng.uniform(-0.06, 0.06) * frame.x + rng.uniform(-0.06, 0.06) * frame.y
    if rng.random() < 0.25:
        edge = rng.uniform(0.86, 0.98)
        tone = tone * step(edge - np.abs(np.linspace(-1, 1, frame.size, dtype=np.float32)))[None, :]
    if rng.random() < 0.3:
        _stamp_marker(tone, rng)
    return np.asarray(tone, dtype=np.float32)


def _stamp_marker(tone: NDArray[Any], rng: np.random.Generator) -> None:
    """Lay a bright lead marker near the upper edge, so that letters on the film mean nothing."""
    size = tone.shape[0]
    height, width = max(size // 20, 2), max(size // 32, 2)
    top, left = int(rng.uniform(0.04, 0.12) * size), int(rng.uniform(0.03, 0.94) * size)
    tone[top : top + height, left : left + width] = rng.uniform(0.9, 1.2)
