"""What a text is read as, through the public path on the shipped graph: inputs that once were read wrong."""

import pytest

from kgdx.domain.case import Polarity, ReportText
from kgdx.evidence.mentions import Vocabulary
from kgdx.evidence.text import TextFindings, text_evidence
from kgdx.graph.kinds import DISEASE_KINDS
from kgdx.graph.snapshot import Snapshot
from kgdx.release.bundle import shipped_folder

SIGNS = {Polarity.PRESENT: "+", Polarity.EXCLUDED: "-", Polarity.UNCERTAIN: "?"}
_SNAPSHOT = Snapshot.open(shipped_folder() / "graph")
FINDINGS = Vocabulary.from_snapshot(_SNAPSHOT)
DISEASES = Vocabulary.from_snapshot(_SNAPSHOT, DISEASE_KINDS)


def read(text: str) -> TextFindings:
    return text_evidence((ReportText("findings", text),), FINDINGS, DISEASES)


def findings(text: str) -> list[str]:
    """Sign and name of every finding, and its side if one is told: "+ Pleural effusion (left)"."""
    told = []
    for e in read(text).evidence:
        side = e.qualifiers.laterality
        told.append(f"{SIGNS[e.polarity]} {e.name}" + (f" ({side})" if side else ""))
    return told


ANSWERS = [
    ("Hemoptysis: No\nDyspnea: Yes\nWheezing: No", ["- Hemoptysis", "+ Dyspnea", "- Wheezing"]),
    ("Hemoptysis No\nDyspnea Yes\nWheezing No", ["- Hemoptysis", "+ Dyspnea", "- Wheezing"]),
    ("Fever: no Cough: yes", ["- Fever", "+ Cough"]),
    ("Fever? No. Cough? Yes.", ["- Fever", "+ Cough"]),
    ("Fever, chills and cough: denied", ["- Fever", "- Chills", "- Cough"]),
    ("Fever (-), cough (+).", ["- Fever", "+ Cough"]),
    ("(-) fever (+) cough", ["- Fever", "+ Cough"]),
    ("+ cough, - fever", ["+ Cough", "- Fever"]),
    ("Fever: none. Cough: none, chest pain: denies.", ["- Fever", "- Cough", "- Chest pain"]),
    ("Fever: unknown, cough: positive", ["? Fever", "+ Cough"]),
    ("Pleural effusion absent.", ["- Pleural effusion"]),
    ("Pleural effusion excluded.", ["- Pleural effusion"]),
    ("Fever, cough denied.", ["- Fever", "- Cough"]),
    ("Cough present, fever absent.", ["+ Cough", "- Fever"]),
    ("Pleural effusion is gone.", ["- Pleural effusion"]),
    ("Was ruled out for pleural effusion.", ["- Pleural effusion"]),
    ("Patient doesnt have pleural effusion.", ["- Pleural effusion"]),
    ("Extremities: no peripheral edema", ["- Peripheral edema"]),
]  # fmt: skip
NAMES_WITH_DENIALS = [
    ("absent breath sounds on the left, hyperresonant percussion note, tracheal deviation, distended neck "
     "veins",
     ["+ decreased breath sounds (left)", "+ hyperresonant percussion note", "+ tracheal deviation",
      "+ Elevated jugular venous pressure"]),
    ("no lung sliding, hypotension", ["+ absent lung sliding", "+ Hypotension"]),
    ("absent peripheral pulses, fever", ["+ Fever"]),
]  # fmt: skip
LISTS = [
    ("IMPRESSION:1.No pleural effusion.2.Right lower lobe consolidation.",
     ["- Pleural effusion", "+ Parenchymal consolidation (right)"]),
    ("1.No effusion.2.RLL consolidation.", ["- Pleural effusion", "+ Parenchymal consolidation (right)"]),
    ("1) No fever 2) Cough", ["- Fever", "+ Cough"]),
    ("There is air trapping but no pneumothorax, bilateral pleural effusions, septal thickening, and hilar "
     "lymphadenopathy.",
     ["+ Air trapping", "- Pneumothorax", "+ bilateral pleural effusion (bilateral)",
      "+ Interlobular septal thickening", "+ Hilar lymph node enlargement"]),
    ("No pneumothorax, small left effusion.", ["- Pneumothorax", "+ Pleural effusion (left)"]),
    ("No pneumothorax, bilateral effusions or consolidation.",
     ["- Pneumothorax", "- bilateral pleural effusion (bilateral)", "- Parenchymal consolidation"]),
    ("No fever and has cough.", ["- Fever", "+ Cough"]),
    ("No fever, cough present.", ["- Fever", "+ Cough"]),
    ("No fever or cough is present.", ["- Fever", "- Cough"]),
    ("There is no pleural effusion that explains the cough.", ["- Pleural effusion", "+ Cough"]),
    ("No finding that suggests pneumothorax.", ["- Pneumothorax"]),
]  # fmt: skip
DOUBTS = [
    ("There is no large pneumothorax; a small apical one is present.", ["? Pneumothorax", "+ Pneumothorax"]),
    ("No large pneumothorax.", ["? Pneumothorax"]),
    ("No pneumothorax or large effusion.", ["- Pneumothorax", "? Pleural effusion"]),
    ("Pneumothorax?", ["? Pneumothorax"]),
    ("Is there a pneumothorax or an effusion?", ["? Pneumothorax", "? Pleural effusion"]),
    ("Not able to exclude pneumothorax.", ["? Pneumothorax"]),
    ("Low probability of pleural effusion.", ["? Pleural effusion"]),
    ("Pleural effusion?", ["? Pleural effusion"]),
    ("atelectasis or scarring", ["? Atelectasis", "? lung scar"]),
    ("atelectasis, scarring, or consolidation",
     ["? Atelectasis", "? lung scar", "? Parenchymal consolidation"]),
    ("Atelectasis versus consolidation.", ["? Atelectasis", "? Parenchymal consolidation"]),
    ("No atelectasis or scarring.", ["- Atelectasis", "- lung scar"]),
    ("shortness of breath or dyspnea", ["+ Dyspnea", "+ Dyspnea"]),
]  # fmt: skip
TESTS = [
    ("Blood cultures negative. Troponin negative. D-dimer negative.",
     ["- positive blood culture", "- Increased circulating troponin I concentration",
      "- Elevated circulating D-dimer concentration"]),
    ("D-dimer was elevated.", ["+ Elevated circulating D-dimer concentration"]),
    ("Troponin: normal.", ["- Increased circulating troponin I concentration"]),
    ("Pregnancy test negative.", ["- pregnancy"]),
    ("Pregnancy test positive.", ["+ pregnancy"]),
    ("Pregnancy ruled out.", ["- pregnancy"]),
    ("Pregnant?", ["? pregnancy"]),
    ("urine pregnancy negative", ["- pregnancy"]),
    ("Urine hCG was negative.", ["- pregnancy"]),
]  # fmt: skip
SHARED_WORDS = [
    ("No pleural or pericardial effusion.", ["- Pleural effusion", "- Pericardial effusion"]),
    ("Pleural and pericardial effusion.", ["+ Pleural effusion", "+ Pericardial effusion"]),
    ("Facial and peripheral edema.", ["+ Facial edema", "+ Peripheral edema"]),
    ("Hilar, mediastinal and axillary nodes.", []),
]  # fmt: skip
LIKE_WORDS = [
    ("Diminished breath sounds on the left.", ["+ decreased breath sounds (left)"]),
    ("Swallowing problems.", ["+ Dysphagia"]),
    ("The left ventricle is dilated.", ["+ Left ventricular dilatation"]),
    ("Frequent pneumonia.", ["+ Recurrent pneumonia"]),
    ("Intercostal recession.", ["+ Intercostal retractions"]),
    ("Small pulmonary nodules.", ["+ Pulmonary nodule"]),
    ("Abnormal pulmonary vascularity.", []),
    ("High energy trauma. Hypotonic saline. Needle aspiration of the cyst.", []),
]  # fmt: skip
BOXES_AND_TABLES = [
    ("Dyspnea: N | Orthopnea: Y | Peripheral edema: N", ["- Dyspnea", "+ Orthopnea", "- Peripheral edema"]),
    ("[ ] fever [x] cough [ ] hemoptysis", ["? Fever", "+ Cough", "? Hemoptysis"]),
    ("无发热,有咳嗽", ["- Fever", "+ Cough"]),
]  # fmt: skip
MASSES = [
    ("4 cm spiculated mass in the right upper lobe", ["+ Pulmonary mass (right)"]),
    ("Cavitary mass", ["+ Pulmonary mass"]),
    ("Mass in the left upper lobe", ["+ Pulmonary mass (left)"]),
    ("3 mm nodule in the right upper lobe and a 2 cm mass in the left lower lobe",
     ["+ Pulmonary nodule (right)", "+ Pulmonary mass (left)"]),
    ("Breast mass. Body mass index 30.", []),
    ("Shock.", ["+ Shock"]),
    ("Cardiogenic shock.", ["+ Cardiogenic shock"]),
    ("Emotional upset, ICD shock, shock wave therapy.", []),
]  # fmt: skip
WORD_ORDER = [
    ("Free air under the right hemidiaphragm", ["+ pneumoperitoneum (right)"]),
    ("Filling defect in the right main pulmonary artery", ["+ Pulmonary thromboembolism (right)"]),
    ("The mediastinum is widened", ["+ Widened mediastinum"]),
    ("The mediastinum is not widened.", ["- Widened mediastinum"]),
    ("Loculated LEFT pleural effusion", ["+ loculated pleural effusion (left)"]),
    ("The right pleural effusion is loculated.", ["+ loculated pleural effusion (right)"]),
    ("Collapse of the left upper lobe", ["+ Atelectasis (left)"]),
    ("Left hemidiaphragm is elevated", ["+ elevated hemidiaphragm (left)"]),
    ("Type A dissection", ["+ Aortic dissection"]),
    ("Ankle oedema", ["+ Peripheral edema"]),
    ("Swelling of both ankles", ["+ Peripheral edema (bilateral)"]),
]  # fmt: skip
SPECIAL = [
    ("calcified right lower lobe pulmonary nodule", ["+ calcified granuloma (right)"]),
    ("streaky left basal opacities", ["+ Pulmonary opacity (left)"]),
    ("pleuritic chest pain", ["+ Pleuritic chest pain"]),
    ("honeycombing", ["+ Honeycomb lung"]),
    ("Kerley B lines", ["+ Kerley B lines"]),
    ("costophrenic blunting", ["+ blunted costophrenic angle"]),
    ("Blunting of the left costophrenic angle", ["+ blunted costophrenic angle (left)"]),
    ("flattened diaphragm", ["+ flattened diaphragm"]),
    ("tracheostomy", ["+ tracheostomy"]),
    ("low lung volumes", ["+ low lung volumes"]),
    ("Lung volumes are low.", ["+ low lung volumes"]),
    ("degenerative changes of the spine", ["+ degenerative changes of the spine"]),
    ("osteophytes", ["+ osteophytes"]),
    ("lateral most screw is fractured", []),
    ("fracture of the fixation screw", []),
    ("Sternal wires are broken. Rib fracture.", ["+ Fractured rib"]),
]  # fmt: skip
NORMALS = [
    ("The cardiomediastinal silhouette and pulmonary vasculature are within normal limits",
     ["- Cardiomegaly", "- Pulmonary venous hypertension"]),
    ("No edema", ["- Pulmonary edema"]),
    ("No clubbing, cyanosis or edema", ["- Clubbing", "- Cyanosis", "- Peripheral edema"]),
    ("No free air", ["- pneumoperitoneum"]),
]  # fmt: skip
SIDES = [
    ("RUL consolidation. RLL opacity. LLL nodule.",
     ["+ Parenchymal consolidation (right)", "+ Pulmonary opacity (right)", "+ Pulmonary nodule (left)"]),
    ("R chest pain, L pleural effusion", ["+ Chest pain (right)", "+ Pleural effusion (left)"]),
    ("Bibasilar atelectasis, B/L consolidation",
     ["+ Atelectasis (bilateral)", "+ Parenchymal consolidation (bilateral)"]),
    ("Effusion on the right and pneumothorax on the left.",
     ["+ Pleural effusion (right)", "+ Pneumothorax (left)"]),
    ("Right ventricular dilatation", ["+ Right ventricular dilatation"]),
    ("Enlarged left atrium with right pleural effusion.",
     ["+ Left atrial enlargement", "+ Pleural effusion (right)"]),
    ("左侧气胸", ["+ Pneumothorax (left)"]),
    ("右肺上叶结节", ["+ Pulmonary nodule (right)"]),
    ("双肺磨玻璃影", ["+ Ground-glass opacification (bilateral)"]),
    ("心影增大", ["+ Cardiomegaly"]),
    ("少量积液", ["+ Pleural effusion"]),
    ("左侧气胸，右侧胸腔积液，未见肺不张。",
     ["+ Pneumothorax (left)", "+ Pleural effusion (right)", "- Atelectasis"]),
]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        *ANSWERS,
        *NAMES_WITH_DENIALS,
        *LISTS,
        *DOUBTS,
        *TESTS,
        *SHARED_WORDS,
        *LIKE_WORDS,
        *BOXES_AND_TABLES,
        *MASSES,
        *WORD_ORDER,
        *SPECIAL,
        *NORMALS,
        *SIDES,
    ],
)
def test_findings_with_polarity_and_side(text: str, expected: list[str]) -> None:
    assert findings(text) == expected


