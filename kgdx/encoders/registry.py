"""Which encoder a name means: a folder of ours, a folder of open_clip's, an architecture with a checkpoint.

No name makes this module open a connection: what lies on a hub is fetched by `kgdx fetch` first.
"""

import json
from pathlib import Path
from typing import TYPE_CHECKING

from kgdx.domain.errors import BundleError
from kgdx.encoders.base import OPEN_CLIP_CONFIG, ImageTextEncoder
from kgdx.encoders.checkpoint import CONFIG
from kgdx.encoders.clip import Clip
from kgdx.settings import Settings

if TYPE_CHECKING:
    from kgdx.encoders.open_clip_encoder import OpenClip

HUB = "hf-hub:"
LOCAL = "local-dir:"


def open_encoder(name: str) -> ImageTextEncoder:
    """Open an image-text model.

    Args:
        name: the folder of a model of ours (`models/clip`) or of open_clip (`open_clip_config.json` and
            weights; `local-dir:` may stand before it); `ARCHITECTURE@CHECKPOINT`, as in
            `ViT-B-32@weights.safetensors`; or `hf-hub:ORGANISATION/NAME`, which must have been fetched.

    Raises:
        BundleError: if there is no such model, or its files do not fit together.
    """
    if "@" in name and not name.startswith(HUB) and not Path(name).exists():
        architecture, _, checkpoint = name.partition("@")
        return _open_clip().from_checkpoint(architecture, Path(checkpoint))
    folder = folder_of(name)
    if (folder / OPEN_CLIP_CONFIG).is_file():
        return _open_clip().open(folder)
    if (folder / CONFIG).is_file():
        return Clip.open(folder)
    fact = f"holds neither {CONFIG} of kgdx nor {OPEN_CLIP_CONFIG}"
    raise BundleError(name, fact, "name the folder of a model, or ARCHITECTURE@CHECKPOINT")


def folder_of(name: str) -> Path:
    """The folder that a name means, whether or not a model is in it; see `open_encoder`.

    Raises:
        BundleError: if a hub's model was not fetched.
    """
    return fetched_folder(name) if name.startswith(HUB) else Path(name.removeprefix(LOCAL))


def open_trainable(name: str) -> "OpenClip":
    """Open an image-text model to train it further; one of ours becomes an open_clip model like any other.

    Raises:
        BundleError: as `open_encoder`, or if a model of its family cannot be trained.
    """
    opened, trainable = open_encoder(name), _open_clip()
    if isinstance(opened, Clip):
        config = json.loads((folder_of(name) / CONFIG).read_text(encoding="utf-8"))
        return trainable.of_clip(opened, config["model_cfg"])
    if not isinstance(opened, trainable):
        fact = "is of a family that kgdx cannot train further"
        raise BundleError(name, fact, "name a model of kgdx or of open_clip")
    return opened


def fetched_folder(name: str) -> Path:
    """Where a model of a hub lies once it was fetched.

    Raises:
        BundleError: if the name has no organisation, or the model was not fetched.
    """
    folder = fetch_target(name)
    if not (folder / OPEN_CLIP_CONFIG).is_file():
        raise BundleError(name, "was not fetched yet", f"run `kgdx fetch {name}` where there is a network")
    return folder


def fetch_target(name: str) -> Path:
    """Folder that `kgdx fetch` writes a hub's model to: in the setting `cache`.

    Raises:
        BundleError: if the name is not `hf-hub:ORGANISATION/NAME`.
    """
    organisation, _, model = name.removeprefix(HUB).partition("/")
    parts = (organisation, model)
    if not name.startswith(HUB) or any(not part or part.startswith(".") or "/" in part for part in parts):
        raise BundleError(name, "is no name of a hub", "write it as hf-hub:ORGANISATION/NAME")
    return Settings().cache / "encoders" / f"{organisation}--{model}"


def _open_clip() -> "type[OpenClip]":
    # Its import takes seconds, and our own model needs nothing of it.
    from kgdx.encoders.open_clip_encoder import OpenClip

    return OpenClip
