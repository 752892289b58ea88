"""What can be said of a chest radiograph, and whether it is true of a given one.

Captions share findings, so a caption of one image is often true of another. Truth has three values here,
as in any chart: a label nobody gave is unknown, neither true nor false.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from kgdx.graph.arrays import Floats32
from kgdx.training.synthetic.signs import (
    ATELECTASIS,
    BY_CURIE,
    CONSOLIDATION,
    EFFUSION,
    INTERSTITIAL,
    KINDS,
    NODULE,
    OPACITY,
    RADIOGRAPH,
    Sign,
    SignKind,
    sides_of,
)

CLAIMS: tuple[tuple[str, str], ...] = (
    *((kind.curie, side) for kind in KINDS for side in (("left", "right", "") if kind.is_sided else ("",))),
    (RADIOGRAPH, ""),
)
COLUMN = {claim: index for index, claim in enumerate(CLAIMS)}

RADIOGRAPH_TEXTS = ("a frontal chest radiograph", "chest x-ray", "a radiograph of the chest", "chest film")
OTHER_TEXTS = (
    "not a chest radiograph",
    "some other picture",
    "not a chest x-ray",
    "no radiograph of the chest",
)
_AFFIRM = ("{}", "there is {}", "{} is present", "chest radiograph of {}", "findings of {}", "{} is seen")
_DENY = ("no {}", "without {}", "there is no {}", "no evidence of {}", "{} is absent", "negative for {}")


@dataclass(frozen=True, slots=True)
class Statement:
    """A text and what it claims: every (column of CLAIMS, is affirmed) must hold for it to be true."""

    text: str
    claims: tuple[tuple[int, bool], ...]


def state(kind: SignKind, side: str, is_affirmed: bool, rng: np.random.Generator) -> Statement:
    """Word one claim at random; a denial may use a sentence of its own ("heart size is normal")."""
    claim = ((COLUMN[kind.curie, side], is_affirmed),)
    if not is_affirmed and not side and kind.normals and rng.random() < 0.4:
        return Statement(str(rng.choice(kind.normals)), claim)
    noun = str(rng.choice(kind.nouns))
    frame = str(rng.choice(_AFFIRM if is_affirmed else _DENY))
    return Statement(frame.format(f"{side} {noun}".strip()), claim)


def state_domain(is_radiograph: bool, rng: np.random.Generator) -> Statement:
    """Say that the image is a chest radiograph, or that it is none."""
    text = str(rng.choice(RADIOGRAPH_TEXTS if is_radiograph else OTHER_TEXTS))
    return Statement(text, ((COLUMN[RADIOGRAPH, ""], is_radiograph),))


def describe(truths: Floats32, rng: np.random.Generator, most: int = 4) -> Statement:
    """A true caption of an image from its row of truths (C,): affirmed findings first, then some denials."""
    known = [(kind, truths[COLUMN[kind.curie, ""]]) for kind in KINDS]
    parts = [_affirm(kind, truths, rng) for kind, truth in known if truth == 1]
    absent = [kind for kind, truth in known if truth == 0]
    rng.shuffle(parts)  # type: ignore[arg-type]
    spare = max(most - len(parts), 0)
    if absent and spare:
        picked = rng.permutation(len(absent))[: int(rng.integers(0 if parts else 1, spare + 1))]
        parts += [state(absent[index], "", False, rng) for index in picked]
    kept = parts[:most]
    return Statement(
        ", ".join(part.text for part in kept), tuple(claim for part in kept for claim in part.claims)
    )


def _affirm(kind: SignKind, truths: Floats32, rng: np.random.Generator) -> Statement:
    sides = [side for side in sides_of(kind) if side and truths[COLUMN[kind.curie, side]] == 1]
    side = str(rng.choice(sides)) if len(sides) == 1 and rng.random() < 0.8 else ""
    return state(kind, side, True, rng)


def truths_of_signs(present: frozenset[Sign]) -> Floats32:
    """(C,) float32 over CLAIMS: 1 true, 0 false, NaN unknown, for an image whose findings are all known.

    An opacity is what fills air space or interstitium; whether a nodule, a band of atelectasis or fluid is
    to be called one differs from reader to reader, so there it is unknown.
    """
    truths = np.zeros(len(CLAIMS), dtype=np.float32)
    truths[COLUMN[RADIOGRAPH, ""]] = 1
    for sign in present:
        truths[COLUMN[sign.curie, ""]] = 1
        if sign.side:
            truths[COLUMN[sign.curie, sign.side]] = 1
    curies = {sign.curie for sign in present}
    if curies & {CONSOLIDATION, INTERSTITIAL}:
        truths[COLUMN[OPACITY, ""]] = 1
    elif curies & {NODULE, ATELECTASIS, EFFUSION}:
        truths[COLUMN[OPACITY, ""]] = np.nan
    return truths


def truth_matrix(truths: Floats32, statements: Sequence[Statement]) -> Floats32:
    """(N, T) float32: 1 where the statement holds of the image, 0 where it does not, NaN where unknown.

    Args:
        truths: (N, C) float32 over CLAIMS, NaN for unknown.
        statements: T statements.
    """
    columns = []
    for statement in statements:
        parts = [
            truths[:, column] if affirmed else 1 - truths[:, column] for column, affirmed in statement.claims
        ]
        stacked = np.stack(parts)
        # One false part makes the whole false, whatever is unknown about the rest.
        is_false = (stacked == 0).any(axis=0)
        columns.append(np.where(is_false, 0.0, np.where(np.isnan(stacked).any(axis=0), np.nan, 1.0)))
    return np.asarray(np.stack(columns, axis=1), dtype=np.float32)


def prompts(curie: str, is_affirmed: bool) -> tuple[str, ...]:
    """Several phrasings of one claim, for scoring: every noun in two frames, and the ready-made denials."""
    kind = BY_CURIE[curie]
    if is_affirmed:
        return tuple(frame.format(noun) for noun in kind.nouns for frame in ("{}", "chest radiograph of {}"))
    return (
        *(f"no {noun}" for noun in kind.nouns),
        *(f"without {noun}" for noun in kind.nouns),
        *kind.normals,
    )
