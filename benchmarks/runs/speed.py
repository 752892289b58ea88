"""Speed and memory on a generated graph: `python -m benchmarks.speed [--nodes N --edges E] [--neo4j URI]`.

The graph is drawn at a quarter of the size and at the whole. Each step runs in a process of its own, whose
peak of resident memory is told with its seconds.
"""

import argparse
import csv
import json
import resource
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console
from rich.table import Table

from benchmarks import stamp
from benchmarks.datasets import synthetic_graph as generated
from kgdx.release.bundle import Bundle

_TALK = Console(stderr=True)
_PER_MB = 1 << (20 if sys.platform == "darwin" else 10)
_NUM_CASES, _NUM_FINDINGS = 100, 5

Step = Callable[..., dict[str, Any]]


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the benchmark and print its JSON."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.speed", description=__doc__)
    parser.add_argument("--nodes", type=int, default=100_000)
    parser.add_argument("--edges", type=int, default=4_000_000)
    parser.add_argument("--neo4j", metavar="URI", help="a server whose graph is empty; user as for kgdx")
    options = parser.parse_args(arguments)
    began, commit = time.monotonic(), stamp.commit()
    sizes = {}
    for share in (4, 1):
        num_nodes, num_edges = options.nodes // share, options.edges // share
        with tempfile.TemporaryDirectory() as folder:
            is_whole = share == 1
            sizes[str(num_edges)] = _measure(
                Path(folder), num_nodes, num_edges, options.neo4j if is_whole else None
            )
    whole = sizes[str(options.edges)]
    result = {
        "nodes": options.nodes,
        "edges": options.edges,
        "load_edges_per_s": round(options.edges / whole["load"]["seconds"]),
        "snapshot_s": whole["snapshot"]["seconds"],
        "open_s": whole["diagnose"]["open_s"],
        "ms_per_case": whole["diagnose"]["ms_per_case"],
        "cases_per_s": whole["diagnose"]["cases_per_s"],
        "peak_mb": whole["load"]["peak_mb"],
        "sizes": sizes,
        "seconds": round(time.monotonic() - began, 1),
        "release": Bundle.shipped().release,
        "commit": commit,
        "data_sha256": whole["data_sha256"],
    }
    _show(sizes)
    json.dump(result, sys.stdout, indent=1)
    sys.stdout.write("\n")


def _measure(folder: Path, num_nodes: int, num_edges: int, server: str | None) -> dict[str, Any]:
    """Every step on one size."""
    tsv, lines, store, snapshot = (folder / name for name in ("tsv", "lines", "store", "snapshot"))
    for path in (tsv, lines, snapshot):
        path.mkdir()
    drawn = _run("drawing", _draw, tsv, lines, num_nodes, num_edges)
    measured = {
        "data_sha256": drawn["data_sha256"],
        "read_rows": _run("reading rows with csv, the baseline", read_rows, tsv),
        "read_tsv": _run("reading KGX TSV, keeping nothing", read_source, tsv),
        "read_lines": _run("reading KGX JSON Lines, keeping nothing", read_source, lines),
        "load": _run("loading into the embedded store", load_source, tsv, str(store)),
        "export": _run("exporting it", export, str(store)),
        "snapshot": _run("its snapshot", make_snapshot, str(store), snapshot),
        "diagnose": _run(f"{_NUM_CASES} cases", diagnose, snapshot),
    }
    if server:
        there = _run("loading into Neo4j", load_source, tsv, server)
        there["ratio"] = round(there["seconds"] / measured["load"]["seconds"], 1)
        measured["load_neo4j"] = there
    return measured


def _run(what: str, step: Step, *arguments: Any) -> dict[str, Any]:
    """A step in a process of its own, with its peak of memory."""
    with _TALK.status(what), ProcessPoolExecutor(1, get_context("spawn")) as pool:
        return pool.submit(_with_peak, step, arguments).result()


def _with_peak(step: Step, arguments: Sequence[Any]) -> dict[str, Any]:
    start = time.perf_counter()
    told = step(*arguments)
    seconds = round(time.perf_counter() - start, 2)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / _PER_MB
    return {"seconds": seconds, **told, "peak_mb": round(peak)}


