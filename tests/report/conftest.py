"""One rich report by hand, of a patient with a pleural effusion; CURIEs and numbers are made up."""

from dataclasses import replace

import numpy as np
import pytest

from kgdx.domain.case import Polarity, ReportText
from kgdx.domain.concept import ConceptRef
from kgdx.domain.evidence import CodeOrigin, Evidence, ImageOrigin, TextOrigin
from kgdx.domain.message import Message
from kgdx.domain.path import Path, PathKind, Stage, Step
from kgdx.domain.report import (
    AssessmentModality,
    Diagnosis,
    DiseasePair,
    FindingContribution,
    NextFinding,
    ProbabilityChange,
    RedFlag,
    Report,
    TreatedDiagnosis,
    Treatment,
    TreatmentConcern,
)
from kgdx.domain.treatment import ConcernKind, Line, Severity, TreatmentStatus
from kgdx.domain.what_if import Intervention, RankedAs, WhatIf
from kgdx.imaging.overlay import HeatMap, ShownImage

HISTORY = (
    "67-year-old woman, five days of fever and productive cough, now pleuritic chest pain on the right. "
    "Known chronic kidney disease. Allergic to penicillin."
)
FINDINGS = (
    "Moderate right pleural effusion with adjacent consolidation of the lower lobe. Possible loculation "
    "along the lateral chest wall.\nNo pneumothorax. Heart size is normal; no cardiomegaly. No pulmonary "
    "venous congestion."
)
NAMES = {
    "HP:0002202": "Pleural effusion",
    "HP:0032177": "Parenchymal consolidation",
    "HP:0001945": "Fever",
    "HP:0031245": "Productive cough",
    "HP:0033771": "Pleuritic chest pain",
    "HP:0002107": "Pneumothorax",
    "HP:0001640": "Cardiomegaly",
    "HP:0033709": "Pulmonary venous congestion",
    "HP:0032016": "Loculated pleural effusion",
    "HP:0002103": "Abnormal pleura morphology",
    "HP:0012735": "Cough",
    "HP:0011227": "Elevated circulating C-reactive protein concentration",
    "MONDO:0700001": "Parapneumonic effusion",
    "MONDO:0005249": "Pneumonia",
    "MONDO:0000986": "Pleural empyema",
    "MONDO:0005252": "Congestive heart failure",
    "MONDO:0005294": "Malignant pleural mesothelioma, epithelioid variant",
    "MONDO:0005279": "Pulmonary embolism",
    "MONDO:0018076": "Tuberculous pleurisy",
    "MONDO:0007915": "Systemic lupus erythematosus",
    "MONDO:0004979": "Hepatic hydrothorax",
    "MONDO:0005300": "Chronic kidney disease",
    "MONDO:0600008": "Penicillin allergy",
    "CHEBI:29007": "Ceftriaxone",
    "CHEBI:2676": "Amoxicillin–clavulanic acid",
    "CHEBI:17334": "Penicillin",
    "CHEBI:2637": "Amikacin",
    "CHEBI:3508": "Ceftazidime",
    "CHEBI:3515": "Cefuroxime",
    "CHEBI:23066": "Cephalosporin",
    "CHEBI:28001": "Vancomycin",
    "CHEBI:47426": "Furosemide",
    "NCIT:C15355": "Thoracentesis",
    "UBERON:0000977": "Pleura",
}


TERMS = {
    "infores:hpo-annotations": ("HPO licence", "2026-01-08"),
    "infores:hpo": ("HPO licence", "2026-01-08"),
    "infores:mondo": ("CC-BY-4.0", "2026-03-03"),
    "infores:uberon": ("CC-BY-3.0", ""),
    "infores:drugcentral": ("CC-BY-SA-4.0", "2025-11"),
    "infores:medi": ("", ""),
    "infores:chebi": ("CC-BY-4.0", "240"),
}


