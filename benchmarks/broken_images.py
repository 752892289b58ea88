"""Image files drawn, then broken: what the reader of images has to stand.

`seeds` are sound files of every format, `mutant` breaks one, `bombs` are small files that claim or inflate to
much. All are made of drawn shapes; the same numbers make the same files.
"""

import gzip
import io
import random
import struct
import warnings
import zlib
from collections.abc import Callable, Iterator
from typing import Any

import nibabel
import numpy as np
from numpy.typing import NDArray
from PIL import Image
from pydicom import dcmread
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.encaps import encapsulate
from pydicom.uid import (
    UID,
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    JPEG2000Lossless,
    JPEGBaseline8Bit,
    JPEGLSLossless,
    RLELossless,
    SecondaryCaptureImageStorage,
)

Mutate = Callable[[bytes, random.Random], bytes]

_SYNTAXES = (
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    ExplicitVRBigEndian,
    RLELossless,
    JPEG2000Lossless,
    JPEGBaseline8Bit,
    JPEGLSLossless,
)
_STRANGE_NUMBERS = (0, 1, 2, 3, 7, 15, 16, 17, 255, 256, 4097, 32_767, 32_768, 65_534, 65_535)
# As many pixels as are read, and more than are.
_LARGE, _TOO_LARGE = 5_760, 19_000


def seeds() -> dict[str, bytes]:
    """Sound files by name."""
    grey = _drawn(72, 64)
    deep = (grey.astype(np.uint16) << 4) + 7
    files = {
        "explicit.dcm": _dicom(deep),
        "window.dcm": _dicom(deep.astype(np.int16), RescaleSlope=1, RescaleIntercept=-1024, WindowWidth=400),
        "implicit.dcm": _dicom(deep, syntax=ImplicitVRLittleEndian),
        "big-endian.dcm": _dicom(deep.astype(">u2"), syntax=ExplicitVRBigEndian),
        "frames.dcm": _dicom(np.stack([deep] * 5), NumberOfFrames=5),
        "rgb.dcm": _dicom(np.stack([grey] * 3, axis=-1)),
        "rle.dcm": _dicom(deep, compress=RLELossless),
        "jpeg2000.dcm": _dicom(deep, compress=JPEG2000Lossless),
        "jpeg.dcm": _dicom(grey, frame=_saved(grey, "JPEG"), syntax=JPEGBaseline8Bit),
        "deflated.dcm": _dicom(deep, syntax=DeflatedExplicitVRLittleEndian),
        "grey.png": _saved(grey, "PNG"),
        "deep.png": _saved(deep, "PNG"),
        "colour.png": _saved(np.stack([grey] * 3, axis=-1), "PNG"),
        "grey.jpg": _saved(grey, "JPEG"),
        "progressive.jpg": _saved(grey, "JPEG", progressive=True),
        "grey.tif": _saved(grey, "TIFF"),
        "lzw.tif": _saved(deep, "TIFF", compression="tiff_lzw"),
        "deflate.tif": _saved(grey, "TIFF", compression="tiff_adobe_deflate"),
        "volume.nii": _nifti(np.stack([deep.astype(np.int16)] * 6, axis=-1)),
    }
    files["volume.nii.gz"] = gzip.compress(files["volume.nii"], mtime=0)
    return files


def mutants(files: dict[str, bytes], num: int, seed: int = 0) -> Iterator[tuple[str, bytes]]:
    """`num` broken files: (name that says how it was made, content)."""
    rng = random.Random(seed)  # noqa: S311 - not for secrets
    names = sorted(files)
    for number in range(num):
        name = names[number % len(names)]
        mutate = rng.choice(_MUTATIONS + (_DICOM_MUTATIONS * 2 if name.endswith(".dcm") else ()))
        content = mutate(files[name], rng)
        if mutate is _spliced:
            content = _spliced(content, rng) + files[rng.choice(names)][rng.randrange(400) :]
        yield f"{number:04d}-{mutate.__name__.strip('_')}-{name}", content


def _flipped(content: bytes, rng: random.Random) -> bytes:
    changed = bytearray(content)
    for _ in range(rng.choice((1, 1, 4, 30))):
        changed[rng.randrange(len(changed))] ^= 1 << rng.randrange(8)
    return bytes(changed)


