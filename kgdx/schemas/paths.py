"""Paths by themselves, outside a report, as JSON."""

from collections.abc import Sequence

from pydantic import TypeAdapter

from kgdx.domain.report import Path

_PATHS = TypeAdapter(list[Path])


def paths_json(paths: Sequence[Path]) -> str:
    """Keys as the attributes of `kgdx.domain.report.Path`."""
    return _PATHS.dump_json(list(paths), indent=1).decode()
