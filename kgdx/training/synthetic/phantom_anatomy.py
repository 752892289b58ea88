"""The normal chest of a phantom: body, lungs, heart, ribs, as attenuation on a plane.

Coordinates: x from -1 (left edge of the image, the patient's right) to 1, y from -1 (top) to 1. Attenuation
has no unit; soft tissue of the trunk is about 0.6, aerated lung takes 0.42 away.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from scipy.ndimage import gaussian_filter

from kgdx.imaging.image import Pixels

AERATION = 0.42
_EDGE = 0.018


@dataclass(frozen=True)
class Anatomy:
    """The measures of one chest, in plane units; side +1 is the patient's left.

    Attributes:
        lung_reach: x of the lateral lung border, per side the same.
        apex: y of the lung apex.
        domes: side -> y of the top of the diaphragm.
        dome_depth: how far the diaphragm falls from its top to the costophrenic angle.
        heart_x: x of the middle of the heart.
        heart_y: y of the middle of the heart.
        heart_a: half of the heart's width.
        heart_b: half of the heart's height.
        shift: x by which the mediastinum is displaced.
    """

    lung_reach: float
    apex: float
    domes: Mapping[int, float]
    dome_depth: float
    heart_x: float
    heart_y: float
    heart_a: float
    heart_b: float
    shift: float


@dataclass(frozen=True)
class Frame:
    """Where each pixel lies in the chest, after tilt, scale and shift: x and y are (S, S) float32."""

    x: Pixels
    y: Pixels
    size: int

    def texture(self, rng: np.random.Generator, scale: float) -> Pixels:
        """(S, S) smooth noise of unit variance whose grains are `scale` wide, in plane units."""
        sigma = max(scale * self.size / 2, 0.6)
        # Drawn on a coarse grid where grains are large: the filter would cost most of the drawing.
        step = max(int(sigma / 2), 1)
        coarse = rng.standard_normal((self.size // step + 1, self.size // step + 1), dtype=np.float32)
        field = gaussian_filter(coarse, sigma / step)
        field = np.kron(field, np.ones((step, step), np.float32))[: self.size, : self.size]
        if step > 1:
            field = gaussian_filter(field, step / 2)
        return np.asarray((field - field.mean()) / (field.std() + 1e-6), dtype=np.float32)


def sample_frame(rng: np.random.Generator, size: int) -> Frame:
    """A frame of `size` pixels with the tilt, scale and shift of a hasty exposure."""
    line = np.linspace(-1, 1, size, dtype=np.float32)
    x, y = np.meshgrid(line, line)
    angle = np.float32(rng.normal(0, 0.035))
    scale_x, scale_y = rng.uniform(0.86, 1.12, 2) * rng.uniform(0.94, 1.06)
    shift_x, shift_y = rng.normal(0, 0.035, 2)
    turned_x = (np.cos(angle) * x + np.sin(angle) * y + shift_x) * scale_x
    turned_y = (np.cos(angle) * y - np.sin(angle) * x + shift_y) * scale_y
    return Frame(turned_x.astype(np.float32), turned_y.astype(np.float32), size)


def sample_anatomy(rng: np.random.Generator, *, is_heart_large: bool, is_overinflated: bool) -> Anatomy:
    """The measures of a chest. A normal heart takes 0.38-0.49 of the thorax, a large one 0.55-0.72."""
    reach = rng.uniform(0.66, 0.78)
    ratio = rng.uniform(0.55, 0.72) if is_heart_large else rng.uniform(0.38, 0.49)
    if is_overinflated:
        ratio *= 0.88
    half = ratio * reach
    dome = rng.uniform(0.52, 0.64) if is_overinflated else rng.uniform(0.28, 0.46)
    left_dome = dome + rng.uniform(0.0, 0.08)
    height = half * rng.uniform(0.85, 1.1)
    return Anatomy(
        lung_reach=reach,
        apex=rng.uniform(-0.84, -0.7),
        domes={-1: dome, 1: left_dome},
        dome_depth=rng.uniform(0.04, 0.08) if is_overinflated else rng.uniform(0.14, 0.28),
        heart_x=half * rng.uniform(0.28, 0.4),
        heart_y=left_dome + 0.1 - 0.6 * height,
        heart_a=half,
        heart_b=height,
        shift=0.0,
    )


def step(distance: Pixels, edge: float = _EDGE) -> Pixels:
    """A soft step from 0 to 1 about `edge` wide: 0.5 where the distance is 0."""
    return np.asarray(0.5 + 0.5 * np.tanh(distance / edge), dtype=np.float32)


def diaphragm(frame: Frame, anatomy: Anatomy, side: int) -> Pixels:
    """(S, S) y of the diaphragm of that side under each pixel."""
    u = side * frame.x
    fall = ((u - 0.5 * anatomy.lung_reach) / (0.5 * anatomy.lung_reach)) ** 2
    return np.asarray(anatomy.domes[side] + anatomy.dome_depth * np.minimum(fall, 1.6), dtype=np.float32)


def lung(frame: Frame, anatomy: Anatomy, side: int) -> Pixels:
    """(S, S) in [0, 1]: the air-bearing field of one lung, before the heart covers it."""
    u = side * (frame.x - anatomy.shift * 0.3)
    depth = np.clip((frame.y - anatomy.apex) / 0.95, 0.0, 1.0)
    lateral = anatomy.lung_reach * np.sin(0.5 * np.pi * np.minimum(depth * 1.25 + 0.02, 1.0)) ** 0.55
    medial = 0.1 + 0.06 * (1 - depth) + side * anatomy.shift * 0.7
    floor = diaphragm(frame, anatomy, side) - frame.y
    return step(lateral - u) * step(u - medial) * step(frame.y - anatomy.apex - 0.02) * step(floor)


def heart(frame: Frame, anatomy: Anatomy) -> Pixels:
    """(S, S) in [0, 1]: the shadow of the heart, its axis tilted to the patient's left."""
    dx, dy = frame.x - anatomy.heart_x - anatomy.shift, frame.y - anatomy.heart_y
    along, across = 0.94 * dx + 0.34 * dy, 0.94 * dy - 0.34 * dx
    radius = np.sqrt((along / anatomy.heart_a) ** 2 + (across / anatomy.heart_b) ** 2)
    return step((1.0 - radius) * anatomy.heart_a, 0.025)


