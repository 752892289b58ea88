"""The shipped release, opened once for all tests that need the whole engine."""

from functools import cache

from kgdx.engine import Engine
from kgdx.schemas import Settings


@cache
def shipped_engine() -> Engine:
    """The engine as a user gets it, whatever the environment of the tests says."""
    return Engine.open(settings=Settings(bundle=None, top=10))
