"""What a table of kgdx says of a statement beyond the relation, as the words of its source.

An edge keeps them as its `original_predicate`, `severity: caution; advice: reduce_dose`, which every store
and every release holds. Words of any other source say nothing here.
"""

from collections.abc import Mapping

_END, _IS = "; ", ": "


def written(remarks: Mapping[str, str]) -> str:
    """Remarks by name as words; those without a value are left out."""
    return _END.join(f"{name}{_IS}{value}" for name, value in remarks.items() if value)


def read(words: str) -> Mapping[str, str]:
    """Remarks by name; none where a source says it in its own words."""
    parts = [part.partition(_IS) for part in words.split(_END)]
    return {name: value for name, mark, value in parts if mark}
