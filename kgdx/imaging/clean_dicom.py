"""A DICOM image without identifying attributes."""

import hashlib
import hmac
import io
import secrets
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydicom import dcmread
from pydicom.datadict import keyword_for_tag
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.encaps import encapsulate, generate_frames
from pydicom.pixels.utils import get_expected_length, pixel_array
from pydicom.sequence import Sequence
from pydicom.uid import (
    UID,
    ExplicitVRLittleEndian,
    RLELossless,
    SecondaryCaptureImageStorage,
)

from kgdx.domain.errors import ImageError
from kgdx.imaging.allowed import EMPTY, SEQUENCES, UIDS, may_stay
from kgdx.imaging.burned_in import Box, find_text, mask_text
from kgdx.imaging.codestream import without_comments
from kgdx.imaging.contrast import stretch
from kgdx.imaging.dicom import REMEDY, check_frame, opened
from kgdx.imaging.display import displayed

_MAX_DECODED = 1 << 29
_MAX_LOOKED_AT = 32
# PS3.16, CID 7050.
_METHODS = {"113100": "Basic Application Confidentiality Profile", "113101": "Clean Pixel Data Option"}
_NATIVE = {"FloatPixelData": "OF", "DoubleFloatPixelData": "OD"}


@dataclass(frozen=True, slots=True)
class Pseudonyms:
    """New UIDs for old: the same for the same within one run, and not to be traced back.

    The salt is drawn anew for each run and kept nowhere.
    """

    salt: bytes = field(default_factory=lambda: secrets.token_bytes(32), repr=False)

    def uid(self, old: str) -> str:
        """A UID of the form that is made of a UUID (PS3.5, B.2)."""
        digest = hmac.digest(self.salt, old.encode("utf-8", "replace"), hashlib.sha256)
        return f"2.25.{int.from_bytes(digest[:16], 'big')}"


def clean_dicom(file: Path, pseudonyms: Pseudonyms, *, refuse_text: bool) -> tuple[bytes, int]:
    """The content of a clean copy.

    Pixels stay bit for bit where no text is found; else all frames are written uncompressed, the rows of text
    painted over. RLE and big-endian files are written uncompressed in any case, deflated ones inflated.

    Args:
        file: a DICOM image.
        pseudonyms: of this run.
        refuse_text: raise where text is burned in, instead of masking it.

    Returns:
        The bytes of the copy; the number of rows of text that were masked.

    Raises:
        ImageError: if it is no image, is damaged, or has text burned in and `refuse_text`.
    """
    with opened(file) as (content, header):
        content.seek(0)
        dataset = dcmread(content, force=True)
        dataset.file_meta = header.file_meta
        boxes = _text(file, dataset)
        says_text = str(dataset.get("BurnedInAnnotation", "")).strip() == "YES"
        if refuse_text and (boxes or says_text):
            raise ImageError(str(file), "text is burned into the image", "mask it, or leave the file out")
        clean = _cleaned(dataset, pseudonyms)
        syntax = _put_pixels(file, dataset, clean, boxes)
        _complete(dataset, clean, pseudonyms, has_masked=bool(boxes))
        return _written(clean, syntax), len(boxes)


def _cleaned(dataset: Any, pseudonyms: Pseudonyms) -> Dataset:
    """What may stay, UIDs replaced; empty sequences and unreadable elements are left out."""
    clean = Dataset()
    for tag in list(dataset.keys()):
        keyword = keyword_for_tag(tag)
        if not keyword or tag.is_private:
            continue
        try:
            element = dataset[tag]
            if keyword in UIDS and element.VR == "UI":
                setattr(clean, keyword, pseudonyms.uid(str(element.value)))
            elif keyword in SEQUENCES and element.VR == "SQ":
                items = [_cleaned(item, pseudonyms) for item in element.value]
                if any(len(item) for item in items):
                    setattr(clean, keyword, Sequence(items))
            elif may_stay(element):
                clean.add(element)
        # A value that breaks the rules of its VR is nothing that an image needs.
        except (ArithmeticError, AttributeError, LookupError, NotImplementedError, TypeError, ValueError):
            continue
    return clean


