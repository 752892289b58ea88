"""What one diagnosis explains better than another, finding by finding."""

from dataclasses import dataclass, replace

from kgdx.domain.report import Diagnosis, FindingContribution

LEAST = 0.05


@dataclass(frozen=True, slots=True)
class Contrast:
    """A finding or a fact about the patient, and what it adds to two logits, natural log units."""

    finding: FindingContribution
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
        Contrast(finding, one.get(finding, 0.0), other.get(finding, 0.0)) for finding in {**one, **other}
    ]
    contrasts.sort(key=lambda contrast: -abs(contrast.difference))
    told = second.logit - first.logit
    return Comparison(
        by_first=tuple(contrast for contrast in contrasts if contrast.difference <= -LEAST),
        by_second=tuple(contrast for contrast in contrasts if contrast.difference >= LEAST),
        rest=told - sum(contrast.difference for contrast in contrasts),
    )


def _contributions(diagnosis: Diagnosis) -> dict[FindingContribution, float]:
    """By what is told apart from all else: what age and sex add may share an identifier with a finding."""
    total: dict[FindingContribution, float] = {}
    for item in (*diagnosis.supports, *diagnosis.contradicts, *diagnosis.unexplained):
        key = replace(item, contribution=0.0)
        total[key] = total.get(key, 0.0) + item.contribution
    return total
