"""Whether a graph holds rare diseases alone, and whether a case is one for the diseases that it lacks."""

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from graph_schema.clinical import common_findings
from kgdx.graph.snapshot import Snapshot
from kgdx.reasoning.prevalence import COMMON, Prevalence
from kgdx.reasoning.query import GraphQuery

# The annotations of HPO are those of OMIM, Orphanet and DECIPHER: rare diseases.
_RARE_SOURCES = ("infores:hpo-annotations",)


@dataclass(frozen=True, eq=False)
class RareGraph:
    """What a graph says, or does not say, of common diseases.

    Attributes:
        findings: CURIEs of findings of which common diseases are the usual cause.
    """

    snapshot: Snapshot
    prevalence: Prevalence
    findings: frozenset[str] = field(default_factory=common_findings)

    @cached_property
    def is_rare(self) -> bool:
        """Most annotations come from catalogues of rare diseases, and no disease is stated to be common."""
        if (self.prevalence.decades >= COMMON).any():
            return False
        rows = self.snapshot.edges_of("has_phenotype")
        sources = np.array(self.snapshot.edges["source"].take(rows).to_pylist(), dtype=np.str_)
        return bool(len(rows) and np.isin(sources, _RARE_SOURCES).mean() > 0.5)

    def lacks(self, query: GraphQuery) -> bool:
        """Whether a common disease, which the graph does not hold, is what the case asks for."""
        present = [self.snapshot.curies[obs.node] for obs in query.observations if obs.weight > 0]
        return self.is_rare and bool(present) and self.findings.issuperset(present)
