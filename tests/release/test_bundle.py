"""A bundle is whole, named by its content, and never half written."""

import json
import os
import shutil
from pathlib import Path

import pytest

from kgdx.domain.errors import BundleError
from kgdx.graph.snapshot import Snapshot
from kgdx.release import bundle
from kgdx.release.bundle import Bundle, build, write_manifest
from tests.reasoning.tiny import graph

SMALL, OTHER = graph("D1 shows F1 0.5"), graph("D1 shows F1 0.5\nD2 shows F1 0.5")
CARD = "not weighed: a card may be reworded"


@pytest.fixture
def models(tmp_path: Path) -> Path:
    """Model folders of a few bytes; a bundle does not care what is in them."""
    folder = tmp_path / "models"
    for name in bundle.MODELS:
        (folder / name).mkdir(parents=True)
        (folder / name / "config.json").write_text("{}")
        (folder / name / "weights.safetensors").write_bytes(name.encode())
    (folder / "clip" / "MODEL_CARD.md").write_text(CARD)
    return folder


@pytest.fixture
def out(tmp_path: Path) -> Path:
    return tmp_path / "out" / "release"


@pytest.fixture
def built(models: Path, out: Path) -> Bundle:
    return build(SMALL, models, out, "1.2.3")


def everything(folder: Path) -> dict[str, bytes]:
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def same_graph(one: Snapshot, two: Snapshot) -> bool:
    return one.computed_hash() == two.content_hash


def test_what_was_built_is_opened(built: Bundle, out: Path) -> None:
    opened = Bundle.open(out)
    assert opened == built
    assert opened.folder == out.resolve()
    assert same_graph(opened.snapshot(), SMALL)
    manifest = json.loads((out / "manifest.json").read_text())
    assert manifest["graph"]["content_hash"] == SMALL.content_hash
    assert (manifest["graph"]["num_nodes"], manifest["graph"]["num_edges"]) == (2, 1)
    assert manifest["graph"]["sources"] == {"infores:test": ""}
    assert everything(out)["clip/MODEL_CARD.md"] == CARD.encode()
    assert set(manifest["files"]) == set(everything(out)) - {"manifest.json", "clip/MODEL_CARD.md"}


def test_a_release_is_named_by_its_content(models: Path, tmp_path: Path) -> None:
    def name(snapshot: Snapshot, folder: str) -> str:
        return build(snapshot, models, tmp_path / folder, "1.2.3").release

    first = name(SMALL, "a")
    assert first.startswith("kgdx-1.2.3+")
    assert name(SMALL, "b") == first
    assert name(OTHER, "c") != first
    (models / "clip" / "MODEL_CARD.md").write_text("reworded")
    assert name(SMALL, "d") == first
    (models / "reasoner" / "weights.safetensors").write_bytes(b"other")
    assert name(SMALL, "e") != first


@pytest.mark.parametrize(
    "name", ["graph/edges.arrow", "graph/nodes.arrow", "clip/config.json", "reasoner/weights.safetensors"]
)
def test_an_altered_or_missing_file_is_told(built: Bundle, out: Path, name: str) -> None:
    path = out / name
    content = path.read_bytes()
    path.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    with pytest.raises(BundleError, match="was altered after the bundle was built") as altered:
        Bundle.open(out)
    path.unlink()
    with pytest.raises(BundleError, match="is missing from the bundle") as missing:
        Bundle.open(out)
    for error in (altered.value, missing.value):
        assert error.where == str(path.resolve())
        assert "kgdx build" in error.remedy


