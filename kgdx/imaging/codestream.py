"""What a coded image says of itself: its size, told before decoding, and its comments, cut away.

JPEG, JPEG-LS (ITU-T T.81, T.87) and JPEG 2000 (T.800) alike begin with segments: a marker, a length, a body.
"""

from collections.abc import Iterator
from dataclasses import dataclass

END_OF_IMAGE = b"\xff\xd9"
_SOI = b"\xff\xd8"
_SOC, _SOT, _SIZ, _COM_2000 = b"\xff\x4f", 0x90, 0x51, 0x64
_SOS, _COM, _END, _JPEG_LS = 0xDA, 0xFE, 0xD9, 0xF7
_FRAMES = {*range(0xC0, 0xD0), _JPEG_LS} - {0xC4, 0xC8, 0xCC}
_APPLICATION = range(0xE0, 0xF0)
# JFIF's header, colour transform of JPEG-LS, colour transform of Adobe: they change what is seen.
_SEEN_APPLICATION = {0xE0: b"JFIF\0", 0xE8: b"mrfx", 0xEE: b"Adobe"}
_LONGEST_SEEN = 34
_NO_LENGTH = {0x01, *range(0xD0, 0xD8)}


@dataclass(frozen=True, slots=True)
class Coded:
    """Size of a coded image: pixels, and the number of components."""

    width: int
    height: int
    num_components: int


def coded_size(coded: bytes) -> Coded | None:
    """The size by the codestream's own header; None if it has no such header.

    Args:
        coded: JPEG, JPEG-LS or JPEG 2000; at least everything before its first scan or tile.
    """
    for marker, body in _segments(coded):
        if coded.startswith(_SOC) and marker == _SIZ and len(body) >= 36:
            right, bottom, left, top = (int.from_bytes(body[at : at + 4], "big") for at in (2, 6, 10, 14))
            return Coded(right - left, bottom - top, int.from_bytes(body[34:36], "big"))
        if coded.startswith(_SOI) and marker in _FRAMES and len(body) >= 6:
            return Coded(int.from_bytes(body[3:5], "big"), int.from_bytes(body[1:3], "big"), body[5])
    return None


def without_comments(coded: bytes) -> bytes:
    """The same codestream without comments and application data, and without what follows its end.

    Decoded pixels stay the same: entropy-coded data are copied as they are.
    """
    is_2000 = coded.startswith(_SOC)
    kept, end = [coded[:2]], 2
    for marker, body in _segments(coded):
        whole = coded[end : end + len(body) + 4]
        end += len(whole)
        if not _is_comment(marker, body, is_2000=is_2000):
            kept.append(_trimmed(marker, whole))
    kept.append(_tiles(coded[end:]) if is_2000 else _scans(coded[end:]))
    return b"".join(kept)


def _segments(coded: bytes) -> Iterator[tuple[int, bytes]]:
    """(second byte of marker, body) of each segment before the first scan or tile."""
    at = 2
    while at + 4 <= len(coded) and coded[at] == 0xFF:
        marker = coded[at + 1]
        length = int.from_bytes(coded[at + 2 : at + 4], "big")
        if marker in (_SOS, _SOT, 0xD9) or length < 2 or at + 2 + length > len(coded):
            return
        yield marker, coded[at + 4 : at + 2 + length]
        at += 2 + length


def _is_comment(marker: int, body: bytes, *, is_2000: bool) -> bool:
    if is_2000:
        return marker == _COM_2000
    if marker in _SEEN_APPLICATION:
        return not (body.startswith(_SEEN_APPLICATION[marker]) and len(body) <= _LONGEST_SEEN)
    return marker == _COM or marker in _APPLICATION


def _trimmed(marker: int, segment: bytes) -> bytes:
    """JFIF's and Adobe's segments without what might follow their fixed part."""
    lengths = {0xE0: 14, 0xEE: 12}
    if marker not in lengths or len(segment) <= 4 + lengths[marker]:
        return segment
    body = bytearray(segment[4 : 4 + lengths[marker]])
    if marker == 0xE0:
        body[12:14] = b"\0\0"  # no thumbnail
    return segment[:2] + (len(body) + 2).to_bytes(2, "big") + bytes(body)


def _scans(rest: bytes) -> bytes:
    """Scans of a JPEG up to its end, without the comments between them."""
    kept: list[bytes] = []
    start, at = 0, rest.find(b"\xff")
    while 0 <= at < len(rest) - 1:
        marker = rest[at + 1]
        length = 2 + int.from_bytes(rest[at + 2 : at + 4], "big")
        if marker == _END:
            return b"".join([*kept, rest[start : at + 2]])
        if marker == _COM or marker in _APPLICATION:
            kept.append(rest[start:at])
            start = at = at + length
        elif marker == 0xFF:
            at += 1
        else:
            at += length if marker >= 0xC0 and marker not in _NO_LENGTH else 2
        at = rest.find(b"\xff", at)
    return b"".join([*kept, rest[start:]])


def _tiles(rest: bytes) -> bytes:
    """Tiles of a JPEG 2000 up to its end; each says how long it is, the last may say 0."""
    at = 0
    while rest[at : at + 2] == b"\xff\x90" and (length := int.from_bytes(rest[at + 6 : at + 10], "big")):
        at += length
    end = rest.rfind(END_OF_IMAGE) if rest[at : at + 2] == b"\xff\x90" else at
    return rest[:end] + END_OF_IMAGE
