"""Interactions that a user loads as KGX speak against treatments, as far as their source says."""

from pathlib import Path

import graph_schema
from ingest.load import load
from kgdx.domain.treatment import TreatmentStatus
from kgdx.graph.canonical import canonical_view
from kgdx.graph.hierarchy import Hierarchy
from kgdx.graph.snapshot import Snapshot
from kgdx.stores.embedded import EmbeddedStore
from kgdx.treatments.patient_context import Precautions
from kgdx.treatments.recommend import TreatmentGraph

NODES = """id category name
CHEBI:1 biolink:Drug clarithromycin
CHEBI:2 biolink:SmallMolecule warfarin
CHEBI:3 biolink:Drug simvastatin
CHEBI:4 biolink:Drug amoxicillin
MONDO:1 biolink:Disease pneumonia
"""
EDGES = """subject predicate object original_predicate
CHEBI:1 biolink:treats MONDO:1 -
CHEBI:4 biolink:treats MONDO:1 -
CHEBI:1 biolink:interacts_with CHEBI:2 raises_the_level_of
CHEBI:3 biolink:interacts_with CHEBI:1 contraindicated_with
"""


def table(text: str) -> str:
    return text.replace(" ", "\t").replace("-\n", "\n")


def test_interactions_of_a_users_graph(store: EmbeddedStore, tmp_path: Path) -> None:
    (tmp_path / "nodes.tsv").write_text(table(NODES), encoding="utf-8")
    (tmp_path / "edges.tsv").write_text(table(EDGES), encoding="utf-8")
    load("kgx", tmp_path, store)
    view = canonical_view(*store.export(), graph_schema.load())
    snapshot = Snapshot.from_tables(view.nodes, view.edges)
    at, treatments = snapshot.index, TreatmentGraph(snapshot, Hierarchy(snapshot))

    def statuses(*medications: str) -> dict[str, TreatmentStatus]:
        patient = Precautions(medications=tuple(at[curie] for curie in medications))
        found = treatments.options([(at["MONDO:1"], 0.9)], patient)
        return {snapshot.names[option.treatment]: option.status for option in found}

    fine = {"amoxicillin": TreatmentStatus.RECOMMENDED}
    assert statuses() == {**fine, "clarithromycin": TreatmentStatus.RECOMMENDED}
    assert statuses("CHEBI:2") == {**fine, "clarithromycin": TreatmentStatus.CAUTION}
    assert statuses("CHEBI:2", "CHEBI:3") == {**fine, "clarithromycin": TreatmentStatus.CONTRAINDICATED}