def step(head: str, relation: str, tail: str, *, forward: bool = False, **more: object) -> Step:
    values: dict[str, object] = {"source": "infores:hpo-annotations", **more}
    values["licence"], values["release"] = TERMS[str(values["source"])]
    name = f"{head}|{relation}|{tail}"
    return Step(name, head, NAMES[head], relation, tail, NAMES[tail], forward, **values)  # type: ignore[arg-type]


KINDS = {
    "treats": PathKind.TREATMENT,
    "contraindicated_in": PathKind.VETO,
    "interacts_with": PathKind.INTERACTION,
}


def path(steps: tuple[Step, ...], contribution: float) -> Path:
    """A path of one stage, of the kind that its relations tell."""
    first = steps[0]
    start = (
        ConceptRef(first.head, first.head_name)
        if first.is_forward
        else ConceptRef(first.tail, first.tail_name)
    )
    kind = next((KINDS[each.relation] for each in steps if each.relation in KINDS), PathKind.FINDING)
    return Path(steps, contribution, (Stage(kind, start, len(steps)),))


def finding(curie: str, contribution: float) -> FindingContribution:
    return FindingContribution(curie, NAMES[curie], contribution)


def mentioned(curie: str, polarity: Polarity, weight: float, section: str, quote: str) -> Evidence:
    text = {"history": HISTORY, "findings": FINDINGS}[section]
    start = text.index(quote)
    return Evidence(
        curie, NAMES[curie], polarity, weight, TextOrigin(section, start, start + len(quote), quote)
    )


EVIDENCE = (
    mentioned("HP:0001945", Polarity.PRESENT, 2.4, "history", "fever"),
    mentioned("HP:0012735", Polarity.PRESENT, 1.1, "history", "cough"),
    mentioned("HP:0031245", Polarity.PRESENT, 2.2, "history", "productive cough"),
    mentioned("HP:0002202", Polarity.PRESENT, 3.1, "findings", "pleural effusion"),
    mentioned("HP:0032177", Polarity.PRESENT, 2.8, "findings", "consolidation"),
    mentioned("HP:0032016", Polarity.UNCERTAIN, 0.4, "findings", "Possible loculation"),
    mentioned("HP:0002107", Polarity.EXCLUDED, -2.6, "findings", "pneumothorax"),
    mentioned("HP:0001640", Polarity.EXCLUDED, -2.9, "findings", "cardiomegaly"),
    mentioned("HP:0033709", Polarity.EXCLUDED, -1.8, "findings", "pulmonary venous congestion"),
    Evidence(
        "HP:0002202",
        NAMES["HP:0002202"],
        Polarity.PRESENT,
        3.6,
        ImageOrigin("chest-pa", (0.12, 0.55, 0.46, 0.93), 0.94),
    ),
    Evidence(
        "HP:0032177",
        NAMES["HP:0032177"],
        Polarity.UNCERTAIN,
        0.6,
        ImageOrigin("chest-pa", (0.16, 0.42, 0.4, 0.66), 0.58),
    ),
    Evidence("HP:0033771", NAMES["HP:0033771"], Polarity.PRESENT, 2.0, CodeOrigin("HP:0033771")),
    Evidence("HP:0011227", NAMES["HP:0011227"], Polarity.PRESENT, 2.0, CodeOrigin("LOINC:1988-5")),
)

PARAPNEUMONIC_PATHS = (
    path(
        (
            step(
                "MONDO:0700001",
                "has_phenotype",
                "HP:0002202",
                frequency=0.98,
                publications=("PMID:29241736",),
            ),
        ),
        1.82,
    ),
    path(
        (
            step("MONDO:0005249", "has_phenotype", "HP:0001945", publications=("PMID:1", "PMID:2", "PMID:3")),
            step("MONDO:0700001", "subclass_of", "MONDO:0005249", source="infores:mondo"),
        ),
        0.93,
    ),
    path(
        (
            step("HP:0031245", "subclass_of", "HP:0012735", forward=True, source="infores:hpo"),
            step(
                "MONDO:0005249", "has_phenotype", "HP:0012735", frequency=0.8, publications=("PMID:15266616",)
            ),
            step("MONDO:0000986", "subclass_of", "MONDO:0005249", source="infores:mondo"),
            step("MONDO:0000986", "located_in", "UBERON:0000977", forward=True, source="infores:uberon"),
            step("MONDO:0700001", "located_in", "UBERON:0000977", source="infores:uberon"),
        ),
        0.31,
    ),
)

