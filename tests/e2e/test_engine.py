"""The whole way on the bundled case: what a user sees, and whether it can be believed."""

import json
from dataclasses import fields, replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import CTImageStorage, ExplicitVRLittleEndian, generate_uid

from kgdx.domain.case import FailedCase, Polarity
from kgdx.domain.errors import ImageError
from kgdx.domain.evidence import CodeOrigin, ImageOrigin, TextOrigin
from kgdx.domain.path import Path as GraphPath
from kgdx.domain.report import Treatment
from kgdx.domain.treatment import ConcernKind, Severity, TreatmentStatus
from kgdx.engine import Engine
from kgdx.explain.walk import all_paths
from kgdx.graph.snapshot import Snapshot
from kgdx.imaging.read import read_image
from kgdx.reasoning.case_graph import DiagnosticGraph
from kgdx.reasoning.query import GraphQuery, seed
from kgdx.report.exports.export import FORMATS
from kgdx.report.messages import text as text_of
from kgdx.report.sentences import sentence as said
from kgdx.schemas import CaseIn, ReportOut
from kgdx.treatments.patient_context import Precautions, reasons_of

PLEURAL_OR_PNEUMONIC = {
    "kgdx:parapneumonic-effusion",
    "MONDO:0005922",  # pleural tuberculosis
    "MONDO:0018667",  # pleural empyema
    "MONDO:0005249",  # pneumonia
    "MONDO:0004652",  # bacterial pneumonia
    "MONDO:0030602",  # Klebsiella pneumonia
    "MONDO:0005970",  # staphylococcal pneumonia
    "MONDO:0005824",  # Legionnaires' disease
    "kgdx:benign-asbestos-pleural-effusion",
}
KEYS = {
    "report": "schema_version release evidence differential treatments warnings abstained disclaimer "
    "next_steps red_flags disease_pairs what_if query_context case_id",
    "evidence": "curie name polarity weight origin qualifiers factor",
    "differential": "disease name rank logit probability supports contradicts unexplained paths "
    "residual_logit red_flag group equivalents",
    "supports": "curie name contribution is_excluded patient_fact",
    "paths": "steps contribution stages sentence",
    "steps": "edge_id head head_name relation tail tail_name is_forward source publications frequency "
    "negated licence release",
    "treatments": "drug name status expected_benefit indications paths concerns confidence chains "
    "reservations",
    "concerns": "kind severity curie name path is_certain mechanism advice",
}


COTRIMOXAZOLE = "kgdx:trimethoprim-sulfamethoxazole"


def stops(path: GraphPath) -> list[str]:
    ends = [(s.head, s.tail) if s.is_forward else (s.tail, s.head) for s in path.steps]
    assert all(one[1] == two[0] for one, two in pairwise(ends)), "steps chain"
    return [ends[0][0], *(b for _, b in ends)] if ends else []


# What was read


def test_codes_texts_and_images_are_all_read(report: ReportOut) -> None:
    seen = {modality: set() for modality in ("code", "text", "image")}
    for item in report.evidence:
        seen[item.origin.modality].add((item.curie, item.polarity))
    assert {("HP:0001945", Polarity.PRESENT), ("HP:0012764", Polarity.EXCLUDED)} <= seen["code"]
    assert ("HP:0002202", Polarity.PRESENT) in seen["text"]
    assert ("HP:0002202", Polarity.PRESENT) in seen["image"]
    assert ("HP:0002107", Polarity.EXCLUDED) in seen["text"]


def test_every_piece_of_evidence_can_be_found_where_it_says(report: ReportOut, case: CaseIn) -> None:
    for item in report.evidence:
        origin = item.origin
        if isinstance(origin, TextOrigin):
            assert case.report[origin.section][origin.start : origin.end] == origin.quote != ""
        elif isinstance(origin, ImageOrigin):
            left, top, right, bottom = origin.region
            assert 0 <= left < right <= 1
            assert 0 <= top < bottom <= 1
            assert 0 <= origin.probability <= 1
            assert origin.image_id == "effusion.png"
        else:
            assert isinstance(origin, CodeOrigin)
            assert origin.given in {finding.id for finding in case.findings}


