"""All that is read in the texts of a case: findings, values, diseases, allergies and medications."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from kgdx.domain.case import Patient, Polarity, ReportText
from kgdx.domain.concept import ConceptRef
from kgdx.domain.evidence import Evidence, Origin, TextOrigin
from kgdx.domain.message import Message, Value
from kgdx.evidence.assertion import Setting, default_asserter
from kgdx.evidence.language import other_language
from kgdx.evidence.linking import Linker
from kgdx.evidence.measurements import Measured, measured_in, unnamed_in
from kgdx.evidence.medicines import Medicine, Role, drug_vocabulary, medicines_in
from kgdx.evidence.mentions import Mention, Vocabulary
from kgdx.evidence.text import WEIGHTS, DiseaseMention, SkippedMention, text_evidence
from kgdx.evidence.words import Sentence, sentences
from kgdx.graph.kinds import DISEASE_KINDS, FINDING_KINDS
from kgdx.graph.snapshot import Snapshot

_MAX_QUOTE = 60


@dataclass(frozen=True, slots=True)
class TextReading:
    """What the texts of a case say.

    Attributes:
        evidence: findings, and values that are findings, in reading order.
        diseases: diseases named, present or denied, now or in the past.
        past: CURIEs of findings that the patient once had, each once.
        allergies, medications: CURIEs of drugs and drug classes, each once.
        warnings: allergies and medications that were read, and what looks like content and was not used.
    """

    evidence: tuple[Evidence, ...] = ()
    diseases: tuple[DiseaseMention, ...] = ()
    past: tuple[str, ...] = ()
    allergies: tuple[str, ...] = ()
    medications: tuple[str, ...] = ()
    warnings: tuple[Message, ...] = ()

    @property
    def stated(self) -> tuple[ConceptRef, ...]:
        """Diseases that the texts say the patient has now, each once."""
        now = (m for m in self.diseases if m.polarity is Polarity.PRESENT and m.setting is Setting.NOW)
        return tuple(dict.fromkeys(ConceptRef(m.curie, m.name) for m in now))


class _Values(NamedTuple):
    evidence: list[Evidence]
    warnings: list[Message]


@dataclass(frozen=True, eq=False)
class TextReader:
    """Reads texts against one graph.

    Attributes:
        linkers: (of findings, of diseases), which tell concepts of one name apart; None does not.
    """

    snapshot: Snapshot
    linkers: tuple[Linker | None, Linker | None] = (None, None)

    def read(self, texts: Sequence[ReportText], patient: Patient) -> TextReading:
        """Read all texts; one that is neither English nor Chinese is left out with a warning."""
        foreign = {text: other_language(text.text, self.names) for text in texts}
        known = tuple(text for text, language in foreign.items() if not language)
        found = text_evidence(known, self._findings, self._diseases)
        values = [self._values(text, patient) for text in known]
        # A value that is named as a finding as well, as in "elevated troponin", is one statement.
        measured = [e for each in values for e in each.evidence if not _is_read(e, found.evidence)]
        drugs = [medicines_in(text.text, text.section, self._drugs) for text in known]
        medicines = [medicine for each in drugs for medicine in each.read]
        unread = [
            Message(f"warning.{item.role}_unread", {"quote": _quoted(text.text, item.start, item.end)})
            for text, each in zip(known, drugs, strict=True)
            for item in each.unread
        ]
        languages = (
            Message(
                "warning.other_language", {"section": text.section, "language": Message(f"language.{code}")}
            )
            for text, code in foreign.items()
            if code
        )
        warnings = (*languages, *_told(medicines), *unread, *(w for each in values for w in each.warnings))
        return TextReading(
            evidence=(*found.evidence, *measured),
            diseases=found.diseases,
            past=tuple(dict.fromkeys(m.curie for m in found.skipped if _was_had(m))),
            allergies=_of(Role.ALLERGY, medicines),
            medications=_of(Role.MEDICATION, medicines),
            warnings=tuple(dict.fromkeys(warnings)),
        )

    @cached_property
    def _findings(self) -> Vocabulary:
        return Vocabulary.from_snapshot(self.snapshot, FINDING_KINDS, linker=self.linkers[0])

    @cached_property
    def _diseases(self) -> Vocabulary:
        return Vocabulary.from_snapshot(self.snapshot, DISEASE_KINDS, linker=self.linkers[1])

    @cached_property
    def _drugs(self) -> Vocabulary:
        return drug_vocabulary(self.snapshot)

    @cached_property
    def names(self) -> frozenset[str]:
        """Folded words of all findings, diseases and drugs that are looked for."""
        vocabularies = (self._findings, self._diseases, self._drugs)
        return frozenset().union(*(vocabulary.words for vocabulary in vocabularies))

    def _values(self, text: ReportText, patient: Patient) -> _Values:
        """Values of one text as evidence, and those that could not be judged."""
        values = _Values([], [])
        cut = list(sentences(text.text))
        read = list(measured_in(text.text, patient))
        for measured in (*read, *unnamed_in(text.text, read)):
            if _setting(cut, measured) is not Setting.NOW:
                continue
            quote = text.text[measured.start : measured.end]
            origin = TextOrigin(text.section, measured.start, measured.end, quote)
            named = [
                (next((curie for curie in curies if curie in self.snapshot.index), ""), polarity)
                for curies, polarity in measured.findings
            ]
            for curie, polarity in named:
                if curie:
                    name = self.snapshot.names[self.snapshot.index[curie]]
                    values.evidence.append(Evidence(curie, name, polarity, WEIGHTS[polarity], origin))
            why = measured.unread or ("unknown_finding" if named and not any(c for c, _ in named) else "")
            if why:
                reason = Message(f"value.{why}")
                values.warnings.append(Message("warning.value_unread", {"quote": quote, "why": reason}))
        return values


def _not_read(text: ReportText, code: str) -> Message:
    language = Message(f"language.{code}")
    return Message("warning.other_language", {"section": text.section, "language": language})


def _setting(cut: Sequence[Sentence], measured: Measured) -> Setting:
    """Whom and when a value is about; what is asked for, as in "call if T > 38", is no value."""
    sentence = next((s for s in cut if s[0].start <= measured.start and measured.end <= s[-1].end), None)
    if sentence is None:
        return Setting.NOW
    mention = Mention("", "", measured.start, measured.end)
    return default_asserter().assess(sentence, (mention,))[0].setting


def _told(medicines: Sequence[Medicine]) -> Iterator[Message]:
    """What was taken for an allergy or a medication, so that a reader can object."""
    for medicine in medicines:
        concept = ConceptRef(medicine.curie, medicine.name)
        if medicine.role is Role.ALLERGY and medicine.reaction:
            severity = Message("reaction.severe" if medicine.is_severe else "reaction.mild")
            values: dict[str, Value] = {
                "concept": concept,
                "reaction": medicine.reaction,
                "severity": severity,
            }
            yield Message("warning.allergy_read_with_reaction", values)
        elif medicine.role is Role.ALLERGY:
            yield Message("warning.allergy_read", {"concept": concept})
        elif medicine.role is Role.INTOLERANCE:
            yield Message("warning.intolerance_read", {"concept": concept, "reaction": medicine.reaction})
        else:
            yield Message("warning.medication_read", {"concept": concept})


def _was_had(mention: SkippedMention) -> bool:
    return mention.polarity is Polarity.PRESENT and mention.setting is Setting.HISTORICAL


def _of(role: Role, medicines: Sequence[Medicine]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(m.curie for m in medicines if m.role is role))


def _is_read(value: Evidence, found: Sequence[Evidence]) -> bool:
    """Whether the words of a value were read as the same finding already."""
    return any(e.curie == value.curie and _overlap(e.origin, value.origin) for e in found)


def _overlap(one: Origin, other: Origin) -> bool:
    if not isinstance(one, TextOrigin) or not isinstance(other, TextOrigin):
        return False
    return one.section == other.section and one.start < other.end and other.start < one.end


def _quoted(text: str, start: int, end: int) -> str:
    quote = " ".join(text[start:end].split())
    return quote if len(quote) <= _MAX_QUOTE else quote[:_MAX_QUOTE] + "…"