HEART_PATHS = (
    path((step("MONDO:0005252", "has_phenotype", "HP:0002202", frequency=0.38),), 1.05),
    path((step("MONDO:0005252", "has_phenotype", "HP:0001640", frequency=0.72),), -1.94),
)

EMPYEMA_PATHS = (
    path((step("MONDO:0000986", "has_phenotype", "HP:0032016", source="infores:mondo"),), 0.62),
    path((step("MONDO:0000986", "has_phenotype", "HP:0033771", negated=True),), -0.2),
)

DIFFERENTIAL = (
    Diagnosis(
        "MONDO:0700001",
        NAMES["MONDO:0700001"],
        1,
        3.42,
        0.62,
        supports=(
            finding("HP:0002202", 1.82),
            finding("HP:0032177", 1.24),
            finding("HP:0001945", 0.93),
            finding("HP:0031245", 0.31),
            finding("HP:0011227", 0.22),
        ),
        contradicts=(finding("HP:0032016", -0.12),),
        unexplained=(finding("HP:0033771", 0.0),),
        paths=PARAPNEUMONIC_PATHS,
        residual_logit=0.18,
    ),
    Diagnosis(
        "MONDO:0000986",
        NAMES["MONDO:0000986"],
        2,
        1.9,
        0.21,
        supports=(finding("HP:0002202", 1.2), finding("HP:0032016", 0.62), finding("HP:0001945", 0.5)),
        contradicts=(finding("HP:0033771", -0.2),),
        paths=EMPYEMA_PATHS,
        residual_logit=0.4,
    ),
    Diagnosis(
        "MONDO:0005252",
        NAMES["MONDO:0005252"],
        3,
        0.4,
        0.074,
        supports=(finding("HP:0002202", 1.05),),
        contradicts=(finding("HP:0001640", -1.94), finding("HP:0033709", -1.1)),
        unexplained=(finding("HP:0001945", -0.4), finding("HP:0031245", -0.3), finding("HP:0032177", 0.0)),
        paths=HEART_PATHS,
        residual_logit=-0.35,
    ),
    Diagnosis("MONDO:0005294", NAMES["MONDO:0005294"], 4, -1.2, 0.004),
)

