"""Dangers, pairs and abstention, on solved cases: `python -m benchmarks.doubt --data DIR --cases F`."""

import argparse
import csv
import gzip
import json
import sys
import time
from ast import literal_eval
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from rich.console import Console
from rich.progress import track

from benchmarks import stamp
from benchmarks.datasets.labelled_phenopackets import SolvedCase, rank_of, read
from benchmarks.ranker import Ranker
from ingest.phenotypes import build_snapshot, phenotype_sources
from ingest.sources.ddxplus import condition_of, identifier_of
from kgdx.domain.errors import KgdxError
from kgdx.explain.uncertainty import UncertaintyReporter
from kgdx.graph.snapshot import Snapshot
from kgdx.reasoning.query import MAX_WEIGHT, GraphQuery, Observation
from kgdx.release.bundle import Bundle

_TALK = Console(stderr=True)
_SEVERE = 2


@dataclass(frozen=True, eq=False)
class CaseResult:
    """What was said about one case, and the truth."""

    rank: int
    num_flags: int
    is_danger: bool
    is_flagged: bool
    is_paired: bool
    abstained: tuple[str, ...]
    milliseconds: float


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the benchmark and print its JSON."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.doubt", description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder of the real data")
    parser.add_argument(
        "--cases", type=Path, required=True, help="phenopackets, one JSON a line, or gzip of it"
    )
    parser.add_argument("--graph", type=Path, help="folder of a snapshot that is built already")
    parser.add_argument("--limit", type=int, help="take every k-th case so that about this many are read")
    parser.add_argument("--mixtures", type=int, default=300, help="made-up patients with two diseases")
    options = parser.parse_args(arguments)
    torch.set_num_threads(1)
    began, commit = time.monotonic(), stamp.commit()
    sources = phenotype_sources(options.data)
    snapshot = Snapshot.open(options.graph) if options.graph else build_snapshot(sources, _TALK.print)
    ranker = Ranker.open(snapshot, lambda curie: curie.startswith("OMIM:"), is_merging=False)
    doubter = UncertaintyReporter.of(ranker.reasoner, ranker.justifier.hierarchy)
    cases = list(read(options.cases, ranker, options.limit))
    judged = [_judge(case, ranker, doubter) for case in track(cases, "phenopackets", console=_TALK)]
    # Thresholds of pairs were chosen on the even half of the diseases: the odd half tells.
    odd = [case for case in cases if not case.is_even]
    is_odd = [not case.is_even for case in cases]
    result = {
        "phenopackets": {"dangers": _dangers(judged), "abstention": _abstention(judged)},
        "pairs": {
            "false_alarms": _share([j.is_paired for j, is_in in zip(judged, is_odd, strict=True) if is_in]),
            **_mixtures(odd, options.mixtures, ranker, doubter),
        },
        "ddxplus": _ddxplus(options.data, options.limit),
        "ms_per_case": _quantiles([j.milliseconds for j in judged]),
        "seconds": round(time.monotonic() - began, 1),
        "release": Bundle.shipped().release,
        "graph": snapshot.content_hash,
        "commit": commit,
        "data_sha256": stamp.data_sha256([options.cases, *(path for _, path in sources)]),
    }
    json.dump(result, sys.stdout, indent=1)
    sys.stdout.write("\n")


def _judge(
    case: SolvedCase, ranker: Ranker, doubter: UncertaintyReporter, severe: frozenset[int] | None = None
) -> CaseResult:
    """Rank a case and ask for doubts.

    Args:
        severe: positions that are dangerous by a gold standard; by our own rule if None.
    """
    ranking, same = ranker.reasoner.rank(case.query), ranker.reasoner.same
    began = time.perf_counter()
    doubts = doubter.doubts(case.query, ranking)
    milliseconds = (time.perf_counter() - began) * 1000
    truths = np.flatnonzero(np.isin(same, list(case.accepted)))
    index, candidates = ranker.snapshot.index, ranker.reasoner.graph.annotations.candidates
    flagged = np.isin(candidates, [index[flag.disease] for flag in doubts.red_flags])
    danger = doubter.dangers.reasons if severe is None else severe
    return CaseResult(
        rank=rank_of(case, ranking, ranker),
        num_flags=len(doubts.red_flags),
        is_danger=any(int(position) in danger for position in truths),
        is_flagged=bool(set(same[flagged]) & case.accepted),
        is_paired=bool(doubts.disease_pairs),
        abstained=tuple(message.code for message in doubts.abstained),
        milliseconds=milliseconds,
    )


def _dangers(judged: Sequence[CaseResult]) -> dict[str, Any]:
    missed = [case for case in judged if case.is_danger and case.rank > 1]
    flags = np.array([case.num_flags for case in judged])
    return {
        "n": len(judged),
        "dangerous": sum(case.is_danger for case in judged),
        "dangerous_first": sum(case.is_danger and case.rank == 1 for case in judged),
        "recall_not_first": _share([case.is_flagged for case in missed]),
        "recall_rank_2_to_10": _share([case.is_flagged for case in missed if case.rank <= 10]),
        "flags_median": float(np.median(flags)),
        "flags_mean": round(float(flags.mean()), 2),
        "any_flag": round(float((flags > 0).mean()), 4),
    }


def _abstention(judged: Sequence[CaseResult]) -> dict[str, Any]:
    kinds: dict[str, Callable[[tuple[str, ...]], bool]] = {
        "indistinguishable": lambda codes: "abstained.alike" in codes,
        "unexplained": lambda codes: codes[:1] == ("abstained.unexplained",),
        "unlikely": lambda codes: codes[:1] == ("abstained.unlikely",),
        "committed": lambda codes: not codes,
    }
    return {
        name: {"n": sum(is_one(j.abstained) for j in judged)}
        | {"first_is_right": _share([j.rank == 1 for j in judged if is_one(j.abstained)])}
        for name, is_one in kinds.items()
    }