def test_the_image_finding_lies_on_its_side(report: ReportOut) -> None:
    """The drawn effusion is at the base of the left lung, which is right of the middle of the picture."""
    (effusion,) = (
        e for e in report.evidence if e.curie == "HP:0002202" and isinstance(e.origin, ImageOrigin)
    )
    left, top, right, bottom = effusion.origin.region
    assert (left + right) / 2 > 0.5
    assert (top + bottom) / 2 > 0.5


# What was concluded


def test_the_first_diagnoses_are_pleural_or_pneumonic(report: ReportOut) -> None:
    assert {d.disease for d in report.differential[:3]} <= PLEURAL_OR_PNEUMONIC
    assert len({d.disease for d in report.differential} & PLEURAL_OR_PNEUMONIC) >= 4


def test_the_differential_is_in_order(report: ReportOut) -> None:
    assert [d.rank for d in report.differential] == list(range(1, 11))
    for key in ("logit", "probability"):
        values = [getattr(d, key) for d in report.differential]
        assert values == sorted(values, reverse=True)
    assert 0 < sum(d.probability for d in report.differential) <= 1


def test_every_score_has_its_reason_in_the_graph(report: ReportOut, engine: Engine) -> None:
    edges = set(engine.snapshot.edges["edge_id"].to_pylist())
    believed = {item.curie for item in report.evidence}
    for diagnosis in report.differential:
        assert diagnosis.supports
        assert diagnosis.paths
        for path in diagnosis.paths:
            assert {step.edge_id for step in path.steps} <= edges
            is_of_patient = path.stages[0].patient_fact is not None
            assert is_of_patient or stops(path)[0] in believed
            assert stops(path)[-1] == diagnosis.disease
            assert said(path)[0] == said(path)[0].upper()


def test_what_is_denied_never_supports(report: ReportOut) -> None:
    by_curie: dict[str, float] = {}
    coded = {e.curie for e in report.evidence if isinstance(e.origin, CodeOrigin)}
    for item in report.evidence:
        by_curie[item.curie] = by_curie.get(item.curie, 0.0) + item.weight
    denied = {curie for curie, weight in by_curie.items() if weight < 0 and curie not in coded}
    assert {"HP:0002107", "HP:0001640"} <= denied
    for diagnosis in report.differential:
        assert denied.isdisjoint(f.curie for f in (*diagnosis.supports, *diagnosis.unexplained))


@pytest.mark.parametrize("said", ["No pleural effusion.", "Pleural effusion is absent."])
def test_a_negated_mention_never_supports(engine: Engine, said: str) -> None:
    found = engine.diagnose(CaseIn(report=f"Cough and fever. {said}"))
    (effusion,) = (e for e in found.evidence if e.curie == "HP:0002202")
    assert effusion.polarity is Polarity.EXCLUDED
    assert found.differential
    assert all("HP:0002202" not in {f.curie for f in d.supports} for d in found.differential)


def test_an_absence_lowers_what_usually_shows_it(engine: Engine) -> None:
    codes = ["HP:0001945", "HP:0033771", "HP:0001974"]

    def empyema(text: str) -> float:
        found = engine.diagnose(CaseIn(findings=codes, report=text))
        return next((d.probability for d in found.differential if d.name == "pleural empyema"), 0.0)

    with_it, silent, without = map(empyema, ("Pleural effusion.", "", "No pleural effusion."))
    assert with_it > silent > without


def test_image_against_text_is_kept_weighed_and_told(engine: Engine, case: CaseIn) -> None:
    found = engine.diagnose(CaseIn(report="Cough and fever. No pleural effusion.", images=case.images))
    said = {e.origin.modality: e for e in found.evidence if e.curie == "HP:0002202"}
    assert said["image"].polarity is Polarity.PRESENT
    assert said["text"].polarity is Polarity.EXCLUDED
    (told,) = (text for text in map(text_of, found.warnings) if "both were weighed" in text)
    assert told.startswith("Pleural effusion (HP:0002202): present by image (+")
    assert f"absent by text (−{-said['text'].weight:.1f})" in told
    alone = engine.diagnose(CaseIn(report="Cough and fever. No pleural effusion."))
    (denied,) = (e for e in alone.evidence if e.curie == "HP:0002202")
    assert denied.weight <= said["text"].weight < 0


def test_codes_alone_have_the_weights_of_codes(engine: Engine) -> None:
    codes = ["HP:0001945", {"id": "HP:0002202", "status": "excluded"}]
    found = engine.diagnose(CaseIn(findings=codes))
    assert [(e.weight, e.factor) for e in found.evidence] == [(12.0, 1.0), (-4.0, 1.0)]


