"""The one path: windows, options, masks and warnings."""

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont

from kgdx.domain.errors import ImageError
from kgdx.domain.message import Message
from kgdx.imaging.burned_in import find_text, mask_text
from kgdx.imaging.contrast import (
    BODY_PARTS,
    WINDOWS,
    Window,
    apply_window,
    body_part,
    equalised,
    stretch,
    window_for,
)
from kgdx.imaging.image import Plane
from kgdx.imaging.prepare import Preprocessing, prepare
from kgdx.imaging.quality import quality_warnings
from kgdx.imaging.read import read_image
from kgdx.report.messages import text as text_of
from tests.imaging.drawn import dicom, grey, phantom

BODY = stretch(phantom(256, 256))


def hounsfield(tmp_path, **extra):
    """A CT slice: air, lung, fat, water, muscle, bone in bands."""
    bands = np.repeat(np.array([-1000, -700, -100, 0, 60, 900]), 12)
    stored = (np.repeat(bands[:, None], 64, axis=1) + 1024).astype(np.uint16)
    given = {"Modality": "CT", "RescaleSlope": 1, "RescaleIntercept": -1024, **extra}
    return dicom(tmp_path / "ct.dcm", stored, **given)


def bands_of(pixels):
    return [float(np.median(pixels[12 * at : 12 * at + 12])) for at in range(6)]


def test_windows_keep_their_ends():
    for window in WINDOWS.values():
        ends = np.array([window.centre - window.width / 2, window.centre, window.centre + window.width / 2])
        assert apply_window(ends.astype(np.float32), window).tolist() == [0, 0.5, 1]
    assert set(BODY_PARTS.values()) <= set(WINDOWS)


@pytest.mark.parametrize(
    ("header", "window"),
    [
        ({"BodyPartExamined": "HEAD"}, "brain"),
        ({"BodyPartExamined": "CHEST"}, "mediastinum"),
        ({"BodyPartExamined": "CHEST", "ConvolutionKernel": "LUNG"}, "lung"),
        ({"ProtocolName": "HRCT chest"}, "lung"),
        ({"BodyPartExamined": "ABDOMEN"}, "abdomen"),
        ({"StudyDescription": "CT KNEE left"}, "bone"),
        ({}, "soft tissue"),
    ],
)
def test_ct_gets_the_window_of_its_body_part(tmp_path, header, window):
    path = hounsfield(tmp_path, **header)
    assert (read_image(path).pixels == read_image(path, Preprocessing(window=window)).pixels).all()


def test_lung_and_bone_windows_show_what_they_are_for(tmp_path):
    path = hounsfield(tmp_path, BodyPartExamined="CHEST")
    lung = bands_of(read_image(path, Preprocessing(window="lung")).pixels)
    bone = bands_of(read_image(path, Preprocessing(window="bone")).pixels)
    assert lung[1] - lung[0] > 0.15
    assert 0.9 < lung[4] < lung[5] == 1
    assert bone[5] - bone[4] > 0.4


def test_the_files_own_window_counts_where_the_body_part_is_unknown(tmp_path):
    own = {"WindowCenter": -700, "WindowWidth": 600}
    assert bands_of(read_image(hounsfield(tmp_path, **own)).pixels)[1] == pytest.approx(0.5, abs=0.01)
    path = hounsfield(tmp_path, **own, BodyPartExamined="HEAD")
    assert bands_of(read_image(path).pixels)[1] == 0
    assert bands_of(read_image(path, Preprocessing(window="file")).pixels)[1] == pytest.approx(0.5, abs=0.01)


def test_a_window_that_shows_nothing_gives_way(tmp_path):
    stored = (phantom() * 200).astype(np.uint16)
    path = dicom(tmp_path / "a.dcm", stored, Modality="CT", BodyPartExamined="LUNG", RescaleIntercept=5000)
    assert len(np.unique(read_image(path).pixels)) > 30


def test_free_text_of_the_header_becomes_no_body_part():
    assert body_part("chest ") == "CHEST"
    assert body_part("Mary Miller") == ""
    assert window_for("", wants_lungs=False) == Window(50, 400)


def test_wrong_settings_are_told():
    with pytest.raises(ImageError, match="no window is called 'liver'"):
        Preprocessing(window="liver")
    with pytest.raises(ImageError, match="max_side"):
        Preprocessing(max_side=0)


def test_resizing_keeps_the_aspect_and_scales_the_spacing():
    plane = Plane(phantom(200, 400).astype(np.float32), "png", spacing_mm=(0.5, 0.5))
    image = prepare(plane, "x", Preprocessing(max_side=100))
    assert image.pixels.shape == (50, 100)
    assert image.spacing_mm == (2.0, 2.0)


def test_denoising_takes_away_single_pixels():
    speckled = BODY.copy()
    speckled[::9, ::9] = 1
    plane = Plane(speckled, "png")
    for is_denoised, least, most in ((True, 0.0, 0.002), (False, 0.005, 1.0)):
        pixels = prepare(plane, "x", Preprocessing(denoise=is_denoised)).pixels
        assert least <= (np.abs(pixels - BODY) > 0.3).mean() <= most


def test_equalising_raises_contrast_and_keeps_the_order_of_a_flat_field():
    dim = (0.4 + 0.1 * phantom(128, 128)).astype(np.float32)
    clear = equalised(dim)
    assert clear.shape == dim.shape
    assert clear.min() >= 0
    assert clear.max() <= 1 + 1e-6
    assert clear.std() > 1.3 * dim.std()
    ramp = np.tile(np.linspace(0, 1, 128, dtype=np.float32), (128, 1))
    assert (np.diff(equalised(ramp)[64]) > -0.02).mean() > 0.9


