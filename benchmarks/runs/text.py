"""Reading reports: `python -m benchmarks.text --data DIR [--negex F] [--iu F.tar.gz]`.

Negation is scored on sentences with one marked condition; findings on chest radiograph reports against the
headings that people coded them with.
"""

import argparse
import json
import time
from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console
from rich.progress import track
from rich.table import Table

from benchmarks import stamp
from benchmarks.baselines.dictionary import DictionaryAndNegEx
from benchmarks.datasets.indiana import HEADINGS, Coded, read_reports
from benchmarks.measures.negation import negated_by_medspacy, negated_by_us, read_marked
from benchmarks.metrics import detection_metrics
from kgdx.domain.case import Polarity
from kgdx.domain.evidence import Evidence
from kgdx.evidence.assertion import default_asserter
from kgdx.evidence.mentions import Vocabulary
from kgdx.evidence.text import WEIGHTS, text_evidence
from kgdx.graph.snapshot import Snapshot
from kgdx.release.bundle import shipped_folder

_TALK = Console(stderr=True)
_CONCEPT = {curie: heading for heading, curies in HEADINGS.items() for curie in curies}


def negation(path: Path) -> tuple[dict[str, Any], dict[str, Any]]:
    """Precision, recall and F1 of "negated": ours, and medspaCy as it comes."""
    rows = list(read_marked(path))
    gold = np.array([[row.is_negated] for row in rows])
    ours = np.array([negated_by_us(rows, default_asserter())]).T
    theirs = np.array([negated_by_medspacy(rows)]).T
    return detection_metrics(gold, ours), detection_metrics(gold, theirs)


def findings(path: Path, snapshot: Snapshot) -> tuple[dict[str, Any], dict[str, Any]]:
    """Micro precision, recall and F1 over the headings, and each heading: ours, then the baseline's."""
    reports = list(read_reports(path))
    vocabulary = Vocabulary.from_snapshot(snapshot)
    baseline = DictionaryAndNegEx(snapshot, HEADINGS)
    gold = _table([report.headings for report in reports])
    began = time.perf_counter()
    read = [text_evidence(r.texts, vocabulary).evidence for r in track(reports, "our reader", console=_TALK)]
    seconds = time.perf_counter() - began
    ours, with_open = _table(list(map(_affirmed, read))), _table(list(map(_affirmed_or_open, read)))
    plain = _table([baseline.read(r.texts) for r in track(reports, "the baseline", console=_TALK)])
    names = tuple(HEADINGS)
    scored = detection_metrics(gold, ours, names) | {
        "reports_per_s": round(len(reports) / seconds, 1),
        "reading_weights": reading_weights(reports, vocabulary),
        "with_alternatives": detection_metrics(gold, with_open),
    }
    return scored, detection_metrics(gold, plain, names)


def reading_weights(reports: Sequence[Coded], vocabulary: Vocabulary) -> list[dict[str, float]]:
    """Natural log of P(a report says so | coded) / P(it says so | not coded), of either half of the reports.

    Halves by a hash of the report's name. What a report says of a heading is the strongest it says of it. The
    weights of `kgdx.evidence.text` are the first half's.
    """
    order = [Polarity.EXCLUDED, Polarity.UNCERTAIN, Polarity.PRESENT]
    counts = np.full((2, len(order), 2), 0.5)
    totals = np.zeros((2, 2))
    for report in reports:
        half = sha256(report.name.encode()).digest()[0] % 2
        said: dict[str, int] = {}
        for item in text_evidence(report.texts, vocabulary).evidence:
            if heading := _CONCEPT.get(item.curie):
                said[heading] = max(said.get(heading, -1), order.index(item.polarity))
        for heading in HEADINGS:
            is_coded = int(heading in report.headings)
            totals[half, is_coded] += 1
            if heading in said:
                counts[half, said[heading], is_coded] += 1
    ratios = np.log(counts[:, :, 1] / totals[:, None, 1]) - np.log(counts[:, :, 0] / totals[:, None, 0])
    return [{p.value: round(float(row[i]), 2) for i, p in enumerate(order)} for row in ratios]


def _affirmed(evidence: Sequence[Evidence]) -> frozenset[str]:
    """Headings that the report affirms; what it calls possible is not coded by the coders' rules either."""
    return frozenset(
        _CONCEPT[e.curie] for e in evidence if e.polarity is Polarity.PRESENT and e.curie in _CONCEPT
    )


def _affirmed_or_open(evidence: Sequence[Evidence]) -> frozenset[str]:
    """Those, and both of "A or B": we call them uncertain, the coders code both."""
    left_open = (
        _CONCEPT[e.curie]
        for e in evidence
        if e.polarity is Polarity.UNCERTAIN and e.weight > WEIGHTS[e.polarity] and e.curie in _CONCEPT
    )
    return _affirmed(evidence) | frozenset(left_open)


def _table(headings: Sequence[frozenset[str]]) -> np.ndarray[tuple[int, int], np.dtype[np.bool_]]:
    return np.array([[heading in row for heading in HEADINGS] for row in headings])


def run(data: Path, negex: Path | None = None, iu: Path | None = None) -> dict[str, Any]:
    """Everything this benchmark tells."""
    began = time.perf_counter()
    commit = stamp.commit()
    sentences, archive = (
        negex or data / "negex" / "rsAnnotations.tsv",
        iu or data / "iu_xray" / "reports.tar.gz",
    )
    snapshot = Snapshot.open(shipped_folder() / "graph")
    negated, medspacy_negated = negation(sentences)
    found, baseline = findings(archive, snapshot)
    return {
        "negation": negated,
        "iu_findings": found,
        "baselines": {
            "negation": {"medspacy": medspacy_negated},
            "iu_findings": {"dictionary_negex": baseline},
        },
        "seconds": round(time.perf_counter() - began, 1),
        "release": snapshot.content_hash[:12],
        "commit": commit,
        "data_sha256": stamp.data_sha256([sentences, archive]),
    }


def _show(told: dict[str, Any]) -> None:
    table = Table("", "n", "precision", "recall", "F1", "95 %", title="reading reports")
    rows = {
        "negation": told["negation"],
        "  medspaCy": told["baselines"]["negation"]["medspacy"],
        "findings": told["iu_findings"],
        "  and of alternatives both": told["iu_findings"]["with_alternatives"],
        "  dictionary + NegEx": told["baselines"]["iu_findings"]["dictionary_negex"],
    }
    rows |= {f"  {name}": each for name, each in told["iu_findings"]["per_finding"].items()}
    for name, each in rows.items():
        interval = "{:.3f}–{:.3f}".format(*each["f1_ci"]) if "f1_ci" in each else ""
        figures = (f"{each[key]:.3f}" for key in ("precision", "recall", "f1"))
        table.add_row(name, str(each["n"]), *figures, interval)
    _TALK.print(table)
    _TALK.print(f"log-likelihood ratios of reading, either half: {told['iu_findings']['reading_weights']}")
    _TALK.print(f"{told['iu_findings']['reports_per_s']} reports a second, one thread")


def main() -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder of the benchmark data")
    parser.add_argument("--negex", type=Path, help="sentences; DATA/negex/rsAnnotations.tsv by default")
    parser.add_argument("--iu", type=Path, help="reports; DATA/iu_xray/reports.tar.gz by default")
    given = parser.parse_args()
    told = run(given.data, given.negex, given.iu)
    _show(told)
    print(json.dumps(told))


if __name__ == "__main__":
    main()
