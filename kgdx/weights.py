"""A trained reasoner on disk: `config.json` and `weights.safetensors`, checked against each other."""

import json
from dataclasses import asdict, dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

from safetensors import SafetensorError
from safetensors.torch import load, save

from kgdx.domain.errors import BundleError
from kgdx.reasoning.likelihood import LikelihoodSettings
from kgdx.reasoning.model import ModelSettings, PathNetwork
from kgdx.reasoning.reasoner import ReasonerSettings

CONFIG, WEIGHTS = "config.json", "weights.safetensors"
_REMEDY = "reinstall kgdx, or train anew with `kgdx train reasoner`"


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
