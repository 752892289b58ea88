"""Write a model in open_clip's own layout, which `open_encoder` and open_clip itself read back."""

import json
import shutil
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

from safetensors.torch import save

from kgdx.encoders.base import OPEN_CLIP_CONFIG
from kgdx.encoders.open_clip_encoder import TEXT_FOLDER, OpenClip

WEIGHTS = "open_clip_model.safetensors"
TOKENIZER = [
    "tokenizer.json",
    "tokenizer_config.json",
    "special_tokens_map.json",
    "vocab.txt",
    "spiece.model",
]
"""Files that a tokenizer of transformers may consist of."""


def save_open_clip(folder: Path, encoder: OpenClip, source: Path | None = None) -> OpenClip:
    """Write configuration and weights.

    Args:
        source: folder of the model that it came from, whose tokenizer and text configuration are copied.

    Returns:
        The same encoder, with the revision of the file.
    """
    folder.mkdir(parents=True, exist_ok=True)
    state = {name: value.detach().cpu().contiguous() for name, value in encoder.model.state_dict().items()}
    weights = save(state)
    transform = encoder.transform
    config = {
        "model_cfg": encoder.model_cfg,
        "preprocess_cfg": {
            "mean": transform.mean,
            "std": transform.std,
            "interpolation": transform.interpolation,
            "resize_mode": "longest",
        },
    }
    (folder / WEIGHTS).write_bytes(weights)
    (folder / OPEN_CLIP_CONFIG).write_text(json.dumps(config, indent=1) + "\n", encoding="utf-8")
    if source is not None and source.resolve() != folder.resolve():
        for name in TOKENIZER:
            if (source / name).is_file():
                shutil.copyfile(source / name, folder / name)
        if (source / TEXT_FOLDER).is_dir():
            shutil.copytree(source / TEXT_FOLDER, folder / TEXT_FOLDER, dirs_exist_ok=True)
    return replace(encoder, revision=sha256(weights).hexdigest()[:12])
