"""Train the bundled image-text model: phantoms and decoys drawn here, PneumoniaMNIST if given.

The towers learn which texts are true of which images (pairwise sigmoid with three-valued targets, after
SigLIP, Zhai et al. 2023, arXiv:2303.15343), where a finding lies, and which names mean the same. What is
kept is the moving average of the weights with the best validation score; then each finding is calibrated on
images that neither training nor early stopping saw. Same settings, same data, same machine: same weights.
"""

import copy
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from open_clip import SimpleTokenizer
from open_clip.model import CustomTextCLIP

from kgdx.encoders.clip import save_clip
from kgdx.encoders.clip_model import build, model_config
from kgdx.training import loop
from kgdx.training.clip.calibrate import Heldout, calibrate, validation_auc
from kgdx.training.clip.data import Pool, draw_decoys, draw_pool, read_pneumonia, read_synonyms
from kgdx.training.clip.loss import Sources, batch_loss
from kgdx.training.progress import Progress


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
        steps: optimizer steps at most.
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


def train(settings: ClipTraining, progress: Progress) -> Path:
    """Train, calibrate and write a model.

    Args:
        settings: what to train on, and for how long.

    Returns:
        The folder, which `Clip.open` reads.

    Raises:
        SourceError: if the PneumoniaMNIST file is not one, or the table of names has no names.
    """
    torch.set_num_threads(settings.threads)
    torch.manual_seed(settings.seed)
    config = model_config()
    size = int(config["vision_cfg"]["image_size"])
    sources, stopping, calibration = _gather(settings, size, progress)
    # The convolutions run a third faster with channels last.
    model = build(config).to(memory_format=torch.channels_last)
    averaged = copy.deepcopy(model)
    schedule = loop.adamw(model, settings.learning_rate, settings.steps, warm_up=0.1)
    rng = np.random.default_rng(settings.seed)
    generator = torch.Generator().manual_seed(settings.seed)
    tokenizer = SimpleTokenizer(context_length=int(config["text_cfg"]["context_length"]))

    def keep(_: int) -> None:
        shipped = _rounded(averaged)
        save_clip(settings.out, shipped, config, size, calibrate(shipped, tokenizer, calibration))

    stop = loop.EarlyStop(
        settings.check_every,
        settings.patience,
        lambda: validation_auc(_rounded(averaged), tokenizer, stopping),
        keep,
        best=0.0,
    )
    loop.fit(
        model,
        range(settings.steps),
        lambda _: batch_loss(model.train(), sources, rng, generator, tokenizer),
        schedule,
        settings.steps,
        "image and text towers",
        progress,
        after_step=lambda done: loop.average(averaged, model, min(0.99, done / (done + 10))),
        early_stop=stop,
    )
    return settings.out


def _gather(settings: ClipTraining, size: int, progress: Progress) -> tuple[Sources, Heldout, Heldout]:
    """Draw and read what to train on, to stop on and to calibrate on; no image is in two of them."""
    spare = max(settings.num_phantoms // 10, 1)
    first = 1_000_000 * settings.seed
    total = settings.num_phantoms + 2 * spare
    drawn = draw_pool(range(first, first + total), size, progress)
    rows = np.split(np.arange(total), [settings.num_phantoms, settings.num_phantoms + spare])
    spare_decoys = max(settings.num_decoys // 10, 1)
    count = settings.num_decoys + 2 * spare_decoys
    decoys = draw_decoys(range(first, first + count), size, progress)
    decoy_rows = np.split(np.arange(count), [settings.num_decoys, settings.num_decoys + spare_decoys])
    pools, sizes = [drawn.take(rows[0]), decoys.take(decoy_rows[0])], [settings.batch[0], settings.batch[2]]
    real: list[Pool | None] = [None, None]
    if settings.pneumonia is not None:
        films = read_pneumonia(settings.pneumonia, size)
        order = np.random.default_rng(settings.seed).permutation(len(films))
        for_stopping, for_calibration = len(films) // 12, len(films) // 8
        parts = np.split(order, [for_stopping, for_stopping + for_calibration])
        real = [films.take(parts[0]), films.take(parts[1])]
        pools.append(films.take(parts[2]))
        sizes.append(settings.batch[1])
    heldout = [Heldout(drawn.take(rows[k + 1]), decoys.take(decoy_rows[k + 1]), real[k]) for k in range(2)]
    synonyms = [] if settings.names is None else read_synonyms(settings.names)
    return Sources(pools, sizes, synonyms), heldout[0], heldout[1]


def _rounded(model: CustomTextCLIP) -> CustomTextCLIP:
    """A copy with the half precision of the file, so that what is measured is what is shipped."""
    return copy.deepcopy(model).half().float().eval()
