"""One file that needs nothing, in which nothing of a case or a graph can act."""

import re
from dataclasses import replace
from html.parser import HTMLParser
from itertools import pairwise

import pytest

from kgdx.domain.case import Polarity, ReportText
from kgdx.domain.concept import ConceptRef
from kgdx.domain.evidence import CodeOrigin, Evidence, ImageOrigin, TextOrigin
from kgdx.domain.message import Message
from kgdx.domain.path import Path
from kgdx.domain.report import FindingContribution, Report
from kgdx.domain.treatment import TreatmentStatus
from kgdx.explain.walk import all_paths
from kgdx.imaging.overlay import HeatMap, ShownImage
from kgdx.report.messages import text
from kgdx.report.messages import text as text_of
from kgdx.report.page.html import render
from kgdx.report.sentences import sentence as said
from kgdx.report.wording import STATUS_SIGNS

_VOID = {"meta", "img", "rect", "polyline", "polygon", "br", "input"}
_EVIL = "<script>alert(1)</script>\"'><img src=x onerror=alert(2)>{{ 7*7 }}"


class Page(HTMLParser):
    """Tags, attributes and text of a page; fails on a tag that is not closed where it should be."""

    def __init__(self, source: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text: list[str] = []
        self._open: list[str] = []
        self.feed(source)
        self.close()
        assert self._open == []

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        if tag not in _VOID:
            self._open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        assert self._open.pop() == tag

    def handle_data(self, data):
        if self._open and self._open[-1] != "style":
            self.text.append(data)

    def count(self, tag: str, name: str = "") -> int:
        return sum(
            found == tag and name in ((attrs.get("class") or "").split() if name else [""])
            for found, attrs in self.tags
        )

    @property
    def words(self) -> str:
        return " ".join(" ".join(self.text).split())


def assert_inert(source: str) -> Page:
    page = Page(source)
    assert not {tag for tag, _ in page.tags} & {"script", "link", "iframe", "object", "embed", "base", "form"}
    for _, attributes in page.tags:
        assert not [name for name in attributes if name.startswith("on")]
        for name in ("src", "href"):
            assert (attributes.get(name) or "#").startswith(("#", "data:image/png;base64,"))
    style = source[source.index("<style>") : source.index("</style>")]
    assert "url(" not in style
    assert "@import" not in style
    assert "://" not in source.replace('xmlns="http://www.w3.org/2000/svg"', "")
    return page


def test_page_is_self_contained_and_tells_all(report: Report, texts, images) -> None:
    page = assert_inert(render(report, texts, images))
    for told in (report.release, report.disclaimer, *map(text_of, report.warnings)):
        assert told in page.words
    for diagnosis in report.differential:
        assert diagnosis.name in page.words
        assert all(said(path) in page.words for path in diagnosis.paths)
    assert page.count("details", "diagnosis") == 4
    assert page.count("img") == 3
    assert all(attributes.get("alt") for tag, attributes in page.tags if tag == "img")
    assert page.tags[0] == ("html", {"lang": "en"})


def test_every_heading_level_follows_from_the_one_before(report: Report, texts, images) -> None:
    levels = [
        int(tag[1]) for tag, _ in Page(render(report, texts, images)).tags if tag in {"h1", "h2", "h3", "h4"}
    ]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))


def test_contraindicated_treatments_show_their_veto_without_a_click(report: Report) -> None:
    source = render(report)
    card = source[source.index('<article class="card treatment contraindicated">') :]
    visible = card[: card.index("<details")]
    assert "must not be given in" in visible
    assert '<svg class="path"' in visible
    assert "Penicillin allergy" in visible


def test_every_status_is_worded_and_every_concern_told_by_its_kind(report: Report) -> None:
    cards = [card.split("</article>")[0] for card in render(report).split('<article class="card treatment')]
    for treatment, card in zip(report.treatments, cards[1:], strict=True):
        assert f"<code>{treatment.drug}</code>" in card
        assert f"{STATUS_SIGNS[treatment.status]} {treatment.status.value}</span>" in card
        assert ("<strong>Prediction</strong>, confidence 40%" in card) == (treatment.confidence == 0.4)
        for concern in treatment.concerns:
            group = card[card.index(f'class="concerns {concern.severity.value}"') :]
            assert f'<span class="kind">{concern.kind.value}</span> {said(concern.path)}' in group
        for reservation in treatment.reservations:
            assert text(reservation) in card
    assert {t.status for t in report.treatments} == set(TreatmentStatus)
    assert "both harm the inner ear; reduce the dose below an eGFR of 60" in "".join(cards)
    assert "parapneumonic effusion (62%, first line, at once)" in "".join(cards)
    assert "congestive heart failure (4.0%, second line, indirect)" in "".join(cards)


