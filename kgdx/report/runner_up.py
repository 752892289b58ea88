"""What one diagnosis explains better than another, finding by finding."""

from dataclasses import dataclass

from kgdx.domain.report import Diagnosis

LEAST = 0.05


@dataclass(frozen=True, slots=True)
class Contrast:
    """A finding and what it adds to the logits of two diagnoses, natural log units."""

    curie: str
    name: str
    first: float
    second: float

    @property
    def difference(self) -> float:
        """How much more it adds to the second than to the first."""
        return self.second - self.first


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two diagnoses side by side.

    Attributes:
        by_first, by_second: what the one, or the other, explains better by at least `LEAST`, most first.
        rest: what is left of the second logit minus the first beside all findings: the priors.
    """

    by_first: tuple[Contrast, ...]
    by_second: tuple[Contrast, ...]
    rest: float


def compare(first: Diagnosis, second: Diagnosis) -> Comparison:
    """Hold two diagnoses of one case against each other; a finding that either does not name adds 0 to it."""
    one, other = _contributions(first), _contributions(second)
    contrasts = [
        Contrast(curie, name, one.get((curie, name), 0.0), other.get((curie, name), 0.0))
        for curie, name in {**one, **other}
    ]
    contrasts.sort(key=lambda contrast: -abs(contrast.difference))
    told = second.logit - first.logit
    return Comparison(
        by_first=tuple(contrast for contrast in contrasts if contrast.difference <= -LEAST),
        by_second=tuple(contrast for contrast in contrasts if contrast.difference >= LEAST),
        rest=told - sum(contrast.difference for contrast in contrasts),
    )


def _contributions(diagnosis: Diagnosis) -> dict[tuple[str, str], float]:
    """By identifier and name: what age and sex add may share an identifier with a finding."""
    total: dict[tuple[str, str], float] = {}
    for item in (*diagnosis.supports, *diagnosis.contradicts, *diagnosis.unexplained):
        key = item.curie, item.name
        total[key] = total.get(key, 0.0) + item.contribution
    return total
