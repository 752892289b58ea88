"""Build the shipped bundle from the starter tables: `python -m ingest.starter.build`."""

import tempfile
from pathlib import Path

from ingest.load import load
from kgdx.graph.snapshot import Snapshot
from kgdx.stores.embedded import EmbeddedStore


def starter_snapshot() -> Snapshot:
    """The snapshot of the bundled tables, by way of a store like any other source."""
    with tempfile.TemporaryDirectory() as folder, EmbeddedStore.open(Path(folder) / "starter") as store:
        load("starter", None, store)
        return Snapshot.from_tables(*store.export())


if __name__ == "__main__":
    from kgdx import __version__
    from kgdx.release import bundle

    print(bundle.write_manifest(bundle.shipped_folder(), starter_snapshot(), __version__).release)  # noqa: T201
