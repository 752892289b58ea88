"""Small image files that claim much, or inflate to much: what a reader has to refuse in time."""

import gzip
import struct
import zlib
from collections.abc import Iterator

import nibabel
import numpy as np
from pydicom.uid import (
    DeflatedExplicitVRLittleEndian,
    JPEG2000Lossless,
    JPEGBaseline8Bit,
    RLELossless,
)

from benchmarks.datasets.synthetic_images import dicom, drawn, saved

# As many pixels as are read, and more than are.
_LARGE, _TOO_LARGE = 5_760, 19_000


def bombs(large: int = _LARGE) -> Iterator[tuple[str, bytes]]:
    """Files of next to nothing that claim much, or are much once they are unpacked.

    Args:
        large: side of those that may still be read; smaller ones are made faster.
    """
    blank = drawn(256, 256).repeat(large // 256, 0).repeat(large // 256, 1)
    yield "bomb-large.png", saved(blank, "PNG")
    yield "bomb-deep.png", _png(large, large, 16, 6, b"\0" * (8 * large + 1), large)
    yield "bomb-claim.png", _png(_TOO_LARGE, _TOO_LARGE, 8, 0, b"\0" * 1000, 1)
    yield "bomb-text.png", _png(64, 64, 8, 0, b"\0\1" * 33, 64, zlib.compress(b"A" * (200 << 20)))
    yield "bomb-large.jpg", saved(blank, "JPEG")
    yield "bomb-progressive.jpg", _many_scans(saved(blank, "JPEG", progressive=True), 300)
    yield "bomb-claim.jpg", saved(drawn(64, 64), "JPEG").replace(b"\0\x40\0\x40", b"\xff\xdc\xff\xdc", 1)
    yield "bomb-large.tif", saved(blank, "TIFF", compression="tiff_adobe_deflate")
    yield "bomb-lzw.tif", saved(np.zeros_like(blank), "TIFF", compression="tiff_lzw")
    yield "bomb-loop.tif", _looped(saved(drawn(64, 64), "TIFF"))
    yield "bomb-rle.dcm", dicom(blank.astype(np.uint16), compress=RLELossless)
    yield "bomb-rle-long.dcm", dicom(drawn(64, 64), frame=_rle(b"\x81\0" * 20_000_000), syntax=RLELossless)
    yield (
        "bomb-rle-claim.dcm",
        dicom(
            drawn(64, 64), frame=_rle(b"\x81\0" * 4_000_000), syntax=RLELossless, Rows=5_000, Columns=5_000
        ),
    )
    coded = saved(blank, "JPEG2000", irreversible=False)
    yield "bomb-jpeg2000.dcm", dicom(blank, frame=coded, syntax=JPEG2000Lossless)
    yield "bomb-jpeg2000-small.dcm", dicom(drawn(64, 64), frame=coded, syntax=JPEG2000Lossless)
    claim = coded[:8] + struct.pack(">II", 60_000, 60_000) + coded[16:]
    yield "bomb-jpeg2000-claim.dcm", dicom(drawn(64, 64), frame=claim, syntax=JPEG2000Lossless)
    yield "bomb-jpeg.dcm", dicom(blank, frame=saved(blank, "JPEG"), syntax=JPEGBaseline8Bit)
    yield "bomb-claim.dcm", dicom(drawn(64, 64), Rows=60_000, Columns=60_000)
    yield "bomb-frames.dcm", dicom(drawn(64, 64), NumberOfFrames=2**31 - 1)
    yield "bomb-deflated.dcm", _deflated(600 << 20)
    yield "bomb-elements.dcm", _with_header(struct.pack("<HH2sH", 0x0009, 0x1001, b"LO", 0) * 1_000_000)
    deep = struct.pack("<HH2sHI", 0x0008, 0x1140, b"SQ", 0, 0xFFFFFFFF) + struct.pack(
        "<HHI", 0xFFFE, 0xE000, 0xFFFFFFFF
    )
    yield "bomb-nested.dcm", _with_header(deep * 20_000)
    yield "bomb.nii.gz", gzip.compress(_nifti_claim(512, 512, 2_000) + b"\0" * (300 << 20), 1)
    yield "bomb-read.nii.gz", gzip.compress(_nifti_claim(512, 512, 500) + bytes(range(256)) * (1 << 20), 1)
    yield "bomb-claim.nii", _nifti_claim(32_000, 32_000, 32_000)


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
    whole = dicom(drawn(64, 64))
    at = whole.index(struct.pack("<HH", 0x0010, 0x0010))
    return whole[:at] + elements + whole[at:]


def _deflated(num_bytes: int) -> bytes:
    whole = dicom(drawn(64, 64), syntax=DeflatedExplicitVRLittleEndian)
    end = 144 + int.from_bytes(whole[140:144], "little")
    machine = zlib.compressobj(1, wbits=-zlib.MAX_WBITS)
    parts = [machine.compress(b"\0" * (1 << 20)) for _ in range(num_bytes >> 20)]
    return whole[:end] + b"".join(parts) + machine.flush()


def _nifti_claim(*shape: int) -> bytes:
    header = nibabel.Nifti1Header()  # type: ignore[no-untyped-call]
    header.set_data_dtype(np.int16)  # type: ignore[no-untyped-call]
    header.set_data_shape(shape)  # type: ignore[no-untyped-call]
    header["vox_offset"], header["magic"] = 352, b"n+1"
    return bytes(header.binaryblock) + b"\0" * 4
