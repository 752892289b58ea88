"""The status of a treatment in one patient, and what speaks for and against it."""

from enum import StrEnum


class TreatmentStatus(StrEnum):
    """What the graph says of a treatment in this patient; the order is that of a report.

    A predicted treatment stays one whatever cautions it raises; only a contraindication takes its place. What
    is possible is listed and not recommended: the engine abstains, or the indication is unlikely, indirect or
    wants something that the patient is not known to have. What is held back waits until a dangerous
    diagnosis, in which it is forbidden, is ruled out.
    """

    RECOMMENDED = "recommended"
    CAUTION = "caution"
    POSSIBLE = "possible"
    HELD_BACK = "held back"
    PREDICTED = "predicted"
    CONTRAINDICATED = "contraindicated"


class Severity(StrEnum):
    """How much a concern weighs, the worst first."""

    CONTRAINDICATED = "contraindicated"
    CAUTION = "caution"


class Line(StrEnum):
    """The place of a treatment among those of a disease, in the order of a report."""

    FIRST = "first"
    UNSTATED = ""
    SECOND = "second"
    ADJUNCT = "adjunct"


class ConcernKind(StrEnum):
    """What of the patient speaks against a treatment."""

    CONDITION = "condition"
    PREGNANCY = "pregnancy"
    BREASTFEEDING = "breastfeeding"
    AGE = "age"
    SEX = "sex"
    ALLERGY = "allergy"
    CROSS_REACTIVITY = "cross-reactivity"
    INTERACTION = "interaction"
    DUPLICATE = "duplicate therapy"


OF_THE_PERSON = frozenset({ConcernKind.AGE, ConcernKind.SEX})
"""Concerns that tell the age or the sex of the patient: no export and no store gets their paths unasked."""
