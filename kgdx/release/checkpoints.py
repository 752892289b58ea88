"""Trained models on disk.

A reasoner, a network of treatments, or those of mechanisms are `config.json` and `weights.safetensors`,
checked against each other; fusion is `fusion.json`.
"""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load, save
from torch import Tensor, nn

from kgdx.domain.errors import BundleError
from kgdx.encoders.base import TextEncoder
from kgdx.evidence.fusion import Fusion
from kgdx.mechanisms.model import MechanismModelSettings, MechanismNetwork
from kgdx.reasoning.calibration import Calibration
from kgdx.reasoning.case_graph import DiagnosticGraph
from kgdx.reasoning.likelihood import LikelihoodSettings
from kgdx.reasoning.messages import MessageNetwork, MessageSettings
from kgdx.reasoning.path_network import ModelSettings, PathNetwork
from kgdx.reasoning.ranking import ReasonerSettings
from kgdx.reasoning.reasoner import Reasoner
from kgdx.treatments.model import TreatmentModelSettings, TreatmentNetwork
from kgdx.treatments.predictor import TreatmentCalibration

CONFIG, WEIGHTS, FUSION = "config.json", "weights.safetensors", "fusion.json"
_REMEDY = "reinstall kgdx, or train anew with `kgdx train reasoner`"
_REMEDY_TREATMENTS = "reinstall kgdx, or train anew with `kgdx train treatments`"
_REMEDY_MECHANISMS = "reinstall kgdx, or train anew with `kgdx train mechanisms`"
_REMEDY_FUSION = "reinstall kgdx, or train anew with `kgdx train fusion`"


@dataclass(frozen=True, eq=False)
class ReasonerCheckpoint:
    """Everything a reasoner is made of but the graph.

    Attributes:
        text_revision: revision of the text encoder whose vectors the network was trained on.
    """

    network: PathNetwork
    messages: MessageNetwork
    settings: ReasonerSettings
    likelihood: LikelihoodSettings
    text_revision: str

    @property
    def _networks(self) -> nn.ModuleDict:
        return nn.ModuleDict({"walks": self.network, "messages": self.messages})

    def reasoner(self, graph: DiagnosticGraph, encoder: TextEncoder, *, is_merging: bool = True) -> Reasoner:
        """These networks on a graph.

        Args:
            encoder: of relation texts; the one that `text_revision` names.
        """
        relations = torch.from_numpy(encoder.encode_texts(graph.directions))
        return Reasoner(
            graph, self.network, self.messages, relations, self.settings, self.likelihood, is_merging
        )

    def write(self, folder: Path) -> None:
        """Write into a folder, which is made if it is not there."""
        config = {
            "model": asdict(self.network.settings),
            "messages": asdict(self.messages.settings),
            "reasoner": asdict(self.settings),
            "likelihood": asdict(self.likelihood),
            "text_revision": self.text_revision,
        }
        _write(folder, config, self._networks)

    @classmethod
    def open(cls, folder: Path) -> "ReasonerCheckpoint":
        """Read a reasoner.

        Raises:
            BundleError: if a file is missing, damaged, or not the one that config.json names.
        """
        with _understood(folder, "holds no reasoner of this version", _REMEDY):
            config, weights = _read(folder, _REMEDY)
            calibration = _calibration(config["reasoner"]["calibration"])
            saved = cls(
                PathNetwork(ModelSettings(**config["model"])),
                MessageNetwork(MessageSettings(**config["messages"])),
                ReasonerSettings(**config["reasoner"] | {"calibration": calibration}),
                LikelihoodSettings(**config["likelihood"]),
                str(config["text_revision"]),
            )
            saved._networks.load_state_dict(weights)
            saved._networks.eval().requires_grad_(False)
            return saved


def _calibration(saved: dict[str, Any]) -> Calibration:
    if tuple(saved["clues"]) != Calibration().clues:
        raise ValueError("calibrated by other clues")
    return Calibration(tuple(saved["weights"]), saved["bias"])


@dataclass(frozen=True, eq=False)
class TreatmentCheckpoint:
    """Everything that predicts treatments but the graph.

    Attributes:
        text_revision: revision of the concept encoder whose vectors the network was trained on.
    """

    network: TreatmentNetwork
    calibration: TreatmentCalibration
    text_revision: str

    def write(self, folder: Path) -> None:
        """Write into a folder, which is made if it is not there."""
        config = {
            "model": asdict(self.network.settings),
            "calibration": asdict(self.calibration),
            "text_revision": self.text_revision,
        }
        _write(folder, config, self.network)

    @classmethod
    def open(cls, folder: Path) -> "TreatmentCheckpoint":
        """Read what `write` wrote.

        Raises:
            BundleError: if a file is missing, damaged, or not the one that config.json names.
        """
        with _understood(folder, "holds no network of treatments of this version", _REMEDY_TREATMENTS):
            config, weights = _read(folder, _REMEDY_TREATMENTS)
            network = TreatmentNetwork(TreatmentModelSettings(**config["model"]))
            network.load_state_dict(weights)
            return cls(
                network.eval().requires_grad_(False),
                TreatmentCalibration(**config["calibration"]),
                str(config["text_revision"]),
            )


