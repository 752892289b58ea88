"""Does the encoder read the source site instead of disease? `python -m benchmarks.site_probe --data DATA`.

Linear probes on frozen vectors of the COVID chest X-ray set, whose labels go with the site of publication.
They measure the encoder and are thrown away: nothing that ships is fitted here.
"""

import argparse
import json
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from rich.console import Console
from rich.table import Table

from benchmarks import stamp
from benchmarks.datasets.covid_chestxray import (
    COVID,
    ELSEWHERE,
    NONE,
    PNEUMONIA,
    UNTOLD,
    Films,
    Strings,
    named_sites,
    read_films,
    without_copies,
)
from benchmarks.measures.probes import Floats
from benchmarks.measures.site_findings import answers, spread
from benchmarks.measures.site_questions import ENCODER, SITE, disease_probe, site_probe
from kgdx.domain.errors import KgdxError
from kgdx.encoders.base import ImageEncoder
from kgdx.encoders.classifier import HEAD, Classifier
from kgdx.encoders.pixels import to_batch
from kgdx.encoders.registry import open_encoder
from kgdx.imaging.read import read_image
from kgdx.release.bundle import Bundle, shipped_folder

_TALK = Console(stderr=True, width=140)
LEAST_FILMS = 15
QUESTIONS = {"covid_pneumonia": (PNEUMONIA,), "covid_none": (NONE,), "covid_rest": (PNEUMONIA, NONE)}
"""COVID-19 against what."""


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the benchmark and print its JSON."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.site_probe", description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="holds covid_chestxray")
    parser.add_argument("--encoder", default="", help="an image-text model or a classifier's folder")
    options = parser.parse_args(arguments)
    torch.set_num_threads(1)
    began, commit, bundle = time.monotonic(), stamp.commit(), Bundle.shipped()
    encoder = _encoder(options.encoder or str(bundle.folder / "clip"))
    folder = options.data / "covid_chestxray"
    listed = read_films(folder)
    images = [read_image(file).pixels for file in listed.files]
    films, kept = without_copies(listed, _tiny(images))
    images = [image for image, stays in zip(images, kept, strict=True) if stays]
    sites = named_sites(films.hosts, LEAST_FILMS)
    features = _features(encoder, images, films, sites)
    result = {
        "n": len(films),
        "patients": len(set(films.patients.tolist())),
        "copies_left_out": len(listed) - len(films),
        "sites": _counts(films, sites),
        "site": {
            "host": site_probe(features, sites, films.patients),
            "location": site_probe(features, named_sites(films.places, LEAST_FILMS), films.patients),
        },
        "disease": {name: _disease(features, films, sites, rest) for name, rest in QUESTIONS.items()},
        "findings": _findings(films, sites, images),
        "encoder": encoder.revision,
        "seconds": round(time.monotonic() - began, 1),
        "release": bundle.release,
        "commit": commit,
        "data_sha256": stamp.data_sha256([folder / "metadata.csv", folder / "images"]),
    }
    _show(result)
    json.dump(result, sys.stdout, indent=1)
    sys.stdout.write("\n")


def _disease(
    features: dict[str, Floats], films: Films, sites: Strings, rest: Sequence[str]
) -> dict[str, Any] | None:
    chosen = np.flatnonzero(np.isin(films.labels, [COVID, *rest]))
    return disease_probe(
        {kind: vectors[chosen] for kind, vectors in features.items()},
        films.labels[chosen] == COVID,
        sites[chosen],
        films.patients[chosen],
    )


def _findings(films: Films, sites: Strings, images: Sequence[NDArray[np.float32]]) -> dict[str, Any]:
    told = answers(shipped_folder(), images)
    counted = sites != ELSEWHERE
    return {
        label: {
            question: spread(values[rows], sites[rows], films.patients[rows], films.views[rows])
            for question, values in told.items()
        }
        for label in (COVID, PNEUMONIA)
        for rows in [np.flatnonzero(counted & (films.labels == label))]
    }


def _encoder(name: str) -> ImageEncoder:
    return Classifier.open(name).encoder if (Path(name) / HEAD).is_file() else open_encoder(name)


def _tiny(images: Sequence[NDArray[np.float32]]) -> Floats:
    return to_batch(images, 28).numpy().reshape(len(images), -1).astype(np.float64)


def _features(
    encoder: ImageEncoder, images: Sequence[NDArray[np.float32]], films: Films, sites: Strings
) -> dict[str, Floats]:
    """What is probed: the vectors, and beside them what needs no encoder."""
    shapes = np.array([[np.log(i.shape[0]), np.log(i.shape[1]), i.shape[0] / i.shape[1]] for i in images])
    greys = np.array([np.histogram(i, bins=16, range=(0, 1))[0] / i.size for i in images])
    return {
        ENCODER: encoder.encode_images(images).astype(np.float64),
        "28 px": _tiny(images),
        "size and grey values": np.hstack([shapes, greys]),
        "view": _one_hot(films.views),
        SITE: _one_hot(sites),
    }


def _one_hot(names: Strings) -> Floats:
    return np.asarray(names[:, None] == np.unique(names)[None], dtype=np.float64)


def _counts(films: Films, sites: Strings) -> dict[str, Any]:
    return {
        str(site): {
            label or "untold": int(((sites == site) & (films.labels == label)).sum())
            for label in (COVID, PNEUMONIA, NONE, UNTOLD)
        }
        | {"patients": len(set(films.patients[sites == site]))}
        for site in np.unique(sites)
    }


def _told(figure: dict[str, Any]) -> str:
    return f"{figure['value']} ({figure['ci'][0]}–{figure['ci'][1]})" if figure["ci"] else "–"


def _show(result: dict[str, Any]) -> None:
    for name, found in result["site"].items():
        if found is None:
            continue
        table = Table("vectors", "balanced accuracy", title=f"site by {name}, {found['n']} films")
        for kind, figure in found["balanced_accuracy"].items():
            table.add_row(kind, _told(figure))
        table.add_row("chance / labels shuffled", f"{found['chance']} / {found['shuffled']['mean']}")
        _TALK.print(table)
    for name, found in result["disease"].items():
        if found is None:
            continue
        keys = ("random", "random_within", "across", "gap")
        table = Table(
            "vectors", *keys, title=f"{name}, {found['films']['sick']} and {found['films']['others']} films"
        )
        for kind, figures in found["auc"].items():
            table.add_row(kind, *(_told(figures[key]) for key in keys))
        table.add_row(
            "labels shuffled: all, random within site, across",
            *(f"{found[k]['mean']}" for k in ("shuffled", "shuffled_within_site", "shuffled_across")),
        )
        for site, figures in found["by_site"].items():
            table.add_row(
                f"{site}, trained there: {_told(figures['within'])}",
                "",
                *(_told(figures[k]) for k in keys[1:3]),
            )
        _TALK.print(table)
    table = Table(
        "label", "question", "deviation", "p", "p of view", "means by site", title="what the engine says"
    )
    for label, questions in result["findings"].items():
        for question, found in questions.items():
            if found:
                means = ", ".join(f"{site} {figure['value']}" for site, figure in found["by_site"].items())
                table.add_row(
                    label, question, str(found["deviation"]), str(found["p"]), str(found["p_of_view"]), means
                )
    _TALK.print(table)


if __name__ == "__main__":
    try:
        main()
    except KgdxError as error:
        sys.exit(f"error: {error}")
