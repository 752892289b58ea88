"""DOC"""

import os
import shutil
import stat
import sys
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, ClassVar, Self
from weakref import WeakSet

import ladybug
import pyarrow as pa

from graph_schema.explanations import KEY, explanation_schema
from kgdx.domain.errors import BackendUnavailableError
from kgdx.stores import rows
from kgdx.stores.cypher import EDGE_PROPERTIES, LOAD_COLUMNS, MENTIONS, NODE_PROPERTIES, RECORD_COLUMNS
from kgdx.stores.store_lock import StoreLock, clean_drafts, draft_beside, forget_draft


class Session:
    """One file, open. Statements that fail raise `RuntimeError`, as Ladybug does."""

    # The file's lock keeps out other processes; this keeps one process from opening a file twice.
    _sessions: ClassVar["WeakSet[Session]"] = WeakSet()

    def __init__(self, path: Path, read_only: bool, database: ladybug.Database, lock: StoreLock) -> None:
        self.path = path
        self.is_read_only = read_only
        self._lock = lock
        self._database = database
        self._connection = _connected(database, read_only)
        self._sessions.add(self)

    @classmethod
    def open(cls, path: Path, read_only: bool, *, is_private: bool = False) -> Self:
        """Open the file, made with its folder when missing unless it is only to be read.

        Args:
            is_private: a file that is made is for its owner alone.

        Raises:
            BackendUnavailableError: if there is none to read, it is no graph, or somebody else holds it.
        """
        path = path.resolve()
        if read_only and not path.is_file():
            raise BackendUnavailableError(f"{path}: no graph there: load a source with kgdx ingest add")
        if any(path == other.path and not (read_only and other.is_read_only) for other in cls._sessions):
            raise BackendUnavailableError(f"{path}: already open in this process: close it first")
        lock = StoreLock(None)
        try:
            if not read_only:
                path.parent.mkdir(parents=True, exist_ok=True)
            lock = StoreLock.take(path, is_writing=not read_only)
            if not read_only:
                clean_drafts(path)
            is_new = not path.exists()
            with _directory_lock(path, exclusive=False):
                database = ladybug.Database(path, read_only=read_only, backend="pybind")
                if is_new and is_private:
                    path.chmod(0o600)
                return cls(path, read_only, database, lock)
        except (RuntimeError, OSError) as error:
            lock.release()
            raise unavailable(path, error) from error

    def do(self, statement: str, parameters: Mapping[str, Any] | None = None) -> None:
        """Run a statement for what it does."""
        with self._result(statement, parameters):
            pass

    def table(self, statement: str, parameters: Mapping[str, Any] | None = None) -> pa.Table:
        """The rows of a statement as one Arrow table."""
        with self._result(statement, parameters) as result:
            return result.get_as_arrow()

    def rows(
        self,
        statement: str,
        parameters: Mapping[str, Any],
        limit: int | None = None,
        timeout_s: float = 60.0,
        may_write: bool = False,
    ) -> list[dict[str, Any]]:
        """The first rows of a statement, column -> value as Ladybug gives it.

        They are read in a transaction of its own that can only read, unless `may_write`.
        """
        if may_write:
            with self.rewriting():
                return self._rows(statement, parameters, limit, timeout_s)
        self.do("BEGIN TRANSACTION READ ONLY")
        try:
            return self._rows(statement, parameters, limit, timeout_s)
        finally:
            self._roll_back()

    def _rows(
        self, statement: str, parameters: Mapping[str, Any], limit: int | None, timeout_s: float
    ) -> list[dict[str, Any]]:
        self._connection.set_query_timeout(max(1, round(timeout_s * 1000)))
        try:
            with self._result(statement, parameters) as result:
                names = result.get_column_names()
                found: list[dict[str, Any]] = []
                while result.has_next() and (limit is None or len(found) < limit):
                    found.append(dict(zip(names, result.get_next(), strict=True)))
            return found
        finally:
            self._connection.set_query_timeout(0)

    @contextmanager
    def rewriting(self) -> Iterator[None]:
        """Work on a copy of the file, which takes the file's place at the end, or is thrown away.

        Ladybug's own way back after a crash, its write-ahead log, can lose what a transaction wrote. The
        file that others see is therefore never written to: it is there as it was, or replaced whole.
        """
        copy = None
        kept = self._connection, self._database
        try:
            copy = draft_beside(self.path)
            shutil.copyfile(self.path, copy)
            self._database = ladybug.Database(copy, backend="pybind")
            self._connection = ladybug.Connection(self._database)
            self.do("BEGIN TRANSACTION")  # much quicker than a checkpoint after every statement
            yield
            self.do("COMMIT")
            self._disconnect()
            self._connection, self._database = kept
            with _directory_lock(self.path, exclusive=True):
                _replace(copy, self.path, before=self._disconnect)
                self._database = ladybug.Database(self.path, backend="pybind")
                self._connection = _connected(self._database, self.is_read_only)
        except BaseException as error:
            if self._database is not kept[1]:
                with suppress(RuntimeError):
                    self._disconnect()
                self._connection, self._database = kept
            if isinstance(error, OSError) or (isinstance(error, RuntimeError) and is_about_disk(error)):
                raise unavailable(self.path, error) from error
            raise
        finally:
            if copy is not None:
                forget_draft(copy)

    def close(self) -> None:
        """Give the file back. Closing twice does nothing."""
        self._sessions.discard(self)
        self._disconnect()
        self._lock.release()

    def _disconnect(self) -> None:
        self._connection.close()
        self._database.close()

    def _roll_back(self) -> None:
        # A statement that failed may have ended the transaction itself.
        with suppress(RuntimeError):
            self.do("ROLLBACK")

    @contextmanager
    def _result(self, statement: str, parameters: Mapping[str, Any] | None) -> Iterator[Any]:
        # Only several statements in one text would give a list, and no text of ours holds several.
        result: Any = self._connection.execute(statement, dict(parameters or {}))
        try:
            yield result
        finally:
            result.close()


