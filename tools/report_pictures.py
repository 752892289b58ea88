"""Pictures for `docs/explanation/reading-a-report.md`: parts of the page of the demo case, in a browser.

    make pictures

Needs an installed Chromium (`KGDX_CHROMIUM` names another one). Writes `docs/explanation/pictures/*.png`.
"""

import os
import shutil
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory

from PIL import Image
from playwright.sync_api import Locator, Page, sync_playwright

from kgdx import Case, Engine

ROOT = Path(__file__).parent.parent
TARGET = ROOT / "docs" / "explanation" / "pictures"
CASE = ROOT / "examples" / "cases" / "effusion.json"
# As wide as the drawings of paths need, and no wider.
WIDTH, MOST_HEIGHT, NUM_COLOURS = 1080, 790, 144

PARTS: dict[str, Callable[[Page], Locator]] = {
    "masthead": lambda page: page.locator(".masthead"),
    "differential": lambda page: page.locator(".diagnosis").first,
    "path": lambda page: page.locator(".diagnosis .path-item").first,
    "runner-up": lambda page: page.locator("#runner-up"),
    "what-if": lambda page: page.locator("#what-if"),
    "must-not-be-missed": lambda page: page.locator("#cant-miss"),
    "next": lambda page: page.locator("#next-steps"),
    "text": lambda page: page.locator("article.text").first,
    "image": lambda page: page.locator("article.image").first,
    "treatments": lambda page: page.locator("article.treatment.contraindicated").first,
    "provenance": lambda page: page.locator("#provenance"),
}


def main() -> None:
    """Diagnose the demo case and take the pictures of its page."""
    names = ("chromium", "chromium-browser", "google-chrome", "chrome")
    chromium = os.environ.get("KGDX_CHROMIUM") or next(filter(None, map(shutil.which, names)), "")
    if not chromium:
        raise SystemExit("no Chromium found: install one, or set KGDX_CHROMIUM to its path")
    TARGET.mkdir(exist_ok=True)
    with TemporaryDirectory() as folder, sync_playwright() as playwright:
        engine = Engine.open()
        report = engine.what_if(engine.diagnose(Case.from_file(CASE)))
        written = report.to_html(Path(folder) / "report.html")
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": WIDTH, "height": 900})
        page.goto(written.as_uri())
        page.locator(".diagnosis .path-item .wide .n1").first.focus()
        for name, part in PARTS.items():
            if part(page).count():
                print(f"{name}: {_save(part(page).screenshot(animations='disabled'), name)} bytes")
            else:
                print(f"{name}: the report has no such part")
        browser.close()


def _save(shot: bytes, name: str) -> int:
    """Write a picture with few colours, the top of it where it is long, and return its size in bytes."""
    picture = Image.open(BytesIO(shot)).convert("RGB")
    picture = picture.crop((0, 0, picture.width, min(picture.height, MOST_HEIGHT)))
    target = TARGET / f"{name}.png"
    picture.quantize(NUM_COLOURS, Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE).save(
        target, optimize=True
    )
    return target.stat().st_size


if __name__ == "__main__":
    main()
