"""DICOM files: opened with bounds, and the chosen frames decoded."""

import io
import logging
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from numpy.typing import NDArray
from pydicom import dcmread
from pydicom.encaps import encapsulate, get_frame
from pydicom.pixels.utils import pixel_array
from pydicom.uid import ExplicitVRLittleEndian, ImplicitVRLittleEndian, RLELossless

from kgdx.domain.errors import ImageError
from kgdx.imaging.codestream import END_OF_IMAGE, coded_size
from kgdx.imaging.display import plane_of
from kgdx.imaging.image import Plane
from kgdx.imaging.limits import BoundedReader, check_scans, check_size, inflated

REMEDY = "export the image again as DICOM, PNG or JPEG"
_MAX_SAMPLES = 4
# No code of the standard makes a frame much larger than it is.
_MAX_GROWTH = 1.5

# Its warnings quote values of the header; they may name a patient and must reach no log.
logging.getLogger("pydicom").propagate = False

Choose = Callable[[int], Sequence[int]]


def is_dicom(head: bytes) -> bool:
    """Whether a file that begins so is DICOM: by its magic, or by a first element of group 2 or 8.

    Args:
        head: at least the first 132 bytes, fewer of a shorter file.
    """
    has_early_group = head[:2] in (b"\x02\x00", b"\x08\x00") and head[3:4] == b"\x00"
    return head[128:132] == b"DICM" or has_early_group


def read_dicom(file: Path, choose: Choose) -> tuple[list[Plane], int]:
    """Decode some of the frames.

    Rescale slope and intercept (or the modality table) are applied; the window (or the VOI table) of the file
    gives a second version where it leaves something to see. MONOCHROME1 is inverted; colour becomes grey.

    Args:
        file: a file for which `is_dicom` holds.
        choose: from the number of frames to the indices of those to decode.

    Returns:
        The planes, and how many frames there are.

    Raises:
        ImageError: if there are no pixels, too many, or they cannot be decoded.
    """
    with opened(file) as (content, header):
        num_frames = max(int(header.get("NumberOfFrames") or 1), 1)
        indices = choose(num_frames)
        planes = [
            plane_of(stored, header, index + 1 if num_frames > 1 else None)
            for index, stored in zip(indices, _frames(file, content, header, indices), strict=True)
        ]
        return planes, num_frames


@contextmanager
def opened(file: Path) -> Iterator[tuple[Any, Any]]:
    """(content from its start, header without pixels) of a file whose size has been checked."""
    try:
        # Header values that break the standard make pydicom warn; they do not concern the pixels.
        with warnings.catch_warnings(), file.open("rb") as raw:
            warnings.simplefilter("ignore")
            content = BoundedReader(io.BytesIO(whole) if (whole := inflated(file, raw)) else raw)
            header = dcmread(content, force=True, stop_before_pixels=True)
            _check(file, header)
            yield content, header
    except ImageError:
        raise
    # Decoders raise anything on damaged files. Their messages may quote the header: only the type is told.
    except Exception as error:
        raise _damaged(file, error) from error
    except BaseException as error:
        # A decoder in Rust panics, and that is no Exception.
        if type(error).__name__ != "PanicException":
            raise
        raise _damaged(file, error) from error


def _damaged(file: Path, error: BaseException) -> ImageError:
    fact = f"the DICOM file is damaged or coded in an unknown way ({type(error).__name__})"
    return ImageError(str(file), fact, REMEDY)


def _check(file: Path, header: Any) -> None:
    rows, columns = header.get("Rows"), header.get("Columns")
    if not rows or not columns:
        raise ImageError(str(file), "the DICOM file holds no image", "give an image, no report or directory")
    check_size(file, int(columns), int(rows))
    if int(header.get("SamplesPerPixel") or 1) > _MAX_SAMPLES:
        raise ImageError(str(file), "the image has more than four channels", REMEDY)
    if not hasattr(header.file_meta, "TransferSyntaxUID"):
        is_implicit, _ = header.original_encoding
        syntax = ImplicitVRLittleEndian if is_implicit else ExplicitVRLittleEndian
        header.file_meta.TransferSyntaxUID = syntax


def _frames(file: Path, content: Any, header: Any, indices: Sequence[int]) -> Iterator[NDArray[Any]]:
    syntax = header.file_meta.TransferSyntaxUID
    start = content.tell()
    if content.read(1) == b"":
        raise ImageError(str(file), "the DICOM file has no pixel data", REMEDY)
    for index in indices:
        if not syntax.is_encapsulated:
            yield pixel_array(content, index=index, transfer_syntax_uid=syntax)
            continue
        content.seek(start + 12)
        frame = get_frame(content, index, number_of_frames=int(header.get("NumberOfFrames") or 1))
        check_frame(file, frame, header)
        header.PixelData = encapsulate([frame])
        alone: dict[str, Any] = {"number_of_frames": 1, "extended_offsets": None}
        plugin = "pylibjpeg" if syntax == RLELossless else ""
        yield pixel_array(header, index=0, decoding_plugin=plugin, **alone)


def check_frame(file: Path, frame: bytes, header: Any) -> None:
    """Hold a coded frame to the size of the header: its own might be a thousand times larger.

    Raises:
        ImageError: if the two disagree, the frame has more bytes than any code makes, or it lacks its end.
    """
    rows, columns = int(header.Rows), int(header.Columns)
    num_samples = int(header.get("SamplesPerPixel") or 1)
    num_bytes = rows * columns * num_samples * -(-int(header.get("BitsAllocated") or 8) // 8)
    if len(frame) > _MAX_GROWTH * num_bytes + 65_536:
        raise ImageError(str(file), "the coded frame is larger than the image it is to hold", REMEDY)
    if header.file_meta.TransferSyntaxUID == RLELossless:
        return
    size = coded_size(frame)
    if size is None or (size.width, size.height, size.num_components) != (columns, rows, num_samples):
        raise ImageError(str(file), "the coded frame has another size than the header says", REMEDY)
    if END_OF_IMAGE not in frame:
        # Decoders fill up what is missing with grey, and say nothing.
        raise ImageError(str(file), "the coded frame is cut short", REMEDY)
    check_scans(file, frame, rows * columns)
