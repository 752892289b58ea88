"""Diagnosis on phenopackets: `python -m benchmarks.diagnosis --data DIR --cases F.jsonl[.gz]`."""

import argparse
import json
import sys
import time
from collections.abc import Sequence
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
from benchmarks.ranker import Ranker
from ingest.phenotypes import build_snapshot, phenotype_sources
from kgdx.domain.errors import KgdxError
from kgdx.graph.snapshot import Snapshot
from kgdx.reasoning.reasoner import Reasoner
from kgdx.release.bundle import Bundle
from kgdx.training.reasoner.evaluate import CaseResult, case_metrics, evaluate_case
from kgdx.training.reasoner.labelled_cases import labelled_case, read_payloads

_TALK = Console(stderr=True)
_CANDIDATES = {"omim": ("OMIM:",), "all": ("OMIM:", "ORPHA:")}


@dataclass(frozen=True, eq=False)
class Scored:
    """One case: how kgdx did, the ranks of the baselines, and the time it took."""

    disease: str
    shares_pmid: bool
    judged: CaseResult
    resnik: float
    naive_lr: float
    probability: float
    plain_probability: float
    milliseconds: float


@dataclass(frozen=True, eq=False)
class Bench:
    """Everything that scores a case."""

    ranker: Ranker
    baselines: Baselines
    cited: frozenset[str]

    @property
    def reasoner(self) -> Reasoner:
        """What ranks."""
        return self.ranker.reasoner

    def score(self, payload: dict[str, Any]) -> Scored | None:
        """Rank one phenopacket; None where it has no candidate or no observed term of the graph."""
        began = time.perf_counter()
        case = labelled_case(payload, self.reasoner, self.ranker.clip)
        if case is None:
            return None
        ranking = self.ranker.rank(case.query)
        milliseconds = (time.perf_counter() - began) * 1000
        judged = evaluate_case(self.reasoner, case)
        calibration = self.reasoner.settings.calibration
        observed = [seen.node for seen in case.query.observations if seen.weight > 0]
        resnik, naive = self.baselines.scores(observed)
        return Scored(
            disease=case.disease,
            shares_pmid=bool(self.cited & set(case.publications)),
            judged=judged,
            resnik=metrics.mid_rank(resnik, case.accepted.tolist()),
            naive_lr=metrics.mid_rank(naive, case.accepted.tolist()),
            probability=float(ranking.probability[0]),
            plain_probability=calibration.probability(judged.plain_clues),
            milliseconds=milliseconds,
        )


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the benchmark and print its JSON."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.diagnosis", description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder of the real data")
    parser.add_argument(
        "--cases", type=Path, required=True, help="phenopackets, one JSON a line, or gzip of it"
    )
    parser.add_argument("--candidates", choices=sorted(_CANDIDATES), default="omim")
    parser.add_argument("--limit", type=int, help="take every k-th case so that about this many are scored")
    options = parser.parse_args(arguments)
    torch.set_num_threads(1)
    # Read before the run: the checkout may move on while it lasts.
    began, commit = time.monotonic(), stamp.commit()
    sources = phenotype_sources(options.data)
    bench = _bench(build_snapshot(sources, _TALK.print), options.candidates)
    payloads = read_payloads(options.cases)
    step = max(1, len(payloads) // options.limit) if options.limit else 1
    scored = [bench.score(p) for p in track(payloads[::step], "scoring", console=_TALK)]
    result = _result([s for s in scored if s is not None], bench)
    result |= {
        "seconds": round(time.monotonic() - began, 1),
        "release": Bundle.shipped().release,
        "graph": bench.ranker.snapshot.content_hash,
        "commit": commit,
        "data_sha256": stamp.data_sha256([options.cases, *(path for _, path in sources)]),
    }
    _show(result)
    json.dump(result, sys.stdout, indent=1)
    sys.stdout.write("\n")


def _bench(snapshot: Snapshot, candidates: str) -> Bench:
    prefixes = _CANDIDATES[candidates]
    ranker = Ranker.open(snapshot, lambda curie: curie.startswith(prefixes), candidates == "all")
    cited = frozenset(p for row in snapshot.edges["publications"].to_pylist() for p in row)
    return Bench(ranker, Baselines(ranker.reasoner.graph.annotations), cited)


def _result(scored: Sequence[Scored], bench: Bench) -> dict[str, Any]:
    shares = np.array([case.shares_pmid for case in scored], dtype=bool)
    diseases = [case.disease for case in scored]
    told = case_metrics(
        [case.judged for case in scored],
        np.array([case.probability for case in scored]),
        np.array([case.plain_probability for case in scored]),
        diseases,
        shares,
    )
    p50, p95 = np.quantile([case.milliseconds for case in scored], [0.5, 0.95])
    return told | {
        "candidates": len(set(bench.reasoner.same)),
        "ms_per_case": {"p50": round(float(p50), 1), "p95": round(float(p95), 1)},
        "baselines": {
            name: metrics.sliced_metrics(np.array([getattr(case, name) for case in scored]), diseases, shares)
            for name in ("resnik", "naive_lr")
        },
    }


def _show(result: dict[str, Any]) -> None:
    table = Table(
        "method", "slice", "n", "top1", "top3", "top10", "mrr", title=f"{result['candidates']:,} candidates"
    )
    plain = {name.removesuffix("_plain"): value for name, value in result.items() if name.endswith("_plain")}
    rows = {
        "kgdx": plain,
        "kgdx, curated absences": result,
        "base alone": result["ablation"]["base_alone"],
        **result["baselines"],
    }
    for method, slices in rows.items():
        for name in ("micro", "macro", "clean", "macro_clean", "shared_pmid"):
            found = slices[name]
            table.add_row(
                method, name, *(str(found.get(key, "")) for key in ("n", "top1", "top3", "top10", "mrr"))
            )
    _TALK.print(table)


if __name__ == "__main__":
    try:
        main()
    except KgdxError as error:
        sys.exit(f"error: {error}")
