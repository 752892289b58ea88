"""Names that an ontology leaves its reader to compose: "severe hypotonia" for "Hypotonia, severe"."""

from collections.abc import Iterable, Iterator, Mapping

from kgdx.evidence.phrase_owners import Key


def composed_names(
    names: Mapping[str, Iterable[Key]],
    parents: Mapping[str, Iterable[str]],
    short_forms: Iterable[tuple[Key, Key]] = (),
) -> Iterator[tuple[Key, str]]:
    """(words, CURIE) of names that follow from others; some of them are names already.

    What stands behind a comma stands before it in speech. And where a name holds a name of what it is a kind
    of, each synonym of that may stand in its place: with "bilateral cryptorchidism" goes "bilateral
    undescended testis".

    Args:
        names: CURIE -> folded words of each name.
        parents: CURIE -> CURIEs of what it is a kind of.
        short_forms: (words, shorter words) that may stand for them inside a name.
    """
    inverted = {curie: {*keys, *map(_inverted, keys)} for curie, keys in names.items()}
    for long, short in short_forms:
        for keys in inverted.values():
            keys |= {new for key in keys if long[0] in key for new in _with_another(key, long, (short,))}
    for curie, keys in inverted.items():
        yield from ((key, curie) for key in keys)
        for parent in parents.get(curie, ()):
            others = inverted.get(parent, set())
            for key in keys:
                for part in (part for part in others if part[0] in key):
                    yield from ((new, curie) for new in _with_another(key, part, others))


def _inverted(key: Key) -> Key:
    """What follows the only comma before what it follows."""
    if key.count(",") != 1:
        return key
    at = key.index(",")
    return key[at + 1 :] + key[:at]


def _with_another(key: Key, part: Key, others: Iterable[Key]) -> Iterator[Key]:
    """A name with each other in the place of one part of it."""
    for start in range(len(key) - len(part) + 1) if len(part) < len(key) else ():
        if key[start : start + len(part)] == part:
            for other in others:
                yield key[:start] + other + key[start + len(part) :]
