"""A bar on stderr for work that takes long."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import Progress


@contextmanager
def progress_bar() -> Iterator[Callable[[int, int, str], None]]:
    """A function that is told (done, total, what) and shows it."""
    with Progress(console=Console(stderr=True)) as bar:
        task = bar.add_task("", total=None)
        yield lambda done, total, what: bar.update(task, completed=done, total=total, description=what)
