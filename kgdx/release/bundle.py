"""A bundle: one release of graph and weights in a folder, immutable and named by what is in it.

    manifest.json     format, graph hash and counts, SHA-256 of every file
    graph/            the snapshot, and in relations.json those of its relations that do not ship with kgdx
    clip/             image and text towers
    concepts/         encoder of names of concepts
    fusion/           what statements of several modalities weigh together
    mechanisms/       the networks that rank how a drug may act on a disease
    reasoner/         the path network and its settings
    treatments/       the network that predicts treatments, and its calibration

The weights that ship with kgdx and its starter graph are laid out the same way, so that there is only one
way to open an engine.
"""

import json
import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

import graph_schema
from graph_schema import RelationFileError, Schema
from kgdx.domain.errors import BundleError
from kgdx.encoders.checkpoint import digest_of, digest_of_file, write_json
from kgdx.graph.snapshot import Snapshot

MANIFEST, GRAPH = "manifest.json", "graph"
_RELATIONS = f"{GRAPH}/relations.json"
MODELS = ("clip", "concepts", "fusion", "mechanisms", "reasoner", "treatments")
_FORMAT = 5
_HASHED = frozenset({".arrow", ".json", ".safetensors"})
_BUILD = "make one with `kgdx build --store STORE --out FOLDER`"


@dataclass(frozen=True, slots=True)
class Bundle:
    """An opened release.

    Attributes:
        folder: where it lies.
        release: its name, as in `kgdx-0.1.0+3f2a90c1b7de`; what follows the plus is a hash of all its files.
    """

    folder: Path
    release: str

    @classmethod
    def open(cls, folder: Path) -> "Bundle":
        """Check every file of a bundle against its manifest.

        Raises:
            BundleError: if it is no bundle, or a file is missing or altered.
        """
        # A link to the release is followed once, so that all files are of one.
        folder = Path(os.path.realpath(folder))
        manifest = _manifest(folder)
        files = manifest["files"]
        _check_complete(folder, files)
        if not manifest["release"].endswith(f"+{_name_of(files)}"):
            raise BundleError(str(folder / MANIFEST), "has a release name of other files", _BUILD)
        for name, expected in files.items():
            path = folder / name
            if not path.is_file():
                raise BundleError(str(path), "is missing from the bundle", _BUILD)
            if digest_of_file(path) != expected:
                raise BundleError(str(path), "was altered after the bundle was built", _BUILD)
        return cls(folder, manifest["release"])

    @classmethod
    def shipped(cls) -> "Bundle":
        """The bundle that comes with kgdx: the starter graph and the shipped weights."""
        return cls.open(shipped_folder())

    def snapshot(self) -> Snapshot:
        """The graph of the release."""
        return Snapshot.open(self.folder / GRAPH)

    def schema(self) -> Schema:
        """What the graph means: the schema, with the relations of its builder's own.

        Raises:
            BundleError: if a relation of its builder's cannot be, in this version.
        """
        if _RELATIONS not in _manifest(self.folder)["files"]:
            return graph_schema.load()
        path = self.folder / _RELATIONS
        try:
            declared = json.loads(path.read_text(encoding="utf-8"))
            return graph_schema.load().with_own_relations(declared, str(path))
        except (OSError, ValueError, AttributeError) as error:
            fact = str(error) if isinstance(error, RelationFileError) else "declares no relations"
            raise BundleError(str(path), fact, _BUILD) from error


def shipped_folder() -> Path:
    """Where the shipped bundle lies: inside the package when installed, in the checkout when not."""
    package = Path(__file__).parent.parent
    installed = package / "_models"
    return installed if installed.is_dir() else package.parent / "models"


def build(
    snapshot: Snapshot,
    models: Path,
    out: Path,
    version: str,
    own_relations: Mapping[str, Mapping[str, Any]] | None = None,
) -> Bundle:
    """Write a bundle beside its place and move it there whole, so that nobody ever sees half of one.

    Args:
        models: folder that holds the model folders to copy, such as `shipped_folder()`.
        out: place of the new bundle, a link to a folder beside it; an older bundle there is replaced.
        version: of kgdx.
        own_relations: declarations of relations that do not ship; those that the graph holds go along.

    Raises:
        BundleError: if `out` holds something that is no bundle, or cannot be written, or the models are not
            there.
    """
    out = Path(os.path.abspath(out))
    if not snapshot.num_nodes or not snapshot.num_edges:
        raise BundleError(
            str(out), "would be built from an empty graph", "load a source with kgdx ingest add"
        )
    if out.exists() and not (out / MANIFEST).is_file() and (not out.is_dir() or any(out.iterdir())):
        raise BundleError(str(out), "is in the way and is no bundle", "choose another folder for --out")
    for name in MODELS:
        if not (models / name).is_dir():
            raise BundleError(str(models / name), "there is no such model", "reinstall kgdx")
    try:
        with _replacing(out) as draft:
            (draft / GRAPH).mkdir()
            snapshot.write(draft / GRAPH)
            held = set(snapshot.relations.tolist())
            if own := {name: entry for name, entry in (own_relations or {}).items() if name in held}:
                write_json(draft / _RELATIONS, own)
            for name in MODELS:
                shutil.copytree(models / name, draft / name)
            _write_hashes(draft, snapshot, version)
    except OSError as error:
        fact = f"cannot be written ({error.strerror or error})"
        raise BundleError(str(out), fact, "choose another folder for --out") from error
    folder = Path(os.path.realpath(out))
    return Bundle(folder, _manifest(folder)["release"])


