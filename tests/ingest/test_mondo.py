"""The Mondo reader: labels, hierarchy, matches; no animals, no obsolete ends."""

from pathlib import Path

import pytest

from ingest.load import Summary, load
from kgdx.domain.errors import SourceError
from kgdx.stores.embedded import EmbeddedStore
from tests.ingest.tiny import edges_of, nodes_of, reconciles

LABELS = """cls\tcls_label\txref_count
MONDO:1\t"disease"\t0
MONDO:2\t"pneumonia"\t0
MONDO:3\t"obsolete old pneumonia"\t0
MONDO:4\t"pneumonia, non-human animal"\t0
MONDO:5\t"non-human animal disease"\t0
MONDO:6\t"sheep disease"\t0
MONDO:7\t"lamb disease"\t0
GO:1\t"lactase activity"\t0
"""
HIERARCHY = """subject\tpredicate\tobject
MONDO:2\tbiolink:subclass_of\tMONDO:1
MONDO:3\tbiolink:subclass_of\tMONDO:1
MONDO:5\tbiolink:subclass_of\tMONDO:1
MONDO:6\tbiolink:subclass_of\tMONDO:5
MONDO:7\tbiolink:subclass_of\tMONDO:6
MONDO:4\tbiolink:subclass_of\tMONDO:2
MONDO:2\tbiolink:part_of\tMONDO:1
MONDO:2\tbiolink:subclass_of\tGO:1
"""
MATCHES = """# curie_map:
# mapping_set_version: http://purl.obolibrary.org/obo/mondo/releases/2026-08-04/mappings/x.tsv
subject_id\tsubject_label\tpredicate_id\tobject_id\tobject_label\tmapping_justification
MONDO:2\tpneumonia\tskos:exactMatch\tOrphanet:77\tPneumonia (rare)\tsemapv:ManualMappingCuration
MONDO:2\tpneumonia\tskos:broadMatch\tDOID:552\tpneumonia\tsemapv:ManualMappingCuration
MONDO:2\tpneumonia\tskos:exactMatch\tFOO:1\tpneumonia\tsemapv:ManualMappingCuration
MONDO:3\tobsolete old pneumonia\tskos:exactMatch\tDOID:1\told\tsemapv:ManualMappingCuration
MONDO:6\tsheep disease\tskos:exactMatch\tDOID:2\tsheep\tsemapv:ManualMappingCuration
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "mondo"
    folder.mkdir()
    (folder / "class-stats.tsv").write_text(LABELS)
    (folder / "subclass_edges.tsv").write_text(HIERARCHY)
    (folder / "mondo_exactmatch_orphanet.sssom.tsv").write_text(MATCHES)
    return folder


def check(store: EmbeddedStore, summary: Summary) -> None:
    nodes = nodes_of(store)
    assert set(nodes) == {"MONDO:1", "MONDO:2", "MONDO:3", "ORPHA:77"}
    assert (nodes["MONDO:2"].name, nodes["MONDO:2"].source) == ("pneumonia", "infores:mondo")
    assert (nodes["ORPHA:77"].name, nodes["ORPHA:77"].source) == ("Pneumonia (rare)", "")
    assert nodes["MONDO:3"].is_obsolete
    assert [(e.head, e.tail) for e in edges_of(store, "subclass_of")] == [("MONDO:2", "MONDO:1")]
    (match,) = edges_of(store, "exact_match")
    assert (match.head, match.tail, match.provenance.release) == ("MONDO:2", "ORPHA:77", "2026-08-04")
    assert summary.rejected == {
        "touches an obsolete term": 2,
        "not a Mondo identifier": 1,
        "prefix FOO is not declared": 1,
    }
    assert summary.skipped == {
        "disease of animals": 9,
        "a class of another ontology": 1,
        "not a subclass_of edge": 1,
        "not an exact match": 1,
    }
    assert reconciles(summary)


def test_reads_a_folder(store: EmbeddedStore, folder: Path) -> None:
    check(store, load("mondo", folder, store))


def test_finds_what_is_beside_the_hierarchy(store: EmbeddedStore, folder: Path) -> None:
    check(store, load("mondo", folder / "subclass_edges.tsv", store))


def test_a_hierarchy_alone_gives_nodes_without_names(store: EmbeddedStore, folder: Path) -> None:
    (folder / "class-stats.tsv").unlink()
    (folder / "mondo_exactmatch_orphanet.sssom.tsv").unlink()
    load("mondo", folder, store)
    assert nodes_of(store)["MONDO:2"].name == ""


def test_a_folder_without_hierarchy_is_refused(store: EmbeddedStore, tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"no subclass_edges\.tsv in it: name the folder"):
        load("mondo", tmp_path, store)
    with pytest.raises(SourceError, match="no such file"):
        load("mondo", tmp_path / "nothing.tsv", store)