def trunk(frame: Frame, anatomy: Anatomy, rng: np.random.Generator) -> Pixels:
    """(S, S) attenuation of everything but the lungs: soft tissue, spine, ribs, clavicles, abdomen."""
    x, y, shift = frame.x, frame.y, anatomy.shift
    half = rng.uniform(0.16, 0.24) + rng.uniform(0.66, 0.9) * step(y + rng.uniform(0.72, 0.84), 0.09)
    body = step(half - np.abs(x), 0.03)
    plane = body * (0.62 - 0.12 * np.clip(np.abs(x) / half, 0, 1) ** 3)
    vertebrae = 1 + 0.18 * np.cos(2 * np.pi * y / rng.uniform(0.1, 0.14) + rng.uniform(0, 6))
    plane += body * rng.uniform(0.08, 0.16) * vertebrae * np.exp(-(((x - 0.2 * shift) / 0.075) ** 2))
    plane += 0.14 * body * step(0.15 - np.abs(x - shift)) * step(y + 0.75, 0.1)
    knob = np.hypot(x - 0.13 - shift, y + rng.uniform(0.26, 0.36))
    plane += 0.1 * step(rng.uniform(0.07, 0.1) - knob)
    plane -= rng.uniform(0.04, 0.12) * body * np.exp(-(((x - shift) / 0.04) ** 2)) * step(-0.32 - y, 0.05)
    for side in (-1, 1):
        here = step(side * x, 0.01)
        floor = diaphragm(frame, anatomy, side)
        plane += here * body * rng.uniform(0.16, 0.26) * step(y - floor)
        plane += here * _ribs(frame, anatomy, side, rng)
        clavicle = np.abs(y + 0.62 + 0.22 * side * x) + 9 * np.maximum(0.05 - side * x, 0)
        plane += here * rng.uniform(0.05, 0.12) * np.exp(-((clavicle / 0.028) ** 2)) * step(0.75 - side * x)
    if rng.random() < 0.5:
        bubble = np.hypot((x - rng.uniform(0.3, 0.45)) / 1.5, y - anatomy.domes[1] - rng.uniform(0.16, 0.24))
        plane -= rng.uniform(0.08, 0.2) * step(rng.uniform(0.05, 0.09) - bubble)
    return np.asarray(plane, dtype=np.float32)


def _ribs(frame: Frame, anatomy: Anatomy, side: int, rng: np.random.Generator) -> Pixels:
    u = side * frame.x
    cage = step(anatomy.lung_reach + 0.05 - u) * step(anatomy.domes[side] + 0.35 - frame.y, 0.05)
    cage = cage * step(frame.y - anatomy.apex + 0.06, 0.05)
    spacing = rng.uniform(0.14, 0.19)
    behind = (frame.y - rng.uniform(0.2, 0.4) * np.maximum(u, 0) ** 1.6) / spacing + rng.uniform(0, 1)
    before = (frame.y - rng.uniform(0.5, 0.8) * (0.75 - u)) / (spacing * 1.2) + rng.uniform(0, 1)
    strong = rng.uniform(0.04, 0.1) * np.exp(-(((behind % 1 - 0.5) / 0.2) ** 2))
    faint = rng.uniform(0.0, 0.05) * np.exp(-(((before % 1 - 0.5) / 0.22) ** 2)) * step(u - 0.25, 0.1)
    return np.asarray(cage * (strong + faint), dtype=np.float32)


def markings(frame: Frame, anatomy: Anatomy, rng: np.random.Generator) -> Pixels:
    """(S, S) attenuation of vessels and hila, to be laid over aerated lung only."""
    plane = np.zeros_like(frame.x)
    fine, coarse = frame.texture(rng, 0.02), frame.texture(rng, 0.06)
    for side in (-1, 1):
        dx, dy = side * (frame.x - anatomy.shift) - 0.2, frame.y + 0.02 + 0.04 * side
        reach = np.hypot(dx, 0.7 * dy)
        plane += rng.uniform(0.05, 0.1) * np.exp(-((reach / 0.1) ** 2))
        rays = np.cos(rng.uniform(8, 13) * np.arctan2(dy, dx) + rng.uniform(0, 6) + 1.2 * coarse)
        fade = np.exp(-reach / rng.uniform(0.16, 0.28)) * step(side * frame.x, 0.02)
        plane += fade * (rng.uniform(0.03, 0.08) * np.maximum(rays, 0) ** 3 + 0.02 * fine)
    return np.asarray(plane + 0.006 * coarse + 0.005 * fine, dtype=np.float32)
