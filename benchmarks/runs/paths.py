"""Mechanisms of drugs: `python -m benchmarks.paths --data DIR --paths F.jsonl.gz`.

For each curated pair of a drug and a disease, all paths of two to four edges between them are ranked, on two
graphs: without DrugMechDB, and with what it says of other pairs.
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
from rich.console import Console
from rich.progress import track
from rich.table import Table

import graph_schema
from benchmarks import metrics, stamp
from benchmarks.measures.path_ranks import METHODS, PathRanker, Ranked
from benchmarks.runs.faithfulness import faithfulness
from ingest.mechanisms import curated_mechanisms, mechanism_snapshot, mechanism_sources, mechanisms_of
from ingest.phenotypes import phenotype_snapshot
from kgdx.domain.errors import KgdxError
from kgdx.domain.mechanism import CuratedMechanism
from kgdx.encoders.concepts import ConceptEncoder
from kgdx.graph.snapshot import Snapshot
from kgdx.mechanisms.graph import MechanismGraph
from kgdx.release.bundle import Bundle, shipped_folder
from kgdx.release.checkpoints import MechanismCheckpoint
from kgdx.training.mechanisms.curated import Place, curated, place_metrics, rows_of

_TALK = Console(stderr=True)
# The protocol's keys are of the second setting: the first covers nothing.
_SETTINGS = ("no_drugmechdb", "other_pairs")


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the benchmark and print its JSON."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.paths", description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder of the real data")
    parser.add_argument("--paths", type=Path, required=True, help="curated paths in DrugMechDB's form")
    parser.add_argument("--graph", type=Path, help="a snapshot made of that folder, to save the time")
    parser.add_argument("--models", type=Path, default=shipped_folder(), help="folder with mechanisms/")
    parser.add_argument(
        "--explained", type=int, default=460, help="cases on which faithfulness is measured; 0 for none"
    )
    options = parser.parse_args(arguments)
    torch.set_num_threads(1)
    # Read before the run: the checkout may move on while it lasts.
    began, commit = time.monotonic(), stamp.commit()
    graph = options.graph
    snapshot = Snapshot.open(graph) if graph else mechanism_snapshot(options.data, _TALK.print)
    asked = curated_mechanisms(options.paths)
    loaded = curated_mechanisms(mechanisms_of(options.data))
    result = measured(snapshot, asked, loaded, MechanismCheckpoint.open(options.models / "mechanisms"))
    cases = options.data / "phenopackets" / "cases.jsonl.gz"
    if options.explained and cases.is_file():
        told = faithfulness(phenotype_snapshot(options.data, _TALK.print), cases, options.explained)
        result["faithfulness"] = told
    files = [options.paths, *(path for _, path in mechanism_sources(options.data))]
    result |= {
        "seconds": round(time.monotonic() - began, 1),
        "release": Bundle.shipped().release,
        "commit": commit,
        "data_sha256": stamp.data_sha256(files),
    }
    _show(result)
    json.dump(result, sys.stdout, indent=1)
    sys.stdout.write("\n")


def measured(
    snapshot: Snapshot,
    asked: Sequence[CuratedMechanism],
    loaded: Sequence[CuratedMechanism],
    saved: MechanismCheckpoint,
) -> dict[str, Any]:
    """Both settings; the figures of the second stand at the top as well.

    Args:
        asked: what is evaluated.
        loaded: what the graph holds of DrugMechDB.
    """
    encoder = ConceptEncoder.open(shipped_folder() / "concepts")
    without = {"no_drugmechdb": rows_of(snapshot), "other_pairs": None}
    settings = {}
    for name in _SETTINGS:
        graph = MechanismGraph(snapshot, graph_schema.load(), without[name])
        known = curated(graph, asked, loaded)
        ranker = PathRanker.on(known, saved, encoder)
        pairs = track(known.gold, f"ranking, {name}", console=_TALK, transient=True)
        ranked = [ranker.rank(pair) for pair in pairs]
        settings[name] = _told(ranked, known.num_missing) | {"audit": ranker.audit(ranked)}
        if name == "no_drugmechdb":
            coverable = sum(pair.is_coverable for pair in ranked)
            settings[name]["covered_if_genes_were_joined"] = coverable
    pairs_in_file = {(mechanism.drug, mechanism.disease) for mechanism in asked}
    return {
        "mechanisms_in_file": len(asked),
        "pairs_in_file": len(pairs_in_file),
        **settings["other_pairs"],
        "settings": settings,
    }


def _told(ranked: Sequence[Ranked], num_missing: int) -> dict[str, Any]:
    """Figures over the pairs of which a curated path is among the paths."""
    covered = [pair for pair in ranked if pair.places]
    places: dict[str, list[Place]] = {method: [pair.places[method] for pair in covered] for method in METHODS}
    met = {method: place_metrics(places[method]) for method in METHODS}
    num_paths = sorted(pair.num_paths for pair in covered)
    return {
        "pairs_with_an_end_missing": num_missing,
        "pairs_in_graph": len(ranked),
        "pairs_with_a_gold_path": sum(pair.num_gold > 0 for pair in ranked),
        "covered": len(covered),
        **met["kgdx"],
        "mrr_all": _over_all(places["kgdx"], len(ranked)),
        "baselines": {
            method: met[method] | {"mrr_all": _over_all(places[method], len(ranked))}
            for method in METHODS
            if method != "kgdx"
        },
        "gain": {method: _gain(covered, method) for method in METHODS if covered and method != "kgdx"},
        "paths_per_covered_pair": {
            f"p{share}": num_paths[min(len(num_paths) - 1, len(num_paths) * share // 100)]
            for share in (5, 50, 95)
            if num_paths
        },
        "learnt_from": sum(pair.fold is not None for pair in covered),
    }


def _gain(covered: Sequence[Ranked], baseline: str) -> dict[str, object]:
    """Difference in MRR on the same pairs, with its 95 % interval; whole diseases are resampled."""
    each = np.array([1 / pair.places["kgdx"].rank - 1 / pair.places[baseline].rank for pair in covered])
    interval = metrics.grouped_interval(each, np.array([pair.pair[1] for pair in covered]))
    return {"mrr": round(float(each.mean()), 4), "mrr_ci": interval}


def _over_all(places: Sequence[Place], num_pairs: int) -> float:
    """Mean reciprocal rank over all pairs in the graph; 0 for one that is not covered."""
    return round(sum(1 / place.rank for place in places) / max(num_pairs, 1), 4)


def _show(result: dict[str, Any]) -> None:
    for name in _SETTINGS:
        told = result["settings"][name]
        table = Table(title=f"{name}: {told['covered']} of {told['pairs_in_graph']} pairs covered")
        for column in ("method", "MRR", "Hit@1", "Hit@10", "MPR", "MRR over all"):
            table.add_column(column)
        for method, row in {"kgdx": told, **told["baselines"]}.items():
            cells = (row.get(key, "–") for key in ("mrr", "hit1", "hit10", "mpr", "mrr_all"))
            table.add_row(method, *map(str, cells))
        _TALK.print(table)
    if num := result["learnt_from"]:
        _TALK.print(
            f"{num} covered pairs were learnt from: ranked by networks that saw neither end of theirs"
        )


if __name__ == "__main__":
    try:
        main()
    except KgdxError as error:
        raise SystemExit(f"error: {error}") from None
