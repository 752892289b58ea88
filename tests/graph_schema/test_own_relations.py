"""Relations of the user's own: declared in a file, or told what is wrong with it; a release carries them."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import yaml

import graph_schema
from graph_schema import RelationFileError
from kgdx.stores.embedded import EmbeddedStore

Declare = Callable[[str], Path]
GOOD = {
    "predicate": "acme:heralded_by",
    "inverse": "heralds",
    "domain": ["Disease"],
    "range": ["PhenotypicFeature"],
    "text": "is heralded by",
    "inverse_text": "is an early sign of",
}


@pytest.fixture
def declare(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Declare]:
    def declare(text: str) -> Path:
        path = tmp_path / "own.yaml"
        path.write_text(text, encoding="utf-8")
        monkeypatch.setenv("KGDX_RELATIONS", str(path))
        graph_schema.load.cache_clear()
        return path

    yield declare
    monkeypatch.undo()
    graph_schema.load.cache_clear()


def entry(name: str = "heralded_by", without: str = "", **changed: object) -> str:
    fields = {key: value for key, value in {**GOOD, **changed}.items() if key != without}
    return yaml.safe_dump({name: fields})


def test_an_own_relation_is_one_like_the_others(declare: Declare) -> None:
    shipped = graph_schema.load()
    declare(entry(diagnostic=True))
    schema = graph_schema.load()
    relation = schema.relations["heralded_by"]
    assert schema.relation_of_predicate("acme:heralded_by") == relation
    assert relation.pairs() == (("Disease", "PhenotypicFeature"),)
    assert relation.is_diagnostic
    assert {name: r for name, r in schema.relations.items() if name != "heralded_by"} == shipped.relations
    assert set(schema.own_relations) == {"heralded_by"}


def test_it_carries_no_evidence_unless_told(declare: Declare) -> None:
    declare(entry())
    assert not graph_schema.load().relations["heralded_by"].is_diagnostic


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("", "no relations"),
        ("a: [", "line 1: "),
        ("heralded_by: 3", "without fields"),
        (entry(without="text"), "without text"),
        (entry(without="inverse"), "without inverse"),
        (entry(text=" "), "text is no text"),
        (entry(color="red"), "unknown field color"),
        (entry("Heralded By"), "'Heralded By' is no name"),
        (entry(inverse="x) DELETE"), "is no name"),
        (entry("treats"), "treats is taken"),
        (entry("treated_by"), "treated_by is taken"),
        (entry("gene"), "gene is taken"),
        (entry("match"), "match is taken"),
        (entry(inverse="treats"), "treats is taken"),
        (entry(predicate="heralds"), "'heralds' is no CURIE"),
        (entry(predicate="biolink:same_as"), "biolink:same_as is taken"),
        (entry(domain=[]), "domain is no list of kinds"),
        (entry(range=["Planet"]), "'Planet' in range is no kind"),
        (entry(range=[["Disease"]]), "['Disease'] in range is no kind"),
        (entry(diagnostic="yes"), "diagnostic is neither true nor false"),
        (entry() + entry("foreshadowed_by"), "heralds is taken"),
    ],
)
def test_a_file_that_cannot_be_used_is_told(declare: Declare, text: str, fault: str) -> None:
    path = declare(text)
    with pytest.raises(RelationFileError) as caught:
        graph_schema.load()
    assert str(caught.value).startswith(str(path))
    assert fault in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_graph_that_is_there_already_gets_the_relation(declare: Declare, tmp_path: Path) -> None:
    EmbeddedStore.open(tmp_path / "graph").close()
    declare(entry())
    with EmbeddedStore.open(tmp_path / "graph") as store:
        assert list(store.query("MATCH ()-[e:heralded_by]->() RETURN e", {})) == []
    EmbeddedStore.open(tmp_path / "graph", read_only=True).close()
