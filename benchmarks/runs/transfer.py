"""Transfer to a source from other hands: `python -m benchmarks.transfer --data DIR [--patients F]`.

The conditions of DDXPlus are the graph, its patients the cases. The shipped weights are used as they are.
"""

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from rich.console import Console
from rich.progress import track
from rich.table import Table

from benchmarks import metrics, stamp
from benchmarks.baselines.likelihood_ratio import Baselines
from benchmarks.datasets.ddxplus import CONDITIONS, EVIDENCES, Patient, read_patients
from benchmarks.ranker import Ranker
from benchmarks.scores import mass_within, of_all, rounded
from ingest.phenotypes import build_snapshot
from kgdx.domain.errors import KgdxError, SourceError
from kgdx.graph.snapshot import Snapshot
from kgdx.release.bundle import Bundle

_TALK = Console(stderr=True)
_CUTS = (1, 3, 5)
_METHODS = ("kgdx", "naive_lr", "resnik", "base_alone")


@dataclass(frozen=True, eq=False)
class Scored:
    """One patient.

    Attributes:
        rank: method -> rank of the pathology.
        covered: method -> share of the gold differential that its first five hold.
        coverable: the most that any five could hold.
        num_used: findings that the engine took, present and absent.
        num_left_out: findings that it did not take, told as a warning to a user.
    """

    pathology: str
    rank: Mapping[str, float]
    covered: Mapping[str, float]
    coverable: float
    probability: float
    is_right: bool
    milliseconds: float
    num_used: int
    num_left_out: int


