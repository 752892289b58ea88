"""Figures for notebooks are SVG that stands alone and shows what the report says."""

import re
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import pytest

from kgdx.domain.errors import BadInputError
from kgdx.domain.report import Report
from kgdx.report.page.plots import Plot, plot_differential, plot_paths
from kgdx.schemas import ReportOut


def _words(plot: Plot) -> str:
    return " ".join(" ".join(ElementTree.fromstring(plot.svg).itertext()).split())  # noqa: S314, our own


def test_the_differential_with_its_range(rich: Report, report: Report) -> None:
    words = _words(plot_differential(rich))
    for diagnosis in rich.differential:
        assert f"{diagnosis.rank}. {diagnosis.name}"[:20] in words
    assert "62%" in words
    with_range, without = plot_differential(rich).svg, plot_differential(report).svg
    assert with_range.count("<rect") == without.count("<rect") + 4 * len(rich.differential)


def test_bars_are_as_long_as_probabilities(report: Report) -> None:
    widths = [
        float(w)
        for w in re.findall(r'width="([\d.]+)" height="12.0" fill="#17616b"', plot_differential(report).svg)
    ]
    whole = [
        float(w)
        for w in re.findall(r'width="([\d.]+)" height="12.0" fill="#eceef1"', plot_differential(report).svg)
    ]
    shares = [width / all_ for width, all_ in zip(widths, whole, strict=True)]
    assert shares == pytest.approx([d.probability for d in report.differential], abs=0.003)


def test_all_paths_of_one_diagnosis(report: Report) -> None:
    words = _words(plot_paths(report, rank=2))
    assert "Loculated pleural effusion is seen in Pleural empyema" in words
    assert "−0.20" in words
    assert len(re.findall('class="path"', plot_paths(report).svg)) == 3


def test_an_unknown_rank_is_told(report: Report, abstained: Report) -> None:
    with pytest.raises(BadInputError, match="no diagnosis has rank 9: choose one from 1 to 4"):
        plot_paths(report, rank=9)
    with pytest.raises(BadInputError, match="the differential is empty"):
        plot_paths(abstained)
    assert "The differential is empty" in _words(plot_differential(abstained))


def test_names_cannot_act(report: Report) -> None:
    evil = replace(report.differential[0], name="<script>alert(1)</script>", paths=())
    spoilt = replace(report, differential=(evil,))
    for plot in (plot_differential(spoilt), plot_paths(spoilt)):
        assert "<script" not in plot.svg
        assert _words(plot)


def test_a_report_draws_itself_in_either_language(rich: Report, chinese, tmp_path: Path) -> None:
    out = ReportOut.of(rich).naming("zh", chinese)
    saved = out.plot_paths(language="zh-CN").save(tmp_path / "paths.svg")
    assert "肺炎旁胸腔积液" in saved.read_text(encoding="utf-8")
    assert out.plot_differential()._repr_svg_().startswith("<svg xmlns=")
    assert "脓胸" in out.plot_differential("zh").svg
    page = out.to_html(tmp_path / "page.html", language="zh").read_text(encoding="utf-8")
    assert '<html lang="zh">' in page
    assert "肺炎旁胸腔积液" in page
    assert out.naming("zh", {}) == out
    assert "脓胸" not in out.model_dump_json()
