"""What a result was measured on: commit, data, time."""

import subprocess
from collections.abc import Iterable
from hashlib import sha256
from pathlib import Path


def data_sha256(paths: Iterable[Path]) -> str:
    """One hash over the contents of all files; a folder stands for the files in it."""
    digest = sha256()
    for path in paths:
        for file in sorted(path.rglob("*")) if path.is_dir() else [path]:
            if file.is_file():
                digest.update(file.read_bytes())
    return digest.hexdigest()


def commit() -> str:
    """The commit that is checked out, with a plus if files differ from it; `unknown` outside a checkout."""
    try:
        head = _git("rev-parse", "--short=12", "HEAD")
        return head + ("+" if _git("status", "--porcelain", "--untracked-files=no") else "")
    except (OSError, subprocess.CalledProcessError):
        return "unknown"


def _git(*arguments: str) -> str:
    here = Path(__file__).parent
    done = subprocess.run(  # noqa: S603 - fixed arguments
        ["git", *arguments],  # noqa: S607
        cwd=here,
        check=True,
        capture_output=True,
        text=True,
    )
    return done.stdout.strip()