@pytest.mark.parametrize(
    ("manifest", "fact"),
    [
        ('{"format": 3, "release": "x", "files": {}}', "has format 3, this kgdx reads 5"),
        ('{"format": 5, "files": {}}', "is no manifest"),
        ('{"format": 5, "release": "x"}', "is no manifest"),
        ('{"format": 5, "release": "x", "files": []}', "is no manifest"),
        ("[1, 2]", "is no manifest"),
        ("null", "is no manifest"),
        ("{", "is no manifest"),
        ("\ud800".encode("utf-8", "surrogatepass"), "is no manifest"),
    ],
)
def test_a_manifest_of_another_shape_is_told(built: Bundle, out: Path, manifest: str, fact: str) -> None:
    content = manifest if isinstance(manifest, bytes) else manifest.encode()
    (out / "manifest.json").write_bytes(content)
    with pytest.raises(BundleError, match=fact) as told:
        Bundle.open(out)
    assert told.value.remedy


def test_a_folder_without_a_manifest_is_no_bundle(tmp_path: Path) -> None:
    for folder in (tmp_path, tmp_path / "nowhere"):
        with pytest.raises(BundleError, match="is no bundle"):
            Bundle.open(folder)


def test_a_newer_bundle_takes_the_place_of_an_older_one(built: Bundle, models: Path, out: Path) -> None:
    newer = build(OTHER, models, out, "1.2.3")
    assert newer.release != built.release
    assert same_graph(Bundle.open(out).snapshot(), OTHER)
    assert same_graph(built.snapshot(), SMALL), "whoever opened the older one goes on reading it"
    build(SMALL, models, out, "1.2.3")
    assert not built.folder.exists(), "until the build after the next"
    assert len(os.listdir(out.parent)) == 3


def test_an_empty_folder_may_be_filled(models: Path, out: Path) -> None:
    out.mkdir(parents=True)
    assert build(SMALL, models, out, "1").folder == out.resolve()


def test_what_is_no_bundle_is_never_overwritten(models: Path, out: Path) -> None:
    out.mkdir(parents=True)
    (out / "thesis.tex").write_text("years of work")
    with pytest.raises(BundleError, match="in the way"):
        build(SMALL, models, out, "1")
    assert everything(out) == {"thesis.tex": b"years of work"}
    shutil.rmtree(out)
    out.write_text("a file")
    with pytest.raises(BundleError, match="in the way"):
        build(SMALL, models, out, "1")
    assert out.read_text() == "a file"


def test_missing_models_are_told_before_anything_is_written(models: Path, out: Path) -> None:
    shutil.rmtree(models / "reasoner")
    with pytest.raises(BundleError, match="there is no such model"):
        build(SMALL, models, out, "1")
    assert not out.parent.exists()


class DiskFullError(Exception):
    """Injected."""


def _broken(*_: object) -> None:
    raise DiskFullError


