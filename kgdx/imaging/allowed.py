"""Attributes of a DICOM header that a de-identified copy may keep: geometry, grey scale, codes.

The basic application level confidentiality profile (PS3.15, Annex E) lists what has to go. Here is listed
what may stay, so that nothing slips through for being private, retired, misspelt or new. A test holds the
two against each other.
"""

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from pydicom.datadict import dictionary_VR, keyword_for_tag

from kgdx.imaging.contrast import BODY_PARTS
from kgdx.imaging.display import MODALITIES

# Numbers, and tables of numbers.
_NUMBERS = """
Rows Columns NumberOfFrames InstanceNumber SamplesPerPixel PlanarConfiguration
BitsAllocated BitsStored HighBit PixelRepresentation LossyImageCompressionRatio
SmallestImagePixelValue LargestImagePixelValue PixelPaddingValue PixelPaddingRangeLimit
RescaleIntercept RescaleSlope WindowCenter WindowWidth LUTDescriptor LUTData
RedPaletteColorLookupTableDescriptor GreenPaletteColorLookupTableDescriptor
BluePaletteColorLookupTableDescriptor
RedPaletteColorLookupTableData GreenPaletteColorLookupTableData BluePaletteColorLookupTableData
PixelSpacing ImagerPixelSpacing NominalScannedPixelSpacing PixelAspectRatio
ImagePositionPatient ImageOrientationPatient SliceLocation SliceThickness SpacingBetweenSlices
KVP DistanceSourceToDetector DistanceSourceToPatient GantryDetectorTilt ReconstructionDiameter
EchoTime FlipAngle FrameTime InversionTime MagneticFieldStrength RepetitionTime
PhysicalDeltaX PhysicalDeltaY PhysicalUnitsXDirection PhysicalUnitsYDirection
RegionLocationMinX0 RegionLocationMinY0 RegionLocationMaxX1 RegionLocationMaxY1
"""
NUMBERS = frozenset(_NUMBERS.split())

_PHOTOMETRIC = frozenset(
    ["MONOCHROME1", "MONOCHROME2", "PALETTE COLOR", "RGB", "YBR_FULL", "YBR_FULL_422", "YBR_ICT", "YBR_RCT"]
)
_POSITIONS = frozenset(f"{first}{second}" for first in ("HF", "FF") for second in ("P", "S", "DR", "DL"))
_IMAGE_TYPES = frozenset(
    {"ORIGINAL", "DERIVED", "PRIMARY", "SECONDARY", "AXIAL", "LOCALIZER", "MPR", "REFORMATTED"}
    | {"PROJECTION IMAGE", "MAXIMUM", "MINIMUM", "MEAN", "VOLUME", "NONE", "OTHER", ""}
)
_UNITS = frozenset({"HU", "HU_MOD", "US", "OD", "MGML", "PCT", "Z_EFF"})

# Codes, each with the values that may stay.
CODES: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        "BodyPartExamined": frozenset(BODY_PARTS),
        "BurnedInAnnotation": frozenset({"YES", "NO"}),
        "ConversionType": frozenset({"DV", "DI", "DF", "WSD", "SD", "SI", "DRW", "SYN"}),
        "ImageLaterality": frozenset({"R", "L", "U", "B"}),
        "ImageType": _IMAGE_TYPES,
        "Laterality": frozenset({"R", "L", ""}),
        "LossyImageCompression": frozenset({"00", "01"}),
        "LossyImageCompressionMethod": frozenset({"ISO_10918_1", "ISO_14495_1", "ISO_15444_1"}),
        "Modality": MODALITIES,
        "ModalityLUTType": _UNITS,
        "PatientOrientation": frozenset(
            {"A", "P", "L", "R", "H", "F", ""} | {first + second for first in "APLRHF" for second in "APLRHF"}
        ),
        "PatientPosition": _POSITIONS,
        "PhotometricInterpretation": _PHOTOMETRIC,
        "PixelIntensityRelationship": frozenset({"LIN", "LOG", "DISP"}),
        "PresentationIntentType": frozenset({"FOR PRESENTATION", "FOR PROCESSING"}),
        "PresentationLUTShape": frozenset({"IDENTITY", "INVERSE"}),
        "RescaleType": _UNITS,
        "ViewPosition": frozenset({"AP", "PA", "LL", "RL", "RLD", "LLD", "RLO", "LLO", "CC", "MLO"}),
        "VOILUTFunction": frozenset({"LINEAR", "LINEAR_EXACT", "SIGMOID"}),
    }
)

# Sequences; of their items again only what is listed stays.
_SEQUENCES = """
SharedFunctionalGroupsSequence PerFrameFunctionalGroupsSequence PixelMeasuresSequence
PlanePositionSequence PlaneOrientationSequence PixelValueTransformationSequence
ModalityLUTSequence VOILUTSequence FrameVOILUTSequence SequenceOfUltrasoundRegions
"""
SEQUENCES = frozenset(_SEQUENCES.split())

# Identifiers of objects, replaced.
UIDS = frozenset({"FrameOfReferenceUID", "SeriesInstanceUID", "SOPInstanceUID", "StudyInstanceUID"})

# Attributes that an image must have, and may have empty.
_EMPTY = """
AccessionNumber PatientBirthDate PatientID PatientName PatientSex
ReferringPhysicianName SeriesNumber StudyDate StudyID StudyTime
"""
EMPTY = tuple(_EMPTY.split())

_TABLES = {"OW", "OB"}
_NUMBER = re.compile(r"[+-]?(\d{1,6}(\.\d*)?|\.\d+)([eE][+-]?\d{1,2})?")


def may_stay(element: Any) -> bool:
    """Whether an element that is no sequence and no UID may stay: listed, of its own VR, of a plain value."""
    keyword = keyword_for_tag(element.tag)
    if keyword not in NUMBERS and keyword not in CODES:
        return False
    if not set(element.VR.split(" or ")) <= set(dictionary_VR(element.tag).split(" or ")):
        return False
    values = [element.value] if isinstance(element.value, str | bytes) or element.VM < 2 else element.value
    if keyword in CODES:
        return all(str(value) in CODES[keyword] for value in values)
    if element.VR in _TABLES:
        return isinstance(element.value, bytes)
    is_number = _is_plain if element.VR in {"DS", "IS"} else _is_binary
    return all(is_number(value) for value in values)


def _is_plain(value: Any) -> bool:
    """A number of at most six digits before the point: too short to identify."""
    return _NUMBER.fullmatch(str(getattr(value, "original_string", value)).strip()) is not None


def _is_binary(value: Any) -> bool:
    return isinstance(value, int | float)
