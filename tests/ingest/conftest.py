"""Fixtures of the ingest tests."""

from pathlib import Path

import pytest

from benchmarks.runs.sources import take_in
from ingest.intake import SourceBatch
from tests.ingest.tiny import hpo_store, store, write

Intakes = dict[str, SourceBatch]

__all__ = ["Intakes", "hpo_store", "store", "write"]


@pytest.fixture(scope="package")
def intakes(data: Path) -> Intakes:
    """Every source of the real data, read once."""
    return {intake.source.name: intake for intake in take_in(data)}