def _cut(content: bytes, rng: random.Random) -> bytes:
    return content[: rng.randrange(len(content))]


def _head_changed(content: bytes, rng: random.Random) -> bytes:
    """Numbers among the first bytes, where sizes and lengths stand."""
    changed = bytearray(content)
    for _ in range(rng.choice((1, 2, 5))):
        at = rng.randrange(min(len(content) - 4, 700))
        size = rng.choice((1, 2, 4))
        value = rng.choice((*_STRANGE_NUMBERS, 2**31 - 1, 2**32 - 1)) % 256**size
        changed[at : at + size] = value.to_bytes(size, rng.choice(("little", "big")))
    return bytes(changed)


def _spliced(content: bytes, rng: random.Random) -> bytes:
    return content[: rng.randrange(1, len(content))]


def _doubled(content: bytes, rng: random.Random) -> bytes:
    start, end = sorted(rng.sample(range(len(content)), 2))
    return content[:end] + content[start:end] * rng.choice((1, 2, 9)) + content[end:]


def _removed(content: bytes, rng: random.Random) -> bytes:
    start = rng.randrange(len(content))
    return content[:start] + content[start + rng.choice((1, 2, 16, 300)) :]


def _other_size(content: bytes, rng: random.Random) -> bytes:
    keyword = rng.choice(
        (
            "Rows",
            "Columns",
            "BitsAllocated",
            "BitsStored",
            "HighBit",
            "SamplesPerPixel",
            "PixelRepresentation",
        )
    )
    return _edited(content, {keyword: rng.choice(_STRANGE_NUMBERS)})


def _other_meaning(content: bytes, rng: random.Random) -> bytes:
    changes: list[dict[str, Any]] = [
        {"PhotometricInterpretation": rng.choice(("MONOCHROME1", "PALETTE COLOR", "YBR_FULL_422", "X"))},
        {"NumberOfFrames": rng.choice((-1, 0, 7, 2**31 - 1))},
        {"WindowCenter": rng.choice((1e30, -1e30, 0)), "WindowWidth": rng.choice((0, -5, 1e-30, 1e30))},
        {"RescaleSlope": rng.choice((0, -1, 1e300)), "RescaleIntercept": rng.choice((0, 1e300))},
        {"PixelPaddingValue": rng.choice(_STRANGE_NUMBERS[:-3])},
        {"PixelSpacing": [0, -1]},
        {"ImageOrientationPatient": [0, 0, 0, 0, 0, 0]},
    ]
    return _edited(content, rng.choice(changes))


def _other_syntax(content: bytes, rng: random.Random) -> bytes:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        old = str(dcmread(io.BytesIO(content), stop_before_pixels=True).file_meta.TransferSyntaxUID).encode()
    new = rng.choice(_SYNTAXES).encode()
    return content.replace(old + b"\0" * (len(old) % 2), new.ljust(len(old) + len(old) % 2, b"\0"), 1)


_MUTATIONS: tuple[Mutate, ...] = (_flipped, _cut, _head_changed, _spliced, _doubled, _removed)
_DICOM_MUTATIONS: tuple[Mutate, ...] = (_other_size, _other_meaning, _other_syntax)


