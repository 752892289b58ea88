"""The page in a real browser: silent, asks for nothing, accessible, usable by keyboard, whole on paper."""

import colorsys
import os
import re
import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from importlib.resources import files
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from kgdx.domain.report import Report
from kgdx.report.page.html import render

# All of WCAG 2.0 to 2.2 at levels A and AA that axe-core can judge, contrast of colours among it.
_WCAG = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa")
_NONSENSE = "<b>Ünïcödé</b> \u202egnorw‑siht 𓀀 {{ 7 }} " + "Pneumonoultramicroscopicsilicovolcanoconiosis" * 3
_OPEN_ALL = "document.querySelectorAll('details').forEach(each => { each.open = true })"
# What Tab must reach: of the radio buttons of one group the chosen one, the others by arrow keys.
_REACHABLE = """[...document.querySelectorAll('a[href], summary, [tabindex="0"], input:checked')]
    .filter(each => each.checkVisibility({contentVisibilityAuto: true}))"""
_FOCUSED = f"""(() => {{
    const one = document.activeElement, ringed = one.closest('label') ?? one;
    const style = getComputedStyle(ringed), box = ringed.getBoundingClientRect();
    return [{_REACHABLE}.indexOf(one), style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2,
            box.width > 1 && box.height > 1];
}})()"""

Open = Callable[..., Page]
Kinds = Callable[[str], str]


def chromium() -> str:
    """Path of an installed Chromium; nothing is downloaded."""
    names = ("chromium", "chromium-browser", "google-chrome", "chrome")
    return os.environ.get("KGDX_CHROMIUM") or next(filter(None, map(shutil.which, names)), "")


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    executable = chromium()
    if not executable:
        if os.environ.get("KGDX_REQUIRE_CHROMIUM") == "1":
            pytest.fail("a Chromium is required, but none was found")
        pytest.skip("no Chromium found: install one, or set KGDX_CHROMIUM to its path")
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=executable, args=["--no-sandbox"])
        yield opened
        opened.close()


@pytest.fixture(scope="module")
def axe() -> str:
    return files("axe_playwright_python").joinpath("axe.min.js").read_text(encoding="utf-8")


@pytest.fixture
def shown(browser: Browser, tmp_path: Path) -> Iterator[Open]:
    """Opens a page from a file; whatever it says on the console or asks of the network fails the test."""
    # axe is put in from outside, which the page's own policy rightly forbids.
    context = browser.new_context(bypass_csp=True)
    context.set_default_timeout(10_000)
    target = tmp_path / "report.html"
    said: list[str] = []
    asked: list[str] = []
    context.on("console", lambda message: said.append(f"{message.type}: {message.text}"))
    context.on("weberror", lambda error: said.append(str(error.error)))
    context.on("request", lambda request: asked.append(request.url))

    def show(source: str, width: int = 1280) -> Page:
        target.write_text(source, encoding="utf-8")
        page = context.new_page()
        page.set_viewport_size({"width": width, "height": 900})
        page.goto(target.as_uri())
        return page

    yield show
    context.close()
    assert said == []
    assert {url for url in asked if not url.startswith("data:")} == {target.as_uri()}


@pytest.fixture(scope="module")
def written() -> dict[str, str]:
    """Pages written so far."""
    return {}


@pytest.fixture
def kinds(
    written: dict[str, str], rich: Report, crowded: Report, abstained: Report, texts, images, chinese
) -> Kinds:
    """Pages of reports of every kind, each written once, when it is asked for."""
    one = replace(rich, differential=rich.differential[:1])
    nonsense = dict.fromkeys(chinese, _NONSENSE)
    pages: dict[str, Callable[[], str]] = {
        "rich": lambda: render(rich, texts, images),
        "chinese": lambda: render(rich, texts, images, "zh", chinese),
        "one diagnosis": lambda: render(one, texts, images),
        "no image, eight diagnoses, forty findings": lambda: render(crowded),
        "abstention": lambda: render(abstained),
        "nonsense": lambda: render(rich, texts, images, "zh", nonsense),
    }
    return lambda kind: written.get(kind) or written.setdefault(kind, pages[kind]())


KINDS = (
    "rich",
    "chinese",
    "one diagnosis",
    "no image, eight diagnoses, forty findings",
    "abstention",
    "nonsense",
)


