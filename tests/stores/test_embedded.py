"""The embedded store keeps the contract, and its file behaves."""

import errno
import os
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from kgdx.domain.errors import BackendUnavailableError, QueryError, SourceError
from kgdx.report.exports.saved import remember
from kgdx.stores import embedded_explanations
from kgdx.stores.base import GraphStore, Store
from kgdx.stores.embedded import EmbeddedStore
from tests.contracts.explanation_contract import ExplanationContract
from tests.contracts.store_contract import EDGES, NODES, NOTHING, StoreContract, content, put
from tests.reports import PATIENT, REPORT


class TestEmbeddedStore(StoreContract):
    @pytest.fixture
    def store(self, tmp_path: Path) -> Iterator[GraphStore]:
        with EmbeddedStore.open(tmp_path / "graph") as store:
            yield store

    @pytest.fixture
    def fail_in_the_middle(self, monkeypatch: pytest.MonkeyPatch) -> Callable[[GraphStore], None]:
        def fail(*_: object) -> None:
            raise RuntimeError("on purpose")

        return lambda store: monkeypatch.setattr(store, "_note_load", fail)


class TestEmbeddedExplanations(ExplanationContract):
    @pytest.fixture
    def store(self, tmp_path: Path) -> Iterator[Store]:
        with EmbeddedStore.open(tmp_path / "graph") as store:
            yield store

    @pytest.fixture
    def fail_after_writing(self, monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
        write = embedded_explanations._write

        def fail(*given: object) -> None:
            write(*given)  # type: ignore[arg-type]
            raise RuntimeError("on purpose")

        return lambda: monkeypatch.setattr(embedded_explanations, "_write", fail)


def test_a_graph_from_before_explanations_gets_their_tables_with_the_first(tmp_path: Path) -> None:
    path = tmp_path / "graph"
    question = "MATCH (c:DiagnosedCase) RETURN c.key AS key"
    with EmbeddedStore.open(path) as store:
        put(store, "hpoa", NODES, EDGES)
        before = content(store)
        with pytest.raises(QueryError, match="no explanation is in this store: write one with"):
            store.query(question, {})
    with EmbeddedStore.open(path, read_only=True) as store:
        with pytest.raises(BackendUnavailableError, match="open for reading only"):
            remember(store, (REPORT,))
        assert store.forget_explanations(["x"]) == 0
    with EmbeddedStore.open(path) as store:
        done = remember(store, (REPORT,))
    with EmbeddedStore.open(path, read_only=True) as store:
        assert [row["key"] for row in store.query(question, {})] == list(done.cases)
        assert remember(store, (REPORT,)).num_new == 0
        assert content(store) == before


@pytest.mark.parametrize("with_text", [False, True])
def test_the_file_itself_holds_words_of_the_patient_only_if_asked(tmp_path: Path, with_text: bool) -> None:
    with EmbeddedStore.open(tmp_path / "graph") as store:
        remember(store, (REPORT,), with_text=with_text)
    assert (PATIENT.encode() in (tmp_path / "graph").read_bytes()) is with_text


def test_only_a_load_writes_to_the_file(tmp_path: Path) -> None:
    path = tmp_path / "graph"
    with EmbeddedStore.open(path) as store:
        put(store, "hpoa", NODES, EDGES)
    held = path.read_bytes()
    with EmbeddedStore.open(path) as store:
        assert put(store, "hpoa", NODES, EDGES) == NOTHING
        store.export()
        with pytest.raises(SourceError):
            put(store, "hpoa", [replace(NODES[0], kind="Planet")])
    assert path.read_bytes() == held
    assert {file.name for file in tmp_path.iterdir()} == {"graph", ".graph.lock"}


def test_what_was_loaded_is_there_after_reopening(tmp_path: Path) -> None:
    path = tmp_path / "a" / "new" / "folder" / "graph"
    with EmbeddedStore.open(path) as store:
        put(store, "hpoa", NODES, EDGES)
        before = content(store)
    for _ in range(3):
        with EmbeddedStore.open(path) as store:
            assert content(store) == before
            assert put(store, "hpoa", NODES, EDGES) == NOTHING
    with EmbeddedStore.open(path, read_only=True) as store:
        assert content(store) == before


def test_two_may_read_at_once_but_nobody_beside_a_writer(tmp_path: Path) -> None:
    path = tmp_path / "graph"
    with EmbeddedStore.open(path), pytest.raises(BackendUnavailableError, match="already open"):
        EmbeddedStore.open(path, read_only=True)
    with EmbeddedStore.open(path, read_only=True), EmbeddedStore.open(path, read_only=True):
        pass


def test_a_graph_another_process_holds_is_unavailable(tmp_path: Path, root: Path) -> None:
    path = tmp_path / "graph"
    script = "import sys; from pathlib import Path; from kgdx.stores.embedded import EmbeddedStore\n"
    script += (
        "s = EmbeddedStore.open(Path(sys.argv[1])); print('open', flush=True); sys.stdin.read(); s.close()"
    )
    command = [sys.executable, "-c", script, str(path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=root) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == b"open\n"
        with pytest.raises(BackendUnavailableError, match="another process holds it"):
            EmbeddedStore.open(path)
        other.communicate()
    EmbeddedStore.open(path).close()


@pytest.mark.parametrize("read_only", [True, False])
def test_what_is_no_graph_is_told_so(tmp_path: Path, read_only: bool) -> None:
    other = tmp_path / "notes.txt"
    other.write_text("Hello, this is text.\n" * 1000)
    with pytest.raises(BackendUnavailableError, match="not a kgdx graph: name another file"):
        EmbeddedStore.open(other, read_only=read_only)
    assert other.read_text().startswith("Hello"), "the file is left alone"


def test_what_cannot_be_opened_is_unavailable(tmp_path: Path) -> None:
    with pytest.raises(BackendUnavailableError, match="no graph there: load a source"):
        EmbeddedStore.open(tmp_path / "missing", read_only=True)
    assert not (tmp_path / "missing").exists()
    with pytest.raises(BackendUnavailableError, match="not a kgdx graph"):
        EmbeddedStore.open(tmp_path)
    (tmp_path / "file").write_text("")
    with pytest.raises(BackendUnavailableError):
        EmbeddedStore.open(tmp_path / "file" / "graph")


def test_closing_twice_is_harmless(tmp_path: Path) -> None:
    store = EmbeddedStore.open(tmp_path / "graph")
    store.close()
    store.close()


def test_a_load_that_was_killed_leaves_the_graph_as_it_was(tmp_path: Path, root: Path) -> None:
    path = tmp_path / "graph"
    with EmbeddedStore.open(path) as store:
        put(store, "hpoa", NODES, EDGES)
        before = content(store)
    script = "import os, sys; from pathlib import Path; from kgdx.stores.embedded import EmbeddedStore\n"
    script += "store = EmbeddedStore.open(Path(sys.argv[1])); store._note_load = lambda *_: os._exit(9)\n"
    script += "from kgdx.graph.arrow_schema import stated_edges\n"
    script += "store.replace_source('hpoa', [], stated_edges([], {}))"
    ended = subprocess.run([sys.executable, "-c", script, str(path)], cwd=root, check=False)
    assert ended.returncode == 9
    with EmbeddedStore.open(path, read_only=True) as store:
        assert content(store) == before


_ADD = """
import sys
from pathlib import Path
from kgdx.domain.graph import Node
from kgdx.graph.arrow_schema import STATED_EDGE_COLUMNS
from kgdx.stores.embedded import EmbeddedStore
with EmbeddedStore.open(Path(sys.argv[1])) as store:
    nodes = [Node(f"MONDO:{i}", "Disease", f"disease {i}") for i in range(200)]
    store.replace_source(sys.argv[2], nodes, STATED_EDGE_COLUMNS.empty_table(), "1")
"""


def test_writers_at_once_wait_for_each_other_and_lose_nothing(tmp_path: Path, root: Path) -> None:
    graph = tmp_path / "graph"
    environment = {**os.environ, "PYTHONPATH": str(root)}
    command = [sys.executable, "-c", _ADD, str(graph)]
    started = [
        subprocess.Popen([*command, name], env=environment, stderr=subprocess.PIPE)
        for name in ("one", "two", "three")
    ]
    told = [(each.communicate(timeout=120)[1].decode(), each.returncode) for each in started]
    done = [code == 0 for _, code in told]
    assert any(done)
    for text, code in told:
        assert code == 0 or "another process holds it" in text, text
    with EmbeddedStore.open(graph, read_only=True) as store:
        loaded = {row["s"] for row in store.query("MATCH (l:Load) RETURN l.source AS s", {})}
    assert loaded == {name for name, is_done in zip(("one", "two", "three"), done, strict=True) if is_done}


def test_a_write_keeps_the_mode_and_leaves_no_draft(tmp_path: Path) -> None:
    graph = tmp_path / "graph"
    with EmbeddedStore.open(graph, is_private=True) as store:
        assert stat.S_IMODE(graph.stat().st_mode) == 0o600
        put(store, "hpoa", NODES, EDGES)
    assert stat.S_IMODE(graph.stat().st_mode) == 0o600
    graph.chmod(0o640)
    with EmbeddedStore.open(graph) as store:
        put(store, "hpoa", NODES, EDGES[:0])
    assert stat.S_IMODE(graph.stat().st_mode) == 0o640
    assert not list(tmp_path.glob("graph.loading*"))


def test_what_a_killed_load_left_is_removed_by_the_next_writer_and_told(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    graph = tmp_path / "graph"
    EmbeddedStore.open(graph).close()
    (tmp_path / "graph.loading").write_bytes(b"x" * 2**20)
    (tmp_path / "graph.loading-1-ab").mkdir()
    (tmp_path / "graph.loading-1-ab" / "graph").write_bytes(b"x")
    (tmp_path / "graph2.loading").touch()
    EmbeddedStore.open(graph, read_only=True).close()
    assert (tmp_path / "graph.loading").exists()
    EmbeddedStore.open(graph).close()
    assert {file.name for file in tmp_path.iterdir()} == {"graph", ".graph.lock", "graph2.loading"}
    assert "2 drafts of killed loads removed, 1.0 MB" in caplog.text


def test_a_full_disk_is_one_error_and_changes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    graph = tmp_path / "graph"

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with EmbeddedStore.open(graph) as store:
        put(store, "hpoa", NODES, EDGES)
        before = store.export()
        monkeypatch.setattr("shutil.copyfile", full)
        with pytest.raises(BackendUnavailableError, match=r"No space left on device.*: nothing was changed"):
            put(store, "other", NODES, EDGES)
        assert store.export() == before
    assert {file.name for file in tmp_path.iterdir()} == {"graph", ".graph.lock"}
