"""What the answers of a foreign encoder are worth: one logistic a finding, fitted on labelled images.

The encoder is asked as it is; only slope, intercept and the border of the domain come from the images.
"""

from collections.abc import Sequence

from kgdx.domain.errors import SourceError
from kgdx.encoders.base import TextEncoder
from kgdx.encoders.finding_set import Domain, FindingSet
from kgdx.encoders.linear_head import HeadLabel
from kgdx.evidence.head_evidence import RELIABILITY
from kgdx.evidence.image_evidence import text_direction
from kgdx.graph.arrays import Floats32
from kgdx.training.classifier.fit_head import fit_domain
from kgdx.training.clip.calibrate import calibrated_finding
from kgdx.training.data.labelled_images import Labelled
from kgdx.training.synthetic import captions
from kgdx.training.synthetic.signs import KINDS

LEAST_OF_A_KIND = 10


def calibrate_prompts(
    vectors: Floats32,
    data: Labelled,
    labels: Sequence[HeadLabel],
    text_encoder: TextEncoder,
    calibrated_on: str,
) -> FindingSet:
    """A finding for every label with a CURIE; the rest of the images are its counterexamples.

    Args:
        vectors: (N, dim) unit rows of the images.
        labels: of the columns of `data`.
        calibrated_on: name of the data.

    Raises:
        SourceError: if a finding has too few images or counterexamples, or no label has a CURIE.
    """
    findings = []
    for column, label in enumerate(labels):
        if not label.curie:
            continue
        truths = data.truths[:, column]
        num = int(truths.sum())
        if min(num, len(truths) - num) < LEAST_OF_A_KIND:
            fact = f"{num} of {len(truths)} images show {label.name}"
            raise SourceError(calibrated_on, fact, f"give at least {LEAST_OF_A_KIND} with and without it")
        sentences = phrasings(label)
        findings.append(
            calibrated_finding(
                label,
                sentences,
                vectors @ text_direction(*sentences, text_encoder),
                truths,
                prior=float(truths.mean()),
                reliability=RELIABILITY,
                calibrated_on=calibrated_on,
            )
        )
    if not findings:
        raise SourceError(calibrated_on, "no label has a CURIE", "give a labels file that names them")
    centroids, least = fit_domain(vectors, None, seed=0)
    rows = tuple(tuple(float(value) for value in row) for row in centroids)
    return FindingSet(tuple(findings), Domain((), (), -1.0, rows, least))


def phrasings(label: HeadLabel) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """(present, absent) sentences: ours for findings that we know, else made of the label's name."""
    if label.curie in {kind.curie for kind in KINDS}:
        return captions.prompts(label.curie, True), captions.prompts(label.curie, False)
    name = label.name
    present = (name, f"chest radiograph of {name}", f"chest x-ray showing {name}", f"findings of {name}")
    return present, (f"no {name}", f"without {name}", f"no evidence of {name}", "normal chest radiograph")
