"""How far what is stated of a disease holds for the diseases that are a kind of it."""

from typing import Any

from kgdx.graph.hierarchy import Hierarchy
from kgdx.graph.snapshot import Snapshot
from kgdx.treatments.safety_graph import grouped

_MOST_STEPS = 3
_SIZES = (20, 100, 1000)


def measure_inherited(snapshot: Snapshot) -> dict[str, Any]:
    """Of the treatments that diseases with statements of their own would inherit, the share stated of them, too.

    By the number of `subclass_of` steps, and for one step by how many kinds the wider disease has at most.
    """
    hierarchy = Hierarchy(snapshot)
    treating = grouped(snapshot, "treats", snapshot.tail)
    kinds = grouped(snapshot, "subclass_of", snapshot.tail)
    told = {
        disease: {
            int(snapshot.head[row])
            for node in hierarchy.ancestors_with_paths(disease, 0)
            for row in treating.get(node, ())
        }
        for disease in treating
    }
    right: dict[str, list[bool]] = {}
    for disease, own in told.items():
        seen = set(hierarchy.ancestors_with_paths(disease, 0))
        known: set[int] = set()
        for steps in range(1, _MOST_STEPS + 1):
            reached = set(hierarchy.ancestors_with_paths(disease, steps)) - seen
            seen |= reached
            given: dict[int, int] = {}
            for node in reached:
                for row in treating.get(node, ()):
                    treatment = int(snapshot.head[row])
                    size = _size(node, kinds, snapshot)
                    given[treatment] = min(given.get(treatment, size), size)
            for treatment, size in given.items():
                if treatment in known:
                    continue
                right.setdefault(f"steps_{steps}", []).append(treatment in own)
                if steps == 1:
                    name = next((f"kinds_{most}" for most in _SIZES if size <= most), "kinds_more")
                    right.setdefault(name, []).append(treatment in own)
            known |= given.keys()
    return {
        name: {"n": len(hits), "precision": round(sum(hits) / len(hits), 4)}
        for name, hits in sorted(right.items())
    }


def _size(disease: int, kinds: dict[int, list[int]], snapshot: Snapshot) -> int:
    """How many nodes are a kind of a disease, itself counted."""
    seen, waiting = {disease}, [disease]
    while waiting and len(seen) <= max(_SIZES):
        for row in kinds.get(waiting.pop(), ()):
            kind = int(snapshot.head[row])
            if kind not in seen:
                seen.add(kind)
                waiting.append(kind)
    return len(seen)
