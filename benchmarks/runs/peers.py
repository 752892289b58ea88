"""A peer in the same run: `python -m benchmarks.peers --data DIR --cases F.jsonl[.gz]`.

hpo3 compares the findings of a case with those of every disease (Resnik, funSimAvg). It gets the ontology
and the annotations that kgdx gets, and ranks the same diseases; both use one thread. They take turns case by
case, so that a busy machine is slow for both.
"""

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
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
from benchmarks.baselines.hpo3 import Peer, write_input
from benchmarks.datasets.phenopackets import Answered, read_cases
from benchmarks.ranker import Ranker
from benchmarks.scores import of_all
from ingest.phenotypes import build_snapshot, phenotype_sources
from kgdx import __version__
from kgdx.domain.case import Case
from kgdx.domain.errors import KgdxError
from kgdx.engine import Engine
from kgdx.graph.snapshot import Snapshot
from kgdx.release import bundle
from kgdx.release.bundle import Bundle
from kgdx.schemas import ReportOut, Settings

Floats = NDArray[np.float64]

_TALK = Console(stderr=True)
_METHODS = ("ranked", "explained", "peer")


@dataclass(frozen=True, slots=True)
class Scored:
    """One case: rank of the best answer by either, and milliseconds of each way to ask."""

    disease: str
    rank: float
    peer_rank: float
    milliseconds: dict[str, float]


