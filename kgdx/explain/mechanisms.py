"""How a drug may act on a disease."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

from kgdx.domain.curie import standardize
from kgdx.domain.errors import CurieError, UnknownCurieError
from kgdx.domain.path import Path, PathKind
from kgdx.explain.paths import PathWriter
from kgdx.graph.hierarchy import EdgePath
from kgdx.mechanisms.finder import MechanismFinder

_KINDS = {"drug": ("Drug",), "disease": ("Disease", "PhenotypicFeature")}


@dataclass(frozen=True, eq=False)
class Mechanisms:
    """Answers which paths join a drug and a disease.

    Attributes:
        release: named where the graph does not know an identifier.
        open_finder: makes the finder, which takes seconds on a large graph; called once, when first needed.
    """

    writer: PathWriter
    release: str
    open_finder: Callable[[], MechanismFinder]

    def paths(self, drug: str, disease: str, num: int) -> tuple[Path, ...]:
        """The best paths, best first; their contributions are shares of all paths between the two.

        Raises:
            UnknownCurieError: if one is not in the graph.
            CurieError: if one is no CURIE, or is no drug or no disease.
        """
        ends = self._node(drug, "drug"), self._node(disease, "disease")
        return tuple(
            self._path(ends[0], found.trail, found.share) for found in self._finder.between(*ends, num)
        )

    @cached_property
    def _finder(self) -> MechanismFinder:
        return self.open_finder()

    def _node(self, text: str, role: str) -> int:
        snapshot = self.writer.snapshot
        curie = standardize(text, self.writer.schema, role)
        node = snapshot.index.get(snapshot.replaced_by.get(curie) or curie)
        if node is None:
            raise UnknownCurieError(curie, self.release)
        kind = str(snapshot.kinds[node])
        if kind not in _KINDS[role]:
            fact = f"{curie} is of kind {kind} in graph release {self.release}"
            raise CurieError(role, fact, f"give a {' or '.join(_KINDS[role])}")
        return node

    def _path(self, drug: int, trail: EdgePath, share: float) -> Path:
        """With the source's own words, which tell what a relation leaves open: more or less."""
        quotes = [self.writer.snapshot.edge(row).original_predicate for row, _ in trail]
        return self.writer.path(PathKind.MECHANISM, drug, trail, share, quotes=tuple(filter(None, quotes)))
