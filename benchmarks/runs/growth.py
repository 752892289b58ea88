"""Growth without retraining: `python -m benchmarks.growth --data DIR --cases F [--weights FOLDER]`.

A fifth of the diseases is taken out of the graph, a reasoner is trained on what is left, the diseases are
loaded back, and their cases ranked on the whole graph: by those weights and by the weights of full training.
Nothing is trained here: `--write-reduced FOLDER` writes the graph to train on; of the cases training takes
those that this graph can answer.
"""

import argparse
import json
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from rich.console import Console
from rich.progress import track
from rich.table import Table

from benchmarks import metrics, stamp
from benchmarks.datasets.phenopackets import Answered, read_cases
from benchmarks.datasets.reduced import counts, reduced, removed_nodes
from benchmarks.ranker import Ranker
from benchmarks.scores import of_all
from ingest.phenotypes import build_snapshot, phenotype_sources
from kgdx.domain.errors import BundleError, KgdxError
from kgdx.encoders.checkpoint import WEIGHTS
from kgdx.graph.snapshot import Snapshot
from kgdx.reasoning.reasoner import Reasoner
from kgdx.release.bundle import Bundle, shipped_folder

Floats = NDArray[np.float64]

_TALK = Console(stderr=True)
_FOLDER = Path("models/research/growth")
_CUT = 10


@dataclass(frozen=True, slots=True)
class Scored:
    """Ranks of the right disease in one case: by weights that did not know it, by all, by the base."""

    disease: str
    reduced: float
    full: float
    base: float


def score(case: Answered, new: Ranker, old: Ranker, is_removed: NDArray[np.bool_]) -> Scored | None:
    """Rank one case by both; None if its disease was never taken out, or the graph knows no finding of it.

    Args:
        new, old: rankers of the whole graph, with the weights of the reduced and of the whole.
    """
    index, annotations = new.snapshot.index, new.reasoner.graph.annotations
    nodes = [index[a] for a in case.answers if a in index]
    accepted = np.flatnonzero(np.isin(annotations.candidates, nodes))
    if len(accepted) == 0 or not is_removed[annotations.candidates[accepted]].all():
        return None
    query = new.query(case.findings)
    if not any(seen.weight > 0 for seen in query.observations):
        return None
    ranks = {}
    for name, reasoner in (("reduced", new.reasoner), ("full", old.reasoner)):
        ranking = reasoner.rank(query)
        ranks[name] = _rank(reasoner, of_all(ranking, ranking.logit, len(annotations.candidates)), accepted)
    ranks["base"] = _rank(old.reasoner, old.reasoner.base(query).logit, accepted)
    return Scored(min(case.answers), **ranks)


def _rank(reasoner: Reasoner, scores: Floats, accepted: NDArray[np.int64]) -> float:
    wanted = np.isin(reasoner.same, reasoner.same[accepted])
    return metrics.mid_rank(scores, np.flatnonzero(wanted).tolist())


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the benchmark, or write the reduced graph, and print its JSON."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.growth", description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder of the real data")
    parser.add_argument("--cases", type=Path, help="phenopackets, one JSON a line, or gzip of it")
    parser.add_argument("--weights", type=Path, default=_FOLDER, help="reasoner trained on the reduced graph")
    parser.add_argument(
        "--full", type=Path, help="reasoner trained on the whole; the shipped one if left out"
    )
    parser.add_argument("--limit", type=int, help="take every k-th case, about this many in all")
    parser.add_argument(
        "--write-reduced", type=Path, metavar="FOLDER", help="write the reduced graph, no more"
    )
    options = parser.parse_args(arguments)
    if options.cases is None and options.write_reduced is None:
        parser.error("give --cases, or --write-reduced")
    torch.set_num_threads(1)
    # Read before the run: the checkout may move on while it lasts.
    began, commit = time.monotonic(), stamp.commit()
    sources = phenotype_sources(options.data)
    snapshot = build_snapshot(sources, _TALK.print)
    is_removed = removed_nodes(snapshot)
    if options.write_reduced:
        left, folder = reduced(snapshot, is_removed), options.write_reduced
        folder.mkdir(parents=True, exist_ok=True)
        left.write(folder)
        _TALK.print(f"now: kgdx train reasoner --graph {folder} --cases CASES --out {_FOLDER}")
        result: dict[str, Any] = {"nodes": left.num_nodes, "edges": left.num_edges}
    else:
        full = options.full or shipped_folder() / "reasoner"
        result = measure(
            snapshot, is_removed, list(read_cases(options.cases)), options.weights, full, options.limit
        )
    result |= {
        "removed": counts(snapshot, is_removed),
        "seconds": round(time.monotonic() - began, 1),
        "release": Bundle.shipped().release,
        "graph": snapshot.content_hash,
        "commit": commit,
        "data_sha256": stamp.data_sha256([path for _, path in sources]),
    }
    json.dump(result, sys.stdout, indent=1)
    sys.stdout.write("\n")