# What was recommended


def by_name(report: ReportOut) -> dict[str, Treatment]:
    return {t.name.casefold(): t for t in report.treatments}


def test_penicillins_are_vetoed_over_the_allergy(report: ReportOut) -> None:
    found = by_name(report)
    for name in ("ampicillin-sulbactam", "amoxicillin-clavulanate", "piperacillin-tazobactam"):
        drug = found[name]
        assert drug.status is TreatmentStatus.CONTRAINDICATED
        (concern,) = drug.concerns
        assert concern.kind is ConcernKind.ALLERGY
        assert stops(concern.path)[0] == concern.curie == "kgdx:penicillins"
        assert stops(concern.path)[-1] == drug.drug
        assert "allergic to penicillins" in said(drug.concerns[-1].path)
        assert drug.expected_benefit > 0, "vetoed, not dropped"
    assert found["levofloxacin"].status is TreatmentStatus.RECOMMENDED


def test_without_the_allergy_nothing_else_changes(report: ReportOut, engine: Engine, case: CaseIn) -> None:
    free = engine.diagnose(case.model_copy(update={"allergies": [], "images": []}))
    bound = engine.diagnose(case.model_copy(update={"images": []}))
    assert by_name(free)["amoxicillin-clavulanate"].status is TreatmentStatus.RECOMMENDED
    assert {t.drug for t in free.treatments} == {t.drug for t in bound.treatments}
    assert free.differential == bound.differential


def test_cephalosporins_may_cross_react(report: ReportOut) -> None:
    drug = by_name(report)["ceftriaxone"]
    assert drug.status is TreatmentStatus.CAUTION
    (concern,) = drug.concerns
    assert (concern.kind, concern.severity) == (ConcernKind.CROSS_REACTIVITY, Severity.CAUTION)
    assert said(concern.path).endswith(
        "Ceftriaxone, which is one of cephalosporins, may cause the same reaction"
    )
    assert concern.mechanism is not None
    assert concern.advice is not None
    assert "side chain" in text_of(concern.mechanism)
    assert "dissimilar side chain" in text_of(concern.advice)


def treated(engine: Engine, **more: object) -> dict[str, Treatment]:
    """Treatments of a pneumonia with more of a patient."""
    findings = ["HP:0001945", "HP:0032177", "HP:0031246"]
    return by_name(engine.diagnose(CaseIn(findings=findings, **more)))


def kinds(treatment: Treatment) -> set[tuple[ConcernKind, Severity]]:
    return {(c.kind, c.severity) for c in treatment.concerns}


def test_a_state_is_found_by_any_of_its_codes(engine: Engine) -> None:
    """The graph knows pregnancy as kgdx:pregnancy alone."""
    found = engine.diagnose(CaseIn(findings=["HP:0001945", "HP:0032177"], conditions=["SCTID:77386006"]))
    assert not [warning for warning in found.warnings if warning.values.get("where") == "conditions"]
    assert kinds(by_name(found)["doxycycline"]) == {(ConcernKind.PREGNANCY, Severity.CONTRAINDICATED)}
    assert kinds(by_name(found)["levofloxacin"]) == {(ConcernKind.PREGNANCY, Severity.CAUTION)}


def test_an_allergy_to_an_ingredient_forbids_the_combination(engine: Engine) -> None:
    found = treated(engine, allergies=["CHEBI:2676"])  # amoxicillin
    forbidden = {(ConcernKind.ALLERGY, Severity.CONTRAINDICATED)}
    assert kinds(found["amoxicillin"]) == kinds(found["amoxicillin-clavulanate"]) == forbidden
    assert kinds(found["ceftriaxone"]) == {(ConcernKind.CROSS_REACTIVITY, Severity.CAUTION)}


def test_age_forbids_or_cautions_as_the_graph_says(engine: Engine) -> None:
    infant, adult = (treated(engine, age_years=years) for years in (5, 58))
    assert kinds(infant["doxycycline"]) == {(ConcernKind.AGE, Severity.CAUTION)}
    assert kinds(adult["doxycycline"]) == set()
    rules = engine._treatments
    cotrimoxazole, aspirin = (engine.snapshot.index[c] for c in (COTRIMOXAZOLE, "CHEBI:15365"))
    for drug, years, is_veto in ((cotrimoxazole, 0.02, True), (cotrimoxazole, 5, False), (aspirin, 5, True)):
        reasons = reasons_of(rules.graph.hierarchy, rules.schema, (), age_years=years)
        patient = rules.graph.safety.climb_patient(Precautions(reasons))
        concerns = rules.graph.safety.concerns_of(drug, patient)
        assert {(c.kind, c.is_veto) for c in concerns} == ({(ConcernKind.AGE, True)} if is_veto else set())


