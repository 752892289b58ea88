"""Who may use the file of an embedded store, and the drafts that are written beside it.

Ladybug locks the file itself, but a lock of POSIX ends as soon as its process opens and closes the file once
more, as copying it does. So there is a lock file of its own, which nothing else ever opens, and which stays.
"""

import logging
import os
import secrets
import shutil
import sys
import time
from pathlib import Path

from kgdx.domain.errors import BackendUnavailableError

logger = logging.getLogger(__name__)

WAIT_S = 10.0
"""How long to wait for whoever holds the store."""
_POLL_S = 0.05


class StoreLock:
    """The lock of one file: of one writer, or of any number of readers. Give it back with `release`."""

    def __init__(self, handle: int | None) -> None:
        self._handle = handle

    @classmethod
    def take(cls, path: Path, *, is_writing: bool) -> "StoreLock":
        """Wait for the lock. A reader that may not write to the folder needs none if nobody ever wrote.

        Raises:
            BackendUnavailableError: if somebody else still holds it after `WAIT_S`.
            OSError: if a writer cannot make the lock file.
        """
        place = path.with_name(f".{path.name}.lock")
        if sys.platform == "win32":
            return cls(None)
        import fcntl

        try:
            handle = os.open(place, os.O_RDWR | os.O_CREAT if is_writing else os.O_RDONLY, 0o666)
        except OSError:
            if is_writing:
                raise
            return cls(None)
        until = time.monotonic() + WAIT_S
        while True:
            try:
                fcntl.flock(handle, (fcntl.LOCK_EX if is_writing else fcntl.LOCK_SH) | fcntl.LOCK_NB)
                return cls(handle)
            except BlockingIOError as error:
                if time.monotonic() >= until:
                    os.close(handle)
                    told = f"{path}: another process holds it: wait for it, or end it"
                    raise BackendUnavailableError(told) from error
                time.sleep(_POLL_S)

    def release(self) -> None:
        """Give it back. Twice does nothing."""
        if self._handle is not None:
            os.close(self._handle)
            self._handle = None


def draft_beside(path: Path) -> Path:
    """A new place for the next state of a file, in a folder that only its owner enters."""
    folder = path.with_name(f"{path.name}.loading-{os.getpid()}-{secrets.token_hex(4)}")
    folder.mkdir(mode=0o700)
    return folder / "graph"


def forget_draft(draft: Path) -> None:
    """Take away a draft with what Ladybug keeps beside it."""
    shutil.rmtree(draft.parent, ignore_errors=True)


def clean_drafts(path: Path) -> None:
    """Take away what loads that were killed left, and say so; the lock must be held by the caller."""
    num_bytes = num = 0
    for draft in (*path.parent.glob(f"{path.name}.loading"), *path.parent.glob(f"{path.name}.loading[-.]*")):
        files = [each for each in (draft, *draft.rglob("*")) if each.is_file()]
        num_bytes += sum(each.stat().st_size for each in files)
        num += 1
        if draft.is_dir():
            shutil.rmtree(draft, ignore_errors=True)
        else:
            draft.unlink(missing_ok=True)
    if num:
        logger.warning("%s: %d drafts of killed loads removed, %.1f MB", path, num, num_bytes / 2**20)
