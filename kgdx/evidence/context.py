"""ConText of medspaCy without the rest of medspaCy.

Its package imports a UMLS matcher, and with it NLTK and scikit-learn: seconds and 0.2 GB, of which ConText
uses nothing.
"""

import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from types import ModuleType


@contextmanager
def _only_parts_asked_for() -> Iterator[None]:
    """Let `import medspacy.context` run without `medspacy/__init__`, unless that has been imported already.

    What stands in for the packages, and the module that has seen it, are forgotten afterwards: a later
    `import medspacy` gives the whole package.
    """
    spec = find_spec("medspacy")
    if "medspacy" in sys.modules or spec is None:
        yield
        return
    package, matcher = ModuleType("medspacy"), ModuleType("quickumls")
    package.__path__ = list(spec.submodule_search_locations or ())
    matcher.spacy_component = None  # type: ignore[attr-defined]
    sys.modules |= {"medspacy": package, "quickumls": matcher}
    try:
        yield
    finally:
        for name in ("medspacy", "quickumls", "medspacy.util"):
            sys.modules.pop(name, None)


with warnings.catch_warnings():
    # spaCy warns of its own imports, and medspaCy switches all warnings of the process off for good.
    warnings.simplefilter("ignore")
    import spacy  # noqa: F401 - before the packages are swapped: all others use the real one

    with _only_parts_asked_for():
        from medspacy.context import ConText, ConTextRule

ConText.register_graph_attributes()

__all__ = ["ConText", "ConTextRule"]