def write_manifest(folder: Path, snapshot: Snapshot, version: str) -> Bundle:
    """Put a new snapshot and manifest into a folder that already holds the models.

    This is how the shipped bundle is made, whose other files are under version control.
    """
    (folder / GRAPH).mkdir(exist_ok=True)
    snapshot.write(folder / GRAPH)
    _write_hashes(folder, snapshot, version)
    return Bundle.open(folder)


def _write_hashes(folder: Path, snapshot: Snapshot, version: str) -> None:
    files = {path.relative_to(folder).as_posix(): digest_of_file(path) for path in _hashed(folder)}
    manifest = {
        "format": _FORMAT,
        "release": f"kgdx-{version}+{_name_of(files)}",
        "graph": {
            "content_hash": snapshot.content_hash,
            "num_nodes": snapshot.num_nodes,
            "num_edges": snapshot.num_edges,
            "sources": _sources(snapshot),
        },
        "files": files,
    }
    write_json(folder / MANIFEST, manifest)


def _name_of(files: Mapping[str, str]) -> str:
    """What follows the plus in the name of a release with these files, name -> SHA-256."""
    return digest_of("".join(f"{name}={digest}\n" for name, digest in files.items()).encode())[:12]


def _hashed(folder: Path) -> Iterator[Path]:
    """The files of a bundle that its manifest names, by path."""
    found = (path for name in (GRAPH, *MODELS) for path in (folder / name).rglob("*"))
    return iter(sorted(path for path in found if path.suffix in _HASHED))


def _check_complete(folder: Path, files: Mapping[str, str]) -> None:
    """Whether a manifest names files within its bundle, and every one that is there to be read.

    Raises:
        BundleError: naming the first that it should not name, or does not.
    """
    for name in files:
        head, *rest = PurePosixPath(name).parts or ("",)
        if len(name) > 255 or head not in (GRAPH, *MODELS) or not rest or ".." in rest:
            fact = f"names {name[:80]!r}, no file of a bundle"
            raise BundleError(str(folder / MANIFEST), fact, _BUILD)
    for path in _hashed(folder):
        if path.relative_to(folder).as_posix() not in files:
            raise BundleError(str(path), "is in no list of the manifest", _BUILD)
    for name in (GRAPH, *MODELS):
        if not any(file.startswith(f"{name}/") for file in files):
            raise BundleError(str(folder / MANIFEST), f"names no file of {name}", _BUILD)


def _sources(snapshot: Snapshot) -> dict[str, str]:
    columns = (snapshot.edges[name].to_pylist() for name in ("source", "release"))
    return dict(sorted(set(zip(*columns, strict=True))))


def _manifest(folder: Path) -> dict[str, Any]:
    path = folder / MANIFEST
    try:
        manifest = json.loads(path.read_text(encoding="utf-8"))
        if manifest["format"] != _FORMAT:
            fact = f"has format {manifest['format']}, this kgdx reads {_FORMAT}"
            raise BundleError(str(folder), fact, "build it again")
        files = {str(name): str(digest) for name, digest in manifest["files"].items()}
        return {"release": str(manifest["release"]), "files": files}
    except OSError as error:
        raise BundleError(str(folder), "is no bundle (it has no manifest.json)", _BUILD) from error
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        if isinstance(error, BundleError):
            raise
        raise BundleError(str(path), "is no manifest of a bundle", _BUILD) from error


@contextmanager
def _replacing(out: Path) -> Iterator[Path]:
    """A fresh folder that takes the place of `out` by one move when all went well, and vanishes when not.

    `out` is a link to a folder beside it that is named by this build: a link can be replaced in one step, a
    folder cannot. Whoever has opened the old release goes on reading it until the next build takes it away.
    """
    out.parent.mkdir(parents=True, exist_ok=True)
    for killed in out.parent.glob(f".{out.name}-draft-*"):
        shutil.rmtree(killed, ignore_errors=True)
    draft = Path(tempfile.mkdtemp(prefix=f".{out.name}-draft-", dir=out.parent))
    held = draft.with_name(draft.name.replace("-draft-", "-release-"))
    old = Path(os.path.realpath(out)) if out.is_symlink() else None
    try:
        yield draft
        draft.chmod(0o755)
        os.replace(draft, held)
        _point(out, held)
    except BaseException:
        shutil.rmtree(draft, ignore_errors=True)
        shutil.rmtree(held, ignore_errors=True)
        raise
    for stale in out.parent.glob(f".{out.name}-release-*"):
        if stale not in (held, old):
            shutil.rmtree(stale, ignore_errors=True)


def _point(out: Path, held: Path) -> None:
    """Make `out` a link to a folder beside it, in one step where there is a link or nothing."""
    link = held.with_name(f"{held.name}.link")
    link.symlink_to(held.name)
    try:
        if out.is_dir() and not out.is_symlink():
            # A folder of before there were links: from now on there is one.
            aside = held.with_name(f"{held.name}.old")
            os.replace(out, aside)
            os.replace(link, out)
            shutil.rmtree(aside, ignore_errors=True)
        else:
            os.replace(link, out)
    finally:
        link.unlink(missing_ok=True)
