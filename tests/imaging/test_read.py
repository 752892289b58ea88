"""Every way an image file can be wrong gives one clear error; every right one, the same kind of pixels."""

import io
import struct
import zlib

import numpy as np
import pytest
from PIL import Image
from pydicom import dcmread
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import (
    DeflatedExplicitVRLittleEndian,
    ExplicitVRLittleEndian,
    RLELossless,
    SecondaryCaptureImageStorage,
)

from kgdx.domain.errors import ImageError
from kgdx.imaging.limits import MAX_SIDE
from kgdx.imaging.read import read_image

RAMP = np.linspace(0, 1, 40 * 48).reshape(40, 48)


def png(path, array):
    Image.fromarray(array).save(path, format="PNG")
    return path


def dicom(path, stored, *, bits=None, photometric="MONOCHROME2", rle=False, frames=None, **extra):
    """Write a synthetic DICOM file around an array of stored values."""
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = SecondaryCaptureImageStorage
    meta.MediaStorageSOPInstanceUID = "1.2.3"
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    dataset = Dataset()
    dataset.file_meta = meta
    dataset.SOPClassUID, dataset.SOPInstanceUID = SecondaryCaptureImageStorage, "1.2.3"
    dataset.PatientName, dataset.PatientID, dataset.Modality = "Secret^Name", "4711", "DX"
    shape = stored.shape[1:] if frames else stored.shape
    dataset.Rows, dataset.Columns = shape[:2]
    dataset.SamplesPerPixel = shape[2] if len(shape) == 3 else 1
    if dataset.SamplesPerPixel == 3:
        dataset.PlanarConfiguration = 0
    if frames:
        dataset.NumberOfFrames = frames
    dataset.PhotometricInterpretation = photometric
    dataset.BitsAllocated = stored.dtype.itemsize * 8
    dataset.BitsStored = bits or dataset.BitsAllocated
    dataset.HighBit = dataset.BitsStored - 1
    dataset.PixelRepresentation = int(stored.dtype.kind == "i")
    dataset.PixelData = stored.tobytes()
    for key, value in extra.items():
        setattr(dataset, key, value)
    if rle:
        dataset.compress(RLELossless, generate_instance_uid=False)
    dataset.save_as(path, enforce_file_format=True)
    return path


def assert_ramp(pixels):
    """The file showed RAMP: dark at the start, bright at the end, straight in between."""
    assert pixels.shape == RAMP.shape
    assert pixels.dtype == np.float32
    assert pixels.min() == 0
    assert pixels.max() == 1
    assert np.abs(pixels - RAMP).max() < 0.02


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_png_of_both_depths(tmp_path, dtype):
    image = read_image(png(tmp_path / "a.png", (RAMP * np.iinfo(dtype).max).astype(dtype)))
    assert_ramp(image.pixels)
    assert (image.format, image.modality) == ("png", "")


def test_16_bit_png_keeps_its_depth(tmp_path):
    image = read_image(png(tmp_path / "a.png", (1000 + RAMP * 200).astype(np.uint16)))
    assert len(np.unique(image.pixels)) > 150


def test_jpeg_and_colour_and_palette_and_alpha(tmp_path):
    grey = Image.fromarray((RAMP * 255).astype(np.uint8))
    grey.save(tmp_path / "a.jpg", quality=98)
    grey.convert("RGB").save(tmp_path / "rgb.png")
    grey.convert("RGBA").save(tmp_path / "rgba.png")
    grey.convert("P").save(tmp_path / "p.png")
    for name in ("a.jpg", "rgb.png", "rgba.png", "p.png"):
        assert np.abs(read_image(tmp_path / name).pixels - RAMP).max() < 0.06


def test_type_is_told_by_content_not_by_name(tmp_path):
    assert read_image(png(tmp_path / "scan.dcm", (RAMP * 255).astype(np.uint8))).format == "png"
    stored = (RAMP * 255).astype(np.uint8)
    assert read_image(dicom(tmp_path / "scan.jpg", stored)).format == "dicom"


