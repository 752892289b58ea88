"""The terminal report fits its terminal and says everything that matters."""

from dataclasses import replace
from io import BytesIO, StringIO, TextIOWrapper

import pytest
from rich.cells import cell_len
from rich.console import Console

from kgdx.domain.report import Report
from kgdx.explain.walk import chain
from kgdx.report.messages import text as text_of
from kgdx.report.sentences import indications
from kgdx.report.sentences import sentence as said
from kgdx.report.terminal import print_report


def _printed(report: Report, width: int) -> str:
    console = Console(file=StringIO(), width=width, color_system=None, legacy_windows=False)
    print_report(report, console)
    return console.file.getvalue()  # type: ignore[attr-defined]


@pytest.mark.parametrize("width", [60, 80, 120])
def test_no_line_is_too_long(report: Report, crowded: Report, width: int) -> None:
    for shown in (report, crowded):
        assert max(cell_len(line) for line in _printed(shown, width).splitlines()) <= width


def test_what_matters_is_said(report: Report) -> None:
    printed = _printed(report, 120)
    words = " ".join(printed.split())
    for told in (
        "Parapneumonic effusion",
        "62%",
        "+1.82 Pleural effusion",
        "−1.94 Cardiomegaly",
        "Pleural effusion ←has_phenotype– Parapneumonic effusion",
        "Pleuritic chest pain ←NOT has_phenotype– Pleural empyema",
        "[x] contraindicated Amikacin",
        "veto Amikacin must not be given in",
        "caution The patient takes",
        "[!] caution Ceftazidime",
        "[~] predicted Vancomycin",
        "prediction, confidence 40%",
        "Warning findings: HP:7777777",
        report.disclaimer,
        report.release,
    ):
        assert told in words


def test_evidence_is_counted_by_modality_and_polarity(report: Report) -> None:
    rows = [line.split() for line in _printed(report, 80).splitlines()]
    assert ["text", "5", "3", "1"] in rows
    assert ["image", "1", "0", "1"] in rows
    assert ["code", "2", "0", "0"] in rows


def test_abstention(abstained: Report) -> None:
    printed = _printed(abstained, 80)
    assert "No commitment" in printed
    assert text_of(abstained.abstained[0]) in printed
    assert abstained.disclaimer.split()[0] in printed


def test_names_are_neither_markup_nor_control_sequences(report: Report) -> None:
    spoilt = replace(report.differential[0], name="[bold]name[/bold] :smile: \x1b[2J")
    printed = _printed(replace(report, differential=(spoilt,)), 120)
    assert "[bold]name[/bold] :smile:" in printed
    assert "\x1b" not in printed


def test_an_ascii_terminal_gets_ascii(report: Report) -> None:
    raw = BytesIO()
    file = TextIOWrapper(raw, encoding="ascii")
    print_report(report, Console(file=file, width=80, color_system=None))
    file.flush()
    assert b"Pleural effusion <has_phenotype- Parapneumonic effusion" in raw.getvalue()


@pytest.mark.parametrize("width", [60, 80, 120])
def test_nothing_is_cut_off(report: Report, width: int) -> None:
    words = " ".join(_printed(report, width).split())
    shown = [path for diagnosis in report.differential[:3] for path in diagnosis.paths]
    for path in shown:
        assert said(path) in words
    for path in (*shown, *(path for treatment in report.treatments for path in treatment.paths)):
        assert chain(path) in words
    for path in (concern.path for treatment in report.treatments for concern in treatment.concerns):
        assert chain(path) in words
    for treatment in report.treatments:
        assert indications(treatment.indications) in words