@pytest.mark.parametrize("step", ["copytree", "_write_hashes", "first move", "second move"])
def test_a_build_that_fails_leaves_the_old_bundle_and_nothing_else(
    built: Bundle, models: Path, out: Path, step: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    before, there = everything(out), set(os.listdir(out.parent))
    with monkeypatch.context() as patched:
        if step == "copytree":
            patched.setattr(bundle.shutil, "copytree", _broken)
        elif step == "_write_hashes":
            patched.setattr(bundle, "_write_hashes", _broken)
        else:
            patched.setattr(bundle.os, "replace", _failing_move(0 if step == "first move" else 1))
        with pytest.raises(DiskFullError):
            build(OTHER, models, out, "1.2.3")
    assert set(os.listdir(out.parent)) == there
    assert everything(out) == before
    assert Bundle.open(out) == built


def _failing_move(when: int):  # type: ignore[no-untyped-def]
    """`os.replace` that fails once, the `when`-th time."""
    moves, move = [], os.replace

    def replace(source: Path, target: Path) -> None:
        moves.append(source)
        if len(moves) == when + 1:
            raise DiskFullError
        move(source, target)

    return replace


def test_a_first_build_that_fails_leaves_nothing(
    models: Path, out: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bundle.shutil, "copytree", _broken)
    with pytest.raises(DiskFullError):
        build(SMALL, models, out, "1")
    assert os.listdir(out.parent) == []


def test_a_bundle_is_sealed_in_place(models: Path) -> None:
    bundle = write_manifest(models, SMALL, "1.2.3")
    assert Bundle.open(models) == bundle
    assert write_manifest(models, SMALL, "1.2.3") == bundle
    assert write_manifest(models, OTHER, "1.2.3").release != bundle.release


def test_a_bundle_may_be_sealed_over_the_graph_that_is_read(models: Path) -> None:
    write_manifest(models, OTHER, "1.2.3")
    mapped = Bundle.open(models).snapshot()
    write_manifest(models, SMALL, "1.2.3")
    assert mapped.computed_hash() == OTHER.content_hash, "what was open stays as it was"
    write_manifest(models, mapped, "1.2.3")
    assert same_graph(Bundle.open(models).snapshot(), OTHER)
    assert not list(models.rglob("*.partial"))


def test_a_bundle_may_be_built_in_the_working_folder(
    models: Path, out: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out.mkdir(parents=True)
    monkeypatch.chdir(out)
    build(SMALL, models, Path("."), "1")
    assert same_graph(Bundle.open(out).snapshot(), SMALL)
    assert len(os.listdir(out.parent)) == 2


def test_a_place_that_cannot_be_written_is_told(models: Path, out: Path) -> None:
    out.parent.mkdir()
    out.write_text("a file")
    with pytest.raises(BundleError, match="cannot be written") as told:
        build(SMALL, models, out / "below", "1")
    assert "--out" in told.value.remedy


def test_nothing_is_built_of_an_empty_graph(built: Bundle, models: Path, out: Path) -> None:
    empty = Snapshot.from_tables(SMALL.nodes.slice(0, 0), SMALL.edges.slice(0, 0))
    with pytest.raises(BundleError, match="would be built from an empty graph"):
        build(empty, models, out, "1")
    assert Bundle.open(out) == built


def test_a_build_that_was_killed_is_cleaned_by_the_next(built: Bundle, models: Path, out: Path) -> None:
    (out.parent / ".release-draft-abc").mkdir()
    build(SMALL, models, out, "1.2.3")
    assert not (out.parent / ".release-draft-abc").exists()


def test_a_folder_of_before_there_were_links_is_replaced(built: Bundle, models: Path, out: Path) -> None:
    plain = out.with_name("plain")
    shutil.copytree(out, plain)
    build(OTHER, models, plain, "1.2.3")
    assert same_graph(Bundle.open(plain).snapshot(), OTHER)


def _resealed(out: Path, files: dict[str, str]) -> None:
    manifest = json.loads((out / "manifest.json").read_text())
    manifest["files"] = files
    manifest["release"] = f"kgdx-1.2.3+{bundle._name_of(files)}"
    (out / "manifest.json").write_text(json.dumps(manifest))


def test_every_file_must_be_listed_and_the_name_follows_from_the_list(built: Bundle, out: Path) -> None:
    manifest = json.loads((out / "manifest.json").read_text())
    (out / "manifest.json").write_text(json.dumps(manifest | {"release": "kgdx-1.2.3+000000000000"}))
    with pytest.raises(BundleError, match="release name of other files"):
        Bundle.open(out)
    files = manifest["files"]
    left_out = next(iter(files))
    for altered, fact in (
        (
            {name: digest for name, digest in files.items() if name != left_out},
            "is in no list of the manifest",
        ),
        (files | {"../outside.json": "0" * 64}, "no file of a bundle"),
        (files | {"graph/../../outside.json": "0" * 64}, "no file of a bundle"),
        (files | {f"graph/{'x' * 5000}": "0" * 64}, "no file of a bundle"),
    ):
        _resealed(out, altered)
        with pytest.raises(BundleError, match=fact):
            Bundle.open(out)
    _resealed(out, files)
    assert Bundle.open(out).release == built.release