@pytest.mark.parametrize(
    ("dtype", "bits", "low", "high"),
    [
        (np.uint8, 8, 0, 255),
        (np.uint16, 12, 0, 4095),
        (np.uint16, 16, 0, 65535),
        (np.int16, 16, -32768, 32767),
        (np.int16, 12, -1024, 2047),
    ],
)
@pytest.mark.parametrize("rle", [False, True])
def test_dicom_of_every_depth(tmp_path, dtype, bits, low, high, rle):
    stored = np.rint(low + RAMP * (high - low)).astype(dtype)
    image = read_image(dicom(tmp_path / "a.dcm", stored, bits=bits, rle=rle))
    assert_ramp(image.pixels)
    assert (image.format, image.modality) == ("dicom", "DX")


def test_monochrome1_is_inverted(tmp_path):
    stored = (65535 - RAMP * 65535).astype(np.uint16)
    assert_ramp(read_image(dicom(tmp_path / "a.dcm", stored, photometric="MONOCHROME1")).pixels)


def test_rescale_and_window_are_applied(tmp_path):
    stored = (RAMP * 4000).astype(np.int16)
    window = {"RescaleSlope": 1, "RescaleIntercept": -1000, "WindowCenter": 0, "WindowWidth": 1000}
    pixels = read_image(dicom(tmp_path / "a.dcm", stored, **window)).pixels
    assert (pixels[stored <= 480] == 0).all()
    assert (pixels[stored >= 1520] == 1).all()
    assert 0.4 < pixels[np.abs(stored - 1000) < 10].mean() < 0.6


def test_negative_rescale_slope_turns_the_greys(tmp_path):
    stored = (4000 - RAMP * 4000).astype(np.int16)
    assert_ramp(read_image(dicom(tmp_path / "a.dcm", stored, RescaleSlope=-1, RescaleIntercept=0)).pixels)


def test_a_window_that_would_blank_the_image_is_ignored(tmp_path):
    stored = (RAMP * 4000).astype(np.uint16)
    assert_ramp(read_image(dicom(tmp_path / "a.dcm", stored, WindowCenter=60000, WindowWidth=2)).pixels)


def test_padding_does_not_squeeze_the_greys(tmp_path):
    stored = (1000 + RAMP * 1000).astype(np.int16)
    stored[:6] = -32000
    pixels = read_image(dicom(tmp_path / "a.dcm", stored, PixelPaddingValue=-32000)).pixels
    assert pixels[20].mean() < 0.6


def test_middle_frame_and_colour(tmp_path):
    ramp = (RAMP * 255).astype(np.uint8)
    stack = np.stack([np.zeros_like(ramp), ramp, np.zeros_like(ramp)])
    assert_ramp(read_image(dicom(tmp_path / "a.dcm", stack, frames=3)).pixels)
    colour = np.repeat(ramp[..., None], 3, axis=2)
    assert_ramp(read_image(dicom(tmp_path / "b.dcm", colour, photometric="RGB")).pixels)


def test_nothing_of_the_header_gets_out(tmp_path):
    image = read_image(dicom(tmp_path / "a.dcm", (RAMP * 255).astype(np.uint8)))
    assert "Secret" not in repr(vars(image))
    assert "4711" not in repr(vars(image))


def huge_png(width, height):
    """A PNG header of that size with next to no data behind it."""

    def chunk(kind, body):
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    data = zlib.compress(b"\0" * 1000)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", data) + chunk(b"IEND", b"")


def encoded(kind):
    buffer = io.BytesIO()
    Image.fromarray(np.random.default_rng(0).integers(0, 255, (64, 64), np.uint8)).save(buffer, kind)
    return buffer.getvalue()


