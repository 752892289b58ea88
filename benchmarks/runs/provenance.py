"""Does all that a report shows exist? `python -m benchmarks.provenance --data DIR [--reports 1000]`.

Reports are made of published cases (codes), chest radiograph reports (text) and chest films (images), on a
graph that is loaded into a store of its own. Every edge of every path is looked up in that store, every quote
in the text of the case, every region in its images; and what the disease annotations state is looked up in
their file, which is read here a second time, by twenty lines that know nothing of the reader.
"""

import argparse
import csv
import gzip
import json
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice
from pathlib import Path
from typing import Any

import torch
from rich.console import Console
from rich.progress import track

from benchmarks import stamp
from benchmarks.datasets.covid_chestxray import read_films
from benchmarks.datasets.indiana import read_reports
from graph_schema import load as load_schema
from ingest.load import load
from ingest.phenotypes import phenotype_sources
from kgdx import __version__
from kgdx.domain.case import Case, CaseImage
from kgdx.domain.errors import KgdxError
from kgdx.domain.evidence import ImageOrigin, TextOrigin
from kgdx.domain.path import Step
from kgdx.domain.report import Report
from kgdx.engine import Engine
from kgdx.explain.walk import all_paths
from kgdx.graph.canonical import canonical_view
from kgdx.graph.snapshot import Snapshot
from kgdx.release import bundle
from kgdx.schemas import CaseIn
from kgdx.stores.base import GraphStore
from kgdx.stores.embedded import EmbeddedStore
from kgdx.training.reasoner.labelled_cases import read_payloads

_TALK = Console(stderr=True)
_ANNOTATIONS = "infores:hpo-annotations"
_PER_QUERY = 5_000
_EDGES = (
    "MATCH (h)-[e]->(t) WHERE e.edge_id IN $edges MATCH (p:Provenance) WHERE p.id = e.provenance "
    "RETURN e.edge_id AS edge, h.curie AS head, type(e) AS relation, t.curie AS tail, e.negated AS negated, "
    "e.frequency AS frequency, e.publications AS publications, p.source AS source, p.licence AS licence, "
    "p.release AS release"
)


@dataclass
class Shown:
    """What reports show, each once."""

    steps: dict[str, Step] = field(default_factory=dict)
    counts: Counter[str] = field(default_factory=Counter)

    def add(self, case: Case, report: Report) -> None:
        """Take up the paths of a report, and hold its quotes and regions against the case."""
        texts = {(text.section, text.text) for text in case.texts}
        images = {image.image_id for image in case.images}
        self.counts["reports"] += 1
        for path in all_paths(report):
            self.counts["paths"] += 1
            self.counts["edges on paths"] += len(path.steps)
            for step in path.steps:
                known = self.steps.setdefault(step.edge_id, step)
                self.counts["edges told in two ways"] += not _is_same(step, known)
        for item in report.evidence:
            origin = item.origin
            if isinstance(origin, TextOrigin):
                self.counts["quotes"] += 1
                self.counts["quotes not in the text"] += not any(
                    section == origin.section and text[origin.start : origin.end] == origin.quote
                    for section, text in texts
                )
            elif isinstance(origin, ImageOrigin):
                self.counts["regions"] += 1
                left, top, right, bottom = origin.region
                is_inside = 0 <= left < right <= 1 and 0 <= top < bottom <= 1
                self.counts["regions not in an image"] += not (
                    is_inside and origin.image_id.split("#")[0] in images
                )


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the benchmark and print its JSON."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.provenance", description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder of the real data")
    parser.add_argument("--reports", type=int, default=1000, help="how many, most of them of codes")
    given = parser.parse_args(arguments)
    torch.set_num_threads(1)
    began, commit = time.monotonic(), stamp.commit()
    sources = [
        *phenotype_sources(given.data),
        *(
            (name, next((given.data / "matrix").glob(f"{name}.*")))
            for name in ("indications", "contraindications")
        ),
    ]
    with tempfile.TemporaryDirectory() as folder, EmbeddedStore.open(Path(folder) / "graph") as store:
        for name, path in sources:
            _TALK.print(f"loading {name}")
            load(name, path, store)
        view = canonical_view(*store.export(), load_schema())
        snapshot = Snapshot.from_tables(view.nodes, view.edges)
        release = bundle.build(snapshot, bundle.shipped_folder(), Path(folder) / "bundle", __version__, {})
        engine, shown = Engine.open(Path(folder) / "bundle"), Shown()
        for case in track([*_cases(given.data, given.reports)], "reports", console=_TALK):
            shown.add(case, engine.diagnose(case))
        missing, otherwise = _looked_up(shown.steps, store)
    told = {
        **shown.counts,
        "distinct edges": len(shown.steps),
        "edges not in the store": missing,
        "edges stated otherwise in the store": otherwise,
        "edges without a source": sum(not step.source for step in shown.steps.values()),
        "edges without a licence": sum(not step.licence for step in shown.steps.values()),
        "annotations": _annotated(shown.steps, dict(sources)["hpoa"]),
        "seconds": round(time.monotonic() - began, 1),
        "release": release.release,
        "commit": commit,
        "data_sha256": stamp.data_sha256([path for _, path in sources]),
    }
    json.dump(told, sys.stdout, indent=1)
    sys.stdout.write("\n")


