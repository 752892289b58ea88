"""Trained models on disk.

A reasoner, or a network of treatments, is `config.json` and `weights.safetensors`, checked against each
other; fusion is `fusion.json`.
"""

import json
from dataclasses import asdict, dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

from safetensors import SafetensorError
from safetensors.torch import load, save

from kgdx.domain.errors import BundleError
from kgdx.evidence.fusion import Fusion
from kgdx.reasoning.likelihood import LikelihoodSettings
from kgdx.reasoning.model import ModelSettings, PathNetwork
from kgdx.reasoning.predicted_treatments import TreatmentCalibration
from kgdx.reasoning.reasoner import ReasonerSettings
from kgdx.reasoning.treatment_model import TreatmentModelSettings, TreatmentNetwork

CONFIG, WEIGHTS, FUSION = "config.json", "weights.safetensors", "fusion.json"
_REMEDY = "reinstall kgdx, or train anew with `kgdx train reasoner`"
_REMEDY_TREATMENTS = "reinstall kgdx, or train anew with `kgdx train treatments`"
_REMEDY_FUSION = "reinstall kgdx, or train anew with `kgdx train fusion`"


@dataclass(frozen=True, eq=False)
class SavedReasoner:
    """Everything a reasoner is made of but the graph.

    Attributes:
        text_revision: revision of the text encoder whose vectors the network was trained on.
    """

    network: PathNetwork
    settings: ReasonerSettings
    likelihood: LikelihoodSettings
    text_revision: str

    def write(self, folder: Path) -> None:
        """Write into a folder, which is made if it is not there."""
        folder.mkdir(parents=True, exist_ok=True)
        weights = save({name: value.contiguous() for name, value in self.network.state_dict().items()})
        config = {
            "model": asdict(self.network.settings),
            "reasoner": asdict(self.settings),
            "likelihood": asdict(self.likelihood),
            "text_revision": self.text_revision,
            "sha256": sha256(weights).hexdigest(),
        }
        (folder / WEIGHTS).write_bytes(weights)
        (folder / CONFIG).write_text(json.dumps(config, indent=1) + "\n", encoding="utf-8")

    @classmethod
    def open(cls, folder: Path) -> "SavedReasoner":
        """Read a reasoner.

        Raises:
            BundleError: if a file is missing, damaged, or not the one that config.json names.
        """
        try:
            config: dict[str, Any] = json.loads((folder / CONFIG).read_text(encoding="utf-8"))
            weights = (folder / WEIGHTS).read_bytes()
            if sha256(weights).hexdigest() != config["sha256"]:
                raise BundleError(str(folder / WEIGHTS), "is not the file that config.json names", _REMEDY)
            network = PathNetwork(ModelSettings(**config["model"]))
            network.load_state_dict(load(weights))
            return cls(
                network.eval().requires_grad_(False),
                ReasonerSettings(**config["reasoner"]),
                LikelihoodSettings(**config["likelihood"]),
                str(config["text_revision"]),
            )
        except OSError as error:
            raise BundleError(str(folder), f"cannot be read ({error.strerror})", _REMEDY) from error
        except (ValueError, KeyError, TypeError, RuntimeError, SafetensorError) as error:
            if isinstance(error, BundleError):
                raise
            raise BundleError(str(folder), "holds no reasoner of this version", _REMEDY) from error


@dataclass(frozen=True, eq=False)
class SavedTreatments:
    """Everything that predicts treatments but the graph.

    Attributes:
        text_revision: revision of the concept encoder whose vectors the network was trained on.
    """

    network: TreatmentNetwork
    calibration: TreatmentCalibration
    text_revision: str

    def write(self, folder: Path) -> None:
        """Write into a folder, which is made if it is not there."""
        folder.mkdir(parents=True, exist_ok=True)
        weights = save({name: value.contiguous() for name, value in self.network.state_dict().items()})
        config = {
            "model": asdict(self.network.settings),
            "calibration": asdict(self.calibration),
            "text_revision": self.text_revision,
            "sha256": sha256(weights).hexdigest(),
        }
        (folder / WEIGHTS).write_bytes(weights)
        (folder / CONFIG).write_text(json.dumps(config, indent=1) + "\n", encoding="utf-8")

    @classmethod
    def open(cls, folder: Path) -> "SavedTreatments":
        """Read what `write` wrote.

        Raises:
            BundleError: if a file is missing, damaged, or not the one that config.json names.
        """
        try:
            config: dict[str, Any] = json.loads((folder / CONFIG).read_text(encoding="utf-8"))
            weights = (folder / WEIGHTS).read_bytes()
            if sha256(weights).hexdigest() != config["sha256"]:
                fact = "is not the file that config.json names"
                raise BundleError(str(folder / WEIGHTS), fact, _REMEDY_TREATMENTS)
            network = TreatmentNetwork(TreatmentModelSettings(**config["model"]))
            network.load_state_dict(load(weights))
            return cls(
                network.eval().requires_grad_(False),
                TreatmentCalibration(**config["calibration"]),
                str(config["text_revision"]),
            )
        except OSError as error:
            fact = f"cannot be read ({error.strerror})"
            raise BundleError(str(folder), fact, _REMEDY_TREATMENTS) from error
        except (ValueError, KeyError, TypeError, RuntimeError, SafetensorError) as error:
            if isinstance(error, BundleError):
                raise
            fact = "holds no network of treatments of this version"
            raise BundleError(str(folder), fact, _REMEDY_TREATMENTS) from error


def write_fusion(fusion: Fusion, folder: Path) -> None:
    """Write into a folder, which is made if it is not there."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / FUSION).write_text(json.dumps(fusion.to_json()) + "\n", encoding="utf-8")


def open_fusion(folder: Path, revision: str) -> Fusion:
    """Read what `write_fusion` wrote.

    Args:
        revision: of the image-text model that it is to work with.

    Raises:
        BundleError: if the file is missing, damaged, or trained with another model.
    """
    path = folder / FUSION
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise BundleError(str(path), f"cannot be read ({error.strerror})", _REMEDY_FUSION) from error
    except ValueError as error:
        raise BundleError(str(path), "is not JSON", _REMEDY_FUSION) from error
    fusion = Fusion.from_json(content, str(path))
    if fusion.revision != revision:
        fact = f"was trained with image-text model {fusion.revision}, not {revision}"
        raise BundleError(str(path), fact, _REMEDY_FUSION)
    return fusion
