"""Image files of every format that is read, made of drawn shapes; the same call makes the same file."""

import gzip
import io
from typing import Any

import nibabel
import numpy as np
from numpy.typing import NDArray
from PIL import Image
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
    RLELossless,
    SecondaryCaptureImageStorage,
)


def seeds() -> dict[str, bytes]:
    """Sound files by name."""
    grey = drawn(72, 64)
    deep = (grey.astype(np.uint16) << 4) + 7
    files = {
        "explicit.dcm": dicom(deep),
        "window.dcm": dicom(deep.astype(np.int16), RescaleSlope=1, RescaleIntercept=-1024, WindowWidth=400),
        "implicit.dcm": dicom(deep, syntax=ImplicitVRLittleEndian),
        "big-endian.dcm": dicom(deep.astype(">u2"), syntax=ExplicitVRBigEndian),
        "frames.dcm": dicom(np.stack([deep] * 5), NumberOfFrames=5),
        "rgb.dcm": dicom(np.stack([grey] * 3, axis=-1)),
        "rle.dcm": dicom(deep, compress=RLELossless),
        "jpeg2000.dcm": dicom(deep, compress=JPEG2000Lossless),
        "jpeg.dcm": dicom(grey, frame=saved(grey, "JPEG"), syntax=JPEGBaseline8Bit),
        "deflated.dcm": dicom(deep, syntax=DeflatedExplicitVRLittleEndian),
        "grey.png": saved(grey, "PNG"),
        "deep.png": saved(deep, "PNG"),
        "colour.png": saved(np.stack([grey] * 3, axis=-1), "PNG"),
        "grey.jpg": saved(grey, "JPEG"),
        "progressive.jpg": saved(grey, "JPEG", progressive=True),
        "grey.tif": saved(grey, "TIFF"),
        "lzw.tif": saved(deep, "TIFF", compression="tiff_lzw"),
        "deflate.tif": saved(grey, "TIFF", compression="tiff_adobe_deflate"),
        "volume.nii": nifti(np.stack([deep.astype(np.int16)] * 6, axis=-1)),
    }
    files["volume.nii.gz"] = gzip.compress(files["volume.nii"], mtime=0)
    return files


def drawn(height: int, width: int) -> NDArray[np.uint8]:
    """A shaded disc on black."""
    rows, columns = np.mgrid[-1 : 1 : height * 1j, -1 : 1 : width * 1j]
    body = np.where(rows**2 + columns**2 < 0.8, 150 + 60 * rows, 5)
    return np.asarray(body, dtype=np.uint8)


def saved(pixels: NDArray[Any], kind: str, **options: Any) -> bytes:
    """A file of a kind that Pillow writes."""
    target = io.BytesIO()
    if kind == "JPEG2000":
        options["no_jp2"] = True
    Image.fromarray(pixels).save(target, kind, **options)
    return target.getvalue()


def dicom(
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


def nifti(volume: NDArray[Any]) -> bytes:
    """An uncompressed NIfTI file, one millimetre a voxel."""
    content: bytes = nibabel.Nifti1Image(volume, np.eye(4)).to_bytes()  # type: ignore[no-untyped-call]
    return content
