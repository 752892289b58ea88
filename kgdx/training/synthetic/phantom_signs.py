"""How each finding changes a phantom: attenuation added, markings wiped out, and where."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from kgdx.imaging.image import Pixels
from kgdx.training.synthetic import signs
from kgdx.training.synthetic.phantom_anatomy import AERATION, Anatomy, Frame, diaphragm, heart, lung, step
from kgdx.training.synthetic.signs import Sign

_LATERAL = {"left": 1, "right": -1}


@dataclass(frozen=True)
class Layer:
    """What one finding adds to the film.

    Attributes:
        added: (S, S) float32 attenuation.
        bare: (S, S) float32 in [0, 1], the share of vessel markings that it hides.
        mask: (S, S) bool, the region a reader would point at.
    """

    added: Pixels
    bare: Pixels
    mask: NDArray[np.bool_]


@dataclass(frozen=True)
class Chest:
    """A chest to paint on: its frame, its measures and the aerated fields, side -> (S, S) in [0, 1]."""

    frame: Frame
    anatomy: Anatomy
    fields: Mapping[int, Pixels]


def displace(anatomy: Anatomy, present: frozenset[Sign], rng: np.random.Generator) -> Anatomy:
    """Move mediastinum and diaphragm where a finding pulls or pushes them."""
    domes, shift = dict(anatomy.domes), 0.0
    for sign in sorted(present, key=lambda sign: (sign.curie, sign.side)):
        side = _LATERAL.get(sign.side, 0)
        if sign.curie == signs.ATELECTASIS:
            domes[side] -= rng.uniform(0.02, 0.12)
            shift += side * rng.uniform(0.0, 0.05)
        if sign.curie == signs.PNEUMOTHORAX and rng.random() < 0.3:
            shift -= side * rng.uniform(0.03, 0.1)
    return replace(anatomy, domes=domes, shift=shift)


def paint(chest: Chest, sign: Sign, rng: np.random.Generator) -> Layer:
    """Draw one finding.

    Raises:
        KeyError: if no drawing is known for its CURIE.
    """
    return _PAINTERS[sign.curie](chest, _LATERAL.get(sign.side, 0), rng)


def _effusion(chest: Chest, side: int, rng: np.random.Generator) -> Layer:
    x, y = side * chest.frame.x, chest.frame.y
    field = chest.fields[side]
    reach, angle = chest.anatomy.lung_reach, chest.anatomy.domes[side] + chest.anatomy.dome_depth
    # Fluid climbs along the chest wall: its upper edge is a meniscus, highest laterally.
    amount = rng.uniform(0.1, 0.24) if rng.random() < 0.6 else rng.uniform(0.24, 0.7)
    climb = rng.uniform(0.1, 0.3) * np.clip(x / reach, 0, 1.1) ** 3
    fluid = step(y - (angle - amount - climb), rng.uniform(0.02, 0.05))
    density = rng.uniform(0.85, 1.1)
    mask = (fluid > 0.5) & (field > 0.3)
    return Layer(AERATION * density * field * fluid, fluid * field, mask)


def _cardiomegaly(chest: Chest, _side: int, _rng: np.random.Generator) -> Layer:
    none = np.zeros_like(chest.frame.x)
    return Layer(none, none, heart(chest.frame, chest.anatomy) > 0.5)


def _pneumothorax(chest: Chest, side: int, rng: np.random.Generator) -> Layer:
    x, y = side * chest.frame.x, chest.frame.y
    field, anatomy = chest.fields[side], chest.anatomy
    thickness = rng.uniform(0.08, 0.3)
    # The lung falls from apex and flank towards its hilum; the gap closes downwards.
    smaller = replace(anatomy, lung_reach=anatomy.lung_reach - thickness, apex=anatomy.apex + 1.3 * thickness)
    inside = lung(chest.frame, smaller, side)
    gap = np.clip(field - inside, 0, 1) * step(anatomy.domes[side] + rng.uniform(-0.5, 0.3) - y, 0.1)
    gap = gap * step(x - 0.12)
    line = np.exp(-(((inside - 0.5) / 0.35) ** 2)) * field * np.clip(gap * 4 + 0.1, 0, 1)
    added = -rng.uniform(0.06, 0.14) * gap + rng.uniform(0.04, 0.1) * line
    added = added + rng.uniform(0.02, 0.12) * inside * field
    return Layer(np.asarray(added, np.float32), gap, gap > 0.5)


def _spot(chest: Chest, side: int, rng: np.random.Generator) -> tuple[float, float]:
    """A point in aerated lung, in plane coordinates."""
    rows, columns = np.nonzero(chest.fields[side] > 0.9)
    if not rows.size:
        return side * 0.4, 0.0
    pick = int(rng.integers(rows.size))
    return float(chest.frame.x[rows[pick], columns[pick]]), float(chest.frame.y[rows[pick], columns[pick]])


def _consolidation(chest: Chest, side: int, rng: np.random.Generator) -> Layer:
    at_x, at_y = _spot(chest, side, rng)
    radius = np.hypot(
        (chest.frame.x - at_x) / rng.uniform(0.7, 1.3), (chest.frame.y - at_y) / rng.uniform(0.8, 1.4)
    )
    ragged = rng.uniform(0.14, 0.32) - radius + 0.05 * chest.frame.texture(rng, rng.uniform(0.05, 0.1))
    cloud = step(np.asarray(ragged, np.float32), rng.uniform(0.04, 0.1)) * chest.fields[side]
    cloud = cloud * (1 + 0.12 * chest.frame.texture(rng, 0.04))
    density = rng.uniform(0.35, 0.95)
    return Layer(np.asarray(AERATION * density * cloud, np.float32), 0.8 * np.clip(cloud, 0, 1), cloud > 0.4)


def _nodule(chest: Chest, side: int, rng: np.random.Generator) -> Layer:
    added = np.zeros_like(chest.frame.x)
    for _ in range(int(rng.choice((1, 1, 1, 2, 3)))):
        at_x, at_y = _spot(chest, side, rng)
        distance = np.hypot(chest.frame.x - at_x, chest.frame.y - at_y)
        ball = np.sqrt(np.clip(1 - (distance / rng.uniform(0.045, 0.09)) ** 2, 0, 1))
        added = np.maximum(added, rng.uniform(0.16, 0.34) * ball * chest.fields[side])
    return Layer(np.asarray(added, np.float32), np.zeros_like(added), added > 0.06)


def _atelectasis(chest: Chest, side: int, rng: np.random.Generator) -> Layer:
    x, y = side * chest.frame.x, chest.frame.y
    field, added = chest.fields[side], np.zeros_like(chest.frame.x)
    floor = diaphragm(chest.frame, chest.anatomy, side)
    slope, above = rng.uniform(-0.5, 0.25), rng.uniform(0.06, 0.2)
    for band in range(int(rng.integers(1, 4))):
        centre = floor.min() - above - 0.09 * band + slope * (x - 0.4)
        band_plane = np.exp(-(((y - centre) / rng.uniform(0.016, 0.032)) ** 2)) * step(
            x - rng.uniform(0.1, 0.3)
        )
        added = np.maximum(
            added, rng.uniform(0.14, 0.28) * band_plane * step(rng.uniform(0.5, 0.75) - x) * field
        )
    return Layer(np.asarray(added, np.float32), np.zeros_like(added), added > 0.07)


def _interstitial(chest: Chest, _side: int, rng: np.random.Generator) -> Layer:
    both = np.clip(chest.fields[-1] + chest.fields[1], 0, 1)
    grain = rng.uniform(0.022, 0.04)
    # A net of lines is where smooth noise crosses zero.
    net = sum(np.exp(-((chest.frame.texture(rng, grain) / 0.28) ** 2)) for _ in range(2))
    low = step(chest.frame.y - rng.uniform(-0.7, 0.0), 0.2) * (
        0.35 + 0.65 * np.clip(np.abs(chest.frame.x) / 0.6, 0, 1)
    )
    added = both * low * (rng.uniform(0.07, 0.15) * net + rng.uniform(0.0, 0.05))
    return Layer(np.asarray(added, np.float32), 0.3 * both * low, (both * low) > 0.4)


def _hyperinflation(chest: Chest, _side: int, rng: np.random.Generator) -> Layer:
    both = np.clip(chest.fields[-1] + chest.fields[1], 0, 1)
    return Layer(np.asarray(-rng.uniform(0.0, 0.06) * both, np.float32), 0.4 * both, both > 0.5)


def _hilar(chest: Chest, _side: int, rng: np.random.Generator) -> Layer:
    added = np.zeros_like(chest.frame.x)
    for flank in (-1, 1):
        for _ in range(3):
            at_x = flank * rng.uniform(0.17, 0.27) + chest.anatomy.shift
            at_y = rng.uniform(-0.16, 0.1)
            distance = np.hypot(chest.frame.x - at_x, 0.9 * (chest.frame.y - at_y))
            added = np.maximum(added, rng.uniform(0.16, 0.3) * step(rng.uniform(0.07, 0.11) - distance, 0.03))
    return Layer(np.asarray(added, np.float32), np.zeros_like(added), added > 0.1)


_PAINTERS: dict[str, Callable[[Chest, int, np.random.Generator], Layer]] = {
    signs.EFFUSION: _effusion,
    signs.CARDIOMEGALY: _cardiomegaly,
    signs.PNEUMOTHORAX: _pneumothorax,
    signs.CONSOLIDATION: _consolidation,
    signs.NODULE: _nodule,
    signs.ATELECTASIS: _atelectasis,
    signs.INTERSTITIAL: _interstitial,
    signs.HYPERINFLATION: _hyperinflation,
    signs.HILAR: _hilar,
}
DRAWABLE = tuple(_PAINTERS)
