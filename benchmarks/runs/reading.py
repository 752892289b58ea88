"""Reading terms of HPO: `python -m benchmarks.reading --texts DIR [--before CLONE] [--fasthpocr FOLDER]`.

Texts in which people marked terms, read with all names of HPO. Scored by text: a term counts once, whether
affirmed or denied. Beside our reader stand its links to phrases of no dictionary, FastHPOCR, and an earlier
build with its links.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from benchmarks import stamp
from benchmarks.baselines import fasthpocr
from benchmarks.datasets.marked_texts import MarkedText, document_scores, read_marked_texts
from ingest.phenotypes import build_snapshot
from kgdx.domain.case import ReportText
from kgdx.domain.errors import SourceError
from kgdx.encoders.concepts import ConceptEncoder
from kgdx.evidence.linking import Linker
from kgdx.evidence.mentions import Vocabulary
from kgdx.evidence.text import text_evidence
from kgdx.graph.snapshot import Snapshot
from kgdx.release.bundle import shipped_folder

_TALK = Console(stderr=True)
_WARM = 3

Read = Callable[[str], frozenset[str]]

# Runs in the clone: its modules had other names. Prints what it read and its processor time.
_BEFORE = """
import json, sys, time
from pathlib import Path
from kgdx.domain.case import ReportText
from kgdx.evidence.text import text_evidence
from kgdx.evidence.linking import Linker
from kgdx.evidence.mentions import Vocabulary
from kgdx.encoders.concepts import ConceptEncoder
try:
    from kgdx.graph.snapshot import Snapshot
except ImportError:
    from kgdx.snapshot import Snapshot
snapshot, texts, root = Snapshot.open(Path(sys.argv[1])), json.load(open(sys.argv[2])), Path(sys.argv[3])
encoder = ConceptEncoder.open(root / "models" / "concepts")
linker = Linker.from_snapshot(snapshot, encoder, encoder.calibration)
vocabulary = Vocabulary.from_snapshot(snapshot, linker=linker)
def read(text):
    found = text_evidence((ReportText("findings", text),), vocabulary)
    return sorted({one.curie for one in (*found.evidence, *found.skipped)})
for text in texts[:%d]:
    read(text)
began = time.process_time()
found = [read(text) for text in texts]
json.dump({"found": found, "seconds": time.process_time() - began}, sys.stdout)
"""


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the benchmark and print its JSON."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.reading", description=__doc__)
    parser.add_argument("--texts", type=Path, required=True, help="folder with corpus/ and ann/")
    parser.add_argument(
        "--data", type=Path, help="folder with hpo/; KGDX_DATA or beside the texts by default"
    )
    parser.add_argument("--before", type=Path, help="clone of an earlier build")
    parser.add_argument("--fasthpocr", type=Path, help="folder of FastHPOCR's index; made if there is none")
    given = parser.parse_args(arguments)
    began, commit = time.monotonic(), stamp.commit()
    ontology = newest_ontology(given.data or Path(os.environ.get("KGDX_DATA", given.texts.parent)))
    snapshot = build_snapshot([("hpo", ontology)], _TALK.log)
    marked = read_marked_texts(given.texts, snapshot.replaced_by)
    told: dict[str, Any] = {"n_texts": len(marked), "n_terms": sum(len(text.curies) for text in marked)}
    told |= _measured(marked, _reader(Vocabulary.from_snapshot(snapshot)))
    encoder = ConceptEncoder.open(shipped_folder() / "concepts")
    if encoder.calibration is not None:
        linker = Linker.from_snapshot(snapshot, encoder, encoder.calibration)
        told["with_links"] = _measured(marked, _reader(Vocabulary.from_snapshot(snapshot, linker=linker)))
    told["baselines"] = {}
    if given.fasthpocr is not None and fasthpocr.is_installed():
        _TALK.log("FastHPOCR")
        told["baselines"]["fasthpocr"] = _measured(
            marked, fasthpocr.FastHPOCR.open(given.fasthpocr, ontology).read
        )
    if given.before is not None:
        _TALK.log("the earlier build, with links")
        told["before"] = before(given.before.resolve(), marked, snapshot)
        told["speed_ratio"] = round(told["texts_per_s"] / told["before"]["texts_per_s"], 2)
    told |= {
        "seconds": round(time.monotonic() - began, 1),
        "release": snapshot.content_hash[:12],
        "commit": commit,
        "data_sha256": stamp.data_sha256([given.texts, ontology]),
    }
    _show(told)
    print(json.dumps(told))


def newest_ontology(data: Path) -> Path:
    """The newest HPO of a folder of data.

    Raises:
        SourceError: if it holds none.
    """
    found = sorted((data / "hpo").glob("hp.*.json*"))
    if not found:
        raise SourceError(str(data), "holds no hpo/hp.*.json", "name the folder of the data with --data")
    return found[-1]


def before(clone: Path, marked: Sequence[MarkedText], snapshot: Snapshot) -> dict[str, float]:
    """Scores and speed of an earlier build on the same texts and names.

    Args:
        clone: its checkout; its own environment is used if it lies in `.venv`.

    Raises:
        subprocess.CalledProcessError: if it fails.
    """
    own = clone / ".venv" / "bin" / "python"
    with tempfile.TemporaryDirectory() as folder:
        graph, texts = Path(folder) / "graph", Path(folder) / "texts.json"
        graph.mkdir()
        snapshot.write(graph)
        texts.write_text(json.dumps([text.text for text in marked]), encoding="utf-8")
        done = subprocess.run(  # noqa: S603 - ours
            [
                str(own) if own.exists() else sys.executable,
                "-c",
                _BEFORE % _WARM,
                str(graph),
                str(texts),
                str(clone),
            ],
            cwd=clone,
            env={**os.environ, "PYTHONPATH": str(clone)},
            check=True,
            stdout=subprocess.PIPE,
            text=True,
        )
    told = json.loads(done.stdout)
    scores = document_scores(marked, map(frozenset, told["found"]))
    return scores | {"texts_per_s": round(len(marked) / told["seconds"], 1)}


def _reader(vocabulary: Vocabulary) -> Read:
    def read(text: str) -> frozenset[str]:
        found = text_evidence((ReportText("findings", text),), vocabulary)
        return frozenset([e.curie for e in found.evidence] + [s.curie for s in found.skipped])

    return read


def _measured(marked: Sequence[MarkedText], read: Read) -> dict[str, float]:
    """Scores, and texts a second of processor time."""
    for text in marked[:_WARM]:
        read(text.text)
    began = time.process_time()
    found = [read(text.text) for text in marked]
    seconds = time.process_time() - began
    return document_scores(marked, found) | {"texts_per_s": round(len(marked) / seconds, 1)}


def _show(told: dict[str, Any]) -> None:
    table = Table(
        "", "precision", "recall", "F1", "texts/s", title=f"terms of HPO in {told['n_texts']} texts"
    )
    rows = {"kgdx": told, "  with links": told.get("with_links"), "before": told.get("before")}
    for name, each in (rows | told["baselines"]).items():
        if each is not None:
            figures = (f"{each[key]:.3f}" for key in ("precision", "recall", "f1"))
            table.add_row(name, *figures, f"{each['texts_per_s']:.0f}")
    _TALK.print(table)


if __name__ == "__main__":
    main()
