"""The base of every score: additive log-likelihood ratios, one a finding.

For a finding q observed with likelihood ratio λ = e^weight (Pearl's virtual evidence), a disease that
shows q with probability p, among diseases that show it with probability b on average, gains

    ln( (p λ + 1 - p) / (b λ + 1 - b) )

which is ln(p/b) for a sure present finding and ln((1-p)/(1-b)) for a sure absent one; there b is left out,
which moves all diseases alike.
Sources: Robinson et al. 2020, Am J Hum Genet 107:403 (the ratio, excluded findings, background rate);
Pearl 1988, Probabilistic Reasoning in Intelligent Systems, 2.2 (virtual evidence).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from kgdx.reasoning.annotations import Annotations
from kgdx.reasoning.query import Observation


@dataclass(frozen=True, slots=True)
class LikelihoodSettings:
    """Constants of the observation model.

    Attributes:
        noise: share of the background rate at which any disease shows any finding.
        imprecision: how far a finding is believed of a disease that is only known for what it is a kind of.
        floor: probability added everywhere, so that no finding of an unheard-of kind rules all out.
        denied: share of the background rate at which a disease shows a finding its source denies.
        absence_trust: how far the frequency of a finding is believed when it was not there.
        curation: how much likelier the table of a published cohort records a finding as absent in a disease
            that is known to show it; for curated absences alone.
        breadth: penalty per ln(1 + number of findings of a disease): the more it shows, the less each says.
    """

    noise: float = 0.02
    imprecision: float = 0.2
    floor: float = 1e-5
    denied: float = 0.1
    absence_trust: float = 0.8
    curation: float = 4.0
    breadth: float = 2.0


class MatchType(StrEnum):
    """How a finding of the case and what is annotated to a disease are related.

    Source: LIRICAL, `LrMatchType` (Robinson et al. 2020).
    """

    EXACT = "exact"
    DESCENDANT = "descendant"
    """A kind of the finding is annotated."""
    ANCESTOR = "ancestor"
    """What the finding is a kind of is annotated."""
    COMMON_ANCESTOR = "common_ancestor"
    """A kind of what the finding is a kind of is annotated."""
    EXCLUDED = "excluded"
    """A present finding, or what it is a kind of, is annotated as not seen in the disease."""
    NON_ANNOTATED = "non_annotated"


@dataclass(frozen=True, slots=True)
class Match:
    """What a likelihood ratio was read from.

    Attributes:
        ancestor: node index of the finding or of what it is a kind of, at which the frequency was read; None
            where the frequency is noise.
        finding: node index of the commonest annotated finding that is it or a kind of it, if there is one.
    """

    type: MatchType
    ancestor: int | None
    finding: int | None


def priors(annotations: Annotations, settings: LikelihoodSettings) -> NDArray[np.float64]:
    """(D,) logit of each candidate before any finding, up to a constant."""
    return np.asarray(-settings.breadth * np.log1p(annotations.num_findings), dtype=np.float64)


def contributions(
    observations: tuple[Observation, ...], annotations: Annotations, settings: LikelihoodSettings
) -> NDArray[np.float64]:
    """What each finding adds to the base logit of each candidate.

    Returns:
        (len(observations), D) float64, natural log, unbounded.
    """
    size = len(annotations.candidates)
    result = np.zeros((len(observations), size))
    for row, obs in zip(result, observations, strict=True):
        if obs.weight > 0:
            row[:] = _present(obs, annotations, settings)
        else:
            row[:] = _absent(obs, annotations, settings)
    return result


def expected_frequency(
    node: int, annotations: Annotations, settings: LikelihoodSettings
) -> tuple[NDArray[np.float64], float]:
    """How often each candidate shows a finding, backing off to what the finding is a kind of.

    A disease known for finding a shows its kind q as often as q makes up a over all diseases:
    F[d, a] b[q] / b[a], believed as far as `imprecision` says.

    Returns:
        (D,) probability in (0, 1], and the background rate of the finding.
    """
    ancestors, shares = _shares(node, annotations, settings)
    probability = np.full(len(annotations.candidates), _noise(node, annotations, settings))
    for ancestor, share in zip(ancestors.tolist(), shares.tolist(), strict=True):
        positions, frequency = annotations.column(ancestor)
        probability[positions] = np.maximum(probability[positions], share * frequency)
    denying, background = annotations.denying(node), _background(node, annotations)
    probability[denying] = np.minimum(probability[denying], settings.denied * background)
    return probability, background + settings.floor


def matches(
    observations: Sequence[Observation], position: int, annotations: Annotations, settings: LikelihoodSettings
) -> list[Match]:
    """What `contributions` read for one candidate, finding by finding.

    Args:
        position: of the candidate among the annotations' candidates.
    """
    frequency, annotated = annotations.frequency_of(position), annotations.direct[[position]]
    above = annotations.ancestors[annotated.indices]
    return [
        _match(obs, _read_at(obs, frequency, annotations, settings), position, annotated, above, annotations)
        for obs in observations
    ]


def _match(
    obs: Observation,
    ancestor: int | None,
    position: int,
    annotated: sp.csr_matrix,
    above: sp.csr_matrix,
    annotations: Annotations,
) -> Match:
    """The commonest annotated finding below `ancestor`, and how it is related to the finding of the case."""
    below = np.searchsorted(above.indptr, np.flatnonzero(above.indices == ancestor), "right") - 1
    finding = int(annotated.indices[below[np.argmax(annotated.data[below])]]) if len(below) else None
    if obs.weight > 0 and position in annotations.denying(obs.node):
        kind = MatchType.EXCLUDED
    elif finding is None:
        kind = MatchType.NON_ANNOTATED
    elif finding == obs.node:
        kind = MatchType.EXACT
    elif ancestor == obs.node:
        kind = MatchType.DESCENDANT
    else:
        kind = MatchType.ANCESTOR if finding == ancestor else MatchType.COMMON_ANCESTOR
    return Match(kind, ancestor, finding)


def _read_at(
    obs: Observation,
    frequency: NDArray[np.float64],
    annotations: Annotations,
    settings: LikelihoodSettings,
) -> int | None:
    """The finding or its ancestor at whose frequency the ratio was read; None where it is noise."""
    if obs.weight <= 0:
        return obs.node
    ancestors, shares = _shares(obs.node, annotations, settings)
    backed_off = frequency[ancestors] * shares
    best = int(np.argmax(backed_off))
    return int(ancestors[best]) if backed_off[best] > _noise(obs.node, annotations, settings) else None


def _shares(
    node: int, annotations: Annotations, settings: LikelihoodSettings
) -> tuple[NDArray[np.int32], NDArray[np.float64]]:
    """All that a finding is a kind of, and how much of the frequency of each the finding gets."""
    ancestors = annotations.ancestors_of(node)
    rate = annotations.background[ancestors]
    ancestors, rate = ancestors[rate > 0], rate[rate > 0]
    if len(ancestors) == 0:
        return np.array([node], dtype=np.int32), np.zeros(1)
    trust = np.where(ancestors == node, 1.0, settings.imprecision)
    return ancestors, trust * np.minimum(1.0, _background(node, annotations) / rate)


def _background(node: int, annotations: Annotations) -> float:
    return max(float(annotations.background[node]), 0.1 / annotations.num_counted)


def _noise(node: int, annotations: Annotations, settings: LikelihoodSettings) -> float:
    return settings.noise * _background(node, annotations) + settings.floor


def _present(obs: Observation, annotations: Annotations, settings: LikelihoodSettings) -> NDArray[np.float64]:
    probability, background = expected_frequency(obs.node, annotations, settings)
    return _log_ratio(probability, background, obs.weight)


def _absent(obs: Observation, annotations: Annotations, settings: LikelihoodSettings) -> NDArray[np.float64]:
    """Relative to a disease that never shows the finding, so that an absence never speaks for a disease.

    Only a curated absence may: a cohort's table has columns for what its disease shows. No back-off here:
    that q is absent says nothing of the other kinds of what q is a kind of.
    """
    positions, frequency = annotations.column(obs.node)
    result = np.zeros(len(annotations.candidates))
    result[positions] = _log_ratio(settings.absence_trust * frequency, 0.0, obs.weight)
    if obs.is_curated_absence:
        result[positions] += np.log(settings.curation)
    return result


def _log_ratio(probability: NDArray[np.float64], background: float, weight: float) -> NDArray[np.float64]:
    # Divided by λ where λ is large, so that nothing overflows.
    scale, rest = (1.0, np.exp(-weight)) if weight > 0 else (np.exp(weight), 1.0)
    shown = probability * scale + (1.0 - probability) * rest
    usual = background * scale + (1.0 - background) * rest
    return np.asarray(np.log(shown) - np.log(usual), dtype=np.float64)
