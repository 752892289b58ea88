"""The training loop of every network: batches in, a loss each, one optimizer step a batch.

A model says how a batch is drawn and what its loss is; everything random is drawn there, so that the same
seed gives the same weights.
"""

from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import TypeVar

import numpy as np
import torch
from torch import Tensor, nn
from torch.optim import Optimizer
from torch.optim.lr_scheduler import LRScheduler, OneCycleLR

from kgdx.training.progress import Progress

Batch = TypeVar("Batch")
# Losses that the reported mean is taken over.
_RECENT = 50


@dataclass(eq=False)
class EarlyStop:
    """Keeps the best weights and ends training when they no longer improve.

    Attributes:
        every: steps between two measurements; the last step is measured too.
        patience: measurements without improvement before stopping.
        measure: quality of the present weights, higher is better.
        keep: called with the number of steps done, whenever the present weights are the best.
        best: quality that must be exceeded.
    """

    every: int
    patience: int
    measure: Callable[[], float]
    keep: Callable[[int], None]
    best: float = float("-inf")
    _num_worse: int = field(default=0, init=False)

    def is_over(self, done: int, total: int, progress: Progress) -> bool:
        """Measure if it is time, and say whether to stop."""
        if done % self.every and done != total:
            return False
        quality = self.measure()
        progress(done, total, f"validation {quality:.4f}")
        self._num_worse = 0 if quality > self.best else self._num_worse + 1
        if not self._num_worse:
            self.best = quality
            self.keep(done)
        return self._num_worse >= self.patience


def fit(
    model: nn.Module,
    batches: Iterable[Batch],
    loss_of: Callable[[Batch], Tensor | None],
    schedule: LRScheduler,
    total: int,
    what: str,
    progress: Progress,
    *,
    max_norm: float | None = 1.0,
    after_step: Callable[[int], None] | None = None,
    early_stop: EarlyStop | None = None,
) -> int:
    """Train a model in place.

    Args:
        batches: drawn one by one, each just before its loss is computed.
        loss_of: () float32 loss of a batch with gradient; None skips the optimizer step.
        schedule: of the learning rate, advanced once a batch; it holds the optimizer.
        total: number of batches.
        what: is trained, for `progress`.
        max_norm: gradients are clipped to this norm; None leaves them as they are.
        after_step: called with the number of batches done, as to average or to clamp weights.

    Returns:
        The number of batches done: fewer than `total` after an early stop.
    """
    optimizer, recent = schedule.optimizer, deque[float](maxlen=_RECENT)
    done = 0
    for done, batch in enumerate(batches, 1):
        loss = loss_of(batch)
        if loss is not None:
            optimizer.zero_grad()
            torch.autograd.backward(loss)
            if max_norm is not None:
                nn.utils.clip_grad_norm_(model.parameters(), max_norm)
            optimizer.step()
            recent.append(float(loss.detach()))
        schedule.step()
        if after_step is not None:
            after_step(done)
        progress(done, total, f"{what}, loss {np.mean(recent or [0.0]):.3f}")
        if early_stop is not None and early_stop.is_over(done, total, progress):
            break
    return done


def one_cycle(optimizer: Optimizer, total: int, warm_up: float) -> OneCycleLR:
    """Over `total` steps the learning rate rises to the optimizer's own, then falls along a cosine.

    Args:
        warm_up: share of the steps in which it rises.
    """
    rate = float(optimizer.defaults["lr"])
    return OneCycleLR(optimizer, rate, total_steps=max(2, total), pct_start=warm_up)


def adamw(model: nn.Module, learning_rate: float, total: int, warm_up: float = 0.15) -> OneCycleLR:
    """AdamW with weight decay for matrices and kernels only, and a one-cycle schedule over `total` steps.

    Biases, norms, scales and token vectors do not decay.
    """
    decayed: list[Tensor] = []
    free: list[Tensor] = []
    for name, parameter in model.named_parameters():
        (free if parameter.ndim < 2 or "embedding" in name else decayed).append(parameter)
    groups = [{"params": decayed, "weight_decay": 0.05}, {"params": free, "weight_decay": 0.0}]
    return one_cycle(torch.optim.AdamW(groups, lr=learning_rate), total, warm_up)


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
