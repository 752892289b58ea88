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
from numpy.typing import NDArray
from rich.console import Console
from rich.progress import track
from rich.table import Table

from benchmarks import metrics, stamp
from benchmarks.baselines import Baselines
from benchmarks.graph import build_snapshot, phenotype_sources
from benchmarks.phenopackets import read_payloads
from benchmarks.ranker import Ranker
from kgdx.bundle import Bundle
from kgdx.domain.errors import KgdxError
from kgdx.interop.phenopacket import accepted_diseases, publications
from kgdx.reasoning.query import GraphQuery
from kgdx.reasoning.reasoner import Ranking, Reasoner
from kgdx.snapshot import Snapshot
from kgdx.wire import CaseIn

_TALK = Console(stderr=True)
_CANDIDATES = {"omim": ("OMIM:",), "all": ("OMIM:", "ORPHA:")}


@dataclass(frozen=True, eq=False)
class Scored:
    """One case with the rank that each method gave its best accepted answer."""

    disease: str
    shares_pmid: bool
    rank: float
    base_rank: float
    without_excluded: float
    resnik: float
    naive_lr: float
    probability: float
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
        index, annotations = self.ranker.snapshot.index, self.reasoner.graph.annotations
        answers = accepted_diseases(payload)
        nodes = [index[a] for a in answers if a in index]
        accepted = np.flatnonzero(np.isin(annotations.candidates, nodes))
        began = time.perf_counter()
        query = self.ranker.query(CaseIn.from_payload(payload).to_domain().findings)
        observed = [seen.node for seen in query.observations if seen.weight > 0]
        if len(accepted) == 0 or not observed:
            return None
        ranking = self.ranker.rank(query)
        milliseconds = (time.perf_counter() - began) * 1000
        present = GraphQuery(tuple(o for o in query.observations if o.weight > 0), query.context)
        resnik, naive = self.baselines.scores(observed)
        return Scored(
            disease=min(answers),
            shares_pmid=bool(self.cited & set(publications(payload))),
            rank=self._rank(ranking, ranking.logit, accepted),
            base_rank=self._rank(ranking, ranking.prior + ranking.base.sum(axis=1), accepted),
            without_excluded=self._without(present, query, accepted),
            resnik=metrics.mid_rank(resnik, accepted.tolist()),
            naive_lr=metrics.mid_rank(naive, accepted.tolist()),
            probability=float(ranking.probability[0]),
            milliseconds=milliseconds,
        )

    def _without(self, present: GraphQuery, query: GraphQuery, accepted: NDArray[np.int64]) -> float:
        ranking = self.reasoner.rank(
            present if len(present.observations) < len(query.observations) else query
        )
        return self._rank(ranking, ranking.logit, accepted)

    def _rank(self, ranking: Ranking, logit: NDArray[np.float64], accepted: NDArray[np.int64]) -> float:
        """Rank of the best accepted answer; those not proposed follow in the order of the base."""
        same = self.reasoner.same
        wanted = set(same[accepted].tolist())
        order = np.argsort(-logit, kind="stable")
        listed = np.concatenate([ranking.positions[order], ranking.others])
        return float(1 + next(i for i, position in enumerate(listed) if int(same[position]) in wanted))


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
    payloads = list(read_payloads(options.cases))
    step = max(1, len(payloads) // options.limit) if options.limit else 1
    scored = [bench.score(p) for p in track(payloads[::step], "scoring", console=_TALK)]
    result = _result([s for s in scored if s is not None], bench, options.candidates)
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


def _result(scored: Sequence[Scored], bench: Bench, candidates: str) -> dict[str, Any]:
    def column(name: str) -> NDArray[np.float64]:
        return np.array([getattr(s, name) for s in scored], dtype=np.float64)

    shares = np.array([s.shares_pmid for s in scored], dtype=bool)
    diseases = np.array([s.disease for s in scored])
    is_right = column("rank") <= 1

    def slices(ranks: NDArray[np.float64]) -> dict[str, Any]:
        return {
            "micro": metrics.ranking_metrics(ranks),
            "macro": metrics.ranking_metrics(ranks, diseases.tolist()),
            "clean": metrics.ranking_metrics(ranks[~shares]),
            "macro_clean": metrics.ranking_metrics(ranks[~shares], diseases[~shares].tolist()),
            "shared_pmid": metrics.ranking_metrics(ranks[shares]),
        }

    p50, p95 = np.quantile(column("milliseconds"), [0.5, 0.95])
    return {
        "n": len(scored),
        "candidates": int(bench.reasoner.same.max() + 1)
        if candidates == "omim"
        else len(set(bench.reasoner.same)),
        **slices(column("rank")),
        "ece": metrics.expected_calibration_error(column("probability"), is_right),
        "coverage_risk": metrics.coverage_risk(column("probability"), is_right),
        "ms_per_case": {"p50": round(float(p50), 1), "p95": round(float(p95), 1)},
        "baselines": {"resnik": slices(column("resnik")), "naive_lr": slices(column("naive_lr"))},
        "ablation": {
            "base_alone": slices(column("base_rank")),
            "graph_gain": metrics.paired_gain(column("rank"), column("base_rank")),
            "excluded_gain": metrics.paired_gain(column("rank"), column("without_excluded")),
        },
    }


def _show(result: dict[str, Any]) -> None:
    table = Table(
        "method", "slice", "n", "top1", "top3", "top10", "mrr", title=f"{result['candidates']:,} candidates"
    )
    rows = {"kgdx": result, "base alone": result["ablation"]["base_alone"], **result["baselines"]}
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
