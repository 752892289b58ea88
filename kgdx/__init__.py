"""kgdx: multimodal knowledge-graph diagnosis with a reason for every score. Not a medical device.

``Case``, ``Engine`` and ``Report`` load on first use, so that ``import kgdx`` stays light.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from kgdx.engine import Engine
    from kgdx.schemas import CaseIn as Case
    from kgdx.schemas import ReportOut as Report

__version__ = "0.1.0"
__all__ = ["Case", "Engine", "Report", "__version__"]

_HOMES = {
    "Case": ("kgdx.schemas", "CaseIn"),
    "Engine": ("kgdx.engine", "Engine"),
    "Report": ("kgdx.schemas", "ReportOut"),
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'kgdx' has no attribute {name!r}")
    module, attribute = _HOMES[name]
    return getattr(import_module(module), attribute)
