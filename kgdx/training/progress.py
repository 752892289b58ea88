"""Progress of long work: one callback type, and the bar on stderr that the command line draws from it."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

Progress = Callable[[int, int, str], None]
"""Called with (steps done, steps in all, what is being done)."""


def silent(_done: int, _total: int, _what: str) -> None:
    """Progress that nobody watches."""


def named(name: str, progress: Progress) -> Progress:
    """Progress of a part of the work, with the name of the part before what is being done."""
    return lambda done, total, what: progress(done, total, f"{name}: {what}")


@contextmanager
def progress_bar() -> Iterator[Progress]:
    """A progress callback that draws a bar on stderr."""
    from rich.console import Console
    from rich.progress import Progress as Bar

    with Bar(console=Console(stderr=True)) as bar:
        task = bar.add_task("", total=None)
        yield lambda done, total, what: bar.update(task, completed=done, total=total, description=what)
