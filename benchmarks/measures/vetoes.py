"""How many contraindications the safety rules act on, and whether any treatment vanishes unseen."""

from pathlib import Path
from typing import Any

import numpy as np

from benchmarks import metrics
from ingest.catalogue import find
from ingest.model import Row
from ingest.sources import contraindications
from kgdx.domain.graph import Edge
from kgdx.domain.treatment import TreatmentStatus
from kgdx.graph.hierarchy import Hierarchy
from kgdx.treatments.graph import TreatmentWalks
from kgdx.treatments.patient_context import Precautions, Reason
from kgdx.treatments.recommend import TreatmentGraph

# Random pairs of the drugs and conditions of the list, on which precision is measured.
_SAMPLED = 4000
_SUBCLASSES = 2
# Of conditions with treatments of their own, those looked at besides the ones that are in both lists.
_CASES = 100


def measure_vetoes(walks: TreatmentWalks, path: Path) -> dict[str, Any]:
    """Recall on the pairs of a list and on subclasses of their conditions, precision on random pairs.

    A patient has the condition and is given the drug. A veto is right if the list holds the drug for the
    condition, for what that is the same as, or for what it is a kind of. Rows that the source's own check
    marks as wrong are no pairs.
    """
    snapshot = walks.snapshot
    rules = TreatmentGraph(snapshot, Hierarchy(snapshot))
    index = snapshot.index
    pairs = sorted({(index[d], index[c]) for d, c in _listed(path) if d in index and c in index})
    rng = np.random.default_rng(0)
    below = _below(walks)
    known = np.array([bool(rules.vetoes_of(drug, [condition])) for drug, condition in pairs])
    narrower = [
        (drug, int(kind))
        for drug, condition in pairs
        if (kinds := below.get(condition, []))
        for kind in rng.permutation(kinds)[:_SUBCLASSES]
    ]
    inherited = np.array([bool(rules.vetoes_of(drug, [condition])) for drug, condition in narrower])
    both = np.concatenate([known, inherited]).astype(np.float64)
    drugs, conditions = (np.unique([pair[end] for pair in pairs]) for end in (0, 1))
    drawn = np.stack([rng.choice(drugs, _SAMPLED), rng.choice(conditions, _SAMPLED)], axis=1).tolist()
    vetoed = [(drug, condition) for drug, condition in drawn if rules.vetoes_of(drug, [condition])]
    listed = set(pairs)
    right = np.array([_is_listed(pair, listed, walks, rules.hierarchy) for pair in vetoed], dtype=np.float64)
    return {
        "n": len(pairs),
        "recall": round(float(both.mean()), 4),
        "recall_ci": metrics.grouped_interval(both, np.arange(len(both))),
        "recall_known": round(float(known.mean()), 4),
        "recall_subclasses": round(float(inherited.mean()), 4) if len(inherited) else None,
        "num_subclasses": len(inherited),
        "precision": round(float(right.mean()), 4) if len(right) else None,
        "num_vetoed_of_sampled": [len(vetoed), _SAMPLED],
        **_dropped(walks, rules, pairs),
    }


def _listed(path: Path) -> list[tuple[str, str]]:
    found = contraindications.read(path, find("contraindications"))
    edges = [item.statement for item in found if isinstance(item, Row)]
    return [(edge.head, edge.tail) for edge in edges if isinstance(edge, Edge)]


def _below(walks: TreatmentWalks) -> dict[int, list[int]]:
    """Node -> nodes that are directly a kind of it."""
    snapshot, below = walks.snapshot, dict[int, list[int]]()
    for row in snapshot.edges_of("subclass_of"):
        below.setdefault(int(snapshot.tail[row]), []).append(int(snapshot.head[row]))
    return below


def _is_listed(
    pair: tuple[int, int], listed: set[tuple[int, int]], walks: TreatmentWalks, hierarchy: Hierarchy
) -> bool:
    drug, condition = pair
    same = walks.members(int(walks.group[drug])).tolist()
    return any(
        (other, kind) in listed for other in same for kind in hierarchy.ancestors_with_paths(condition)
    )


def _dropped(walks: TreatmentWalks, rules: TreatmentGraph, pairs: list[tuple[int, int]]) -> dict[str, int]:
    """Cases of a disease that forbids some of its treatments: each must be shown, these as vetoed.

    A silent drop is a treatment that the graph states for the disease and that is in no option.
    """
    snapshot = walks.snapshot
    rows = snapshot.edges_of("treats")
    rows = rows[~snapshot.negated[rows]]
    treats: dict[int, set[int]] = {}
    for row in rows:
        treats.setdefault(int(snapshot.tail[row]), set()).add(int(snapshot.head[row]))
    both = [(drug, disease) for drug, disease in pairs if drug in treats.get(disease, ())]
    told = {"num_both_lists": len(both), "both_shown_and_vetoed": 0, "silent_drops": 0}
    of_both = sorted({disease for _, disease in both})
    others = sorted({condition for _, condition in pairs} & treats.keys() - {*of_both})
    for disease in of_both + others[:_CASES]:
        options = rules.options([(disease, 1.0)], Precautions((Reason(disease),)))
        shown = {option.treatment: option for option in options}
        told["silent_drops"] += len(treats[disease] - shown.keys())
        told["both_shown_and_vetoed"] += sum(
            drug in shown and shown[drug].status is TreatmentStatus.CONTRAINDICATED
            for drug, other in both
            if other == disease
        )
    return told
