"""The Chinese page of real cases is in Chinese: what is left in Latin letters is a quote, code or symbol."""

import json
import re
from pathlib import Path

import pyarrow.compute as pc
import pytest

from kgdx.domain.language import untagged
from kgdx.engine import Engine
from kgdx.evidence.mentions import Vocabulary
from kgdx.graph.kinds import FINDING_KINDS, active_concepts, is_attribute
from kgdx.schemas import CaseIn
from tests.e2e.shipped import shipped_engine
from tests.report.page.spoken import SpokenPage

# Our own name and that of the source, a unit, a key, a setting, an enzyme, and what the cases hold.
ALLOWED = (
    "kgdx-starter",
    "kgdx",
    "logit",
    "Tab",
    "KGDX_PREFIXES",
    "CYP3A4",
    "effusion.png",
    "banana",
    "FOO",
)
_CODE = re.compile(r"\b[A-Za-z]+:[\w.-]+|\bkgdx-[\w.+]+")
_LATIN = re.compile(r"[A-Za-z]{3,}")
_NUM_WHAT_IF = 3

CODED = {
    "age_years": 67,
    "sex": "female",
    "findings": [
        {"id": "HP:0001945"},
        {"id": "HP:0012735"},
        {"id": "HP:0002105", "status": "excluded"},
        {"id": "HP:0002094", "status": "uncertain"},
        {"id": "kgdx:kerley-b-lines"},
        {"id": "banana"},
        {"id": "FOO:1"},
        {"id": "HP:9999999"},
        {"id": "MONDO:0005249"},
        {"id": "CHEBI:10033"},
        {"id": "kgdx:oxygen-therapy"},
    ],
    "excluded_diseases": ["MONDO:0005279"],
}
TREATED = {
    "age_years": 71,
    "sex": "male",
    "report": {
        "history": "发热、咳嗽、咳黄痰3天，对青霉素过敏。",
        "findings": "右肺下叶实变，右侧少量胸腔积液，右侧肋膈角变钝。",
    },
    "findings": [{"id": "HP:0005110"}, {"id": "HP:0001974"}, {"id": "HP:0002202", "status": "excluded"}],
    "conditions": ["MONDO:0005009", "HP:0003774", "HP:0001657"],
    "medications": ["CHEBI:10033", "CHEBI:2663", "CHEBI:9150", "CHEBI:4551", "FOO:1"],
    "allergies": ["kgdx:penicillins"],
}


@pytest.fixture(scope="module")
def engine() -> Engine:
    return shipped_engine()


@pytest.fixture(scope="module")
def vocabulary(engine: Engine) -> Vocabulary:
    return Vocabulary.from_snapshot(engine.snapshot)


def page_of(engine: Engine, case: CaseIn, tmp_path: Path) -> SpokenPage:
    report = engine.naming(engine.what_if(engine.diagnose(case), _NUM_WHAT_IF), "zh")
    report.to_html(tmp_path / "page.html", "zh")
    return SpokenPage((tmp_path / "page.html").read_text(encoding="utf-8"))


def left_in_latin(page: SpokenPage, engine: Engine) -> set[str]:
    """Latin words on the page that are neither marked as English, nor a code, nor the symbol of a gene."""
    nodes = engine.snapshot.nodes
    genes = nodes.filter(pc.equal(nodes["kind"].cast("string"), "Gene"))["name"].to_pylist()
    told = _CODE.sub(" ", page.in_language("zh"))
    for word in (*ALLOWED, *genes):
        told = told.replace(word, " ")
    return set(_LATIN.findall(told))


@pytest.mark.parametrize("given", [CODED, TREATED], ids=["codes", "treatments"])
def test_a_page_without_an_english_text_has_no_english(engine: Engine, given: dict, tmp_path: Path) -> None:
    page = page_of(engine, CaseIn.model_validate(given), tmp_path)
    assert left_in_latin(page, engine) == set()
    assert page.in_language("en") == ""


def test_the_page_of_treatments_tells_what_is_held_back(engine: Engine) -> None:
    """Else the page above proves nothing."""
    report = engine.diagnose(CaseIn.model_validate(TREATED))
    assert {"contraindicated", "caution"} <= {treatment.status.value for treatment in report.treatments}
    assert any(treatment.concerns for treatment in report.treatments)


def test_the_page_of_the_demo_has_no_english_but_its_quotes(
    engine: Engine, root: Path, tmp_path: Path
) -> None:
    path = root / "examples" / "cases" / "effusion.json"
    page = page_of(engine, CaseIn.from_file(path), tmp_path)
    quotes = set(_LATIN.findall(" ".join(json.loads(path.read_text(encoding="utf-8"))["report"].values())))
    assert left_in_latin(page, engine) - quotes == set()
    assert set(_LATIN.findall(page.in_language("en"))) <= quotes


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("左侧气胸", "HP:0002107"),
        ("右肺上叶结节", "HP:0033608"),
        ("双肺磨玻璃影", "HP:0025179"),
        ("心影增大", "HP:0001640"),
        ("少量积液", "HP:0002202"),
        ("双侧胸水", "kgdx:bilateral-pleural-effusion"),
        ("右侧膈面抬高", "kgdx:elevated-hemidiaphragm"),
        ("两肺多发结节影", "kgdx:multiple-pulmonary-nodules"),
        ("左肺占位", "HP:0033821"),
        ("右肺上叶肿块", "HP:0033821"),
        ("双肺清晰，前上纵隔见肿块", "HP:0033823"),
    ],
)
def test_chinese_reports_are_read(vocabulary: Vocabulary, text: str, found: str) -> None:
    assert [mention.curie for mention in vocabulary.find(text)] == [found]


@pytest.mark.parametrize("text", ["颈部肿块", "双肺清晰，左侧乳腺肿块", "占位效应明显"])
def test_a_mass_elsewhere_is_none_of_the_lung(vocabulary: Vocabulary, text: str) -> None:
    assert vocabulary.find(text) == ()


def test_every_chinese_name_of_a_finding_is_found(engine: Engine, vocabulary: Vocabulary) -> None:
    """Each as itself alone; values of an attribute, such as "common", are no findings."""
    wrong = {}
    for curie, _, synonyms in active_concepts(engine.snapshot, FINDING_KINDS):
        names = [bare for bare, language in map(untagged, synonyms) if language == "zh"]
        assert names, curie
        if not is_attribute(engine.snapshot, engine.snapshot.index[curie]):
            found = {name: [mention.curie for mention in vocabulary.find(name)] for name in names}
            wrong |= {name: curies for name, curies in found.items() if curies != [curie]}
    assert wrong == {}
