"""How numbers, polarities and sources read, the same on paper, screen and terminal."""

import unicodedata

from kgdx.domain.case import Polarity
from kgdx.domain.treatment import TreatmentStatus

# Said by a sign as well as by colour, so that a report reads in black and white.
SIGNS = {Polarity.PRESENT: "+", Polarity.EXCLUDED: "−", Polarity.UNCERTAIN: "?"}
STATUS_SIGNS = {
    TreatmentStatus.RECOMMENDED: "✓",
    TreatmentStatus.CAUTION: "!",
    TreatmentStatus.POSSIBLE: "?",
    TreatmentStatus.HELD_BACK: "‖",
    TreatmentStatus.PREDICTED: "~",
    TreatmentStatus.CONTRAINDICATED: "✕",
}


def percent(probability: float) -> str:
    """A probability in [0, 1] for people: `62%`, `4.1%`, and never a rounded certainty."""
    if 0 < probability < 0.01:
        return "<1%"
    if 0.99 < probability < 1:
        return ">99%"
    return f"{probability:.1%}" if 0 < probability < 0.0995 else f"{probability:.0%}"


def factor(value: float) -> str:
    """How many times likelier, for people: `38 times likelier`, and no more digits than can be meant."""
    return "over 1,000 times likelier" if value > 1000 else f"{value:.0f} times likelier"


def signed(value: float) -> str:
    """A logit or a weight with its sign, `+1.30` or `−0.42`; what rounds to nothing is `0.00`."""
    rounded = round(value, 2)
    return f"{rounded:+.2f}".replace("-", "−") if rounded else "0.00"


def counted(number: int, noun: str) -> str:
    """A number before its noun: `1 path`, `3 paths`, `2 diagnoses`."""
    if number == 1:
        return f"1 {noun}"
    plural = f"{noun[:-2]}es" if noun.endswith("is") else f"{noun}s"
    return f"{number} {plural}"


def short_source(source: str) -> str:
    """`infores:hpo-annotations` without the prefix that every source has; empty where none is stated."""
    return source.removeprefix("infores:")


def plain(text: str) -> str:
    """Text in one line, without the control characters that a terminal obeys and XML forbids."""
    joined = " ".join(text.split())
    return "".join(letter for letter in joined if unicodedata.category(letter) not in ("Cc", "Cs", "Cn"))
