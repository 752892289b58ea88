"""The shipped network on what it was never trained on: a relation and an ontology of somebody's own."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import graph_schema
from graph_schema import Relation, Schema
from ingest.load import load
from kgdx.domain.case import CodedFinding
from kgdx.encoders.clip import Clip
from kgdx.evidence.codes import code_evidence
from kgdx.graph.canonical import canonical_view
from kgdx.graph.snapshot import Snapshot
from kgdx.reasoning.query import GraphQuery, seed
from kgdx.reasoning.ranking import Ranking, ReasonerSettings
from kgdx.release.bundle import shipped_folder
from kgdx.release.checkpoints import ReasonerCheckpoint
from kgdx.stores.embedded import EmbeddedStore
from tests.reasoning.tiny import diagnostic, graph, query

Ranked = Callable[[Snapshot, Schema, GraphQuery], Ranking]

OBO = """format-version: 1.2
data-version: 2024-05-01
idspace: ACMEF https://example.org/acmef/

[Term]
id: ACMEF:1
name: odd sound

[Term]
id: ACMEF:2
name: whistling sound
is_a: ACMEF:1
"""
TABLE = """disease,sign,share
ACMED:1,ACMEF:2,18/20
ACMED:2,ACMEF:1,5/20
ACMED:3,ACMEF:3,1/2
"""
MAPPING = """release: 2024-05-01
license: CC0-1.0
infores: infores:acme
knowledge_level: observation
edge:
  - head: {column: disease}
    relation: {value: has_phenotype}
    tail: {column: sign}
    frequency: {column: share}
"""
PREFIXES = """ACMED: {iri: "https://example.org/acmed/", kind: Disease}
ACMEF: {iri: "https://example.org/acmef/", kind: PhenotypicFeature}
"""


@pytest.fixture(scope="module")
def ranked() -> Ranked:
    clip = Clip.open(shipped_folder() / "clip")
    saved = ReasonerCheckpoint.open(shipped_folder() / "reasoner")

    def ranked(snapshot: Snapshot, schema: Schema, asked: GraphQuery) -> Ranking:
        made = saved.reasoner(diagnostic(snapshot, schema), clip)
        wide = replace(made, settings=ReasonerSettings(num_walks=500, beam=500))
        return wide.rank(replace(asked, context=np.zeros(clip.dim, np.float32)))

    return ranked


def with_relation(text: str) -> Schema:
    """The schema with a relation of one's own, which may carry evidence."""
    kinds = ("Disease",), ("PhenotypicFeature",)
    new = Relation("heralded_by", "acme:heralded_by", "heralds", *kinds, False, text, f"{text}, of", True, ())
    schema = graph_schema.load()
    return replace(schema, relations={**schema.relations, new.name: new})


def test_a_relation_of_ones_own_is_scored_by_the_shipped_network(ranked: Ranked) -> None:
    snapshot = graph("D1 shows F1 0.9\nD2 shows F2 0.9\nD3 shows F3 0.9\nD2 heralded_by F1")

    def added(schema: Schema) -> float:
        ranking = ranked(snapshot, schema, query(snapshot, "F1"))
        for numbers in (ranking.logit, ranking.probability, ranking.residual_logit):
            assert np.isfinite(numbers).all()
        return float(ranking.graph[list(ranking.diseases).index(snapshot.index["D2"]), 0])

    assert added(graph_schema.load()) == 0, "without the relation nothing leads there"
    first, second = added(with_relation("is heralded by")), added(with_relation("is never seen with"))
    assert abs(first) > 1e-6
    assert first != second, "the meaning counts"


@pytest.fixture
def acme(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Snapshot]:
    """An ontology and a table of somebody's own, loaded and built."""
    files = {"acme.obo": OBO, "clinic.csv": TABLE, "clinic.csv.mapping.yaml": MAPPING, "own.yaml": PREFIXES}
    for name, text in files.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    monkeypatch.setenv("KGDX_PREFIXES", str(tmp_path / "own.yaml"))
    graph_schema.load.cache_clear()
    with EmbeddedStore.open(tmp_path / "graph") as store:
        load("ontology", tmp_path / "acme.obo", store)
        load("table", tmp_path / "clinic.csv", store)
        view = canonical_view(*store.export(), graph_schema.load())
    yield Snapshot.from_tables(view.nodes, view.edges)
    graph_schema.load.cache_clear()


def test_an_ontology_of_ones_own_is_scored_by_the_shipped_network(acme: Snapshot, ranked: Ranked) -> None:
    schema = graph_schema.load()
    evidence, warnings = code_evidence((CodedFinding("ACMEF:2"),), acme, schema)
    ranking = ranked(acme, schema, seed(evidence, acme, np.zeros(1, np.float32)))
    assert warnings == ()
    assert [acme.curies[disease] for disease in ranking.diseases] == ["ACMED:1", "ACMED:2", "ACMED:3"]
    for numbers in (ranking.logit, ranking.probability, ranking.graph, ranking.residual_logit):
        assert np.isfinite(numbers).all()
    assert np.abs(ranking.graph[:2]).min() > 1e-6, "the network reads the new graph, over is_a too"
