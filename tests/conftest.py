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


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        # Side by side, the tests of a file stay together, and all that ask one server.
        needs_server = "neo4j_server" in getattr(item, "fixturenames", ())
        item.add_marker(pytest.mark.xdist_group("neo4j" if needs_server else str(item.path)))
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
