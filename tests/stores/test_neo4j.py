"""The Neo4j store keeps the contract on a real server, also when a load is killed."""

from collections.abc import Callable, Iterator

import pytest

from kgdx.domain.errors import BackendUnavailableError
from kgdx.report.exports.saved import remember
from kgdx.stores import neo4j_explanations
from kgdx.stores.base import GraphStore, Store
from kgdx.stores.explanation_rows import Records
from kgdx.stores.journal import Journal
from kgdx.stores.neo4j import Neo4jStore
from tests.contracts.explanation_contract import ExplanationContract, everything
from tests.contracts.store_contract import EDGES, NODES, StoreContract, content, put
from tests.reports import ABSTAINED, LATER, REPORT
from tests.servers import Server, open_store, wipe


@pytest.fixture
def empty_server(neo4j_server: Server) -> Server:
    wipe(neo4j_server)
    return neo4j_server


class TestNeo4jStore(StoreContract):
    @pytest.fixture
    def store(self, empty_server: Server) -> Iterator[GraphStore]:
        with open_store(empty_server) as store:
            yield store

    @pytest.fixture
    def fail_in_the_middle(self, monkeypatch: pytest.MonkeyPatch) -> Callable[[GraphStore], None]:
        def fail(*_: object) -> None:
            raise RuntimeError("on purpose")

        return lambda store: monkeypatch.setattr(Journal, "_commit", fail)


class TestNeo4jExplanations(ExplanationContract):
    @pytest.fixture
    def store(self, empty_server: Server) -> Iterator[Store]:
        with open_store(empty_server) as store:
            yield store

    @pytest.fixture
    def fail_after_writing(self, monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
        write = neo4j_explanations._write

        def fail(*given: object) -> None:
            write(*given)  # type: ignore[arg-type]
            raise RuntimeError("on purpose")

        return lambda: monkeypatch.setattr(neo4j_explanations, "_write", fail)


def test_cases_of_several_transactions_are_taken_back_together(
    empty_server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(neo4j_explanations, "_CASES", 1)
    write, told = neo4j_explanations._write, (LATER, REPORT, ABSTAINED)

    def fail_at_the_last(opened: object, records: Records) -> None:
        write(opened, records)  # type: ignore[arg-type]
        if "Evidence" not in records.nodes:
            raise RuntimeError("on purpose")

    with open_store(empty_server) as store:
        remember(store, (LATER,))
        before = everything(store)
        with monkeypatch.context() as patch:
            patch.setattr(neo4j_explanations, "_write", fail_at_the_last)
            with pytest.raises(RuntimeError, match="on purpose"):
                remember(store, told)
        assert everything(store) == before
        assert remember(store, told).num_new == 2


def test_what_was_loaded_is_there_after_reopening(empty_server: Server) -> None:
    with open_store(empty_server) as store:
        put(store, "hpoa", NODES, EDGES)
        before = content(store)
    with open_store(empty_server, read_only=True) as store:
        assert content(store) == before


def test_a_second_loader_is_told_to_wait(empty_server: Server) -> None:
    with open_store(empty_server) as first, open_store(empty_server) as second:
        put(first, "hpoa", NODES, EDGES)
        before = content(first)
        with first._journal.lock(), pytest.raises(BackendUnavailableError, match="wait until it is done"):
            put(second, "hpoa")
        assert content(second) == before


@pytest.mark.parametrize("place", ["_add_edges", "_commit"])
def test_an_interrupted_load_is_undone_at_once(
    empty_server: Server, monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    with open_store(empty_server) as store:
        put(store, "hpoa", NODES, EDGES)
        before = content(store)
        with monkeypatch.context() as patch:
            patch.setattr(Journal, place, interrupt)
            with pytest.raises(KeyboardInterrupt):
                put(store, "hpoa", NODES[:2], EDGES[:1])
        assert content(store) == before


def test_a_server_lost_in_a_load_is_told_as_what_it_is(
    empty_server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("the first error")

    def gone(*_: object) -> None:
        raise BackendUnavailableError("the server is gone")

    with open_store(empty_server) as store:
        put(store, "hpoa", NODES, EDGES)
        before = content(store)
        with monkeypatch.context() as patch:
            patch.setattr(Journal, "_commit", fail)
            patch.setattr(Journal, "_undo", gone)
            with pytest.raises(RuntimeError, match="the first error"):
                put(store, "hpoa", NODES[:2], EDGES[:1])
        with pytest.raises(BackendUnavailableError, match="wait until it is done"):
            content(store)
    with open_store(empty_server, read_only=True) as store:
        assert content(store) == before


def test_a_wrong_password_is_told(neo4j_server: Server) -> None:
    with pytest.raises(BackendUnavailableError, match="refused: set KGDX_NEO4J_USER") as caught:
        Neo4jStore.open(neo4j_server.uri, "neo4j", "not-the-password")
    assert "not-the-password" not in str(caught.value)


@pytest.mark.parametrize("uri", ["neo4j://127.0.0.1:1", "bolt://127.0.0.1:1"])
def test_a_server_that_is_not_there_is_told(uri: str) -> None:
    with pytest.raises(BackendUnavailableError, match="no Neo4j server answers: start it"):
        Neo4jStore.open(uri, "neo4j", "x")


def test_what_is_no_address_is_told() -> None:
    with pytest.raises(BackendUnavailableError, match="no address of a Neo4j server"):
        Neo4jStore.open("ftp://somewhere", "neo4j", "x")
