"""A session with LadybugDB (successor of Kùzu), kept in the order that it needs.

Every result is closed before the next statement, the connection before the database, and each Arrow
table is handed over once: Ladybug frees memory that is still in use otherwise.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, ClassVar, Self
from weakref import WeakSet

import ladybug
import pyarrow as pa

from kgdx.domain.errors import BackendUnavailableError


class Session:
    """One file, open. Statements that fail raise `RuntimeError`, as Ladybug does."""

    # The file's lock keeps out other processes; this keeps one process from opening a file twice.
    _sessions: ClassVar["WeakSet[Session]"] = WeakSet()

    def __init__(self, path: Path, read_only: bool, database: ladybug.Database) -> None:
        self.path = path
        self.is_read_only = read_only
        self._database = database
        self._connection = ladybug.Connection(database)
        self._sessions.add(self)

    @classmethod
    def open(cls, path: Path, read_only: bool) -> Self:
        """Open the file, made with its folder when missing unless it is only to be read.

        Raises:
            BackendUnavailableError: if there is none to read, it is no graph, or somebody else holds it.
        """
        path = path.resolve()
        if read_only and not path.is_file():
            raise BackendUnavailableError(f"{path}: no graph there: load a source with kgdx ingest add")
        if any(path == other.path and not (read_only and other.is_read_only) for other in cls._sessions):
            raise BackendUnavailableError(f"{path}: already open in this process: close it first")
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            return cls(path, read_only, _database(path, read_only))
        except (RuntimeError, OSError) as error:
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

        They are read in a transaction of its own, which can only read unless `may_write`.
        """
        self.do("BEGIN TRANSACTION" if may_write else "BEGIN TRANSACTION READ ONLY")
        self._connection.set_query_timeout(max(1, round(timeout_s * 1000)))
        is_done = False
        try:
            with self._result(statement, parameters) as result:
                names = result.get_column_names()
                found: list[dict[str, Any]] = []
                while result.has_next() and (limit is None or len(found) < limit):
                    found.append(dict(zip(names, result.get_next(), strict=True)))
            is_done = may_write
            return found
        finally:
            self._connection.set_query_timeout(0)
            if is_done:
                self.do("COMMIT")
            else:
                self._roll_back()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Keep all that is done inside, or, if it fails, nothing of it."""
        self.do("BEGIN TRANSACTION")
        try:
            yield
        except BaseException:
            self._roll_back()
            raise
        self.do("COMMIT")

    def close(self) -> None:
        """Give the file back. Closing twice does nothing."""
        self._sessions.discard(self)
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


def _database(path: Path, read_only: bool) -> ladybug.Database:
    try:
        return ladybug.Database(path, read_only=read_only, backend="pybind")
    except RuntimeError as error:
        if not read_only or "recovery is pending" not in str(error):
            raise
        # A load was killed while it wrote. Opened for writing, Ladybug goes back to the last whole state.
        ladybug.Database(path, backend="pybind").close()
        return ladybug.Database(path, read_only=True, backend="pybind")


def unavailable(path: Path, error: Exception) -> BackendUnavailableError:
    """What a failure to open means for the user."""
    first = (str(error).splitlines() or ["it cannot be opened"])[0]
    lower = first.lower()
    if "lock" in lower:
        return BackendUnavailableError(f"{path}: another process holds it ({first}): wait for it, or end it")
    if any(word in lower for word in ("not a valid", "directory", "does not exist")):
        return BackendUnavailableError(f"{path}: not a kgdx graph: name another file, or load into a new one")
    return BackendUnavailableError(f"{path}: {first}: check the path and its permissions")