def written(pixels, text, where, size=18):
    picture = grey(pixels)
    ImageDraw.Draw(picture).text(where, text, fill=255, font=ImageFont.load_default(size))
    return np.asarray(picture, dtype=np.float32) / 255


@pytest.mark.parametrize("where", [(6, 6), (330, 6), (6, 480), (330, 480)])
@pytest.mark.parametrize("text", ["MILLER MARY", "12.03.1961", "ID 4711 0815"])
def test_text_in_a_corner_is_found_and_masked(where, text):
    body = stretch(phantom(512, 512))
    image = written(body, text, where)
    changed = image - body > 0.3
    masked = mask_text(image, find_text(image))
    assert (masked[changed] < 0.3).mean() > 0.95
    rest = np.ones(body.shape, bool)
    rest[max(where[1] - 14, 0) : where[1] + 40, max(where[0] - 14, 0) : where[0] + 190] = False
    assert (masked[rest] == image[rest]).all()


def test_no_text_is_found_where_none_is():
    for pixels in (BODY, 1 - BODY, stretch(np.random.default_rng(0).normal(size=(200, 200)))):
        assert find_text(pixels) == []


def test_what_is_too_small_to_be_read_is_not_looked_for():
    assert find_text(written(stretch(phantom(100, 120)), "MILLER", (4, 4), 10)) == []


def test_a_single_side_marker_stays():
    assert find_text(written(BODY, "R", (20, 20), 22)) == []


def test_masking_may_be_turned_off(tmp_path):
    Image.fromarray((written(stretch(phantom(512, 512)), "MILLER MARY", (6, 6)) * 255).astype(np.uint8)).save(
        tmp_path / "a.png"
    )
    assert Message("warning.masked_text", {"n": 1}) in read_image(tmp_path / "a.png").warnings
    assert read_image(tmp_path / "a.png", Preprocessing(mask_text=False)).warnings == ()


def page():
    picture = Image.new("L", (400, 500), 255)
    font = ImageFont.load_default(14)
    for line in range(20):
        ImageDraw.Draw(picture).text(
            (30, 20 + 23 * line), "words of a report that is a page", fill=0, font=font
        )
    return np.asarray(picture, dtype=np.float32) / 255


def drawing():
    picture = Image.new("L", (300, 300), 40)
    ImageDraw.Draw(picture).rectangle((50, 50, 200, 120), fill=160)
    ImageDraw.Draw(picture).ellipse((120, 130, 260, 260), fill=220)
    return np.asarray(picture, dtype=np.float32) / 255


def nearly_blank():
    pixels = np.zeros((200, 200), np.float32)
    pixels[3, 3:30] = 1
    return pixels


@pytest.mark.parametrize(
    ("pixels", "colour_share", "word"),
    [
        (BODY[:40, :40], 0.0, "tiny"),
        (nearly_blank(), 0.0, "nearly blank"),
        (1 - BODY, 0.0, "inverted"),
        (page(), 0.0, "page of text"),
        (drawing(), 0.0, "drawing"),
        (BODY, 0.6, "colour"),
    ],
)
def test_doubtful_images_are_told(pixels, colour_share, word):
    assert any(word in text_of(warning) for warning in quality_warnings(pixels, colour_share))


def test_a_sound_image_gives_no_warning():
    assert quality_warnings(BODY, 0.0) == ()


def test_a_colour_photo_is_told(tmp_path):
    rng = np.random.default_rng(3)
    Image.fromarray(rng.integers(0, 255, (90, 90, 3), np.uint8)).save(tmp_path / "a.png")
    assert any("colour" in text_of(warning) for warning in read_image(tmp_path / "a.png").warnings)


def test_tiff_is_read_and_further_pages_are_told(tmp_path):
    picture = grey(phantom())
    picture.save(tmp_path / "a.tif", save_all=True, append_images=[picture])
    Image.fromarray((phantom() * 60_000).astype(np.uint16)).save(tmp_path / "deep.tif")
    first, deep = read_image(tmp_path / "a.tif"), read_image(tmp_path / "deep.tif")
    assert first.format == deep.format == "tiff"
    assert Message("warning.several_pages") in first.warnings
    assert np.abs(first.pixels - deep.pixels).max() < 0.02


def test_large_images_are_shrunk_while_read(tmp_path):
    large = (phantom(64, 80) * 255).astype(np.uint8).repeat(70, 0).repeat(70, 1)
    Image.fromarray(large).save(tmp_path / "a.png", compress_level=1)
    dicom(tmp_path / "a.dcm", large.astype(np.uint16), PixelSpacing=[0.1, 0.1])
    for name in ("a.png", "a.dcm"):
        assert read_image(tmp_path / name).pixels.shape == (2240, 2800)
    assert read_image(tmp_path / "a.dcm").spacing_mm == pytest.approx((0.2, 0.2))


@pytest.mark.realdata
def test_radiographs_and_slices_are_rarely_taken_for_text_or_doubted(data):
    """Upper limits; what was seen by eye is told in docs/reference/images.md."""
    files = [*sorted((data / "medpix" / "images").iterdir())[:60:2]]
    files += sorted((data / "covid_chestxray" / "images").iterdir())[:60:2]
    images = [read_image(file) for file in files]
    doubted = [
        image for image in images if any(warning.code != "warning.masked_text" for warning in image.warnings)
    ]
    assert len(doubted) <= 1
    assert sum(bool(image.warnings) for image in images) <= len(files) // 3
