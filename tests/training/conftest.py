"""Intervals from few resamples: what the tests hold does not depend on how many are drawn."""

import pytest

from kgdx.training import metrics


@pytest.fixture(autouse=True)
def few_resamples(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(metrics, "_RESAMPLES", 50)