@dataclass(frozen=True, eq=False)
class Bench:
    """Both rankers, over the candidates of kgdx."""

    ranker: Ranker
    peer: Peer

    def score(self, case: Answered, number: int) -> Scored | None:
        """Ask both; None where neither could answer: no candidate, or no observed term.

        Args:
            number: of the case; who begins depends on it.
        """
        snapshot, annotations = self.ranker.snapshot, self.ranker.reasoner.graph.annotations
        nodes = [snapshot.index[a] for a in case.answers if a in snapshot.index]
        accepted = np.flatnonzero(np.isin(annotations.candidates[self.peer.positions], nodes))
        query = self.ranker.query(case.findings)
        observed = [snapshot.curies[seen.node] for seen in query.observations if seen.weight > 0]
        terms = [int(curie.removeprefix("HP:")) for curie in observed if curie.startswith("HP:")]
        if len(accepted) == 0 or not terms:
            return None
        answers = self.peer.positions[accepted].tolist()
        size = len(annotations.candidates)
        ways: dict[str, Callable[[], Any]] = {
            "ranked": lambda: self.ranker.reasoner.rank(self.ranker.query(case.findings)),
            "explained": lambda: self.ranker.rank(self.ranker.query(case.findings)),
            "peer": lambda: self.peer.search(terms, size),
        }
        found, milliseconds = {}, {}
        for i in range(len(ways)):
            name = _METHODS[(number + i) % len(ways)]
            began = time.perf_counter()
            found[name] = ways[name]()
            milliseconds[name] = (time.perf_counter() - began) * 1000
        ranking = found["ranked"]
        return Scored(
            disease=min(case.answers),
            rank=metrics.mid_rank(of_all(ranking, ranking.logit, size), answers),
            peer_rank=metrics.mid_rank(found["peer"], answers),
            milliseconds=milliseconds,
        )


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the benchmark and print its JSON."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.peers", description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder of the real data")
    parser.add_argument("--cases", type=Path, required=True, help="phenopackets, one JSON a line, or gzip")
    parser.add_argument("--limit", type=int, help="take every k-th case, about this many in all")
    options = parser.parse_args(arguments)
    torch.set_num_threads(1)
    # Read before the run: the checkout may move on while it lasts.
    began, commit = time.monotonic(), stamp.commit()
    sources = phenotype_sources(options.data)
    files = dict(sources)
    with tempfile.TemporaryDirectory() as folder:
        write_input(files["hpo"], files["hpoa"], Path(folder))
        ranker = Ranker.open(build_snapshot(sources, _TALK.print), lambda c: c.startswith("OMIM:"), False)
        candidates = [ranker.snapshot.curies[i] for i in ranker.reasoner.graph.annotations.candidates]
        bench = Bench(ranker, Peer.open(Path(folder), candidates))
    cases = list(read_cases(options.cases))
    cases = cases[:: max(1, len(cases) // options.limit) if options.limit else 1]
    scored = [bench.score(case, i) for i, case in enumerate(track(cases, "scoring", console=_TALK))]
    result = result_of([s for s in scored if s is not None], bench)
    result |= {
        "streamed": streamed(ranker.snapshot, cases),
        "seconds": round(time.monotonic() - began, 1),
        "release": Bundle.shipped().release,
        "graph": ranker.snapshot.content_hash,
        "commit": commit,
        "data_sha256": stamp.data_sha256([options.cases, *files.values()]),
    }
    _show(result)
    json.dump(result, sys.stdout, indent=1)
    sys.stdout.write("\n")


def result_of(scored: Sequence[Scored], bench: Bench) -> dict[str, Any]:
    """Metrics and times of both, and the ratios."""
    diseases = [s.disease for s in scored]
    ranks, peer_ranks = (np.array([getattr(s, name) for s in scored]) for name in ("rank", "peer_rank"))
    times = {name: np.array([s.milliseconds[name] for s in scored]) for name in _METHODS}

    def told(ranks: Floats) -> dict[str, Any]:
        macro = metrics.ranking_metrics(ranks, diseases)
        return {**metrics.ranking_metrics(ranks), "macro": macro}

    return {
        "n": len(scored),
        "candidates": len(bench.ranker.reasoner.same),
        "candidates_of_peer": len(bench.peer.positions),
        "kgdx": told(ranks) | {"ms_per_case": {name: _spread(times[name]) for name in _METHODS[:2]}},
        "hpo3": {"version": bench.peer.version} | told(peer_ranks) | {"ms_per_case": _spread(times["peer"])},
        "gain": metrics.paired_gain(ranks, peer_ranks),
        "ratio": {name: _ratio(times[name], times["peer"]) for name in _METHODS[:2]},
    }


def streamed(snapshot: Snapshot, cases: Sequence[Answered]) -> dict[str, Any]:
    """Whole reports from `Engine.diagnose_many`, all diseases of the graph ranked, on its own threads."""
    with tempfile.TemporaryDirectory() as folder:
        bundle.build(snapshot, bundle.shipped_folder(), Path(folder) / "release", __version__)
        engine = Engine.open(Path(folder) / "release", Settings())
        asked = (Case(findings=case.findings) for case in cases)
        next(engine.diagnose_many([Case(findings=cases[0].findings)]))
        began = time.perf_counter()
        stream = track(engine.diagnose_many(asked), "streaming", len(cases), console=_TALK)
        answered = sum(isinstance(each, ReportOut) for each in stream)
        seconds = time.perf_counter() - began
    return {
        "candidates": len(set(engine.reasoner.same)),
        "cases_per_s": round(answered / seconds, 2),
    }


def _spread(milliseconds: Floats) -> dict[str, float]:
    p50, p95 = np.quantile(milliseconds, [0.5, 0.95])
    return {"p50": round(float(p50), 1), "p95": round(float(p95), 1)}


def _ratio(milliseconds: Floats, peer: Floats) -> dict[str, Any]:
    """Median time as a multiple of the peer's, and the quartiles of the same case by case."""
    quartiles = np.quantile(milliseconds / peer, [0.25, 0.75])
    return {
        "p50": round(float(np.median(milliseconds) / np.median(peer)), 2),
        "quartiles": [round(float(q), 2) for q in quartiles],
    }


def _show(result: dict[str, Any]) -> None:
    table = Table("method", "top1", "top3", "top10", "mrr", "ms (median)", title=f"{result['n']:,} cases")
    times = {"kgdx": result["kgdx"]["ms_per_case"]["explained"], "hpo3": result["hpo3"]["ms_per_case"]}
    for name, spent in times.items():
        figures = (str(result[name].get(key, "")) for key in ("top1", "top3", "top10", "mrr"))
        table.add_row(name, *figures, str(spent["p50"]))
    _TALK.print(table, result["ratio"])


if __name__ == "__main__":
    try:
        main()
    except KgdxError as error:
        sys.exit(f"error: {error}")
