"""Does what the engine asks for help: `python -m benchmarks.next_findings --data DIR --cases F`.

Of each case a random half of the findings, present and excluded, is hidden. One after the other is revealed,
chosen by each method from the hidden ones (those that can be answered), and the case is ranked again. Where
the data hold DDXPlus, its patients are interviewed besides: their records answer every question, see
`interview.py`.
"""

import argparse
import json
import sys
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
from benchmarks.datasets.labelled_phenopackets import SolvedCase, rank_of, read
from benchmarks.ranker import Ranker
from benchmarks.runs import interview
from ingest.phenotypes import build_snapshot, phenotype_sources
from kgdx.domain.errors import KgdxError
from kgdx.graph.snapshot import Snapshot
from kgdx.reasoning.query import GraphQuery, Observation
from kgdx.reasoning.ranking import Ranking
from kgdx.release.bundle import Bundle
from kgdx.uncertainty.next_findings import NextFindings

_TALK = Console(stderr=True)
_REVEALED = (1, 3, 5)
# Fewer hidden findings leave no choice.
_LEAST_HIDDEN = 6

Choose = Callable[[GraphQuery, Ranking, list[Observation]], int]


@dataclass(frozen=True, eq=False)
class Methods:
    """Ways to choose the finding to be revealed, each from query, ranking and what is hidden."""

    next_findings: NextFindings
    rng: np.random.Generator

    def gain(self, query: GraphQuery, ranking: Ranking, hidden: list[Observation]) -> int:
        """The one with the highest expected information gain."""
        nodes = np.array([seen.node for seen in hidden], dtype=np.int64)
        gains = self.next_findings.ask(nodes, ranking).questions.gains()
        gains[self.next_findings.is_known(nodes, query)] = -1.0
        return int(np.argmax(gains))

    def frequent(self, query: GraphQuery, ranking: Ranking, hidden: list[Observation]) -> int:
        """The one most frequent in the first diagnosis."""
        nodes = np.array([seen.node for seen in hidden], dtype=np.int64)
        often = self.next_findings.frequencies.expected(nodes, ranking.positions[:1])[0]
        often[self.next_findings.is_known(nodes, query)] = -1.0
        return int(np.argmax(often))

    def random(self, _query: GraphQuery, _ranking: Ranking, hidden: list[Observation]) -> int:
        """Any."""
        return int(self.rng.integers(len(hidden)))

    def all(self) -> dict[str, Choose]:
        """By name."""
        return {"gain": self.gain, "frequent": self.frequent, "random": self.random}


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the benchmark and print its JSON."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.next_findings", description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder of the real data")
    parser.add_argument(
        "--cases", type=Path, required=True, help="phenopackets, one JSON a line, or gzip of it"
    )
    parser.add_argument("--graph", type=Path, help="folder of a snapshot that is built already")
    parser.add_argument("--limit", type=int, help="take every k-th case so that about this many are read")
    options = parser.parse_args(arguments)
    torch.set_num_threads(1)
    began, commit = time.monotonic(), stamp.commit()
    sources = phenotype_sources(options.data)
    snapshot = Snapshot.open(options.graph) if options.graph else build_snapshot(sources, _TALK.print)
    ranker = Ranker.open(snapshot, lambda curie: curie.startswith("OMIM:"), is_merging=False)
    rng = np.random.default_rng(0)
    methods = Methods(NextFindings.of(ranker.reasoner), rng)
    cases = list(read(options.cases, ranker, options.limit))
    followed = [
        found for case in track(cases, "asking", console=_TALK) if (found := _follow(case, ranker, methods))
    ]
    interviewed = interview.sources(options.data)
    result = _result(followed, [c.disease for c in cases]) | {
        "interview": interview.measure(options.data, options.limit) if interviewed else {"n": 0},
        "seconds": round(time.monotonic() - began, 1),
        "release": Bundle.shipped().release,
        "graph": ranker.snapshot.content_hash,
        "commit": commit,
        "data_sha256": stamp.data_sha256([options.cases, *(path for _, path in sources), *interviewed]),
    }
    _show(result)
    json.dump(result, sys.stdout, indent=1)
    sys.stdout.write("\n")


