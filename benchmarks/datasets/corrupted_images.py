"""Sound image files, broken in as many ways as files break; the same numbers break them the same way."""

import io
import random
import warnings
from collections.abc import Callable, Iterator
from typing import Any

from pydicom import dcmread
from pydicom.uid import (
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    JPEG2000Lossless,
    JPEGBaseline8Bit,
    JPEGLSLossless,
    RLELossless,
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
