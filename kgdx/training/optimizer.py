"""How every tower is trained: AdamW on a one-cycle schedule, and a moving average of the weights."""

import torch
from torch import nn


def optimizer_of(
    model: nn.Module, learning_rate: float, total: int
) -> tuple[torch.optim.Optimizer, torch.optim.lr_scheduler.OneCycleLR]:
    """AdamW with weight decay for kernels only, and its schedule over `total` steps."""
    decayed = [parameter for parameter in model.parameters() if parameter.ndim > 1]
    free = [parameter for parameter in model.parameters() if parameter.ndim < 2]
    groups = [{"params": decayed, "weight_decay": 0.05}, {"params": free, "weight_decay": 0.0}]
    optimizer = torch.optim.AdamW(groups, lr=learning_rate)
    return optimizer, torch.optim.lr_scheduler.OneCycleLR(
        optimizer, learning_rate, total_steps=total, pct_start=0.15
    )


def average(averaged: nn.Module, model: nn.Module, keep: float) -> None:
    """Move the averaged weights and batch statistics towards the model's.

    torch's AveragedModel also averages the text tower's attention mask, whose -inf become NaN.
    """
    current = model.state_dict()
    with torch.no_grad():
        for name, value in averaged.state_dict().items():
            if value.is_floating_point():
                value.lerp_(current[name], 1 - keep)
            else:
                value.copy_(current[name])
