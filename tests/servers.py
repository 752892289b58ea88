"""A real Neo4j server for tests: the one the environment names, else one of our own."""

import importlib.util
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import neo4j

from kgdx.stores.neo4j import Neo4jStore

_LAUNCHER = Path(__file__).parent.parent / "tools" / "neo4j" / "server.py"


@dataclass(frozen=True)
class Server:
    uri: str
    user: str
    password: str


class NoServerError(RuntimeError):
    """No server can be had, and why."""


@contextmanager
def a_server() -> Iterator[Server]:
    """`KGDX_TEST_NEO4J_URI` with its user and password, else a server started for the tests."""
    uri = os.environ.get("KGDX_TEST_NEO4J_URI")
    if uri:
        user = os.environ.get("KGDX_TEST_NEO4J_USER", "neo4j")
        yield Server(uri, user, os.environ.get("KGDX_TEST_NEO4J_PASSWORD", ""))
        return
    spec = importlib.util.spec_from_file_location("neo4j_launcher", _LAUNCHER)
    if spec is None or spec.loader is None:
        raise NoServerError(f"no {_LAUNCHER}")
    launcher = importlib.util.module_from_spec(spec)
    import sys

    sys.modules[spec.name] = launcher
    spec.loader.exec_module(launcher)
    try:
        with launcher.running() as server:
            yield Server(server.uri, server.user, server.password)
    except launcher.UnavailableError as error:
        raise NoServerError(str(error)) from error


def open_store(server: Server, read_only: bool = False) -> Neo4jStore:
    return Neo4jStore.open(server.uri, server.user, server.password, read_only=read_only)


def wipe(server: Server) -> None:
    """Take everything out but the constraints."""
    with (
        neo4j.GraphDatabase.driver(server.uri, auth=(server.user, server.password)) as driver,
        driver.session() as session,
    ):
        session.run("MATCH (n) CALL (n) { DETACH DELETE n } IN TRANSACTIONS OF 10000 ROWS").consume()
