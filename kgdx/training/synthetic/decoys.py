"""Pictures that are no upright chest radiograph, so that the model learns to say so.

Drawn like the phantoms: slices with a bright rim, long bones, shapes, stripes, text, clouds, and phantoms
that lie on their side, stand on their head or have the wrong polarity, whose findings would be misread.
"""

import numpy as np
from PIL import Image, ImageDraw
from scipy.ndimage import gaussian_filter

from kgdx.imaging.contrast import stretch
from kgdx.imaging.image import Pixels
from kgdx.training.synthetic.phantom import draw_phantom


def draw_decoy(seed: int, size: int = 128) -> Pixels:
    """(size, size) float32 in [0, 1]; the seed decides the kind and everything in it."""
    rng = np.random.default_rng(seed)
    draw = _KINDS[int(rng.integers(len(_KINDS)))]
    noisy = draw(rng, size) + rng.uniform(0, 0.06) * rng.standard_normal((size, size))
    return stretch(gaussian_filter(noisy, rng.uniform(0, 0.012) * size))


def _grid(size: int) -> tuple[Pixels, Pixels]:
    line = np.linspace(-1, 1, size, dtype=np.float32)
    x, y = np.meshgrid(line, line)
    return x, y


def _ellipse(x: Pixels, y: Pixels, rng: np.random.Generator, reach: float, spread: float) -> Pixels:
    at_x, at_y = rng.uniform(-spread, spread, 2)
    angle = rng.uniform(0, np.pi)
    u = np.cos(angle) * (x - at_x) + np.sin(angle) * (y - at_y)
    v = np.cos(angle) * (y - at_y) - np.sin(angle) * (x - at_x)
    wide, high = reach * rng.uniform(0.5, 1.2, 2)
    return np.asarray(1 - np.hypot(u / wide, v / high), dtype=np.float32)


def _slice(rng: np.random.Generator, size: int) -> Pixels:
    """A body or head section: a disc on black, perhaps a bright rim, organs, two dark lungs."""
    x, y = _grid(size)
    disc = 1 - np.hypot(x / rng.uniform(0.6, 0.95), y / rng.uniform(0.5, 0.95))
    picture = (disc > 0) * rng.uniform(0.3, 0.6)
    if rng.random() < 0.5:
        picture = np.where((disc > 0) & (disc < rng.uniform(0.05, 0.15)), 1.0, picture)
    if rng.random() < 0.4:
        for side in (-1, 1):
            hollow = 1 - np.hypot(
                (x - side * 0.38) / rng.uniform(0.2, 0.32), (y + 0.05) / rng.uniform(0.25, 0.5)
            )
            picture = np.where(hollow > 0, 0.05, picture)
    for _ in range(int(rng.integers(2, 9))):
        organ = _ellipse(x, y, rng, 0.25, 0.45)
        picture = np.where((organ > 0) & (disc > 0.05), rng.uniform(0, 1), picture)
    return np.asarray(picture, dtype=np.float32)


def _bones(rng: np.random.Generator, size: int) -> Pixels:
    x, y = _grid(size)
    angle = rng.uniform(0, np.pi)
    u, v = np.cos(angle) * x + np.sin(angle) * y, np.cos(angle) * y - np.sin(angle) * x
    picture = 0.35 * (np.abs(u) < rng.uniform(0.35, 0.7))
    for at in rng.uniform(-0.4, 0.4, int(rng.integers(1, 4))):
        width = rng.uniform(0.07, 0.16) * (1 + 0.6 * np.minimum(np.abs(v - rng.uniform(-0.3, 0.3)), 0.7))
        picture = picture + 0.5 * (np.abs(u - at) < width)
    return np.asarray(picture, dtype=np.float32)


def _shapes(rng: np.random.Generator, size: int) -> Pixels:
    canvas = Image.new("L", (size, size), int(rng.integers(256)))
    pen = ImageDraw.Draw(canvas)
    for _ in range(int(rng.integers(2, 14))):
        corners = [tuple(point) for point in rng.integers(0, size, (int(rng.integers(3, 6)), 2)).tolist()]
        pen.polygon(corners, fill=int(rng.integers(256)))
    return np.asarray(canvas, dtype=np.float32) / 255


def _text(rng: np.random.Generator, size: int) -> Pixels:
    canvas = Image.new("L", (size, size), 235)
    pen = ImageDraw.Draw(canvas)
    for top in range(2, size - 8, int(rng.integers(8, 16))):
        pen.text((int(rng.integers(2, 20)), top), "".join(rng.choice(list("abcdefgh nopqrst "), 28)), fill=20)
    plane = np.asarray(canvas, dtype=np.float32) / 255
    return plane if rng.random() < 0.6 else 1 - plane


def _stripes(rng: np.random.Generator, size: int) -> Pixels:
    x, y = _grid(size)
    angle, pitch = rng.uniform(0, np.pi), rng.uniform(3, 40)
    wave = np.cos(pitch * (np.cos(angle) * x + np.sin(angle) * y))
    if rng.random() < 0.4:
        wave = wave * np.cos(pitch * (np.cos(angle) * y - np.sin(angle) * x))
    return np.asarray(wave, dtype=np.float32)


def _cloud(rng: np.random.Generator, size: int) -> Pixels:
    """Noise of a photograph's spectrum, or a bare gradient."""
    x, y = _grid(size)
    ramp = rng.normal() * x + rng.normal() * y + rng.normal() * (x**2 + y**2)
    grains = sum(
        gaussian_filter(rng.standard_normal((size, size)), size / 2**k) * size / 2**k for k in range(2, 7)
    )
    return np.asarray(ramp + rng.uniform(0, 1.5) * grains, dtype=np.float32)


def _misplaced(rng: np.random.Generator, size: int) -> Pixels:
    pixels = draw_phantom(int(rng.integers(2**31)), size=size).pixels
    kind = int(rng.integers(4))
    return 1 - pixels if kind == 0 else np.ascontiguousarray(np.rot90(pixels, kind))


_KINDS = (_slice, _slice, _bones, _shapes, _text, _stripes, _cloud, _misplaced, _misplaced)