BAD = {
    "text.png": (b"PatientName: nobody\n" * 20, "text"),
    "zip.png": (b"PK\x03\x04" + bytes(range(256)), "unknown type"),
    "empty.png": (b"", "empty"),
    "cut.png": (encoded("PNG")[:400], "damaged"),
    "cut.jpg": (encoded("JPEG")[:500], "damaged"),
    "head.jpg": (b"\xff\xd8\xff", "damaged"),
    "noise.png": (b"\x89PNG\r\n\x1a\n" + b"\x07" * 300, "damaged"),
    "noise.dcm": (b"\0" * 128 + b"DICM" + b"\x9f" * 300, "DICOM"),
    "magic.dcm": (b"\0" * 128 + b"DICM", "no image"),
    "wide.png": (huge_png(60_000, 40), str(MAX_SIDE)),
    "bomb.png": (huge_png(19_000, 19_000), "megapixels"),
    "tiny.png": (huge_png(3, 3), "too small"),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_files(tmp_path, name):
    content, fact = BAD[name]
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(ImageError, match=fact) as caught:
        read_image(path)
    assert str(path) in str(caught.value)
    assert caught.value.remedy


PATHS = [("missing.png", "cannot be opened"), ("", "folder"), ("\0", "no path")]


@pytest.mark.parametrize(("name", "fact"), PATHS)
def test_bad_paths(tmp_path, name, fact):
    with pytest.raises(ImageError, match=fact):
        read_image(f"{tmp_path}/{name}")


def test_blank_images(tmp_path):
    with pytest.raises(ImageError, match="blank"):
        read_image(png(tmp_path / "a.png", np.full((64, 64), 7, np.uint8)))
    with pytest.raises(ImageError, match="blank"):
        read_image(dicom(tmp_path / "a.dcm", np.full((64, 64), 7, np.uint16)))


def test_values_that_are_no_numbers(tmp_path):
    stored = RAMP.astype(np.float32)
    stored[3, 3] = np.nan
    path = dicom(tmp_path / "a.dcm", stored.view(np.uint32), FloatPixelData=stored.tobytes())
    broken = path.read_bytes()
    dataset = dcmread(io.BytesIO(broken))
    del dataset.PixelData
    dataset.save_as(path)
    with pytest.raises(ImageError, match="not finite"):
        read_image(path)


def test_dicom_without_pixels(tmp_path):
    path = dicom(tmp_path / "a.dcm", (RAMP * 255).astype(np.uint8))
    dataset = dcmread(path)
    del dataset.PixelData
    dataset.save_as(tmp_path / "b.dcm")
    with pytest.raises(ImageError, match="no pixel data"):
        read_image(tmp_path / "b.dcm")
    del dataset.Rows
    dataset.save_as(tmp_path / "c.dcm")
    with pytest.raises(ImageError, match="no image"):
        read_image(tmp_path / "c.dcm")


def test_dicom_cut_short_or_too_large_or_deflated(tmp_path):
    path = dicom(tmp_path / "a.dcm", (RAMP * 255).astype(np.uint8))
    (tmp_path / "cut.dcm").write_bytes(path.read_bytes()[:-300])
    with pytest.raises(ImageError, match="damaged"):
        read_image(tmp_path / "cut.dcm")
    with pytest.raises(ImageError, match=str(MAX_SIDE)):
        read_image(dicom(tmp_path / "b.dcm", (RAMP * 255).astype(np.uint8), Columns=60_000))
    dataset = dcmread(path)
    dataset.file_meta.TransferSyntaxUID = DeflatedExplicitVRLittleEndian
    dataset.save_as(tmp_path / "c.dcm")
    assert_ramp(read_image(tmp_path / "c.dcm").pixels)


def test_dicom_without_preamble(tmp_path):
    path = dicom(tmp_path / "a.dcm", (RAMP * 255).astype(np.uint8))
    (tmp_path / "b.dcm").write_bytes(path.read_bytes()[132:])
    assert_ramp(read_image(tmp_path / "b.dcm").pixels)


@pytest.mark.realdata
def test_real_dicom_files(data):
    files = sorted((data / "dicom").glob("*.dcm"))
    assert len(files) == 2
    plain, inverted = (read_image(file).pixels for file in files)
    assert plain.shape == inverted.shape == (1024, 1024)
    # The second file is the first, marked MONOCHROME1.
    assert np.corrcoef(plain.ravel(), inverted.ravel())[0, 1] < -0.95