@dataclass(frozen=True, eq=False)
class Bench:
    """Everything that scores a patient."""

    ranker: Ranker
    baselines: Baselines

    def score(self, patient: Patient) -> Scored | None:
        """Rank the conditions for one patient; None if the engine takes none of the present findings."""
        annotations = self.ranker.reasoner.graph.annotations
        curies = [self.ranker.snapshot.curies[node] for node in annotations.candidates]
        began = time.perf_counter()
        query = self.ranker.query(patient.case.findings)
        observed = [seen.node for seen in query.observations if seen.weight > 0]
        if not observed:
            return None
        ranking = self.ranker.rank(query)
        milliseconds = (time.perf_counter() - began) * 1000
        resnik, naive = self.baselines.scores(observed)
        scores = {
            "kgdx": of_all(ranking, ranking.logit, len(curies)),
            "base_alone": rounded(self.ranker.reasoner.base(query).logit),
            "resnik": rounded(resnik),
            "naive_lr": rounded(naive),
        }
        gold = np.array([patient.differential.get(curie, 0.0) for curie in curies])
        answer = curies.index(patient.pathology)
        return Scored(
            pathology=patient.pathology,
            rank={method: metrics.mid_rank(values, [answer]) for method, values in scores.items()},
            covered={method: mass_within(values, gold, _CUTS[-1]) for method, values in scores.items()},
            coverable=mass_within(gold, gold, _CUTS[-1]),
            probability=float(ranking.probability[0]),
            is_right=bool(ranking.positions[0] == answer),
            milliseconds=milliseconds,
            num_used=len(query.observations),
            num_left_out=len({f.curie for f in patient.case.findings}) - len(query.observations),
        )


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the benchmark and print its JSON."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.transfer", description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder of the real data")
    parser.add_argument("--patients", type=Path, help="of DDXPlus; those of --data if left out")
    parser.add_argument("--limit", type=int, help="take every k-th patient, about this many in all")
    options = parser.parse_args(arguments)
    torch.set_num_threads(1)
    # Read before the run: the checkout may move on while it lasts.
    began, commit = time.monotonic(), stamp.commit()
    folder = options.data / "ddxplus"
    patients_file = options.patients or folder / "patients.csv.gz"
    sources = [folder / CONDITIONS, folder / EVIDENCES]
    patients = list(read_patients(patients_file, folder / EVIDENCES))
    patients = patients[:: max(1, len(patients) // options.limit) if options.limit else 1]
    bench = open_bench(graph_of(sources), patients)
    scored = [bench.score(patient) for patient in track(patients, "scoring", console=_TALK)]
    result = result_of([s for s in scored if s is not None], bench)
    result["audit"] |= {
        "graph_made_of": [path.name for path in sources],
        "patients_in_graph": 0,
        "patients_without_evidence": scored.count(None),
    }
    result |= {
        "seconds": round(time.monotonic() - began, 1),
        "release": Bundle.shipped().release,
        "graph": bench.ranker.snapshot.content_hash,
        "commit": commit,
        "data_sha256": stamp.data_sha256([patients_file, *sources]),
    }
    _show(result)
    json.dump(result, sys.stdout, indent=1)
    sys.stdout.write("\n")


def graph_of(sources: Sequence[Path]) -> Snapshot:
    """The graph of a folder that holds these files and nothing else: no patient can get into it.

    Raises:
        SourceError: if one is missing.
    """
    with tempfile.TemporaryDirectory() as folder:
        for path in sources:
            if not path.is_file():
                raise SourceError(str(path), "is missing", "give the folder of the real data with --data")
            (Path(folder) / path.name).symlink_to(path.resolve())
        return build_snapshot([("ddxplus", Path(folder))], _TALK.print)


def open_bench(snapshot: Snapshot, patients: Sequence[Patient]) -> Bench:
    """What scores the patients.

    Raises:
        SourceError: if one has a pathology that the graph does not rank.
    """
    ranker = Ranker.open(snapshot)
    annotations = ranker.reasoner.graph.annotations
    ranked = {snapshot.curies[node] for node in annotations.candidates}
    unknown = sorted({patient.pathology for patient in patients} - ranked)
    if unknown:
        remedy = f"give patients and {CONDITIONS} of one release"
        raise SourceError("patients", f"have pathologies that no condition has: {', '.join(unknown)}", remedy)
    return Bench(ranker, Baselines(annotations))


def result_of(scored: Sequence[Scored], bench: Bench) -> dict[str, Any]:
    """Metrics over all patients."""
    pathologies = [s.pathology for s in scored]
    ranks = {method: np.array([s.rank[method] for s in scored]) for method in _METHODS}
    told = {
        method: {
            **metrics.ranking_metrics(ranks[method], cuts=_CUTS),
            "macro": metrics.ranking_metrics(ranks[method], pathologies, _CUTS),
            "differential_recall5": round(float(np.mean([s.covered[method] for s in scored])), 4),
        }
        for method in _METHODS
    }
    probability = np.array([s.probability for s in scored])
    is_right = np.array([s.is_right for s in scored])
    p50, p95 = np.quantile([s.milliseconds for s in scored], [0.5, 0.95])
    return {
        "n": len(scored),
        "candidates": len(set(bench.ranker.reasoner.same)),
        "kgdx": told["kgdx"],
        "baselines": {method: told[method] for method in _METHODS[1:]},
        "gain": {
            method: {
                **metrics.paired_gain(ranks["kgdx"], ranks[method]),
                **metrics.paired_gain(ranks["kgdx"], ranks[method], _CUTS[-1]),
                "better": int((ranks["kgdx"] < ranks[method]).sum()),
                "worse": int((ranks["kgdx"] > ranks[method]).sum()),
            }
            for method in _METHODS[1:]
        },
        "differential_recall5_best": round(float(np.mean([s.coverable for s in scored])), 4),
        "ece": metrics.expected_calibration_error(probability, is_right),
        "mean_probability": round(float(probability.mean()), 4),
        "coverage_risk": metrics.coverage_risk(probability, is_right),
        "ms_per_case": {"p50": round(float(p50), 1), "p95": round(float(p95), 1)},
        "audit": {
            "findings_used": round(float(np.mean([s.num_used for s in scored])), 2),
            "findings_left_out": round(float(np.mean([s.num_left_out for s in scored])), 2),
        },
    }


def _show(result: Mapping[str, Any]) -> None:
    names = (*(f"top{cut}" for cut in _CUTS), "mrr", "differential_recall5")
    table = Table("method", *names, "macro top1", title=f"{result['n']:,} patients")
    for method, found in {"kgdx": result["kgdx"], **result["baselines"]}.items():
        table.add_row(method, *(str(found[name]) for name in names), str(found["macro"]["top1"]))
    _TALK.print(table)


if __name__ == "__main__":
    try:
        main()
    except KgdxError as error:
        sys.exit(f"error: {error}")