def test_texts_and_names_cannot_act() -> None:
    origins = (
        TextOrigin(_EVIL, 0, len(_EVIL), _EVIL),
        TextOrigin("not given", 0, 3, _EVIL),
        CodeOrigin(_EVIL),
        ImageOrigin(_EVIL, (-1.0, 0.0, 2.0, 2.0), 0.5),
    )
    evidence = tuple(Evidence(_EVIL, _EVIL, Polarity.UNCERTAIN, 1.0, origin) for origin in origins)
    evil = Message("warning.bad_code", {"where": _EVIL, "code": _EVIL})
    report = Report(_EVIL, evidence, (), (), (evil,), (evil,), _EVIL)
    page = assert_inert(render(report, (ReportText(_EVIL, _EVIL),)))
    assert "{{ 7*7 }}" in page.words
    assert page.count("img") == 0


def test_paths_and_treatments_cannot_act(report: Report, images) -> None:
    def spoil(path: Path) -> Path:
        evil = dict.fromkeys(("head", "head_name", "tail", "tail_name", "relation", "source"), _EVIL)
        steps = tuple(replace(step, **evil, publications=(_EVIL,)) for step in path.steps)
        stages = tuple(
            replace(
                stage,
                start=ConceptRef(_EVIL, _EVIL),
                patient_fact=Message("patient.age", {"age": _EVIL}),
                quotes=(_EVIL,),
            )
            for stage in path.stages
        )
        return replace(path, steps=steps, stages=stages)

    spoilt = replace(
        report,
        differential=tuple(
            replace(
                diagnosis,
                name=_EVIL,
                disease=_EVIL,
                supports=(FindingContribution(_EVIL, _EVIL, 1.0),),
                paths=tuple(map(spoil, diagnosis.paths)),
            )
            for diagnosis in report.differential
        ),
        treatments=tuple(
            replace(
                t,
                name=_EVIL,
                drug=_EVIL,
                indications=tuple(replace(i, name=_EVIL, disease=_EVIL) for i in t.indications),
                paths=tuple(map(spoil, t.paths)),
                concerns=tuple(replace(c, name=_EVIL, curie=_EVIL, path=spoil(c.path)) for c in t.concerns),
            )
            for t in report.treatments
        ),
    )
    (image,) = images
    heat = HeatMap(_EVIL, _EVIL, image.heat_maps[0].values)
    page = assert_inert(render(spoilt, (), (ShownImage(_EVIL, image.pixels, (heat,)),)))
    assert page.count("img") == 2


def test_without_texts_only_quotes_are_shown(report: Report) -> None:
    page = assert_inert(render(report))
    assert page.count("q") == 9
    assert "Quotes" in page.words
    assert "67-year-old" not in page.words
    assert page.count("img") == 0


def test_with_texts_every_quote_stands_in_its_text(report: Report, texts) -> None:
    page = Page(render(report, texts))
    assert page.count("q") == 0
    assert page.count("mark", "excluded") == 4  # three in the text, one in the legend
    assert page.count("mark", "nested") == 1
    assert texts[0].text.startswith("67-year-old")
    assert "67-year-old woman, five days of" in page.words


def test_absent_findings_are_called_absent_beside_their_bars(report: Report) -> None:
    words = Page(render(report)).words
    assert "Cardiomegaly HP:0001640 absent" in words
    assert "HP:0001640 · absent" in words


def test_findings_prior_and_logit_add_up(report: Report) -> None:
    words = Page(render(report)).words
    assert "all findings +4.40 prior and constant −0.98 logit +3.42" in words
    assert "On the full graph it would be +3.60, a difference of +0.18." in words


def test_abstention_is_said(abstained: Report) -> None:
    page = assert_inert(render(abstained))
    assert "The engine does not commit itself. the case holds no finding" in page.words
    assert "No dangerous diagnosis stands out." in page.words


def test_nothing_technical_stands_outside_the_details(rich: Report, texts, images) -> None:
    source = render(rich, texts, images)
    words = Page(source[: source.index('<details id="details"')] + "</main></body></html>").words
    told = {item.curie for item in rich.evidence} | {each.disease for each in rich.differential}
    assert not [curie for curie in told if curie in words]
    assert not re.search(r"\blogit|\bbits?\b|[+−]\d\.\d", words)