INTERACTION = TreatmentConcern(
    ConcernKind.INTERACTION,
    Severity.CAUTION,
    "CHEBI:47426",
    NAMES["CHEBI:47426"],
    path((step("CHEBI:2637", "interacts_with", "CHEBI:47426", source="infores:drugcentral"),), 0.0),
    mechanism=Message("mechanism.hearing"),
    advice=Message("advice.reduce_below_egfr", {"egfr": 60}),
)
TREATMENTS = (
    Treatment(
        "CHEBI:29007",
        NAMES["CHEBI:29007"],
        TreatmentStatus.RECOMMENDED,
        0.83,
        (
            TreatedDiagnosis("MONDO:0700001", "parapneumonic effusion", 0.62),
            TreatedDiagnosis("MONDO:0000986", "pleural empyema", 0.21),
        ),
        (
            path(
                (
                    step(
                        "MONDO:0700001", "subclass_of", "MONDO:0005249", forward=True, source="infores:mondo"
                    ),
                    step("CHEBI:29007", "treats", "MONDO:0005249", source="infores:drugcentral"),
                ),
                0.62,
            ),
        ),
    ),
    Treatment(
        "NCIT:C15355",
        NAMES["NCIT:C15355"],
        TreatmentStatus.RECOMMENDED,
        0.62,
        (TreatedDiagnosis("MONDO:0700001", "parapneumonic effusion", 0.62),),
        (path((step("NCIT:C15355", "treats", "MONDO:0700001", source="infores:medi"),), 0.62),),
    ),
    Treatment(
        "CHEBI:3508",
        NAMES["CHEBI:3508"],
        TreatmentStatus.CAUTION,
        0.21,
        (TreatedDiagnosis("MONDO:0000986", "pleural empyema", 0.21),),
        (path((step("CHEBI:3508", "treats", "MONDO:0000986", source="infores:drugcentral"),), 0.21),),
        concerns=(
            TreatmentConcern(
                ConcernKind.DUPLICATE,
                Severity.CAUTION,
                "CHEBI:3515",
                NAMES["CHEBI:3515"],
                path(
                    (
                        step(
                            "CHEBI:3515", "subclass_of", "CHEBI:23066", forward=True, source="infores:chebi"
                        ),
                        step("CHEBI:3508", "subclass_of", "CHEBI:23066", source="infores:chebi"),
                    ),
                    0.0,
                ),
            ),
        ),
    ),
    Treatment(
        "CHEBI:47426",
        NAMES["CHEBI:47426"],
        TreatmentStatus.POSSIBLE,
        0.04,
        (
            TreatedDiagnosis(
                "MONDO:0005252", "congestive heart failure", 0.04, line=Line.SECOND, is_indirect=True
            ),
        ),
        (path((step("CHEBI:47426", "treats", "MONDO:0005252", source="infores:drugcentral"),), 0.04),),
        reservations=(Message("reservation.unlikely", {"probability": 0.1}),),
    ),
    Treatment(
        "CHEBI:17334",
        NAMES["CHEBI:17334"],
        TreatmentStatus.HELD_BACK,
        0.62,
        (
            TreatedDiagnosis(
                "MONDO:0700001", "parapneumonic effusion", 0.62, line=Line.FIRST, is_immediate=True
            ),
        ),
        (path((step("CHEBI:17334", "treats", "MONDO:0700001", source="infores:drugcentral"),), 0.62),),
        reservations=(
            Message("reservation.rival", {"disease": ConceptRef("MONDO:0005279", NAMES["MONDO:0005279"])}),
        ),
    ),
    Treatment(
        "CHEBI:28001",
        NAMES["CHEBI:28001"],
        TreatmentStatus.PREDICTED,
        0.25,
        (TreatedDiagnosis("MONDO:0700001", "parapneumonic effusion", 0.62),),
        (
            path(
                (
                    step(
                        "MONDO:0700001", "similar_to", "MONDO:0000986", forward=True, source="infores:mondo"
                    ),
                    step("CHEBI:28001", "treats", "MONDO:0000986", source="infores:drugcentral"),
                ),
                0.25,
            ),
        ),
        confidence=0.4,
    ),
    Treatment(
        "CHEBI:2676",
        NAMES["CHEBI:2676"],
        TreatmentStatus.CONTRAINDICATED,
        0.83,
        (
            TreatedDiagnosis("MONDO:0700001", "parapneumonic effusion", 0.62),
            TreatedDiagnosis("MONDO:0000986", "pleural empyema", 0.21),
        ),
        (path((step("CHEBI:2676", "treats", "MONDO:0700001", source="infores:drugcentral"),), 0.62),),
        concerns=(
            TreatmentConcern(
                ConcernKind.CONDITION,
                Severity.CONTRAINDICATED,
                "MONDO:0600008",
                NAMES["MONDO:0600008"],
                path(
                    (
                        step(
                            "CHEBI:17334",
                            "contraindicated_in",
                            "MONDO:0600008",
                            source="infores:drugcentral",
                            publications=("PMID:31290996",),
                        ),
                        step("CHEBI:2676", "subclass_of", "CHEBI:17334", source="infores:chebi"),
                    ),
                    0.0,
                ),
            ),
        ),
    ),
    Treatment(
        "CHEBI:2637",
        NAMES["CHEBI:2637"],
        TreatmentStatus.CONTRAINDICATED,
        0.21,
        (TreatedDiagnosis("MONDO:0000986", "pleural empyema", 0.21),),
        (path((step("CHEBI:2637", "treats", "MONDO:0000986", source="infores:drugcentral"),), 0.21),),
        concerns=(
            TreatmentConcern(
                ConcernKind.CONDITION,
                Severity.CONTRAINDICATED,
                "MONDO:0005300",
                NAMES["MONDO:0005300"],
                path(
                    (
                        step(
                            "CHEBI:2637", "contraindicated_in", "MONDO:0005300", source="infores:drugcentral"
                        ),
                    ),
                    0.0,
                ),
            ),
            INTERACTION,
        ),
    ),
)