@dataclass(frozen=True, eq=False)
class Followed:
    """Ranks of the answer of one case: before, with everything revealed, and by method after k answers."""

    before: int
    complete: int
    ranks: dict[str, dict[int, int]]
    milliseconds: float


def _follow(case: SolvedCase, ranker: Ranker, methods: Methods) -> Followed | None:
    order = methods.rng.permutation(len(case.query.observations))
    shown = [case.query.observations[i] for i in sorted(order[: len(order) // 2])]
    hidden = [case.query.observations[i] for i in sorted(order[len(order) // 2 :])]
    if len(hidden) < _LEAST_HIDDEN or not any(seen.weight > 0 for seen in shown):
        return None
    context = np.zeros_like(case.query.context)
    start = GraphQuery(tuple(shown), context)
    first = ranker.reasoner.rank(start)
    began = time.perf_counter()
    methods.next_findings.best(methods.next_findings.consider(start, first), 5)
    milliseconds = (time.perf_counter() - began) * 1000
    ranks = {
        name: _reveal(case, ranker, choose, shown, hidden, first) for name, choose in methods.all().items()
    }
    complete = rank_of(case, ranker.reasoner.rank(GraphQuery(case.query.observations, context)), ranker)
    return Followed(rank_of(case, first, ranker), complete, ranks, milliseconds)


def _reveal(
    case: SolvedCase,
    ranker: Ranker,
    choose: Choose,
    shown: list[Observation],
    hidden: list[Observation],
    ranking: Ranking,
) -> dict[int, int]:
    known, left, ranks = list(shown), list(hidden), {}
    for step in range(1, max(_REVEALED) + 1):
        query = GraphQuery(tuple(known), np.zeros_like(case.query.context))
        known.append(left.pop(choose(query, ranking, left)))
        ranking = ranker.reasoner.rank(GraphQuery(tuple(known), query.context))
        if step in _REVEALED:
            ranks[step] = rank_of(case, ranking, ranker)
    return ranks


def _result(followed: Sequence[Followed], diseases: Sequence[str]) -> dict[str, Any]:
    def ranks(name: str, step: int) -> NDArray[np.float64]:
        return np.array([case.ranks[name][step] for case in followed], dtype=np.float64)

    names = list(followed[0].ranks) if followed else []
    slow, slowest = np.quantile([case.milliseconds for case in followed], [0.5, 0.95])
    return {
        "n": len(followed),
        "read": len(diseases),
        "before": metrics.ranking_metrics(np.array([case.before for case in followed], dtype=np.float64)),
        "complete": metrics.ranking_metrics(np.array([case.complete for case in followed], dtype=np.float64)),
        "revealed": {
            str(step): {name: metrics.ranking_metrics(ranks(name, step)) for name in names}
            | {
                f"gain_over_{other}": metrics.paired_gain(ranks("gain", step), ranks(other, step))
                for other in names
                if other != "gain"
            }
            for step in _REVEALED
        },
        "ms_per_case": {"p50": round(float(slow), 1), "p95": round(float(slowest), 1)},
    }


def _show(result: dict[str, Any]) -> None:
    table = Table("revealed", "method", "top1", "", "top10", "mrr", title=f"{result['n']} cases")
    rows = [("0", "before", result["before"])]
    for step, by_method in result["revealed"].items():
        rows += [(step, name, found) for name, found in by_method.items() if not name.startswith("gain_over")]
    rows.append(("all", "complete", result["complete"]))
    for step, name, found in rows:
        table.add_row(step, name, *(str(found[key]) for key in ("top1", "top1_ci", "top10", "mrr")))
    _TALK.print(table)
    if result["interview"]["n"]:
        _TALK.print(interview.table(result["interview"]))


if __name__ == "__main__":
    try:
        main()
    except KgdxError as error:
        sys.exit(f"error: {error}")
