"""A load: idempotent, independent of order, all or nothing; and the command line around it."""

import gzip
import json
from collections.abc import Callable, Sequence
from itertools import permutations
from pathlib import Path

import pytest
from typer.testing import CliRunner

import graph_schema
from ingest.catalogue import catalogue, owner_of
from ingest.cli import app
from ingest.kgx import write as write_kgx
from ingest.load import load
from ingest.readers import reader_of
from kgdx.domain.errors import BackendUnavailableError, SourceError
from kgdx.domain.graph import LoadCount
from kgdx.graph.arrow_schema import STATED_EDGE_COLUMNS, iter_edges
from kgdx.graph.snapshot import Snapshot
from kgdx.stores.embedded import EmbeddedStore
from tests.ingest.tiny import HPO, hpoa_row, nodes_of

Write = Callable[[str, str], Path]
LIST = (
    "\t".join(f"final normalized {end} {what}" for end in ("drug", "disease") for what in ("id", "label"))
    + "\n"
)


def content(store: EmbeddedStore) -> str:
    return Snapshot.from_tables(*store.export()).content_hash


@pytest.fixture
def sources(write: Write) -> dict[str, Path]:
    """Four sources that name the same identifiers differently."""
    return {
        "indications": write(
            "i.tsv", f"{LIST}CHEBI:1\tASPIRIN\tHP:0002202\teffusion\nCHEBI:1\tASPIRIN\tOMIM:1\tit\n"
        ),
        "drugs": write("d.csv", "curie,curie_label,source_ingredients\nCHEBI:1,Aspirin,ASA\n"),
        "hpo": write("hp.json", HPO),
        "hpoa": write("p.hpoa", hpoa_row() + "\n" + hpoa_row("OMIM:1", "HP:0000057")),
    }


def test_every_source_has_a_reader_and_owns_declared_prefixes() -> None:
    assert all(callable(reader_of(source)) for source in catalogue().values())
    owned = [prefix for source in catalogue().values() for prefix in source.owns]
    assert len(owned) == len(set(owned))
    assert set(owned) <= set(graph_schema.load().iris)
    assert owner_of("HP") == "hpo"


def test_loading_twice_changes_nothing(hpo_store: EmbeddedStore, write: Write) -> None:
    path = write("p.hpoa", "\n".join([hpoa_row(), hpoa_row("OMIM:2", qualifier="NOT")]))
    assert load("hpoa", path, hpo_store).change == LoadCount(num_nodes_added=2, num_edges_added=2)
    before = content(hpo_store)
    again = load("hpoa", path, hpo_store)
    assert again.change == LoadCount()
    assert (again.num_nodes, again.num_edges) == (2, 2)
    assert content(hpo_store) == before


NAMES = ("indications", "drugs", "hpo", "hpoa")


@pytest.mark.parametrize(
    "orders",
    [
        pytest.param((NAMES, NAMES[::-1], NAMES[2:] + NAMES[:2]), id="some"),
        pytest.param(tuple(permutations(NAMES)), id="all", marks=pytest.mark.slow),
    ],
)
def test_the_order_of_sources_does_not_matter(
    tmp_path: Path, sources: dict[str, Path], orders: Sequence[Sequence[str]]
) -> None:
    assert set(sources) == set(NAMES)
    results = set()
    for number, order in enumerate(orders):
        with EmbeddedStore.open(tmp_path / f"graph{number}") as store:
            for name in order:
                load(name, sources[name], store)
            results.add(content(store))
            nodes = nodes_of(store)
    assert len(results) == 1
    assert (nodes["HP:0002202"].name, nodes["CHEBI:1"].name) == ("Pleural effusion", "Aspirin")


