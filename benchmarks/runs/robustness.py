"""Broken image files: `python -m benchmarks.robustness [--mutants N] [--data DATA]`.

Each file is read in a process of its own, forked from one that has everything loaded; its seconds and its
peak of resident memory are told. A file gives pixels or an `ImageError`; all else counts as a failure. With
`--data` the real files of `DATA/dicom`, and some of `DATA/medpix` and `DATA/covid_chestxray`, are broken too.
"""

import argparse
import json
import random
import resource
import sys
import tempfile
import time
from collections.abc import Sequence
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import track

from benchmarks import stamp
from benchmarks.datasets.corrupted_images import mutants
from benchmarks.datasets.image_bombs import bombs
from benchmarks.datasets.synthetic_images import seeds
from kgdx import __version__
from kgdx.domain.errors import ImageError
from kgdx.imaging.read import read_image

_TALK = Console(stderr=True)
_PER_MB = 1 << (20 if sys.platform == "darwin" else 10)
_TIMEOUT_S = 30.0
MAX_SECONDS, MAX_MB = 2.0, 1024
_NUM_REAL = 10
_NUM_TOLD = 12


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the benchmark and print its JSON."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.robustness", description=__doc__)
    parser.add_argument("--mutants", type=int, default=1_000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--data", type=Path, help="real files to break as well")
    options = parser.parse_args(arguments)
    began = time.monotonic()
    real = _real(options.data) if options.data else []
    with tempfile.TemporaryDirectory() as folder:
        files = seeds() | {f"real-{path.name}": path.read_bytes() for path in real}
        measured = [
            _measured(_put(Path(folder), name, content))
            for name, content in track(
                mutants(files, options.mutants, options.seed), "mutants", options.mutants, console=_TALK
            )
        ]
        exploded = [_measured(path) for path in _bombs_in(Path(folder))]
    _show(exploded + sorted(measured, key=lambda item: -item["seconds"])[:_NUM_TOLD])
    result = {
        "mutants": _summary(measured),
        "bombs": _summary(exploded),
        "worst": sorted(measured + exploded, key=lambda item: -item["seconds"])[:_NUM_TOLD],
        "limits": {"seconds": MAX_SECONDS, "mb": MAX_MB},
        "seconds": round(time.monotonic() - began, 1),
        "release": __version__,
        "commit": stamp.commit(),
        "data_sha256": stamp.data_sha256(real),
    }
    json.dump(result, sys.stdout, indent=1)
    sys.stdout.write("\n")


def _real(data: Path) -> list[Path]:
    rng = random.Random(0)  # noqa: S311 - not for secrets
    files = sorted((data / "dicom").glob("*.dcm"))
    for name in ("medpix", "covid_chestxray"):
        files += rng.sample(sorted((data / name / "images").iterdir()), _NUM_REAL)
    return files


def _put(folder: Path, name: str, content: bytes) -> Path:
    path = folder / name
    path.write_bytes(content)
    return path


def _bombs_in(folder: Path) -> list[Path]:
    """Written by another process, so that this one stays small."""
    writer = get_context("fork").Process(target=_write_bombs, args=(folder,))
    writer.start()
    writer.join()
    return sorted(folder.glob("bomb*"))


def _write_bombs(folder: Path) -> None:
    for name, content in bombs():
        _put(folder, name, content)


def _measured(path: Path) -> dict[str, Any]:
    """Name, outcome, seconds and peak megabytes of one file; the file is removed."""
    here, there = get_context("fork").Pipe()
    reader = get_context("fork").Process(target=_read, args=(path, there))
    reader.start()
    there.close()
    found: dict[str, Any] = {"outcome": "no answer", "seconds": _TIMEOUT_S, "peak_mb": 0}
    if here.poll(_TIMEOUT_S):
        try:
            found = here.recv()
        except EOFError:
            found["outcome"] = "the process died"
    reader.kill()
    reader.join()
    size = path.stat().st_size
    path.unlink()
    return {"file": path.name, "bytes": size, **found}


def _read(path: Path, answer: Connection) -> None:
    began = time.monotonic()
    try:
        read_image(path)
        outcome = "read"
    except ImageError:
        outcome = "refused"
    except BaseException as error:
        outcome = f"failed: {type(error).__name__}"
    seconds = time.monotonic() - began
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / _PER_MB
    answer.send({"outcome": outcome, "seconds": round(seconds, 3), "peak_mb": round(peak)})


def _summary(measured: Sequence[dict[str, Any]]) -> dict[str, Any]:
    outcomes = [item["outcome"] for item in measured]
    num_fine = outcomes.count("read") + outcomes.count("refused")
    return {
        "n": len(measured),
        "read": outcomes.count("read"),
        "refused": outcomes.count("refused"),
        "failed": len(measured) - num_fine,
        "over_limits": sum(item["seconds"] > MAX_SECONDS or item["peak_mb"] > MAX_MB for item in measured),
        "max_seconds": max(item["seconds"] for item in measured),
        "max_peak_mb": max(item["peak_mb"] for item in measured),
    }


def _show(measured: Sequence[dict[str, Any]]) -> None:
    for item in measured:
        told = f"{item['file']:44} {item['outcome']:12} {item['seconds']:7.3f} s {item['peak_mb']:6} MB"
        _TALK.print(told, highlight=False)


if __name__ == "__main__":
    main()
