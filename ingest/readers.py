"""The function that reads a source: `read` of the module of `ingest.sources` that the catalogue names."""

from importlib import import_module

from ingest.catalogue import Source
from ingest.model import Reader


def reader_of(source: Source) -> Reader:
    """The reader of a source; a catalogue that names none there is raises ModuleNotFoundError."""
    reader: Reader = import_module(f"ingest.sources.{source.reader}").read
    return reader
