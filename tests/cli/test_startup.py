"""A command loads what it needs and nothing else."""

import subprocess
import sys
from pathlib import Path

import pytest

import kgdx
from kgdx.domain import errors

ROOT = Path(__file__).parents[2]
HEAVY = (
    "medspacy", "open_clip", "sentence_transformers", "sklearn", "spacy", "timm", "torch_geometric",
    "torchvision", "transformers",
)  # fmt: skip


def loaded(code: str) -> set[str]:
    """Names of the modules that a fresh interpreter has after some code."""
    script = f"import sys\n{code}\nprint(*sys.modules, file=sys.stderr)"
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", script], cwd=ROOT, check=True, capture_output=True, text=True
    )
    return set(done.stderr.splitlines()[-1].split())


def command(*words: str) -> str:
    return f"""
from kgdx.cli.main import run
sys.argv = {["kgdx", *words]!r}
try:
    run()
except SystemExit as end:
    assert not end.code, end.code
"""


def test_coded_case_loads_no_image_tower_no_text_reader_and_nothing_that_trains() -> None:
    modules = loaded(command("diagnose", "--finding", "HP:0002202", "--json"))
    assert not modules & {*HEAVY, "nibabel", "pydicom"}
    assert not [name for name in modules if name.startswith("kgdx.training")]


def test_case_of_three_modalities_loads_no_foreign_model() -> None:
    modules = loaded(command("diagnose", "examples/cases/effusion.json", "--json"))
    assert not modules & {*HEAVY, "nltk", "quickumls"}


def test_opening_the_engine_loads_no_training() -> None:
    modules = loaded("from kgdx import Engine; Engine.open()")
    assert not [name for name in modules if name.startswith("kgdx.training")]


@pytest.mark.parametrize("code", ["import kgdx", command("--help")])
def test_import_and_help_are_light(code: str) -> None:
    assert not loaded(code) & {*HEAVY, "numpy", "pyarrow", "scipy", "torch"}


def test_public_names_are_sorted_and_resolve() -> None:
    assert kgdx.__all__ == sorted(kgdx.__all__)
    assert all(getattr(kgdx, name) is not None for name in kgdx.__all__)


def test_every_error_is_public() -> None:
    known = {
        name for name, each in vars(errors).items() if isinstance(each, type) and issubclass(each, Exception)
    }
    assert known <= set(kgdx.__all__)


def test_what_is_not_public_is_no_attribute() -> None:
    with pytest.raises(AttributeError, match="nothing"):
        kgdx.nothing  # noqa: B018
