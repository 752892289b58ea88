"""Fixtures of the ingest tests."""

from tests.ingest.tiny import hpo_store, store, write

__all__ = ["hpo_store", "store", "write"]
