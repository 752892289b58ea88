"""The plain way to read reports: look up words, and let NegEx say which are denied."""

from collections.abc import Iterable, Mapping, Sequence

import medspacy
from medspacy.target_matcher import TargetRule

from kgdx.domain.case import ReportText
from kgdx.domain.language import language_of
from kgdx.graph.snapshot import Snapshot


class DictionaryAndNegEx:
    """Names and synonyms of the graph, in upper or lower case, and medspaCy's own rules of negation."""

    def __init__(self, snapshot: Snapshot, headings: Mapping[str, Sequence[str]]):
        """Look for each heading's own words, and for the names and synonyms of its concepts."""
        self._pipeline = medspacy.load(
            enable=["medspacy_pyrush", "medspacy_target_matcher", "medspacy_context"]
        )
        synonyms = dict(zip(snapshot.curies, snapshot.nodes["synonyms"].to_pylist(), strict=True))
        for heading, curies in headings.items():
            words = {heading}
            for curie in (c for c in curies if c in snapshot.index):
                english = (s for s in synonyms[curie] or () if not language_of(s))
                words |= {snapshot.names[snapshot.index[curie]].lower(), *(s.lower() for s in english)}
            self._pipeline.get_pipe("medspacy_target_matcher").add(_rules(heading, words))

    def read(self, texts: Iterable[ReportText]) -> frozenset[str]:
        """Headings that the texts name and do not deny."""
        docs = (self._pipeline(text.text) for text in texts)
        return frozenset(e.label_ for doc in docs for e in doc.ents if not e._.is_negated)


def _rules(heading: str, words: Iterable[str]) -> list[TargetRule]:
    # A plural is a word of its own for a plain dictionary.
    return [TargetRule(form, heading) for word in sorted(words) for form in (word, f"{word}s")]