def _mixtures(
    cases: list[SolvedCase], number: int, ranker: Ranker, doubter: UncertaintyReporter
) -> dict[str, Any]:
    """Findings of two patients with different diseases, put together as one patient's."""
    rng, same = np.random.default_rng(0), ranker.reasoner.same
    found: dict[str, list[float]] = {
        "proposed": [], "both_by_pair1": [], "both_by_pair3": [], "both_by_list2": [], "both_by_list6": [],
        "right_of_2_by_pair1_where_proposed": [], "right_of_2_by_list2_where_proposed": [],
    }  # fmt: skip
    for _ in track(range(number), "mixtures", console=_TALK):
        one, other = (cases[i] for i in rng.choice(len(cases), 2, replace=False))
        if one.accepted & other.accepted:
            continue
        ranking = ranker.reasoner.rank(query := _mixed(one.query, other.query))
        pairs = doubter.combinations.pairs(query, ranking)
        truths = (one.accepted, other.accepted)
        hits = [_hits(same, (pair.first, pair.second), truths) for pair in pairs]
        listed = [_hits(same, ranking.positions[:k].tolist(), truths) for k in (2, 6)]
        found["proposed"].append(bool(pairs))
        found["both_by_pair1"].append(hits[:1] == [2])
        found["both_by_pair3"].append(2 in hits)
        found["both_by_list2"].append(listed[0] == 2)
        found["both_by_list6"].append(listed[1] == 2)
        if pairs:
            found["right_of_2_by_pair1_where_proposed"].append(hits[0])
            found["right_of_2_by_list2_where_proposed"].append(listed[0])
    return {name: _share(values) for name, values in found.items()}


def _mixed(one: GraphQuery, other: GraphQuery) -> GraphQuery:
    """All that is present in either; absent is only what both lack."""
    present = {seen.node: seen for query in (one, other) for seen in query.observations if seen.weight > 0}
    lacking = {seen.node for seen in other.observations if seen.weight < 0}
    absent = [s for s in one.observations if s.weight < 0 and s.node in lacking and s.node not in present]
    return GraphQuery((*present.values(), *absent), np.zeros_like(one.context))


def _hits(same: Any, positions: Sequence[int], truths: Sequence[frozenset[int]]) -> int:
    numbers = {int(same[position]) for position in positions}
    return sum(bool(numbers & truth) for truth in truths)


def _ddxplus(data: Path, limit: int | None) -> dict[str, Any]:
    """Conditions as a graph, patients as cases; dangerous by its own severity (1 or 2 of 5)."""
    sources = [("ddxplus", data / "ddxplus"), ("mondo", data / "mondo")]
    ranker = Ranker.open(build_snapshot(sources, _TALK.print), lambda curie: curie.startswith("DDXPLUS"))
    doubter = UncertaintyReporter.of(ranker.reasoner, ranker.justifier.hierarchy)
    conditions = json.loads((data / "ddxplus" / "release_conditions.json").read_text(encoding="utf-8"))
    index, candidates = ranker.snapshot.index, ranker.reasoner.graph.annotations.candidates
    known = {name: index[condition_of(name)] for name in conditions if condition_of(name) in index}
    place = {int(node): i for i, node in enumerate(candidates)}
    severe = frozenset(
        place[node]
        for name, node in known.items()
        if conditions[name]["severity"] <= _SEVERE and node in place
    )
    with gzip.open(data / "ddxplus" / "patients.csv.gz", "rt", encoding="utf-8") as lines:
        rows = list(csv.DictReader(lines))
    cases = []
    for row in rows[:: max(1, len(rows) // limit) if limit else 1]:
        codes = (identifier_of(code) for code in literal_eval(row["features"]) if _is_code(code))
        nodes = dict.fromkeys(index[code] for code in codes if code in index)
        seen = tuple(Observation(node, MAX_WEIGHT, True) for node in nodes)
        truth = known.get(row["diagnosis"])
        if seen and truth in place:
            context = np.zeros(ranker.clip.dim, np.float32)
            accepted = frozenset({int(ranker.reasoner.same[place[truth]])})
            cases.append(SolvedCase(GraphQuery(seen, context), accepted, row["diagnosis"]))
    judged = [_judge(case, ranker, doubter, severe) for case in track(cases, "DDXPlus", console=_TALK)]
    ours = frozenset(doubter.dangers.reasons)
    return {
        "rule": {
            "conditions": len(place),
            "severe": len(severe),
            "found": len(severe & ours),
            "others": len(ours - severe),
        },
        "dangers": _dangers(judged),
    }


def _is_code(code: str) -> bool:
    """Whether a code names a finding: a number on a scale does not."""
    return "_@_" not in code or not code.rsplit("_@_", 1)[1].isdigit()


def _share(values: Sequence[float]) -> dict[str, Any]:
    """Mean of some values with its 95 % bootstrap interval."""
    if not values:
        return {"n": 0}
    each, rng = np.array(values, dtype=np.float64), np.random.default_rng(0)
    low, high = np.quantile([rng.choice(each, len(each)).mean() for _ in range(1000)], [0.025, 0.975])
    return {
        "n": len(each),
        "mean": round(float(each.mean()), 4),
        "ci": [round(float(low), 4), round(float(high), 4)],
    }


def _quantiles(values: Sequence[float]) -> dict[str, float]:
    p50, p95 = np.quantile(values, [0.5, 0.95])
    return {"p50": round(float(p50), 1), "p95": round(float(p95), 1)}


if __name__ == "__main__":
    try:
        main()
    except KgdxError as error:
        sys.exit(f"error: {error}")
