"""Real reports and images on the shipped bundle: what is read is there, and says where it stands."""

import json
import tarfile
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from kgdx import Case, Engine
from kgdx.domain.case import Polarity
from kgdx.domain.evidence import ImageOrigin, TextOrigin
from kgdx.report.messages import text as text_of
from kgdx.schemas import ReportOut

pytestmark = pytest.mark.realdata


def check(report: ReportOut, texts: dict[str, str]) -> None:
    """Every quote is in its text, every region in its image; what is only denied supports nothing."""
    for item in report.evidence:
        if isinstance(item.origin, TextOrigin):
            assert texts[item.origin.section][item.origin.start : item.origin.end] == item.origin.quote
        if isinstance(item.origin, ImageOrigin):
            assert all(0 <= side <= 1 for side in item.origin.region)
    affirmed = {e.curie for e in report.evidence if e.polarity is not Polarity.EXCLUDED}
    for diagnosis in report.differential:
        assert {f.curie for f in diagnosis.supports if f.patient_fact is None} <= affirmed


def test_a_medpix_case_speaks_by_text_and_by_image(engine: Engine, data: Path) -> None:
    """Its first image is a scout view, a frontal film; the slices are refused, each with a reason."""
    cases = json.loads((data / "medpix" / "Case_topic.json").read_text(encoding="utf-8"))
    found = next(case for case in cases if case["U_id"] == "MPX1960")
    texts = {name.lower(): found["Case"][name] for name in ("History", "Exam", "Findings")}
    images = [str(data / "medpix" / "images" / f"{name}.jpg") for name in found["TAC"] + found["MRI"]]
    report = engine.diagnose(Case(report=texts, images=images))
    origins = {item.origin.modality for item in report.evidence}
    assert origins == {"text", "image"}
    assert {e.origin.image_id for e in report.evidence if isinstance(e.origin, ImageOrigin)} == {
        Path(images[0]).name
    }
    assert sum("no finding was read" in text for text in map(text_of, report.warnings)) == len(images) - 1
    check(report, texts)


def test_indiana_reports_are_read(engine: Engine, data: Path) -> None:
    with tarfile.open(data / "iu_xray" / "reports.tar.gz") as archive:
        members = sorted((m for m in archive if m.name.endswith(".xml")), key=lambda m: m.name)[::80]
        roots = [ET.fromstring(archive.extractfile(m).read()) for m in members]  # type: ignore[union-attr] # noqa: S314
    num_read = 0
    for root in roots:
        parts = {a.get("Label", "").lower(): a.text or "" for a in root.iter("AbstractText")}
        texts = {name: parts[name] for name in ("findings", "impression") if parts.get(name, "").strip()}
        if not texts:
            continue
        report = engine.diagnose(Case(report=texts))
        num_read += bool(report.evidence)
        check(report, texts)
    assert num_read > 0.8 * len(roots)


def test_an_indiana_report_beside_an_image_keeps_both_and_their_contradiction(
    engine: Engine, data: Path, root: Path
) -> None:
    with tarfile.open(data / "iu_xray" / "reports.tar.gz") as archive:
        text = archive.extractfile("ecgen-radiology/1000.xml").read()  # type: ignore[union-attr]
    parts = {a.get("Label"): a.text or "" for a in ET.fromstring(text).iter("AbstractText")}  # noqa: S314
    texts = {"findings": parts["FINDINGS"], "impression": parts["IMPRESSION"]}
    image = str(root / "examples" / "cases" / "effusion.png")
    report = engine.diagnose(Case(report=texts, images=[image]))
    assert {item.origin.modality for item in report.evidence} == {"text", "image"}
    check(report, texts)
