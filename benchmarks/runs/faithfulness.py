"""Are the shown paths why? `python -m benchmarks.faithfulness --data DIR --cases F.jsonl[.gz]`.

Every k-th case is ranked, and its first diagnosis scored again without the paths that are shown for it, on
them alone, and the same for paths chosen by chance, by length and by degree. Then all cases are ranked once
more on a graph in which every disease keeps the number of its findings, and every finding the number of its
diseases, but who shows what is shuffled: what is still right then is owed to degrees.
"""

import argparse
import json
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import torch
from rich.console import Console
from rich.progress import track
from rich.table import Table

from benchmarks import stamp
from benchmarks.datasets.labelled_phenopackets import SolvedCase, rank_of, read
from benchmarks.measures.faithful_case import CHANCE, NUM_PATHS, OURS, Faithful, Figures
from benchmarks.metrics import grouped_interval
from benchmarks.ranker import Ranker
from ingest.phenotypes import build_snapshot, phenotype_sources
from kgdx.domain.errors import KgdxError
from kgdx.explain.baseline_paths import BaselineRule
from kgdx.graph.snapshot import Snapshot
from kgdx.release.bundle import Bundle

_TALK = Console(stderr=True)
_CONTROLS = tuple(control.value for control in BaselineRule)
_MEASURES = {
    "fidelity_plus": _CONTROLS,
    "kept_alone": _CONTROLS,
    "comprehensiveness": (CHANCE,),
    "sufficiency": (CHANCE,),
}
# Of a disease with its findings and exposures, with its genes, and with itself under another identifier;
# the hierarchy of kinds stays, or all would be kinds of each other.
_SHUFFLED = ("has_phenotype", "gene_associated_with_condition", "predisposes_to", "exact_match")


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the benchmark and print its JSON."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.faithfulness", description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder of the real data")
    parser.add_argument(
        "--cases", type=Path, required=True, help="phenopackets, one JSON a line, or gzip of it"
    )
    parser.add_argument("--graph", type=Path, help="folder of a snapshot that is built already")
    parser.add_argument("--limit", type=int, default=450, help="read every k-th case, about so many")
    options = parser.parse_args(arguments)
    torch.set_num_threads(1)
    began, commit = time.monotonic(), stamp.commit()
    sources = phenotype_sources(options.data)
    snapshot = Snapshot.open(options.graph) if options.graph else build_snapshot(sources, _TALK.print)
    result = faithfulness(snapshot, options.cases, options.limit) | {
        "seconds": round(time.monotonic() - began, 1),
        "release": Bundle.shipped().release,
        "graph": snapshot.content_hash,
        "commit": commit,
        "data_sha256": stamp.data_sha256([options.cases, *(path for _, path in sources)]),
    }
    _print(result)
    json.dump(result, sys.stdout, indent=1)
    sys.stdout.write("\n")


def faithfulness(snapshot: Snapshot, cases: Path, limit: int | None) -> dict[str, Any]:
    """All measures on the cases of a file; see the module.

    Args:
        limit: read every k-th case, so that about this many are read; all if None.
    """
    ranker = _ranker(snapshot)
    solved = list(read(cases, ranker, limit))
    faithful = Faithful(ranker, np.random.default_rng(0))
    measured = [
        (case.disease, found)
        for case in track(solved, "explaining", console=_TALK)
        if (found := faithful.measure(case.query)) is not None
    ]
    figures = [each for _, each in measured]
    _, groups = np.unique([disease for disease, _ in measured], return_inverse=True)
    told: dict[str, Any] = {"n": len(figures)}
    for name in ("retained_logit", "fidelity_minus", "surplus"):
        told[name] = _mean(np.array([each[name] for each in figures]), groups)
    told["retained_logit"]["max"] = max(each["retained_logit"] for each in figures)
    measures = {
        measure: _compared(measure, controls, figures, groups) for measure, controls in _MEASURES.items()
    }
    told["fidelity_plus"] = {number: rules[OURS] for number, rules in measures["fidelity_plus"].items()}
    told["controls"] = {
        rule: {number: rules[rule] for number, rules in measures["fidelity_plus"].items()}
        for rule in _CONTROLS
    }
    told["measures"] = measures
    told["edges"] = {
        rule: {str(k): _column(figures, f"edges/{rule}/{k}").mean().round(2) for k in NUM_PATHS}
        for rule in (OURS, *_CONTROLS)
    }
    return told | {"shuffled": _shuffled(snapshot, solved, cases, limit, ranker)}


