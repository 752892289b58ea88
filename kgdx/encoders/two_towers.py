"""The network behind `Clip` at inference, in plain torch: importing open_clip takes seconds and 0.5 GB.

Parameters are named as in open_clip's `CustomTextCLIP` with the image tower of `clip_model`, which training
uses; both read the same weights and give the same vectors.
"""

from collections import OrderedDict
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.functional import normalize, pad

TOWER = "kgdx_resnet_s16"
CHANNELS = (32, 64, 128, 256)
STEM = (12, 16, 32)


class TwoTowers(nn.Module):
    """An image tower and a text tower that end in vectors of one space."""

    def __init__(self, config: dict[str, Any]) -> None:
        """Build an untrained model.

        Args:
            config: open_clip's configuration of the model, see `clip_model.model_config`.

        Raises:
            RuntimeError: if it names another image tower.
        """
        super().__init__()
        tower, dim = config["vision_cfg"]["timm_model_name"], int(config["embed_dim"])
        if tower != TOWER:
            raise RuntimeError(f"its image tower is {tower}, not {TOWER}")
        self.visual = _ImageTower(dim)
        self.text = _TextTower(dim, **config["text_cfg"])
        self.logit_scale = nn.Parameter(torch.zeros(()))
        self.logit_bias = nn.Parameter(torch.zeros(()))

    def encode_text(self, tokens: Tensor) -> Tensor:
        """(T, dim) from (T, context) int64 tokens."""
        encoded: Tensor = self.text(tokens)
        return encoded


def patch_embeddings(model: nn.Module, images: Tensor) -> Tensor:
    """Local image embeddings before any normalisation.

    Average pooling and a linear projection without bias commute, so the mean over (h, w) is exactly the
    tower's own output: a patch's share of a similarity is a share, not an estimate.

    Args:
        model: `TwoTowers`, or the same model as open_clip builds it.
        images: (N, 1, S, S) float32 from `pixels.to_batch`.

    Returns:
        (N, h, w, dim) float32.
    """
    visual: Any = model.visual
    projected: Tensor = visual.head(visual.trunk.forward_features(images).permute(0, 2, 3, 1))
    return projected


def text_embeddings(model: nn.Module, tokens: Tensor) -> Tensor:
    """(T, dim) unit rows from (T, context) int64 tokens; `model` as for `patch_embeddings`."""
    return normalize(model.encode_text(tokens), dim=-1)  # type: ignore[operator]


class _ImageTower(nn.Module):
    def __init__(self, dim: int) -> None:
        super().__init__()
        self.trunk = _ResNet()
        self.head = nn.Sequential(OrderedDict(proj=nn.Linear(CHANNELS[-1], dim, bias=False)))


class _ResNet(nn.Module):
    """Four basic blocks, one grey channel, stride 16 (ResNet-D, He et al. 2019, arXiv:1812.01187)."""

    def __init__(self) -> None:
        super().__init__()
        first, second, last = STEM
        self.conv1 = nn.Sequential(
            _conv(1, first, stride=2),
            nn.BatchNorm2d(first),
            nn.ReLU(),
            _conv(first, second),
            nn.BatchNorm2d(second),
            nn.ReLU(),
            _conv(second, last),
        )
        self.bn1 = nn.BatchNorm2d(last)
        self.maxpool = nn.MaxPool2d(3, stride=2, padding=1)
        self.layer1 = nn.Sequential(_Block(last, CHANNELS[0]))
        self.layer2 = nn.Sequential(_Block(CHANNELS[0], CHANNELS[1], stride=2))
        self.layer3 = nn.Sequential(_Block(CHANNELS[1], CHANNELS[2], stride=2))
        # Dilated in place of another stride, so that patches stay small.
        self.layer4 = nn.Sequential(_Block(CHANNELS[2], CHANNELS[3], dilation=2))

    def forward_features(self, images: Tensor) -> Tensor:
        """(N, C, S / 16, S / 16) from (N, 1, S, S)."""
        state: Tensor = self.maxpool(self.bn1(self.conv1(images)).relu())
        for layer in (self.layer1, self.layer2, self.layer3, self.layer4):
            state = layer(state)
        return state


class _Block(nn.Module):
    def __init__(self, before: int, after: int, stride: int = 1, dilation: int = 1) -> None:
        super().__init__()
        self.conv1, self.bn1 = _conv(before, after, stride=stride), nn.BatchNorm2d(after)
        self.conv2, self.bn2 = _conv(after, after, dilation=dilation), nn.BatchNorm2d(after)
        pool = nn.AvgPool2d(2, stride, ceil_mode=True, count_include_pad=False) if stride > 1 else _Smooth()
        self.downsample = (
            nn.Sequential(pool, nn.Conv2d(before, after, 1, bias=False), nn.BatchNorm2d(after))
            if before != after
            else nn.Identity()
        )

    def forward(self, state: Tensor) -> Tensor:
        inner = self.bn2(self.conv2(self.bn1(self.conv1(state)).relu()))
        return torch.relu(inner + self.downsample(state))


class _Smooth(nn.Module):
    """The mean over 2 x 2 pixels at every pixel, with zeros beyond the right and the lower edge."""

    def forward(self, state: Tensor) -> Tensor:
        return nn.functional.avg_pool2d(pad(state, (0, 1, 0, 1)), 2, stride=1)


def _conv(before: int, after: int, stride: int = 1, dilation: int = 1) -> nn.Conv2d:
    return nn.Conv2d(before, after, 3, stride, padding=dilation, dilation=dilation, bias=False)


class _TextTower(nn.Module):
    """A causal transformer; the text's vector is that of its last token, which has the highest number."""

    def __init__(self, dim: int, context_length: int, vocab_size: int, width: int, heads: int, layers: int):
        super().__init__()
        self.token_embedding = nn.Embedding(vocab_size, width)
        self.positional_embedding = nn.Parameter(torch.zeros(context_length, width))
        blocks = nn.ModuleList(_AttentionBlock(width, heads) for _ in range(layers))
        self.transformer = nn.ModuleDict({"resblocks": blocks})
        self.ln_final = nn.LayerNorm(width)
        self.text_projection = nn.Parameter(torch.zeros(width, dim))
        mask = torch.full((context_length, context_length), -torch.inf).triu(1)
        self.register_buffer("mask", mask, persistent=False)

    def forward(self, tokens: Tensor) -> Tensor:
        state = self.token_embedding(tokens) + self.positional_embedding
        for block in self.transformer["resblocks"].children():
            state = block(state, self.mask)
        last = self.ln_final(state)[torch.arange(len(tokens)), tokens.argmax(dim=-1)]
        encoded: Tensor = last @ self.text_projection
        return encoded


class _AttentionBlock(nn.Module):
    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.ln_1, self.ln_2 = nn.LayerNorm(width), nn.LayerNorm(width)
        self.attn = nn.MultiheadAttention(width, heads, batch_first=True)
        self.mlp = nn.Sequential(
            OrderedDict(c_fc=nn.Linear(width, 4 * width), gelu=nn.GELU(), c_proj=nn.Linear(4 * width, width))
        )

    def forward(self, state: Tensor, mask: Tensor) -> Tensor:
        query = self.ln_1(state)
        state = state + self.attn(query, query, query, need_weights=False, attn_mask=mask)[0]
        return state + torch.as_tensor(self.mlp(self.ln_2(state)))
