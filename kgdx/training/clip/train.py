"""Train the bundled image-text model: phantoms and decoys drawn here, PneumoniaMNIST if given.

The towers learn which texts are true of which images (pairwise sigmoid with three-valued targets, after
SigLIP, Zhai et al. 2023, arXiv:2303.15343), where a finding lies, and which names mean the same. What is
kept is the moving average of the weights with the best validation score; then each finding is calibrated on
images that neither training nor early stopping saw. Same settings, same data, same machine: same weights.
"""

import copy
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from open_clip import SimpleTokenizer
from open_clip.model import CustomTextCLIP
from torch import Tensor

from kgdx.encoders.clip import save_clip
from kgdx.encoders.clip_model import build, model_config
from kgdx.training.clip.calibrate import Heldout, calibrate, validation_auc
from kgdx.training.clip.data import Pool, draw_decoys, draw_pool, read_pneumonia
from kgdx.training.clip.step import Sources, batch_loss
from kgdx.training.data.synonyms import read_synonyms
from kgdx.training.optimizer import average

Report = Callable[[int, int, str], None]


@dataclass(frozen=True, slots=True)
class ClipTraining:
    """How to train.

    Attributes:
        out: folder for the model; written at every improvement.
        pneumonia: pneumoniamnist.npz, of which only the train part is used; None for phantoms alone.
        names: KGX nodes.tsv whose names and synonyms are learnt; None for none.
        seed: of everything random.
        num_phantoms: phantoms to train on; a tenth as many again for early stopping and calibration each.
        num_decoys: pictures that are no chest radiograph.
        steps: optimiser steps at most.
        batch: (phantoms, pneumonia, decoys) a step.
        learning_rate: peak of the one-cycle schedule.
        check_every: steps between validations.
        patience: validations without improvement before stopping.
        threads: CPU threads for torch.
    """

    out: Path
    pneumonia: Path | None = None
    names: Path | None = None
    seed: int = 7
    num_phantoms: int = 6_000
    num_decoys: int = 1_500
    steps: int = 1_050
    batch: tuple[int, int, int] = (28, 14, 6)
    learning_rate: float = 2e-3
    check_every: int = 100
    patience: int = 4
    threads: int = 1


def train(settings: ClipTraining, report: Report) -> Path:
    """Train, calibrate and write a model.

    Args:
        settings: what to train on, and for how long.
        report: called with (done, total, what) as work goes on.

    Returns:
        The folder, which `Clip.open` reads.

    Raises:
        ImageError: if the PneumoniaMNIST file is not one.
        SourceError: if the table of names has no names.
    """
    torch.set_num_threads(settings.threads)
    torch.manual_seed(settings.seed)
    config = model_config()
    size = int(config["vision_cfg"]["image_size"])
    sources, stopping, calibration = _gather(settings, size, report)
    # The convolutions run a third faster with channels last.
    model = build(config).to(memory_format=torch.channels_last)
    averaged = copy.deepcopy(model)
    optimizer = torch.optim.AdamW(_parameter_groups(model), lr=settings.learning_rate)
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimizer, settings.learning_rate, total_steps=settings.steps, pct_start=0.1
    )
    rng = np.random.default_rng(settings.seed)
    generator = torch.Generator().manual_seed(settings.seed)
    tokenizer = SimpleTokenizer(context_length=int(config["text_cfg"]["context_length"]))
    best_auc, waited = 0.0, 0
    for done in range(1, settings.steps + 1):
        loss = batch_loss(model.train(), sources, rng, generator, tokenizer)
        optimizer.zero_grad()
        torch.autograd.backward(loss)
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        schedule.step()
        average(averaged, model, min(0.99, done / (done + 10)))
        report(done, settings.steps, f"training, loss {float(loss.detach()):.3f}")
        if done % settings.check_every and done != settings.steps:
            continue
        shipped = _rounded(averaged)
        auc = validation_auc(shipped, tokenizer, stopping)
        report(done, settings.steps, f"validation, mean AUC {auc:.4f}")
        if auc > best_auc:
            best_auc, waited = auc, 0
            save_clip(settings.out, shipped, config, size, calibrate(shipped, tokenizer, calibration))
        else:
            waited += 1
            if waited >= settings.patience:
                break
    report(settings.steps, settings.steps, f"saved, best validation AUC {best_auc:.4f}")
    return settings.out


def _gather(settings: ClipTraining, size: int, report: Report) -> tuple[Sources, Heldout, Heldout]:
    """Draw and read what to train on, to stop on and to calibrate on; no image is in two of them."""
    spare = max(settings.num_phantoms // 10, 1)
    first = 1_000_000 * settings.seed
    total = settings.num_phantoms + 2 * spare
    drawn = draw_pool(range(first, first + total), size, lambda done: report(done, total, "drawing phantoms"))
    rows = np.split(np.arange(total), [settings.num_phantoms, settings.num_phantoms + spare])
    spare_decoys = max(settings.num_decoys // 10, 1)
    count = settings.num_decoys + 2 * spare_decoys
    decoys = draw_decoys(
        range(first, first + count), size, lambda done: report(done, count, "drawing decoys")
    )
    decoy_rows = np.split(np.arange(count), [settings.num_decoys, settings.num_decoys + spare_decoys])
    pools, sizes = [drawn.take(rows[0]), decoys.take(decoy_rows[0])], [settings.batch[0], settings.batch[2]]
    real: list[Pool | None] = [None, None]
    if settings.pneumonia is not None:
        films = read_pneumonia(settings.pneumonia, "train", size)
        order = np.random.default_rng(settings.seed).permutation(len(films))
        for_stopping, for_calibration = len(films) // 12, len(films) // 8
        parts = np.split(order, [for_stopping, for_stopping + for_calibration])
        real = [films.take(parts[0]), films.take(parts[1])]
        pools.append(films.take(parts[2]))
        sizes.append(settings.batch[1])
    heldout = [Heldout(drawn.take(rows[k + 1]), decoys.take(decoy_rows[k + 1]), real[k]) for k in range(2)]
    synonyms = [] if settings.names is None else read_synonyms(settings.names)
    return Sources(pools, sizes, synonyms), heldout[0], heldout[1]


def _parameter_groups(model: CustomTextCLIP) -> list[dict[str, object]]:
    """Weight decay for matrices and kernels only: not for biases, norms, scales or token vectors."""
    decayed: list[Tensor] = []
    free: list[Tensor] = []
    for name, parameter in model.named_parameters():
        (free if parameter.ndim < 2 or "embedding" in name else decayed).append(parameter)
    return [{"params": decayed, "weight_decay": 0.05}, {"params": free, "weight_decay": 0.0}]


def _rounded(model: CustomTextCLIP) -> CustomTextCLIP:
    """A copy with the half precision of the file, so that what is measured is what is shipped."""
    return copy.deepcopy(model).half().float().eval()
