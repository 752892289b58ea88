"""The page in a real browser: silent, asks for nothing, accessible, usable by keyboard, whole on paper."""

import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from importlib.resources import files
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from kgdx.domain.report import Report
from kgdx.explain.html import render

# Every criterion of WCAG 2.0 to 2.2 at levels A and AA that axe-core can judge, contrast of colours among them.
_WCAG = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa")
_NONSENSE = "<b>Ünïcödé</b> \u202egnorw‑siht 𓀀 {{ 7 }} " + "Pneumonoultramicroscopicsilicovolcanoconiosis" * 3
_SETTLED = "document.fonts.ready.then(() => true)"
_OPEN_ALL = "document.querySelectorAll('details').forEach(each => { each.open = true })"

Open = Callable[..., Page]


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
    context = browser.new_context(bypass_csp=True, viewport={"width": 1280, "height": 900})
    context.set_default_timeout(10_000)
    said: list[str] = []
    asked: list[str] = []

    def show(source: str, width: int = 1280) -> Page:
        target = tmp_path / f"{len(asked)}.html"
        target.write_text(source, encoding="utf-8")
        page = context.new_page()
        page.on("console", lambda message: said.append(f"{message.type}: {message.text}"))
        page.on("pageerror", lambda error: said.append(str(error)))
        page.on("request", lambda request: asked.append(request.url))
        page.set_viewport_size({"width": width, "height": 900})
        page.goto(target.as_uri())
        page.evaluate(_SETTLED)
        return page

    yield show
    context.close()
    assert said == []
    assert all(url.startswith(("file:", "data:")) for url in asked)
    assert sum(url.startswith("file:") for url in asked) == len({u for u in asked if u.startswith("file:")})


@pytest.fixture
def pages(
    rich: Report, crowded: Report, abstained: Report, texts, images, chinese
) -> dict[str, str]:
    """Reports of every kind, as pages."""
    one = replace(rich, differential=rich.differential[:1])
    return {
        "rich": render(rich, texts, images),
        "chinese": render(rich, texts, images, "zh", chinese),
        "one diagnosis": render(one, texts, images),
        "no image, eight diagnoses, forty findings": render(crowded),
        "abstention": render(abstained),
        "nonsense": render(rich, texts, images, "zh", dict.fromkeys(chinese, _NONSENSE)),
    }


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
    return int(
        page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    )


@pytest.mark.parametrize("kind", KINDS)
def test_accessible_closed_open_and_on_paper(kind: str, pages, shown: Open, axe: str) -> None:
    page = shown(pages[kind])
    assert violations(page, axe) == []
    page.evaluate(_OPEN_ALL)
    assert violations(page, axe) == []
    page.emulate_media(media="print")
    assert violations(page, axe) == []


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("width", [1280, 400])
def test_never_wider_than_the_window(kind: str, width: int, pages, shown: Open) -> None:
    page = shown(pages[kind], width)
    assert overflow(page) == 0
    page.evaluate(_OPEN_ALL)
    assert overflow(page) == 0


@pytest.mark.parametrize("kind", KINDS)
def test_prints(kind: str, pages, shown: Open) -> None:
    paper = shown(pages[kind]).pdf(format="A4")
    assert paper.startswith(b"%PDF")
    assert paper.count(b"/Type /Page\n") + paper.count(b"/Type /Page ") > 0