def _cases(data: Path, number: int) -> Iterator[Case]:
    """Every k-th case of each kind."""
    payloads = read_payloads(data / "phenopackets" / "cases.jsonl.gz")
    for payload in _spread(payloads, number * 6 // 10):
        yield CaseIn.from_payload(payload).to_domain()
    reports = [each for each in read_reports(data / "iu_xray" / "reports.tar.gz") if each.texts]
    for report in _spread(reports, number * 3 // 10):
        yield Case(texts=report.texts)
    for film in _spread(read_films(data / "covid_chestxray").files.tolist(), number // 10):
        yield Case(images=(CaseImage(film.stem, str(film)),))


def _spread(items: Sequence[Any], number: int) -> Iterator[Any]:
    return islice(items[:: max(1, len(items) // max(1, number))], number)


def _is_same(one: Step, other: Step) -> bool:
    """The same edge, whichever way it is walked."""
    return replace(one, is_forward=True) == replace(other, is_forward=True)


def _looked_up(steps: dict[str, Step], store: GraphStore) -> tuple[int, int]:
    """How many edges the store does not hold, and how many it holds otherwise."""
    ids, found = sorted(steps), dict[str, list[dict[str, Any]]]()
    for start in range(0, len(ids), _PER_QUERY):
        for row in store.query(_EDGES, {"edges": ids[start : start + _PER_QUERY]}, timeout_s=600.0):
            found.setdefault(row["edge"], []).append(row)
    otherwise = sum(not any(_fits(steps[edge], row) for row in rows) for edge, rows in found.items())
    return len(ids) - len(found), otherwise


def _fits(step: Step, row: dict[str, Any]) -> bool:
    cited = tuple(row["publications"].split("|")) if row["publications"] else ()
    held = {**row, "publications": cited}
    told = {"edge": step.edge_id, **{name: getattr(step, name) for name in held if name != "edge"}}
    frequency, stated = told.pop("frequency"), held.pop("frequency")
    is_as_often = frequency == stated or (frequency is not None and abs(frequency - stated) < 1e-6)
    return is_as_often and told == held


def _annotated(steps: dict[str, Step], path: Path) -> dict[str, int]:
    """Annotation edges held against the rows of the file: disease, term, NOT and references."""
    rows = set()
    with gzip.open(path, "rt") if path.suffix == ".gz" else path.open() as file:
        for cells in csv.reader((line for line in file if not line.startswith("#")), delimiter="\t"):
            disease, _, qualifier, term, references, _, _, frequency = cells[:8]
            is_none = frequency.startswith("0/") or frequency in ("0%", "HP:0040285")
            cited = frozenset(reference.strip() for reference in references.split(";") if reference.strip())
            rows.add((disease, term, qualifier == "NOT" or is_none, cited))
    stated = [step for step in steps.values() if step.source == _ANNOTATIONS]
    keys = [(step.head, step.tail, step.negated, frozenset(step.publications)) for step in stated]
    wrong = [key for key in keys if key not in rows]
    return {"edges": len(stated), "not in the file": len(wrong)}


if __name__ == "__main__":
    try:
        main()
    except KgdxError as error:
        _TALK.print(f"error: {error}", highlight=False)
        sys.exit(3)
