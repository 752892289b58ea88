"""Our own inference gives what open_clip gives."""

import json
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from kgdx.encoders.byte_pairs import BytePairs
from kgdx.encoders.clip_model import build
from kgdx.encoders.two_towers import TwoTowers, patch_embeddings, text_embeddings

CLIP = Path(__file__).parents[2] / "models" / "clip"
TEXTS = [
    "", "Pleural effusion", "Sjögren's syndrome & <b>", "don't can't it's 12 34mm", "α-1 ½ 肺炎", "â€œquoted",
    "a\tb\nc", "I'M 'S x" * 30, "&amp;lt; 5", "  two  spaces ", "Ménière’s disease", "ﬁbrosis",
]  # fmt: skip


def test_tokens_are_those_of_open_clip() -> None:
    from open_clip import SimpleTokenizer

    assert torch.equal(BytePairs(32)(TEXTS), SimpleTokenizer(context_length=32)(TEXTS))


def test_vectors_are_those_of_open_clip() -> None:
    config = json.loads((CLIP / "config.json").read_text())["model_cfg"]
    ours, theirs = TwoTowers(config), build(config)
    for model in (ours, theirs):
        model.load_state_dict(load_file(CLIP / "weights.safetensors"))
        model.eval()
    images, tokens = torch.randn(2, 1, 112, 112, generator=torch.manual_seed(1)), BytePairs(32)(TEXTS)
    with torch.inference_mode():
        assert torch.allclose(patch_embeddings(ours, images), patch_embeddings(theirs, images), atol=1e-6)
        assert torch.allclose(text_embeddings(ours, tokens), text_embeddings(theirs, tokens), atol=1e-6)


def test_another_tower_is_refused() -> None:
    config = json.loads((CLIP / "config.json").read_text())["model_cfg"]
    config["vision_cfg"]["timm_model_name"] = "resnet50"
    with pytest.raises(RuntimeError, match="resnet50"):
        TwoTowers(config)