def _ranker(snapshot: Snapshot) -> Ranker:
    return Ranker.open(snapshot, lambda curie: curie.startswith("OMIM:"), is_merging=False)


def _compared(
    measure: str, controls: Sequence[str], figures: Sequence[Figures], groups: np.ndarray[Any, Any]
) -> dict[str, Any]:
    """The mean by rule and number of paths, and ours less each control, case by case."""
    told: dict[str, Any] = {}
    for number in NUM_PATHS:
        ours = _column(figures, f"{measure}/{OURS}/{number}")
        told[str(number)] = {OURS: _mean(ours, groups)}
        for rule in controls:
            other = _column(figures, f"{measure}/{rule}/{number}")
            told[str(number)][rule] = _mean(other, groups) | {"shown_less_it": _mean(ours - other, groups)}
    return told


def _column(figures: Sequence[Figures], name: str) -> np.ndarray[Any, np.dtype[np.float64]]:
    return np.array([each[name] for each in figures])


def _mean(values: np.ndarray[Any, np.dtype[np.float64]], groups: np.ndarray[Any, Any]) -> dict[str, Any]:
    """With its interval; the cases of one disease are resampled together."""
    return {"mean": round(float(values.mean()), 5), "ci": grouped_interval(values, groups)}


def _shuffled(
    snapshot: Snapshot, solved: Sequence[SolvedCase], cases: Path, limit: int | None, ranker: Ranker
) -> dict[str, Any]:
    """Ranks of the same cases on the shuffled graph beside those on the graph as it is."""
    graphs = {"as_it_is": (ranker, solved)}
    mixed = _ranker(shuffled(snapshot, np.random.default_rng(0)))
    graphs["shuffled"] = (mixed, list(read(cases, mixed, limit)))
    told = {}
    for name, (used, asked) in graphs.items():
        ranks = np.array(
            [
                rank_of(case, used.reasoner.rank(case.query), used)
                for case in track(asked, name, console=_TALK)
            ]
        )
        _, groups = np.unique([case.disease for case in asked], return_inverse=True)
        size = len(used.reasoner.graph.annotations.candidates)
        told[name] = {
            "n": len(ranks),
            "top1": _mean((ranks == 1).astype(np.float64), groups),
            "top10": _mean((ranks <= 10).astype(np.float64), groups),
            "percentile": _mean((ranks - 1) / (size - 1), groups),
            "chance_top1": round(1 / size, 6),
        }
    return told


def shuffled(snapshot: Snapshot, rng: np.random.Generator) -> Snapshot:
    """The same snapshot with the tails of each relation in `_SHUFFLED` exchanged at random.

    Heads and tails keep how many edges of the relation they have (the configuration model, Newman 2003, SIAM
    Rev 45:167); frequencies and sources stay with the head.
    """
    tails = snapshot.tail.copy()
    for relation in _SHUFFLED:
        rows = snapshot.edges_of(relation)
        tails[rows] = rng.permutation(tails[rows])
    column = snapshot.edges.column_names.index("tail")
    edges = snapshot.edges.set_column(column, "tail", pa.array(tails, pa.int32()))
    return Snapshot(snapshot.nodes, edges, f"shuffled {snapshot.content_hash}")


def _print(result: dict[str, Any]) -> None:
    table = Table("measure", "paths", *(rule for rule in (OURS, *_CONTROLS)), title=f"{result['n']} cases")
    for measure, numbers in result["measures"].items():
        for number, told in numbers.items():
            cells = [f"{told[rule]['mean']:.3f}" if rule in told else "" for rule in (OURS, *_CONTROLS)]
            table.add_row(measure, number, *cells)
    _TALK.print(table)


if __name__ == "__main__":
    try:
        main()
    except KgdxError as error:
        _TALK.print(f"error: {error}", highlight=False)
        sys.exit(3)
