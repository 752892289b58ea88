"""How a drug may act on a disease, in words."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

from kgdx.domain.curie import standardize
from kgdx.domain.errors import CurieError, UnknownCurieError
from kgdx.domain.report import Path, Step
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
        """With the source's own words at the end, which tell what a relation leaves open: more or less."""
        path = self.writer.path("mechanisms", drug, trail, share)
        said = [self.writer.snapshot.edge(row).original_predicate for row, _ in trail]
        words = ", then ".join(f"“{words}”" for words in said if words)
        return (
            Path(path.steps, share, f"{path.sentence} (in the words of its sources: {words})")
            if words
            else path
        )


def as_lines(paths: Sequence[Path]) -> str:
    """As numbered sentences, each with the source of every edge."""
    lines = []
    for number, path in enumerate(paths, 1):
        lines.append(f"{number}. {path.sentence} ({path.contribution:.0%} of the weight of all paths)")
        lines += [f"   {_told(step)}" for step in path.steps]
    return "\n".join(lines)


def _told(step: Step) -> str:
    cited = f", {', '.join(step.publications)}" if step.publications else ""
    return f"{step.head} {step.relation} {step.tail} [{step.source}{cited}]"