@dataclass(frozen=True, eq=False)
class MechanismCheckpoint:
    """Everything that ranks mechanisms but the graph.

    Attributes:
        network: learnt from all pairs.
        fold_networks: each learnt without the drugs and diseases of one fold.
        learnt: what `pair_id` says of a pair that was learnt from -> its fold.
        text_revision: revision of the concept encoder whose vectors the networks were trained on.
    """

    network: MechanismNetwork
    fold_networks: tuple[MechanismNetwork, ...]
    learnt: Mapping[str, int]
    text_revision: str

    @property
    def _networks(self) -> nn.ModuleDict:
        return nn.ModuleDict({"all": self.network, "folds": nn.ModuleList(self.fold_networks)})

    def write(self, folder: Path) -> None:
        """Write into a folder, which is made if it is not there."""
        config = {
            "model": asdict(self.network.settings),
            "folds": len(self.fold_networks),
            "learnt": dict(sorted(self.learnt.items())),
            "text_revision": self.text_revision,
        }
        _write(folder, config, self._networks)

    @classmethod
    def open(cls, folder: Path) -> "MechanismCheckpoint":
        """Read what `write` wrote.

        Raises:
            BundleError: if a file is missing, damaged, or not the one that config.json names.
        """
        with _understood(folder, "holds no networks of mechanisms of this version", _REMEDY_MECHANISMS):
            config, weights = _read(folder, _REMEDY_MECHANISMS)
            settings = MechanismModelSettings(**config["model"])
            saved = cls(
                MechanismNetwork(settings),
                tuple(MechanismNetwork(settings) for _ in range(config["folds"])),
                {str(pair): int(fold) for pair, fold in config["learnt"].items()},
                str(config["text_revision"]),
            )
            saved._networks.load_state_dict(weights)
            saved._networks.eval().requires_grad_(False)
            return saved


def check_concepts(bundle: Path, what: str, trained_with: str, given: str) -> None:
    """Hold the concept encoder that networks were trained with against that of their bundle.

    Args:
        what: `treatments` or `mechanisms`.
        trained_with, given: revisions.

    Raises:
        BundleError: if they differ.
    """
    if trained_with != given:
        fact = f"its {what} were trained with concept encoder {trained_with}, not {given}"
        raise BundleError(str(bundle), fact, f"train them anew with `kgdx train {what}`")


def pair_id(drug: str, disease: str) -> str:
    """16 hexadecimal digits by which a pair of a drug and a disease is known again."""
    return sha256(f"{drug} {disease}".encode()).hexdigest()[:16]


def _write(folder: Path, config: dict[str, Any], network: nn.Module) -> None:
    """Weights, and beside them what they were made with and their digest."""
    folder.mkdir(parents=True, exist_ok=True)
    weights = save({name: value.contiguous() for name, value in network.state_dict().items()})
    told = config | {"sha256": sha256(weights).hexdigest()}
    (folder / WEIGHTS).write_bytes(weights)
    (folder / CONFIG).write_text(json.dumps(told, indent=1) + "\n", encoding="utf-8")


def _read(folder: Path, remedy: str) -> tuple[dict[str, Any], dict[str, Tensor]]:
    """What `_write` wrote, checked against each other."""
    try:
        config: dict[str, Any] = json.loads((folder / CONFIG).read_text(encoding="utf-8"))
        weights = (folder / WEIGHTS).read_bytes()
    except OSError as error:
        raise BundleError(str(folder), f"cannot be read ({error.strerror})", remedy) from error
    if sha256(weights).hexdigest() != config["sha256"]:
        raise BundleError(str(folder / WEIGHTS), "is not the file that config.json names", remedy)
    return config, load(weights)


@contextmanager
def _understood(folder: Path, fact: str, remedy: str) -> Iterator[None]:
    """Whatever a damaged or foreign file makes go wrong is one error."""
    try:
        yield
    except BundleError:
        raise
    except (ValueError, KeyError, TypeError, RuntimeError, SafetensorError) as error:
        raise BundleError(str(folder), fact, remedy) from error


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