def _edited(content: bytes, changes: dict[str, Any]) -> bytes:
    """The same DICOM file with other attributes; pixel data stay as they are."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        dataset, target = dcmread(io.BytesIO(content), force=True), io.BytesIO()
        try:
            for keyword, value in changes.items():
                setattr(dataset, keyword, value)
            dataset.save_as(target)
        except Exception:  # what pydicom refuses to write is broken bytewise instead
            return content[:-50]
    return target.getvalue()


def bombs(large: int = _LARGE) -> Iterator[tuple[str, bytes]]:
    """Files of next to nothing that claim much, or are much once they are unpacked.

    Args:
        large: side of those that may still be read; smaller ones are made faster.
    """
    blank = _drawn(256, 256).repeat(large // 256, 0).repeat(large // 256, 1)
    yield "bomb-large.png", _saved(blank, "PNG")
    yield "bomb-deep.png", _png(large, large, 16, 6, b"\0" * (8 * large + 1), large)
    yield "bomb-claim.png", _png(_TOO_LARGE, _TOO_LARGE, 8, 0, b"\0" * 1000, 1)
    yield "bomb-text.png", _png(64, 64, 8, 0, b"\0\1" * 33, 64, zlib.compress(b"A" * (200 << 20)))
    yield "bomb-large.jpg", _saved(blank, "JPEG")
    yield "bomb-progressive.jpg", _many_scans(_saved(blank, "JPEG", progressive=True), 300)
    yield "bomb-claim.jpg", _saved(_drawn(64, 64), "JPEG").replace(b"\0\x40\0\x40", b"\xff\xdc\xff\xdc", 1)
    yield "bomb-large.tif", _saved(blank, "TIFF", compression="tiff_adobe_deflate")
    yield "bomb-lzw.tif", _saved(np.zeros_like(blank), "TIFF", compression="tiff_lzw")
    yield "bomb-loop.tif", _looped(_saved(_drawn(64, 64), "TIFF"))
    yield "bomb-rle.dcm", _dicom(blank.astype(np.uint16), compress=RLELossless)
    yield "bomb-rle-long.dcm", _dicom(_drawn(64, 64), frame=_rle(b"\x81\0" * 20_000_000), syntax=RLELossless)
    yield (
        "bomb-rle-claim.dcm",
        _dicom(
            _drawn(64, 64), frame=_rle(b"\x81\0" * 4_000_000), syntax=RLELossless, Rows=5_000, Columns=5_000
        ),
    )
    coded = _saved(blank, "JPEG2000", irreversible=False)
    yield "bomb-jpeg2000.dcm", _dicom(blank, frame=coded, syntax=JPEG2000Lossless)
    yield "bomb-jpeg2000-small.dcm", _dicom(_drawn(64, 64), frame=coded, syntax=JPEG2000Lossless)
    claim = coded[:8] + struct.pack(">II", 60_000, 60_000) + coded[16:]
    yield "bomb-jpeg2000-claim.dcm", _dicom(_drawn(64, 64), frame=claim, syntax=JPEG2000Lossless)
    yield "bomb-jpeg.dcm", _dicom(blank, frame=_saved(blank, "JPEG"), syntax=JPEGBaseline8Bit)
    yield "bomb-claim.dcm", _dicom(_drawn(64, 64), Rows=60_000, Columns=60_000)
    yield "bomb-frames.dcm", _dicom(_drawn(64, 64), NumberOfFrames=2**31 - 1)
    yield "bomb-deflated.dcm", _deflated(600 << 20)
    yield "bomb-elements.dcm", _with_header(struct.pack("<HH2sH", 0x0009, 0x1001, b"LO", 0) * 1_000_000)
    deep = struct.pack("<HH2sHI", 0x0008, 0x1140, b"SQ", 0, 0xFFFFFFFF) + struct.pack(
        "<HHI", 0xFFFE, 0xE000, 0xFFFFFFFF
    )
    yield "bomb-nested.dcm", _with_header(deep * 20_000)
    yield "bomb.nii.gz", gzip.compress(_nifti_claim(512, 512, 2_000) + b"\0" * (300 << 20), 1)
    yield "bomb-read.nii.gz", gzip.compress(_nifti_claim(512, 512, 500) + bytes(range(256)) * (1 << 20), 1)
    yield "bomb-claim.nii", _nifti_claim(32_000, 32_000, 32_000)


def _drawn(height: int, width: int) -> NDArray[np.uint8]:
    rows, columns = np.mgrid[-1 : 1 : height * 1j, -1 : 1 : width * 1j]
    body = np.where(rows**2 + columns**2 < 0.8, 150 + 60 * rows, 5)
    return np.asarray(body, dtype=np.uint8)


def _saved(pixels: NDArray[Any], kind: str, **options: Any) -> bytes:
    target = io.BytesIO()
    if kind == "JPEG2000":
        options["no_jp2"] = True
    Image.fromarray(pixels).save(target, kind, **options)
    return target.getvalue()


def _dicom(
    pixels: NDArray[Any],
    *,
    syntax: Any = ExplicitVRLittleEndian,
    compress: Any = None,
    frame: bytes | None = None,
    **extra: Any,
) -> bytes:
    """A DICOM file around stored values, or around a coded frame; `extra` attributes go over all others."""
    dataset = Dataset()
    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.MediaStorageSOPClassUID = dataset.SOPClassUID = SecondaryCaptureImageStorage
    dataset.file_meta.MediaStorageSOPInstanceUID = dataset.SOPInstanceUID = UID("1.2.3")
    dataset.file_meta.TransferSyntaxUID = syntax
    dataset.Modality, dataset.PatientName = "DX", "Drawn^Person"
    has_colours = pixels.shape[-1] == 3
    dataset.SamplesPerPixel = 3 if has_colours else 1
    dataset.PhotometricInterpretation = "RGB" if has_colours else "MONOCHROME2"
    if has_colours:
        dataset.PlanarConfiguration = 0
    is_stack = pixels.ndim == 3 and not has_colours
    dataset.Rows, dataset.Columns = pixels.shape[1:] if is_stack else pixels.shape[:2]
    dataset.BitsAllocated = dataset.BitsStored = pixels.dtype.itemsize * 8
    dataset.HighBit, dataset.PixelRepresentation = dataset.BitsStored - 1, int(pixels.dtype.kind == "i")
    dataset.PixelData = encapsulate([frame]) if frame else pixels.tobytes()
    dataset["PixelData"].VR = "OB" if frame else "OW"
    if extra.get("WindowWidth"):
        dataset.WindowCenter = 40
    for keyword, value in extra.items():
        setattr(dataset, keyword, value)
    if compress:
        dataset.compress(compress, generate_instance_uid=False)
    target = io.BytesIO()
    dataset.save_as(target, enforce_file_format=True)
    return target.getvalue()


def _chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def _png(
    width: int, height: int, bits: int, colour: int, row: bytes, num_rows: int, text: bytes = b""
) -> bytes:
    machine = zlib.compressobj(1)
    data = b"".join(machine.compress(row) for _ in range(num_rows)) + machine.flush()
    header = struct.pack(">IIBBBBB", width, height, bits, colour, 0, 0, 0)
    packed = _chunk(b"zTXt", b"Comment\0\0" + text) if text else b""
    parts = (_chunk(b"IHDR", header), packed, _chunk(b"IDAT", data), _chunk(b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


def _many_scans(jpeg: bytes, num: int) -> bytes:
    """A progressive JPEG whose last scan comes again and again."""
    start = jpeg.rindex(b"\xff\xda")
    return jpeg[:-2] + jpeg[start:-2] * num + b"\xff\xd9"


def _looped(tiff: bytes) -> bytes:
    """A TIFF whose first page says that it is followed by itself."""
    (at,) = struct.unpack("<I", tiff[4:8])
    (num,) = struct.unpack("<H", tiff[at : at + 2])
    end = at + 2 + 12 * num
    return tiff[:end] + tiff[4:8] + tiff[end + 4 :]


def _rle(segment: bytes) -> bytes:
    return struct.pack("<16I", 1, 64, *[0] * 14) + segment


def _with_header(elements: bytes) -> bytes:
    whole = _dicom(_drawn(64, 64))
    at = whole.index(struct.pack("<HH", 0x0010, 0x0010))
    return whole[:at] + elements + whole[at:]


def _deflated(num_bytes: int) -> bytes:
    whole = _dicom(_drawn(64, 64), syntax=DeflatedExplicitVRLittleEndian)
    end = 144 + int.from_bytes(whole[140:144], "little")
    machine = zlib.compressobj(1, wbits=-zlib.MAX_WBITS)
    parts = [machine.compress(b"\0" * (1 << 20)) for _ in range(num_bytes >> 20)]
    return whole[:end] + b"".join(parts) + machine.flush()


def _nifti(volume: NDArray[Any]) -> bytes:
    content: bytes = nibabel.Nifti1Image(volume, np.eye(4)).to_bytes()  # type: ignore[no-untyped-call]
    return content


def _nifti_claim(*shape: int) -> bytes:
    header = nibabel.Nifti1Header()  # type: ignore[no-untyped-call]
    header.set_data_dtype(np.int16)  # type: ignore[no-untyped-call]
    header.set_data_shape(shape)  # type: ignore[no-untyped-call]
    header["vox_offset"], header["magic"] = 352, b"n+1"
    return bytes(header.binaryblock) + b"\0" * 4
