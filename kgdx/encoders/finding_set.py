"""The findings of an image model: prompts and calibration of each."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Self

from kgdx.encoders.checkpoint import CheckpointFiles, write_json

_CHANCE = 0.5
_FILES = CheckpointFiles("a finding set", "calibrate it with `kgdx train prompts`")


@dataclass(frozen=True, slots=True)
class ImageFinding:
    """One finding and the calibration of its similarity difference.

    With s = mean similarity to `prompts` minus mean similarity to `absent_prompts`, the posterior on data
    like the calibration data is sigmoid(slope * s + intercept).

    Attributes:
        curie: the finding, a node of the graph.
        name: its name.
        prompts: phrasings of its presence.
        absent_prompts: phrasings of its absence.
        slope: of the logistic, per unit of similarity.
        intercept: of the logistic, natural log odds.
        prior: share of calibration images with the finding, in (0, 1).
        reliability: factor in [0, 1] on the log-likelihood ratio: how far the calibration data are trusted.
        heldout_auc: area under the ROC curve on calibration images, which no weight was fitted on.
        calibrated_on: name of the calibration data.
    """

    curie: str
    name: str
    prompts: tuple[str, ...]
    absent_prompts: tuple[str, ...]
    slope: float
    intercept: float
    prior: float
    reliability: float
    heldout_auc: float
    calibrated_on: str


@dataclass(frozen=True, slots=True)
class Domain:
    """What the model takes for a chest radiograph.

    Attributes:
        prompts: phrasings of "a chest radiograph".
        absent_prompts: phrasings of "none".
        least_margin: an image whose similarity difference is lower is refused.
        centroids: K unit vectors, the kinds of training image.
        least_likeness: an image whose cosine to every centroid is lower is refused.
    """

    prompts: tuple[str, ...]
    absent_prompts: tuple[str, ...]
    least_margin: float
    centroids: tuple[tuple[float, ...], ...]
    least_likeness: float


@dataclass(frozen=True, slots=True)
class FindingSet:
    """All findings of one image model, and the images it is for."""

    findings: tuple[ImageFinding, ...]
    domain: Domain

    def to_json(self) -> dict[str, Any]:
        """A JSON object that `from_json` reads back, coordinates rounded to five digits."""
        centroids = tuple(tuple(round(value, 5) for value in row) for row in self.domain.centroids)
        return asdict(replace(self, domain=replace(self.domain, centroids=centroids)))

    @classmethod
    def from_json(cls, content: Mapping[str, Any]) -> Self:
        """Read what `to_json` wrote.

        Raises:
            KeyError, TypeError, ValueError: if a field is missing, unknown or of another kind.
        """
        raw = content["domain"]
        domain = Domain(
            prompts=tuple(raw["prompts"]),
            absent_prompts=tuple(raw["absent_prompts"]),
            least_margin=float(raw["least_margin"]),
            centroids=tuple(tuple(float(value) for value in row) for row in raw["centroids"]),
            least_likeness=float(raw["least_likeness"]),
        )
        return cls(tuple(_finding(entry) for entry in content["findings"]), domain)


def _finding(entry: Mapping[str, Any]) -> ImageFinding:
    listed = {key: tuple(entry[key]) for key in ("prompts", "absent_prompts")}
    return ImageFinding(**{**entry, **listed})


def write_findings(path: Path, findings: FindingSet, encoder: str) -> None:
    """Write a finding set with the revision of the encoder that it belongs to."""
    write_json(path, {"encoder": encoder, **findings.to_json()})


def read_findings(path: Path, encoder: str) -> FindingSet:
    """Read what `write_findings` wrote.

    Raises:
        BundleError: if the file is missing, malformed, or belongs to another encoder.
    """
    content = _FILES.read_json(path)
    with _FILES.parsing(path):
        revision = content["encoder"]
        if revision != encoder:
            raise _FILES.error(path, f"belongs to encoder {revision}, not {encoder}")
        read = FindingSet.from_json(content)
        # One that was written by force gives no evidence.
        return replace(read, findings=tuple(each for each in read.findings if each.heldout_auc > _CHANCE))
