"""Write a model in open_clip's own layout, which `open_encoder` and open_clip itself read back."""

import shutil
from dataclasses import replace
from pathlib import Path

from kgdx.encoders.base import OPEN_CLIP_CONFIG
from kgdx.encoders.checkpoint import digest_of, pack, write_checkpoint
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
    weights = pack(encoder.model)
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
    write_checkpoint(folder, config, {WEIGHTS: weights}, OPEN_CLIP_CONFIG)
    if source is not None and source.resolve() != folder.resolve():
        for name in TOKENIZER:
            if (source / name).is_file():
                shutil.copyfile(source / name, folder / name)
        if (source / TEXT_FOLDER).is_dir():
            shutil.copytree(source / TEXT_FOLDER, folder / TEXT_FOLDER, dirs_exist_ok=True)
    return replace(encoder, revision=digest_of(weights)[:12])
