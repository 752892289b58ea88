"""Cases to learn fusion from: a drawn radiograph, what a report says, what was coded; no patient in them.

A phantom decides what the image looks like. What the patient has is drawn from what the release's own model
answers: P(finding) = sigmoid(logit(prior) + weight of the answer), and this weight is already discounted by
the finding's reliability. So an answer is worth in these cases exactly what its reliability says, and that
phantoms are no patients is not learnt away. Then the report and the codes err about the patient at the rates
below, each by itself.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from kgdx.domain.case import Polarity
from kgdx.domain.evidence import CodeOrigin, Evidence, TextOrigin
from kgdx.encoders.clip import Clip
from kgdx.encoders.finding_set import FindingSet, ImageFinding
from kgdx.evidence.codes import WEIGHTS as CODE_WEIGHTS
from kgdx.evidence.image_evidence import image_answers
from kgdx.evidence.text import WEIGHTS as TEXT_WEIGHTS
from kgdx.graph.arrays import Floats32
from kgdx.training.synthetic.phantom import draw_phantom
from kgdx.training.synthetic.phantom_signs import DRAWABLE

# How often our reader takes a report to say so, where people coded the finding and where they did not: 1,602
# Indiana reports, all twenty headings, those whose name hashes to an even byte (`benchmarks.text`, counts
# behind `reading_weights`). What is left of 1 says nothing. They make 93 % of what is read as present right.
SAID = {
    True: {Polarity.PRESENT: 0.907, Polarity.UNCERTAIN: 0.0213, Polarity.EXCLUDED: 0.0041},
    False: {Polarity.PRESENT: 0.0032, Polarity.UNCERTAIN: 0.0028, Polarity.EXCLUDED: 0.1117},
}
_SILENT = math.log((1 - sum(SAID[True].values())) / (1 - sum(SAID[False].values())))
# Assumptions; nobody measured them: a third of the findings is coded, and one code in a hundred is wrong.
CODED, RIGHT_CODE = 0.33, 0.99
# How often a case has an image, a report and codes; one that has none is drawn again.
HAS_IMAGE, HAS_TEXT, HAS_CODES = 0.7, 0.7, 0.5
IMAGE_SIZE = 112


@dataclass(frozen=True, eq=False)
class DrawnCase:
    """One case, and what is true of its patient.

    Attributes:
        evidence: as the engine's readers give it, before fusion.
        subthreshold_scores: as in `ImageFindings`; empty without an image.
        images: vectors of its images, at most one.
        truths: CURIE -> whether the patient has it.
        priors: CURIE -> log odds of that before anything is said. That a report is silent is part of them: to
            the engine it is no evidence, so no weight may learn it.
    """

    evidence: tuple[Evidence, ...]
    subthreshold_scores: Mapping[str, float]
    images: tuple[Floats32, ...]
    truths: Mapping[str, bool]
    priors: Mapping[str, float]


def drawn_findings(clip: Clip) -> tuple[ImageFinding, ...]:
    """The findings of a drawn case: what is calibrated on phantoms."""
    return tuple(f for f in clip.findings.findings if f.curie in DRAWABLE)


def draw_cases(seed: int, clip: Clip, num: int) -> list[DrawnCase]:
    """Draw one image, and cases of different patients beside it; the same seed gives the same cases.

    Several patients for one image, since looking costs a hundred times what a patient does.
    """
    pixels = draw_phantom(seed, size=IMAGE_SIZE).pixels
    asked = FindingSet(drawn_findings(clip), clip.findings.domain)
    seen, _, subthreshold_scores = image_answers(pixels, "drawn", clip, clip, asked)
    look = DrawnCase(
        tuple(seen),
        subthreshold_scores,
        tuple(clip.encode_images([pixels])) if subthreshold_scores else (),
        {},
        {},
    )
    return [_beside(look, asked.findings, np.random.default_rng((seed, number))) for number in range(num)]


def _beside(look: DrawnCase, findings: tuple[ImageFinding, ...], rng: np.random.Generator) -> DrawnCase:
    """A patient who fits the image as far as it is believed, with a report and codes; or without."""
    has_image = has_text = has_codes = False
    while not (has_image or has_text or has_codes):
        has_image, has_text, has_codes = rng.random(3) < (HAS_IMAGE, HAS_TEXT, HAS_CODES)
    if not has_image:
        look = DrawnCase((), {}, (), {}, {})
    truths = {
        f.curie: bool(rng.random() < _posterior(f, look.subthreshold_scores.get(f.curie, 0.0)))
        for f in findings
    }
    evidence, priors = list(look.evidence), {f.curie: prior_logit(f) for f in findings}
    for finding in findings:
        is_there = truths[finding.curie]
        if has_text:
            read = said(finding, is_there, rng)
            evidence += read
            priors[finding.curie] += 0.0 if read else _SILENT
        if has_codes and rng.random() < CODED:
            evidence.append(_code(finding, is_there == (rng.random() < RIGHT_CODE)))
    return replace(look, evidence=tuple(evidence), truths=truths, priors=priors)


def prior_logit(finding: ImageFinding) -> float:
    """Natural log odds of the finding among the drawn patients."""
    return math.log(finding.prior / (1 - finding.prior))


def said(finding: ImageFinding, is_there: bool, rng: np.random.Generator) -> tuple[Evidence, ...]:
    """What a report says of a finding, as our reader takes it: one statement or none."""
    chance = rng.random()
    for polarity, rate in SAID[is_there].items():
        chance -= rate
        if chance < 0:
            origin = TextOrigin("findings", 0, 0, "")
            return (Evidence(finding.curie, finding.name, polarity, TEXT_WEIGHTS[polarity], origin),)
    return ()


def _code(finding: ImageFinding, is_present: bool) -> Evidence:
    polarity = Polarity.PRESENT if is_present else Polarity.EXCLUDED
    origin = CodeOrigin(finding.curie)
    return Evidence(finding.curie, finding.name, polarity, CODE_WEIGHTS[polarity], origin)


def _posterior(finding: ImageFinding, weight: float) -> float:
    return 1 / (1 + math.exp(-prior_logit(finding) - weight))