def violations(page: Page, axe: str) -> list[str]:
    """What axe-core objects to, one line each."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(axe)
    found = page.evaluate(
        "tags => axe.run({runOnly: {type: 'tag', values: tags}, resultTypes: ['violations']})", list(_WCAG)
    )
    return [
        f"{each['id']}: {node['html'][:200]} {node['failureSummary']}"
        for each in found["violations"]
        for node in each["nodes"][:3]
    ]


def overflow(page: Page) -> int:
    """By how many pixels the page is wider than its window."""
    return int(page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth"))


def test_the_checks_see_faults(shown: Open, axe: str) -> None:
    page = shown(
        '<title>x</title><p style="color:#bbb;width:2000px">pale</p><input>'
        '<a href="#" style="outline:0">x</a>'
    )
    assert {line.split(":")[0] for line in violations(page, axe)} >= {"color-contrast", "label"}
    assert overflow(page) > 0
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    assert page.evaluate(_FOCUSED) == [0, False, True]


@pytest.mark.parametrize("kind", KINDS)
def test_accessible_and_on_paper(kind: str, kinds: Kinds, shown: Open, axe: str) -> None:
    page = shown(kinds(kind))
    if kind in ("rich", "abstention"):
        assert violations(page, axe) == []
    page.evaluate(_OPEN_ALL)
    assert violations(page, axe) == []
    if kind in ("rich", "abstention"):
        page.emulate_media(media="print")
        assert violations(page, axe) == []


@pytest.mark.parametrize("kind", KINDS)
def test_fits_the_window_and_the_paper(kind: str, kinds: Kinds, shown: Open) -> None:
    page = shown(kinds(kind))
    paper = page.pdf(format="A4")
    assert paper.startswith(b"%PDF")
    assert len(re.findall(rb"/Type\s*/Page\b(?!s)", paper)) > 0
    for is_open in (False, True):
        if is_open:
            page.evaluate(_OPEN_ALL)
        for width in (1280, 400):
            page.set_viewport_size({"width": width, "height": 900})
            assert overflow(page) == 0


@pytest.mark.parametrize(("kind", "width"), [("rich", 1280), ("chinese", 400), ("abstention", 1280)])
def test_tab_reaches_everything_and_is_seen(kind: str, width: int, kinds: Kinds, shown: Open) -> None:
    page = shown(kinds(kind), width)
    if kind == "rich":
        page.evaluate(_OPEN_ALL)
    reached = set()
    number = page.evaluate(f"{_REACHABLE}.length")
    for _ in range(number):
        page.keyboard.press("Tab")
        index, is_ringed, is_shown = page.evaluate(_FOCUSED)
        assert is_ringed, page.evaluate("document.activeElement.outerHTML.slice(0, 300)")
        assert is_shown
        reached.add(index)
    assert reached == set(range(number))


def test_a_box_or_an_arrow_in_focus_says_what_is_known_of_it(rich: Report, shown: Open) -> None:
    page = shown(render(rich))
    page.locator("#details > summary").click()
    drawing = page.locator(".diagnosis .explore").first
    assert drawing.locator(".fact:visible").count() == 0
    drawing.locator(".wide .n0").focus()
    assert "HP:0002202" in drawing.locator(".fact:visible").inner_text()
    page.keyboard.press("Tab")
    step = rich.differential[0].paths[0].steps[0]
    (told,) = drawing.locator(".fact:visible").all_inner_texts()
    for known in (
        step.head_name,
        step.tail_name,
        "98%",
        "+1.82",
        "hpo-annotations",
        step.release,
        step.licence,
    ):
        assert known in told
    assert all(publication in told for publication in step.publications)
    # The same for those who hear the page.
    name = drawing.locator(".wide .n1 > title").text_content() or ""
    assert step.licence in name
    drawing.locator(".wide .n2").click()
    assert "MONDO:0700001" in drawing.locator(".fact:visible").inner_text()


def test_paths_of_one_finding_alone_by_arrow_key(rich: Report, shown: Open) -> None:
    first = rich.differential[0]
    many = replace(first, paths=(*first.paths, *first.paths))
    page = shown(render(replace(rich, differential=(many, *rich.differential[1:]))))
    page.locator("#details > summary").click()
    shown_paths = page.locator(".diagnosis").first.locator(".path-item:visible")
    assert shown_paths.count() == 4
    page.locator(".diagnosis").first.locator("input").first.focus()
    page.keyboard.press("ArrowRight")
    assert shown_paths.count() == 2  # one of them from the folded list
    assert all("Pleural effusion" in text for text in shown_paths.all_inner_texts())
    page.emulate_media(media="print")
    assert shown_paths.count() == 4  # on paper all but the folded ones


def test_details_open_by_keyboard_and_are_printed_where_they_were_opened(rich: Report, shown: Open) -> None:
    page = shown(render(rich))
    second = page.locator(".diagnosis").nth(1)
    page.emulate_media(media="print")
    assert not second.is_visible()
    page.emulate_media(media="screen")
    for summary in (page.locator("#details > summary"), second.locator("summary").first):
        assert not second.locator(".body").is_visible()
        summary.focus()
        page.keyboard.press("Enter")
    assert second.locator(".body").is_visible()
    page.emulate_media(media="print")
    assert second.locator(".body").is_visible()


def test_the_first_screen_holds_diagnoses_dangers_and_treatments(rich: Report, shown: Open) -> None:
    page = shown(render(rich))
    for title in ("Diagnoses", "Must not be missed", "Treatments"):
        box = page.locator("#glance h2", has_text=title).bounding_box()
        assert box is not None
        assert box["y"] < 700


def test_marks_are_green_grey_and_amber(rich: Report, texts, shown: Open) -> None:
    page = shown(render(rich, texts))

    def colour(polarity: str) -> tuple[float, float]:
        """Hue in degrees and chroma in [0, 1] of what a mark is laid on."""
        told = page.locator(f".passage mark.{polarity}").first.evaluate(
            "e => getComputedStyle(e).backgroundColor"
        )
        red, green, blue = (int(value) / 255 for value in re.findall(r"\d+", told)[:3])
        hue, _, _ = colorsys.rgb_to_hls(red, green, blue)
        return hue * 360, max(red, green, blue) - min(red, green, blue)

    assert 120 < colour("present")[0] < 160
    assert 35 < colour("uncertain")[0] < 55
    assert colour("excluded")[1] < 0.03 < 0.06 < min(colour("present")[1], colour("uncertain")[1])


def test_the_page_forbids_scripts_and_the_network(rich: Report, browser: Browser, tmp_path: Path) -> None:
    """An intruder in the page can neither run nor load anything, whatever the browser."""
    target = tmp_path / "report.html"
    source = render(rich).replace(
        "</main>", "<script>window.ran = 1</script><img src='http://x.invalid/'></main>"
    )
    target.write_text(source, encoding="utf-8")
    page = browser.new_page()
    asked: list[str] = []
    page.on("requestfinished", lambda request: asked.append(request.url))
    page.goto(target.as_uri())
    assert not page.evaluate("'ran' in window")
    assert asked == [target.as_uri()]
    page.close()