def test_what_the_patient_takes_already_is_said(engine: Engine) -> None:
    found = treated(engine, medications=["CHEBI:63611", "CHEBI:29007"])  # moxifloxacin, ceftriaxone
    duplicate = {(ConcernKind.DUPLICATE, Severity.CAUTION)}
    assert kinds(found["ceftriaxone"]) == duplicate
    both_prolong_qt = {(ConcernKind.INTERACTION, Severity.CAUTION)}
    assert kinds(found["levofloxacin"]) == duplicate | both_prolong_qt
    assert said(found["ceftriaxone"].concerns[-1].path) == "The patient already takes Ceftriaxone"


@pytest.mark.parametrize(
    "given", [{"findings": ["HP:0002105", "HP:0030166", "HP:0001399"]}, {"report": "Hepatic failure."}]
)
def test_a_finding_that_is_surely_there_is_a_condition(engine: Engine, given: dict[str, object]) -> None:
    text = "Fever, hemoptysis, night sweats. " + str(given.get("report", ""))
    found = engine.diagnose(CaseIn(**{**given, "report": text}))
    forbidden = [t for t in found.treatments if any(c.curie == "HP:0001399" for c in t.concerns)]
    assert forbidden
    assert {t.status for t in forbidden} == {TreatmentStatus.CONTRAINDICATED}


def test_an_image_alone_forbids_nothing(engine: Engine, case: CaseIn) -> None:
    found = engine._extractor.extract(CaseIn(images=[image.path for image in case.images]).to_domain())
    seen = {e.curie for e in found.evidence if e.polarity is Polarity.PRESENT}
    assert set(found.suspected) == seen != set()
    assert found.conditions == ()


def test_an_unknown_medication_is_a_warning(engine: Engine) -> None:
    found = engine.diagnose(CaseIn(findings=["HP:0001945"], medications=["CHEBI:1"]))
    assert any(
        text.startswith("medications: CHEBI:1 is not in the graph") for text in map(text_of, found.warnings)
    )


def test_recommended_come_first_and_every_path_ends_at_the_drug(report: ReportOut, engine: Engine) -> None:
    edges = set(engine.snapshot.edges["edge_id"].to_pylist())
    places = [list(TreatmentStatus).index(t.status) for t in report.treatments]
    assert places == sorted(places)
    assert {t.status for t in report.treatments} == set(TreatmentStatus) - {TreatmentStatus.PREDICTED}
    for treatment in report.treatments:
        assert treatment.indications
        for path in (*treatment.paths, *(concern.path for concern in treatment.concerns)):
            assert {step.edge_id for step in path.steps} <= edges
            assert not path.steps or stops(path)[-1] == treatment.drug


def test_an_engine_that_abstains_recommends_nothing_and_rivals_hold_back(engine: Engine) -> None:
    found = engine.diagnose(CaseIn(report="Chest pain.", sex="male", age_years=55))
    assert found.abstained
    assert "aortic dissection" in {flag.name for flag in found.red_flags}
    statuses = {t.name: t.status for t in found.treatments}
    assert not {TreatmentStatus.RECOMMENDED, TreatmentStatus.CAUTION} & set(statuses.values())
    assert statuses["Tenecteplase"] is TreatmentStatus.HELD_BACK
    told = {t.name: [text_of(each) for each in t.reservations] for t in found.treatments}
    assert "forbidden in aortic dissection, which must be ruled out first" in told["Tenecteplase"]


def test_epinephrine_comes_first_in_anaphylaxis(engine: Engine) -> None:
    found = engine.diagnose(
        CaseIn(report="Urticaria, angioedema, stridor, wheezing and hypotension minutes after a bee sting.")
    )
    assert found.differential[0].name == "anaphylaxis"
    first = found.treatments[0]
    assert (first.name, first.status) == ("Epinephrine", TreatmentStatus.RECOMMENDED)


# The ways out


