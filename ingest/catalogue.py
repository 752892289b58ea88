"""The catalogue of sources: what can be loaded, from where, under which license."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import yaml

from kgdx.domain.errors import SourceError
from kgdx.domain.graph import Provenance


@dataclass(frozen=True, slots=True)
class Source:
    """An entry of `sources.yaml`.

    Attributes:
        name: as the command line writes it; the store keeps it with everything the source says.
        title, url, license, format, yields: for people.
        infores: the information resource, as in `infores:hpo-annotations`.
        knowledge_level: Biolink's, for the edges of the source.
        owns: prefixes whose records this source is the authority for.
        release: the release that kgdx was tested with, where the source has releases.
        kind: of what the source describes, for identifiers whose prefix does not fix it.
        bundled: folder inside the package that is read where no path is given; empty for none.
        reader: module of `ingest.sources` that reads it.
        test_data: file or folder, inside the folder of real data, that `docs/reference/sources.md` counts.
    """

    name: str
    title: str
    url: str
    license: str
    format: str
    yields: str
    infores: str
    knowledge_level: str = "knowledge_assertion"
    owns: tuple[str, ...] = ()
    release: str = ""
    kind: str = ""
    bundled: str = ""
    reader: str = ""
    test_data: str = ""

    def provenance(self, release: str, publications: tuple[str, ...] = ()) -> Provenance:
        """Where an edge of this source comes from."""
        return Provenance(self.infores, publications, self.license, self.knowledge_level, release)


@cache
def catalogue() -> Mapping[str, Source]:
    """Every source by name, in the order of the file."""
    entries = yaml.safe_load(files("ingest").joinpath("sources.yaml").read_text(encoding="utf-8"))
    return {
        name: Source(name=name, **{"reader": name, **entry, "owns": tuple(entry.get("owns", ()))})
        for name, entry in entries.items()
    }


def find(name: str) -> Source:
    """The source of that name.

    Raises:
        SourceError: naming the sources there are.
    """
    sources = catalogue()
    if name not in sources:
        raise SourceError(f"source {name!r}", "not in the catalogue", f"choose one of {', '.join(sources)}")
    return sources[name]


def owner_of(prefix: str) -> str:
    """Name of the source that is the authority for a prefix, or empty."""
    return next((source.name for source in catalogue().values() if prefix in source.owns), "")