@pytest.fixture
def report() -> Report:
    return Report(
        release="starter-2026.1 · sha256:9f2c41d07be3",
        evidence=EVIDENCE,
        differential=DIFFERENTIAL,
        treatments=TREATMENTS,
        warnings=(Message("warning.not_in_graph", {"where": "findings", "code": "HP:7777777"}),),
    )


@pytest.fixture
def abstained() -> Report:
    return Report(
        release="starter-2026.1 · sha256:9f2c41d07be3",
        evidence=(),
        differential=(),
        treatments=(),
        abstained=(Message("abstained.no_known_finding"),),
    )


@pytest.fixture
def texts() -> tuple[ReportText, ...]:
    return (ReportText("history", HISTORY), ReportText("findings", FINDINGS))


@pytest.fixture
def images() -> tuple[ShownImage, ...]:
    """A synthetic chest film: two dark lungs, the right one filled from below."""
    y, x = np.mgrid[0:1:320j, 0:1:280j].astype(np.float32)
    pixels = 0.72 - 0.5 * _blob(x, y, 0.3, 0.42, 0.15, 0.27) - 0.5 * _blob(x, y, 0.7, 0.45, 0.15, 0.3)
    pixels += 0.42 * _blob(x, y, 0.29, 0.8, 0.17, 0.16) + 0.12 * _blob(x, y, 0.56, 0.6, 0.12, 0.15)
    pixels += 0.05 * np.cos(y * 60) * _blob(x, y, 0.5, 0.4, 0.35, 0.35)
    effusion = HeatMap("HP:0002202", NAMES["HP:0002202"], _blob(x, y, 0.29, 0.74, 0.12, 0.14))
    consolidation = HeatMap("HP:0032177", NAMES["HP:0032177"], 0.7 * _blob(x, y, 0.28, 0.54, 0.1, 0.09))
    return (ShownImage("chest-pa", pixels.clip(0, 1).astype(np.float32), (effusion, consolidation)),)


def _blob(x, y, x0: float, y0: float, width: float, height: float):  # type: ignore[no-untyped-def]
    return np.exp(-(((x - x0) / width) ** 2) - ((y - y0) / height) ** 2).astype(np.float32)


@pytest.fixture
def crowded(report: Report) -> Report:
    """Eight diagnoses and forty findings."""
    curies = list(NAMES)[-29:]
    many = tuple(
        Evidence(
            f"HP:{i:07d}",
            f"Finding number {i} of a long list",
            Polarity.PRESENT,
            1.0,
            CodeOrigin(f"HP:{i:07d}"),
        )
        for i in range(40)
    )
    first = replace(
        report.differential[0],
        supports=tuple(FindingContribution(e.curie, e.name, 1 / (i + 1)) for i, e in enumerate(many)),
    )
    others = tuple(
        replace(
            report.differential[i % 3],
            disease=curie,
            name=NAMES[curie],
            rank=i + 2,
            probability=0.3 / (i + 1),
        )
        for i, curie in enumerate([c for c in curies if c.startswith("MONDO")][:7])
    )
    return replace(report, evidence=many, differential=(first, *others))


def _named(curie: str) -> ConceptRef:
    return ConceptRef(curie, NAMES[curie])


def _shift(curie: str, before: float, after: float) -> ProbabilityChange:
    return ProbabilityChange(curie, NAMES[curie], before, after)


def _standing(curie: str, rank: int, probability: float) -> RankedAs:
    return RankedAs(curie, NAMES[curie], rank, probability)


