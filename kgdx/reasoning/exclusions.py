"""What the absence of a finding takes from a disease that it is known to exclude: stated factors.

A frequency says how often a disease shows a finding at all; a test that was done to exclude the disease says
more. The factors are those of `graph_schema/must_not_miss.yaml`, and hold where the graph states that the
disease shows the finding.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from graph_schema.clinical import Exclusion, MustNotMiss
from kgdx.graph.arrays import Floats, Ints
from kgdx.reasoning.annotations import Annotations
from kgdx.reasoning.query import Observation


@dataclass(frozen=True, eq=False)
class Exclusions:
    """The exclusions that a graph has both ends of.

    Attributes:
        by_disease: node index of a disease -> (node index of the finding, exclusion), in the table's order.
    """

    by_disease: dict[int, tuple[tuple[int, Exclusion], ...]]

    @classmethod
    def of(cls, table: MustNotMiss, index: Mapping[str, int]) -> "Exclusions":
        """Those of a table.

        Args:
            index: CURIE -> node index.
        """
        known = {
            index[disease]: tuple((index[row.finding], row) for row in rows if row.finding in index)
            for disease, rows in table.ruled_out.items()
            if disease in index
        }
        return cls({disease: rows for disease, rows in known.items() if rows})

    def factor(self, disease: int, obs: Observation, annotations: Annotations) -> float:
        """What an observation leaves of the odds of a disease by the table: 1 where it does not say.

        The absence of what a finding is a kind of is the absence of the finding.
        """
        if obs.weight >= 0 or disease not in self.by_disease:
            return 1.0
        factors = [
            row.factor
            for finding, row in self.by_disease[disease]
            if obs.node in annotations.ancestors_of(finding)
        ]
        return _as_sure_as(min(factors, default=1.0), obs.weight)

    def lowered(
        self, ratios: Floats, observations: Sequence[Observation], annotations: Annotations, positions: Ints
    ) -> Floats:
        """Log-likelihood ratios, of which none is above what the table says.

        Args:
            ratios: (F, K) natural log.
            positions: (K,) of the candidates.
        """
        if not self.by_disease or all(obs.weight >= 0 for obs in observations):
            return ratios
        places = {int(annotations.candidates[position]): k for k, position in enumerate(positions.tolist())}
        result = ratios.copy()
        for row, obs in zip(result, observations, strict=True):
            if obs.weight >= 0:
                continue
            shown = set(annotations.candidates[annotations.column(obs.node)[0]].tolist())
            for disease in self.by_disease.keys() & places.keys() & shown:
                least = np.log(self.factor(disease, obs, annotations))
                row[places[disease]] = min(row[places[disease]], least)
        return result


def _as_sure_as(factor: float, weight: float) -> float:
    """A factor for a finding that is absent as surely as a weight below 0 says."""
    return float(factor + (1.0 - factor) * np.exp(weight))