def keys(value: object) -> str:
    assert isinstance(value, dict)
    return " ".join(value)


def test_the_json_has_the_keys_that_are_documented(report: ReportOut) -> None:
    told = json.loads(report.model_dump_json())
    assert keys(told) == KEYS["report"]
    first = told["differential"][0]
    for name, value in (
        ("evidence", told["evidence"][0]),
        ("differential", first),
        ("supports", first["supports"][0]),
        ("paths", first["paths"][0]),
        ("steps", first["paths"][0]["steps"][0]),
        ("treatments", told["treatments"][0]),
        ("paths", told["treatments"][0]["paths"][0]),
        ("concerns", told["treatments"][-1]["concerns"][0]),
        ("paths", told["treatments"][-1]["concerns"][0]["path"]),
    ):
        assert keys(value) == KEYS[name]
    modalities = {e["origin"]["modality"] for e in told["evidence"]}
    assert modalities == {"code", "text", "image"}


def test_json_comes_back_as_the_same_report(report: ReportOut) -> None:
    again = ReportOut.model_validate_json(report.model_dump_json())
    for part in fields(again):
        if part.compare:
            assert getattr(again, part.name) == getattr(report, part.name)


def test_the_same_case_gives_the_same_report(report: ReportOut, engine: Engine, case: CaseIn) -> None:
    assert engine.diagnose(case).model_dump_json() == report.model_dump_json()
    assert report.release == engine.release


def test_the_graph_is_made_of_the_edges_of_the_paths(report: ReportOut, engine: Engine) -> None:
    drawn = report.to_networkx()
    edges = set(engine.snapshot.edges["edge_id"].to_pylist())
    shown = {step.edge_id for path in all_paths(report) for step in path.steps}
    found = {data.get("edge_id", key) for _, _, key, data in drawn.edges(keys=True, data=True)}
    assert shown <= found
    assert shown <= edges
    assert set(drawn.nodes) >= {diagnosis.disease for diagnosis in report.differential}


def test_the_page_shows_the_image_and_what_was_quoted(report: ReportOut, tmp_path: Path) -> None:
    page = report.to_html(tmp_path / "report.html").read_text(encoding="utf-8")
    assert "data:image/" in page
    for item in report.evidence:
        if isinstance(item.origin, TextOrigin):
            assert item.origin.quote in page
    for diagnosis in report.differential[:3]:
        assert diagnosis.name in page
    assert "<script src" not in page
    assert "http-equiv" not in page or "refresh" not in page


# Faithful: the shown edges carry the score


def logit_without(engine: Engine, asked: GraphQuery, disease: int, rows: set[int]) -> float:
    """Logit of a disease where some edges are gone; candidates and background stay as they are."""
    made = engine.reasoner
    kept = [row for row in range(engine.snapshot.num_edges) if row not in rows]
    # The same nodes in the same order, with fewer edges: all that reasoning reads.
    cut = Snapshot(engine.snapshot.nodes, engine.snapshot.edges.take(pa.array(kept)), "")
    annotations = replace(
        made.graph.annotations.from_snapshot(cut),
        background=made.graph.annotations.background,
        information=made.graph.annotations.information,
    )
    graph = DiagnosticGraph(cut, annotations, made.graph.schema)
    ranking = replace(made, graph=graph).rank(asked)
    place = np.flatnonzero(ranking.diseases == disease)
    return float(ranking.logit[place[0]]) if len(place) else float(ranking.logit.min())


def test_removing_the_shown_edges_lowers_the_logit_more_than_removing_random_ones(
    engine: Engine, case: CaseIn, report: ReportOut
) -> None:
    snapshot, top = engine.snapshot, report.differential[0]
    asked = seed(report.evidence, snapshot, np.zeros(engine.reasoner.relations.shape[1], np.float32))
    disease = snapshot.index[top.disease]
    row_of = {edge_id: row for row, edge_id in enumerate(snapshot.edges["edge_id"].to_pylist())}
    shown = {row_of[step.edge_id] for path in top.paths for step in path.steps}
    whole = logit_without(engine, asked, disease, set())
    fall = whole - logit_without(engine, asked, disease, shown)
    rng = np.random.default_rng(0)
    draws = [
        set(map(int, rng.choice(engine.reasoner.graph.rows, len(shown), replace=False))) for _ in range(10)
    ]
    random_falls = [whole - logit_without(engine, asked, disease, rows) for rows in draws]
    assert fall > 1.0
    assert fall > 5 * abs(float(np.mean(random_falls)))
    assert fall > max(random_falls)