def test_a_file_cut_off_leaves_the_store_as_it_was(hpo_store: EmbeddedStore, tmp_path: Path) -> None:
    rows = "\n".join(hpoa_row(f"OMIM:{i}") for i in range(3000)).encode()
    whole, cut = tmp_path / "whole.gz", tmp_path / "cut.gz"
    whole.write_bytes(gzip.compress(rows))
    cut.write_bytes(gzip.compress(rows)[:-100])
    load("hpoa", whole, hpo_store)
    before = content(hpo_store)
    with pytest.raises(SourceError, match="cut off"):
        load("hpoa", cut, hpo_store)
    assert content(hpo_store) == before


def test_progress_is_told(hpo_store: EmbeddedStore, write: Write) -> None:
    told: list[int] = []
    load(
        "hpoa", write("p.hpoa", "\n".join(hpoa_row(f"OMIM:{i}") for i in range(4500))), hpo_store, told.append
    )
    assert told == [2000, 4000, 4500]


@pytest.fixture
def run(tmp_path: Path) -> Callable[..., tuple[str, str]]:
    def run(*arguments: object) -> tuple[str, str]:
        result = CliRunner().invoke(app, [str(a) for a in arguments], catch_exceptions=False)
        if result.exception and not isinstance(result.exception, SystemExit):
            raise result.exception
        return result.stdout, result.stderr

    return run


def test_add_tells_people_on_stderr_and_programs_on_stdout(
    run: Callable[..., tuple[str, str]], tmp_path: Path, sources: dict[str, Path]
) -> None:
    store = tmp_path / "new" / "graph"
    out, err = run("add", "hpo", "--from", sources["hpo"], "--store", store, "--json")
    summary = json.loads(out)
    assert (summary["source"], summary["num_rows"], summary["num_nodes"]) == ("hpo", 6, 4)
    assert summary["change"]["num_edges_added"] == 1
    assert "6 rows read" in err
    out, err = run("add", "indications", "--from", sources["indications"], "--store", store)
    assert out == ""
    out, _ = run("list", "--store", store, "--json")
    counts = {entry["name"]: entry["num_edges"] for entry in map(json.loads, out.splitlines())}
    assert (counts["hpo"], counts["indications"], counts["mondo"]) == (1, 2, 0)
    assert "hpoa" in run("list")[0]


def test_a_wrong_name_leaves_no_store_behind(run: Callable[..., tuple[str, str]], tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"source 'hop': not in the catalogue: choose one of hpo, hpoa"):
        run("add", "hop", "--from", "x", "--store", tmp_path / "graph")
    assert not (tmp_path / "graph").exists()
    with pytest.raises(SourceError, match="no path given: say where it is with --from"):
        run("add", "hpo", "--store", tmp_path / "graph")
    with pytest.raises(BackendUnavailableError, match="no graph there"):
        run("list", "--store", tmp_path / "missing")


def test_texts_are_on_one_line_and_lists_keep_their_items(store: EmbeddedStore, tmp_path: Path) -> None:
    table = (
        'drug,name,others,effect,disease,paper\nCHEBI:1,"a\tb","x|y;z\n w",helps,MONDO:1,https://x.org/?a|b\n'
    )
    (tmp_path / "t.csv").write_text(table)
    (tmp_path / "t.csv.mapping.yaml").write_text(
        "node:\n  id: {column: drug}\n  name: {column: name}\n  synonyms: {column: others, split: ';'}\n"
        "edge:\n  head: {column: drug}\n  relation: {value: treats}\n  tail: {column: disease}\n"
        "  publications: {column: paper}\n"
    )
    load("table", tmp_path / "t.csv", store, alias="own")
    drug = nodes_of(store)["CHEBI:1"]
    assert (drug.name, drug.synonyms) == ("a b", ("x/y", "z  w"))
    (edge,) = iter_edges(store.export()[1])
    assert edge.provenance.publications == ("https://x.org/?a%7Cb",)
    before = content(store)
    write_kgx(*store.export(), tmp_path / "out")
    store.replace_source("own", [], STATED_EDGE_COLUMNS.empty_table())
    load("kgx", tmp_path / "out", store)
    assert content(store) == before
