"""From the text of a case to evidence, each piece with the words it was read from."""

import math
from dataclasses import dataclass

from kgdx.domain.case import Polarity, ReportText
from kgdx.domain.evidence import Evidence, TextOrigin
from kgdx.evidence.assertion import Asserter, Assertion, Setting, default_asserter
from kgdx.evidence.mentions import Mention, Vocabulary
from kgdx.evidence.qualifiers import qualifiers
from kgdx.evidence.sections import Sections, find_sections
from kgdx.evidence.words import Sentence, sentences

# Natural log of P(we read so | finding) / P(we read so | no finding), measured on one half of the chest
# radiograph reports of `benchmarks.text`, whose findings people coded by hand; the other half gives the same
# within 0.1. They say how well we read: the report itself is taken at its word.
WEIGHTS = {Polarity.PRESENT: 5.6, Polarity.EXCLUDED: -3.2, Polarity.UNCERTAIN: 2.1}


@dataclass(frozen=True, slots=True)
class DiseaseMention:
    """A disease named in the text. It is context, such as a comorbidity, and never evidence for itself."""

    curie: str
    name: str
    polarity: Polarity
    setting: Setting
    origin: TextOrigin


@dataclass(frozen=True, slots=True)
class SkippedMention:
    """A finding named in the text that says nothing of the patient now, and why."""

    curie: str
    name: str
    reason: str
    origin: TextOrigin


@dataclass(frozen=True, slots=True)
class TextFindings:
    """Everything read in the texts, in reading order.

    Attributes:
        evidence: one piece a mention; a finding mentioned twice has two.
        diseases: diseases named, present or denied, now or in the past.
        skipped: findings that are historical, of a relative, or only asked about.
    """

    evidence: tuple[Evidence, ...] = ()
    diseases: tuple[DiseaseMention, ...] = ()
    skipped: tuple[SkippedMention, ...] = ()


def text_evidence(
    texts: tuple[ReportText, ...],
    vocabulary: Vocabulary,
    diseases: Vocabulary | None = None,
    asserter: Asserter | None = None,
) -> TextFindings:
    """Read the findings of all sections.

    Args:
        vocabulary: of findings.
        diseases: of diseases; None reads none.
        asserter: the default one if None.
    """
    reader = asserter or default_asserter()
    evidence: list[Evidence] = []
    named: list[DiseaseMention] = []
    skipped: list[SkippedMention] = []
    for text in texts:
        parts = find_sections(text.section, text.text)
        defined = vocabulary.look_ahead(text.text)
        diseases_defined = diseases.look_ahead(text.text) if diseases else {}
        for sentence in sentences(text.text):
            mentions = vocabulary.find_in(sentence, defined)
            described = qualifiers(text.text, sentence, mentions)
            for mention, said, how in zip(
                mentions, _assess(sentence, mentions, reader, parts), described, strict=True
            ):
                origin = _origin(text, mention)
                if said.setting is Setting.NOW:
                    weight = damped(WEIGHTS[said.polarity], mention.probability)
                    evidence.append(Evidence(mention.curie, mention.name, said.polarity, weight, origin, how))
                else:
                    skipped.append(SkippedMention(mention.curie, mention.name, said.setting.value, origin))
            mentions = diseases.find_in(sentence, diseases_defined) if diseases else ()
            for mention, said in zip(mentions, _assess(sentence, mentions, reader, parts), strict=True):
                place = _origin(text, mention)
                named.append(DiseaseMention(mention.curie, mention.name, said.polarity, said.setting, place))
    return TextFindings(tuple(evidence), tuple(named), tuple(skipped))


def _assess(
    sentence: Sentence, mentions: tuple[Mention, ...], asserter: Asserter, parts: Sections
) -> tuple[Assertion, ...]:
    """What the sentence says of each mention, in the light of the part it stands in."""
    said = asserter.assess(sentence, mentions)
    settings = [parts.setting_at(mention.start) for mention in mentions]
    return tuple(
        assertion if setting is Setting.NOW else Assertion(assertion.polarity, setting)
        for assertion, setting in zip(said, settings, strict=True)
    )


def damped(weight: float, probability: float) -> float:
    """The weight of words that name the finding only with this probability, and say nothing of it if not."""
    return weight if probability == 1 else math.log(probability * math.exp(weight) + 1 - probability)


def _origin(text: ReportText, mention: Mention) -> TextOrigin:
    return TextOrigin(text.section, mention.start, mention.end, text.text[mention.start : mention.end])