# Images of other kinds


def dicom(path: Path, pixels: np.ndarray | None) -> Path:
    header = Dataset()
    header.file_meta = FileMetaDataset()
    header.file_meta.MediaStorageSOPClassUID = header.SOPClassUID = CTImageStorage
    header.file_meta.MediaStorageSOPInstanceUID = header.SOPInstanceUID = generate_uid()
    header.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    header.Modality = "CR"
    header.PatientName = "Doe^Jane"
    if pixels is not None:
        header.Rows, header.Columns = pixels.shape
        header.SamplesPerPixel, header.PhotometricInterpretation = 1, "MONOCHROME2"
        header.BitsAllocated, header.BitsStored, header.HighBit = 16, 16, 15
        header.PixelRepresentation = 0
        header.PixelData = pixels.astype("<u2").tobytes()
    header.save_as(path, enforce_file_format=True)
    return path


def test_a_16_bit_dicom_is_read_as_the_png_is(
    engine: Engine, report: ReportOut, root: Path, tmp_path: Path
) -> None:
    pixels = read_image(root / "examples" / "cases" / "effusion.png").pixels
    path = dicom(tmp_path / "effusion.dcm", np.round(pixels * 65535))
    found = engine.diagnose(CaseIn(images=[path]))
    assert found.warnings == ()
    (effusion,) = (e for e in found.evidence if e.curie == "HP:0002202")
    (as_png,) = (e for e in report.evidence if e.curie == "HP:0002202" and isinstance(e.origin, ImageOrigin))
    assert effusion.weight == pytest.approx(as_png.weight, abs=0.3)
    assert effusion.origin.image_id == "effusion.dcm"
    assert "Doe" not in found.model_dump_json()


def test_slices_of_a_folder_are_images_of_their_own(engine: Engine, root: Path, tmp_path: Path) -> None:
    pixels = read_image(root / "examples" / "cases" / "effusion.png").pixels
    (tmp_path / "ct").mkdir()
    for number in range(4):
        dicom(tmp_path / "ct" / f"{number}.dcm", np.round(pixels * 65535))
    found = engine.diagnose(CaseIn(images=[tmp_path / "ct"]))
    seen = {e.origin.image_id for e in found.evidence if isinstance(e.origin, ImageOrigin)}
    assert seen == {"ct#2", "ct#3", "ct#4"}
    assert tuple(map(text_of, found.warnings)) == (
        "image ct#2: of 4 slices or frames, 2, 3, 4 stand for all",
    )
    assert [image.image_id for image in found.images] == ["ct#2", "ct#3", "ct#4"]
    once = engine.diagnose(CaseIn(images=[tmp_path / "ct" / "0.dcm"]))
    assert found.differential[0].logit == pytest.approx(once.differential[0].logit, abs=1e-4)


def test_a_doubtful_image_is_a_warning(engine: Engine, tmp_path: Path) -> None:
    pixels = np.tile(np.linspace(0, 65535, 40), (40, 1))
    found = engine.diagnose(CaseIn(images=[dicom(tmp_path / "small.dcm", pixels)]))
    assert any(text.startswith("image small.dcm: is tiny") for text in map(text_of, found.warnings))


def test_an_image_that_cannot_be_read_is_told(engine: Engine, tmp_path: Path) -> None:
    """An answer without it might be taken for one with it."""
    without_pixels = dicom(tmp_path / "empty.dcm", None)
    text = tmp_path / "text.png"
    text.write_text("no image at all")
    for path in (without_pixels, text, tmp_path / "nowhere.png"):
        with pytest.raises(ImageError) as told:
            engine.diagnose(CaseIn(findings=["HP:0001945"], images=[path]))
        assert path.name in told.value.where
        assert told.value.remedy


# Nothing to go by


def test_nonsense_codes_abstain_and_are_told(engine: Engine) -> None:
    found = engine.diagnose(
        CaseIn(
            findings=["HP:9999999", "flu", "XX:1", "MONDO:0005249"], conditions=["??"], allergies=["CHEBI:0"]
        )
    )
    assert found.abstained
    assert found.differential == ()
    assert found.treatments == ()
    assert found.evidence == ()
    assert len(found.warnings) == 6
    for given in ("HP:9999999", "flu", "XX:1", "MONDO:0005249", "??", "CHEBI:0"):
        assert any(given in text for text in map(text_of, found.warnings))


