"""The shipped bundle is intact and holds the starter graph as its tables state it."""

import json

import pytest

from ingest.starter.build import starter_snapshot
from kgdx import __version__
from kgdx.graph.snapshot import Snapshot
from kgdx.release.bundle import MODELS, Bundle, shipped_folder


@pytest.fixture(scope="module")
def shipped() -> Bundle:
    return Bundle.shipped()


def test_the_shipped_graph_is_what_its_tables_state(shipped: Bundle) -> None:
    built: Snapshot = starter_snapshot()
    held = shipped.snapshot()
    assert held.content_hash == built.content_hash, "run python -m ingest.starter.build"
    assert held.computed_hash() == built.content_hash


def test_the_manifest_names_the_version_the_graph_and_every_file(shipped: Bundle) -> None:
    manifest = json.loads((shipped_folder() / "manifest.json").read_text(encoding="utf-8"))
    held = shipped.snapshot()
    assert shipped.release == manifest["release"]
    assert shipped.release.startswith(f"kgdx-{__version__}+")
    assert manifest["graph"]["content_hash"] == held.content_hash
    assert (manifest["graph"]["num_nodes"], manifest["graph"]["num_edges"]) == (
        held.num_nodes,
        held.num_edges,
    )
    assert {name.partition("/")[0] for name in manifest["files"]} == {"graph", *MODELS}


def test_the_weights_are_small_enough_to_ship(shipped: Bundle) -> None:
    """Both towers 20 MB, concepts 8 MB, reasoner 2 MB, all others 1 MB each; nothing to unpickle."""
    sizes = {
        "clip": 20 * 2**20,
        "concepts": 8 * 2**20,
        "reasoner": 2 * 2**20,
        "fusion": 2**20,
        "treatments": 2**20,
        "mechanisms": 2**20,
    }
    for name, most in sizes.items():
        files = [path for path in (shipped.folder / name).rglob("*") if path.is_file()]
        assert sum(path.stat().st_size for path in files) <= most
        assert {path.suffix for path in files} <= {".json", ".safetensors", ".md"}
