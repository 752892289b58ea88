"""Images of a case on the page: regions are numbered, and boxes stay inside."""

from kgdx.report.page.figures import figures


def test_figures_number_regions_and_keep_boxes_inside(report, images) -> None:
    (figure,) = figures(report.evidence, images)
    assert [region.number for region in figure.regions] == [1, 2]
    assert figure.regions[0].style == "left:12.00%;top:55.00%;width:34.00%;height:38.00%"
    assert len(figure.overlays) == 2