def _complete(dataset: Any, clean: Dataset, pseudonyms: Pseudonyms, *, has_masked: bool) -> None:
    """Add what every image has, and what was done to it."""
    for keyword in EMPTY:
        setattr(clean, keyword, None)
    sop_class = UID(str(dataset.get("SOPClassUID", "")))
    clean.SOPClassUID = sop_class if sop_class.name != str(sop_class) else SecondaryCaptureImageStorage
    for keyword in ("SOPInstanceUID", "SeriesInstanceUID", "StudyInstanceUID"):
        if keyword not in clean:
            setattr(clean, keyword, pseudonyms.uid(secrets.token_hex(16)))
    if has_masked:
        clean.BurnedInAnnotation = "NO"
    clean.PatientIdentityRemoved = "YES"
    clean.DeidentificationMethod = "kgdx: listed attributes kept, all others removed"
    clean.LongitudinalTemporalInformationModified = "REMOVED"
    codes = ["113100", "113101"] if has_masked else ["113100"]
    clean.DeidentificationMethodCodeSequence = Sequence([_coded(code) for code in codes])


def _coded(code: str) -> Dataset:
    item = Dataset()
    item.CodeValue, item.CodingSchemeDesignator, item.CodeMeaning = code, "DCM", _METHODS[code]
    return item


def _text(file: Path, dataset: Any) -> list[Box]:
    """Rows of text in any frame looked at: all of them, or 32 evenly through many."""
    if int(dataset.get("BitsAllocated") or 0) == 1:
        return []
    num_frames = max(int(dataset.get("NumberOfFrames") or 1), 1)
    boxes: list[Box] = []
    for index in sorted({num_frames * at // _MAX_LOOKED_AT for at in range(_MAX_LOOKED_AT)}):
        values, windowed, _ = displayed(_frame(file, dataset, index), dataset)
        for plane in (values, windowed):
            if plane is not None and np.isfinite(plane).all():
                boxes += find_text(stretch(plane))
    return list(dict.fromkeys(boxes))


def _frame(file: Path, dataset: Any, index: int) -> NDArray[Any]:
    if index == 0 and dataset.file_meta.TransferSyntaxUID.is_encapsulated:
        for frame in generate_frames(dataset.PixelData, number_of_frames=_num_frames(dataset)):
            check_frame(file, frame, dataset)
    return pixel_array(dataset, index=index)


def _num_frames(dataset: Any) -> int:
    return max(int(dataset.get("NumberOfFrames") or 1), 1)


def _put_pixels(file: Path, dataset: Any, clean: Dataset, boxes: list[Box]) -> UID:
    """Give the copy its pixels; returns its transfer syntax."""
    syntax = dataset.file_meta.TransferSyntaxUID
    for keyword, vr in _NATIVE.items():
        if keyword in dataset:
            clean.add_new(keyword, vr, dataset[keyword].value)
            return ExplicitVRLittleEndian
    if boxes or syntax == RLELossless or not syntax.is_little_endian:
        _put_decoded(file, dataset, clean, boxes)
        return ExplicitVRLittleEndian
    if syntax.is_encapsulated:
        frames = generate_frames(dataset.PixelData, number_of_frames=_num_frames(dataset))
        clean.PixelData = encapsulate([without_comments(frame) for frame in frames])
        clean["PixelData"].VR = "OB"
        return UID(syntax)
    length = get_expected_length(dataset)
    pixels = dataset.PixelData[:length]
    if len(pixels) < length:
        raise ImageError(str(file), "pixel data are cut short", REMEDY)
    clean.PixelData = pixels + b"\0" * (length % 2)
    clean["PixelData"].VR = "OW" if int(dataset.BitsAllocated) > 8 else "OB"
    return ExplicitVRLittleEndian


def _put_decoded(file: Path, dataset: Any, clean: Dataset, boxes: list[Box]) -> None:
    size = int(dataset.Rows) * int(dataset.Columns) * _num_frames(dataset)
    if size * int(dataset.get("SamplesPerPixel") or 1) * int(dataset.BitsAllocated) // 8 > _MAX_DECODED:
        raise ImageError(str(file), "too many frames to decode", "give fewer frames in one file")
    frames = [mask_text(pixel_array(dataset, index=at), boxes) for at in range(_num_frames(dataset))]
    stored = np.stack(frames)
    if stored.ndim == 4 and stored.shape[-1] == 3:
        clean.PhotometricInterpretation, clean.PlanarConfiguration = "RGB", 0
    content = stored.astype(stored.dtype.newbyteorder("<")).tobytes()
    clean.PixelData = content + b"\0" * (len(content) % 2)
    clean["PixelData"].VR = "OW" if int(dataset.BitsAllocated) > 8 else "OB"


def _written(clean: Dataset, syntax: UID) -> bytes:
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID, meta.MediaStorageSOPInstanceUID = clean.SOPClassUID, clean.SOPInstanceUID
    meta.TransferSyntaxUID = syntax
    clean.file_meta = meta
    clean.preamble = b"\0" * 128
    target = io.BytesIO()
    clean.save_as(target, enforce_file_format=True)
    return target.getvalue()
