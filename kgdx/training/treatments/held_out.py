"""Hiding what treats some diseases, to learn on or to be measured on what is hidden."""

from hashlib import sha256

import numpy as np
import pyarrow as pa

from kgdx.graph.arrays import Ints
from kgdx.graph.snapshot import Snapshot
from kgdx.treatments.graph import CONDITION_KINDS, TREATMENT_KINDS, TreatmentWalks

NUM_FOLDS = 5
# The development benchmark scores the first fold; training calibrates on the second and learns from the rest.
SCORED_FOLD, CALIBRATED_FOLD = 0, 1


def fold_of(walks: TreatmentWalks, group: int) -> int:
    """Which fold a disease belongs to, by a hash of its first CURIE; whatever means the same goes along."""
    first = min(walks.snapshot.curies[node] for node in walks.members(group))
    return sha256(first.encode()).digest()[0] % NUM_FOLDS


def joining_rows(walks: TreatmentWalks, groups: Ints) -> Ints:
    """Snapshot rows of every edge, of whatever relation, between a treatment and these diseases."""
    snapshot = walks.snapshot
    is_treatment = np.isin(snapshot.kinds, TREATMENT_KINDS)
    is_hidden = np.isin(walks.group, groups) & np.isin(snapshot.kinds, CONDITION_KINDS)
    head, tail = snapshot.head, snapshot.tail
    return np.flatnonzero((is_treatment[head] & is_hidden[tail]) | (is_hidden[head] & is_treatment[tail]))


def hide(walks: TreatmentWalks, groups: Ints) -> Snapshot:
    """The snapshot without any edge that joins these diseases, or what means the same, to a treatment."""
    return without(walks.snapshot, joining_rows(walks, groups))


def without(snapshot: Snapshot, rows: Ints) -> Snapshot:
    """The snapshot without some edges; nodes keep their numbers."""
    kept = np.ones(snapshot.num_edges, dtype=bool)
    kept[rows] = False
    return Snapshot(snapshot.nodes, snapshot.edges.filter(pa.array(kept)), "")
