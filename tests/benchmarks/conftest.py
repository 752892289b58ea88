"""Intervals from few resamples: what the tests hold does not depend on how many are drawn."""

from importlib import import_module

import pytest

FEW = {
    "benchmarks.measures.site_findings": ("_PERMUTATIONS", 2000),
    "benchmarks.metrics": ("_RESAMPLES", 50),
    "benchmarks.runs.images": ("_RESAMPLES", 50),
    "kgdx.training.metrics": ("_RESAMPLES", 50),
}


@pytest.fixture(autouse=True)
def few_resamples(monkeypatch: pytest.MonkeyPatch) -> None:
    for module, (name, few) in FEW.items():
        monkeypatch.setattr(import_module(module), name, few)
