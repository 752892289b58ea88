"""Trained models of the graph on disk.

A reasoner, a network of treatments, or those of mechanisms are `config.json` and `weights.safetensors`,
checked against each other; fusion is `fusion.json`.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

import torch
from torch import nn

from kgdx.domain.errors import BundleError
from kgdx.encoders.base import TextEncoder
from kgdx.encoders.checkpoint import (
    CONFIG,
    WEIGHTS,
    CheckpointFiles,
    digest_of,
    pack,
    restore,
    write_checkpoint,
    write_json,
)
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

FUSION = "fusion.json"


def _files(content: str, command: str) -> CheckpointFiles:
    return CheckpointFiles(content, f"reinstall kgdx, or train anew with `kgdx train {command}`")


_REASONER = _files("a reasoner", "reasoner")
_TREATMENTS = _files("a network of treatments", "treatments")
_MECHANISMS = _files("networks of mechanisms", "mechanisms")
_FUSION = _files("a fusion", "fusion")


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
        with _REASONER.parsing(folder):
            config, weights = _read(folder, _REASONER)
            calibration = _calibration(config["reasoner"]["calibration"])
            saved = cls(
                PathNetwork(ModelSettings(**config["model"])),
                MessageNetwork(MessageSettings(**config["messages"])),
                ReasonerSettings(**config["reasoner"] | {"calibration": calibration}),
                LikelihoodSettings(**config["likelihood"]),
                str(config["text_revision"]),
            )
            restore(saved._networks, weights)
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
        with _TREATMENTS.parsing(folder):
            config, weights = _read(folder, _TREATMENTS)
            return cls(
                restore(TreatmentNetwork(TreatmentModelSettings(**config["model"])), weights),
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
        with _MECHANISMS.parsing(folder):
            config, weights = _read(folder, _MECHANISMS)
            settings = MechanismModelSettings(**config["model"])
            saved = cls(
                MechanismNetwork(settings),
                tuple(MechanismNetwork(settings) for _ in range(config["folds"])),
                {str(pair): int(fold) for pair, fold in config["learnt"].items()},
                str(config["text_revision"]),
            )
            restore(saved._networks, weights)
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
    weights = pack(network)
    write_checkpoint(folder, config | {"sha256": digest_of(weights)}, {WEIGHTS: weights})


def _read(folder: Path, files: CheckpointFiles) -> tuple[dict[str, Any], bytes]:
    """Config and weights that `_write` wrote, checked against each other."""
    config = files.read_json(folder / CONFIG)
    return config, files.read_named(folder / WEIGHTS, config["sha256"])


def write_fusion(fusion: Fusion, folder: Path) -> None:
    """Write into a folder, which is made if it is not there."""
    write_json(folder / FUSION, fusion.to_json(), indent=None)


def open_fusion(folder: Path, revision: str) -> Fusion:
    """Read what `write_fusion` wrote.

    Args:
        revision: of the image-text model that it is to work with.

    Raises:
        BundleError: if the file is missing, damaged, or trained with another model.
    """
    path = folder / FUSION
    with _FUSION.parsing(path):
        fusion = Fusion.from_json(_FUSION.read_json(path))
    if fusion.revision != revision:
        raise _FUSION.error(path, f"was trained with image-text model {fusion.revision}, not {revision}")
    return fusion
