"""The training loop: it learns, keeps the best, stops in time, and reports every step."""

import torch
from torch import Tensor, nn

from kgdx.training import loop
from kgdx.training.progress import named, silent


def run(qualities: list[float], **settings: int) -> tuple[int, list[int], list[tuple[int, int, str]]]:
    """Train one weight towards 1; (steps done, steps at which the best was kept, progress)."""
    model, kept, told = nn.Linear(1, 1, bias=False), [], []
    remaining = iter(qualities)
    stop = loop.EarlyStop(2, 2, lambda: next(remaining), kept.append, **settings)
    schedule = loop.adamw(model, 0.1, 10)

    def loss_of(_: int) -> Tensor:
        return ((model(torch.ones(1, 1)) - 1) ** 2).sum()

    before = loss_of(0).item()
    done = loop.fit(
        model, range(10), loss_of, schedule, 10, "x", lambda *step: told.append(step), early_stop=stop
    )
    assert loss_of(0).item() < before
    return done, kept, told


def test_training_stops_after_patience_and_keeps_the_best() -> None:
    done, kept, told = run([0.1, 0.5, 0.4, 0.5, 9.0])
    assert (done, kept) == (8, [2, 4])
    assert [step for step, _, what in told if "loss" in what] == list(range(1, 9))
    assert run([0.1, 0.2, 0.3, 0.4, 0.5])[:2] == (10, [2, 4, 6, 8, 10])
    assert run([0.1, 0.2], best=1)[:2] == (4, [])


def test_a_batch_without_loss_changes_nothing_but_is_counted() -> None:
    model = nn.Linear(1, 1)
    before, steps = model.weight.clone(), []
    optimizer = torch.optim.SGD(model.parameters(), 0.1)
    schedule = loop.one_cycle(optimizer, 3, warm_up=0.5)
    optimizer.step()
    done = loop.fit(model, range(3), lambda _: None, schedule, 3, "x", silent, after_step=steps.append)
    assert (done, steps) == (3, [1, 2, 3])
    assert torch.equal(model.weight, before)


def test_a_part_of_the_work_is_named() -> None:
    told: list[tuple[int, int, str]] = []
    named("fold 1", lambda *step: told.append(step))(1, 2, "learning")
    assert told == [(1, 2, "fold 1: learning")]