def _draw(tsv: Path, lines: Path, num_nodes: int, num_edges: int) -> dict[str, Any]:
    generated.write(tsv, num_nodes, num_edges)
    generated.write_lines(lines, num_nodes, num_edges)
    return {"data_sha256": stamp.data_sha256([tsv])}


def read_rows(folder: Path) -> dict[str, Any]:
    """What any reader that goes row by row has to do at least."""
    with (folder / "edges.tsv").open(encoding="utf-8", newline="") as file:
        num = sum(1 for _ in csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))
    return {"rows": num}


def read_source(folder: Path) -> dict[str, Any]:
    """The reader alone: its rows are looked at and forgotten."""
    from ingest.catalogue import find
    from ingest.model import Block
    from ingest.readers import reader_of

    source = find("kgx")
    items = reader_of(source)(folder, source)
    return {"rows": sum(len(item.lines) if isinstance(item, Block) else 1 for item in items)}


def load_source(folder: Path, where: str) -> dict[str, Any]:
    """As `kgdx ingest add kgx` does."""
    from ingest.load import load
    from kgdx.stores.registry import open_store

    with open_store(where) as store:
        summary = load("kgx", folder, store)
    return {"edges": summary.num_edges}


def export(where: str) -> dict[str, Any]:
    """All nodes and edges as columns."""
    from kgdx.stores.registry import open_store

    with open_store(where, read_only=True) as store:
        nodes, edges = store.export()
    return {"nodes": nodes.num_rows, "edges": edges.num_rows}


def make_snapshot(where: str, folder: Path) -> dict[str, Any]:
    """As `kgdx build` does; `seconds` are those of the snapshot itself, `from_store_s` of all of it."""
    from graph_schema import load as load_schema
    from kgdx.graph.canonical import canonical_view
    from kgdx.graph.snapshot import Snapshot
    from kgdx.stores.registry import open_store

    began = time.perf_counter()
    with open_store(where, read_only=True) as store:
        nodes, edges = store.export()
    exported = time.perf_counter()
    view = canonical_view(nodes, edges, load_schema())
    del nodes, edges
    ready = time.perf_counter()
    Snapshot.from_tables(view.nodes, view.edges).write(folder)
    done = time.perf_counter()
    return {
        "seconds": round(done - ready, 2),
        "export_s": round(exported - began, 2),
        "resolve_s": round(ready - exported, 2),
        "from_store_s": round(done - began, 2),
    }


def diagnose(folder: Path) -> dict[str, Any]:
    """Random findings of random diseases, ranked and justified; the first one warms up, uncounted."""
    import torch

    from benchmarks.ranker import Ranker
    from kgdx.domain.case import CodedFinding
    from kgdx.graph.snapshot import Snapshot

    torch.set_num_threads(1)
    start = time.perf_counter()
    snapshot = Snapshot.open(folder)
    opened = time.perf_counter()
    ranker = Ranker.open(snapshot)
    ready = time.perf_counter()
    rng = np.random.default_rng(1)
    shows = snapshot.edges_of("has_phenotype")
    diseases = snapshot.head[shows]
    times = []
    for disease in rng.choice(np.unique(diseases), _NUM_CASES + 1):
        shown = snapshot.tail[shows[diseases == disease]]
        findings = tuple(
            CodedFinding(snapshot.curies[node])
            for node in rng.choice(shown, min(_NUM_FINDINGS, len(shown)), replace=False)
        )
        began = time.perf_counter()
        ranker.rank(ranker.query(findings))
        times.append((time.perf_counter() - began) * 1000)
    p50, p95 = np.quantile(times[1:], [0.5, 0.95])
    return {
        "open_s": round(opened - start, 3),
        "prepare_s": round(ready - opened, 2),
        "ms_per_case": {"p50": round(float(p50), 1), "p95": round(float(p95), 1)},
        "cases_per_s": round(1000 * _NUM_CASES / sum(times[1:]), 2),
    }


def _show(sizes: dict[str, Any]) -> None:
    table = Table("step", *(f"{int(size):,} edges: s" for size in sizes), *("peak MB" for _ in sizes))
    for name, step in list(sizes.values())[-1].items():
        if not isinstance(step, dict):
            continue
        found = [size.get(name, {}) for size in sizes.values()]
        table.add_row(name, *(str(f.get(key, "")) for key in ("seconds", "peak_mb") for f in found))
    _TALK.print(table)


if __name__ == "__main__":
    main()
