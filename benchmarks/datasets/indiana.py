"""The Indiana chest radiograph reports (Open-i): what is read, and what people coded by hand."""

import tarfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree

from kgdx.domain.case import ReportText

# First-level MeSH headings that are scored -> the concepts of our graph that stand for them.
HEADINGS: dict[str, tuple[str, ...]] = {
    "opacity": ("HP:0031457", "HP:0002207", "HP:0025179"),
    "cardiomegaly": ("HP:0001640",),
    "pulmonary atelectasis": ("HP:0100750", "HP:0033657", "HP:0033658"),
    "calcinosis": ("HP:0003761", "HP:0004962", "HP:0005303"),
    "calcified granuloma": ("kgdx:calcified-granuloma",),
    "cicatrix": ("kgdx:lung-scar",),
    "pleural effusion": ("HP:0002202", "kgdx:bilateral-pleural-effusion"),
    "markings": ("kgdx:prominent-lung-markings", "HP:0006530", "HP:0030879"),
    "atherosclerosis": ("HP:0002621",),
    "catheters indwelling": ("kgdx:indwelling-catheter",),
    "airspace disease": ("HP:0032177",),
    "density": ("kgdx:radiographic-density",),
    "granulomatous disease": ("kgdx:granulomatous-disease",),
    "implanted medical device": ("kgdx:implanted-device",),
    "deformity": ("kgdx:skeletal-deformity",),
    "surgical instruments": ("kgdx:surgical-material",),
    "scoliosis": ("HP:0002650",),
    "nodule": ("HP:0033608",),
    "fractures bone": ("HP:0020110", "HP:0041159"),
    "pulmonary congestion": ("HP:0030950",),
}
_SECTIONS = ("findings", "impression")


@dataclass(frozen=True, slots=True)
class Coded:
    """One report and the scored headings it was coded with."""

    name: str
    texts: tuple[ReportText, ...]
    headings: frozenset[str]


def read_reports(archive: Path) -> Iterator[Coded]:
    """Every report of the archive in its order; the input is findings and impression alone."""
    with tarfile.open(archive) as files:
        for member in files:
            file = files.extractfile(member) if member.name.endswith(".xml") else None
            if file is not None:
                yield _coded(Path(member.name).stem, ElementTree.parse(file))  # noqa: S314 - local data


def _coded(name: str, tree: "ElementTree.ElementTree[ElementTree.Element]") -> Coded:
    sections = {part.get("Label", "").lower(): part.text or "" for part in tree.iter("AbstractText")}
    texts = tuple(ReportText(section, sections[section]) for section in _SECTIONS if sections.get(section))
    # "Catheters, Indwelling/right": the comma is part of the heading's inverted name.
    first = {(part.text or "").split("/")[0].replace(",", "").strip().lower() for part in tree.iter("major")}
    return Coded(name, texts, frozenset(first & HEADINGS.keys()))
