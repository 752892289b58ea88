"""What the linker does with sentences: which links and meanings are right, and how fast it reads."""

import tarfile
import time
from collections import defaultdict
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
from rich.console import Console

from kgdx.encoders.concepts import ConceptEncoder
from kgdx.encoders.link_calibration import LinkCalibration
from kgdx.evidence.linking import Linker
from kgdx.evidence.mentions import Vocabulary
from kgdx.graph.snapshot import Snapshot
from kgdx.training.concepts.calibrate_links import Kind, Trial, try_links
from kgdx.training.data.concept_names import Vocabularies

_TALK = Console(stderr=True)
_LIMIT = 1000
_NUM_REPORTS = 1000
_BOUNDS = (0.5, 0.7, 0.8, 0.9, 0.95)


def read_sentences(
    snapshot: Snapshot, known: Vocabularies, encoder: ConceptEncoder, reports: Path, num_shown: int
) -> dict[str, Any] | None:
    """Links in sentences of the test part, choices between meanings, and links in reports.

    Args:
        reports: tar.gz of XML reports; without it speed is not measured.
        num_shown: links of reports to list on stderr.

    Returns:
        None if the encoder has no calibration of linking.
    """
    if encoder.calibration is None:
        return None
    _TALK.log("links in sentences")
    trial = try_links(snapshot, known, encoder, "test", _LIMIT, lambda done, total, what: None)  # noqa: ARG005
    found: dict[str, Any] = {
        "links": {
            "at_least": encoder.calibration.least,
            "n": dict(trial.num_sentences),
            **_precision(trial, encoder.calibration, encoder.calibration.least),
            "by_bound": {str(b): _precision(trial, encoder.calibration, b) for b in _BOUNDS},
        }
    }
    linker = Linker.from_snapshot(snapshot, encoder, encoder.calibration)
    _TALK.log("choosing between meanings")
    found["meanings"] = _meanings(snapshot, linker)
    if reports.is_file():
        _TALK.log("reports")
        found["reports"] = _reports(snapshot, linker, reports, num_shown)
    return found


def _precision(trial: Trial, calibration: LinkCalibration, least: float) -> dict[str, Any]:
    """Share of links at or above a bound that are right, and of named concepts that are found."""
    kept = [
        p for p in trial.proposed if calibration.probability(p.similarity, p.margin, p.num_words) >= least
    ]
    right = {p.asked for p in kept if p.kind == "named" and p.is_right}
    exact = {p.asked for p in kept if p.kind == "named" and p.is_exact}
    by_kind: dict[Kind, list[bool]] = defaultdict(list)
    for p in kept:
        by_kind[p.kind].append(p.is_right)
    named = max(trial.num_sentences["named"], 1)
    clear = [*by_kind["named"], *by_kind["missing"]]
    return {
        "precision_named": _share(by_kind["named"]),
        "precision_named_and_missing": _share(clear),
        "precision_with_definitions": _share([*clear, *by_kind["defined"]]),
        "recall": round(len(right) / named, 4),
        "recall_exact": round(len(exact) / named, 4),
        "false_per_100_sentences": {
            kind: round(100 * by_kind[kind].count(False) / max(num, 1), 1)
            for kind, num in trial.num_sentences.items()
        },
        "calibration_error": _calibration_error(
            [calibration.probability(p.similarity, p.margin, p.num_words) for p in kept],
            [p.is_right for p in kept],
        ),
    }


def _meanings(snapshot: Snapshot, linker: Linker) -> dict[str, Any]:
    """Of names that several concepts share: how often the name of a parent tells which is meant.

    The first concept is what the dictionary alone would take. The encoder learnt names, not these pairs; but
    which concept is whose parent it may have guessed from their names, so this flatters.
    """
    owners: dict[str, list[str]] = defaultdict(list)
    rows = snapshot.nodes.select(["curie", "synonyms", "is_obsolete"]).to_pylist()
    for row in rows:
        if row["curie"] in linker.names and not row["is_obsolete"]:
            for text in row["synonyms"]:
                if "@" not in text and row["curie"] not in owners[text.lower()]:
                    owners[text.lower()].append(row["curie"])
    chosen, first = [], []
    for _, curies in sorted(owners.items()):
        if len(curies) > 1:
            for curie in curies:
                for parent in sorted(linker.parents.get(curie, ())):
                    context = f"known {linker.names.get(parent, '')}"
                    chosen.append(linker.choose(curies, context) == curie)
                    first.append(curies[0] == curie)
    return {"n": len(chosen), "accuracy": _share(chosen), "first_always": _share(first)}


def _reports(snapshot: Snapshot, linker: Linker, path: Path, num_shown: int) -> dict[str, Any]:
    texts = list(_texts(path))[:_NUM_REPORTS]
    plain = Vocabulary.from_snapshot(snapshot)
    linking = Vocabulary.from_snapshot(snapshot, linker=linker)
    seconds, found = [], []
    for vocabulary in (plain, linking):
        began, worked = time.perf_counter(), time.process_time()
        found = [vocabulary.find(text) for text in texts]
        seconds.append((time.perf_counter() - began, time.process_time() - worked))
    links = [
        (m, text, i)
        for i, (text, ms) in enumerate(zip(texts, found, strict=True))
        for m in ms
        if m.probability < 1
    ]
    order = np.random.default_rng(0).permutation(len(links))[:num_shown]
    for mention, text, _ in (links[i] for i in order):
        around = text[max(0, mention.start - 40) : mention.end + 30].replace("\n", " ")
        said = text[mention.start : mention.end]
        _TALK.print(
            f"{mention.probability:.2f} [{said}] = {mention.name} | {around}", markup=False, highlight=False
        )
    num = len(texts)
    return {
        "n": num,
        "links_per_100": round(100 * len(links) / num, 1),
        "reports_per_s": round(num / seconds[1][0], 1),
        "reports_per_cpu_s": round(num / seconds[1][1], 1),
        "reports_per_s_without_linking": round(num / seconds[0][0], 1),
    }


def _texts(path: Path) -> Any:
    """Findings and impression of every report."""
    with tarfile.open(path) as archive:
        for member in archive:
            file = archive.extractfile(member) if member.name.endswith(".xml") else None
            if file is not None:
                root = ElementTree.fromstring(file.read())  # noqa: S314 - our own data
                parts = [
                    node.text or ""
                    for node in root.iter("AbstractText")
                    if node.get("Label") in {"FINDINGS", "IMPRESSION"}
                ]
                yield "\n\n".join(parts)


def _calibration_error(probability: list[float], is_right: list[bool]) -> float | None:
    from benchmarks.metrics import expected_calibration_error

    if not probability:
        return None
    return expected_calibration_error(np.asarray(probability), np.asarray(is_right))


def _share(hits: list[bool]) -> float | None:
    return round(sum(hits) / len(hits), 4) if hits else None
