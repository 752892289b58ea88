"""kgdx: multimodal knowledge-graph diagnosis with a reason for every score. Not a medical device.

Every name loads on first use, so that `import kgdx` stays light.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from kgdx.domain.errors import (
        BackendUnavailableError,
        BadInputError,
        BundleError,
        CaseError,
        CurieError,
        ImageError,
        KgdxError,
        QueryError,
        SourceError,
        UnknownCurieError,
    )
    from kgdx.engine import Engine
    from kgdx.schemas import CaseIn as Case
    from kgdx.schemas import ReportOut as Report
    from kgdx.settings import Settings
    from kgdx.stores.registry import open_store

__version__ = "0.1.0"
__all__ = [
    "BackendUnavailableError",
    "BadInputError",
    "BundleError",
    "Case",
    "CaseError",
    "CurieError",
    "Engine",
    "ImageError",
    "KgdxError",
    "QueryError",
    "Report",
    "Settings",
    "SourceError",
    "UnknownCurieError",
    "__version__",
    "open_store",
]

_HOMES = {
    "Case": ("kgdx.schemas", "CaseIn"),
    "Engine": ("kgdx.engine", "Engine"),
    "Report": ("kgdx.schemas", "ReportOut"),
    "Settings": ("kgdx.settings", "Settings"),
    "open_store": ("kgdx.stores.registry", "open_store"),
}


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module 'kgdx' has no attribute {name!r}")
    module, attribute = _HOMES.get(name, ("kgdx.domain.errors", name))
    return getattr(import_module(module), attribute)