def _connected(database: ladybug.Database, read_only: bool) -> ladybug.Connection:
    """A connection that leaves the file as it is on closing: Ladybug writes to it otherwise."""
    connection = ladybug.Connection(database)
    if not read_only:
        # One statement gives one result, never a list of them.
        result: Any = connection.execute("CALL force_checkpoint_on_close=false")
        result.close()
    return connection


def _replace(copy: Path, path: Path, before: Callable[[], None]) -> None:
    """Put the copy in the place of the file, with its mode, and have that on the disk.

    Args:
        before: called when nothing but the move itself can go wrong any more.
    """
    copy.chmod(stat.S_IMODE(path.stat().st_mode))
    with copy.open("rb") as file:
        os.fsync(file.fileno())
    before()
    copy.replace(path)
    if sys.platform != "win32":
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


@contextmanager
def _directory_lock(path: Path, exclusive: bool) -> Iterator[None]:
    """While one file takes the place of another, nobody opens either."""
    if sys.platform == "win32":
        yield
        return
    import fcntl

    folder = os.open(path.parent, os.O_RDONLY)
    try:
        fcntl.flock(folder, fcntl.LOCK_EX if exclusive else fcntl.LOCK_SH)
        yield
    finally:
        os.close(folder)


def is_about_disk(error: Exception) -> bool:
    """Whether a statement failed because nothing more could be written."""
    told = str(error).lower()
    return any(word in told for word in ("no space left", "disk quota", "input/output error", "cannot write"))


def unavailable(path: Path, error: Exception) -> BackendUnavailableError:
    """What a failure to open means for the user."""
    first = (str(error).splitlines() or ["it cannot be opened"])[0]
    lower = first.lower()
    if is_about_disk(error):
        return BackendUnavailableError(f"{path}: {first}: nothing was changed; make room and do it again")
    if "lock" in lower:
        return BackendUnavailableError(f"{path}: another process holds it ({first}): wait for it, or end it")
    if any(word in lower for word in ("not a valid", "directory", "does not exist")):
        return BackendUnavailableError(f"{path}: not a kgdx graph: name another file, or load into a new one")
    return BackendUnavailableError(f"{path}: {first}: check the path and its permissions")


_INTERNAL = {"_ID", "_LABEL", "_SRC", "_DST", MENTIONS}
_OF_NODES = {*NODE_PROPERTIES, *RECORD_COLUMNS.names, *LOAD_COLUMNS.names}


def plain_row(row: Mapping[str, Any]) -> dict[str, Any]:
    """Nodes and edges as their properties, paths as their nodes and edges."""
    curies = dict(_nodes_in(list(row.values())))
    return {name: _plain(value, curies) for name, value in row.items()}


def _nodes_in(value: Any) -> Iterator[tuple[str, str]]:
    """Ladybug's number and the CURIE, or else the key, of every node in a value."""
    if isinstance(value, list):
        for item in value:
            yield from _nodes_in(item)
    elif isinstance(value, dict):
        if "_NODES" in value:
            yield from _nodes_in(value["_NODES"])
        elif "_ID" in value and (named := value.get("curie") or value.get(KEY)):
            yield str(value["_ID"]), named


def _plain(value: Any, curies: Mapping[str, str]) -> Any:
    if isinstance(value, list):
        return [_plain(item, curies) for item in value]
    if not isinstance(value, dict):
        return value
    if "_NODES" in value:
        return {"nodes": _plain(value["_NODES"], curies), "edges": _plain(value["_RELS"], curies)}
    foreign = _foreign(value)
    kept = {key: _plain(item, curies) for key, item in value.items() if key not in foreign}
    if "_SRC" not in value:
        return kept
    ends = {end: curies.get(str(value[key])) for end, key in (("head", "_SRC"), ("tail", "_DST"))}
    if value["_LABEL"] in explanation_schema().links:
        return {"relation": value["_LABEL"], **ends, **kept}
    listed = rows.publications(kept["publications"])
    return {"relation": value["_LABEL"], **ends, **kept, "publications": listed}


def _foreign(value: Mapping[str, Any]) -> Collection[str]:
    """Which keys are not its own: a pattern of several labels gives each node the properties of all."""
    schema, label = explanation_schema(), str(value.get("_LABEL", ""))
    if label in schema.kinds:
        return value.keys() - {KEY, *schema.kinds[label].properties}
    if label in schema.links:
        return value.keys() - schema.links[label].properties.keys()
    medical = EDGE_PROPERTIES if "_SRC" in value else _OF_NODES
    return _INTERNAL | (schema.property_names - set(medical)) if label else _INTERNAL
