"""The part of the graph one case touches: its findings, the likeliest candidates and what lies between."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from graph_schema import Schema
from kgdx.graph.snapshot import Snapshot
from kgdx.reasoning.annotations import UNSTATED_FREQUENCY, Annotations
from kgdx.reasoning.disease_annotations import DiseaseAnnotations

NUM_EDGE_FEATURES = 6


@dataclass(frozen=True, eq=False)
class CaseGraph:
    """Edges of the case's neighbourhood, each once in either direction.

    Attributes:
        nodes: (n,) int64 node indices of the snapshot, ascending; a local index is a position in it.
        edge_rows: (2e,) int64 row of the snapshot's edge table; first e forward, then the same e backward.
        edge_index: (2, 2e) int64 local start and end of each directed edge.
        direction: (2e,) int64 number of the directed relation, see `DiagnosticGraph.directions`.
        features: (2e, NUM_EDGE_FEATURES) float32, see `DiagnosticGraph.features`.
        norm: (2e,) float32 in (0, 1], see `DiagnosticGraph.norm`.
    """

    nodes: NDArray[np.int64]
    edge_rows: NDArray[np.int64]
    edge_index: NDArray[np.int64]
    direction: NDArray[np.int64]
    features: NDArray[np.float32]
    norm: NDArray[np.float32]

    def local(self, nodes: NDArray[np.int64]) -> NDArray[np.int64]:
        """Local indices of snapshot nodes; all must be in the case graph."""
        return np.searchsorted(self.nodes, nodes)


@dataclass(frozen=True, eq=False)
class DiagnosticGraph:
    """All edges of a snapshot that may carry evidence to a diagnosis, ready to be cut by case."""

    snapshot: Snapshot
    annotations: Annotations
    schema: Schema

    @cached_property
    def directions(self) -> tuple[str, ...]:
        """Meaning in words of each directed relation: every relation forward, then every one backward."""
        relations = [self.schema.relations[name] for name in self._relation_names]
        return tuple(r.text for r in relations) + tuple(r.inverse_text for r in relations)

    @cached_property
    def _relation_names(self) -> tuple[str, ...]:
        return tuple(name for name, r in self.schema.relations.items() if r.is_diagnostic)

    @cached_property
    def rows(self) -> NDArray[np.int64]:
        """Snapshot rows of the diagnostic edges."""
        return self.snapshot.edges_of(*self._relation_names)

    def stated_of(self, disease: int) -> DiseaseAnnotations:
        """What is stated of one disease, by node index: findings, risk factors, and what is denied."""
        return self._stated.of_disease(disease)

    @cached_property
    def _stated(self) -> DiseaseAnnotations:
        return DiseaseAnnotations.of(self.snapshot).by_disease()

    @cached_property
    def _relation(self) -> NDArray[np.int64]:
        names = {name: i for i, name in enumerate(self._relation_names)}
        return np.array([names[r] for r in self.snapshot.relations[self.rows]], dtype=np.int64)

    @cached_property
    def _is_match(self) -> NDArray[np.bool_]:
        return np.equal(self._relation, self._relation_names.index("exact_match"))

    @cached_property
    def _is_inward(self) -> NDArray[np.bool_]:
        """What points at a disease from outside the hierarchy, as genes and risk factors do."""
        relations = [self.schema.relations[name] for name in self._relation_names]
        is_inward = np.array([not r.is_same_kind and "Disease" in r.range for r in relations])
        return np.asarray(is_inward[self._relation])

    @cached_property
    def _ends(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        rows = self.rows
        return self.snapshot.head[rows].astype(np.int64), self.snapshot.tail[rows].astype(np.int64)

    @cached_property
    def features(self) -> NDArray[np.float32]:
        """(2 E, NUM_EDGE_FEATURES) static features of the directed edges u -> v, all within about [0, 1].

        Columns: frequency (0.6 where none is stated), whether the source denies it, information content of u,
        of v, how many edges of this directed relation leave u, how many reach v (log scale).
        """
        head, tail = self._ends
        frequency = self.snapshot.frequency[self.rows]
        frequency = np.where(np.isnan(frequency), UNSTATED_FREQUENCY, frequency)
        denied = self.snapshot.negated[self.rows].astype(np.float32)
        information = self.annotations.information / np.log(self.annotations.num_counted + 1.0)
        fan_out, fan_in = (np.log1p(fan) / 10.0 for fan in self._fans)
        forward = (frequency, denied, information[head], information[tail], fan_out, fan_in)
        backward = (frequency, denied, information[tail], information[head], fan_in, fan_out)
        return np.asarray(np.concatenate([np.stack(forward, 1), np.stack(backward, 1)]), dtype=np.float32)

    @cached_property
    def norm(self) -> NDArray[np.float32]:
        """(E,) 1 / sqrt(fan-out of the head x fan-in of the tail), within the edge's relation.

        Each relation then has a spectral norm of at most 1, so that long walks neither blow up nor favour
        what is merely well connected (the normalisation of Kipf & Welling 2017, arXiv:1609.02907).
        """
        fan_out, fan_in = self._fans
        return np.asarray(1.0 / np.sqrt(fan_out * fan_in), dtype=np.float32)

    @cached_property
    def _fans(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """For every edge, how many edges of its relation leave its head, and how many reach its tail."""
        return tuple(
            _degree(end, self._relation, len(self._relation_names), self.snapshot.num_nodes)
            for end in self._ends
        )  # type: ignore[return-value]

    def cut(self, findings: NDArray[np.int64], diseases: NDArray[np.int64]) -> CaseGraph:
        """The case graph of some findings and some candidate diseases.

        Taken are the findings, the diseases, diseases that mean the same or are their parents, every finding,
        gene and risk factor of these, and all that any of them is a kind of.

        Args:
            findings, diseases: int64 node indices.
        """
        head, tail = self._ends
        inside = np.zeros(self.snapshot.num_nodes, dtype=bool)
        inside[diseases] = True
        matched_head, matched_tail = head[self._is_match], tail[self._is_match]
        for _ in range(2):
            inside[matched_tail[inside[matched_head]]] = True
            inside[matched_head[inside[matched_tail]]] = True
        inside[tail[inside[head] & ~self._is_match]] = True
        inside[head[self._is_inward & inside[tail]]] = True
        inside[findings] = True
        inside[self.annotations.ancestors[np.flatnonzero(inside)].indices] = True
        kept = np.flatnonzero(inside[head] & inside[tail])
        nodes = np.flatnonzero(inside)
        local_head, local_tail = np.searchsorted(nodes, head[kept]), np.searchsorted(nodes, tail[kept])
        forward, backward = np.stack([local_head, local_tail]), np.stack([local_tail, local_head])
        relation, num_edges = self._relation[kept], len(self.rows)
        return CaseGraph(
            nodes=nodes,
            edge_rows=np.concatenate([self.rows[kept]] * 2),
            edge_index=np.concatenate([forward, backward], axis=1),
            direction=np.concatenate([relation, relation + len(self._relation_names)]),
            features=self.features[np.concatenate([kept, kept + num_edges])],
            norm=np.concatenate([self.norm[kept]] * 2),
        )


def _degree(
    ends: NDArray[np.int64], relation: NDArray[np.int64], num_relations: int, num_nodes: int
) -> NDArray[np.int64]:
    """For every edge, how many edges of its relation share its end."""
    counts = np.bincount(ends * num_relations + relation, minlength=num_nodes * num_relations)
    return np.asarray(counts[ends * num_relations + relation], dtype=np.int64)