def measure(
    snapshot: Snapshot,
    is_removed: NDArray[np.bool_],
    cases: Sequence[Answered],
    weights: Path,
    full: Path,
    limit: int | None = None,
) -> dict[str, Any]:
    """Both weights on the cases of the diseases that were taken out.

    Raises:
        BundleError: if there are no weights of the reduced graph.
    """
    if not weights.is_dir():
        training = f"kgdx train reasoner --graph … --cases … --out {weights}"
        remedy = f"write the graph with --write-reduced, then {training}"
        raise BundleError(str(weights), "holds no reasoner of the reduced graph", remedy)
    prefix = ("OMIM:",)
    new, old = (Ranker.open(snapshot, lambda c: c.startswith(prefix), False, w) for w in (weights, full))
    chosen = cases[:: max(1, len(cases) // limit) if limit else 1]
    scored = [score(case, new, old, is_removed) for case in track(chosen, "scoring", console=_TALK)]
    result = result_of([s for s in scored if s is not None])
    _show(result)
    return {
        "candidates": len(set(new.reasoner.same)),
        "same_weights": _digest(weights) == _digest(full),
        **result,
    }


def result_of(scored: Sequence[Scored]) -> dict[str, Any]:
    """Metrics of both, and the ratio of their top-10."""
    diseases = np.array([s.disease for s in scored])
    ranks = {name: np.array([getattr(s, name) for s in scored]) for name in ("reduced", "full", "base")}
    told: dict[str, Any] = {"n": len(scored), "diseases": len(set(diseases))}
    for name, values in ranks.items():
        told[name] = {
            "micro": metrics.ranking_metrics(values),
            "macro": metrics.ranking_metrics(values, diseases.tolist()),
        }
    return told | {"ratio": _ratio(ranks["reduced"], ranks["full"], diseases)}


def _ratio(new: Floats, old: Floats, diseases: NDArray[np.str_]) -> dict[str, Any]:
    """Top-10 of one as a share of the other's, micro and macro; whole diseases are resampled."""
    _, member = np.unique(diseases, return_inverse=True)
    size = np.bincount(member)
    hits = np.stack([np.bincount(member, ranks <= _CUT) for ranks in (new, old)])
    told: dict[str, Any] = {}
    for name, each in (("micro", hits), ("macro", hits / size)):
        rng = np.random.default_rng(0)
        drawn = [each[:, rng.integers(len(size), size=len(size))].sum(axis=1) for _ in range(1000)]
        ratios = [float(a / b) for a, b in drawn if b > 0]
        a, b = each.sum(axis=1)
        told[name] = round(float(a / b), 4) if b else None
        told[f"{name}_ci"] = (
            [round(float(q), 4) for q in np.quantile(ratios, [0.025, 0.975])] if ratios else None
        )
    return told


def _digest(folder: Path) -> str:
    return sha256((folder / WEIGHTS).read_bytes()).hexdigest()


def _show(result: dict[str, Any]) -> None:
    table = Table(
        "weights", "average", "top1", "top10", "mrr", title=f"{result['n']:,} cases of new diseases"
    )
    for name in ("reduced", "full", "base"):
        for average in ("micro", "macro"):
            found = result[name][average]
            table.add_row(name, average, *(str(found.get(key, "")) for key in ("top1", "top10", "mrr")))
    _TALK.print(table, result["ratio"])


if __name__ == "__main__":
    try:
        main()
    except KgdxError as error:
        sys.exit(f"error: {error}")
