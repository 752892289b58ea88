"""The parts of a report, and what their statements are about."""

import pytest

from kgdx.evidence.assertion import Setting
from kgdx.evidence.sections import find_sections

REPORT = """INDICATION: cough
FINDINGS: effusion.
Family history: stroke
IMPRESSION:
1. effusion. TECHNIQUE: frontal view
家族史：糖尿病
"""


@pytest.mark.parametrize(
    ("words", "setting"),
    [
        ("cough", Setting.NOW),
        ("effusion.\nF", Setting.NOW),
        ("stroke", Setting.FAMILY),
        ("1. effusion", Setting.NOW),
        ("frontal", Setting.HYPOTHETICAL),
        ("糖尿病", Setting.FAMILY),
    ],
)
def test_a_statement_is_about_what_its_heading_says(words: str, setting: Setting) -> None:
    assert find_sections("report", REPORT).setting_at(REPORT.index(words)) is setting


def test_a_part_about_relatives_stays_so_under_every_heading() -> None:
    parts = find_sections("family history", "FINDINGS: effusion")
    assert parts.setting_at(0) is parts.setting_at(12) is Setting.FAMILY


@pytest.mark.parametrize("text", ["", "effusion", ": :", "a" * 2000, "12:30 effusion"])
def test_a_text_without_headings_is_one_part(text: str) -> None:
    assert find_sections("findings", text).settings == (Setting.NOW,)
