"""Reports by hand, small enough that every answer about them can be worked out on paper.

What tells of the patient holds `PATIENT`, so that a test can look for it: words, ids, age and sex.
"""

from dataclasses import replace

from kgdx.domain.case import Patient, Polarity
from kgdx.domain.concept import ConceptRef
from kgdx.domain.evidence import CodeOrigin, Evidence, ImageOrigin, Qualifiers, TextOrigin
from kgdx.domain.message import Message
from kgdx.domain.path import Path, PathKind, Stage, Step
from kgdx.domain.report import (
    Diagnosis,
    FindingContribution,
    QueryContext,
    Report,
    TreatedDiagnosis,
    Treatment,
    TreatmentConcern,
)
from kgdx.domain.treatment import ConcernKind, Severity, TreatmentStatus

PATIENT = "Zylphe"

NAMES = {
    "HP:0001945": "Fever",
    "HP:0031246": "Nonproductive cough",
    "HP:0012735": "Cough",
    "HP:0000988": "Skin rash",
    "HP:0003584": "Late onset",
    "MONDO:0005812": "influenza",
    "MONDO:0005709": "common cold",
    "MONDO:0005300": "chronic kidney disease",
    "CHEBI:7798": "oseltamivir",
    "kgdx:elderly": f"Elderly {PATIENT}",
}
FLU, COLD, DRUG = "MONDO:0005812", "MONDO:0005709", "CHEBI:7798"
HPOA, DRUGS = "infores:hpo-annotations", "infores:drugcentral"


def step(edge: str, head: str, relation: str, tail: str, source: str = HPOA, **more: object) -> Step:
    """An edge with the names of its ends, walked backwards unless told otherwise."""
    values: dict[str, object] = {"is_forward": False, "licence": "CC0-1.0", "release": "2026-01", **more}
    return Step(edge, head, NAMES[head], relation, tail, NAMES[tail], source=source, **values)  # type: ignore[arg-type]


FEVER = step("e-fever", FLU, "has_phenotype", "HP:0001945", publications=("PMID:1", "PMID:2"), frequency=0.9)
DRY = step("e-dry", "HP:0031246", "subclass_of", "HP:0012735", "infores:hpo", is_forward=True)
COUGH = step("e-cough", FLU, "has_phenotype", "HP:0012735", publications=("PMID:1",))
NO_RASH = step("e-no-rash", FLU, "has_phenotype", "HP:0000988", negated=True)
ONSET = step("e-onset", FLU, "has_clinical_attribute", "HP:0003584")
COLD_FEVER = step("e-cold", COLD, "has_phenotype", "HP:0001945", "infores:mondo", licence="", release="")
TREATS = step("e-treats", DRUG, "treats", FLU, DRUGS)
FORBIDS = step("e-kidney", DRUG, "contraindicated_in", "MONDO:0005300", "infores:list")
FORBIDS_AGE = step("e-age", DRUG, "contraindicated_in", "kgdx:elderly", DRUGS)


def path(kind: PathKind, start: str, steps: tuple[Step, ...], contribution: float, **more: object) -> Path:
    """A path of one stretch from a node."""
    stage = Stage(kind, ConceptRef(start, NAMES[start]), len(steps), **more)  # type: ignore[arg-type]
    return Path(steps, contribution, (stage,))


def found(
    curie: str, contribution: float, *, is_excluded: bool = False, patient_fact: Message | None = None
) -> FindingContribution:
    return FindingContribution(curie, NAMES[curie], contribution, is_excluded, patient_fact)


EVIDENCE = (
    Evidence("HP:0001945", "Fever", Polarity.PRESENT, 2.5, CodeOrigin(f"{PATIENT}:fever")),
    Evidence(
        "HP:0031246",
        "Nonproductive cough",
        Polarity.PRESENT,
        1.25,
        TextOrigin(f"history of {PATIENT}", 4, 13, f"dry cough of {PATIENT}"),
        Qualifiers(anatomy=(f"throat of {PATIENT}",)),
    ),
    Evidence(
        "HP:0000988",
        "Skin rash",
        Polarity.EXCLUDED,
        -1.5,
        ImageOrigin(f"{PATIENT}.dcm", (0.0, 0.0, 1.0, 1.0), 0.1),
    ),
)

AGE = Message("patient.age", {"age": f"77 years, {PATIENT}"})
INFLUENZA = Diagnosis(
    FLU,
    "influenza",
    1,
    3.0,
    0.625,
    supports=(
        found("HP:0001945", 1.5),
        found("HP:0031246", 0.75),
        found("HP:0003584", 0.5, patient_fact=AGE),
    ),
    contradicts=(found("HP:0000988", -0.25, is_excluded=True),),
    paths=(
        path(PathKind.FINDING, "HP:0001945", (FEVER,), 1.5),
        path(PathKind.FINDING, "HP:0031246", (DRY, COUGH), 0.75),
        path(PathKind.DEMOGRAPHICS, "HP:0003584", (ONSET,), 0.5, patient_fact=AGE),
        path(PathKind.FINDING, "HP:0000988", (NO_RASH,), -0.25, is_excluded=True),
    ),
    residual_logit=0.125,
    red_flag=Message("danger.airway_closes"),
)
COMMON_COLD = Diagnosis(
    COLD,
    "common cold",
    2,
    2.0,
    0.25,
    supports=(found("HP:0001945", 0.5),),
    unexplained=(found("HP:0031246", 0.0),),
    paths=(path(PathKind.FINDING, "HP:0001945", (COLD_FEVER,), 0.5),),
)
OSELTAMIVIR = Treatment(
    DRUG,
    "oseltamivir",
    TreatmentStatus.CONTRAINDICATED,
    0.625,
    (TreatedDiagnosis(FLU, "influenza", 0.625),),
    (path(PathKind.TREATMENT, FLU, (TREATS,), 0.625),),
    (
        TreatmentConcern(
            ConcernKind.AGE,
            Severity.CONTRAINDICATED,
            "kgdx:elderly",
            NAMES["kgdx:elderly"],
            path(PathKind.AGE, "kgdx:elderly", (FORBIDS_AGE,), 0.0),
        ),
        TreatmentConcern(
            ConcernKind.CONDITION,
            Severity.CAUTION,
            "MONDO:0005300",
            "chronic kidney disease",
            path(PathKind.VETO, "MONDO:0005300", (FORBIDS,), 0.0, is_certain=False),
            is_certain=False,
        ),
    ),
    chains=(
        Path(
            (FEVER, TREATS),
            0.375,
            (
                Stage(PathKind.FINDING, ConceptRef("HP:0001945", "Fever"), 1),
                Stage(PathKind.TREATMENT, ConceptRef(FLU, "influenza"), 1),
            ),
        ),
    ),
)

REPORT = Report(
    "R1",
    EVIDENCE,
    (INFLUENZA, COMMON_COLD),
    (OSELTAMIVIR,),
    warnings=(Message("warning.image", {"image": PATIENT, "doubt": Message("warning.nearly_blank")}),),
    query_context=QueryContext(Patient("female", 77.0), ((0.5, -0.5),)),
)
LATER = replace(
    REPORT,
    release="R2",
    differential=(
        replace(COMMON_COLD, rank=1, logit=2.5, probability=0.5),
        replace(INFLUENZA, rank=2, logit=2.25, probability=0.375),
    ),
    treatments=(),
)
ABSTAINED = Report("R1", (), (), (), abstained=(Message("abstained.no_known_finding"),))
