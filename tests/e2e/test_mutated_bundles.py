"""Bundles whose configs were changed and whose manifest was sealed again: an answer or one `BundleError`."""

import json
import os
import random
import shutil
from pathlib import Path

import pytest

from kgdx.domain.errors import BundleError
from kgdx.engine import Engine
from kgdx.release import bundle
from kgdx.schemas import CaseIn
from tests.fuzz import mutated, scrambled


@pytest.fixture(scope="module")
def copied(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The shipped bundle; what is large is linked."""
    folder = tmp_path_factory.mktemp("bundle") / "models"
    shipped = bundle.shipped_folder()
    for path in map(Path, json.loads((shipped / "manifest.json").read_text())["files"]):
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        link = os.link if path.suffix == ".safetensors" else shutil.copyfile
        try:
            link(shipped / path, folder / path)
        except OSError:
            shutil.copyfile(shipped / path, folder / path)
    shutil.copyfile(shipped / "manifest.json", folder / "manifest.json")
    return folder


def sealed(folder: Path) -> None:
    """Write the manifest anew, as somebody would who changed a file on purpose."""
    manifest = json.loads((folder / "manifest.json").read_text())
    files = {
        path.relative_to(folder).as_posix(): bundle.digest_of_file(path) for path in bundle._hashed(folder)
    }
    manifest |= {"files": files, "release": f"kgdx-x+{bundle._name_of(files)}"}
    (folder / "manifest.json").write_text(json.dumps(manifest))


@pytest.mark.parametrize(
    "num", [pytest.param(8, id="short"), pytest.param(400, id="long", marks=pytest.mark.slow)]
)
def test_mutated_configs_open_or_are_one_error(copied: Path, num: int) -> None:
    rng = random.Random(3)  # noqa: S311
    names = [p for p in bundle._hashed(copied) if p.suffix == ".json" and p.stat().st_size < 100_000]
    assert len(names) > 5
    for _ in range(num):
        path = rng.choice(names)
        content = path.read_bytes()
        try:
            if rng.random() < 0.8:
                path.write_text(json.dumps(mutated(json.loads(content), rng)))
            else:
                path.write_bytes(scrambled(content, rng))
            sealed(copied)
            opened(copied)
        finally:
            path.write_bytes(content)


def opened(folder: Path) -> None:
    try:
        engine = Engine.open(folder)
    except BundleError as error:
        assert len(str(error)) < 1500  # noqa: PT017
        return
    report = engine.diagnose(CaseIn(findings=["HP:0001945", "HP:0012735"], report="Pleural effusion."))
    assert all(0 <= diagnosis.probability <= 1 for diagnosis in report.differential)
