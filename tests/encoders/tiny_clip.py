"""An open_clip model small enough for a test, saved in open_clip's own layout."""

import json
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save_file

from kgdx.encoders.open_clip_encoder import build_model

TEXT = {"context_length": 16, "vocab_size": 49408, "width": 16, "heads": 2, "layers": 1}
VIT = {
    "embed_dim": 24,
    "vision_cfg": {"image_size": 32, "layers": 2, "width": 32, "patch_size": 8, "head_width": 16},
    "text_cfg": TEXT,
}
RESNET = {
    "embed_dim": 24,
    "vision_cfg": {"image_size": 64, "layers": [1, 1, 1, 1], "width": 8},
    "text_cfg": TEXT,
}
TIMM = {
    "embed_dim": 24,
    "vision_cfg": {
        "timm_model_name": "resnet10t",
        "timm_model_pretrained": True,  # must not be believed: it would ask a hub
        "timm_pool": "avg",
        "timm_proj": "linear",
        "image_size": 64,
    },
    "text_cfg": TEXT,
    "custom_text": True,
}
TRANSFORM = {"mean": [0.5, 0.5, 0.5], "std": [0.25, 0.25, 0.25], "interpolation": "bicubic"}


def save(folder: Path, model_cfg: dict[str, Any], seed: int = 0) -> Path:
    torch.manual_seed(seed)
    model = build_model(model_cfg, folder)
    folder.mkdir(parents=True, exist_ok=True)
    config = {"model_cfg": model_cfg, "preprocess_cfg": TRANSFORM}
    (folder / "open_clip_config.json").write_text(json.dumps(config))
    save_file(
        {k: v.contiguous() for k, v in model.state_dict().items()}, folder / "open_clip_model.safetensors"
    )
    return folder