def test_a_text_without_findings_abstains(engine: Engine) -> None:
    found = engine.diagnose(CaseIn(report="The patient was seen on Monday and sends kind regards."))
    assert found.abstained
    assert found.differential == ()


def test_weak_evidence_makes_the_engine_hesitate(engine: Engine) -> None:
    found = engine.diagnose(CaseIn(findings=["HP:0001945"]))
    assert found.differential[0].probability < 0.35
    assert found.abstained


def test_a_disease_that_was_ruled_out_is_not_ranked_nor_any_kind_of_it(engine: Engine) -> None:
    found = ("HP:0001945", "HP:0012735", "HP:0002094")
    first = engine.diagnose(CaseIn(findings=found)).differential[0]
    ruled_out = engine.diagnose(CaseIn(findings=found, excluded_diseases=[first.disease]))
    assert first.disease not in {diagnosis.disease for diagnosis in ruled_out.differential}
    assert any(
        warning.code == "warning.disease_excluded" and warning.values["curie"] == first.disease
        for warning in ruled_out.warnings
    )
    assert engine.verify(ruled_out).is_sound
    general = engine.diagnose(CaseIn(findings=found, excluded_diseases=["MONDO:0005249"]))
    kinds = engine.snapshot.index
    assert not {"MONDO:0004652", "MONDO:0030602"} & {d.disease for d in general.differential}
    assert "MONDO:0004652" in kinds


def test_drugs_of_a_phenopacket_are_heard_by_the_safety_rules(engine: Engine) -> None:
    packet = {
        "phenotypicFeatures": [{"type": {"id": "HP:0001945"}}, {"type": {"id": "HP:0033771"}}],
        "medicalActions": [{"treatment": {"agent": {"id": "CHEBI:10033", "label": "warfarin"}}}],
        "measurements": [{}],
    }
    report = engine.diagnose(CaseIn.from_payload(packet))
    kinds = {concern.kind.value for t in report.treatments for concern in t.concerns}
    assert "interaction" in kinds
    assert [w.values["field"] for w in report.warnings if w.code == "warning.file_not_used"] == [
        "measurements"
    ]


def test_a_report_has_the_id_of_its_case_and_other_identifiers_of_its_diseases(engine: Engine) -> None:
    report = engine.diagnose(CaseIn(id="ward-7", findings=["HP:0001945", "HP:0012735"]))
    assert json.loads(report.model_dump_json())["case_id"] == "ward-7"
    assert "ward-7" not in "".join(FORMATS[ending](report) for ending in FORMATS)
    known = {curie for diagnosis in report.differential for curie in diagnosis.equivalents}
    assert {curie.partition(":")[0] for curie in known} >= {"ICD10CM", "DOID"}
    assert engine.diagnose(CaseIn(id="x", findings=["HP:9999999"])).case_id == "x"


def test_a_case_that_fails_ends_no_batch(engine: Engine, tmp_path: Path) -> None:
    (tmp_path / "bad.png").write_text("no image")
    good = CaseIn(id="a", findings=["HP:0001945"])
    bad = CaseIn(id="b", findings=["HP:0001945"], images=[str(tmp_path / "bad.png")])
    unread = FailedCase("c", "c.json", "is not JSON", "mend it")
    answers = list(engine.diagnose_many([good, bad, unread, replace(good.to_domain(), case_id="d")]))
    assert [each.case_id for each in answers] == ["a", "b", "c", "d"]
    assert [isinstance(each, FailedCase) for each in answers] == [False, True, True, False]
    assert answers[1].where.startswith("case 2 (b), ")
    assert answers[2] is unread
    assert answers[0].model_dump_json() == engine.diagnose(good).model_dump_json()


def test_what_no_one_foresaw_fails_its_case_alone_and_quotes_nothing(engine: Engine) -> None:
    broken = replace(CaseIn(findings=["HP:0001945"]).to_domain(), texts=("no text of ours, John",))
    failed, answered = engine.diagnose_many([broken, CaseIn(findings=["HP:0001945"])])
    assert isinstance(failed, FailedCase)
    assert "AttributeError" in failed.fact
    assert "John" not in str(failed)
    assert answered.differential