def test_every_veto_and_danger_is_at_a_glance(report: Report) -> None:
    source = render(report)
    glance = source[source.index('<section id="glance"') : source.index('<section id="reasons"')]
    forbidden = [each for each in report.treatments if each.status.value == "contraindicated"]
    assert forbidden
    for treatment in forbidden[:4]:
        assert treatment.name in glance
    for flag in report.red_flags[:4]:
        assert flag.name in glance


def test_a_differential_without_commitment_gets_no_headline(report: Report) -> None:
    page = Page(render(replace(report, abstained=(Message("abstained.unlikely", {"probability": 0.2}),))))
    assert "No commitment Ranked first, without commitment: Parapneumonic effusion (62%)" in page.words


@pytest.mark.parametrize("number", [1, 8])
def test_any_number_of_diagnoses(crowded: Report, number: int) -> None:
    page = assert_inert(render(replace(crowded, differential=crowded.differential[:number])))
    assert page.count("details", "diagnosis") == number
    assert page.count("li", "chip") == 40
    assert "28 further findings" in page.words


def test_image_without_evidence_and_evidence_without_image(report: Report, images) -> None:
    other = replace(images[0], image_id="lateral", heat_maps=())
    page = assert_inert(render(report, (), (other,)))
    assert "No finding was believed on this image." in page.words
    assert "the image itself is not part of this report" in page.words
    assert page.count("img") == 1


def test_many_paths_fold(report: Report) -> None:
    first = report.differential[0]
    many = replace(first, paths=first.paths * 3)
    assert "5 further paths" in Page(render(replace(report, differential=(many,)))).words


def test_names_of_another_language_cannot_act(rich: Report, texts, images) -> None:
    curies = {item.curie for item in rich.evidence} | {item.disease for item in rich.differential}
    page = assert_inert(render(rich, texts, images, "zh", dict.fromkeys(curies, _EVIL)))
    assert page.tags[0] == ("html", {"lang": "zh"})


def test_the_range_of_a_probability_is_drawn_and_said(rich: Report, report: Report) -> None:
    page = Page(render(rich))
    assert "41% to 71% without one finding" in page.words
    assert "7.0% to 7.4% without one finding" in page.words
    assert "<1% still without one finding" in page.words
    assert page.count("span", "whisker") == len(rich.differential)
    assert Page(render(report)).count("span", "whisker") == 0


def test_every_supposition_is_told_and_the_turning_one_marked(rich: Report) -> None:
    page = Page(render(rich))
    for item in rich.what_if:
        assert " and ".join(item.names) in page.words
    assert page.count("tr", "turning") == page.count("span", "badge") == 1
    assert (
        "Pleural effusion and Parenchymal consolidation turns the first place Pleural empyema 36%"
        in page.words
    )
    calm = replace(rich, what_if=tuple(item for item in rich.what_if if not item.is_turning))
    assert "No set of findings was found" in Page(render(calm)).words


def test_the_runner_up_is_compared_where_there_is_one(report: Report) -> None:
    assert "Loculated pleural effusion HP:0032016 −0.12 +0.62 +0.74" in Page(render(report)).words
    alone = replace(report, differential=report.differential[:1])
    assert "runner-up" not in Page(render(alone)).words


def test_every_edge_shown_stands_in_the_provenance_with_its_source(rich: Report) -> None:
    source = render(rich)
    provenance = Page(
        source[source.index('<section id="provenance"') : source.index("</details>\n</main>")]
    ).words
    steps = {step.edge_id: step for path in all_paths(rich) for step in path.steps}
    assert f"All {len(steps)} edges shown" in provenance
    for step in steps.values():
        assert step.head in provenance
        assert step.tail in provenance
        for told in (step.source.removeprefix("infores:"), step.licence, step.release, *step.publications):
            assert told in provenance


def test_chains_of_two_stages_are_shown(rich: Report) -> None:
    assert "1 path from a finding to the treatment" in Page(render(rich)).words


def test_every_drawn_part_has_one_fact(rich: Report) -> None:
    page = Page(render(rich))
    parts = sum("part" in (attrs.get("class") or "").split() for tag, attrs in page.tags if tag == "g")
    assert parts == 2 * page.count("div", "fact")  # the wide and the narrow drawing
    shown = [path for path in all_paths(rich) if path.steps]
    assert page.count("div", "fact") == sum(2 * len(path.steps) + 1 for path in shown)
