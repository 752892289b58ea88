"""Image files drawn for tests."""

from pathlib import Path
from typing import Any

import nibabel
import numpy as np
from PIL import Image
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import (
    CTImageStorage,
    ExplicitVRLittleEndian,
    JPEG2000Lossless,
    RLELossless,
    SecondaryCaptureImageStorage,
)

CODECS = {"rle": RLELossless, "jpeg2000": JPEG2000Lossless}


def phantom(height: int = 160, width: int = 200) -> np.ndarray:
    """(H, W) in [0, 1]: a bright ellipse with darker ones inside, on black, with some noise."""
    rows, columns = np.mgrid[-1 : 1 : height * 1j, -1 : 1 : width * 1j]
    body = np.where((rows / 0.8) ** 2 + (columns / 0.7) ** 2 < 1, 0.6, 0.02)
    for centre in (-0.3, 0.3):
        body[((rows / 0.5) ** 2 + ((columns - centre) / 0.2) ** 2) < 1] = 0.2
    noise = np.random.default_rng(4).normal(0, 0.01, body.shape)
    return np.clip(body + noise, 0, 1)


def dicom(path: Path, stored: np.ndarray, *, codec: str = "", frames: int = 0, **extra: Any) -> Path:
    """Write an array of stored values as a DICOM file; `extra` attributes go over all others."""
    dataset = Dataset()
    dataset.file_meta = FileMetaDataset()
    sop_class = CTImageStorage if extra.get("Modality") == "CT" else SecondaryCaptureImageStorage
    dataset.file_meta.MediaStorageSOPClassUID = dataset.SOPClassUID = sop_class
    dataset.file_meta.MediaStorageSOPInstanceUID = dataset.SOPInstanceUID = extra.get(
        "SOPInstanceUID", "1.2.3"
    )
    dataset.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    dataset.SamplesPerPixel = stored.shape[-1] if stored.ndim == 3 and not frames else 1
    dataset.PhotometricInterpretation = "RGB" if dataset.SamplesPerPixel == 3 else "MONOCHROME2"
    if dataset.SamplesPerPixel == 3:
        dataset.PlanarConfiguration = 0
    if frames:
        dataset.NumberOfFrames = frames
    dataset.Rows, dataset.Columns = stored.shape[1:3] if frames else stored.shape[:2]
    dataset.BitsAllocated = dataset.BitsStored = stored.dtype.itemsize * 8
    dataset.HighBit = dataset.BitsStored - 1
    dataset.PixelRepresentation = int(stored.dtype.kind == "i")
    dataset.PixelData = stored.tobytes() + b"\0" * (stored.nbytes % 2)
    for keyword, value in extra.items():
        setattr(dataset, keyword, value)
    if codec:
        dataset.compress(CODECS[codec], generate_instance_uid=False)
    dataset.save_as(path, enforce_file_format=True)
    return path


def nifti(path: Path, volume: np.ndarray, affine: np.ndarray | None = None, **texts: str) -> Path:
    """Write a volume with free texts in its header."""
    image = nibabel.Nifti1Image(volume, np.eye(4) if affine is None else affine)
    for name, text in texts.items():
        image.header[name] = text.encode()
    nibabel.save(image, path)
    return path


def grey(values: np.ndarray) -> Image.Image:
    """(H, W) in [0, 1] as an 8-bit picture."""
    return Image.fromarray(np.rint(values * 255).astype(np.uint8))
