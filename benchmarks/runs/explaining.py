"""What reasons cost: `python -m benchmarks.explaining --data DIR --cases F.jsonl[.gz]`.

Of each case three things are timed, one after the other: the diagnosis without reasons (codes
looked up, candidates ranked, doubts told), the reasons of ten diagnoses, and twenty suppositions, each a
ranking of its own, in the two threads that the engine takes for them. Ratios are to the first, case by case.
"""

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from rich.console import Console
from rich.progress import track

from benchmarks import stamp
from benchmarks.datasets.phenopackets import Answered, read_cases
from benchmarks.ranker import Ranker
from ingest.phenotypes import build_snapshot, phenotype_sources
from kgdx import __version__
from kgdx.domain.case import Case
from kgdx.domain.errors import KgdxError
from kgdx.engine import NUM_WHAT_IF, Engine
from kgdx.explain.uncertainty import UncertaintyReporter
from kgdx.graph.snapshot import Snapshot
from kgdx.release import bundle
from kgdx.release.bundle import Bundle
from kgdx.schemas import Settings

_TALK = Console(stderr=True)
_NUM_SHOWN, _NUM_PATHS = 10, 8


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the benchmark and print its JSON."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.explaining", description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder of the real data")
    parser.add_argument(
        "--cases", type=Path, required=True, help="phenopackets, one JSON a line, or gzip of it"
    )
    parser.add_argument("--graph", type=Path, help="folder of a snapshot that is built already")
    parser.add_argument("--limit", type=int, default=60, help="take every k-th case, about so many")
    options = parser.parse_args(arguments)
    torch.set_num_threads(1)
    began, commit = time.monotonic(), stamp.commit()
    sources = phenotype_sources(options.data)
    snapshot = Snapshot.open(options.graph) if options.graph else build_snapshot(sources, _TALK.print)
    cases = list(read_cases(options.cases))
    told = measured(snapshot, cases[:: max(1, len(cases) // options.limit)])
    told |= {
        "seconds": round(time.monotonic() - began, 1),
        "release": Bundle.shipped().release,
        "graph": snapshot.content_hash,
        "commit": commit,
        "data_sha256": stamp.data_sha256([options.cases, *(path for _, path in sources)]),
    }
    json.dump(told, sys.stdout, indent=1)
    sys.stdout.write("\n")


def measured(snapshot: Snapshot, cases: Sequence[Answered]) -> dict[str, Any]:
    """Milliseconds of each part over some cases, and ratios to a diagnosis without reasons."""
    with tempfile.TemporaryDirectory() as folder:
        bundle.build(snapshot, bundle.shipped_folder(), Path(folder) / "bundle", __version__, {})
        engine = Engine.open(Path(folder) / "bundle", Settings(bundle=None, top=_NUM_SHOWN))
    ranker = Ranker.open(engine.snapshot)
    doubter = UncertaintyReporter.of(ranker.reasoner, ranker.justifier.hierarchy)
    rows = [
        row
        for case in track(cases, "explaining", console=_TALK)
        if (row := _timed(case, engine, ranker, doubter))
    ]
    # The first ones fill what is remembered from case to case.
    times = np.array(rows[len(rows) // 10 :])
    names = ("diagnosis", "reasons", "what_if")
    return {
        "n": len(times),
        "num_what_if": NUM_WHAT_IF,
        "ms": {name: _quantiles(times[:, i]) for i, name in enumerate(names)},
        "ratio": {name: _quantiles(times[:, i] / times[:, 0], 3) for i, name in enumerate(names) if i},
    }


def _timed(
    case: Answered, engine: Engine, ranker: Ranker, doubter: UncertaintyReporter
) -> list[float] | None:
    marks = [time.perf_counter()]
    query = ranker.query(case.findings)
    if not query.observations:
        return None
    ranking = ranker.reasoner.rank(query)
    doubter.doubts(query, ranking)
    marks.append(time.perf_counter())
    ranker.justifier.diagnoses(query, ranking, _NUM_SHOWN, _NUM_PATHS)
    marks.append(time.perf_counter())
    report = engine.diagnose(Case(findings=case.findings))
    start = time.perf_counter()
    engine.what_if(report)
    return [*(np.diff(marks) * 1000), (time.perf_counter() - start) * 1000]


def _quantiles(values: np.ndarray[Any, np.dtype[np.float64]], digits: int = 1) -> dict[str, float]:
    low, high = np.quantile(values, [0.5, 0.95])
    return {"p50": round(float(low), digits), "p95": round(float(high), digits)}


if __name__ == "__main__":
    try:
        main()
    except KgdxError as error:
        _TALK.print(f"error: {error}", highlight=False)
        sys.exit(3)
