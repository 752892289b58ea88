"""Files that are there whole, or as they were: written under a name nobody can guess, then moved."""

import os
import secrets
import stat
from contextlib import suppress
from pathlib import Path

PRIVATE = 0o600
"""Mode of files that hold what a case says: for their owner alone."""


def write_whole(path: Path, content: str | bytes, mode: int | None = None) -> None:
    """Write a file; what was there stays until all of it is on the disk.

    Args:
        mode: permissions; those of the file that is replaced, or what the user's mask leaves, if left out.

    Raises:
        OSError: if it cannot be written; nothing is left beside it then.
    """
    data = content.encode("utf-8") if isinstance(content, str) else content
    # A link stays a link: its target is replaced.
    target = Path(os.path.realpath(path))
    if target.exists() and not target.is_file():
        with target.open("wb") as device:  # such as /dev/stdout, which nothing can take the place of
            device.write(data)
        return
    if mode is None and target.exists():
        mode = stat.S_IMODE(target.stat().st_mode)
    draft = target.with_name(f".{target.name[:50]}-{secrets.token_hex(8)}")
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666 if mode is None else PRIVATE)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        if mode is not None:
            draft.chmod(mode)
        draft.replace(target)
    except BaseException:
        with suppress(OSError):
            draft.unlink()
        raise
