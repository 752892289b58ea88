"""Trained models on disk: a JSON config that names the SHA-256 of the files beside it.

The one reader and writer of them. A missing, damaged or foreign file is one `BundleError` with the remedy.
Torch is imported only where a network is packed or restored: the concept encoder opens without it.
"""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import file_digest, sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from safetensors import SafetensorError

from kgdx.domain.errors import BundleError
from kgdx.encoders.config_bounds import out_of_bounds
from kgdx.whole_files import write_whole

if TYPE_CHECKING:
    from torch.nn import Module

    Network = TypeVar("Network", bound=Module)

CONFIG, WEIGHTS = "config.json", "weights.safetensors"
_DAMAGED = (
    ArithmeticError,
    AttributeError,
    IndexError,
    KeyError,
    RuntimeError,
    SafetensorError,
    TypeError,
    ValueError,
)


@dataclass(frozen=True, slots=True)
class CheckpointFiles:
    """Reads the files of one kind of model.

    Attributes:
        content: what a folder of it holds, as in "an image tower".
        remedy: what to do where it does not.
    """

    content: str
    remedy: str

    def read(self, path: Path) -> bytes:
        """A file.

        Raises:
            BundleError: if it cannot be read.
        """
        try:
            return path.read_bytes()
        except OSError as error:
            raise self.error(path, f"cannot be read ({error.strerror})") from error

    def read_json(self, path: Path) -> dict[str, Any]:
        """A JSON object.

        Raises:
            BundleError: if the file cannot be read or is something else.
        """
        content = self.read(path)
        try:
            value = json.loads(content)
        except (ValueError, RecursionError) as error:
            raise self.error(path, "is not JSON") from error
        if not isinstance(value, dict):
            raise self.error(path, "is not a JSON object")
        if fault := out_of_bounds(value):
            raise self.error(path, f"holds a number that cannot be: {fault}")
        return value

    def read_named(self, path: Path, digest: str, config: str = CONFIG) -> bytes:
        """A file whose SHA-256 a config names.

        Raises:
            BundleError: if it cannot be read or is another file.
        """
        content = self.read(path)
        if sha256(content).hexdigest() != digest:
            raise self.error(path, f"is not the file that {config} names: its SHA-256 differs")
        return content

    @contextmanager
    def parsing(self, where: Path) -> Iterator[None]:
        """Whatever goes wrong while damaged or foreign content is understood is a `BundleError`."""
        try:
            yield
        except BundleError:
            raise
        except _DAMAGED as error:
            raise self.error(where, f"does not hold {self.content} of this version ({error})") from error

    def error(self, where: Path, fact: str) -> BundleError:
        """An error with the remedy."""
        return BundleError(str(where), fact, self.remedy)


def digest_of(content: bytes) -> str:
    """SHA-256 in hexadecimal digits."""
    return sha256(content).hexdigest()


def digest_of_file(path: Path) -> str:
    """SHA-256 of a file in hexadecimal digits, without reading all of it at once."""
    with path.open("rb") as file:
        return file_digest(file, "sha256").hexdigest()


def write_checkpoint(
    folder: Path, config: Mapping[str, Any], files: Mapping[str, bytes], config_name: str = CONFIG
) -> None:
    """Write files and their config into a folder, which is made if it is not there."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        write_whole(folder / name, content)
    write_json(folder / config_name, config)


def write_json(path: Path, content: Mapping[str, Any], indent: int | None = 1) -> None:
    """Write a JSON object, in a folder that is made if it is not there."""
    path.parent.mkdir(parents=True, exist_ok=True)
    write_whole(path, json.dumps(content, indent=indent) + "\n")


def pack(network: "Module", *, is_half: bool = False) -> bytes:
    """The weights of a network as safetensors, with `is_half` rounded to half precision."""
    from safetensors.torch import save

    state = {name: value.cpu().contiguous() for name, value in network.state_dict().items()}
    if is_half:
        state = {name: value.half() if value.is_floating_point() else value for name, value in state.items()}
    return save(state)


def restore(network: "Network", weights: bytes) -> "Network":
    """A network at inference, with the weights that `pack` wrote."""
    from safetensors.torch import load

    network.load_state_dict(load(weights))
    network.eval().requires_grad_(False)
    return network
