"""Intervals from few resamples: what the tests hold does not depend on how many are drawn."""

from importlib import import_module

import pytest

RESAMPLED = ("kgdx.training.metrics", "kgdx.training.mechanisms.evaluate")


@pytest.fixture(autouse=True)
def few_resamples(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in RESAMPLED:
        monkeypatch.setattr(import_module(name), "_RESAMPLES", 50)
