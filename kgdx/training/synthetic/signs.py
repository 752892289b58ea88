"""The radiographic findings that the bundled image model knows, and how people word them.

The identifiers are terms of the Human Phenotype Ontology that the releases of 2023 and 2024 share; a
finding that HPO lacks has an identifier of our own, as in the starter graph.
"""

from dataclasses import dataclass
from typing import Literal

Side = Literal["left", "right", ""]


@dataclass(frozen=True, slots=True)
class Sign:
    """One finding in one image; `side` is the patient's, empty where the finding has none."""

    curie: str
    side: Side = ""


@dataclass(frozen=True, slots=True)
class SignKind:
    """A kind of finding and its wording.

    Attributes:
        curie: its node in the graph.
        name: the name of that node.
        is_sided: whether it is left, right or both.
        nouns: phrases that name it, without article; a side may be put in front.
        normals: sentences that deny it in words of their own, beside "no <noun>".
    """

    curie: str
    name: str
    is_sided: bool
    nouns: tuple[str, ...]
    normals: tuple[str, ...] = ()


EFFUSION = "HP:0002202"
CARDIOMEGALY = "HP:0001640"
PNEUMOTHORAX = "HP:0002107"
CONSOLIDATION = "HP:0032177"
NODULE = "HP:0033608"
ATELECTASIS = "HP:0100750"
INTERSTITIAL = "HP:0002207"
HYPERINFLATION = "kgdx:lung-hyperinflation"
HILAR = "kgdx:hilar-enlargement"
OPACITY = "HP:0031457"
RADIOGRAPH = "kgdx:chest-radiograph"

KINDS: tuple[SignKind, ...] = (
    SignKind(
        EFFUSION,
        "Pleural effusion",
        True,
        ("pleural effusion", "pleural fluid", "blunted costophrenic angle", "fluid around the lung"),
        ("the costophrenic angles are sharp", "clear costophrenic angles", "pleural spaces are clear"),
    ),
    SignKind(
        CARDIOMEGALY,
        "Cardiomegaly",
        False,
        ("cardiomegaly", "enlarged heart", "enlarged cardiac silhouette", "increased heart size"),
        ("heart size is normal", "normal cardiac silhouette", "the heart is not enlarged"),
    ),
    SignKind(
        PNEUMOTHORAX,
        "Pneumothorax",
        True,
        ("pneumothorax", "collapsed lung", "pleural air", "visible visceral pleural line"),
        ("no pleural air is seen", "lungs are fully expanded"),
    ),
    SignKind(
        CONSOLIDATION,
        "Parenchymal consolidation",
        True,
        ("consolidation", "airspace consolidation", "parenchymal consolidation", "dense airspace disease"),
        ("no focal airspace disease", "without consolidation"),
    ),
    SignKind(
        NODULE,
        "Pulmonary nodule",
        True,
        ("pulmonary nodule", "lung nodule", "spot on the lung", "round nodular opacity"),
        ("no nodule or mass", "without nodules"),
    ),
    SignKind(
        ATELECTASIS,
        "Atelectasis",
        True,
        ("atelectasis", "linear atelectasis", "volume loss", "bandlike atelectasis"),
        ("no volume loss", "without atelectasis"),
    ),
    SignKind(
        INTERSTITIAL,
        "Diffuse reticular or finely nodular infiltrations",
        False,
        (
            "interstitial opacities",
            "reticular opacities",
            "increased interstitial markings",
            "reticulonodular opacities",
        ),
        ("normal interstitial markings", "no reticulation"),
    ),
    SignKind(
        HYPERINFLATION,
        "lung hyperinflation",
        False,
        ("hyperinflation", "hyperinflated lungs", "flattened diaphragm", "overexpanded lungs"),
        ("normal lung volumes", "the diaphragm is not flattened"),
    ),
    SignKind(
        HILAR,
        "hilar enlargement",
        False,
        ("hilar enlargement", "enlarged hila", "hilar fullness", "prominent hila"),
        ("normal hila", "hilar contours are normal"),
    ),
    SignKind(
        OPACITY,
        "Pulmonary opacity",
        False,
        ("pneumonia", "pulmonary opacity", "lung opacities", "pulmonary infiltrates"),
        ("normal chest radiograph, clear lungs", "the lungs are clear", "clear lungs"),
    ),
)

BY_CURIE = {kind.curie: kind for kind in KINDS}


def sides_of(kind: SignKind) -> tuple[Side, ...]:
    """The sides on which the finding can be."""
    return ("left", "right") if kind.is_sided else ("",)
