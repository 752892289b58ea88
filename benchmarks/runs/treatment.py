"""Treatments: `python -m benchmarks.treatment --data DIR --indications F --contraindications F`.

Predicts treatments of diseases that the graph says nothing of, and counts what the safety rules veto.
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
from sklearn.metrics import average_precision_score

from benchmarks import metrics, stamp
from benchmarks.baselines.treatments import disease_likeness, name_likeness, nearest, popularity
from benchmarks.datasets.treatment_graph import Hidden, open_hidden
from benchmarks.measures.inherited_treatments import measure_inherited
from benchmarks.measures.vetoes import measure_vetoes
from kgdx.domain.errors import KgdxError
from kgdx.encoders.concepts import ConceptEncoder
from kgdx.release.bundle import Bundle, shipped_folder
from kgdx.release.checkpoints import TreatmentCheckpoint
from kgdx.training.metrics import mid_ranks
from kgdx.training.treatments import CALIBRATED_FOLD, SCORED_FOLD, fold_of
from kgdx.treatments.predictor import PredictedTreatments

Floats = NDArray[np.float64]

_TALK = Console(stderr=True)
_FIGURES = ("recall10", "recall100", "mrr", "auprc")


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the benchmark and print its JSON."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.treatment", description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder of the real data")
    parser.add_argument("--indications", type=Path, required=True, help="what treats the asked diseases")
    parser.add_argument(
        "--contraindications", type=Path, required=True, help="what must not be given in what"
    )
    parser.add_argument("--graph", type=Path, help="a snapshot built of these files, to save the time")
    parser.add_argument("--models", type=Path, default=shipped_folder(), help="folder with treatments/")
    options = parser.parse_args(arguments)
    torch.set_num_threads(1)
    # Read before the run: the checkout may move on while it lasts.
    began, commit = time.monotonic(), stamp.commit()
    lists = options.indications, options.contraindications
    hidden, files = open_hidden(options.data, *lists, options.graph, _TALK.print)
    result = _predicted(hidden, options.models)
    result["contra"] = measure_vetoes(hidden.whole, options.contraindications)
    result["inherited"] = measure_inherited(hidden.whole.snapshot)
    result |= {
        "seconds": round(time.monotonic() - began, 1),
        "release": Bundle.shipped().release,
        "commit": commit,
        "data_sha256": stamp.data_sha256([options.indications, *files]),
    }
    _show(result)
    json.dump(result, sys.stdout, indent=1)
    sys.stdout.write("\n")


def _predicted(hidden: Hidden, models: Path) -> dict[str, Any]:
    """Metrics of the network and of every baseline, with the audit before them."""
    walks, asked = hidden.walks, hidden.asked
    audit = hidden.audit() | {"learnt_on": _learnt_on(hidden)}
    predictor = _predictor(hidden, models)
    _TALK.print(f"asking for the treatments of {len(asked):,} diseases")
    alike, named = disease_likeness(walks, asked), name_likeness(walks, predictor.kin, asked)
    scored = {
        "kgdx": predictor.scores(asked.tolist()),
        "popularity": popularity(walks, len(asked)),
        "nearest_disease": nearest(walks, alike),
        "nearest_disease_and_name": nearest(walks, alike + 2 * named),
    }
    each = {name: _figures(hidden, values) for name, values in scored.items()}
    near = _has_treated_relative(hidden)
    told = {name: _averaged(values) for name, values in each.items()}
    baselines = {name: told[name] for name in told if name != "kgdx"}
    better = {
        k: max(told[name][k] for name in ("popularity", "nearest_disease")) for k in ("recall10", "mrr")
    }
    return {
        "n": len(asked),
        "num_pairs": sum(len(drugs) for drugs in hidden.pairs),
        "candidates": len(walks.treatments),
        **told["kgdx"],
        "baselines": baselines,
        "times_better_baseline": {k: round(told["kgdx"][k] / max(v, 1e-9), 2) for k, v in better.items()},
        "slices": {
            name: {method: _averaged(values[where]) for method, values in each.items()}
            for name, where in (("relative_treated", near), ("no_relative_treated", ~near))
        },
        "audit": audit,
    }


def _predictor(hidden: Hidden, models: Path) -> PredictedTreatments:
    saved = TreatmentCheckpoint.open(models / "treatments")
    encoder = ConceptEncoder.open(shipped_folder() / "concepts")
    walks = hidden.walks
    return PredictedTreatments.on(walks.snapshot, walks.schema, saved.network, saved.calibration, encoder)


def _learnt_on(hidden: Hidden) -> int:
    """Asked diseases that the weights may have learnt on: of a learnt fold, and known to other sources."""
    if hidden.is_own_list:
        return sum(fold_of(hidden.whole, int(g)) not in (SCORED_FOLD,) for g in hidden.asked)
    known = zip(hidden.asked, hidden.pairs, strict=True)
    return sum(
        fold_of(hidden.whole, int(group)) not in (SCORED_FOLD, CALIBRATED_FOLD)
        and len(np.setdiff1d(hidden.whole.known[group].indices, drugs)) > 0
        for group, drugs in known
    )


def _has_treated_relative(hidden: Hidden) -> NDArray[np.bool_]:
    """(D,) whether something one step up or down the hierarchy has a treatment that was not hidden."""
    walks, edges = hidden.walks, hidden.walks.edges
    is_kind = walks.snapshot.relations[edges.rows] == "subclass_of"
    return np.isin(hidden.asked, edges.start[is_kind & np.isin(edges.end, walks.treated)])


def _figures(hidden: Hidden, scored: Floats) -> Floats:
    """(D, 4) recall10, recall100, mrr and auprc of each disease.

    What another source says treats a disease is neither right nor wrong, and is left out.
    """
    rng = np.random.default_rng(0)
    rows = []
    for column, (group, drugs) in enumerate(zip(hidden.asked, hidden.pairs, strict=True)):
        treatments = hidden.walks.treatments
        known = np.intersect1d(hidden.whole.known[group].indices, treatments)
        kept = np.setdiff1d(treatments, np.setdiff1d(known, drugs))
        values = scored[np.searchsorted(treatments, kept), column]
        right = np.searchsorted(kept, drugs)
        place = mid_ranks(values, right)
        wrong = rng.choice(np.setdiff1d(np.arange(len(kept)), right), len(right), replace=False)
        truth = np.repeat([True, False], len(right))
        precision = average_precision_score(truth, values[np.concatenate([right, wrong])])
        rows.append([(place <= 10).mean(), (place <= 100).mean(), 1 / place.min(), precision])
    return np.array(rows, dtype=np.float64).reshape(-1, len(_FIGURES))


def _averaged(each: Floats) -> dict[str, Any]:
    """Means over diseases with their 95 % bootstrap intervals; diseases are resampled."""
    told: dict[str, Any] = {"n": len(each)}
    if len(each) == 0:
        return told
    diseases = np.arange(len(each))
    for name, values in zip(_FIGURES, each.T, strict=True):
        told |= {
            name: round(float(values.mean()), 4),
            f"{name}_ci": metrics.grouped_interval(values, diseases),
        }
    return told


def _show(result: dict[str, Any]) -> None:
    table = Table("method", *_FIGURES, title=f"{result['n']:,} diseases, {result['candidates']:,} treatments")
    for name, told in {"kgdx": result, **result["baselines"]}.items():
        table.add_row(name, *(str(told[figure]) for figure in _FIGURES))
    _TALK.print(table)
    _TALK.print(f"leaks: {result['audit']['leaks']}; vetoes: {result['contra']}", highlight=False)


if __name__ == "__main__":
    try:
        main()
    except KgdxError as error:
        sys.exit(f"error: {error}")
