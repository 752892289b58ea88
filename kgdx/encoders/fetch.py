"""Fetch a model from a hub into a folder: the one place in kgdx that downloads, and only when told to."""

import json
from pathlib import Path

from huggingface_hub import snapshot_download
from huggingface_hub.errors import HfHubHTTPError, LocalEntryNotFoundError

from kgdx.domain.errors import BackendUnavailableError, BundleError
from kgdx.encoders.base import OPEN_CLIP_CONFIG
from kgdx.encoders.open_clip_encoder import TEXT_FOLDER
from kgdx.encoders.registry import HUB, fetch_target
from kgdx.encoders.save_open_clip import TOKENIZER

_WEIGHTS = ["open_clip_model.safetensors", "open_clip_pytorch_model.safetensors"]
_OLD_WEIGHTS = ["open_clip_pytorch_model.bin"]


def fetch(name: str, out: Path | None = None, revision: str | None = None) -> Path:
    """Download an open_clip model, and what its text tower needs to be built without a network.

    Args:
        name: `hf-hub:ORGANISATION/NAME`.
        out: folder; the user's cache if left out, where `open_encoder` finds it by its name.
        revision: a commit of the hub; the newest if left out.

    Returns:
        The folder.

    Raises:
        BackendUnavailableError: if the hub cannot be reached or has no such model.
        BundleError: if the name is malformed, or the model is none of open_clip's.
    """
    target = fetch_target(name)
    folder = out or target
    _download(name.removeprefix(HUB), folder, [OPEN_CLIP_CONFIG, *_WEIGHTS, *TOKENIZER], revision)
    if not any((folder / weights).is_file() for weights in _WEIGHTS):
        _download(name.removeprefix(HUB), folder, _OLD_WEIGHTS, revision)
    try:
        text = json.loads((folder / OPEN_CLIP_CONFIG).read_text(encoding="utf-8"))["model_cfg"]["text_cfg"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise BundleError(name, f"has no {OPEN_CLIP_CONFIG}", "choose a model of open_clip") from error
    if "hf_model_name" in text:
        _download(text["hf_model_name"], folder / TEXT_FOLDER, ["config.json"], None)
    if "hf_tokenizer_name" in text and not any((folder / file).is_file() for file in TOKENIZER):
        _download(text["hf_tokenizer_name"], folder, TOKENIZER, None)
    return folder


def _download(repository: str, folder: Path, files: list[str], revision: str | None) -> None:
    try:
        snapshot_download(repository, local_dir=folder, allow_patterns=files, revision=revision)
    except (HfHubHTTPError, LocalEntryNotFoundError, OSError, ValueError) as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise BackendUnavailableError(
            f"{repository} cannot be fetched ({reason[:200]}): check the name and the network"
        ) from error
