"""Fixtures of the ingest tests."""

from pathlib import Path

import pytest

from benchmarks.runs.sources import read_sources
from ingest.source_batch import SourceBatch
from tests.ingest.tiny import hpo_store, store, write

Batches = dict[str, SourceBatch]

__all__ = ["Batches", "hpo_store", "store", "write"]


@pytest.fixture(scope="package")
def batches(data: Path) -> Batches:
    """Every source of the real data, read once."""
    return {batch.source.name: batch for batch in read_sources(data)}
