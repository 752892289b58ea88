"""Windows for CT: which Hounsfield units are black, which are white, for each part of the body.

The numbers are those of common teaching: brain, lung, mediastinum, abdomen and bone as in Radiopaedia's
article "Windowing (CT)".
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Window:
    """A window in Hounsfield units."""

    centre: float
    width: float


WINDOWS: Mapping[str, Window] = MappingProxyType(
    {
        "brain": Window(40, 80),
        "lung": Window(-600, 1500),
        "mediastinum": Window(50, 350),
        "soft tissue": Window(50, 400),
        "abdomen": Window(50, 400),
        "bone": Window(400, 1800),
    }
)

# Words of BodyPartExamined (PS3.16, Annex L) and the window of each. What is not listed is not kept.
BODY_PARTS: Mapping[str, str] = MappingProxyType(
    {
        "HEAD": "brain",
        "BRAIN": "brain",
        "SKULL": "bone",
        "ORBIT": "soft tissue",
        "SINUS": "bone",
        "NECK": "soft tissue",
        "CHEST": "mediastinum",
        "THORAX": "mediastinum",
        "LUNG": "lung",
        "HEART": "mediastinum",
        "MEDIASTINUM": "mediastinum",
        "BREAST": "soft tissue",
        "ABDOMEN": "abdomen",
        "ABDOMENPELVIS": "abdomen",
        "CHESTABDOMEN": "abdomen",
        "CHESTABDPELVIS": "abdomen",
        "LIVER": "abdomen",
        "KIDNEY": "abdomen",
        "PANCREAS": "abdomen",
        "PELVIS": "abdomen",
        "SPINE": "bone",
        "CSPINE": "bone",
        "TSPINE": "bone",
        "LSPINE": "bone",
        "SHOULDER": "bone",
        "ELBOW": "bone",
        "WRIST": "bone",
        "HAND": "bone",
        "HIP": "bone",
        "FEMUR": "bone",
        "KNEE": "bone",
        "ANKLE": "bone",
        "FOOT": "bone",
        "EXTREMITY": "bone",
        "ARM": "bone",
        "LEG": "bone",
    }
)
_LUNG_WORDS = ("LUNG", "PULM", "HRCT")


def body_part(word: str) -> str:
    """The word as listed in BODY_PARTS, or empty: free text of a header goes no further."""
    plain = "".join(letter for letter in word.upper() if letter.isalpha())
    return plain if plain in BODY_PARTS else ""


def part_in_words(words: str) -> str:
    """The first body part that a protocol or series description names, or empty."""
    return next((part for part in map(body_part, words.replace("_", " ").split()) if part), "")


def names_lungs(words: str) -> bool:
    """Whether a protocol, description or kernel is one for the lungs."""
    return any(word in words.upper() for word in _LUNG_WORDS)


def window_for(part: str, wants_lungs: bool) -> Window:
    """The window of a CT image; soft tissue where the part is not known."""
    name = BODY_PARTS.get(part, "soft tissue")
    return WINDOWS["lung" if wants_lungs and name in {"mediastinum", "soft tissue"} else name]


def apply_window(hounsfield: NDArray[np.float32], window: Window) -> NDArray[np.float32]:
    """(H, W) Hounsfield units to [0, 1]: black below the window, white above it."""
    low = window.centre - window.width / 2
    return np.asarray(np.clip((hounsfield - low) / window.width, 0, 1), dtype=np.float32)
