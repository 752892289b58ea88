"""Something that a report says beside its paths, in no language yet."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Union

from kgdx.domain.concept import ConceptRef

Value = Union[str, int, float, ConceptRef, "Message", tuple[ConceptRef, ...]]


@dataclass(frozen=True, slots=True)
class Message:
    """A warning, a reason to abstain, a danger or a fact about the patient.

    `kgdx.report.messages.text` puts it in words.

    Attributes:
        code: key of a phrase in `kgdx/report/messages.yaml`, such as `warning.not_in_graph`.
        values: what fills the places of the phrase, by name: numbers, concepts of the graph, other messages,
            and texts that are nobody's language: codes, file fields, words of an error from outside.
    """

    code: str
    values: Mapping[str, Value] = field(default_factory=dict, hash=False)
