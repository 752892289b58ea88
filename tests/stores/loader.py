"""A load that may be killed, for a process of its own: `python loader.py WHERE RELEASE NUM SECONDS`.

It loads a source of `NUM` diseases and prints the seconds that took; it kills itself `SECONDS` after it
began to, unless they are negative.
"""

import os
import sys
import threading
import time

from kgdx.domain.graph import Edge, Node, Provenance
from kgdx.graph.arrow_schema import stated_edges
from kgdx.stores.registry import open_store


def statements(release: str, num: int) -> tuple[list[Node], list[Edge]]:
    """A chain of diseases, and one finding each; half of the edges differ from release to release."""
    given = Provenance("infores:x", license="CC0-1.0", release=release)
    nodes = [Node(f"MONDO:{i}", "Disease", f"disease {i} of {release}") for i in range(num)]
    edges = [Edge(f"MONDO:{i}", "subclass_of", f"MONDO:{i + 1}", given) for i in range(num - 1)]
    edges += [
        Edge(f"MONDO:{i}", "has_phenotype", f"HP:{i % 7}", given) for i in range(len(release) % 2, num, 2)
    ]
    return nodes, edges


def put(store: object, release: str, num: int) -> None:
    """Load a release."""
    nodes, edges = statements(release, num)
    kinds = {node.curie: "Disease" for node in nodes} | {f"HP:{i}": "PhenotypicFeature" for i in range(7)}
    store.replace_source("x", nodes, stated_edges(edges, kinds), release)  # type: ignore[attr-defined]


if __name__ == "__main__":
    where, release, num, after_s = sys.argv[1], sys.argv[2], int(sys.argv[3]), float(sys.argv[4])
    store = open_store(where)
    nodes_and_edges = statements(release, num)

    def die() -> None:
        time.sleep(after_s)
        os.kill(os.getpid(), 9)

    if after_s >= 0:
        threading.Thread(target=die, daemon=True).start()
    started = time.perf_counter()
    put(store, release, num)
    print(time.perf_counter() - started, flush=True)
    store.close()
