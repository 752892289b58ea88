"""A store by its name: the path of a file, or the address of a Neo4j server."""

from pathlib import Path

from kgdx.settings import Settings
from kgdx.stores.base import Store


def open_store(
    where: str | Path,
    *,
    read_only: bool = False,
    settings: Settings | None = None,
    is_private: bool = False,
) -> Store:
    """Open the graph that a name means.

    Args:
        where: a path, for the embedded store, or `neo4j://HOST:PORT` (any scheme of the Neo4j driver).
        settings: how to log in to a server; the environment's if left out.
        is_private: a file that is made is for its owner alone, as one with explanations should be.

    Raises:
        BackendUnavailableError: if it cannot be opened or reached.
    """
    name = str(where)
    if is_server(name):
        from kgdx.stores.neo4j import Neo4jStore

        given = settings or Settings()
        password = given.neo4j_password.get_secret_value()
        return Neo4jStore.open(name, given.neo4j_user, password, given.neo4j_database, read_only)
    from kgdx.stores.embedded import EmbeddedStore

    return EmbeddedStore.open(Path(name), read_only, is_private=is_private)


def is_server(where: str) -> bool:
    """Whether the name is an address, not a path."""
    return "://" in where
