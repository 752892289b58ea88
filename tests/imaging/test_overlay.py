"""Pictures keep their shape, their greys and, under a heat map, their meaning."""

import base64
from io import BytesIO

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from kgdx.imaging.overlay import colours, data_uri, grey, overlay


def test_lightness_of_the_colour_map_only_rises() -> None:
    shades = colours(np.linspace(0, 1, 101, dtype=np.float32)) / 255
    luminance = (shades**2.2) @ np.array([0.2126, 0.7152, 0.0722])
    assert np.all(np.diff(luminance) > 0)


def test_where_the_map_is_zero_the_image_shows() -> None:
    pixels = np.linspace(0, 1, 64, dtype=np.float32).reshape(8, 8)
    seen = np.asarray(overlay(pixels, np.zeros((8, 8), np.float32)))
    assert np.array_equal(seen, np.asarray(grey(pixels).convert("RGB")))


def test_a_data_uri_holds_the_picture() -> None:
    pixels = np.random.default_rng(0).random((20, 30), dtype=np.float32)
    kind, _, body = data_uri(grey(pixels)).partition(",")
    assert kind == "data:image/png;base64"
    again = np.asarray(Image.open(BytesIO(base64.b64decode(body))))
    assert np.array_equal(again, np.rint(pixels * 255).astype(np.uint8))


@given(st.integers(1, 40), st.integers(1, 40))
def test_a_map_of_another_shape_is_stretched(height: int, width: int) -> None:
    pixels = np.full((height, width), np.nan, np.float32)
    assert overlay(pixels, np.ones((7, 7), np.float32)).size == (width, height)


def test_large_images_shrink_in_proportion() -> None:
    assert grey(np.zeros((4000, 2000), np.float32)).size == (448, 896)
