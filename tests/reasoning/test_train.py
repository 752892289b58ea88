"""Training: it learns from walks alone, repeats exactly, and never draws a held-out disease."""

from functools import cache

import numpy as np
import pytest
import torch

from kgdx.reasoning import train
from kgdx.reasoning.calibration import Answered, fit_temperature
from kgdx.reasoning.simulate import Simulator
from tests.reasoning.tiny import HashEncoder, diagnostic, graph, random_facts

WORLD = graph("\n".join(random_facts(np.random.default_rng(1), num_diseases=20, num_findings=15)))
SHORT = train.ReasonerTraining(num_patients=12, num_heldout=6, batch=4, seed=3)


@cache
def trained(settings: train.ReasonerTraining = SHORT):  # type: ignore[no-untyped-def]
    told: list[tuple[int, int, str]] = []
    reasoner, outcome = train.train(
        diagnostic(WORLD), HashEncoder(), settings, lambda *step: told.append(step)
    )
    return reasoner, outcome, told


def test_the_same_seed_gives_the_same_weights_and_another_seed_others() -> None:
    (one, first, _), (two, second, _) = trained(), trained.__wrapped__()
    other = trained(train.ReasonerTraining(num_patients=12, num_heldout=6, batch=4, seed=4))[0]
    weights = [torch.cat([p.flatten() for p in r.network.parameters()]) for r in (one, two, other)]
    assert torch.equal(weights[0], weights[1])
    assert not torch.equal(weights[0], weights[2])
    assert first == second


def test_training_moves_the_readout_and_tells_its_progress() -> None:
    reasoner, outcome, told = trained()
    assert reasoner.network.readout.abs().max() > 0, "it starts at zero"
    assert not reasoner.network.training
    assert [done for done, _, what in told if what.startswith("training")] == [4, 8, 12]
    assert told[-1] == (6, 6, "held-out patients")
    assert outcome.num_heldout == 6
    assert 0 <= outcome.top1 <= 1
    assert outcome.temperature > 0
    assert reasoner.settings.temperature == outcome.temperature


def test_held_out_diseases_are_never_drawn_in_training(monkeypatch: pytest.MonkeyPatch) -> None:
    drawn: list[int] = []
    draw = Simulator.draw

    def spy(self: Simulator, position: int, rng: np.random.Generator):  # type: ignore[no-untyped-def]
        drawn.append(position)
        return draw(self, position, rng)

    monkeypatch.setattr(Simulator, "draw", spy)
    reasoner = trained.__wrapped__()[0]
    learnt, heldout = (set(reasoner.same[part]) for part in (drawn[:12], drawn[12:]))
    assert len(drawn) == 18
    assert learnt.isdisjoint(heldout)


def test_the_temperature_makes_the_first_answer_as_sure_as_it_is_often_right() -> None:
    # Logits of (ln 3, 0) say 3 : 1, which is what is seen: nothing to mend.
    fair = [Answered(np.array([np.log(3), 0.0]), is_right) for is_right in (True, True, True, False)]
    assert fit_temperature(fair) == pytest.approx(1.0, rel=0.06)
    overconfident = [Answered(4 * case.logits, case.is_right) for case in fair]
    assert fit_temperature(overconfident) == pytest.approx(4.0, rel=0.06)


def test_without_an_answered_case_nothing_is_scaled() -> None:
    assert fit_temperature([]) == 1.0
