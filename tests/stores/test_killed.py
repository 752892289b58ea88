"""A load killed at random moments leaves the graph as before or as after it; and two at once."""

import random
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from kgdx.domain.errors import BackendUnavailableError
from kgdx.stores.registry import open_store
from tests.contracts.store_contract import content
from tests.servers import Server, wipe
from tests.stores.loader import put

_LOADER = Path(__file__).parent / "loader.py"
# How often a load is killed, and its number of diseases: a long load has more moments to be killed at.
SHORT = (1, {"embedded": 300, "server": 100})
LONG = (10, {"embedded": 3_000, "server": 1_000})

Environment = dict[str, str]


@pytest.fixture(params=["embedded", "server"])
def where(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    if request.param == "server":
        server: Server = request.getfixturevalue("neo4j_server")
        wipe(server)
        monkeypatch.setenv("KGDX_NEO4J_USER", server.user)
        monkeypatch.setenv("KGDX_NEO4J_PASSWORD", server.password)
        return server.uri
    return str(tmp_path / "graph")


@pytest.fixture
def load_elsewhere(root: Path) -> Callable[..., "subprocess.CompletedProcess[str]"]:
    def run(where: str, release: str, num: int, after_s: float) -> "subprocess.CompletedProcess[str]":
        command = [sys.executable, str(_LOADER), where, release, str(num), str(after_s)]
        return subprocess.run(command, cwd=root, capture_output=True, text=True, timeout=120, check=False)

    return run


def graph_at(where: str) -> str:
    with open_store(where) as store:
        return content(store)


@pytest.mark.parametrize(
    ("num_kills", "sizes"),
    [pytest.param(*SHORT, id="short"), pytest.param(*LONG, id="long", marks=pytest.mark.slow)],
)
def test_a_killed_load_is_all_or_nothing(
    where: str,
    num_kills: int,
    sizes: dict[str, int],
    request: pytest.FixtureRequest,
    load_elsewhere: Callable[..., "subprocess.CompletedProcess[str]"],
) -> None:
    place, num = where, sizes[request.node.callspec.params["where"]]
    with open_store(place) as store:
        put(store, "one", num)
        before = content(store)
    for _ in range(2):  # a server's first answers are slower than those that follow
        whole = load_elsewhere(place, "three", num, -1)
        assert whole.returncode == 0, whole.stderr
        seconds = float(whole.stdout)
        after = graph_at(place)
        with open_store(place) as store:
            put(store, "one", num)
            assert content(store) == before
    rng, seen, num_killed = random.Random(4), set(), 0  # noqa: S311 -- the same moments at every run
    for share in sorted(rng.uniform(0.02, 1.0) for _ in range(num_kills)):
        ended = load_elsewhere(place, "three", num, share * seconds)
        num_killed += ended.returncode == -9
        now = graph_at(place)
        assert now in (before, after), f"killed after {share:.0%} of a load"
        seen.add(now)
        if now == after:
            with open_store(place) as store:
                put(store, "one", num)
                assert content(store) == before
    assert num_killed >= max(1, num_kills // 2)
    assert before in seen


def test_a_second_loader_gets_a_clear_error(
    tmp_path: Path, load_elsewhere: Callable[..., "subprocess.CompletedProcess[str]"]
) -> None:
    """On the file; tests/stores/test_neo4j.py holds the lock of a server."""
    place = str(tmp_path / "graph")
    with open_store(place) as store:
        put(store, "one", 10)
        other = load_elsewhere(place, "three", 10, -1)
        assert other.returncode != 0
        assert "another process holds it" in other.stderr
        assert BackendUnavailableError.__name__ in other.stderr
    assert load_elsewhere(place, "three", 10, -1).returncode == 0