def _what_if(
    supposed: Intervention, curies: tuple[str, ...], first: float, second: float, *, turning: bool = False
) -> WhatIf:
    reranked = (
        _standing("MONDO:0700001", 1 if first > second else 2, first),
        _standing("MONDO:0000986", 2 if first > second else 1, second),
        _standing("MONDO:0005252", 3, 0.07),
        _standing("MONDO:0005294", 4, 0.004),
    )
    names = tuple(NAMES[curie] for curie in curies)
    return WhatIf(supposed, curies, names, min(reranked, key=lambda s: s.rank), reranked, turning)


WHAT_IF = (
    _what_if(Intervention.UNMENTIONED, ("HP:0002202",), 0.41, 0.3),
    _what_if(Intervention.UNMENTIONED, ("HP:0032177",), 0.48, 0.27),
    _what_if(Intervention.UNMENTIONED, ("HP:0001945",), 0.57, 0.22),
    _what_if(Intervention.UNMENTIONED, ("HP:0032016",), 0.71, 0.12),
    _what_if(Intervention.UNMENTIONED, ("HP:0002202", "HP:0032177"), 0.2, 0.36, turning=True),
    _what_if(Intervention.PRESENT, ("HP:0002103",), 0.66, 0.2),
    _what_if(Intervention.EXCLUDED, ("HP:0002103",), 0.3, 0.44),
)
NEXT = NextFinding(
    "HP:0002103",
    NAMES["HP:0002103"],
    AssessmentModality.IMAGING,
    0.31,
    0.6,
    _shift("MONDO:0700001", 0.62, 0.66),
    _shift("MONDO:0000986", 0.21, 0.44),
)


@pytest.fixture
def rich(report: Report) -> Report:
    """The report with all that a report can hold."""
    first, *others = report.treatments
    chain = path((*PARAPNEUMONIC_PATHS[0].steps, *first.paths[0].steps), 0.38)
    return replace(
        report,
        differential=(
            report.differential[0],
            replace(report.differential[1], red_flag=Message("danger.sepsis_unless_drained")),
            *report.differential[2:],
        ),
        treatments=(replace(first, chains=(chain,)), *others),
        what_if=WHAT_IF,
        next_steps=(NEXT,),
        red_flags=(
            RedFlag("MONDO:0000986", NAMES["MONDO:0000986"], 2, 0.21, Message("danger.airway_closes"), NEXT),
            RedFlag("MONDO:0005279", NAMES["MONDO:0005279"], 9, 0.02, Message("danger.right_heart_fails")),
        ),
        disease_pairs=(
            DiseasePair(
                _named("MONDO:0700001"),
                _named("MONDO:0005252"),
                38.0,
                (_named("HP:0001945"), _named("HP:0031245")),
                (_named("HP:0033709"),),
                (_named("HP:0002202"),),
                (_named("HP:0033771"),),
            ),
        ),
    )


@pytest.fixture
def chinese() -> dict[str, str]:
    """A Chinese name of everything that the reports name."""
    return dict(zip(NAMES, CHINESE, strict=True))


CHINESE = [
    "胸腔积液",
    "肺实变",
    "发热",
    "咳痰",
    "胸膜性胸痛",
    "气胸",
    "心脏增大",
    "肺静脉淤血",
    "包裹性胸腔积液",
    "胸膜形态异常",
    "咳嗽",
    "C反应蛋白升高",
    "肺炎旁胸腔积液",
    "肺炎",
    "脓胸",
    "充血性心力衰竭",
    "上皮样型恶性胸膜间皮瘤",
    "肺栓塞",
    "结核性胸膜炎",
    "系统性红斑狼疮",
    "肝性胸水",
    "慢性肾脏病",
    "青霉素过敏",
    "头孢曲松",
    "阿莫西林克拉维酸",
    "青霉素",
    "阿米卡星",
    "头孢他啶",
    "头孢呋辛",
    "头孢菌素",
    "万古霉素",
    "呋塞米",
    "胸腔穿刺术",
    "胸膜",
]