@pytest.mark.parametrize(
    ("text", "places", "size_mm"),
    [
        ("4 cm spiculated mass in the right upper lobe", ("upper lobe",), (40.0,)),
        ("streaky left basal opacities", ("lung base",), ()),
        ("RML consolidation", ("middle lobe",), ()),
        ("右肺上叶结节", ("upper lobe",), ()),
    ],
)
def test_place_and_size(text: str, places: tuple[str, ...], size_mm: tuple[float, ...]) -> None:
    (e,) = read(text).evidence
    assert (e.qualifiers.anatomy, e.qualifiers.size_mm) == (places, size_mm)


@pytest.mark.parametrize(
    ("text", "polarity"),
    [
        ("COVID test negative.", Polarity.EXCLUDED),
        ("COVID-19 PCR was negative.", Polarity.EXCLUDED),
        ("COVID test positive.", Polarity.PRESENT),
        ("COVID?", Polarity.UNCERTAIN),
        ("No COVID.", Polarity.EXCLUDED),
    ],
)
def test_a_test_tells_of_a_disease(text: str, polarity: Polarity) -> None:
    (named,) = read(text).diseases
    assert (named.name, named.polarity) == ("COVID-19", polarity)


@pytest.mark.parametrize(
    "text",
    [
        "pericardial effusion on an abdominal CT in 2019",
        "In 2015 she had a pericardial effusion.",
        "Pericardial effusion ten years ago.",
        "Pericardial effusion as a child.",
    ],
)
def test_what_is_dated_is_historical(text: str) -> None:
    assert [(s.name, s.setting.value) for s in read(text).skipped] == [("Pericardial effusion", "historical")]


@pytest.mark.parametrize(
    "text", ["Pericardial effusion since 2019.", "The pericardial effusion is larger than on the CT of 2019."]
)
def test_what_is_there_since_then_is_there_now(text: str) -> None:
    assert findings(text) == ["+ Pericardial effusion"]


def test_an_abbreviation_in_brackets_has_the_letters_of_what_it_follows() -> None:
    found = read("Left effusion (PE). PE was drained.")
    assert {e.name for e in found.evidence} == {"Pleural effusion"}
    assert len(found.evidence) == 3
    assert found.diseases == ()
