"""Bounds of the numbers in the configs of models, looked at before anything of that size is built."""

import math
from collections.abc import Mapping
from typing import Any

_SIZES = {
    "beam": 10_000,
    "context_length": 4_096,
    "dim": 16_384,
    "embed_dim": 16_384,
    "folds": 100,
    "heads": 256,
    "hidden": 4_096,
    "image_size": 4_096,
    "layers": 256,
    "num_channels": 256,
    "num_kin": 10_000,
    "num_met": 100_000,
    "num_proposed": 10_000,
    "num_steps": 64,
    "num_walks": 10_000,
    "text_dim": 16_384,
    "vocab_size": 10_000_000,
    "width": 16_384,
}
"""Whole numbers of at least 1, and at most this."""
_RANGES = {
    "absence_trust": (0.0, 1.0),
    "breadth": (0.0, 100.0),
    "denied": (0.0, 1.0),
    "floor": (1e-12, 0.5),
    "heldout_auc": (0.0, 1.0),
    "imprecision": (0.0, 1.0),
    "looked_for": (1.0, 1e6),
    "noise": (1e-9, 1.0),
    "prior": (0.0, 1.0),
    "temperature": (1e-6, 1e6),
}


def out_of_bounds(config: Any, name: str = "") -> str:
    """What a number of a config breaks, such as "`layers` is not in 1..256"; empty where none does."""
    if isinstance(config, Mapping):
        return next(filter(None, (out_of_bounds(value, str(key)) for key, value in config.items())), "")
    if isinstance(config, list):
        return next(filter(None, (out_of_bounds(value, name) for value in config)), "")
    if isinstance(config, bool) or not isinstance(config, (int, float)):
        return ""
    if not math.isfinite(config):
        return f"`{name[:40]}` is not finite"
    if name in _SIZES and not (isinstance(config, int) and 1 <= config <= _SIZES[name]):
        return f"`{name}` is not a whole number in 1..{_SIZES[name]:,}"
    low, high = _RANGES.get(name, (-math.inf, math.inf))
    return "" if low <= config <= high else f"`{name}` is not in [{low:g}, {high:g}]"
