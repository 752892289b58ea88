"""Which findings are a disease itself by another name: asking for one is no test for the disease."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from kgdx.graph.snapshot import Snapshot
from kgdx.reasoning.exclusions import Exclusions

_MATCHES = ("exact_match", "close_match")


@dataclass(frozen=True, eq=False)
class SelfFindings:
    """Looks up findings that share a name with a disease, match it, or are marked as it in a table."""

    snapshot: Snapshot
    exclusions: Exclusions

    def of(self, disease: int) -> frozenset[int]:
        """Node indices of the findings that are this disease."""
        named = {node for name in self._names[disease] for node in self._findings.get(name, ())}
        marked = {node for node, row in self.exclusions.by_disease.get(disease, ()) if row.is_itself}
        return frozenset(named | marked | self._matched.get(disease, set()))

    @cached_property
    def _names(self) -> list[tuple[str, ...]]:
        synonyms = self.snapshot.nodes["synonyms"].to_pylist()
        named = zip(self.snapshot.names, synonyms, strict=True)
        return [tuple(one.casefold() for one in (name, *others)) for name, others in named]

    @cached_property
    def _findings(self) -> dict[str, list[int]]:
        """Name -> the nodes that are no disease and have it."""
        found: dict[str, list[int]] = {}
        for node in np.flatnonzero(self.snapshot.kinds != "Disease").tolist():
            for name in self._names[node]:
                found.setdefault(name, []).append(node)
        return found

    @cached_property
    def _matched(self) -> dict[int, set[int]]:
        found: dict[int, set[int]] = {}
        rows = self.snapshot.edges_of(*_MATCHES)
        for one, other in zip(
            self.snapshot.head[rows].tolist(), self.snapshot.tail[rows].tolist(), strict=True
        ):
            found.setdefault(one, set()).add(other)
            found.setdefault(other, set()).add(one)
        return found
