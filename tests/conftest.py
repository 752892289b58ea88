"""What every test may ask for."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings

if TYPE_CHECKING:
    from tests.servers import Server

# No test asserts a time: on a busy machine an example of any property may take long.
settings.register_profile("kgdx", deadline=None)
settings.load_profile("kgdx")

ROOT = Path(__file__).parent.parent
DATA = Path(os.environ.get("KGDX_DATA", ROOT.parent / "shared" / "data"))


@pytest.fixture(scope="session")
def root() -> Path:
    """The folder of the project."""
    return ROOT


@pytest.fixture(scope="session")
def data() -> Path:
    """The folder of the real third-party data."""
    return DATA


# The groups that take longest start first, so that no worker is left alone with one of them at the end.
LONGEST = (
    "neo4j",
    "tests/stores/test_embedded.py",
    "tests/docs",
    "tests/ingest/test_every_source.py",
    "tests/stores/test_killed.py",
    "tests/e2e",
)


# Whole folders whose tests share the shipped engine.
ONE_ENGINE = {"tests/docs", "tests/e2e"}


def group_of(item: pytest.Item) -> str:
    """Side by side, the tests of a file stay together, and so do all that share the server or an engine."""
    asks_server = "neo4j_server" in getattr(item, "fixturenames", ()) or _is_on_server(item)
    if asks_server:
        return "neo4j"
    file = item.path.relative_to(ROOT)
    folder = file.parent.as_posix()
    return folder if folder in ONE_ENGINE else file.as_posix()


def _is_on_server(item: pytest.Item) -> bool:
    """Whether a parameter asks for the server, whose fixture is then named only while the test runs."""
    call = getattr(item, "callspec", None)
    return call is not None and any(
        isinstance(value, str) and value == "server" for value in call.params.values()
    )


# First of all hooks: xdist reads the groups in its own, and a file would else be spread over the workers.
@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    groups = {item: group_of(item) for item in items}
    for item, group in groups.items():
        item.add_marker(pytest.mark.xdist_group(group))
    places = {group: place for place, group in enumerate(LONGEST)}
    items.sort(key=lambda item: places.get(groups[item], len(LONGEST)))
    if DATA.is_dir():
        return
    skip = pytest.mark.skip(reason=f"real data not found at {DATA}: set KGDX_DATA")
    for item in items:
        if item.get_closest_marker("realdata"):
            item.add_marker(skip)


@pytest.fixture(scope="session")
def neo4j_server() -> Iterator["Server"]:
    """A real Neo4j server; where none can be had the test is skipped, or fails if one is required."""
    from tests.servers import NoServerError, a_server

    try:
        with a_server() as server:
            yield server
    except NoServerError as error:
        if os.environ.get("KGDX_REQUIRE_NEO4J") == "1":
            pytest.fail(f"a Neo4j server is required, but {error}")
        pytest.skip(f"no Neo4j server: {error}")
