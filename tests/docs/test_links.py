"""What the docs name exists: linked pages, files of the tree, modules."""

import re
from importlib.util import find_spec
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
_FOLDERS = ("docs", "benchmarks", "findings", "models", "examples")
PAGES = sorted([*ROOT.glob("*.md"), *(page for name in _FOLDERS for page in (ROOT / name).rglob("*.md"))])
_LINK = re.compile(r"\]\(([^)#\s]+)(?:#[^)]*)?\)")
_ROOMS = "kgdx|ingest|graph_schema|benchmarks"
_FILE = re.compile(rf"(?<![\w/.-])((?:{_ROOMS}|findings|tests|tools|models|docs|examples)/[\w/.-]*)")
_NAME = re.compile(rf"(?<![\w/.:-])((?:{_ROOMS})(?:\.[a-zA-Z_]\w*)+)")
# Written by the commands that the pages show; no file of the tree, or the name of a file and not a module.
_WRITTEN = {"models/research/growth"}
_FILE_NAMES = {"kgdx.json"}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_what_a_page_names_exists(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    links = [target for target in _LINK.findall(text) if "://" not in target]
    files = {name.rstrip("./") for name in _FILE.findall(text)} - _WRITTEN
    missing = [target for target in links if not (page.parent / target).exists()]
    missing += [name for name in sorted(files) if not (ROOT / name).exists()]
    missing += [name for name in sorted(set(_NAME.findall(text)) - _FILE_NAMES) if not is_importable(name)]
    assert not missing, f"{page.relative_to(ROOT)} names {', '.join(missing)}"


def is_importable(name: str) -> bool:
    """Whether a dotted name is a module, or an attribute of one that its text defines or lists."""
    module, _, attribute = name.rpartition(".")
    try:
        if find_spec(name) is not None:
            return True
    except ModuleNotFoundError:  # the last part names no module of a package
        pass
    try:
        spec = find_spec(module)
    except ModuleNotFoundError:
        return False
    if spec is None or spec.origin is None:
        return False
    return re.search(rf"\b{attribute}\b", Path(spec.origin).read_text(encoding="utf-8")) is not None
